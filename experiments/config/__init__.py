"""What was asked for: a config composed with Hydra, checked, and built into objects."""

"""Datasets, and how they are split, corrupted and scaled."""

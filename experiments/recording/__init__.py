"""What is kept of a sweep: on disk first, then in MLflow, each result under what decided it."""

"""Records sweeps: on disk first, then in MLflow, each result under a hash of everything that decides it."""

"""Exact results, compared with what the optimizers and the training loop do."""

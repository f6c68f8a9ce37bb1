"""What is known exactly, beside what the optimizers and the training loop do."""

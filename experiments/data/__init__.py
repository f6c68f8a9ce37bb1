"""What is learned from: datasets, how they are split, corrupted and scaled."""

"""What a sweep costs before it starts, and the refusal of one that costs too much."""

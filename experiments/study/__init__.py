"""What is studied: the question, a cell's experiment or calculation, what is measured of it, and the rule that selects a step."""

"""How cells are trained: those that can share a stack together, on the cores there are, measured as they go."""

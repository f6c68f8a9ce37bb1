"""The chapter's own tools: the graph of a computation, its drawing, and the check of a gradient. Nothing of a sweep runs through them."""

"""The chain rule on a recorded graph: the backward pass again, local derivatives as formulas and numbers, paths."""

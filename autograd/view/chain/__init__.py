"""The chain rule on a recorded graph: the backward pass again, local derivatives as formulas and numbers, paths.

This package knows the engine's vertices and the op table; nothing in it draws.
"""

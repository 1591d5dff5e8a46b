"""The chain rule on a recorded graph: the backward pass again, local derivatives as formula and number, paths.

This package knows the engine's vertices and the op table; nothing in it draws.
"""

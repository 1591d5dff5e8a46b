"""What is shown: immutable records of a graph, how they are taken, and how a graph becomes a smaller or a larger one.

This package knows the engine's vertices; nothing in it knows words, boxes or formats.
"""

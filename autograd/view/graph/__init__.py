"""The graphs to show: immutable records, how they are taken, and how a graph is made smaller or larger.

This package knows the engine's vertices; nothing in it knows words, boxes or formats.
"""

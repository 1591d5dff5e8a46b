"""Where boxes stand: the size of every box, and its place by Graphviz or by our own layered layout.

This package knows boxes and arrows; nothing in it knows what they mean.
"""

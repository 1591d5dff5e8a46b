"""The contents of a picture: boxes with their words, numbers and colours, before they are placed.

This package knows the records of a graph; nothing in it knows the engine, places or formats.
"""

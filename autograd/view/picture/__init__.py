"""What is said: boxes with their words, numbers and colours, before any of them has a place.

This package knows the records of a graph; nothing in it knows the engine, places or formats.
"""

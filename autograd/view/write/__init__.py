"""The output formats: SVG, DOT, Mermaid, an indented tree, one HTML page.

This package knows pictures and places; nothing in it knows the graph behind them.
"""

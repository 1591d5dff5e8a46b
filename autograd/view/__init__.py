"""Views of a recorded graph: `draw`, and the `Drawing` that it returns.

This module holds the public names, nothing else. Importing it imports neither graphviz nor anything optional.
"""

from autograd.view.drawing import Drawing, draw

__all__ = ["Drawing", "draw"]

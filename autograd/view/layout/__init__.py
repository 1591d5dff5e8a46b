"""The size of every box, and its place by Graphviz or by our own layered layout; boxes have no meaning here."""

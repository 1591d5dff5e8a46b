"""The graphs to show: immutable records, how they are taken, and how a graph is made smaller or larger."""

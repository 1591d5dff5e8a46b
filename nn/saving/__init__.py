"""Saving and loading: checkpoints of models, trees of plain values as files, files that are replaced as a whole."""

from nn.errors import CheckpointError
from nn.saving.atomic import replacing
from nn.saving.checkpoint import load, save
from nn.saving.files import read, write

__all__ = ["CheckpointError", "load", "read", "replacing", "save", "write"]

"""Saving and loading: checkpoints of models, trees of plain values, and atomic replacement of files."""

from nn.errors import CheckpointError
from nn.saving.atomic import replacing
from nn.saving.checkpoint import load, save
from nn.saving.files import read, write

__all__ = ["CheckpointError", "load", "read", "replacing", "save", "write"]

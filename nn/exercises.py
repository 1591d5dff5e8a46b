"""Check answers to exercises, get hints, reveal guessed numbers: the public names of two modules of `nn.teaching`."""

from nn.teaching.answers import check, hint, reveal
from nn.teaching.exercises import Verdict, judge

__all__ = ["Verdict", "check", "hint", "judge", "reveal"]

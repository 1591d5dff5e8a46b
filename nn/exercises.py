"""Check answers to exercises, and get hints. This is the public name of two modules of `nn.teaching`."""

from nn.teaching.answers import check, hint
from nn.teaching.exercises import Verdict, judge

__all__ = ["Verdict", "check", "hint", "judge"]

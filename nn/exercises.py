"""Check answers to exercises, and get hints. This is the public name of `nn.teaching.exercises`."""

from nn.teaching.answers import hint
from nn.teaching.exercises import Verdict, check, judge

__all__ = ["Verdict", "check", "hint", "judge"]

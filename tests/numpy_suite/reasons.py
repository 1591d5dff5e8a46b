"""Why a call differs with Tensors: each kind of difference with its reason. What no line explains is a fault."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Reason:
    label: str
    why: str
    holds: Callable


REASONS = []

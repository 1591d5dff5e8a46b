"""Metrics of predictions. The prediction comes first, then the target; metrics have no gradient.

Names, conventions and results follow scikit-learn, whose functions take the target first. Where a metric would be 0/0,
its docstring says which value it has.
"""

import types as _types
import typing as _typing

from autograd.lazy import on_use as _on_use
from nn.metrics.classification import *
from nn.metrics.detection import *
from nn.metrics.ranking import *
from nn.metrics.regression import *

_on_use(__name__, {})

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name, value in vars().items() if name[0] != "_" and not isinstance(value, _types.ModuleType)]

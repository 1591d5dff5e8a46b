"""Numbers that say how good predictions are. The prediction comes first, then the truth; nothing here has a gradient.

Names and conventions are near scikit-learn's, whose functions take the truth first, and so are the numbers. Where a
number would be 0/0, its docstring says what it is instead.
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

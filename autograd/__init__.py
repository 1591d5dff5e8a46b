"""chainrule's engine: Tensors, their graph, the backward pass. This module holds the public names only."""

import sys as _sys
from os import path as _path
from typing import TYPE_CHECKING as _TYPE_CHECKING

# HIPS autograd installs under this same import name. When it was there first, our files lie among its own:
# some of its modules still import, others fail. Its tracer.py tells, its __init__.py not: that is now this
# file.
if _path.exists(_path.join(_path.dirname(__file__), "tracer.py")):
    raise ImportError(
        f"The files of chainrule and of HIPS autograd are mixed in {_path.dirname(__file__)}: both use the "
        "import name `autograd`, so an environment can hold only one of them. To keep chainrule, run\n\n"
        "    pip uninstall -y autograd && pip install --force-reinstall --no-deps chainrule\n\n"
        "(chainrule installed from a folder or a file: give its path in place of the last word).",
        name=__name__,
        path=__file__,
    )

__engine__ = "chainrule"  # what `optim` and `nn` look for: is this the engine they were written for?
__version__ = "0.1.0"

from autograd import methods as _methods
from autograd.custom import custom_op
from autograd.engine.tensor import Tensor, tensor
from autograd.errors import (
    ArrayConversionError,
    AutogradError,
    BooleanValueError,
    GradientShapeError,
    GraphReleasedError,
    InPlaceError,
    InvalidDtypeError,
    ItemAssignmentError,
    LeafUpdateError,
    LeftGraphWarning,
    LiveGraphError,
    NonFiniteError,
    NonScalarBackwardError,
    NotDifferentiable,
    OperandAxisError,
    OperandError,
    OperandIndexError,
    OperandLinAlgError,
    OperandTypeError,
    RequiresGradError,
    RuleError,
    StackingError,
    StaleLeafError,
    UnusedInputError,
)
from autograd.lazy import on_use as _on_use
from autograd.modes import enable_grad, is_grad_enabled, no_grad
from autograd.numpy_functions import protocol as _protocol
from autograd.pytree import register_container
from autograd.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

if _TYPE_CHECKING:
    from autograd.compiling import Compiled, CompileError, CompileWarning, compile
    from autograd.debugging import debug
    from autograd.gradcheck import GradcheckError, GradcheckReport, gradcheck
    from autograd.view import (
        Difference,
        Drawing,
        Explanation,
        Recording,
        Steps,
        ValuesNotKeptError,
        diff,
        draw,
        explain,
        record,
        steps,
    )

_methods.attach()
_protocol.install()

# By the names that they had in 0.1: pickles of Tensors know the one, programs that add ops to the table the other.
_sys.modules["autograd.tensor"] = _sys.modules["autograd.engine.tensor"]
_sys.modules["autograd.registry"] = _sys.modules["autograd.engine.op"]

# Checking and drawing are as large as the engine and often not needed, so they are imported at their first use.
_ON_USE = {
    **dict.fromkeys(("CompileError", "CompileWarning", "Compiled", "compile"), "autograd.compiling"),
    "debug": "autograd.debugging",
    **dict.fromkeys(("GradcheckError", "GradcheckReport", "gradcheck"), "autograd.gradcheck"),
    **dict.fromkeys(("Difference", "Drawing", "Explanation", "Recording", "Steps"), "autograd.view"),
    **dict.fromkeys(("ValuesNotKeptError", "diff", "draw", "explain", "record", "steps"), "autograd.view"),
}

__getattr__, __dir__ = _on_use(__name__, _ON_USE)

__all__ = [
    "ArrayConversionError",
    "AutogradError",
    "BooleanValueError",
    "CompileError",
    "CompileWarning",
    "Compiled",
    "Difference",
    "Drawing",
    "Explanation",
    "GradcheckError",
    "GradcheckReport",
    "GradientShapeError",
    "GraphReleasedError",
    "InPlaceError",
    "InvalidDtypeError",
    "ItemAssignmentError",
    "LeafUpdateError",
    "LeftGraphWarning",
    "LiveGraphError",
    "NonFiniteError",
    "NonScalarBackwardError",
    "NotDifferentiable",
    "OperandAxisError",
    "OperandError",
    "OperandIndexError",
    "OperandLinAlgError",
    "OperandTypeError",
    "Recording",
    "RequiresGradError",
    "RuleError",
    "StackingError",
    "StaleLeafError",
    "Steps",
    "Tensor",
    "UnusedInputError",
    "ValuesNotKeptError",
    "compile",
    "custom_op",
    "debug",
    "diff",
    "draw",
    "enable_grad",
    "explain",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "no_grad",
    "record",
    "register_container",
    "steps",
    "tensor",
    "value_and_grad",
    "vjp",
]

"""Automatic differentiation for NumPy: Tensors that record their computation, and functions that differentiate it.

Tensors: tensor, Tensor, no_grad, enable_grad, is_grad_enabled
Derivatives of functions: grad, value_and_grad, vjp, jvp, hvp, jacobian, hessian, register_container
Check, debug, see the graph: gradcheck, debug, draw, explain, steps, diff, record
Extend and speed up: custom_op, compile
Ask for one of them, as in help(autograd.grad); dir(autograd) lists all names, with the classes of errors.
"""

import sys as _sys
from os import path as _path

# HIPS autograd installs under this same import name. If it was there first, our files lie among its own: some of its
# modules still import, others fail. Its tracer.py gives it away; its __init__.py has become this file.
if _path.exists(_path.join(_path.dirname(__file__), "tracer.py")):
    raise ImportError(
        f"The folder {_path.dirname(__file__)} mixes files of chainrule and of HIPS autograd. Both install a "
        "package named `autograd`, so an environment can hold only one of them. To keep chainrule, run\n\n"
        "    pip uninstall -y autograd && pip install --force-reinstall --no-deps chainrule\n\n"
        "(If you installed chainrule from a folder or a file, replace the last word with its path.)",
        name=__name__,
        path=__file__,
    )

__engine__ = "chainrule"  # what `optim` and `nn` look for: is this the engine they were written for?
__version__ = "0.2.0"

from autograd import methods as _methods
from autograd.custom import custom_op as custom_op
from autograd.engine.tensor import Tensor as Tensor, tensor as tensor
from autograd.errors import *
from autograd.lazy import on_use as _on_use
from autograd.modes import enable_grad as enable_grad, is_grad_enabled as is_grad_enabled, no_grad as no_grad
from autograd.numpy_functions import protocol as _protocol
from autograd.pytree import register_container as register_container
from autograd.transforms import *

_methods.attach()
_protocol.install()

# By the names that they had in 0.1: pickles of Tensors know the one, programs that add ops to the table the other.
_sys.modules["autograd.tensor"] = _sys.modules["autograd.engine.tensor"]
_sys.modules["autograd.registry"] = _sys.modules["autograd.engine.op"]

# Checking and drawing are as large as the engine and often not needed, so they are imported at their first use. Type
# checkers read their names in __init__.pyi.
_ON_USE = {
    **dict.fromkeys(("CompileError", "CompileWarning", "Compiled", "compile"), "autograd.compiling"),
    "debug": "autograd.debugging",
    **dict.fromkeys(("GradcheckError", "GradcheckReport", "gradcheck"), "autograd.gradcheck"),
    **dict.fromkeys(("Difference", "Drawing", "Explanation", "Recording", "Steps"), "autograd.view"),
    **dict.fromkeys(("ValuesNotKeptError", "diff", "draw", "explain", "record", "steps"), "autograd.view"),
}

_on_use(__name__, _ON_USE, ["testing"])

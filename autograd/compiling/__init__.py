"""`autograd.compile`: a function replayed as a straight sequence of NumPy calls."""

from autograd.compiling.errors import CompileError, CompileWarning
from autograd.compiling.function import Compiled, compile
from autograd.engine.tape import transparent

__all__ = ["CompileError", "CompileWarning", "Compiled", "compile"]

transparent(__name__)

"""NumPy functions whose arguments differ from those of their op, or that are made of several ops."""

from autograd.engine.tape import transparent
from autograd.numpy_functions import (  # noqa: F401 - they fill the table
    calculus,
    joining,
    linear_algebra,
    products,
    reductions,
    selection,
    shapes,
    statistics,
    ufunc_methods,
    without_gradient,
)

transparent(__name__)

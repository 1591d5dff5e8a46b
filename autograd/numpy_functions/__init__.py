"""NumPy functions whose arguments differ from those of their op, or that are made of several ops."""

from autograd.engine.tape import transparent
from autograd.numpy_functions import (  # noqa: F401 - they fill the table
    calculus,
    constants,
    joining,
    linear_algebra,
    products,
    reductions,
    refused,
    selection,
    shapes,
    statistics,
    ufunc_methods,
)

transparent(__name__)

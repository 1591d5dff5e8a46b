"""Replacements that several messages suggest."""

from functools import cache

from autograd.tables import table_of

# What to do about complex numbers.
COMPLEX = "work with the real and imaginary parts as two Tensors, np.cos(x) and np.sin(x) instead of np.exp(1j * x)"

READ_NUMBER = "t.item() for a plain number, "


@cache
def rewrites() -> dict[str, str]:
    """The replacements for NumPy functions that ask a Tensor for a plain array, by name."""
    table = table_of(__name__)
    others: dict[str, str] = table["others"]
    return dict.fromkeys(table["numbers"].split(), READ_NUMBER + "t.astype(dtype) for another dtype") | others

"""What to write instead, in words that several messages have in common."""

from functools import cache

from autograd.tables import table_of

# What to do about complex numbers.
COMPLEX = "work with the real and imaginary parts as two Tensors, np.cos(x) and np.sin(x) for np.exp(1j * x)"

READ_NUMBER = "t.item() for a plain number, "


@cache
def rewrites() -> dict[str, str]:
    """What to write instead of NumPy functions that ask a Tensor for a plain array, by their names."""
    table = table_of(__name__)
    others: dict[str, str] = table["others"]
    return dict.fromkeys(table["numbers"].split(), READ_NUMBER + "t.astype(dtype) for another dtype") | others

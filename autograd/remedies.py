"""What to write instead, in words that several messages have in common."""

from __future__ import annotations

# What to do about complex numbers.
COMPLEX = "work with the real and imaginary parts as two Tensors, np.cos(x) and np.sin(x) for np.exp(1j * x)"

READ_NUMBER = "t.item() for a plain number, "
_NUMBER = READ_NUMBER + "t.astype(dtype) for another dtype"

# What to write instead of a NumPy function that asks a Tensor for a plain array, where that is not just .numpy().
INSTEAD: dict[str, str] = {
    **dict.fromkeys(("half", "float16", "single", "float32", "double", "float64", "longdouble", "float128"), _NUMBER),
    **dict.fromkeys(("float96", "bool", "bool_", "byte", "short", "int8", "int16", "int32", "int64", "int_"), _NUMBER),
    **dict.fromkeys(("intc", "intp", "long", "longlong", "ubyte", "ushort", "uint8", "uint16", "uint32"), _NUMBER),
    **dict.fromkeys(("uint64", "uint", "uintc", "uintp", "ulong", "ulonglong"), _NUMBER),
    "full": "np.broadcast_to(t, shape)",
    "arange": "np.linspace, or start + step * np.arange(n)",
    "vectorize": "the function for whole arrays: np.vectorize calls it on plain numbers",
    "kaiser": "np.i0(beta * np.sqrt(1 - x**2)) / np.i0(beta) with x = np.linspace(-1, 1, n)",
    "broadcast": "np.broadcast_arrays, or np.broadcast_shapes",
    "ndenumerate": "zip(np.ndindex(t.shape), t.ravel())",
    "nditer": "t.ravel(), which can be iterated over",
    "asmatrix": "t itself, with @ for products",
    "matrix": "t itself, with @ for products",
    "bmat": "np.block",
}

"""Why a call differs with Tensors: each kind of difference with its reason. What no line explains is a fault."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from coverage_names import NO_ARRAY, NOT_DISPATCHABLE
from replaying import leaves

from autograd import Tensor
from autograd.errors import (
    ArrayConversionError,
    InvalidDtypeError,
    ItemAssignmentError,
    LiveGraphError,
    NotDifferentiable,
    OperandError,
    OperandTypeError,
)


@dataclass
class Reason:
    """A kind of difference: in a few words, why it is so, and which differences are of the kind."""

    label: str
    why: str
    holds: Callable


REASONS: list[Reason] = []


def reason(label, why):
    """Register a function that tells whether a difference is of a kind; the first kind that holds counts."""

    def register(holds):
        REASONS.append(Reason(label, why, holds))
        return holds

    return register


# --- what is among the arguments and results ----------------------------------------------------------------------


def given(d):
    return leaves((d.args, d.kwargs))


def kinds(values):
    """The kinds of the dtypes among values, and of the dtypes themselves."""
    found = set()
    for x in values:
        try:
            dtype = x if isinstance(x, np.dtype) else np.dtype(x) if isinstance(x, type) else getattr(x, "dtype", None)
        except TypeError:  # a class that is no dtype
            continue
        found.add(getattr(dtype, "kind", ""))
        found |= {"c"} if isinstance(x, complex) else {"U"} if isinstance(x, str) else set()
    return found


def results(d):
    return leaves(d.plain.value)


def raised(d, *classes):
    return isinstance(d.ours.error, classes)


def says(d, words):
    return words in str(d.ours.error)


def method(d):
    return d.name.removeprefix("ndarray.") if d.name.startswith("ndarray.") else ""


# --- what is refused ----------------------------------------------------------------------------------------------


@reason("out", "A result is never written into an array: the graph may need the old numbers. The refusal names out.")
def _out(d):
    return raised(d, NotDifferentiable) and says(d, "out=...")


@reason(
    "in place", "A Tensor has no method, and takes part in no function, that writes into it; .at[] gives a new one."
)
def _in_place(d):
    functions = {"put", "place", "putmask", "put_along_axis", "copyto", "fill_diagonal", "apply_along_axis"}
    if d.name in functions or d.name.endswith(".at"):
        return raised(d, NotDifferentiable)
    methods = (
        "sort partition resize put fill byteswap setflags itemset setfield __setitem__ __iadd__ __isub__ __imul__ "
    )
    methods += "__itruediv__ __ifloordiv__ __imod__ __ipow__ __imatmul__ __iand__ __ior__ __ixor__ __delitem__"
    sorted_in_place = method(d) == "sort" and raised(d, OperandTypeError)  # where PyTorch's method gives a pair
    return sorted_in_place or (method(d) in methods.split() and raised(d, AttributeError, ItemAssignmentError))


@reason(
    "overwrite_input", "The operands of an op are left as they are, also where NumPy may use them as working space."
)
def _overwritten(d):
    return d.kind == "in place" and bool(d.kwargs.get("overwrite_input"))


@reason("bytes", "A Tensor shows numbers, not how their bytes lie: t.numpy() has the methods for that.")
def _bytes(d):
    methods = "view tobytes tofile dump dumps getfield __array_wrap__ __array_interface__ choose"
    refused = method(d) == "view" and raised(d, OperandTypeError) and says(d, "not their bytes")
    return refused or (method(d) in methods.split() and raised(d, AttributeError))


@reason("plain array", "NumPy, or the call itself, asks for a plain array: an error in place of a silent detachment.")
def _plain_array(d):
    conversions = {"__array__", "__float__", "__int__", "__complex__", "__index__"}
    return (d.name in NOT_DISPATCHABLE.keys() | NO_ARRAY or method(d) in conversions) and raised(
        d, ArrayConversionError, LiveGraphError
    )


@reason("list of Tensors", "NumPy makes a list an array before it asks a Tensor: np.stack makes it one with a graph.")
def _list(d):
    lists = [x for x in (*d.args, *d.kwargs.values()) if isinstance(x, list | tuple)]
    return raised(d, ArrayConversionError) and any(isinstance(x, list | tuple) and leaves(x) for x in lists)


@reason("complex", "Complex numbers have no gradient here.")
def _complex(d):
    wanted = "c" in kinds([*given(d), *results(d)]) or (d.args and str(d.args[-1]) in "FDG")
    alike = d.name in ("linalg.eig", "linalg.eigvals", "roots", "sort_complex")
    return (wanted and raised(d, InvalidDtypeError, OperandError)) or (alike and raised(d, NotDifferentiable))


@reason("other kinds", "Text, objects, records and times are no numbers, and beside a Tensor they are refused.")
def _other_kinds(d):
    return bool(kinds([*given(d), *results(d)]) & set("OSUVMmT")) and (
        raised(d, InvalidDtypeError, OperandError, TypeError) or d.name in ("eq", "ne", "equal", "not_equal")
    )


@reason("no answer", "There is no gradient to give, or only an arbitrary one; the refusal says why.")
def _no_answer(d):
    return raised(d, NotDifferentiable) and (says(d, "is not differentiable: ") or says(d, "has no rule for Tensors"))


@reason(
    "options", "These options of ufuncs and of einsum say how to compute, or leave numbers undefined; refused by name."
)
def _options(d):
    known = ("where", "signature", "axes", "dtype", "casting", "copy", "extobj")
    return raised(d, NotDifferentiable) and any(says(d, f"{name}=...) is not supported") for name in known)


# --- what is answered otherwise -----------------------------------------------------------------------------------


@reason("byte order", "A Tensor is in the byte order of the machine, whatever order its numbers came in.")
def _byte_order(d):
    swapped = any(not getattr(x, "dtype", np.dtype(float)).isnative for x in given(d))
    if d.kind != "dtype":
        return swapped and d.kind == "accepted" and d.kwargs.get("casting") == "no"
    return swapped and d.ours.value.dtype == d.plain.value.dtype.newbyteorder("=")


@reason("undefined", "np.empty_like has whatever lay in memory.")
def _undefined(d):
    return d.name == "empty_like" and d.kind in ("value", "rounding", "sign of zero")


@reason("no number", "np.isscalar looks at the class and asks nobody.")
def _no_number(d):
    return d.name == "isscalar" and d.kind == "type"


@reason("plain by name", "These give plain numbers: .item() and .tolist() are asked to, np.ix_ makes an index.")
def _plain_by_name(d):
    return d.kind == "plain" and (d.name == "ix_" or method(d) in ("item", "tolist"))


@reason(
    "list times number", "A NumPy scalar leaves a list to Python, which repeats it; a Tensor takes it for an array."
)
def _list_times_number(d):
    return d.name == "mul" and d.kind == "accepted" and any(isinstance(x, list) for x in d.args)


@reason(
    "other classes", "Classes with protocols of their own and subclasses of ndarray are left alone or plain arrays."
)
def _other_classes(d):
    def is_other(x):
        plain = x is None or type(x).__module__ == "builtins" or isinstance(x, np.generic | np.dtype | np.ufunc | type)
        return not plain and type(x) is not np.ndarray and not isinstance(x, Tensor)

    return any(is_other(x) for x in (*given(d), *results(d))) and d.kind != "gradient"

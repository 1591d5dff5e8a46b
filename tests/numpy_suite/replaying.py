"""A call of NumPy made twice more, with its arrays and with Tensors in their place, and what differs."""

import copy
import math
import os
import types
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import AutogradError, Tensor
from autograd.numpy_functions.protocol import FUNCTIONS

LARGEST = 20_000  # numbers among the arguments of a call
MOST = 40  # calls of one function in one test

# What NumPy's tests give a function to, with the error that it has to raise.
RAISES = {"assert_raises", "assert_raises_regex", "assert_raises_fpe", "assert_warns", "raises", "assertRaises"}

PUBLIC = {
    id(f): prefix + name
    for module, prefix in ((np, ""), (np.linalg, "linalg."))
    for name, f in sorted(vars(module).items())
    if not name.startswith("_") and callable(f) and not isinstance(f, type)
}
PUBLIC |= {id(f): f.__name__ for f in FUNCTIONS if id(f) not in PUBLIC}
KEPT = list(FUNCTIONS)  # an id is that of a function only as long as this lives


# --- which calls --------------------------------------------------------------------------------------------------


def name_of(function):
    """The name of a function or method of NumPy whose calls count; None for any other."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}.{function.__name__}"
    if id(function) in PUBLIC:
        return PUBLIC[id(function)]
    if is_float(owner) and isinstance(function, types.BuiltinMethodType | types.MethodWrapperType):
        return f"ndarray.{function.__name__}"
    return None


def is_float(x):
    """Whether an argument becomes a Tensor: an array or a NumPy scalar of real floating dtype."""
    return (type(x) is np.ndarray and x.dtype.kind == "f") or isinstance(x, np.floating)


def mapped(tree, leaf):
    """Lists, tuples and dicts with every leaf replaced."""
    if type(tree) is dict:
        return {key: mapped(value, leaf) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)([mapped(part, leaf) for part in tree])
    return leaf(tree)


def leaves(tree):
    found = []
    mapped(tree, found.append)
    return found


# --- what comes out -----------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What a call gave, or raised, and the arguments as they were afterwards."""

    value: Any = None
    error: Exception | None = None
    args: Any = None


def outcome(function, args, kwargs):
    # The NumPy tests set error states and filters of warnings: whether we complain as loudly is not asked here.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return Outcome(function(*args, **kwargs), None, (args, kwargs))
        except Exception as error:
            return Outcome(None, error, (args, kwargs))


@dataclass
class Difference:
    """One call that did not do with Tensors what it does with arrays."""

    name: str
    kind: str
    args: Any
    kwargs: Any
    plain: Outcome
    ours: Outcome
    detail: str = ""
    floats: list = field(default_factory=list)

    def __str__(self):
        def said(o):
            return f"{type(o.error).__name__}: {str(o.error)[:200]!r}" if o.error else shown(o.value)

        given = ", ".join([*map(shown, self.args), *(f"{k}={shown(v)}" for k, v in self.kwargs.items())])
        return (
            f"{self.kind}: {self.name}({given[:400]})\n    NumPy: {said(self.plain)}\n    here:  {said(self.ours)}"
            f"{self.detail and chr(10) + '    ' + self.detail}"
        )


def shown(x):
    if isinstance(x, Tensor):
        return f"Tensor {shown(x.data)}"
    if isinstance(x, np.ndarray):
        entries = np.array2string(x.ravel()[:6], threshold=8).replace("\n", " ") if x.size <= 6 else "..."
        return f"{x.dtype}{list(x.shape)} {entries}"
    if isinstance(x, list | tuple) and len(x) <= 8:
        return type(x).__name__ + "(" + ", ".join(map(shown, x)) + ")"
    try:
        return repr(x)[:80]
    except Exception as error:
        return f"<{type(x).__name__} whose repr raises {type(error).__name__}>"


def differs(expected, found):
    """In what a result differs from NumPy's: empty for the same numbers to the last bit, NaN like NaN."""
    if isinstance(expected, list | tuple):
        if type(found) is not type(expected) or len(found) != len(expected):
            return "container"
        return next((d for d in map(differs, expected, found) if d), "")
    if isinstance(expected, np.ndarray | np.generic) and expected.dtype.kind not in "OSUVT":
        detached = expected.dtype.kind == "f" and not isinstance(found, Tensor)
        found = found.data if isinstance(found, Tensor) else found
        if not isinstance(found, np.ndarray | np.generic):
            found = np.asarray(found) if isinstance(found, bool | int | float) else found
            if not isinstance(found, np.ndarray):
                return "type"
        if found.shape != expected.shape:
            return "shape"
        if found.dtype != expected.dtype:
            return "dtype"
        if not np.array_equal(found, expected, equal_nan=expected.dtype.kind in "fc"):
            close = expected.dtype.kind == "f" and np.allclose(
                found, expected, rtol=1e3 * np.finfo(expected.dtype).eps, atol=1e-30, equal_nan=True
            )
            return "rounding" if close else "value"
        if expected.dtype.kind == "f" and np.any((np.signbit(found) != np.signbit(expected)) & ~np.isnan(found)):
            return "sign of zero"
        return "plain" if detached else ""
    if isinstance(found, Tensor):
        return "type"
    try:
        return (
            "" if type(found) is type(expected) and (found is expected or bool(np.all(found == expected))) else "type"
        )
    except Exception:
        return "type"


def gradient_of(value, floats):
    """What is wrong with the gradient of all numbers that came out, if anything."""
    results = [x for x in leaves(value) if isinstance(x, Tensor) and x.requires_grad]
    if not results:
        return ""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            total = 0.0
            for part in results:
                total = total + (part.astype(np.float64) if part.dtype.itemsize < 8 else part).sum()
            found = total.gradient(*floats, allow_unused=True)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:300]}"
    for g, x in zip(found, floats, strict=True):
        if g is not None and (g.shape != x.shape or g.dtype != x.dtype):
            return f"a gradient of shape {g.shape} and dtype {g.dtype} for shape {x.shape} and dtype {x.dtype}"
    return ""


# --- replaying ----------------------------------------------------------------------------------------------------


class Replay:
    """Makes the calls of NumPy's tests, replays those that count, and keeps the score."""

    def __init__(self, reasons):
        self.reasons = reasons
        self.calls = self.equal = self.left_out = 0
        self.of_this_test, self.test = Counter(), None
        self.explained = dict.fromkeys((reason.label for reason in reasons), 0)
        self.unexplained = []
        self.busy = False

    def call(self, function, /, *args, **kwargs):
        """What the rewritten tests call in place of the function itself."""
        if not self.busy:
            if name := name_of(function):
                self.replay(name, function, args, kwargs)
            elif getattr(function, "__name__", "") in RAISES:
                for i, given in enumerate(args):
                    if callable(given) and (name := name_of(given)):
                        self.replay(name, given, args[i + 1 :], kwargs)
                        break
        return function(*args, **kwargs)

    def operate(self, function, /, *operands):
        """What the rewritten tests call in place of an operator or an index."""
        if not self.busy and any(is_float(x) for x in operands[: 1 if function.__name__ == "getitem" else 2]):
            self.replay(function.__name__, function, operands, {})
        return function(*operands)

    def replay(self, name, function, args, kwargs):
        if name.startswith("ndarray."):  # the array is an argument like others
            args, method = (function.__self__, *args), function.__name__
            function = lambda x, *rest, **options: getattr(x, method)(*rest, **options)  # noqa: E731
        floats = [x for x in leaves((args, kwargs)) if is_float(x)]
        if not floats or not self.is_new(name):
            return
        self.busy = True
        try:
            self.compare(name, function, args, kwargs)
        finally:
            self.busy = False

    def is_new(self, name):
        """Whether this function has not been called often enough in the test that is running."""
        if self.test != (test := os.environ.get("PYTEST_CURRENT_TEST")):
            self.of_this_test, self.test = Counter(), test
        self.of_this_test[name] += 1
        return self.of_this_test[name] <= MOST

    def compare(self, name, function, args, kwargs):
        arrays = [x for x in leaves((args, kwargs)) if isinstance(x, np.ndarray)]
        try:
            if sum(x.size for x in arrays) > LARGEST:
                raise ValueError("too many numbers")
            before, given, put = (copied((args, kwargs)) for _ in range(3))
        except Exception:
            self.left_out += 1
            return
        self.calls += 1
        plain = outcome(function, *given)
        if too_large(plain.value):
            self.calls -= 1
            self.left_out += 1
            return
        tensors = []

        def tensor(x):
            if not is_float(x):
                return x
            tensors.append(Tensor(x, requires_grad=True))
            return tensors[-1]

        ours = outcome(function, *mapped(put, tensor))
        difference = Difference(name, "", *before, plain, ours, floats=tensors)
        difference.kind = self.kind_of(difference, before, given)
        if not difference.kind:
            self.equal += 1
            return
        for reason in self.reasons:
            if reason.holds(difference):
                self.explained[reason.label] += 1
                return
        self.unexplained.append(str(difference))

    def kind_of(self, d, before, given):
        """The kind of a difference in a word; empty when there is none."""
        if d.plain.error and d.ours.error:
            return "" if isinstance(d.ours.error, public(type(d.plain.error))) else "other error"
        if d.plain.error:
            return "accepted"
        if d.ours.error:
            return "refused" if isinstance(d.ours.error, AutogradError) else "failed"
        if any(not same(a, b) for a, b in zip(leaves(before), leaves(given), strict=True)):
            return "in place"
        if kind := differs(d.plain.value, d.ours.value):
            return kind
        d.detail = gradient_of(d.ours.value, d.floats)
        return "gradient" if d.detail else ""


def public(error):
    """The class of an error that a program can catch: NumPy has some of its own behind TypeError and ValueError."""
    known = ("builtins", "numpy.exceptions", "numpy.linalg")
    return next(c for c in error.__mro__ if c.__module__ in known)


def copied(tree):
    return mapped(tree, lambda x: x.copy(order="K") if type(x) is np.ndarray else copy.deepcopy(x) if known(x) else x)


def known(x):
    """Whether an argument is left as it is by those who use it."""
    if hasattr(x, "__next__") or hasattr(x, "read"):
        raise ValueError("an iterator can be used once")
    return isinstance(x, np.ndarray | bytearray | memoryview)


def same(a, b):
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype.kind != "O":
        return a.shape == b.shape and a.tobytes() == b.tobytes()
    return True


def too_large(value):
    return any(math.prod(np.shape(x)) > 50 * LARGEST for x in leaves(value) if isinstance(x, np.ndarray))

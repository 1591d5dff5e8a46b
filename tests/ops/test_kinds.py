"""Every op has the kinds of samples that concern it: empty and 0-d operands, other layouts, infinities, ties, ..."""

import numpy as np
import pytest
from op_edges import EDGES
from op_samples import ELEMENTWISE, SAMPLES, is_floating, strided


def words(text):
    return set(text.split())


ALL = {sample.op.name: sample.op for sample in SAMPLES}
REDUCTIONS = {name for name, op in ALL.items() if "keepdims" in op.attributes}
STEPWISE = {kind.op.name for kind in ELEMENTWISE}  # entry by entry
DIFFERENTIABLE = {name for name, op in ALL.items() if op.differentiable}

# Their operands are matrices, stacks of them, or signals: never a single number.
NO_NUMBERS = words("swapaxes moveaxis split matmul linear cross_entropy inv det slogdet pinv solve cholesky eigh")
NO_NUMBERS |= {"layer_norm", "rms_norm", "batch_norm"}
NO_NUMBERS |= {"rnn", "lstm", "gru"}
NO_NUMBERS |= {"svd", "qr", *(name for name in ALL if name.startswith(("conv", "max_pool", "window")))}
WINDOWS = {name for name in NO_NUMBERS if name.startswith(("conv", "max_pool", "window"))}
# No value or no direction there: the sine of infinity, or a function that changes with every bit.
NOT_AT_INFINITY = words(
    "sin cos tan sinc i0 arcsin arccos arctanh ldexp nextafter copy identity std var euclidean p_norm"
)


def arrays(sample):
    return [x for x in sample.inputs if isinstance(x, np.ndarray)]


def has_infinity(sample):
    return any(np.isinf(x).any() for x in arrays(sample) if is_floating(x))


def has_negative_zero(sample):
    return any((np.signbit(x) & (x == 0.0)).any() for x in arrays(sample) if is_floating(x))


def names(table, holds):
    return {sample.op.name for sample in table if holds(sample)}


KINDS = {
    "other layouts": (set(ALL), names(SAMPLES, lambda s: s.layout is strided)),
    "empty": (set(ALL) - WINDOWS, names([*SAMPLES, *EDGES], lambda s: any(not x.size for x in arrays(s)))),
    "0-d": (set(ALL) - NO_NUMBERS, names([*SAMPLES, *EDGES], lambda s: any(not x.ndim for x in arrays(s)))),
    "infinity": (((STEPWISE | REDUCTIONS) & DIFFERENTIABLE) - NOT_AT_INFINITY, names(EDGES, has_infinity)),
    "negative zero": (words("absolute maximum relu square sqrt sinc copysign erf"), names(EDGES, has_negative_zero)),
    "axis from the end": (
        {name for name, op in ALL.items() if "axis" in op.attributes},
        names(
            SAMPLES, lambda s: np.any(np.array([k for k in np.ravel(s.attributes.get("axis", 0)) if k is not None]) < 0)
        ),
    ),
    "ties": (
        words("maximum minimum fmax fmin max min"),
        names(EDGES, lambda e: "share" in e.why or "is not NaN" in e.why),
    ),
    "zero factors": ({"prod", "cumprod"}, names(EDGES, lambda e: any((x == 0.0).any() for x in arrays(e)))),
    "repeated and negative positions": (
        words("getitem set_at"),
        names(EDGES, lambda e: np.any(np.asarray(e.attributes.get("index", 0)) == -1)),
    ),
    "masks with no True": (
        words("getitem set_at add_at"),
        names(
            EDGES, lambda e: np.asarray(e.attributes.get("index")).dtype == bool and not np.any(e.attributes["index"])
        ),
    ),
    "branches not taken": ({"where", "masked"}, names(EDGES, lambda e: "not chosen" in e.why)),
    "0 to the 0": ({"power"}, names(EDGES, lambda e: "0**0" in e.why)),
    "at the origin": (
        words("sqrt euclidean p_norm hypot std"),
        names(EDGES, lambda e: any((x == 0.0).any() or len(np.unique(x)) == 1 for x in arrays(e) if x.size)),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_none_is_missing(kind):
    concerned, found = KINDS[kind]
    assert concerned, "a kind that concerns no op"
    assert concerned - found == set()


def test_every_edge_says_why():
    assert [str(edge) for edge in EDGES if len(edge.why) < 3] == []

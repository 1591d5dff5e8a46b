"""A node keeps exactly what its rules need: what it does not keep is not used, what it keeps is not kept in vain."""

import numpy as np
import pytest
from op_samples import OPS, SAMPLES, Sample, read_only, requires_grad, spread, weights

from autograd import Tensor
from autograd.engine.op import Op, joint


class Touched(Exception):
    """Somebody has used a `Poison`."""


class Poison:
    """Stands in the place of a value and does not let anybody look at it."""

    def refuse(self, *args, **kwargs):
        raise Touched

    __getattr__ = __array__ = __array_ufunc__ = __array_function__ = __bool__ = __iter__ = __len__ = __getitem__ = (
        refuse
    )
    __float__ = __int__ = __index__ = __hash__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = refuse
    __pow__ = __rpow__ = __mod__ = __rmod__ = __matmul__ = __rmatmul__ = __neg__ = __abs__ = refuse


def node_of(out):
    return out[0]._node.parents[0] if isinstance(out, tuple) else out._node


def incoming(out):
    if isinstance(out, tuple):
        return tuple(read_only(weights(part.data)) for part in out)
    return weights(out.data)


def arrays_in(kept):
    """All arrays among kept values."""
    for value in kept:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, tuple | list):
            yield from arrays_in(value)


def spoil(x):
    """Change every entry of an array."""
    if x.dtype.kind == "f":
        x.fill(np.nan)
    else:
        x[...] = ~x


def same(found, expected):
    return len(found) == len(expected) and all(
        (a is None) == (b is None) and (a is None or np.asarray(a).tobytes() == np.asarray(b).tobytes())
        for a, b in zip(found, expected, strict=True)
    )


def test_what_is_not_kept_is_not_used(live_sample):
    """Overwrite all operands and results that the node does not keep: the gradients stay the same."""
    sample = live_sample
    for live in {sample.live, *((i,) for i in sample.live)}:
        expected = sample.gradients("gradient", live=live)
        inputs = [np.array(x) if isinstance(x, np.ndarray) else x for x in sample.arrays()]
        tensors = [Tensor(x, requires_grad=i in live) if isinstance(x, np.ndarray) else x for i, x in enumerate(inputs)]
        out = sample.op.function(*tensors, **sample.attributes)
        seed = incoming(out)
        node = node_of(out)
        kept = list(arrays_in(node.kept))
        outs = [part.data for part in (out if isinstance(out, tuple) else (out,))]
        for x in inputs + outs:
            if isinstance(x, np.ndarray) and x.flags.writeable and not any(np.shares_memory(x, k) for k in kept):
                spoil(x)
        gradients = node.op.vjp(seed, node.kept, node.parents)
        found = [g for g, parent in zip(gradients, node.parents, strict=True) if parent is not None]
        fitted = [_fit(g, sample.arrays()[i].shape) for g, i in zip(found, sorted(live), strict=True)]
        for a, b in zip(fitted, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def _fit(g, shape):
    """What the engine's edge does, in the plainest words."""
    extra = g.ndim - len(shape)
    g = np.sum(g, axis=tuple(range(extra))) if extra > 0 else g
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape and g.shape[i] != 1)
    g = np.sum(g, axis=axes, keepdims=True) if axes else g
    return np.broadcast_to(g, shape)


def kept_names(op, i):
    """What the rule of one operand asks for."""
    asked = op.asks[0] if op.joint else op.asks[i]
    return [name for name in asked if name != "need"]


# Every name that some rule asks for: (op, operand, name). A joint rule counts as that of the first operand.
ASKED = [
    (op, i, name)
    for op in (case.op for case in OPS)
    if op.differentiable
    for i in (range(1) if op.joint or op.variadic else range(len(op.operands)))
    if op.rules[0 if op.joint else i]
    for name in kept_names(op, i)
]
BY_OP = {case.op.name: [s for s in SAMPLES if s.op is case.op and s.live] for case in OPS}


def breaks_without(sample, i, name):
    """Whether the gradient of operand i cannot be computed, or is another, when a kept value is taken away."""
    if i not in sample.live:
        return False
    out = sample.op.function(*sample.tensors(live=(i,)), **sample.attributes)
    seed, node = incoming(out), node_of(out)
    place = sample.op.keeps.index(name)
    if node.kept[place] is None:
        return False
    expected = node.op.vjp(seed, node.kept, node.parents)
    poisoned = (*node.kept[:place], Poison(), *node.kept[place + 1 :])
    try:
        found = node.op.vjp(seed, poisoned, node.parents)
    except Exception:
        return True
    return not same(found, expected)


# What only a recorded pass needs, for second derivatives where values repeat or vanish: tests/ops/test_limits.py; or to
# compute again what a kernel put aside.
FOR_LIMITS = {("eigh", "x"), ("svd", "x"), ("p_norm", "out"), ("absolute", "out"), ("fabs", "out")}
FOR_LIMITS |= {("layer_norm", "eps"), ("rms_norm", "eps"), ("batch_norm", "eps"), ("batch_norm", "x")}
FOR_LIMITS |= {(op, name) for op in ("lstm", "gru") for name in ("bias_ih", "bias_hh")} | {("lstm", "c")}


@pytest.mark.parametrize(
    ("op", "i", "name"),
    [a for a in ASKED if (a[0].name, a[2]) not in FOR_LIMITS],
    ids=lambda x: x.name if isinstance(x, Op) else str(x),
)
def test_nothing_is_kept_in_vain(op, i, name):
    """Each value that a rule asks for is one that the rule cannot do without, at one sample at least."""
    assert any(breaks_without(sample, i, name) for sample in BY_OP[op.name])


def test_nothing_is_kept_for_an_operand_without_gradient(shared_sample):
    """What only the rule of x asks for is kept only if x requires a gradient. Attributes cost nothing."""
    op = shared_sample.op
    for i in shared_sample.live:
        out = op.function(*shared_sample.tensors(live=(i,)), **shared_sample.attributes)
        kept = {name for name, value in zip(op.keeps, node_of(out).kept, strict=True) if value is not None}
        assert kept <= {*op.asks[0 if op.joint else i], *op.attributes}


def test_a_value_kept_in_vain_is_found():
    """The check above notices a rule that asks for what it does not need."""
    sample = Sample("tanh", [spread((2, 3))], label="planted")
    sample.op = Op("tanh", np.tanh, lambda g, x, out: g * (1.0 - out * out))
    assert breaks_without(sample, 0, "out")
    assert not breaks_without(sample, 0, "x")
    sample.op = Op("tanh", np.tanh, joint(lambda g, x, out: (g * (1.0 - out * out),)))
    assert not breaks_without(sample, 0, "x")


def test_a_value_used_without_being_kept_is_found():
    secret = {}

    def tanh_kernel(x):
        secret["x"] = x
        return np.tanh(x)

    sample = Sample("tanh", [spread((2, 3))], label="planted")
    sample.op = Op("tanh", tanh_kernel, lambda g: g * (1.0 - np.tanh(secret["x"]) ** 2))
    assert requires_grad(sample.op.function(*sample.tensors()))
    with pytest.raises(AssertionError):
        test_what_is_not_kept_is_not_used(sample)

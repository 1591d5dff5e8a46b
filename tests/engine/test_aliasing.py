"""Who owns the memory of a gradient: a `.grad` is its Tensor's own, whatever a rule returned."""

import itertools

import numpy as np
import pytest

from autograd import custom_op, tensor
from autograd.engine.graph import STATE
from autograd.modes import Watch

N = 1000  # more entries than are kept for pictures


def leaves(count=2):
    return [tensor(np.arange(1.0, N + 1), requires_grad=True) for _ in range(count)]


stash = []


def stored(array):
    stash.append(array)
    return array


def binary(rule_x, rule_y):
    return custom_op(lambda x, y: x * y, (rule_x, rule_y), name="binary")


# Rules of x * y (as far as their values go, times 1): what they return belongs to ...
OPS = {
    "nobody": binary(lambda g, y: g * y, lambda g, x: g * x),
    "the rule": binary(lambda g, y: stored(g * y), lambda g, x: stored(g * x)),
    "an array of the rule": binary(lambda g, y: stored(g * y)[:], lambda g, x: stored(g * x)[:]),
    "the pass": binary(lambda g: g, lambda g: g),
    "a view of the pass": binary(lambda g: g[:], lambda g: g[::-1]),
    "an operand": binary(lambda g, y: y, lambda g, x: x),
    "the same operand": binary(lambda g, x: x, lambda g, x: x),
    "the result": binary(lambda g, out: out, lambda g, out: out[:]),
    "nobody, spread": binary(lambda g, y: np.broadcast_to(np.sum(g * y), g.shape), lambda g, x: g * x),
}


REPLACEMENT = np.ones(N)
HOOKS = {"seen": lambda g: None, "kept": stash.append, "the same": lambda g: g, "replaced": lambda g: REPLACEMENT}


def passes(x, y, op):
    """Graphs in which the op has no other op, one op and two uses above and below it."""
    yield op(x, y)
    yield op(x, y) * 1.0
    yield +op(x, y)
    yield op(+x, y[:])
    yield op(x, x)
    product = op(x, y)
    yield product + product
    yield op(product, y)


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("hooked", [None, *HOOKS])
@pytest.mark.parametrize("owner", OPS)
def test_no_gradient_shares_memory(owner, hooked, retain):
    for k in range(7):
        stash.clear()
        x, y = leaves()
        if hooked:
            x.register_hook(HOOKS[hooked])
        out = next(itertools.islice(passes(x, y, OPS[owner]), k, None))
        seed = np.ones(N)
        out.backward(seed, retain_graph=retain)
        gradients = [t.grad for t in (x, y, out) if t.grad is not None]
        others = [x.data, y.data, out.data, seed, REPLACEMENT, *stash]
        for a, b in itertools.combinations(gradients, 2):
            assert not np.shares_memory(a, b)
        for a, b in itertools.product(gradients, others):
            assert not np.shares_memory(a, b)
        assert all(g.flags.writeable for g in gradients)
        if retain:  # changing what we own changes nothing that a second pass computes
            before = [g.copy() for g in gradients]
            for g in gradients:
                g[...] = 0.0
            stash.clear()
            out.backward(seed)
            for t, g in zip((t for t in (x, y, out) if t.grad is not None), before, strict=True):
                np.testing.assert_array_equal(t.grad, g)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("owner", ["nobody", "the rule", "the pass", "an operand", "the result"])
def test_no_requested_gradient_shares_memory(owner, create_graph):
    stash.clear()
    x, y = leaves()
    out = OPS[owner](x, y)
    seed = np.ones(N)
    found = [g.data for g in out.gradient(x, y, gradient=seed, create_graph=create_graph)]
    others = [seed, *[s.data for s in stash]]
    if not create_graph:  # a differentiable gradient may be one of the Tensors it is differentiable in
        others += [x.data, y.data, out.data]
        assert not np.shares_memory(*found)
    assert not any(np.shares_memory(a, b) for a, b in itertools.product(found, [seed]))
    assert create_graph or not any(np.shares_memory(a, b) for a, b in itertools.product(found, others))


def address(array):
    return array.__array_interface__["data"][0]


def test_a_gradient_that_nobody_else_holds_is_not_copied():
    addresses = []

    def rule(g, y):
        d = g * y
        addresses.append(address(d))
        return d

    x, y = leaves()
    op = custom_op(lambda x, y: x * y, (rule, None), name="told")
    out = op(x, y)
    out.backward(np.ones(N))
    assert address(x.grad) == addresses[0]


def test_a_watcher_that_keeps_gradients_keeps_them():
    class Keeper(Watch):
        def backward(self, node, g, gradients):
            stash.extend(gradients)

    stash.clear()
    x, y = leaves()
    token = STATE.set(STATE.get().replace(watch=Keeper()))
    try:
        OPS["nobody"](x, y).backward(np.ones(N))
    finally:
        STATE.reset(token)
    assert stash
    assert not any(np.shares_memory(t.grad, kept) for t in (x, y) for kept in stash)


@pytest.mark.parametrize("n", [3, N])
def test_what_is_written_into_a_gradient_during_a_pass_goes_no_further(n):
    """The gradient of a computed Tensor is stored before the pass is over, which goes on with its numbers."""
    x, y = (tensor(np.ones(n), requires_grad=True) for _ in range(2))
    total = x + y
    x.register_hook(lambda g: total.grad.fill(0.0))
    (total * 3.0).sum().backward()
    assert (x.grad == 3.0).all()
    assert (y.grad == 3.0).all()
    assert (total.grad == 0.0).all()

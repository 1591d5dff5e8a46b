"""Recurrent layers, one op for a whole sequence: the same step for each of its elements, which passes a state on."""

from collections.abc import Sequence
from math import inf, prod
from typing import Any

import numpy as np

from autograd.arrays import Array, add_reduce
from autograd.engine.op import OpFunction, defop, joint
from autograd.facts import Example
from autograd.ops.arithmetic import masked
from autograd.ops.fused import linear
from autograd.ops.transcendental import relu, sigmoid

Gradients = tuple[Array, ...]


# Single steps: from the input, multiplied with its weights, and the state so far to the state after it.
def tanh_step(a: Array, weight: Array, bias: Array, h: Array) -> tuple[Array]:
    return (np.tanh(a + linear(h, weight, bias)),)


def relu_step(a: Array, weight: Array, bias: Array, h: Array) -> tuple[Array]:
    return (relu(a + linear(h, weight, bias)),)


def lstm_step(a: Array, weight: Array, bias: Array, h: Array, c: Array) -> tuple[Array, Array]:
    i, f, g, o = np.split(a + linear(h, weight, bias), 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(a: Array, weight: Array, bias: Array, h: Array) -> tuple[Array]:
    a_r, a_z, a_n = np.split(a, 3, axis=-1)
    h_r, h_z, h_n = np.split(linear(h, weight, bias), 3, axis=-1)
    n = np.tanh(a_n + sigmoid(a_r + h_r) * h_n)
    return (n + sigmoid(a_z + h_z) * (h - n),)  # (1 - z) n + z h


def _steps(
    step: Any, x: Array, weights: Sequence[Array], biases: Sequence[Array], state: Sequence[Array], reverse: bool
) -> tuple[Array, ...]:
    """The definition of all: the states h of all steps, and what else belongs to the state after the last."""
    length, count, inputs = x.shape
    state = [np.zeros((count, weights[1].shape[1]), x.dtype) if part is None else part for part in state]
    a = np.split(linear(x.reshape((length * count, inputs)), weights[0], biases[0]), length)
    found: list[Any] = [None] * length
    for t in _order(length, reverse):
        state = step(a[t], weights[1], biases[1], *state)
        found[t] = state[0]
    return np.stack(found), *state[1:]


# What the kernels and the rules share.
def _order(length: int, reverse: bool) -> range:
    return range(length - 1, -1, -1) if reverse else range(length)


def _alike(*arrays: Array) -> tuple[Any, list[Array]]:
    """The dtype of a result, and the arrays in that in which it is computed."""
    dtype = np.result_type(*(a.dtype for a in arrays if a is not None))
    wide = np.dtype(np.float32) if dtype.char == "e" else dtype
    return dtype, [a if a is None or a.dtype == wide else a.astype(wide) for a in arrays]


def _inputs(x: Array, weight: Array, *biases: Array) -> Array:
    """The contribution of the input to the gates of each step, with optional biases."""
    first, *others = [b for b in biases if b is not None] or [None]
    bias = first + others[0] if others else first
    return linear(x.reshape((prod(x.shape[:2]), x.shape[2])), weight, bias).reshape((*x.shape[:2], len(weight)))


def _start(h: Array, out: Array) -> Array:
    """The state before the first step, in the order of memory in which rules find it: for another one, NumPy may
    multiply by another kernel, with other last bits."""
    return np.zeros(out.shape[1:], out.dtype) if h is None else np.ascontiguousarray(h)


def _before(out: Array, h: Array, reverse: bool) -> Array:
    """The states from which the steps have started."""
    first = np.zeros((1, *out.shape[1:]), out.dtype) if h is None else h[None]
    return np.concatenate((out[1:], first) if reverse else (first, out[:-1]))


def _exponentials(x: Array) -> Array:
    """1 + exp(-x), of which the sigmoid is the reciprocal."""
    e = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(e, out=e)
    e += 1.0
    return e


# The sigmoid as the kernels compute it, for the rules of a recorded pass.
_gate: OpFunction = defop(
    "_gate", lambda x: 1.0 / _exponentials(x), lambda g, out: g * (out * (1.0 - out)), kind="elementwise"
)  # fmt: skip


def _times(pairs: Sequence[tuple[Array, Array]], room: Array) -> Array:
    """Products side by side; those of arrays in the room that there is for them."""
    if room is None:
        return np.concatenate([d * slope for d, slope in pairs], axis=-1)
    size = room.shape[-1] // len(pairs)
    for k, (d, slope) in enumerate(pairs):
        np.multiply(d, slope, out=room[:, k * size : (k + 1) * size])
    return room


def _room(shape: tuple[int, ...], dtype: Any, recorded: bool) -> tuple[Array, list[Any]]:
    """Where the gradients of the gates go: the array of all, and that of each step. None yet in a recorded pass."""
    whole = None if recorded else np.empty(shape, dtype)
    return whole, [None] * shape[0] if whole is None else list(whole)


def _of_weight(d: Array, x: Array) -> Array:
    """The gradient of a weight, by which x has come to the gates, from that of the gates."""
    rows = prod(d.shape[:2])
    return np.matmul(d.reshape((rows, d.shape[2])).T, x.reshape((rows, x.shape[2])))


def _gradients(
    need: tuple[bool, ...], by_input: Array, by_state: Array, x: Array, states: Array, weight: Array, dtype: Any,
    *of_state: Array,
) -> Gradients:  # fmt: skip
    """All gradients, from those of the gates as the input and the state before add to them, and those of the state."""
    of_bias = add_reduce(by_input, axis=(0, 1))
    of_biases = of_bias, of_bias if by_state is by_input else add_reduce(by_state, axis=(0, 1))
    of_x = np.matmul(by_input, weight) if need[0] else None
    found = of_x, _of_weight(by_input, x), _of_weight(by_state, states), *of_biases, *of_state
    pairs = zip(found, need, strict=True)
    return tuple((d if d.dtype == dtype else d.astype(dtype)) if wanted else None for d, wanted in pairs)


def _cost(shapes: Sequence[tuple[int, ...]], out: Any, attrs: Any) -> int:
    (length, count, _), by_input, by_state = shapes[:3]
    return length * count * (prod(by_input) + prod(by_state))


def _example(gates: int, states: int = 1) -> Example:
    return Example((2, 1, 3), (2 * gates, 3), (2 * gates, 2), (2 * gates,), (2 * gates,), *[(1, 2)] * states)


def rnn_kernel(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array = None, bias_hh: Array = None, h: Array = None, *,
    nonlinearity: str = "tanh", reverse: bool = False,
) -> Array:  # fmt: skip
    dtype, (x, weight_ih, weight_hh, bias_ih, bias_hh, h) = _alike(x, weight_ih, weight_hh, bias_ih, bias_hh, h)
    a, weight = _inputs(x, weight_ih, bias_ih, bias_hh), weight_hh.T.copy()
    out = np.empty((*x.shape[:2], len(weight)), dtype)
    h = _start(h, out)
    for t in _order(len(x), reverse):
        p = np.matmul(h, weight)
        p += a[t]
        h = np.tanh(p, out=out[t]) if nonlinearity == "tanh" else np.maximum(p, 0.0, out=out[t])
    return out


def rnn_rule(
    g: Array, need: tuple[bool, ...], x: Array, weight_ih: Array, weight_hh: Array, h: Array, out: Array,
    nonlinearity: str, reverse: bool,
) -> Gradients:  # fmt: skip
    """With D the gradient of all that is added up in a step, D = slope * (G + D_next @ weight_hh), the weights get
    D.T @ x and D.T @ h, added up over all steps.
    """
    dtype, (g, x, weight_ih, weight_hh, h, out) = _alike(g, x, weight_ih, weight_hh, h, out)
    slopes = 1.0 - out * out if nonlinearity == "tanh" else None
    rows: list[Any] = [None] * len(x)
    dh: Any = 0.0
    for t in reversed(_order(len(x), reverse)):
        dh = g[t] + dh
        rows[t] = masked(dh, mask=out[t] > 0.0) if slopes is None else dh * slopes[t]
        dh = np.matmul(rows[t], weight_hh)
    d = np.stack(rows)
    return _gradients(need, d, d, x, _before(out, h, reverse), weight_ih, dtype, dh)


def _limits(*operands: Array, nonlinearity: str = "tanh", reverse: bool = False) -> tuple[float, float]:
    return (-1.0, 1.0) if nonlinearity == "tanh" else (0.0, inf)


rnn: OpFunction = defop(
    "rnn", rnn_kernel, joint(rnn_rule),
    definition=lambda x, w, v, b=None, c=None, h=None, *, nonlinearity="tanh", reverse=False: _steps(
        tanh_step if nonlinearity == "tanh" else relu_step, x, (w, v), (b, c), (h,), reverse
    )[0],
    kind="whole", slope=None, cost=_cost, range=_limits, example=_example(1),
    doc="The states of a recurrent layer at all steps: h' = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh).",
    doctest="rnn(tensor([[[1.0]], [[0.0]]]), np.eye(1), np.eye(1))[:, 0, 0] -> tensor([0.76159416, 0.64201499])",
)  # fmt: skip


def lstm_kernel(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array = None, bias_hh: Array = None, h: Array = None,
    c: Array = None, *, reverse: bool = False, residuals: list[Array] | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    dtype, (x, weight_ih, weight_hh, bias_ih, bias_hh, h, c) = _alike(x, weight_ih, weight_hh, bias_ih, bias_hh, h, c)
    a, weight = _inputs(x, weight_ih, bias_ih, bias_hh), weight_hh.T.copy()
    size = len(weight)
    out = np.empty((*x.shape[:2], size), dtype)
    i, f, g, o, before, tanhs = (np.empty(out.shape, a.dtype) for _ in range(6))
    h = _start(h, out)
    c = np.zeros(out.shape[1:], a.dtype) if c is None else c
    for t in _order(len(x), reverse):
        p = np.matmul(h, weight)
        p += a[t]
        e = _exponentials(p)
        for k, gate in ((0, i), (1, f), (3, o)):
            np.divide(1.0, e[:, k * size : (k + 1) * size], out=gate[t])
        np.tanh(p[:, 2 * size : 3 * size], out=g[t])
        before[t] = c
        c = f[t] * c
        c += i[t] * g[t]
        np.tanh(c, out=tanhs[t])
        h = np.multiply(o[t], tanhs[t], out=out[t])
    if residuals is not None:
        residuals += (i, f, g, o, before, tanhs)
    return out, c.astype(dtype)


def _lstm_parts(a: Array, weight: Array, states: Array, c: Array, order: range) -> list[Array]:
    """The gates of all steps, the states c before them, and the tanh of those after."""
    p = np.matmul(states, weight.T.copy()) + a
    i, f, _, o = np.split(_gate(p), 4, axis=-1)
    g = np.tanh(np.split(p, 4, axis=-1)[2])
    cells: list[Any] = [None] * len(a)
    before = cells.copy()
    c = np.zeros(states.shape[1:], states.dtype) if c is None else c
    for t in order:
        before[t], cells[t] = c, f[t] * c + i[t] * g[t]
        c = cells[t]
    return [i, f, g, o, np.stack(before), np.tanh(np.stack(cells))]


def lstm_rule(
    g: Any, need: tuple[bool, ...], x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array,
    h: Array, c: Array, out: tuple[Array, Array], reverse: bool, residuals: list[Array] | None,
) -> Gradients:  # fmt: skip
    """With DH and DC the gradients of both states of a step, that of c grows by DH * o * (1 - tanh(c)^2); the gates get
    D = DC * g i (1 - i), DC * c_before f (1 - f), DC * i (1 - g^2), DH * tanh(c) o (1 - o), and the step before gets
    D @ weight_hh and DC * f. The weights get D.T @ x and D.T @ h, added up over all steps.
    """
    dtype, (dh, dc, x, weight_ih, weight_hh, bias_ih, bias_hh, h, c, states) = _alike(
        *g, x, weight_ih, weight_hh, bias_ih, bias_hh, h, c, out[0]
    )
    given, order, states = dh, _order(len(x), reverse), _before(states, h, reverse)
    if residuals is None:
        a = _inputs(x, weight_ih, bias_ih, bias_hh)
        i, f, g, o, before, tanhs = _lstm_parts(a, weight_hh, states, c, order)
    else:
        i, f, g, o, before, tanhs = residuals
    of_i, of_f, of_g, of_o = g * (i * (1.0 - i)), before * (f * (1.0 - f)), i * (1.0 - g * g), tanhs * (o * (1.0 - o))
    through = o * (1.0 - tanhs * tanhs)
    d, rows = _room((*x.shape[:2], len(weight_hh)), x.dtype, residuals is None)
    dh = 0.0
    for t in reversed(order):
        dh = given[t] + dh
        dc = dc + dh * through[t]
        rows[t] = _times(((dc, of_i[t]), (dc, of_f[t]), (dc, of_g[t]), (dh, of_o[t])), rows[t])
        dh = np.matmul(rows[t], weight_hh)
        dc = dc * f[t]
    d = np.stack(rows) if d is None else d
    return _gradients(need, d, d, x, states, weight_ih, dtype, dh, dc)


lstm: OpFunction = defop(
    "lstm", lstm_kernel, joint(lstm_rule), outputs=True,
    definition=lambda x, w, v, b=None, d=None, h=None, c=None, *, reverse=False: _steps(
        lstm_step, x, (w, v), (b, d), (h, c), reverse
    ),
    kind="whole", slope=None, cost=_cost, example=_example(4, states=2),
    doc="The states h of an LSTM at all steps, and its state c after the last.",
    doctest="lstm(tensor([[[1.0]]]), np.zeros((4, 1)), np.zeros((4, 1)), c=np.ones((1, 1)))[1] -> tensor([[0.5]])",
)  # fmt: skip


def _gru_inputs(x: Array, weight: Array, bias_ih: Array, bias_hh: Array) -> tuple[Array, Array]:
    """The contribution of the input, with the added part of bias_hh, and the part that a gate multiplies."""
    if bias_hh is None:
        return _inputs(x, weight, bias_ih), None
    r, z, n = np.split(bias_hh, 3)
    return _inputs(x, weight, bias_ih, np.concatenate((r, z, np.zeros_like(n)))), n


def gru_kernel(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array = None, bias_hh: Array = None, h: Array = None, *,
    reverse: bool = False, residuals: list[Array] | None = None,
) -> Array:  # fmt: skip
    dtype, (x, weight_ih, weight_hh, bias_ih, bias_hh, h) = _alike(x, weight_ih, weight_hh, bias_ih, bias_hh, h)
    (a, bias), weight = _gru_inputs(x, weight_ih, bias_ih, bias_hh), weight_hh.T.copy()
    size = len(weight)
    out = np.empty((*x.shape[:2], size), dtype)
    r, z, n, part = (np.empty(out.shape, a.dtype) for _ in range(4))
    h = _start(h, out)
    for t in _order(len(x), reverse):
        p = np.matmul(h, weight)
        e = _exponentials(p[:, : 2 * size] + a[t, :, : 2 * size])
        np.divide(1.0, e[:, :size], out=r[t])
        np.divide(1.0, e[:, size:], out=z[t])
        np.add(p[:, 2 * size :], 0.0 if bias is None else bias, out=part[t])
        now = np.multiply(r[t], part[t], out=n[t])
        now += a[t, :, 2 * size :]
        np.tanh(now, out=now)
        change = h - now
        change *= z[t]
        h = np.add(now, change, out=out[t])
    if residuals is not None:
        residuals += (r, z, n, part)
    return out


def gru_rule(
    g: Array, need: tuple[bool, ...], x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array,
    h: Array, out: Array, reverse: bool, residuals: list[Array] | None,
) -> Gradients:  # fmt: skip
    """With DH the gradient of the state of a step, n gets DN = DH * (1 - z) (1 - n^2), and what the state before adds
    to the gates gets D = DN * p r (1 - r), DH * (h - n) z (1 - z), DN * r, where p is what r multiplies. The step
    before gets D @ weight_hh + DH * z. The weights get D.T @ h and, with DN in the place of DN * r, D.T @ x.
    """
    dtype, (g, x, weight_ih, weight_hh, bias_ih, bias_hh, h, out) = _alike(
        g, x, weight_ih, weight_hh, bias_ih, bias_hh, h, out
    )
    states = _before(out, h, reverse)
    if residuals is None:
        a, bias = _gru_inputs(x, weight_ih, bias_ih, bias_hh)
        a_r, a_z, a_n = np.split(a, 3, axis=-1)
        p_r, p_z, part = np.split(np.matmul(states, weight_hh.T.copy()), 3, axis=-1)
        r, z = _gate(a_r + p_r), _gate(a_z + p_z)
        part = part + (0.0 if bias is None else bias)
        n = np.tanh(a_n + r * part)
    else:
        r, z, n, part = residuals
    of_n, of_z = (1.0 - z) * (1.0 - n * n), (states - n) * (z * (1.0 - z))
    of_r, of_part = of_n * part * (r * (1.0 - r)), of_n * r
    d, rows = _room((*x.shape[:2], len(weight_hh)), x.dtype, residuals is None)
    dhs: list[Any] = [None] * len(x)
    dh: Any = 0.0
    for t in reversed(_order(len(x), reverse)):
        dhs[t] = dh = g[t] + dh
        rows[t] = _times(((dh, of_r[t]), (dh, of_z[t]), (dh, of_part[t])), rows[t])
        dh = np.matmul(rows[t], weight_hh) + dh * z[t]
    d = np.stack(rows) if d is None else d
    size = d.shape[-1] // 3
    of_inputs = np.concatenate((d[..., : 2 * size], np.stack(dhs) * of_n), axis=-1)
    return _gradients(need, of_inputs, d, x, states, weight_ih, dtype, dh)


gru: OpFunction = defop(
    "gru", gru_kernel, joint(gru_rule),
    definition=lambda x, w, v, b=None, c=None, h=None, *, reverse=False: _steps(
        gru_step, x, (w, v), (b, c), (h,), reverse
    )[0],
    kind="whole", slope=None, cost=_cost, example=_example(3),
    doc="The states of a GRU at all steps.",
    doctest="gru(tensor([[[1.0]]]), np.zeros((3, 1)), np.zeros((3, 1)), h=np.ones((1, 1)))[0] -> tensor([[0.5]])",
)  # fmt: skip

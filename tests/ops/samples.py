"""Samples of every op: operands, attributes, how NumPy computes the same, and which checks make sense there.

Most are made from the kind of an op (elementwise, reduction) and the domain of its operands; the rest stand in lists by
hand. A new op needs a line here (test_count.py asks for it). Points where something special happens, with
what has to come out there, are in edges.py.

All operands are read-only, and so is every gradient that arrives at an op: a rule or kernel that writes where it must
not is found by each test that runs it.
"""

import math
import zlib
from collections.abc import Callable
from functools import cached_property

import numpy as np

from autograd import Tensor
from autograd.engine.op import REGISTRY

# Other tests and the examples of the documentation register ops too; these are not in our packages.
OURS = ("autograd", "nn", "optim")


def is_ours(op):
    functions = (op.kernel, *(rule for rule in op.rules if rule))
    modules = [f.__module__ for f in functions if not isinstance(f, np.ufunc)]
    return all(module.partition(".")[0] in OURS for module in modules)


class OpCase:
    """An op as a test case."""

    def __init__(self, op):
        self.op = op

    def __str__(self):
        return self.op.name


OPS = [OpCase(op) for op in REGISTRY.values() if is_ours(op)]


def ops_without_samples(cases, samples):
    """The names of the ops that have none."""
    known = {sample.op.name for sample in samples}
    return [case.op.name for case in cases if case.op.name not in known]


# --- arrays -------------------------------------------------------------------------------------------------------


def read_only(x):
    """The same numbers, which nobody can change."""
    if not isinstance(x, np.ndarray):
        return x
    view = x.view()
    view.flags.writeable = False
    return view


def strided(x):
    """The same numbers in every second place of a larger array, the last axis backwards."""
    if not isinstance(x, np.ndarray) or not x.ndim:
        return x
    room = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    view = room[..., ::-2]
    view[...] = x
    return view


def spread(shape, low=-2.0, high=2.0, seed=0):
    """Distinct numbers of an interval in random order.

    They keep away from its middle and its ends. Different seeds (0 to 3) have no number in common.
    """
    n = math.prod(shape)
    places = (np.arange(n) + (0.37, 0.61, 0.83, 0.23)[seed]) / max(n, 1)
    return np.random.default_rng(seed).permutation(low + (high - low) * places).reshape(shape)


def weights(out):
    """How much each entry of a result counts in the number that is differentiated: all different, none 0 or 1."""
    out = np.asarray(out)
    return read_only((0.3 + np.cos(1.0 + np.arange(out.size)).reshape(out.shape)).astype(out.dtype))


def without_oracle(name):
    """Stands for what NumPy computes, where nobody has said what that is: the tests that ask for it fail."""

    def oracle(*xs, **attributes):
        raise AssertionError(f"no function of NumPy is {name}: give it an oracle in tests/ops/samples.py")

    return oracle


# --- the sample ---------------------------------------------------------------------------------------------------


class Sample:
    """Operands and attributes of one call of an op.

    ``oracle`` computes the same with NumPy, ``tolerance`` says to how many units in the last place (0: to the bit).
    ``smooth``: second differences make sense here. ``analytic``: the function that extends the op to complex numbers,
    if it has such an extension; True when the oracle does.
    """

    def __init__(
        self, name, inputs, attributes=None, *, label, oracle=None, smooth=True, analytic=None, tolerance=0, layout=None
    ):
        self.op = REGISTRY[name]
        self.inputs = tuple(np.array(x) if isinstance(x, np.ndarray | list) else x for x in inputs)
        self.attributes = attributes or {}
        self.label = label
        self.oracle = oracle or ORACLES.get(name) or next(iter(self.op.numpy), None) or without_oracle(name)
        self.smooth = smooth
        self.layout = layout or (lambda x: x)
        self.tolerance = tolerance or TOLERANCES.get(name, 0)
        if analytic is None:
            analytic = ANALYTIC.get(name, True)
        self.analytic = self.oracle if analytic is True else analytic

    def __str__(self):
        return f"{self.op.name}-{self.label}"

    @cached_property
    def live(self):
        """The operands that can have a gradient."""
        if not self.op.differentiable:
            return ()
        ruled = self.op.rules if not (self.op.joint or self.op.variadic) else self.op.rules * len(self.inputs)
        return tuple(i for i, (x, rule) in enumerate(zip(self.inputs, ruled, strict=True)) if rule and is_floating(x))

    def supports(self, dtype):
        """Whether NumPy computes this in a dtype at all."""
        return dtype != "float16" or self.op.name not in NOT_IN_FLOAT16

    def arrays(self, dtype=None):
        """The operands as read-only arrays, float64 unless another floating dtype is asked for."""
        cast = (x.astype(dtype) if dtype and is_floating(x) else x for x in self.inputs)
        return [read_only(self.layout(x)) for x in cast]

    def tensors(self, dtype=None, live=None):
        """The operands as Tensors; those of `live` (all by default) require a gradient."""
        live = self.live if live is None else live
        arrays = enumerate(self.arrays(dtype))
        return [Tensor(x, requires_grad=i in live) if isinstance(x, np.ndarray) else x for i, x in arrays]

    def expected(self, dtype=None):
        """What NumPy says."""
        return self.oracle(*self.arrays(dtype), **self.attributes)

    def gradients(self, how, *, live=None, dtype=None, function=None, inputs=None):
        """The gradients of the live operands, as arrays.

        How: by "backward" (stored on the Tensors), "gradient" (returned), or "graph" (returned and differentiable).
        The gradient that comes in is given by `weights`.
        """
        tensors = self.tensors(dtype, live) if inputs is None else inputs
        wanted = [t for t in tensors if requires_grad(t)]
        out = (function or self.op.function)(*tensors, **self.attributes)
        return pull(out, wanted, how)

    def __repr__(self):
        return f"<Sample {self}>"


def is_floating(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def requires_grad(t):
    return isinstance(t, Tensor) and t.requires_grad


def pull(out, wanted, how, seed=None):
    """The gradients of a result, weighted by `weights` or by a seed of the same shape."""
    if isinstance(out, tuple):  # the one way to give a gradient to several outputs
        for part in out:
            part.register_hook(read_only)
        root, seed = sum(np.sum(part * weights(part.data)) for part in out), None
    else:
        out.register_hook(read_only)
        root, seed = out, weights(out.data) if seed is None else seed
    if how == "backward":
        root.backward(seed)
        return [t.grad for t in wanted]
    return [g.data for g in root.gradient(*wanted, gradient=seed, create_graph=how == "graph")]


# --- NumPy's answer, where the op does not name a function of NumPy -----------------------------------------------


def exp_sum(x, axis=None, keepdims=False):
    return np.sum(np.exp(x), axis=axis, keepdims=keepdims)


def cross_entropy(x, labels, reduction="none"):
    losses = np.log(exp_sum(x, -1)) - pick(x, labels)
    return {"none": np.asarray, "sum": np.sum, "mean": np.mean}[reduction](losses)


def rms_norm(x, weight=None, axes=1, eps=1e-5):
    root = np.sqrt(np.mean(x**2, axis=tuple(range(-axes, 0)), keepdims=True) + eps)
    return x / root * (1.0 if weight is None else weight)


def layer_norm(x, weight=None, bias=None, axes=1, eps=1e-5):
    centred = x - np.mean(x, axis=tuple(range(-axes, 0)), keepdims=True)
    return rms_norm(centred, weight, axes, eps) + (0.0 if bias is None else bias)


def batch_norm(x, weight=None, bias=None, eps=1e-5):
    axes, sizes = (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))
    centred = x - np.mean(x, axis=axes, keepdims=True)
    out = centred / np.sqrt(np.mean(centred**2, axis=axes, keepdims=True) + eps)
    out = out if weight is None else out * weight.reshape(sizes)
    return out if bias is None else out + bias.reshape(sizes)


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def recurrence(step):
    """What a recurrent layer computes, from a single step: of the gates' inputs, by block, and the state."""

    def oracle(x, weight_ih, weight_hh, bias_ih=None, bias_hh=None, *start, reverse=False, **how):
        size = weight_hh.shape[1]
        blocks = len(weight_hh) // size
        first = np.zeros((x.shape[1], size), x.dtype)
        state = tuple(first if part is None else part for part in (*start, *[None] * ((blocks == 4) + 1 - len(start))))
        seen = []
        for one in x[::-1] if reverse else x:
            a = one @ weight_ih.T + (0.0 if bias_ih is None else bias_ih)
            b = state[0] @ weight_hh.T + (0.0 if bias_hh is None else bias_hh)
            state = step(np.split(a, blocks, axis=1), np.split(b, blocks, axis=1), *state, **how)
            seen.append(state[0])
        found = np.stack(seen[::-1] if reverse else seen)
        return (found, state[1]) if blocks == 4 else found

    return oracle


def rnn_step(a, b, h, nonlinearity="tanh"):
    return ({"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0)}[nonlinearity](a[0] + b[0]),)


def lstm_step(a, b, h, c):
    i, f, g, o = (x + y for x, y in zip(a, b, strict=True))
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def gru_step(a, b, h):
    r, z = logistic(a[0] + b[0]), logistic(a[1] + b[1])
    return ((1.0 - z) * np.tanh(a[2] + r * b[2]) + z * h,)


def scatter(x, index, shape):
    out = np.zeros(shape, x.dtype)
    np.add.at(out, index, x)
    return out


def set_at(x, value, index):
    out = np.array(x, np.result_type(x, value))
    out[index] = value
    return out


def add_at(x, value, index):
    out = np.array(x, np.result_type(x, value))
    np.add.at(out, index, np.broadcast_to(value, out[index].shape))
    return out


def variance(x, axis=None, ddof=0, keepdims=False):
    """As `np.var`, which takes absolute values of complex numbers and so is not analytic."""
    spread = x - np.mean(x, axis=axis, keepdims=True)
    n = x.size / max(np.mean(x, axis=axis).size, 1)
    return np.sum(spread * spread, axis=axis, keepdims=keepdims) / (n - ddof)


def erf(x):
    """The standard library's, in double precision; SciPy's differs by a unit in the last place."""
    x = np.asarray(x)
    values = [math.erf(entry) for entry in x.astype(float).ravel()]
    return np.array(values, x.dtype if x.dtype.kind == "f" else float).reshape(x.shape)


def ndtr(x):
    """The standard library's, in double precision."""
    x = np.asarray(x)
    values = [0.5 * math.erfc(-entry * math.sqrt(0.5)) for entry in x.astype(float).ravel()]
    return np.array(values, x.dtype if x.dtype.kind == "f" else float).reshape(x.shape)


def erf_series(z):
    """The Maclaurin series (NIST DLMF 7.6.1), which holds for complex numbers: 60 terms are enough up to |z| = 2."""
    n = np.arange(60)
    factorials = np.array([float(math.factorial(k)) for k in n])
    terms = (-1.0) ** n * np.asarray(z)[..., None] ** (2 * n + 1) / (factorials * (2 * n + 1))
    return 2.0 / math.sqrt(math.pi) * np.sum(terms, axis=-1)


def window_places(lengths, size, stride=None, padding=None, dilation=None):
    """For every window and every place in it: the index of the window, that in it, and that in the array, if inside."""
    stride, padding, dilation = (
        v if isinstance(v, tuple) else (default if v is None else v,) * len(lengths)
        for v, default in ((stride, 1), (padding, 0), (dilation, 1))
    )
    sides = [p if isinstance(p, tuple) else (p, p) for p in padding]
    counts = [
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(lengths, size, stride, sides, dilation, strict=True)
    ]
    for p in np.ndindex(*counts):
        for k in np.ndindex(*size):
            at = tuple(i * s + j * d - b for i, j, s, d, (b, _) in zip(p, k, stride, dilation, sides, strict=True))
            if all(0 <= i < n for i, n in zip(at, lengths, strict=True)):
                yield (..., *p), (..., *k), (..., *at)


def window_counts(lengths, size, **how):
    """How many windows there are along each axis; none of the samples has one that sees nothing."""
    return tuple(
        1 + max(p[axis] for p, _, _ in window_places(lengths, size, **how)) for axis in range(1, len(size) + 1)
    )


def by_group(weight, groups):
    """A kernel for groups as one for all channels, with zeros between the groups."""
    outputs, inputs = weight.shape[0] // groups, weight.shape[1]
    whole = np.zeros((weight.shape[0], inputs * groups, *weight.shape[2:]), weight.dtype)
    for g in range(groups):
        rows = slice(g * outputs, (g + 1) * outputs)
        whole[rows, g * inputs : (g + 1) * inputs] = weight[rows]
    return whole


def conv(x, weight, bias=None, groups=None, **how):
    weight = by_group(weight, groups or 1)
    size = weight.shape[2:]
    out = np.zeros((len(x), len(weight), *window_counts(x.shape[2:], size, **how)), np.result_type(x, weight))
    for p, k, at in window_places(x.shape[2:], size, **how):
        out[p] += np.einsum("nc,oc->no", x[at], weight[k])
    return out if bias is None else out + bias.reshape((-1, *(1,) * len(size)))


def conv_transpose(y, weight, shape, groups=None, **how):
    weight = by_group(weight, groups or 1)
    out = np.zeros((len(y), weight.shape[1], *shape), np.result_type(y, weight))
    for p, k, at in window_places(shape, weight.shape[2:], **how):
        out[at] += np.einsum("no,oc->nc", y[p], weight[k])
    return out


def conv_weight(x, y, size, groups=None, **how):
    groups = groups or 1
    outputs, inputs = y.shape[1] // groups, x.shape[1] // groups
    out = np.zeros((y.shape[1], inputs, *size), np.result_type(x, y))
    for p, k, at in window_places(x.shape[2:], size, **how):
        for g in range(groups):
            rows, columns = slice(g * outputs, (g + 1) * outputs), slice(g * inputs, (g + 1) * inputs)
            out[k][rows] += np.einsum("no,nc->oc", y[p][:, rows], x[at][:, columns])
    return out


def max_pool(x, size, **how):
    out = np.full((*x.shape[:2], *window_counts(x.shape[2:], size, **how)), -np.inf, x.dtype)
    for p, _, at in window_places(x.shape[2:], size, **how):
        out[p] = np.maximum(out[p], x[at])
    return out


def window_sum(x, size, masks=None, **how):
    counts = window_counts(x.shape[2:], size, **how)
    out = np.zeros((*x.shape[:2], *counts), x.dtype)
    for p, k, at in window_places(x.shape[2:], size, **how):
        out[p] += x[at] if masks is None else np.where(masks[np.ravel_multi_index(k[1:], size)][p], x[at], 0.0)
    return out


def window_spread(y, shape, size, masks=None, **how):
    out = np.zeros((*y.shape[:2], *shape), y.dtype)
    for p, k, at in window_places(shape, size, **how):
        out[at] += y[p] if masks is None else np.where(masks[np.ravel_multi_index(k[1:], size)][p], y[p], 0.0)
    return out


def pick(x, labels):
    return np.take_along_axis(x, np.asarray(labels)[..., None], axis=-1)[..., 0]


ORACLES: dict[str, Callable] = {
    "clip": np.clip,
    "where": np.where,
    "masked": lambda x, mask: np.where(mask, x, 0.0),
    "astype": lambda x, dtype: x.astype(dtype),
    "copy": np.copy,
    "identity": np.positive,
    "sigmoid": logistic,
    "softplus": lambda x: np.log(1.0 + np.exp(x)),
    "relu": lambda x: np.maximum(x, 0.0),
    "erf": erf,
    "ndtr": ndtr,
    "softsign": lambda x: x / (1.0 + np.abs(x)),
    "logsumexp": lambda x, axis=None, keepdims=False: np.log(exp_sum(x, axis, keepdims)),
    "softmax": lambda x, axis=-1: np.exp(x) / exp_sum(x, axis, True),
    "log_softmax": lambda x, axis=-1: x - np.log(exp_sum(x, axis, True)),
    "cross_entropy": cross_entropy,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "batch_norm": batch_norm,
    "linear": lambda x, weight, bias=None: x @ weight.T + (0.0 if bias is None else bias),
    "rnn": recurrence(rnn_step),
    "lstm": recurrence(lstm_step),
    "gru": recurrence(gru_step),
    "getitem": lambda x, index: x[index],
    "scatter": scatter,
    "set_at": set_at,
    "add_at": add_at,
    "reshape": lambda x, shape: np.reshape(x, shape),
    "ravel": np.ravel,
    "broadcast_to": lambda x, shape: np.broadcast_to(x, shape),
    "concatenate": lambda *xs, axis=0: np.concatenate(xs, axis=axis),
    "stack": lambda *xs, axis=0: np.stack(xs, axis=axis),
    "split": lambda x, indices_or_sections, axis=0: tuple(np.split(x, indices_or_sections, axis=axis)),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "slogdet": lambda x: tuple(np.linalg.slogdet(x)),
    "pinv": np.linalg.pinv,
    "solve": np.linalg.solve,
    "cholesky": np.linalg.cholesky,
    "eigh": lambda x, UPLO="L": tuple(np.linalg.eigh(x, UPLO)),
    "svd": lambda x: tuple(np.linalg.svd(x, full_matrices=False)),
    "qr": lambda x: tuple(np.linalg.qr(x)),
    "euclidean": lambda x, axis=None, keepdims=False: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
    "p_norm": lambda x, ord, axis=None, keepdims=False: np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord),
    "einsum": lambda *xs, subscripts: np.einsum(subscripts, *xs),
    "conv": conv,
    "conv_transpose": conv_transpose,
    "conv_weight": conv_weight,
    "max_pool": max_pool,
    "window_sum": window_sum,
    "window_spread": window_spread,
}

# Functions that are not analytic, and those whose analytic form is not what NumPy does with complex numbers.
ANALYTIC = {
    **dict.fromkeys(
        (
            "absolute",
            "fabs",
            "softsign",
            "maximum",
            "minimum",
            "clip",
            "relu",
            "remainder",
            "arctan2",
            "max",
            "min",
            "astype",
        )
    ),
    **dict.fromkeys(
        ("slogdet", "pinv", "cholesky", "eigh", "svd", "qr", "p_norm", "cbrt", "deg2rad", "rad2deg", "nan_to_num", "i0")
    ),
    **dict.fromkeys(("astype", "fmax", "fmin", "copysign", "nextafter", "ldexp", "fmod")),
    "erf": erf_series,
    "ndtr": lambda z: 0.5 * (1.0 + erf_series(z * math.sqrt(0.5))),
    "hypot": lambda x, y: np.sqrt(x * x + y * y),
    "logaddexp": lambda x, y: np.log(np.exp(x) + np.exp(y)),
    "logaddexp2": lambda x, y: np.log2(np.exp2(x) + np.exp2(y)),
    "var": variance,
    "std": lambda x, **attributes: np.sqrt(variance(x, **attributes)),
}

# What LAPACK does.
NOT_IN_FLOAT16 = {"inv", "det", "slogdet", "pinv", "solve", "cholesky", "eigh", "svd", "qr"}

# Units in the last place, for oracles that are formulas of our own or add up in another order.
TOLERANCES = {
    **dict.fromkeys(("sigmoid", "softplus", "logsumexp", "softmax", "log_softmax", "cross_entropy"), 16),
    **dict.fromkeys(("layer_norm", "rms_norm", "batch_norm"), 16),
    **dict.fromkeys(("rnn", "lstm", "gru"), 32),
    "einsum": 8,
    **dict.fromkeys(("conv", "conv_transpose", "conv_weight"), 64),
    **dict.fromkeys(("window_sum", "window_spread"), 4),
    "erf": 4,
    "ndtr": 4,
}

# --- kinds --------------------------------------------------------------------------------------------------------

SAMPLES: list[Sample] = []
ELEMENTWISE = []  # for test_broadcast.py


def add(name, inputs, attributes=None, *, label, **facts):
    SAMPLES.append(Sample(name, inputs, attributes, label=label, **facts))


class Elementwise:
    """An op that works entry by entry, with the domain of each operand."""

    def __init__(self, name, *domains):
        self.op = REGISTRY[name]
        self.domains = domains
        ELEMENTWISE.append(self)

    def __str__(self):
        return self.op.name

    def operands(self, *shapes):
        """Operands of these shapes from their domains."""
        pairs = zip(shapes, self.domains, strict=True)
        return [spread(shape, *domain, seed=i) for i, (shape, domain) in enumerate(pairs)]


def unary(name, low=-2.0, high=2.0):
    kind = Elementwise(name, (low, high))
    add(name, kind.operands((2, 3)), label="matrix")
    add(name, kind.operands(()), label="scalar")
    add(name, kind.operands((1, 1)), label="one")
    add(name, kind.operands((0, 3)), label="empty")
    add(name, kind.operands((2, 3)), label="strided", layout=strided)


def binary(name, first=(-2.0, 2.0), second=(-2.0, 2.0)):
    kind = Elementwise(name, first, second)
    for label, shapes in {
        "same": [(2, 3), (2, 3)],
        "row": [(2, 3), (3,)],
        "cross": [(2, 1), (1, 3)],
        "stack": [(3,), (2, 2, 1)],
        "scalar-left": [(), (2, 3)],
        "scalar-right": [(2, 3), ()],
        "scalars": [(), ()],
        "one": [(1, 1), (3,)],
        "empty": [(0, 3), (1, 3)],
    }.items():
        add(name, kind.operands(*shapes), label=label)
    add(name, kind.operands((2, 3), (2, 3)), label="strided", layout=strided)
    x, y = kind.operands((2, 3), (2, 3))
    add(name, [x, 0.37 * second[0] + 0.63 * second[1]], label="number-right")
    add(name, [0.41 * first[0] + 0.59 * first[1], y], label="number-left")
    add(name, [x, np.array(0.37 * second[0] + 0.63 * second[1])[()]], label="numpy-number-right")


AXES = (None, 0, 1, -1, (0, 2), (-1, 0), ())


def reduction(name, *, axes=AXES, keepdims=True, identity=True, single=True, low=-2.0, high=2.0, **more):
    """Samples along axes; an op without ``identity`` has no value for no numbers, one without ``single`` no derivative
    for a single number."""
    x = spread((2, 3, 2), low, high)
    for axis in axes:
        for keep in (False, True) if keepdims else (None,):
            attributes = {"axis": axis, **({"keepdims": keep} if keepdims else {}), **more}
            text = str(axis).replace(" ", "") + ("-keepdims" if keep else "")
            add(name, [x], attributes, label=f"axis={text}")
    add(name, [x], more, label="default")
    add(name, [x], {"axis": 1, **more}, label="strided", layout=strided)
    add(name, [spread((4,), low, high)], {"axis": -1, **more}, label="vector")
    if single:
        add(name, [spread((1, 3), low, high)], {"axis": 0, **more}, label="length-one")
        add(name, [spread((), low, high)], more, label="scalar")
    add(name, [np.zeros((0, 3))], {"axis": 1, **more}, label="none-of-three")
    if identity:
        add(name, [np.zeros((3, 0))], {"axis": 1, **more}, label="three-of-none")
        add(name, [np.zeros(0)], more, label="empty")


# --- elementwise --------------------------------------------------------------------------------------------------

for name in ("negative", "positive", "square", "absolute", "fabs", "exp", "exp2", "expm1", "sin", "cos", "arctan"):
    unary(name)
for name in ("sinh", "cosh", "tanh", "sigmoid", "softplus", "softsign", "relu", "erf", "ndtr", "copy", "identity"):
    unary(name)
for name in ("reciprocal", "log", "log2", "log10", "sqrt"):
    unary(name, 0.5, 2.5)
unary("log1p", -0.6, 1.5)
unary("tan", -1.2, 1.2)
unary("arcsin", -0.8, 0.8)
unary("arccos", -0.8, 0.8)
for name in ("sign", "floor", "ceil", "trunc", "rint", "isnan", "isinf", "isfinite", "signbit", "logical_not"):
    unary(name, -3.0, 3.0)

for name in ("cbrt", "arccosh"):
    unary(name, 1.2, 3.0)
for name in ("arcsinh", "deg2rad", "rad2deg", "sinc", "nan_to_num", "spacing", "i0"):
    unary(name)
unary("arctanh", -0.8, 0.8)

for name in ("add", "subtract", "multiply", "maximum", "minimum", "fmax", "fmin", "hypot", "copysign", "nextafter"):
    binary(name)
for name in ("logaddexp", "logaddexp2", "heaviside", "logical_xor"):
    binary(name)
binary("fmod", (1.05, 1.15), (0.4, 0.5))
binary("divide", second=(0.5, 2.5))
binary("power", first=(0.5, 2.5))
binary("arctan2", first=(0.2, 2.0))
binary("remainder", (1.05, 1.15), (0.4, 0.5))
binary("floor_divide", (-4.0, 4.0), (0.6, 1.4))
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"):
    binary(name)

for x, y, label in (
    ([-2.0, -1.5, 0.5], 3.0, "negative-base"),
    ([-2.0, 1.5, 0.5], -2, "integer-exponent"),
    ([0.0, 1.0, -2.0], 0, "to-the-0"),
    ([0.0, 1.0, -2.0], 1, "to-the-1"),
    ([0.0, 1.0, -2.0], 2, "to-the-2"),
    ([0.0, 1.0, -2.0], 2.0, "to-the-2.0"),
    ([0.0, 1.0, -2.0], 3, "to-the-3"),
    ([0.5, 1.0, 2.0], 0.5, "root"),
    (2, [-1.0, 0.0, 1.5], "of-two"),
    ([0.5, 2.0], np.array([2, -1]), "integer-exponents"),
):
    add("power", [np.array(v) if isinstance(v, list) else v for v in (x, y)], label=label)
for x, y in (([-7.0, 7.5, -1.25], [3.0, -3.0, 2.0]), ([5.5, -5.5, 0.5], [2.0, 2.0, -2.0])):
    for name in ("remainder", "floor_divide"):
        add(name, [x, y], label=f"signs-{x[0]:.0f}")
    add("fmod", [x, y], label=f"signs-{x[0]:.0f}")
for x, y in (((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((0, 3), (3,))):
    label = "x".join(map(str, x)) or "scalar"
    add("ldexp", [spread(x), np.arange(-1, math.prod(y) - 1).reshape(y)], label=label)
add("ldexp", [spread((2, 3)), 3], label="number")
add("ldexp", [spread((2, 3)), np.array([[1], [-1]])], label="strided", layout=strided)
add("sinc", [[0.001, 0.02, -0.01, 0.029, 0.031, 1.0, -2.0]], label="near-zero")
add("nan_to_num", [[np.nan, np.inf, -np.inf, 1.5]], label="holes", smooth=False, analytic=False)
add(
    "nan_to_num",
    [[np.nan, np.inf, -np.inf]],
    {"nan": 1.0, "posinf": 2.0, "neginf": 3.0},
    label="holes-filled",
    smooth=False,
    analytic=False,
)
add("arctan2", [[1.0, -1.0, 0.5, -0.5], [-0.5, -1.0, 1.0, 2.0]], label="quadrants")

x, lower, upper = spread((2, 4)), spread((2, 1), -1.5, -0.5, 1), spread((4,), 0.5, 1.5, 2)
for label, inputs in {
    "numbers": [x, -1.1, 0.9],
    "arrays": [x, lower, upper],
    "below": [x, lower, None],
    "above": [x, None, upper],
    "number-below": [x, -1.1, None],
    "number-above": [x, None, 0.9],
    "number-and-array": [x, -1.1, upper],
    "array-and-number": [x, lower, 0.9],
    "scalars": [spread(()), np.array(-1.1), np.array(0.9)],
    "scalar-clipped": [np.array(3.0), np.array(-1.1), np.array(0.9)],
    "empty": [np.zeros((0, 4)), -1.1, upper],
    "larger-bounds": [spread((4,)), lower, upper],
}.items():
    add("clip", inputs, label=label)
add("clip", [x, -1.1, 0.9], label="strided", layout=strided)

mask = spread((2, 3)) > 0.0
y = spread((2, 3), seed=1)
for label, inputs in {
    "same": [mask, spread((2, 3)), y],
    "row": [mask, spread((3,)), y],
    "cross": [mask[0], spread((2, 1)), spread((3,), seed=1)],
    "mask-broadcast": [mask[:, :1], spread((2, 3)), y],
    "mask-widens": [mask, spread(()), spread((3,), seed=1)],
    "number-right": [mask, spread((2, 3)), 0.0],
    "number-left": [mask, 1.5, y],
    "floats-as-mask": [np.array([0.0, -1.0, 2.0]), spread((3,)), spread((3,), seed=1)],
    "integers-as-mask": [np.array([0, 3, -1]), spread((3,)), spread((3,), seed=1)],
    "scalars": [np.array(True), spread(()), spread((), seed=1)],
    "empty": [mask[:0], spread((3,)), np.zeros((0, 3))],
    "all": [np.array([True, True]), spread((2,)), spread((2,), seed=1)],
}.items():
    add("where", inputs, label=label)
add("where", [mask, spread((2, 3)), y], label="strided", layout=strided)
for label, x, where in (
    ("same", spread((2, 3)), mask),
    ("broadcast", spread((2, 3)), mask[0]),
    ("widens", spread((3,)), mask),
    ("scalar", spread(()), np.array(True)),
    ("scalar-off", spread(()), np.array(False)),
    ("empty", np.zeros((0, 3)), mask[:0]),
):
    add("masked", [x], {"mask": where}, label=label)
add("masked", [spread((2, 3))], {"mask": mask[:, ::-1]}, label="strided", layout=strided)
for dtype in (np.float64, np.float32, np.float16):
    for shape in ((2, 3), ()):
        where = "scalar" if shape == () else "matrix"
        add("astype", [spread(shape)], {"dtype": dtype}, smooth=dtype is np.float64, label=f"{dtype.__name__}-{where}")

add("astype", [spread((2, 3))], {"dtype": np.float64}, label="strided", layout=strided)
add("astype", [np.zeros((0, 3))], {"dtype": np.float64}, label="empty")

# --- reductions ---------------------------------------------------------------------------------------------------

reduction("sum")
reduction("mean", identity=False)
reduction("prod")
reduction("max", identity=False)
reduction("min", identity=False)
reduction("var", identity=False)
reduction("std", identity=False, single=False, axes=AXES[:-1])  # where there is no spread: see edges.py
reduction("logsumexp", identity=False)
for name in ("any", "all"):
    reduction(name, low=-1.0)
for name in ("cumsum", "cumprod"):
    reduction(name, axes=(None, 0, 1, -1), keepdims=False)
for name in ("argmax", "argmin"):
    reduction(name, axes=(None, 0, 1, -1), identity=False)
reduction("argsort", axes=(None, 0, 1, -1), keepdims=False)
for name in ("softmax", "log_softmax"):
    reduction(name, axes=(0, 1, -1), keepdims=False, identity=False)

for ddof in (1, 0.5):
    for axis in (None, 0, -1):
        for name in ("var", "std"):
            add(name, [spread((3, 4))], {"axis": axis, "ddof": ddof}, label=f"ddof={ddof}-axis={axis}")
for zeros in ([0.0, 2.0, -3.0], [0.0, 0.0, -3.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.5, 0.0]):
    label = "zeros-" + "".join("0" if v == 0.0 else "x" for v in zeros)
    add("prod", [zeros], label=label)
    add("cumprod", [zeros], label=label)
zeros = np.array([[0.0, 2.0, -3.0], [1.5, 0.0, 0.0]])
for axis in (None, 0, 1, -1):
    add("prod", [zeros], {"axis": axis, "keepdims": axis == 1}, label=f"zeros-axis={axis}")
    add("cumprod", [zeros], {"axis": axis}, label=f"zeros-axis={axis}")
add("prod", [zeros[None]], {"axis": (0, -1)}, label="zeros-axes")
add("prod", [np.array(0.0)], label="zero")

# --- shapes -------------------------------------------------------------------------------------------------------

for label, shape, attributes in (
    ("flat", (2, 3), {"shape": -1}),
    ("matrix", (2, 3), {"shape": (3, 2)}),
    ("inferred", (2, 3, 2), {"shape": (4, -1)}),
    ("list", (6,), {"shape": [2, 3]}),
    ("to-scalar", (1, 1), {"shape": ()}),
    ("from-scalar", (), {"shape": (1, 1)}),
    ("empty", (0, 3), {"shape": (3, 0, 2)}),
):
    add("reshape", [spread(shape)], attributes, label=label)
add("reshape", [spread((2, 3))], {"shape": (3, 2)}, label="strided", layout=strided)
for shape in ((2, 3), (), (0, 3), (4,)):
    add("ravel", [spread(shape)], label="x".join(map(str, shape)) or "scalar")
add("ravel", [spread((2, 3))], label="strided", layout=strided)
for shape, axes in (
    *(((2, 3, 4), a) for a in (None, (1, 2, 0), (2, 0, 1), (-1, 0, -2), [0, 2, 1])),
    ((2, 3), (1, 0)),
    *((shape, None) for shape in ((), (3,), (0, 3))),
    ((), ()),
):
    add("transpose", [spread(shape)], {"axes": axes}, label=f"{len(shape)}d-{str(axes).replace(' ', '')}")
add("transpose", [spread((2, 3))], label="strided", layout=strided)
for a, b in ((0, 1), (-1, 0), (1, 1), (-1, -2)):
    add("swapaxes", [spread((2, 3, 2))], {"axis1": a, "axis2": b}, label=f"{a},{b}")
add("swapaxes", [np.zeros((0, 3))], {"axis1": 0, "axis2": 1}, label="empty")
for source, destination in ((0, -1), (-1, 0), (1, 1), ((0, 1), (-1, 0)), ([2, 0], [0, 1])):
    attributes = {"source": source, "destination": destination}
    add("moveaxis", [spread((2, 3, 4))], attributes, label=f"{source}-{destination}".replace(" ", ""))
add("moveaxis", [np.zeros((0, 3))], {"source": 0, "destination": 1}, label="empty")
for shape, axis in (((2, 3), 0), ((2, 3), -1), ((2, 3), 1), ((2,), (0, -1)), ((), 0), ((0, 2), 1), ((2,), (1, 2))):
    add("expand_dims", [spread(shape)], {"axis": axis}, label=f"{len(shape)}d-{axis}-{math.prod(shape)}")
for shape, axis in (((1, 3, 1), None), ((1, 3, 1), 0), ((1, 3, 1), -1), ((1, 3, 1), (0, 2)), ((2, 3), None)):
    add("squeeze", [spread(shape)], {"axis": axis}, label=f"{len(shape)}d-{axis}".replace(" ", ""))
for shape in ((), (1, 1), (1, 0)):
    add("squeeze", [spread(shape)], label=f"{shape}".replace(" ", ""))
for shape, target in (((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2, 2)), ((), ()), ((1, 3), (0, 3)), ((1,), 4)):
    add("broadcast_to", [spread(shape)], {"shape": target}, label=f"{shape}-{target}".replace(" ", ""))
add("broadcast_to", [spread((1, 3))], {"shape": (2, 2, 3)}, label="strided", layout=strided)

add("broadcast_to", [np.zeros((1, 0))], {"shape": (2, 0)}, label="empty")
for name, attributes in {
    "swapaxes": {"axis1": 0, "axis2": -1},
    "moveaxis": {"source": 0, "destination": -1},
    "expand_dims": {"axis": -1},
    "squeeze": {"axis": 1},
}.items():
    add(name, [spread((2, 1, 3))], attributes, label="strided", layout=strided)

a, b, c = spread((2, 3)), spread((1, 3), seed=1), spread((2, 3), seed=2)
add("concatenate", [a, b, c], label="default")
add("concatenate", [a, c], {"axis": 1}, label="axis=1")
add("concatenate", [a, c], {"axis": -1}, label="axis=-1")
add("concatenate", [a, c], {"axis": -2}, label="axis=-2")
add("concatenate", [a, spread(()), b], {"axis": None}, label="axis=None")
add("concatenate", [a], label="alone")
add("concatenate", [a, np.zeros((0, 3))], label="empty")
add("concatenate", [a, c], label="strided", layout=strided)
for axis in (0, 1, 2, -1, -3):
    add("stack", [a, c], {"axis": axis}, label=f"axis={axis}")
add("stack", [a, c, a], label="default")
add("stack", [spread(()), spread((), seed=1)], label="scalars")
add("stack", [np.zeros((0, 2)), np.zeros((0, 2))], {"axis": -1}, label="empty")
add("stack", [a, c], label="strided", layout=strided)
for shape, where, axis in (
    ((6,), 3, 0),
    ((6,), [1, 4], 0),
    ((6,), [-2], 0),
    ((6,), [2, 2], 0),
    ((3, 4), 2, 1),
    ((3, 4), 2, -1),
    ((4, 3), (1,), -2),
    ((6,), [4, 9], 0),
    ((0, 2), 2, 1),
):
    label = f"{len(shape)}d-{where}-{axis}-{math.prod(shape)}".replace(" ", "")
    add("split", [spread(shape)], {"indices_or_sections": where, "axis": axis}, label=label)
add("split", [spread((6,))], {"indices_or_sections": [4, 2]}, label="overlapping")
add("split", [spread((4, 3))], {"indices_or_sections": 2}, label="strided", layout=strided)

# --- indices ------------------------------------------------------------------------------------------------------

INDICES = {
    "integer": 1,
    "negative": -1,
    "integers": (1, -2, 0),
    "slice": slice(1, None),
    "step": (slice(None), slice(None, None, 2)),
    "backwards": (slice(None, None, -1), slice(2, 0, -1)),
    "ellipsis": (..., 0),
    "newaxis": (None, slice(None), None, 1),
    "all": ...,
    "nothing": (),
    "no-entries": slice(0, 0),
    "array": np.array([1, 0]),
    "repeated": np.array([0, 1, 0, 0]),
    "repeated-negative": np.array([0, -2, 1, -1]),
    "list": [1, 1],
    "pair": (np.array([0, 1, 1]), np.array([2, 2, 2])),
    "cross": (np.array([[0], [1]]), np.array([0, 2, 2])),
    "array-and-slice": (slice(None), np.array([2, 0, 2])),
    "separated": (np.array([1, 1]), slice(None), np.array([0, 1])),
    "array-and-integer": (1, np.array([0, 0, 2])),
    "matrix-of-integers": np.array([[0, 1], [1, 1]]),
    "no-integers": np.array([], int),
    "scalar-array": np.array(1),
    "mask": np.array([[True, False, True], [False, False, True]]),
    "mask-first": np.array([False, True]),
    "mask-none": np.zeros((2, 3), bool),
    "mask-all": np.ones((2, 3), bool),
    "mask-and-slice": (slice(None), np.array([True, False, True])),
    "mask-and-integer": (1, np.array([True, False, True])),
    "mask-and-array": (np.array([True, True]), np.array([2, 2])),
    "mask-list": [False, True],
    "two-masks": (np.array([True, False]), np.array([True, False, True])),
    "true": True,
    "false": False,
}
x = spread((2, 3, 2))
for label, index in INDICES.items():
    values = x[index]
    add("getitem", [x], {"index": index}, label=label)
    add("scatter", [spread(values.shape, seed=1)], {"index": index, "shape": x.shape}, label=label)
    add("set_at", [x, spread(values.shape, seed=1)], {"index": index}, label=label)
    add("add_at", [x, spread(values.shape, seed=1)], {"index": index}, label=label)
for name in ("set_at", "add_at"):
    for label, index, value in (
        ("one-number", (slice(None), np.array([0, 0])), -0.7),
        ("scalar", np.array([0, 0, 1]), spread(())),
        ("row", (slice(None), np.array([2, 0, 2])), spread((3, 1))),
        ("row-slice", slice(None), spread((2,), seed=1)),
        ("into-mask", np.array([[True, False, True], [False, False, True]]), spread((2,), seed=1)),
    ):
        add(name, [x, value], {"index": index}, label=f"broadcast-{label}")
    matrix = np.array([[0, 0], [1, 0]])
    add(name, [spread((2,)), spread((2,), seed=1)], {"index": matrix}, label="row-by-matrix")
    add(name, [spread(()), spread((), seed=1)], {"index": ()}, label="of-scalar")
    add(name, [np.zeros((0, 2)), spread((2,))], {"index": slice(None)}, label="of-empty")
    add(name, [x, spread((2, 2), seed=1)], {"index": (slice(None), 1)}, label="strided", layout=strided)
add("getitem", [spread(())], {"index": ()}, label="of-scalar")
add("getitem", [spread(())], {"index": None}, label="of-scalar-newaxis")
add("getitem", [np.zeros((0, 2))], {"index": (slice(None), 1)}, label="of-empty")
add("getitem", [x], {"index": (slice(None), np.array([2, 0, 2]))}, label="strided", layout=strided)
add("scatter", [spread((3,))], {"index": np.array([2, 0, 2]), "shape": (4,)}, label="strided", layout=strided)

# --- products -----------------------------------------------------------------------------------------------------


def product(name, *shapes, **attributes):
    text = "-".join("x".join(map(str, shape)) or "scalar" for shape in shapes)
    text += "".join(f"-{value}".replace(" ", "") for value in attributes.values())
    inputs = [spread(shape, seed=i) for i, shape in enumerate(shapes)]
    add(name, inputs, attributes, label=text)


for shapes in (
    *(((3,), y) for y in ((3,), (3, 2), (2, 3, 2), (1, 2, 3, 2))),
    *(((2, 3), y) for y in ((3,), (3, 2), (2, 3, 2), (2, 1, 3, 2))),
    *(((2, 2, 3), y) for y in ((3,), (3, 2), (2, 3, 2), (1, 3, 2), (2, 1, 3, 2))),
    *(((1, 2, 2, 3), y) for y in ((3,), (3, 2), (2, 3, 2), (2, 1, 3, 1))),
    *(((2, 0), (0, 3)), ((0, 2), (2, 3)), ((0,), (0,)), ((0, 2, 3), (3, 2)), ((1, 1), (1, 1))),
):
    product("matmul", *shapes)
for shapes in (
    *(((), y) for y in ((), (3,), (2, 3))),
    *(((3,), y) for y in ((), (3,), (3, 2), (2, 3, 2))),
    *(((2, 3), y) for y in ((), (3,), (3, 2), (2, 3, 2))),
    *(((2, 2, 3), y) for y in ((), (3,), (3, 2), (2, 3, 2))),
    *(((2, 0), (0, 3)), ((0, 2), (2,)), ((0,), (0,))),
):
    product("dot", *shapes)
for shapes in (((2,), (3,)), ((2, 2), (3,)), ((3,), (2, 2)), ((), (3,)), ((), ()), ((0,), (3,))):
    product("outer", *shapes)
for x_shape, y_shape, axes in (
    ((2, 3, 2), (3, 2, 2), 2),
    ((2, 3), (3, 2), 1),
    ((2,), (3,), 0),
    ((), (2, 3), 0),
    ((), (), 0),
    ((2, 3), (2, 3), ([0, 1], [0, 1])),
    ((2, 3, 4), (4, 3, 2), ([0, 1], [2, 1])),
    ((2, 3, 4), (4, 3, 2), ([1, 0], [1, 2])),
    ((2, 3, 4), (4, 3, 2), ((-1,), (0,))),
    ((2, 3, 4), (3, 2, 4), ([2, 0, 1], [2, 1, 0])),
    ((2, 3, 4), (3, 5), (1, 0)),
    ((2, 3, 4), (5, 3), (-2, -1)),
    ((2, 0), (0, 3), 1),
    ((0, 2), (2, 3), 1),
):
    product("tensordot", x_shape, y_shape, axes=axes)
product("tensordot", (2, 3, 2), (3, 2, 2))
for subscripts, *shapes in (
    ("ij,jk", (2, 3), (3, 2)),
    ("ij,jk->ik", (2, 3), (3, 2)),
    ("ij , jk -> ki", (2, 3), (3, 2)),
    ("ba", (2, 3)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->i", (2, 3)),
    ("ij->j", (2, 3)),
    ("i->i", (3,)),
    ("->", ()),
    (",i->i", (), (3,)),
    ("i,->i", (3,), ()),
    (",", (), ()),
    ("ii", (3, 3)),
    ("ii->", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->j", (2, 2, 3)),
    ("iij->ij", (2, 2, 3)),
    ("iii->i", (2, 2, 2)),
    ("ijij->ij", (2, 3, 2, 3)),
    ("iijj->", (2, 2, 3, 3)),
    ("ii,i->i", (3, 3), (3,)),
    ("ii,jj->", (2, 2), (3, 3)),
    ("ii,ij->j", (2, 2), (2, 3)),
    ("i,i", (3,), (3,)),
    ("i,i->i", (3,), (3,)),
    ("i,j", (2,), (3,)),
    ("i,j->ji", (2,), (3,)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("ij,ij->j", (2, 3), (2, 3)),
    ("ij,kj->ki", (2, 3), (2, 3)),
    ("ij,k->k", (2, 3), (2,)),
    ("ij,k->i", (2, 3), (2,)),
    ("ijk,ikl->ijl", (2, 2, 3), (2, 3, 2)),
    ("bhid,bhjd->bhij", (1, 2, 2, 3), (1, 2, 2, 3)),
    ("bqhd,bkhd->bhqk", (2, 1, 2, 3), (2, 3, 2, 3)),
    ("hijk,kjl->lhi", (2, 1, 3, 2), (2, 3, 2)),
    ("abic,cbaj->ij", (2, 3, 2, 2), (2, 3, 2, 2)),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 3)),
    ("i,i,i->", (3,), (3,), (3,)),
    ("i,ij,j", (2,), (2, 3), (3,)),
    ("ij,jk,kl,lm->im", (2, 2), (2, 3), (3, 2), (2, 2)),
    ("Ab,bA->A", (2, 3), (3, 2)),
    ("...", (2, 3)),
    ("...->...", (2, 3)),
    ("...i->...", (2, 2, 3)),
    ("i...->...", (3, 2, 2)),
    ("...i->i...", (2, 2, 3)),
    ("...ij->...ji", (2, 2, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("...ij,...jk", (2, 2, 3), (2, 3, 2)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)),
    ("...ij,jk->...ik", (2, 2, 3), (3, 2)),
    ("i...,i...->...", (2, 3), (2, 3)),
    ("...,...->...", (2, 3), (3,)),
    ("...i,...i", (2, 3), (3,)),
    ("...i,i...->...", (2, 3), (3, 2)),
    ("ij...,jk...->ik...", (2, 3, 2), (3, 2, 1)),
    ("ij,ij->ij", (1, 3), (2, 3)),
    ("ij,ij->", (2, 1), (2, 3)),
    ("ij,jk->ik", (2, 3), (1, 2)),
    ("ij,jk->ik", (2, 1), (3, 2)),
    ("ij,j->i", (2, 3), (1,)),
    ("ij,ij,ij->i", (2, 1), (1, 3), (2, 3)),
    ("i,ij->j", (1,), (2, 3)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 2)),
    ("ij->i", (2, 0)),
    ("i,j->ij", (0,), (3,)),
):
    product("einsum", *shapes, subscripts=subscripts)
for label, inputs in {
    "bias": [spread((2, 3)), spread((4, 3), seed=1), spread((4,), seed=2)],
    "no-bias": [spread((2, 3)), spread((4, 3), seed=1), None],
    "one-row": [spread((3,)), spread((4, 3), seed=1), spread((4,), seed=2)],
    "one-row-no-bias": [spread((3,)), spread((4, 3), seed=1), None],
    "stack": [spread((2, 2, 3)), spread((2, 3), seed=1), spread((2,), seed=2)],
    "one-unit": [spread((2, 3)), spread((1, 3), seed=1), spread((1,), seed=2)],
    "no-rows": [np.zeros((0, 3)), spread((4, 3), seed=1), spread((4,), seed=2)],
    "no-inputs": [np.zeros((2, 0)), np.zeros((4, 0)), spread((4,), seed=2)],
}.items():
    add("linear", inputs, label=label)
add("linear", [spread((2, 3)), spread((4, 3), seed=1), spread((4,), seed=2)], label="strided", layout=strided)
for name in ("matmul", "dot", "outer", "tensordot"):
    pair = [spread((2,)), spread((3,), seed=1)] if name == "outer" else [spread((2, 2)), spread((2, 2), seed=1)]
    add(name, pair, label="strided", layout=strided)
add("einsum", [spread((2, 3)), spread((3, 2))], {"subscripts": "ij,jk->ki"}, label="strided", layout=strided)

for label, shape, labels in (
    ("batch", (4, 3), np.array([0, 2, 1, 2])),
    ("one-row", (3,), np.array(1)),
    ("stack", (2, 2, 3), np.array([[0, 2], [1, 1]])),
    ("no-rows", (0, 3), np.array([], int)),
    ("one-class", (2, 1), np.array([0, 0])),
    ("small-integers", (2, 3), np.array([2, 0], np.uint8)),
):
    add("cross_entropy", [spread(shape)], {"labels": labels}, label=label)
    for how in ("sum", "mean") if labels.size else ():
        add("cross_entropy", [spread(shape)], {"labels": labels, "reduction": how}, label=f"{label}-{how}")
add("cross_entropy", [spread((2, 3))], {"labels": np.array([2, 0])}, label="strided", layout=strided)

for label, shape, axes, eps in (
    ("rows", (4, 3), 1, 1e-5),
    ("one-row", (3,), 1, 0.5),
    ("stack", (2, 2, 3), 1, 0.0),
    ("two-axes", (2, 2, 3), 2, 1e-5),
    ("no-rows", (0, 3), 1, 1e-5),
):
    scale, offset = (spread(shape[-axes:], seed=i) for i in (1, 2))
    for how, parts in {"": (scale, offset), "-no-bias": (scale, None), "-plain": (None, None)}.items():
        add("layer_norm", [spread(shape), *parts], {"axes": axes, "eps": eps}, label=label + how)
    for how, part in {"": scale, "-plain": None}.items():
        add("rms_norm", [spread(shape), part], {"axes": axes, "eps": eps}, label=label + how)
for label, shape, eps in (
    ("rows", (4, 3), 1e-5),
    ("sequence", (2, 3, 2), 0.0),
    ("images", (2, 2, 2, 2), 0.5),
    ("one-channel", (3, 1), 1e-5),
    ("no-channels", (2, 0), 1e-5),
):
    scale, offset = (spread(shape[1:2], seed=i) for i in (1, 2))
    for how, parts in {"": (scale, offset), "-no-bias": (scale, None), "-plain": (None, None)}.items():
        add("batch_norm", [spread(shape), *parts], {"eps": eps}, label=label + how)
for name in ("layer_norm", "batch_norm"):
    add(name, [spread((2, 3)), None, spread((3,), seed=2)], label="bias-alone")
    add(name, [spread((2, 3)), spread((3,), seed=1), spread((3,), seed=2)], label="strided", layout=strided)
add("rms_norm", [spread((2, 3)), spread((3,), seed=1)], label="strided", layout=strided)

# label: steps, sequences, size of input and of state
RECURRENT = {"usual": (3, 2, 3, 2), "one-step": (1, 2, 1, 3), "one-number": (2, 1, 1, 1), "no-sequences": (2, 0, 3, 2)}
for name, blocks in (("rnn", 1), ("lstm", 4), ("gru", 3)):
    for label, (steps, count, inputs, size) in RECURRENT.items():
        x, weight_ih = spread((steps, count, inputs)), spread((blocks * size, inputs), seed=1)
        weight_hh, biases = spread((blocks * size, size), seed=2), [spread((blocks * size,), seed=i) for i in (3, 0)]
        start = [spread((count, size), seed=i) for i in range(1 + (name == "lstm"))]
        add(name, [x, weight_ih, weight_hh, *biases, *start], label=label)
        if label == "usual":
            add(name, [x, weight_ih, weight_hh, *biases, *start], label="strided", layout=strided)
            add(name, [x, weight_ih, weight_hh, *biases, *start], {"reverse": True}, label="reverse")
            add(name, [x, weight_ih, weight_hh], label="bare")
            add(name, [x, weight_ih, weight_hh, None, biases[0]], {"reverse": True}, label="bias-of-state")
            if name == "rnn":
                how = {"nonlinearity": "relu"}
                add(name, [x, weight_ih, weight_hh, *biases, *start], how, label="relu", analytic=None)

# --- windows ------------------------------------------------------------------------------------------------------


def some_masks(shape, count):
    return tuple(spread(shape, seed=i % 4) > 0.3 * (i - 1) for i in range(count))


# label: shape of x, of the weight, and how the windows lie
WINDOWS = {
    "plain": ((2, 2, 4, 3), (3, 2, 2, 2), {}),
    "sequence": ((2, 2, 5), (3, 2, 3), {}),
    "all": (
        (2, 4, 5, 4),
        (2, 2, 2, 3),
        {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (2, 1), "groups": 2},
    ),
    "padding": ((2, 2, 2, 3), (1, 2, 3, 2), {"padding": 1}),
    "groups": ((2, 3, 3, 3), (3, 1, 2, 2), {"groups": 3}),
    "per-pixel": ((2, 3, 2, 2), (2, 3, 1, 1), {}),
    "volume": ((1, 2, 3, 2, 3), (2, 2, 2, 2, 2), {}),
}
for label, (x, weight, how) in WINDOWS.items():
    x, weight = spread(x), spread(weight, seed=1)
    y = spread(conv(x, weight, **how).shape, seed=2)
    add("conv", [x, weight, None], how, label=label)
    add("conv_transpose", [y, weight], {"shape": x.shape[2:], **how}, label=label)
    add("conv_weight", [x, y], {"size": weight.shape[2:], **how}, label=label)
    how = {"size": weight.shape[2:]} | {key: value for key, value in how.items() if key != "groups"}
    add("max_pool", [x], how, label=label)
    add("window_sum", [x], how, label=label)
    pooled = window_sum(x, **how).shape
    masked = how | {"masks": some_masks(pooled, math.prod(weight.shape[2:]))}
    add("window_sum", [x], masked, label=f"{label}-masked")
    add("window_spread", [spread(pooled)], {"shape": x.shape[2:], **masked}, label=f"{label}-masked")
x, weight, bias = spread((2, 2, 4, 3)), spread((3, 2, 2, 2), seed=1), spread((3,), seed=2)
y = spread((2, 3, 3, 2), seed=3)
for layout, kind in ((None, ""), (strided, "-strided")):
    add("conv", [x, weight, bias], label=f"bias{kind}", layout=layout)
    add("conv_transpose", [y, weight], {"shape": (4, 3)}, label=f"usual{kind}", layout=layout)
    add("conv_weight", [x, y], {"size": (2, 2)}, label=f"usual{kind}", layout=layout)
    add("max_pool", [x], {"size": (2, 2), "stride": 2}, label=f"usual{kind}", layout=layout)
    add("window_sum", [x], {"size": (2, 2), "stride": 2}, label=f"usual{kind}", layout=layout)
    add("window_spread", [y], {"shape": (4, 3), "size": (2, 2)}, label=f"usual{kind}", layout=layout)
add("conv", [np.zeros((0, 2, 4, 3)), weight, bias], label="no-samples")
add("max_pool", [np.zeros((0, 2, 4, 3))], {"size": (2, 2)}, label="no-samples")

# --- linear algebra -----------------------------------------------------------------------------------------------


def regular(*shape, seed=0):
    """Well-conditioned matrices without any symmetry."""
    return spread(shape, -1.0, 1.0, seed) + 2.0 * np.eye(shape[-2], shape[-1])


def symmetric(*shape, lower=True):
    """Positive definite matrices with distinct eigenvalues; the triangle that NumPy does not read is other."""
    a = regular(*shape)
    product = a @ a.swapaxes(-1, -2) + np.diag(3.0 * np.arange(shape[-1]))
    triangle = np.tri(shape[-1], dtype=bool)
    return np.where(triangle if lower else triangle.T, product, 7.0)


for name in ("inv", "det", "slogdet", "pinv"):
    for shape in ((3, 3), (2, 2, 2), (1, 1), (2, 1, 2, 2), (0, 2, 2)):
        add(name, [regular(*shape)], label="x".join(map(str, shape)))
    add(name, [regular(3, 3)[::-1]], label="negative-determinant")
    add(name, [regular(2, 2)], label="strided", layout=strided)
for shape in ((3, 2), (2, 3), (2, 3, 1)):
    add("pinv", [regular(*shape)], label="x".join(map(str, shape)))
for a, b in (
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 2, 2), (2,)),
    ((2, 2, 2), (2, 2, 1)),
    ((2, 2), (3, 2, 1)),
    ((2, 1, 2, 2), (3, 2, 1)),
    ((1, 1), (1,)),
    ((0, 2, 2), (0, 2, 1)),
):
    shape = "x".join(map(str, a)) + "-" + "x".join(map(str, b))
    add("solve", [regular(*a), spread(b, seed=1)], label=shape)
add("solve", [regular(2, 2), spread((2,), seed=1)], label="strided", layout=strided)
for label, matrix in {
    "rank-2-of-3": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [1.0, 2.0, 3.0]],
    "rank-1-of-3": [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]],
    "zero": np.zeros((2, 2)),
    "zero-number": [[0.0]],
    "stack-with-singular": [[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]],
}.items():
    add("det", [matrix], label=label)
for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2)):
    text = "x".join(map(str, shape))
    for upper in (False, True):
        add("cholesky", [symmetric(*shape, lower=not upper)], {"upper": upper}, label=f"{text}-upper={upper}")
        triangle = "U" if upper else "L"
        add("eigh", [symmetric(*shape, lower=not upper)], {"UPLO": triangle}, label=f"{text}-{triangle}")
for name in ("svd", "qr"):
    for shape in ((3, 3), (3, 2), (2, 3), (2, 2, 2), (2, 3, 1), (1, 1), (0, 2, 2)):
        add(name, [regular(*shape)], label="x".join(map(str, shape)))
for name in ("cholesky", "eigh", "svd", "qr"):
    matrix = symmetric(2, 2) if name in ("cholesky", "eigh") else regular(2, 2)
    add(name, [matrix], label="strided", layout=strided)
reduction("euclidean")
for order in (3.0, 0.5, -1.5):
    for axis, keepdims in ((None, False), (1, True), ((0, -1), False)):
        label = f"ord={order:g}-axis={axis}".replace(" ", "")
        add("p_norm", [spread((2, 3, 2))], {"ord": order, "axis": axis, "keepdims": keepdims}, label=label)
add("p_norm", [spread((2, 3))], {"ord": 3.0, "axis": 1}, label="strided", layout=strided)
add("p_norm", [spread(())], {"ord": 3.0}, label="scalar")
add("p_norm", [np.zeros((0, 3))], {"ord": 3.0, "axis": 1}, label="none-of-three")

# --- integers and booleans: no gradient, but NumPy's value and dtype ----------------------------------------------

K, J = np.array([[3, -1, 2], [0, 5, -4]]), np.array([2, 1, 3])
B, C = np.array([[True, False, True], [False, False, True]]), np.array([True, False, True])
for name in ("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "maximum", "minimum", "power"):
    add(name, [K, J], label="integers")
    add(name, [K, 2], label="integers-and-integer")
    add(name, [K, 2.0], label="integers-and-float")
    add(name, [2.0, J], label="float-and-integers")
    add(name, [K.astype(np.int32), J.astype(np.int8)], label="small-integers")
for name in ("add", "multiply", "power", "equal", "less", "logical_and", "logical_or", "maximum"):
    add(name, [B, C], label="booleans")
    add(name, [B, True], label="booleans-and-boolean")
add("power", [K, 1], label="integers-to-the-1")
add("power", [K, 1.0], label="integers-to-the-1.0")
add("power", [B, 1], label="booleans-to-the-1")
add("power", [B, 2], label="booleans-to-the-2")
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    add(name, [K, J], label="integers")
    add(name, [K, 2.0], label="integers-and-float")
for name in (
    "negative",
    "positive",
    "absolute",
    "fabs",
    "square",
    "sign",
    "exp",
    "sin",
    "tanh",
    "arctan",
    "copy",
    "isfinite",
):
    add(name, [K], label="integers")
for name in ("floor", "ceil", "trunc", "rint", "sigmoid", "softplus", "relu", "logical_not"):
    add(name, [K], label="integers")
for name in ("log", "sqrt", "log1p", "exp2", "erf"):
    add(name, [J], label="integers")
for name in ("sum", "mean", "prod", "max", "min", "var", "std", "logsumexp", "argmax", "argmin", "any", "all"):
    add(name, [K], {"axis": 0}, label="integers")
for name in ("cumsum", "cumprod", "softmax", "log_softmax", "argsort"):
    add(name, [K], {"axis": 1}, label="integers")
for name in ("sum", "mean", "prod", "max", "min", "cumsum", "cumprod", "any", "all", "logical_not", "absolute"):
    add(name, [B], label="booleans")
add("clip", [K, 0, 3], label="integers")
add("clip", [K, 0.5, None], label="integers-and-float")
add("where", [B, K, J], label="integers")
add("where", [B, K, 0.5], label="integers-and-float")
add("where", [B, K, spread((3,))], label="integers-and-floats")
add("astype", [K], {"dtype": np.float32}, label="integers")
for name in ("matmul", "dot", "tensordot"):
    add(name, [K, K.T], {"axes": 1} if name == "tensordot" else {}, label="integers")
    add(name, [spread((2, 3)), K.T], {"axes": 1} if name == "tensordot" else {}, label="floats-and-integers")
add("outer", [J, J], label="integers")
add("einsum", [K, K], {"subscripts": "ij,kj->ik"}, label="integers")
add("einsum", [K, spread((2, 3))], {"subscripts": "ij,kj->ik"}, label="integers-and-floats")
add("multiply", [spread((2, 3)), K], label="floats-and-integers")
add("add", [B, spread((2, 3))], label="booleans-and-floats")
add("concatenate", [K, spread((2, 3))], label="integers-and-floats")
for name, attributes in {
    "reshape": {"shape": 6},
    "ravel": {},
    "transpose": {},
    "swapaxes": {"axis1": 0, "axis2": 1},
    "moveaxis": {"source": 0, "destination": 1},
    "expand_dims": {"axis": 0},
    "squeeze": {},
    "broadcast_to": {"shape": (2, 2, 3)},
    "getitem": {"index": 0},
    "split": {"indices_or_sections": 3, "axis": 1},
}.items():
    add(name, [K], attributes, label="of-integers")
for name in ("concatenate", "stack"):
    add(name, [K, K], label="integers")
add("set_at", [K, 7], {"index": 0}, label="of-integers")
add("add_at", [K, 7], {"index": np.array([0, 0])}, label="of-integers")

BINARY = [kind for kind in ELEMENTWISE if len(kind.domains) == 2 and kind.op.differentiable]

names = [str(sample) for sample in SAMPLES]
twice = sorted({name for name in names if names.count(name) > 1})
assert not twice, f"two samples of one name: {twice}"


def seed_of(sample):
    """A number for random generators that depends on the sample alone."""
    return zlib.crc32(str(sample).encode())

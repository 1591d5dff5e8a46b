"""An op has several names: our function, NumPy's function, an operator, a method. All compute the same value and the
same gradients, to the bit, and every name that users expect is there."""

import operator

import numpy as np
import pytest
from op_samples import SAMPLES, pull, requires_grad, weights

from autograd import Tensor
from autograd.engine.op import REGISTRY
from autograd.methods import COMPARISONS, OPERATORS

# --- the names ----------------------------------------------------------------------------------------------------

# NumPy functions whose arguments differ from those of our op.
ADAPTED = {
    "reshape": {"numpy.reshape": lambda x, shape: np.reshape(x, shape)},
    "ravel": {"numpy.ravel": np.ravel},
    "copy": {"numpy.copy": np.copy},
    "broadcast_to": {"numpy.broadcast_to": lambda x, shape: np.broadcast_to(x, shape)},
    "concatenate": {"numpy.concatenate": lambda *xs, axis=0: np.concatenate(xs, axis=axis)},
    "stack": {"numpy.stack": lambda *xs, axis=0: np.stack(xs, axis=axis)},
    "split": {"numpy.split": lambda x, indices_or_sections, axis=0: tuple(np.split(x, indices_or_sections, axis=axis))},
    "where": {"numpy.where": np.where},
    "clip": {
        "numpy.clip": np.clip,
        "numpy.clip-keywords": lambda x, lower=None, upper=None: np.clip(x, min=lower, max=upper),
    },
    "inv": {"numpy.linalg.inv": np.linalg.inv},
    "det": {"numpy.linalg.det": np.linalg.det},
    "slogdet": {"numpy.linalg.slogdet": lambda x: tuple(np.linalg.slogdet(x))},
    "pinv": {"numpy.linalg.pinv": np.linalg.pinv},
    "solve": {"numpy.linalg.solve": np.linalg.solve},
    "cholesky": {"numpy.linalg.cholesky": np.linalg.cholesky},
    "eigh": {"numpy.linalg.eigh": lambda x, UPLO="L": tuple(np.linalg.eigh(x, UPLO))},
    "svd": {"numpy.linalg.svd": lambda x: tuple(np.linalg.svd(x, full_matrices=False))},
    "qr": {"numpy.linalg.qr": lambda x: tuple(np.linalg.qr(x))},
    "einsum": {"numpy.einsum": lambda *xs, subscripts: np.einsum(subscripts, *xs)},
    "sum": {"numpy.add.reduce": lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims)},
    "prod": {
        "numpy.multiply.reduce": lambda x, axis=None, keepdims=False: np.multiply.reduce(x, axis, keepdims=keepdims)
    },
    "max": {"numpy.maximum.reduce": lambda x, axis=None, keepdims=False: np.maximum.reduce(x, axis, keepdims=keepdims)},
    "min": {"numpy.minimum.reduce": lambda x, axis=None, keepdims=False: np.minimum.reduce(x, axis, keepdims=keepdims)},
}

# Methods whose arguments differ from those of our op, and what else reaches one.
WRITTEN = {
    "reshape": {
        "reshape(...)": lambda x, shape: x.reshape(shape),
        "reshape(*...)": lambda x, shape: x.reshape(*shape) if isinstance(shape, tuple) else x.reshape(shape),
    },
    "transpose": {
        "transpose(...)": lambda x, axes=None: x.transpose() if axes is None else x.transpose(axes),
        "transpose(*...)": lambda x, axes=None: x.transpose(*axes) if axes else x.T,
    },
    "swapaxes": {"mT": lambda x, axis1, axis2: x.mT if (axis1, axis2) == (-1, -2) else x.swapaxes(axis1, axis2)},
    "astype": {"astype": lambda x, dtype: x.astype(dtype)},
    "getitem": {"[]": lambda x, index: x[index]},
    "set_at": {"at[].set": lambda x, value, index: x.at[index].set(value)},
    "add_at": {"at[].add": lambda x, value, index: x.at[index].add(value)},
}

METHODS = {name: op for op in REGISTRY.values() for name in op.facts.method}
BY_SYMBOL = {**OPERATORS, **COMPARISONS}


def numpy_names(sample):
    named = {f"numpy.{f.__name__}": f for f in sample.op.numpy if f is not np.fabs or is_float(sample)}
    return {**named, **ADAPTED.get(sample.op.name, {})}


def is_float(sample):
    return all(np.asarray(x).dtype.kind == "f" for x in sample.inputs)


def operators(sample):
    name = BY_SYMBOL.get(sample.op.facts.symbol)
    found = {} if name is None else {name: getattr(operator, name)}
    if sample.op.name in ("negative", "positive", "absolute"):
        symbol = {"negative": operator.neg, "positive": operator.pos, "absolute": abs}[sample.op.name]
        found[symbol.__name__] = symbol
    return found


def methods(sample):
    if not isinstance(sample.inputs[0], np.ndarray):
        return {}
    found = {
        name: lambda x, *others, name=name, **attributes: getattr(x, name)(*others, **attributes)
        for name in sample.op.facts.method
        if not name.startswith("_")
    }
    return {**found, **WRITTEN.get(sample.op.name, {})}


# One case for each sample and name. Reductions of ufuncs have their own default axis, so it is given.
CASES = [
    pytest.param(sample, function, id=f"{sample}-{kind}-{name}")
    for sample in SAMPLES
    for kind, names in (("numpy", numpy_names), ("operator", operators), ("method", methods))
    for name, function in names(sample).items()
]


def value_and_gradients(sample, function, tensors):
    def call():
        return function(*tensors, **sample.attributes)

    out = call()
    wanted = [t for t in tensors if requires_grad(t)]
    parts = out if isinstance(out, tuple) else (out,)
    arrays = [np.asarray(part.data if isinstance(part, Tensor) else part) for part in parts]
    kinds = [type(part) for part in parts if not isinstance(part, np.generic | np.ndarray)]
    gradients = [pull(call(), wanted, how) for how in ("gradient", "graph")] if sample.live else []
    return kinds, arrays + [np.asarray(g) for found in gradients for g in found]


@pytest.mark.parametrize(("case", "function"), CASES)
def test_agree(case, function):
    sample = case
    kinds, found = value_and_gradients(sample, function, sample.tensors())
    expected_kinds, expected = value_and_gradients(sample, sample.op.function, sample.tensors())
    assert kinds == expected_kinds
    for a, b in zip(found, expected, strict=True):
        assert (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes())


# Pairs of one array and one Tensor, on both sides of every operator: NumPy's own operator has to give way to ours.
MIXED = [s for s in SAMPLES if s.op.facts.symbol in BY_SYMBOL and all(isinstance(x, np.ndarray) for x in s.inputs)]


@pytest.mark.parametrize("case", MIXED, ids=str)
@pytest.mark.parametrize("side", [0, 1])
def test_operator_beside_an_array(case, side):
    sample, function = case, getattr(operator, BY_SYMBOL[case.op.facts.symbol])
    operands = sample.arrays()
    operands[side] = Tensor(operands[side], requires_grad=side in sample.live)
    found = value_and_gradients_of(function, operands)
    expected = value_and_gradients_of(sample.op.function, operands)
    for a, b in zip(found, expected, strict=True):
        assert (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes())


def value_and_gradients_of(function, operands):
    out = function(*operands)
    arrays = [np.asarray(out.data if isinstance(out, Tensor) else out)]
    if requires_grad(out):
        arrays += out.gradient(*(t for t in operands if requires_grad(t)), gradient=weights(out.data))
    return [np.asarray(a.data if isinstance(a, Tensor) else a) for a in arrays]


def test_einsum_with_lists_of_numbers():
    x, y = Tensor(np.arange(6.0).reshape(2, 3)), Tensor(np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(np.einsum(x, [0, 1], y, [1, 2]).data, x.data @ y.data)
    np.testing.assert_array_equal(np.einsum(x, [0, 1], y, [1, 2], [2, 0]).data, (x.data @ y.data).T)
    np.testing.assert_array_equal(np.einsum(x, [..., 1], [...]).data, x.data.sum(axis=1))


# --- the names that have to be there ------------------------------------------------------------------------------


def words(text):
    return text.split()


FUNCTIONS = words("""
add subtract multiply divide power floor_divide remainder negative absolute
equal not_equal less less_equal greater greater_equal
exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal
sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh
maximum minimum clip where
sum mean prod max min var std cumsum
reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to concatenate stack split
matmul dot outer einsum tensordot
""")
SYMBOLS = words("add sub mul truediv pow floordiv mod neg abs matmul eq ne lt le gt ge")
OURS_ONLY = words("sigmoid softplus relu logsumexp softmax log_softmax cross_entropy linear getitem set_at add_at")
OURS_ONLY += ["layer_norm", "rms_norm", "batch_norm"]
METHOD_NAMES = words("exp log sqrt abs tanh sigmoid relu softmax log_softmax logsumexp astype copy T mT at")


def reached(kind):
    """The names of a kind that the cases above have tried."""
    return {str(case.id).split(f"-{kind}-")[-1] for case in CASES if f"-{kind}-" in str(case.id)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpy_function_is_tried(name):
    assert f"numpy.{name}" in reached("numpy")


@pytest.mark.parametrize("name", SYMBOLS)
def test_operator_is_tried(name):
    assert name in reached("operator")


@pytest.mark.parametrize("name", OURS_ONLY)
def test_op_exists(name):
    assert any(sample.op.name == name and sample.live for sample in SAMPLES)


@pytest.mark.parametrize("name", sorted({*METHOD_NAMES, *(n for n in FUNCTIONS if hasattr(np.ndarray, n))}))
def test_method_is_there(name):
    """Those of ndarray, under the same name, and those that a Tensor has besides."""
    assert hasattr(Tensor(np.ones((2, 2))), name)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_is_tried(name):
    assert name in reached("method") or name in ("__neg__", "__pos__", "__abs__", "__getitem__")

"""Nothing is ever silently detached: a number that depends on a Tensor carries its gradient, or the call raises.

`tests/coverage` says of every NumPy function what becomes of it; here they are all just called, in many ways, and a
result may leave the graph only if it does not change when the Tensor does.
"""

import builtins
import contextlib
import math
import random
import warnings

import numpy as np
import pytest

from autograd import (
    ArrayConversionError,
    AutogradError,
    LiveGraphError,
    NotDifferentiable,
    StackingError,
    Tensor,
    no_grad,
    tensor,
)


@pytest.fixture(autouse=True)
def _folder_for_functions_that_write_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# --- every public callable of NumPy -------------------------------------------------------------------------------

SKIPPED = {
    "test": "would run NumPy's own tests",
    "show_config": "prints",
    "show_runtime": "prints",
    "info": "prints",
    "setbufsize": "changes a setting of the process",
    "seterr": "changes a setting of the process",
    "seterrcall": "changes a setting of the process",
    "set_printoptions": "changes a setting of the process",
    "empty": "the numbers mean nothing",
    "empty_like": "the numbers mean nothing",
    "ndarray": "the numbers mean nothing",
    "recarray": "the numbers mean nothing",
}
# Results that change with the Tensor and have no gradient all the same, each for a reason.
WITHOUT_GRADIENT = {"ix_": "its results are indices, and integers where they make sense"}
MODULES = {"": np, "linalg.": np.linalg, "fft.": np.fft}
FUNCTIONS = {
    prefix + name: getattr(module, name)
    for prefix, module in MODULES.items()
    for name in sorted(module.__all__ if hasattr(module, "__all__") else dir(module))
    if not name.startswith("_") and callable(getattr(module, name, None)) and name not in SKIPPED
}

# What NumPy raises when arguments make no sense, and we when a function has no rule.
ARGUMENT_ERRORS = (
    AutogradError,
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    KeyError,
    ArithmeticError,
    OSError,
    EOFError,
)

# Each takes an operand and makes a call of a function with it.
PATTERNS = {
    "f(t)": lambda f, t: f(t),
    "f(t, t)": lambda f, t: f(t, t),
    "f(t, array)": lambda f, t: f(t, np.full(t.shape, 0.3141)),
    "f(array, t)": lambda f, t: f(np.full(t.shape, 0.3141), t),
    "f(t, 1)": lambda f, t: f(t, 1),
    "f(1, t)": lambda f, t: f(1, t),
    "f((3,), t)": lambda f, t: f((3,), t),
    "f(t, t, t)": lambda f, t: f(t, t, t),
    "f(t, [1, 2])": lambda f, t: f(t, [1, 2]),
    "f([t, t])": lambda f, t: f([t, t]),
    "f((t, array))": lambda f, t: f((t, np.full(t.shape, 0.3141))),
    "f([[t, t]])": lambda f, t: f([[t, t]]),
    "f(mask, t, 0)": lambda f, t: f(np.full(t.shape, True), t, 0.0),
    "f([mask], [t])": lambda f, t: f([np.full(t.shape, True)], [t]),
    "f(array, 0, t)": lambda f, t: f(np.full(t.shape, 0.3141), 0, t),
    "f(array, mask, t)": lambda f, t: f(np.full(t.shape, 0.3141), np.full(t.shape, True), t),
    "f(t, axis=0)": lambda f, t: f(t, axis=0),
    "f(array, weights=t)": lambda f, t: f(np.ones(t.shape, int), weights=t),
    "f(text, t, t)": lambda f, t: f("...,...", t, t),
    "f(t, max=t)": lambda f, t: f(t, max=t),
    "f(t, initial=t)": lambda f, t: f(t, initial=t),
    "f(t, dtype=float32)": lambda f, t: f(t, dtype="float32"),
}
POINTS = {
    "scalar": np.array(0.3719),
    "vector": np.array([0.3719, 0.1177, 0.7331]),
    "matrix": np.array([[0.9173, 0.2213, 0.1319], [0.2213, 0.7129, 0.3313], [0.1319, 0.3313, 0.8191]]),
}
for point in POINTS.values():
    point.flags.writeable = False


def numbers(result):
    """The arrays, Tensors and numbers in a result, in order. What else there is (text, types, ...) holds no value."""
    if isinstance(result, np.character):
        return
    if isinstance(result, Tensor | np.ndarray | np.generic | float | int | complex):
        yield result
    elif isinstance(result, tuple | list):
        for part in result:
            yield from numbers(part)
    elif isinstance(result, np.poly1d):
        yield from numbers(result.coeffs)


def detached(f, call, x):
    """The parts of a result that depend on the operand but carry no gradient."""
    try:
        parts = list(numbers(call(f, tensor(x, requires_grad=True))))
    except ARGUMENT_ERRORS:
        return []
    nearby = [list(numbers(call(f, tensor(y)))) for y in (x, x * (1.0 + 1e-4) + 1e-5)]
    return [
        part
        for part, *changing in zip(parts, *nearby, strict=True)
        if not (isinstance(part, Tensor) and part.requires_grad)
        and len({np.asarray(getattr(value, "data", value)).tobytes() for value in changing}) > 1
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_numpy_function_detaches(name):
    found = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for point, x in POINTS.items():
            for pattern, call in PATTERNS.items():
                if parts := detached(FUNCTIONS[name], call, x):
                    found[f"{pattern}, t a {point}"] = parts
    if name in WITHOUT_GRADIENT:
        assert found, "this exception is one no more"
    else:
        assert not found


@pytest.mark.parametrize(
    ("f", "call"),
    [
        (lambda t: t.data * 2, "f(t)"),
        (lambda t: (t, t.numpy() * 2), "f(t)"),
        (lambda ts: [float(t.data.sum()) for t in ts], "f([t, t])"),
        (lambda t: t.detach() * 2, "f(t)"),
    ],
)
def test_a_function_that_detaches_is_found(f, call):
    assert detached(f, PATTERNS[call], POINTS["vector"])


def test_most_calls_are_no_argument_errors():
    """The sweep would be worth nothing if every call failed for its arguments."""
    working = set()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, f in FUNCTIONS.items():
            for call in PATTERNS.values():
                with contextlib.suppress(*ARGUMENT_ERRORS):
                    call(f, POINTS["matrix"].copy())  # which some take for their out
                    working.add(name)
    assert len(working) > 0.6 * len(FUNCTIONS)


# --- methods of arrays, other libraries of Python -----------------------------------------------------------------


METHODS = sorted(name for name in dir(np.ndarray) if callable(getattr(np.ndarray, name)))
OTHER_OBJECTS = ("__class__", "__new__", "__init_subclass__", "__subclasshook__", "__reduce__", "__reduce_ex__")


@pytest.mark.parametrize("name", [name for name in METHODS if name not in (*OTHER_OBJECTS, "__format__")])
def test_no_method_of_an_array_detaches(name):
    """A Tensor as an argument of an array's method, operators and in-place operators among them."""

    def method(*arguments):
        array = np.linspace(0.2743, 0.9471, 9).reshape(3, 3)
        return getattr(array, name)(*arguments), array

    found = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for point, x in POINTS.items():
            for pattern in ("f(t)", "f(t, t)", "f(t, 1)", "f(1, t)", "f(t, [1, 2])", "f([t, t])"):
                if parts := detached(method, PATTERNS[pattern], x):
                    found[f"{pattern}, t a {point}"] = parts
    assert not found


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.5.0", reason="an option since NumPy 2.5")
def test_sorted_from_the_largest():
    x = tensor([2.0, np.nan, 5.0, -1.0], requires_grad=True)
    found = np.sort(x, descending=True)
    np.testing.assert_array_equal(found.data, np.sort(x.data, descending=True))
    np.sum(found[:3] * np.array([1.0, 2.0, 3.0])).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 1.0, 3.0])


@pytest.mark.parametrize(
    ("fill", "error"),
    [
        (lambda a, t: a.__setitem__(0, t), LiveGraphError),
        (lambda a, t: a.fill(t), LiveGraphError),
        (lambda a, t: a.__setitem__(slice(None), np.ones(3) * t), ArrayConversionError),
        (lambda a, t: a.__setitem__([0, 1], t.reshape(1)), ArrayConversionError),
        (lambda a, t: a.__iadd__(t), NotDifferentiable),
        (lambda a, t: np.copyto(a, t), NotDifferentiable),
        (lambda a, t: np.put(a, [0], t), NotDifferentiable),
        (lambda a, t: np.add.at(a, [0], t), NotDifferentiable),
        (lambda a, t: np.fill_diagonal(a.reshape(1, 3), t), (ArrayConversionError, NotDifferentiable)),
    ],
)
def test_writing_a_tensor_into_an_array(fill, error):
    a = np.zeros(3)
    for t in (tensor(2.0, requires_grad=True), tensor(2.0, requires_grad=True) * 3):
        with pytest.raises((AutogradError, ValueError)) as caught:
            fill(a, t)
        # NumPy replaces the error of a number by its own, and chains ours
        assert isinstance(caught.value, error) or isinstance(caught.value.__cause__, error)
        np.testing.assert_array_equal(a, np.zeros(3))


@pytest.mark.parametrize("name", [name for name in dir(math) if callable(getattr(math, name)) and name[0] != "_"])
def test_functions_of_math_detach_no_live_number(name):
    t = tensor(0.5, requires_grad=True)
    for arguments in ((t,), (t, 0.3), (0.3, t), ([t, t],), ([t], [t])):
        try:
            result = getattr(math, name)(*arguments)
        except (LiveGraphError, TypeError, AttributeError):
            continue
        assert isinstance(result, Tensor)  # math.prod multiplies what it is given
        assert result.requires_grad


@pytest.mark.parametrize("convert", [float, int, complex, np.float64, np.float32, np.int64, "{:d}".format])
def test_conversions_refuse_a_live_number(convert):
    for t in (tensor(2.0, requires_grad=True), tensor(2.0, requires_grad=True) * 3, tensor([2.0], requires_grad=True)):
        with pytest.raises((LiveGraphError, ArrayConversionError, ValueError)):
            convert(t)


@pytest.mark.parametrize("f", [builtins.sum, builtins.max, builtins.min, lambda ts: sorted(ts)[0], builtins.list])
def test_builtins_keep_the_graph(f):
    found = f([tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)])
    assert all(t.requires_grad for t in (found if isinstance(found, list) else [found]))


def test_random_generators_refuse_a_live_parameter():
    rng, t = np.random.default_rng(0), tensor([0.5, 0.2], requires_grad=True)
    for draw in (rng.normal, rng.exponential, rng.poisson, lambda p: rng.binomial(3, p), rng.permutation, rng.shuffle):
        with pytest.raises((AutogradError, TypeError, ValueError, UserWarning)):
            draw(t)
    assert random.gauss(t[0], 1.0).requires_grad  # which multiplies and adds in Python


def test_index_tricks():
    t = tensor([0.5, 0.2], requires_grad=True)
    for trick in (np.r_, np.c_):
        with pytest.raises(AutogradError):
            trick[t, t]


# --- what raises, and what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda t: np.array([t, t]),
        lambda t: np.asarray([t, 1.0]),
        lambda t: np.array((t, t)),
        lambda t: np.array([t for _ in range(2)]),
        lambda t: np.array([[t, t], [t, t]]),
        lambda t: np.array([t, t], dtype=float),
        lambda t: np.array([t, t], dtype=object),
        lambda t: np.array(list_of(t)),
        lambda t: np.maximum([t], 0.0),
        lambda t: np.vectorize(float)([t, t]),
        lambda t: tensor([t, t]),
    ],
)
@pytest.mark.parametrize("shape", [(), (2,), (100,)], ids=str)
def test_an_array_of_a_list_of_tensors(build, shape):
    t = tensor(np.ones(shape), requires_grad=True)
    for live in (t, t * 2):
        with pytest.raises(ArrayConversionError, match=r"np\.stack"):
            build(live)


def list_of(t):
    return [t, t]


def test_an_array_of_a_list_names_np_stack_first():
    ts = [tensor(1.0, requires_grad=True)] * 2
    with pytest.raises(StackingError, match=r"^NumPy cannot make an array from a list of Tensors.*np\.stack"):
        np.array(ts)
    with pytest.raises(StackingError):
        np.array([ts[0], ts[1]])
    assert np.stack(ts).requires_grad


@pytest.mark.parametrize(
    "convert", [np.asarray, np.array, np.asanyarray, np.ascontiguousarray, np.from_dlpack, memoryview, bytes]
)
def test_a_plain_array_of_a_live_tensor(convert):
    t = tensor([1.0, 2.0], requires_grad=True)
    with no_grad(), pytest.raises((ArrayConversionError, TypeError)):
        convert(t)
    if convert is np.asarray:
        with pytest.raises(ArrayConversionError, match=r"shape \(2,\), float64.*\.numpy\(\).*\.detach\(\).*\.at\[\]"):
            convert(t)


def test_plain_arrays_of_constants():
    t = tensor([1.0, 2.0])
    for array in (np.asarray(t), np.array(t), np.array([t, t])[0], np.from_dlpack(t), np.asarray(t, dtype="float32")):
        assert type(array) is np.ndarray
        np.testing.assert_array_equal(array, [1, 2])
    assert not np.shares_memory(np.array(t), t.data)
    assert np.asarray(t, dtype="float32").dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        np.asarray(t, dtype="float32", copy=False)
    a = np.zeros(2)
    a[:] = t
    a[0] = tensor(5.0)
    np.testing.assert_array_equal(a, [5, 2])


# --- arguments of NumPy's functions -------------------------------------------------------------------------------

x = np.array([[0.3, 0.7], [0.9, 0.2]])
BUFFER = np.zeros((2, 2))


@pytest.mark.parametrize(
    "call",
    [
        lambda t, out: np.add(t, 1, out=out),
        lambda t, out: np.add(t, 1, out),
        lambda t, out: np.exp(t, out),
        lambda t, out: np.exp(t.data, out=t),
        lambda t, out: np.sum(t, axis=0, out=out[0]),
        lambda t, out: np.sum(t, 0, None, out[0]),
        lambda t, out: np.add.reduce(t, 0, None, out[0]),
        lambda t, out: np.mean(t, 0, None, out[0]),
        lambda t, out: np.max(t, 0, out[0]),
        lambda t, out: np.cumsum(t, 0, None, out),
        lambda t, out: np.clip(t, 0, 1, out),
        lambda t, out: np.clip(t, 0, 1, out=out),
        lambda t, out: np.matmul(t, t, out),
        lambda t, out: np.dot(t, t, out),
        lambda t, out: np.einsum("ij->ji", t, out=out),
        lambda t, out: np.concatenate([t[:1], t[:1]], 0, out),
        lambda t, out: np.stack([t[0], t[1]], 0, out),
        lambda t, out: np.outer(t[0], t[0], out),
        lambda t, out: np.argmax(t, 0, out[0].astype(int)),
        lambda t, out: np.take(t, [0, 1], 0, out),
    ],
)
def test_out_is_refused(call):
    """Also where it comes by position: an argument that is passed over without a word would be a silent mistake."""
    out = BUFFER.copy()
    with pytest.raises((NotDifferentiable, TypeError)):
        call(tensor(x, requires_grad=True), out)
    np.testing.assert_array_equal(out, BUFFER)


MASK = np.array([[True, False], [True, True]])


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("dtype", lambda t: np.add(t, 1, dtype="float32")),
        ("dtype", lambda t: np.sum(t, dtype="float32")),
        ("dtype", lambda t: np.sum(t, None, "float32")),
        ("dtype", lambda t: np.mean(t, dtype="float32")),
        ("dtype", lambda t: np.add.reduce(t, dtype="float32")),
        ("dtype", lambda t: np.cumsum(t, dtype="float32")),
        ("dtype", lambda t: np.concatenate([t, t], dtype="float32")),
        ("where", lambda t: np.add(t, 1, where=MASK)),
        ("where", lambda t: np.sum(t, where=MASK)),
        ("where", lambda t: np.add.reduce(t, axis=0, where=MASK)),
        ("where", lambda t: np.max(t, initial=0.0, where=MASK)),
        ("initial", lambda t: np.sum(t, initial=5.0)),
        ("initial", lambda t: np.max(t, initial=0.8)),
        ("order", lambda t: np.reshape(t, 4, order="F")),
        ("order", lambda t: np.ravel(t, "F")),
        ("casting", lambda t: np.add(t, 1, casting="unsafe")),
        ("ddof", lambda t: np.std(t, 0, None, None, 1)),
        ("keepdims", lambda t: np.sum(t, 0, None, None, True)),
    ],
)
def test_an_argument_does_what_numpy_says_or_is_refused(argument, call):
    t = tensor(x, requires_grad=True)
    try:
        result = call(t)
    except NotDifferentiable as error:
        assert argument in str(error)  # noqa: PT017 - either way is right
        return
    expected = call(x)
    np.testing.assert_allclose(result.data, expected, rtol=1e-6)
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    [g] = result.gradient(t, gradient=np.ones(result.shape))
    h = 1e-3
    numeric = [np.sum(call(x + h * e) - call(x - h * e)) / (2 * h) for e in np.eye(4).reshape(4, 2, 2)]
    np.testing.assert_allclose(g.data.ravel(), numeric, atol=1e-3)


def test_arguments_at_their_defaults_are_no_arguments():
    t = tensor(x, requires_grad=True)
    for result in (
        np.sum(t, axis=None, dtype=None, out=None, keepdims=False),
        np.add.reduce(t, axis=0, dtype=None, out=None, keepdims=False, where=True),
        np.add(t, 1, None),
        np.add(t, 1, out=None),
        np.clip(t, 0, 1, out=None),
        np.mean(t, dtype=None, out=None),
        np.reshape(t, (4,), order="C"),
        np.einsum("ij->", t, optimize=True),
        np.broadcast_to(t, (3, 2, 2), subok=False),
    ):
        assert result.requires_grad


def test_a_function_without_a_rule_is_named():
    t = tensor(x, requires_grad=True)
    novel = np.frompyfunc(lambda a: a, 1, 1)
    for call, name in (
        (lambda: np.linalg.eigvals(t), "numpy.linalg.eigvals"),
        (lambda: np.multiply.at(x, 0, t), "numpy.multiply.at"),
        (lambda: novel(t), "<lambda>"),
    ):
        with pytest.raises(NotDifferentiable) as caught:
            call()
        assert name in str(caught.value)


def test_tensors_that_need_no_gradient_are_refused_alike():
    """Whether a function works does not depend on what the numbers are for."""
    with pytest.raises(NotDifferentiable):
        np.linalg.eigvals(tensor(x))
    with no_grad(), pytest.raises(NotDifferentiable):
        np.linalg.eigvals(tensor(x, requires_grad=True))

"""An update recorded, planned and run in place gives what the expression gives, bit for bit."""

import inspect
import traceback

import numpy as np
import pytest
from hypothesis import given, strategies as st

import optim.kernel
from optim import UpdateError
from optim.kernel import Kernel
from optim.tracing import record

F32 = np.dtype(np.float32)
LR = {"lr": float}

# --- random expressions -----------------------------------------------------------------------------------------

UNARY = [np.negative, np.absolute, np.sqrt, np.square, np.sign, np.exp, lambda x: -x, lambda x: x**2, lambda x: x**0.5]
BINARY = [
    np.maximum,
    np.minimum,
    np.multiply,
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / y,
]
SCALARS = [
    lambda a, b: a,
    lambda a, b: b,
    lambda a, b: 1 - a,
    lambda a, b: a / (b + 3.0),
    lambda a, b: (2.5 - b) ** 0.5,
    lambda a, b: -a * b,
    lambda a, b: 2,
    lambda a, b: -0.75,
    lambda a, b: float("inf"),
]


@st.composite
def updates(draw):
    """An update of p with one to three state arrays, as a list of steps over everything computed so far."""
    slots = draw(st.integers(0, 3))
    steps = []
    count = 2 + slots
    for i in range(draw(st.integers(0, 12))):
        pick = st.integers(0, count + i - 1)
        kind = draw(st.integers(0, 3))
        if kind == 0:
            steps.append((draw(st.sampled_from(UNARY)), draw(pick), None, None))
        elif kind == 1:
            steps.append((draw(st.sampled_from(BINARY)), draw(pick), draw(pick), None))
        else:
            steps.append((draw(st.sampled_from(BINARY)), draw(pick), None, (draw(st.sampled_from(SCALARS)), kind == 2)))
    returned = [draw(st.integers(0, count + len(steps) - 1)) for _ in range(1 + slots)]

    def update(p, g, *state, a, b):
        values = [p, g, *state]
        for function, x, y, scalar in steps:
            if scalar is not None:
                pair = (values[x], scalar[0](a, b))
                values.append(function(*(pair if scalar[1] else pair[::-1])))
            else:
                values.append(function(values[x]) if y is None else function(values[x], values[y]))
        return tuple(values[i] for i in returned)

    return update, slots


SIZES = st.sampled_from([(), (0,), (1,), (15,), (16,), (17,), (33,), (5, 7), (3, 0, 2), (40, 3)])


@given(
    updates(), SIZES, st.sampled_from("efd"), st.integers(0, 2**32 - 1), st.sampled_from(["C", "F", "mixed", "strided"])
)
def test_random_updates_equal_plain_numpy(made, shape, char, seed, layout):
    update, count = made
    dtype = np.dtype(char)
    r = np.random.default_rng(seed)
    plain = [r.normal(size=shape).astype(dtype) for _ in range(2 + count)]
    for x in plain:
        x[r.random(shape) < 0.1] = r.choice(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e4], dtype))
    arrays = [laid_out(x, layout, i) for i, x in enumerate(plain)]
    coefficients = {"a": 0.3, "b": float(r.uniform(-2, 2))}
    slots = tuple(f"s{i}" for i in range(count))
    block = optim.kernel.BLOCK_BYTES
    optim.kernel.BLOCK_BYTES = 16 * dtype.itemsize  # so that small arrays have several blocks
    try:
        with np.errstate(all="ignore"):
            # Results without axes are NumPy's scalars, which have some infinities where arrays have nan: -inf ** 0.5.
            expected = [y.reshape(shape) for y in update(*(np.atleast_1d(x) for x in plain), **coefficients)]
            kernel = Kernel(update, slots, dict.fromkeys(coefficients, float), dtype)
            kernel.take(coefficients)
            kernel.run(*arrays)
    finally:
        optim.kernel.BLOCK_BYTES = block
    got = [arrays[0], *arrays[2:]]
    for x, y in zip(got, expected, strict=True):
        assert x.dtype == y.dtype == dtype
        np.testing.assert_array_equal(x, y)
        numbers = ~np.isnan(y)
        np.testing.assert_array_equal(np.signbit(x)[numbers], np.signbit(y)[numbers])
    np.testing.assert_array_equal(arrays[1], plain[1], "the gradient was written to")


def laid_out(x, layout, i):
    if layout == "F" or (layout == "mixed" and i % 2):
        return np.array(x, order="F")
    if layout == "strided" and x.ndim:
        return np.stack([x, x], axis=-1)[..., 0]
    return np.array(x, order="C")


# --- the plan ---------------------------------------------------------------------------------------------------


def body(update, slots=(), settings=LR, dtype=F32):
    source = record(update, slots, settings, np.dtype(dtype)).source
    run, _, load = source.partition("\n\n")
    return [line.strip() for line in run.splitlines()[1:]], [line.strip() for line in load.splitlines()[1:]]


def test_one_register_is_enough_for_a_chain():
    lines, _ = body(lambda p, g, lr: (p - lr * (g * g + 1.0) / 2.0,))
    assert lines == [
        "multiply(g, g, r0)",
        "add(r0, k0, r0)",
        "multiply(k1, r0, r0)",
        "divide(r0, k2, r0)",
        "subtract(p, r0, p)",
    ]


def test_arithmetic_of_coefficients_is_done_once_on_floats():
    lines, load = body(lambda p, g, lr: (p - (1.0 - lr) ** 2 * g * (1.0 - lr) ** 2,))
    assert lines == ["multiply(k0, g, r0)", "multiply(r0, k0, r0)", "subtract(p, r0, p)"]
    assert load == ["k0[()] = ((1.0 - lr) ** 2)"]


def test_state_memory_holds_what_becomes_the_state():
    lines, _ = body(lambda p, g, v, lr: (p - lr * g, 2.0 * (0.5 * v) + g), ("v",))
    assert lines[-3:] == ["multiply(k1, v, v)", "multiply(k2, v, v)", "add(v, g, v)"]


def test_an_old_value_that_is_needed_later_is_kept_until_then():
    def update(p, g, v, *, lr):
        new = v + g
        return p - lr * v, new

    lines, _ = body(update, ("v",))
    assert lines == ["add(v, g, r0)", "multiply(k0, v, r1)", "subtract(p, r1, p)", "copyto(v, r0)"]


def test_a_result_that_waits_in_a_register_is_not_overwritten():
    def update(p, g, v, *, lr):
        new = v + g
        return p - lr * new * v, new

    lines, _ = body(update, ("v",))
    assert lines == [
        "add(v, g, r0)",
        "multiply(k0, r0, r1)",
        "multiply(r1, v, r1)",
        "subtract(p, r1, p)",
        "copyto(v, r0)",
    ]


def test_one_result_in_two_places():
    lines, _ = body(lambda p, g, v, lr: (p + v, p + v)[:1] * 2, ("v",))
    assert lines == ["add(p, v, v)", "copyto(p, v)"]


def test_powers_are_those_of_arrays():
    lines, _ = body(lambda p, g, lr: (p - g**2 * g**0.5 * g**lr,))
    assert [line.split("(")[0] for line in lines] == ["square", "sqrt", "multiply", "power", "multiply", "subtract"]


def test_what_is_not_returned_is_not_computed():
    def update(p, g, *, lr):
        np.exp(g)
        return (p,)

    assert body(update) == (["pass"], ["pass"])


def test_a_swap_copies():
    a, b, g = (np.array([float(i)]) for i in range(3))
    kernel = Kernel(lambda p, g, v: (v, p), ("v",), {}, np.dtype(float))
    kernel.take({})
    kernel.run(a, g, b)
    assert (a[0], b[0]) == (1.0, 0.0)


def test_the_text_of_a_program_is_known():
    """Tracebacks show its lines, and `inspect` finds it."""
    program = record(lambda p, g, *, lr: (p - lr * g,), (), {"lr": float}, np.dtype(float))
    assert inspect.getsource(program.run) + "\n" + inspect.getsource(program.load) == program.source
    with pytest.raises(ValueError, match="could not be broadcast") as caught:
        program.run(np.ones(2), np.ones(3), np.ones(3), 0.5)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.name, last.line) == ("run", "subtract(p, r0, p)")


def test_a_program_is_made_once():
    def update(p, g, *, lr):
        return (p - lr * g,)

    assert record(update, (), LR, F32) is record(update, (), LR, F32)
    assert record(update, (), LR, F32) is not record(update, (), LR, np.dtype(float))


# --- what is refused --------------------------------------------------------------------------------------------


def in_place(p, g, lr):
    p -= lr * g
    return (p,)


REFUSED = {
    "where": (lambda p, g, lr: (np.where(g, p, g),), "not numpy.where"),
    "a product of vectors": (lambda p, g, lr: (p - lr * g * (g @ g),), "not numpy.matmul"),
    "a sum": (lambda p, g, lr: (p - np.add.reduce(g),), r"not numpy.add.reduce"),
    "a cast": (lambda p, g, lr: (np.add(p, g, dtype=float),), r"numpy.add\(..., dtype=...\)"),
    "in place": (in_place, "must return new values"),
    "out": (lambda p, g, lr: (np.add(p, g, out=p),), "must return new values"),
    "a branch": (lambda p, g, lr: (p if p > g else g,), "gives bool"),
    "a truth": (lambda p, g, lr: (p if p else g,), "cannot branch on the values of arrays"),
    "a coefficient's truth": (lambda p, g, lr: (p if lr else g,), "pass None to switch a term off"),
    "a NumPy number": (lambda p, g, lr: (p * np.float64(2.0),), "is a float64"),
    "an array": (lambda p, g, lr: (p * np.ones(3),), "is a ndarray"),
    "a function of coefficients": (lambda p, g, lr: (p - np.sqrt(lr) * g,), "would widen float32"),
    "bits": (lambda p, g, lr: (np.bitwise_and(p, g),), "does not take 2 arrays of float32"),
    "two results": (lambda p, g, lr: np.divmod(p, g), "gives float32, float32"),
    "no tuple": (lambda p, g, lr: p - lr * g, "must return a tuple"),
    "too many": (lambda p, g, lr: (p, g), "must return a tuple"),
    "a number": (lambda p, g, lr: (lr,), "must return arrays computed from its operands"),
    "a name taken": (lambda p, g, multiply: (p * multiply,), "rename them"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_pure_elementwise_expression_is_refused(what):
    update, message = REFUSED[what]
    settings = {"multiply": float} if what == "a name taken" else LR
    with pytest.raises(UpdateError, match=message):
        record(update, (), settings, F32)

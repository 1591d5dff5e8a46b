"""Chains of elementwise calls on large arrays, done piece by piece, beside eager to the last bit."""

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.arrays import ones
from autograd.compiling import pieces

ROWS = 500


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(pieces, "SIZE", 64)
    monkeypatch.setattr(pieces, "LARGE", 256)


def numbers(seed, *shape, dtype="float64"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def chains(function, arguments, bits, **options):
    """The chains of a function that was compiled and replayed beside eager."""
    compiled = autograd.compile(function, strict=True, **options)
    for i in range(6):
        assert bits(compiled(*arguments(i))) == bits(function(*arguments(i)))
    assert compiled._programs[0].replays
    return [block for block in compiled._programs[0].blocks if isinstance(block, pieces.Chain)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(ROWS,), (ROWS, 7), (ROWS, 3, 5), (1000, 1)], ids=str)
def test_operands_of_all_shapes(shape, dtype, bits):
    def f(x, row, column, one, number):
        y = np.tanh(x * row + column) - one * 2
        return np.where(y > number, y, np.exp(-y * y)) / number, np.abs(y) > 0.5

    def arguments(i):
        row, column = shape[1:] or (1,), (shape[0], *[1] * (len(shape) - 1))
        arrays = [numbers((i, k), *s, dtype=dtype) for k, s in enumerate((shape, row, column, (1,) * len(shape)))]
        return *arrays, np.float32(0.1 + i)

    found = chains(f, arguments, bits)
    assert len(found) == 1
    assert found[0]._count >= 7


def test_arrays_that_do_not_lie_row_by_row(bits):
    found = chains(lambda x: np.exp(x.T * x[::-1, :].T + 1.0), lambda i: (numbers(i, ROWS, ROWS),), bits)
    assert len(found) == 0  # NumPy lays the results of these out column by column
    found = chains(
        lambda x, y: np.exp(x.T * y + 1.0) - x.T, lambda i: (numbers(i, 40, ROWS), numbers(i, ROWS, 1)), bits
    )
    assert len(found) == 0
    found = chains(lambda x, y: np.exp(y * x.T + 1.0) - y, lambda i: (numbers(i, 40, ROWS), numbers(i, ROWS, 40)), bits)
    assert len(found) == 1


def test_sums_stay_whole_and_come_after_what_does_not_need_them(bits):
    leaves = [tensor(numbers(i, ROWS), requires_grad=True) for i in range(3)]

    def step(k):
        for p in leaves:
            p.grad = None
        x, w, b = leaves
        z = (np.tanh(x * w + b) * x.sigmoid() + np.exp(-x * x) * k).sum()
        z.backward()
        return z, *[p.grad for p in leaves]

    found = chains(step, lambda i: (float(i),), bits)
    assert len(found) == 1
    assert found[0]._count > 20
    assert len(found[0].outputs) == 4


@pytest.mark.parametrize("reader", [np.sum, np.cumsum, lambda y: y[::2], np.transpose, np.argsort])
def test_what_is_changed_after_somebody_read_it(reader, bits):
    def f(x, k):
        y = x * 2.0 - k
        before = reader(y)
        y += k
        y *= np.exp(x)
        return before * 1, np.sin(y) + np.cos(y)

    assert chains(f, lambda i: (numbers(i, ROWS), float(i)), bits)


def test_what_a_later_call_needs_is_there(bits):
    def f(x):
        a = x * x + 1.0
        b = np.sqrt(a)
        total = b.sum()  # of which the next ones are made
        c = np.exp(-b / total)
        d = c * a
        return d.cumsum() + c, total

    assert len(chains(f, lambda i: (numbers(i, ROWS),), bits)) == 2


def test_errors_of_floating_point_are_treated_as_they_are_in_each_call(bits):
    def f(x):
        with np.errstate(over="ignore"):
            y = np.exp(x * 1000.0)
            y = 1.0 / (1.0 + y)
        return y - x * x

    found = chains(f, lambda i: (numbers(i, ROWS),), bits)
    assert "with errstate(over='ignore')" in found[0].source

    with np.errstate(over="raise"):
        assert not chains(lambda x: np.exp(x * x) + 1.0, lambda i: (numbers(i, ROWS),), bits)


def test_arrays_that_the_library_keeps(bits):
    def f(x):
        return np.tanh(x * ones(ROWS, x.dtype) + 1.0) * 2 + ones(1, x.dtype)

    ones(ROWS, np.dtype(float))
    assert chains(f, lambda i: (numbers(i, ROWS),), bits)


def test_results_are_new_each_time(bits):
    compiled = autograd.compile(lambda x: (np.exp(x * x) + 1.0, np.tanh(x + x) * 2), strict=True)
    kept = [compiled(numbers(i, ROWS)) for i in range(6)]
    assert "pieces, without large intermediate arrays" in compiled.explain()
    assert "def in_pieces(" in compiled.source
    for i, results in enumerate(kept):
        x = numbers(i, ROWS)
        assert bits(results) == bits((np.exp(x * x) + 1.0, np.tanh(x + x) * 2))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_give_the_same_bits_in_pieces(dtype):
    x = np.exp(numbers(0, 40_000, dtype=dtype)).clip(0, 80)
    for function in (np.exp, np.log, np.tanh, np.sin, np.cos, np.sqrt, np.expm1, np.log1p, np.arctan, np.cbrt):
        parts = [function(x[i : i + 16_384]) for i in range(0, len(x), 16_384)]
        assert np.concatenate(parts).tobytes() == function(x).tobytes(), function

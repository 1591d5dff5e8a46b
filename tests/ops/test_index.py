"""Indices of every kind, drawn at random, on arrays of every shape: `getitem`, `scatter`, ``at[].set`` and ``at[].add``
against NumPy in value, and against counting positions in gradient."""

import numpy as np
import pytest
from hypothesis import given, reject, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices, integer_array_indices
from op_samples import pull, read_only, weights

from autograd import Tensor
from autograd.ops.index import add_at, getitem, scatter, set_at

EXAMPLES = settings(max_examples=150)


@st.composite
def masks(draw, shape):
    """A mask over the first axes."""
    ndim = draw(st.integers(1, len(shape)))
    return draw(arrays(bool, shape[:ndim]))


@st.composite
def mixed(draw, shape):
    """Integers, slices, arrays of integers, at most one mask, new axes and an ellipsis, beside each other."""
    length = draw(st.integers(0, 3))
    parts, masked = [], False
    for n in shape[: draw(st.integers(0, len(shape)))]:
        kinds = ["slice", "mask"] + (["integer", "array", "column"] if n else [])
        kind = draw(st.sampled_from([k for k in kinds if k != "mask" or not masked]))
        if kind == "slice":
            parts.append(draw(st.slices(n)))
        elif kind == "integer":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "mask":
            # A mask is an array of as many integers as it has True; beside arrays it has to fit them.
            chosen = draw(st.permutations(range(n)))[: length if length <= n else 1]
            parts.append(np.isin(np.arange(n), chosen))
            masked = True
        else:
            size = (length,) if kind == "array" else (2, 1)
            parts.append(draw(arrays(np.intp, size, elements=st.integers(-n, n - 1))))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        parts.append(...)
    return tuple(parts)


@st.composite
def cases(draw):
    """A shape and an index that NumPy accepts for it."""
    shape = draw(array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    kinds = [basic_indices(shape, allow_newaxis=True), masks(shape), mixed(shape)]
    if all(shape):
        found = integer_array_indices(shape, result_shape=array_shapes(min_dims=0, max_dims=2, max_side=4))
        kinds += [found, found.map(lambda index: index[0]), found.map(lambda index: index[0].tolist())]
    index = draw(st.one_of(kinds))
    try:
        np.empty(shape)[index]
    except IndexError:  # pieces that do not fit together
        reject()
    return shape, index


def numbers(shape, start=1.0):
    return read_only(np.sin(start + np.arange(int(np.prod(shape)))).reshape(shape))


def positions(shape, index):
    """The position in the flat array of every entry that an index reads."""
    return np.arange(int(np.prod(shape))).reshape(shape)[index]


def add_up(places, values, shape):
    """Add every value to the entry at its place."""
    total = np.bincount(np.ravel(places), weights=np.ravel(values), minlength=int(np.prod(shape)))
    return total[: int(np.prod(shape))].reshape(shape)


def run(function, *operands, **attributes):
    """Value, weights that come in, and the gradients, the same from arrays and Tensors."""
    found = []
    for how in ("backward", "graph"):
        tensors = [Tensor(x, requires_grad=True) for x in operands]
        out = function(*tensors, **attributes)
        found.append(pull(out, tensors, how))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)
    return np.asarray(out.data), weights(out.data), found[0]


def close(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@EXAMPLES
@given(case=cases())
def test_getitem(case):
    shape, index = case
    x = numbers(shape)
    out, g, (gx,) = run(getitem, x, index=index)
    np.testing.assert_array_equal(out, x[index])
    close(gx, add_up(positions(shape, index), g, shape))


@EXAMPLES
@given(case=cases())
def test_scatter(case):
    shape, index = case
    places = positions(shape, index)
    values = numbers(np.shape(places))
    out, g, (gx,) = run(scatter, values, index=index, shape=shape)
    close(out, add_up(places, values, shape))
    np.testing.assert_array_equal(gx, g[index])


@EXAMPLES
@given(case=cases(), data=st.data())
def test_add_at(case, data):
    shape, index = case
    places = positions(shape, index)
    x, value = numbers(shape), values_for(places, data)
    out, g, (gx, gv) = run(add_at, x, value, index=index)
    close(out, x + add_up(places, np.broadcast_to(value, np.shape(places)), shape))
    np.testing.assert_array_equal(gx, g)
    close(gv, sum_to(g[index], value.shape))


@EXAMPLES
@given(case=cases(), data=st.data())
def test_set_at(case, data):
    """Whose write it was that stayed is read off the result, since all numbers are different."""
    shape, index = case
    places = positions(shape, index)
    x, value = numbers(shape), values_for(places, data)
    out, g, (gx, gv) = run(set_at, x, value, index=index)
    expected = np.array(x)
    expected[index] = value
    np.testing.assert_array_equal(out, expected)
    written = np.isin(np.arange(x.size), np.ravel(places)).reshape(shape)
    np.testing.assert_array_equal(gx, np.where(written, 0.0, g))
    stayed = np.zeros(value.shape)
    for place in np.flatnonzero(written):
        stayed[value == out.flat[place]] += g.flat[place]
    close(gv, stayed)


def values_for(places, data):
    """Values that fit what an index reads: as many, or fewer that are repeated, in one memory layout or another."""
    full = np.shape(places)
    shape = tuple(data.draw(st.sampled_from([1, n])) for n in full)
    shape = shape[data.draw(st.integers(0, len(shape))) :] if data.draw(st.booleans()) else shape
    values = np.array(100.0 + numbers(shape, 0.3))
    return read_only(values.T.copy().T if data.draw(st.booleans()) else values)


def sum_to(g, shape):
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), np.shape(g))
    return add_up(places, g, shape)


ROWS = {
    "some-twice": np.arange(60) * 7 % 40,
    "one-row": np.full(60, 3),
    "from-the-end": -1 - np.arange(60) % 40,
    "a-matrix": np.arange(60).reshape(4, 15) % 40,
    "as-a-tuple": (np.arange(60) % 40,),
    "small-integers": (np.arange(60) % 40).astype(np.uint8),
    "in-two-parts": np.arange(5000) * 7 % 40,
    "of-the-second-axis": (slice(None), np.array([2, 0, -1, 2, 2])),
    "of-the-last-axis": (slice(4, None), slice(None, None, -1), np.array([4, -1, 0, 4], np.int8)),
    "a-tuple-within": ((list(range(30)), list(range(10, 40))),),
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("strided", [False, True], ids=["in-order", "strided"])
@pytest.mark.parametrize("index", ROWS.values(), ids=ROWS)
def test_many_rows_add_up_in_the_order_of_numpy(index, strided, dtype):
    """Every bit is that of `np.add.at`, which adds row by row."""
    shape = (80, 4, 5)
    values = numbers(np.empty(shape)[index].shape).astype(dtype)
    values = read_only(values.T.copy().T) if strided else values
    for start, found in (
        (np.zeros(shape, dtype), lambda x: scatter(values, index=index, shape=shape)),
        (numbers(shape).astype(dtype), lambda x: add_at(x, values, index=index)),
        (np.asfortranarray(numbers(shape).astype(dtype)), lambda x: add_at(x, values, index=index)),
    ):
        expected = np.array(start)
        np.add.at(expected, index, values)
        out = found(start)
        assert out.dtype == dtype
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    "index", [np.full(60, 40), np.full(60, -41), np.full(60, 3.0)], ids=["after", "before", "real"]
)
def test_many_rows_that_are_not_there_are_an_index_error(index):
    with pytest.raises(IndexError):
        scatter(np.ones((60, 4, 5)), index=index, shape=(40, 4, 5))


INTEGERS = np.array([2, 0, 2])


@pytest.mark.parametrize("index", [INTEGERS, (INTEGERS, slice(1, None)), (..., INTEGERS), INTEGERS > 0], ids=str)
def test_tensors_as_indices(index):
    """Tensors of integers and booleans inside an index count as arrays."""
    x = numbers((3, 3))
    parts = index if isinstance(index, tuple) else (index,)
    wrapped = tuple(Tensor(p) if isinstance(p, np.ndarray) else p for p in parts)
    wrapped = wrapped if isinstance(index, tuple) else wrapped[0]
    for function, operands in ((getitem, [x]), (set_at, [x, x[index] + 1.0]), (add_at, [x, x[index] + 1.0])):
        out, _, gradients = run(function, *operands, index=wrapped)
        expected_out, _, expected = run(function, *operands, index=index)
        np.testing.assert_array_equal(out, expected_out)
        for a, b in zip(gradients, expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "index", [3, (0, 0, 0), np.array([0, 5]), np.array([True, False]), (slice(None), np.array([-4]))], ids=str
)
@pytest.mark.parametrize("function", [getitem, set_at, add_at], ids=["getitem", "set_at", "add_at"])
def test_an_index_out_of_range_is_an_index_error(function, index):
    x = Tensor(np.ones((3, 3)), requires_grad=True)
    with pytest.raises(IndexError):
        function(x, *([1.0] if function is not getitem else []), index=index)


def test_the_operands_of_at_are_left_alone():
    x, value = np.arange(3.0), np.array([7.0, 8.0])
    t, v = Tensor(x, requires_grad=True), Tensor(value, requires_grad=True)
    out = t.at[np.array([0, 0])].set(v)
    np.testing.assert_array_equal(out.data, [8.0, 1.0, 2.0])
    np.testing.assert_array_equal(x, np.arange(3.0))
    assert not np.shares_memory(out.data, x)


def test_a_gradient_that_forgets_repeats_is_found():
    """The reference adds up: assignment would not."""
    np.testing.assert_array_equal(add_up([0, 0, 2], [1.0, 2.0, 3.0], (3,)), [3.0, 0.0, 3.0])

"""Blocks, layouts and memory of the kernel."""

import threading
import tracemalloc

import numpy as np
import pytest

from optim.kernel import BLOCK_BYTES, Kernel


def momentum(p, g, v, *, lr, mu):
    v = mu * v + g
    return p - lr * (g + mu * v), v


SETTINGS = {"lr": 0.1, "mu": 0.9}


def make(dtype):
    kernel = Kernel(momentum, ("v",), dict.fromkeys(SETTINGS, float), np.dtype(dtype))
    kernel.take(SETTINGS)
    return kernel


def operands(rng, shape, dtype):
    return [np.asarray(rng.normal(size=shape)).astype(dtype) for _ in range(3)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", ">f4"])
@pytest.mark.parametrize("blocks", [0, 1, 3])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_around_the_boundaries_of_real_blocks(rng, dtype, blocks, more):
    size = max(0, BLOCK_BYTES // np.dtype(dtype).itemsize * blocks + more)
    p, g, v = operands(rng, size, dtype)
    expected = momentum(p, g, v, **SETTINGS)
    make(dtype).run(p, g, v)
    np.testing.assert_array_equal(p, expected[0])
    np.testing.assert_array_equal(v, expected[1])


VIEWS = {
    "rows": lambda a: a[::2],
    "columns": lambda a: a[:, ::2],
    "backwards": lambda a: a[::-1],
    "transposed": lambda a: a.T,
    "three axes": lambda a: a.reshape(4, 25, -1).transpose(1, 2, 0),
    "one row": lambda a: np.stack([a.ravel(), a.ravel()], 1).T[:1],
}


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_every_kind(rng, view):
    p, g, v = (VIEWS[view](x) for x in operands(rng, (400, 1000), "float32"))
    expected = momentum(p, g, v, **SETTINGS)
    make("float32").run(p, g, v)
    np.testing.assert_array_equal(p, expected[0])
    np.testing.assert_array_equal(v, expected[1])


def test_arrays_of_different_layout(rng):
    p, g, v = operands(rng, (300, 700), "float32")
    expected = momentum(p, g, v, **SETTINGS)
    g, v = np.asfortranarray(g), np.repeat(v, 2, axis=1)[:, ::2]
    make("float32").run(p, g, v)
    np.testing.assert_array_equal(p, expected[0])
    np.testing.assert_array_equal(v, expected[1])


def test_large_arrays_need_no_temporaries(rng):
    p, g, v = operands(rng, 1_000_000, "float32")
    kernel = make("float32")
    kernel.run(p, g, v)
    tracemalloc.start()
    kernel.run(p, g, v)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000


def test_shapes_take_turns(rng):
    """The registers are shared by all shapes, and grow with the largest."""
    kernel = make("float64")
    for shape in [(3,), (2, 5), (), (100, 10), (3,), (0, 4), (2, 5), (70_000,), (100, 10)]:
        p, g, v = operands(rng, shape, float)
        expected = momentum(p, g, v, **SETTINGS)
        kernel.run(p, g, v)
        np.testing.assert_array_equal(p, expected[0])
        np.testing.assert_array_equal(v, expected[1])


def test_kernels_run_beside_each_other(rng):
    sets = [operands(rng, 200_000, "float32") for _ in range(4)]
    expected = [p.copy() for p, _, _ in sets]
    for i, (_, g, v) in enumerate(sets):
        state = v.copy()
        for _ in range(5):
            expected[i], state = momentum(expected[i], g, state, **SETTINGS)

    def work(arrays):
        kernel = make("float32")
        for _ in range(5):
            kernel.run(*arrays)

    threads = [threading.Thread(target=work, args=(arrays,)) for arrays in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for (p, _, _), x in zip(sets, expected, strict=True):
        np.testing.assert_array_equal(p, x)

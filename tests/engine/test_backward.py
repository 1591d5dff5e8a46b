"""backward(): which numbers come out, who gets them, what is freed, and what a refused pass leaves behind."""

import weakref

import numpy as np
import pytest

from autograd import (
    GradientShapeError,
    GraphReleasedError,
    NonScalarBackwardError,
    RequiresGradError,
    StaleLeafError,
    custom_op,
    no_grad,
    tensor,
)


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


# --- numbers ------------------------------------------------------------------------------------------------------


def test_diamond():
    """y = x*x; z = y + y*x = x^2 + x^3: two paths through y meet in x."""
    x = grad_leaf(3.0)
    y = x * x
    z = y + y * x
    z.backward()
    assert (z.item(), x.grad, y.grad, z.grad) == (36.0, 2 * 3 + 3 * 9, 1 + 3, 1.0)


def test_the_expression_of_micrograds_readme():
    a, b = grad_leaf(-4.0), grad_leaf(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_a_wide_fan_out_adds_up_exactly():
    x = grad_leaf([1.0, 2.0])
    total = sum((x * float(k) for k in range(1, 101)), start=tensor(0.0))
    total.backward([1.0, 10.0])
    np.testing.assert_array_equal(x.grad, [5050.0, 50500.0])


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda x: x * x, 2 * 3.0),
        (lambda x: x + x, 2.0),
        (lambda x: x - x, 0.0),
        (lambda x: x / x, 0.0),
        (lambda x: x**x, 27 * (np.log(3.0) + 1)),
        (lambda x: x + x + x, 3.0),
        (lambda x: np.where(x > 0, x, x) * x, 6.0),
        (lambda x: np.stack([x, x, x]).sum(), 3.0),
        (lambda x: np.einsum(",,", x, x, x), 27.0),
    ],
)
def test_one_tensor_used_several_times_in_an_op(compute, expected):
    x = grad_leaf(3.0)
    compute(x).backward()
    assert x.grad == pytest.approx(expected, abs=1e-14)


def test_several_paths_of_different_length():
    """The long path arrives after the short ones; the gradient must not leave x before it."""
    x = grad_leaf(1.5)
    y = x
    for _ in range(10):
        y = y * x + x
    y.backward()
    # y = x + x^2 + ... + x^11, plus x^11 once more for the start
    powers = [1.0] * 10 + [1.0]
    expected = sum((k + 1) * p * 1.5**k for k, p in enumerate(powers))
    assert x.grad == pytest.approx(expected, rel=1e-14)


def test_broadcasting_is_undone():
    x, row, column, number = (
        grad_leaf(np.ones((2, 3))),
        grad_leaf(np.ones(3)),
        grad_leaf(np.ones((2, 1))),
        grad_leaf(1.0),
    )
    (x * row * column * number).backward(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(x.grad, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(row.grad, [3, 5, 7])
    np.testing.assert_array_equal(column.grad, [[3], [12]])
    assert number.grad == 15


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", ">f8"])
def test_a_gradient_has_the_dtype_of_its_tensor(dtype):
    x = grad_leaf(np.ones(3, dtype))
    wide = x * np.ones(3)  # promotes to float64, unless it is wider
    (wide * wide).sum().backward()
    assert x.grad.dtype == x.dtype == np.dtype(dtype).newbyteorder("=")
    assert wide.grad.dtype == wide.dtype


@pytest.mark.parametrize("n", [1, 100])
@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_result_between_others_has_a_gradient_of_its_dtype(n, shape):
    x = grad_leaf(np.full((n, *shape), 2.0, "float32"))
    narrow = x * x
    wide = narrow * np.full((n, *shape), 1 / 3)
    loss = wide.sum() + narrow.sum()
    loss.backward()
    assert [t.grad.dtype.name for t in (loss, wide, narrow, x)] == ["float64", "float64", "float32", "float32"]
    number = (x * x)[(0,) * x.ndim]
    (number * np.float64(1 / 3)).backward()
    assert number.grad.dtype == np.float32


# --- seeds --------------------------------------------------------------------------------------------------------


def test_a_non_scalar_needs_a_gradient():
    x = grad_leaf([1.0, 2.0])
    y = x * 3
    with pytest.raises(NonScalarBackwardError, match=r"\(multiply\) has shape \(2,\).*\.sum\(\).*gradient="):
        y.backward()
    assert x.grad is None
    y.backward([1.0, 10.0])
    np.testing.assert_array_equal(x.grad, [3, 30])


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_single_number_of_any_shape_needs_none(shape):
    x = grad_leaf(np.full(shape, 3.0))
    (x * x).backward()
    assert x.grad.shape == shape
    assert x.grad.item() == 6


@pytest.mark.parametrize(
    "seed",
    [
        [2, 3],
        (2.0, 3.0),
        np.array([2.0, 3.0]),
        np.array([2, 3], "int8"),
        np.array([2, 3], "float32"),
        tensor([2.0, 3.0]),
        tensor([2.0, 3.0], requires_grad=True),
    ],
    ids=["list", "tuple", "array", "integers", "float32", "Tensor", "live Tensor"],
)
def test_what_a_gradient_can_be(seed):
    x = grad_leaf([1.0, 1.0])
    (x * 10).backward(seed)
    np.testing.assert_array_equal(x.grad, [20, 30])
    assert type(x.grad) is np.ndarray
    assert getattr(seed, "grad", None) is None


def test_the_given_gradient_is_copied():
    seed = np.ones(3)
    x = grad_leaf(np.ones(3))
    x.backward(seed)
    y = x + 0.0
    y.backward(seed)
    seed[:] = 7
    np.testing.assert_array_equal(x.grad, [2, 2, 2])
    np.testing.assert_array_equal(y.grad, [1, 1, 1])

    z = x * 2.0
    z.register_hook(lambda g: seed.fill(100.0))  # while the pass is running
    x.grad = None
    z.backward(seed)
    np.testing.assert_array_equal(x.grad, [14, 14, 14])


def test_a_leaf_is_its_own_gradients_start():
    x = grad_leaf(5.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


# --- .grad --------------------------------------------------------------------------------------------------------

SIZES = pytest.mark.parametrize("n", [0, 1, 2, 64, 65, 1000])  # at most 64 entries are kept for pictures


@SIZES
def test_every_tensor_that_is_held_gets_its_gradient(n):
    x = grad_leaf(np.full(n, 2.0))
    y = x * x
    z = y + x
    loss = z.sum()
    loss.backward()
    for t, expected in ((loss, 1.0), (z, np.ones(n)), (y, np.ones(n)), (x, np.full(n, 5.0))):
        assert type(t.grad) is np.ndarray
        assert t.grad.shape == t.shape
        np.testing.assert_array_equal(t.grad, expected)


@SIZES
def test_no_gradient_shares_memory_with_another(n):
    """Ops that pass the incoming gradient on unchanged, or a view of it, are where two owners could meet."""
    a, b = grad_leaf(np.ones(n)), grad_leaf(np.ones(n))
    held = [a, b, a + b]
    held.append(held[-1].reshape(1, n))
    held.append(+held[-1])
    held.append(held[-1].T)
    held.append(held[-1][:])
    seed = np.ones((n, 1))
    held[-1].backward(seed)
    gradients, others = [t.grad for t in held], [seed] + [t.data for t in held]
    for i, gradient in enumerate(gradients):
        assert not any(np.shares_memory(gradient, other) for other in gradients[:i] + others)


@SIZES
def test_changing_a_gradient_changes_nothing_else(n):
    x = grad_leaf(np.ones(n))
    y = x + 0.0
    z = +y
    z.backward(np.ones(n), retain_graph=True)
    for t in (x, y, z):
        t.grad[...] = -100
    z.backward(np.ones(n))
    for t in (x, y, z):
        np.testing.assert_array_equal(t.grad, np.full(n, -99.0))


@SIZES
def test_gradients_accumulate_until_they_are_cleared(n):
    x = grad_leaf(np.ones(n))
    y = x * 2
    for k in range(1, 4):
        y.backward(np.ones(n), retain_graph=True)
        np.testing.assert_array_equal(x.grad, np.full(n, 2.0 * k))
        np.testing.assert_array_equal(y.grad, np.full(n, 1.0 * k))
    x.grad = None
    y.grad = None
    y.backward(np.ones(n))
    np.testing.assert_array_equal(x.grad, np.full(n, 2.0))
    np.testing.assert_array_equal(y.grad, np.ones(n))


@SIZES
def test_accumulation_makes_a_new_array(n):
    """A gradient that somebody took out is not changed by the next pass."""
    x = grad_leaf(np.ones(n))
    x.backward(np.ones(n))
    first = x.grad
    x.backward(np.ones(n))
    np.testing.assert_array_equal(first, np.ones(n))


def test_gradients_accumulate_over_graphs():
    w = grad_leaf(2.0)
    for k in range(5):
        (w * float(k)).backward()
    assert w.grad == 0 + 1 + 2 + 3 + 4


def test_grad_can_be_assigned():
    x = grad_leaf([1.0, 2.0])
    x.grad = [5, 6]
    assert x.grad.dtype == float
    (x * 1).backward([1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [6, 7])
    x.grad *= 2
    np.testing.assert_array_equal(x.grad, [12, 14])
    with pytest.raises(GradientShapeError, match=r"\(2,\).*not \(3,\)"):
        x.grad = np.ones(3)
    y = x * 2
    y.grad = [1.0, 1.0]
    y.sum().backward()
    np.testing.assert_array_equal(y.grad, [2, 2])


def test_a_tensor_without_gradient_gets_none():
    x, c = grad_leaf(1.0), tensor(2.0)
    d = x.detach()
    (x * c * d).backward()
    assert c.grad is d.grad is None


# --- releasing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["backward", "gradient"])
def test_a_pass_frees_what_was_kept(how):
    x = grad_leaf(np.ones(1000))
    y = np.exp(x)
    kept = weakref.ref(y._node.kept[0])
    loss = y.sum()
    del y
    assert kept() is not None
    loss.backward() if how == "backward" else loss.gradient(x)
    assert kept() is None
    assert loss.requires_grad


@pytest.mark.parametrize("how", ["backward", "gradient", "create_graph"])
def test_retain_graph_keeps_it(how):
    x = grad_leaf(np.ones(1000))
    y = np.exp(x)
    kept = weakref.ref(y._node.kept[0])
    loss = y.sum()
    del y
    run = {
        "backward": lambda: loss.backward(retain_graph=True),
        "gradient": lambda: loss.gradient(x, retain_graph=True),
        "create_graph": lambda: loss.gradient(x, create_graph=True),
    }[how]
    run()
    assert kept() is not None
    run()
    loss.backward()
    assert kept() is None


def test_a_part_without_gradient_is_freed_too():
    """Nothing flows back through this op, but the pass has gone by."""
    blocked = custom_op(lambda x: x * 1.0, lambda g: None)
    x = grad_leaf(np.ones(1000))
    y = np.exp(x)
    kept = weakref.ref(y._node.kept[0])
    loss = blocked(y).sum()
    del y
    loss.backward()
    assert x.grad is None
    assert kept() is None


@pytest.mark.parametrize(
    ("compute", "op"),
    [
        (lambda x: x * x, "multiply"),
        (lambda x: x + 1, "add"),  # an op that kept nothing
        (lambda x: (x + 1).reshape(1), "reshape"),
        (lambda x: np.split(x.reshape(1), [1])[0], "split"),
    ],
)
def test_a_second_pass_is_refused(compute, op):
    x = grad_leaf(3.0)
    y = compute(x)
    y.backward()
    before = x.grad.copy()
    for again in (y.backward, lambda: y.gradient(x), lambda: (y * 2).backward()):
        with pytest.raises(GraphReleasedError, match=rf"released.*{op}.*retain_graph=True.*detach\(\)"):
            again()
    assert x.grad == before


def test_a_shared_part_is_released_with_the_first_of_two_graphs():
    x = grad_leaf(3.0)
    shared = x * x
    first, second = shared + 1, shared + 2
    first.backward()
    with pytest.raises(GraphReleasedError, match=r"add|multiply"):
        second.backward()
    assert (x.grad, second.grad) == (6, None)


def test_a_released_tensor_can_be_carried_on_detached():
    w, state = grad_leaf(2.0), tensor(1.0)
    for _ in range(3):
        state = state * w
        state.backward()
        state = state.detach()
    assert (state.item(), w.grad) == (8, 1 + 2 + 4)


# --- a pass that is refused changes nothing -----------------------------------------------------------------------


def _wrong_shape(loss, w, half):
    loss.backward(np.ones((2, 2)))


def _stale_leaf(loss, w, half):
    w.data = w.data + 1
    loss.sum().backward()


def _released_part(loss, w, half):
    half.sum().backward()
    half.grad = w.grad = None
    loss.sum().backward()


def _nothing_to_differentiate(loss, w, half):
    loss.detach().backward(np.ones(3))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_wrong_shape, GradientShapeError),
        (_stale_leaf, StaleLeafError),
        (_released_part, GraphReleasedError),
        (_nothing_to_differentiate, RequiresGradError),
    ],
)
def test_a_refused_pass_leaves_everything_as_it_was(spoil, error):
    w, v = grad_leaf(np.ones(3), name="w"), grad_leaf(np.ones(3), name="v")
    seen = []
    v.register_hook(seen.append)
    half = w * w
    loss = np.exp(v) * half + v
    v.grad = np.full(3, 5.0)
    kept = np.exp(v)._node  # of another graph
    with pytest.raises(error):
        spoil(loss, w, half)
    assert w.grad is half.grad is loss.grad is None
    np.testing.assert_array_equal(v.grad, [5, 5, 5])
    assert seen == []
    assert kept.kept != ()
    if error is GradientShapeError:  # nothing was released: the right call still works
        loss.backward(np.ones(3))
        np.testing.assert_array_equal(w.grad, np.full(3, 2 * np.e))
        assert len(seen) == 1


def test_an_error_in_a_rule_names_op_and_line():
    broken = custom_op(lambda x: x * 1.0, lambda g: g / undefined_name, name="broken")  # noqa: F821
    y = broken(grad_leaf(1.0))
    with pytest.raises(NameError) as caught:
        y.backward()
    [note] = caught.value.__notes__
    assert note.startswith("in the rule of broken, applied at ")
    assert "test_backward.py:" in note


def test_what_does_not_require_a_gradient():
    x = grad_leaf(2.0)
    with no_grad():
        hidden = x * 2
    for t in (tensor(3.0), hidden, x.detach() * 2, np.floor(x), x.astype(int)):
        assert not t.requires_grad
        with pytest.raises(RequiresGradError, match=r"requires_grad=True.*detach\(\).*no_grad\(\)"):
            t.backward()

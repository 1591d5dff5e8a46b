"""Hooks: they see a finished gradient, may replace it, and can be removed."""

import copy
import weakref

import numpy as np
import pytest

from autograd import ArrayConversionError, GradientShapeError, RequiresGradError, Tensor, tensor


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


SIZES = pytest.mark.parametrize("shape", [(), (3,), (100,)], ids=str)


@SIZES
def test_a_hook_sees_the_whole_gradient_once(shape):
    """Three contributions arrive at x, and two at y; the hook is called when all are there."""
    x, seen = grad_leaf(np.ones(shape)), []
    y = x * 2
    x.register_hook(lambda g: seen.append(("x", np.array(g))))
    y.register_hook(lambda g: seen.append(("y", np.array(g))))
    (y + y * 3 + x).backward(np.ones(shape))
    assert [name for name, _ in seen] == ["y", "x"]
    np.testing.assert_array_equal(seen[0][1], np.full(shape, 4.0))
    np.testing.assert_array_equal(seen[1][1], np.full(shape, 9.0))
    np.testing.assert_array_equal(x.grad, np.full(shape, 9.0))


@SIZES
def test_a_hook_replaces_the_gradient_from_there_on(shape):
    x = grad_leaf(np.ones(shape))
    y = x * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    z.backward(np.ones(shape))
    np.testing.assert_array_equal(z.grad, np.full(shape, 1.0))
    np.testing.assert_array_equal(y.grad, np.full(shape, 30.0))
    np.testing.assert_array_equal(x.grad, np.full(shape, 61.0))


def test_several_hooks_run_in_order_and_can_be_removed():
    x = grad_leaf(1.0)
    first = x.register_hook(lambda g: g + 1)
    second = x.register_hook(lambda g: g * 10)
    x.backward()
    assert x.grad == 20.0
    first.remove()
    first.remove()  # a second time changes nothing
    x.grad = None
    x.backward()
    assert x.grad == 10.0
    second.remove()
    x.grad = None
    x.backward()
    assert x.grad == 1.0


def test_a_hook_may_remove_itself():
    x, calls = grad_leaf(1.0), []

    def once(g):
        calls.append(g)
        handle.remove()

    handle = x.register_hook(once)
    x.register_hook(calls.append)
    x.backward()
    x.backward()
    assert len(calls) == 3


@pytest.mark.parametrize(
    "answer",
    [
        2,
        [2.0, 2.0],
        np.full(2, 2.0),
        np.full(2, 2.0, "float32"),
        np.full(2, 2),
        tensor([2.0, 2.0]),
        np.broadcast_to(2.0, 2),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("interior", [False, True])
def test_what_a_hook_may_return(answer, dtype, interior):
    x = grad_leaf(np.ones(2, dtype))
    y = x * 1
    watched = y if interior else x
    if isinstance(answer, int):
        watched.register_hook(lambda g: g * answer)
    else:
        watched.register_hook(lambda g: answer)
    y.backward(np.ones(2))
    for t in (watched, x):
        assert type(t.grad) is np.ndarray
        assert t.grad.dtype == dtype
        np.testing.assert_array_equal(t.grad, [2, 2])
    if isinstance(answer, np.ndarray):
        assert not np.shares_memory(watched.grad, answer)


@pytest.mark.parametrize("answer", [1.0, np.ones(3), np.ones((2, 1)), np.ones((1, 2)), []], ids=repr)
@pytest.mark.parametrize("interior", [False, True])
def test_a_hook_must_keep_the_shape(answer, interior):
    x = grad_leaf([1.0, 2.0], name="x")
    y = x * 1
    y.name = "y"
    (y if interior else x).register_hook(lambda g: answer)
    with pytest.raises(GradientShapeError) as caught:
        y.backward([1.0, 1.0])
    assert str(caught.value) == (
        f"a hook on {'y' if interior else 'x'} (shape (2,), float64) returned a gradient of shape {np.shape(answer)}; "
        "it must have the shape (2,) of the Tensor."
    )


def test_a_hook_cannot_return_something_live():
    x = grad_leaf([1.0, 2.0])
    x.register_hook(lambda g: grad_leaf([1.0, 1.0]))
    with pytest.raises(ArrayConversionError):
        (x * 1).backward([1.0, 1.0])


def test_a_hook_cannot_change_the_gradient_in_place():
    """The same array may be on its way to another Tensor."""
    a, b = grad_leaf(np.ones(3)), grad_leaf(np.ones(3))

    def spoil(g):
        g *= 10

    a.register_hook(spoil)
    with pytest.raises(ValueError, match="read-only"):
        (a + b).backward(np.ones(3))


def test_a_gradient_that_a_hook_has_kept_is_not_changed():
    x, seen = grad_leaf(np.ones(3)), []
    x.register_hook(seen.append)
    for _ in range(2):
        (x * 2).backward(np.ones(3))
    x.grad[:] = 100
    for g in seen:
        np.testing.assert_array_equal(g, [2, 2, 2])


def test_hooks_run_in_gradient_too():
    x = grad_leaf(3.0)
    y = x * x
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    assert y.gradient(x, retain_graph=True)[0].item() == 61.0
    [g] = y.gradient(x, create_graph=True)
    assert g.item() == 61.0
    assert g.gradient(x)[0].item() == 21.0  # 10 * 2 and, from the hook on x, 1


def test_hooks_of_a_differentiable_pass_get_tensors():
    x, seen = grad_leaf([1.0, 2.0]), []
    y = x * x

    def watch(g):
        seen.append(type(g))
        return np.ones(2)  # a constant, from here on

    y.register_hook(watch)
    [g] = (y * y + y + y).gradient(x, gradient=[1.0, 1.0], create_graph=True)
    assert seen == [Tensor]
    np.testing.assert_array_equal(g.data, [2, 4])


def test_a_hook_of_a_leaf_outlives_changes_of_its_data():
    x = grad_leaf(1.0)
    x.register_hook(lambda g: g * 10)
    for _ in range(2):
        (x * 1).backward()
        x.data -= 1.0
    assert x.grad == 20.0


def test_a_hook_of_a_tensor_that_is_dropped_still_runs():
    x, seen = grad_leaf(1.0), []
    y = x * 2
    y.register_hook(seen.append)
    z = y * 3
    del y
    z.backward()
    assert seen == [3.0]


def test_a_hook_does_not_keep_its_tensor_alive():
    x = grad_leaf(np.ones(100))
    y = x * 2
    y.register_hook(lambda g: None)
    alive = weakref.ref(y)
    z = y.sum()
    del y
    assert alive() is None
    z.backward()


def test_hooks_need_something_to_hook_to():
    with pytest.raises(RequiresGradError, match=r"c \(shape \(\), float64\), which does not require a gradient"):
        tensor(1.0, name="c").register_hook(print)


def test_an_error_in_a_hook_comes_out():
    x = grad_leaf(1.0)
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        x.backward()


def test_hooks_are_not_copied():
    x = grad_leaf(1.0)
    x.register_hook(lambda g: g * 10)
    twin = copy.copy(x)
    twin.backward()
    assert twin.grad == 1.0

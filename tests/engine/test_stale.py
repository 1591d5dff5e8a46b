"""A leaf that changes between the forward and the backward pass: an error where an op still needs its value, and only
there."""

import numpy as np
import pytest

import nn
from autograd import LiveGraphError, OperandError, StaleLeafError, custom_op, no_grad, tensor
from autograd.ops import fused


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def in_place(w):
    w.data -= 0.5


def another_array(w):
    w.data = w.data - 0.5


def a_list(w):
    w.data = np.zeros(w.shape).tolist()


def by_an_operator(w):
    with no_grad():
        w -= 0.5


CHANGES = pytest.mark.parametrize("change", [in_place, another_array, a_list, by_an_operator])
SHAPES = pytest.mark.parametrize("shape", [(), (2, 2), (20, 20)], ids=str)
ONES = np.ones((2, 2))

joined = custom_op(lambda *xs: sum(xs), lambda g, xs: tuple(g * x for x in xs), name="joined")


@CHANGES
@SHAPES
@pytest.mark.parametrize(
    ("op", "compute"),
    [
        ("multiply", lambda w: w * w),
        ("sin", lambda w: np.sin(w)),
        ("divide", lambda w: 1.0 / w),
        ("power", lambda w: w**3),
        ("maximum", lambda w: np.maximum(w, 0.5)),
        ("joined", lambda w: joined(w, w + 1.0)),
    ],
)
def test_an_op_that_kept_it(op, compute, shape, change):
    w = grad_leaf(np.full(shape, 2.0), name="w")
    y = compute(w)
    change(w)
    with pytest.raises(StaleLeafError) as caught:
        y.backward(np.ones(shape))
    message = str(caught.value)
    assert message.startswith(f"w (shape {shape}, float64) was changed after {op} had used it")
    assert message.endswith("Call backward() before changing it, or run the forward pass again.")
    assert w.grad is None


@CHANGES
@SHAPES
@pytest.mark.parametrize(
    ("compute", "slope"),
    [
        (lambda w: w + 1.0, 1.0),
        (lambda w: w * 3.0, 3.0),
        (lambda w: 3.0 * w - w, 2.0),
        (lambda w: w / 4.0, 0.25),
        (lambda w: np.exp(w) * 0.0 + w, 1.0),  # exp keeps its result, which is nobody's leaf
        (lambda w: w.reshape(w.shape)[...].T, 1.0),
        (lambda w: np.stack([w, w]).sum(0), 2.0),
        (lambda w: w * (2.0 * tensor(np.ones(w.shape))), 2.0),
    ],
)
def test_an_op_that_did_not(compute, slope, shape, change):
    w = grad_leaf(np.full(shape, 2.0))
    y = compute(w)
    change(w)
    y.backward(np.ones(shape))
    np.testing.assert_array_equal(w.grad, np.full(shape, slope))


@pytest.mark.parametrize(
    "view",
    [
        lambda w: w.T,
        lambda w: w.reshape(4),
        lambda w: w[0],
        lambda w: w[None, :, 1:],
        lambda w: w.ravel(),
        lambda w: np.swapaxes(w, 0, 1),
        lambda w: np.squeeze(w),
        lambda w: np.expand_dims(w, 0),
        lambda w: np.moveaxis(w, 0, 1),
        lambda w: np.broadcast_to(w, (3, 2, 2)),
        lambda w: np.split(w, 2)[1],
        lambda w: w.T.reshape(2, 2)[1:].T,
    ],
)
@pytest.mark.parametrize("use", [np.sin, lambda v: v * v, lambda v: v * grad_leaf(3.0)])
def test_a_view_of_it_that_was_kept(view, use):
    """A view is a Tensor of its own, but its values lie in the memory of the leaf."""
    w = grad_leaf(np.arange(1.0, 5.0).reshape(2, 2), name="w")
    y = use(view(w)).sum()
    w.data *= 3
    with pytest.raises(StaleLeafError, match=r"^w \("):
        y.backward()

    y = use(view(w)).sum()
    y.backward(retain_graph=True)
    expected, w.grad = w.grad, None
    w.data = w.data * 3  # the old memory stays as it is, and so does the view
    y.backward()
    np.testing.assert_array_equal(w.grad, expected)


@pytest.mark.parametrize("product", [lambda x, w: x @ w, lambda x, w: x @ w.T, fused.linear])
def test_an_operand_without_gradient_is_what_matters(product):
    """w is kept for the gradient of x, and only if x has one."""
    w, x = grad_leaf(ONES), grad_leaf(ONES)
    y = product(x.data, w).sum()
    w.data -= 1
    y.backward()
    y = product(x, w).sum()
    w.data -= 1
    with pytest.raises(StaleLeafError):
        y.backward()


def test_two_of_several_leaves():
    w, v = grad_leaf(2.0, name="w"), grad_leaf(3.0, name="v")
    y = w + v * v
    w.data += 1.0
    y.backward(retain_graph=True)
    assert (w.grad, v.grad) == (1.0, 6.0)
    v.data += 1.0
    with pytest.raises(StaleLeafError, match=r"^v \(.*multiply"):
        y.backward()


def test_a_branch_that_is_not_asked_for_may_be_stale():
    w, v = grad_leaf(2.0), grad_leaf(3.0)
    y = w * w + v * v
    v.data += 1.0
    assert y.gradient(w, retain_graph=True)[0].item() == 4.0
    with pytest.raises(StaleLeafError):
        y.gradient(v)


def test_create_graph_sees_it_too():
    w = grad_leaf(2.0)
    y = w**3
    [g] = y.gradient(w, create_graph=True)
    w.data += 1.0
    for attempt in (lambda: y.gradient(w, create_graph=True, allow_unused=True), g.backward, y.backward):
        with pytest.raises(StaleLeafError):
            attempt()


@pytest.mark.parametrize("shape", [(), (1,), (3,), (100,)], ids=str)
def test_gradient_descent_by_hand(shape):
    """The update that every tutorial writes works on every leaf, 0-d included."""
    w = grad_leaf(np.full(shape, 10.0))
    data = w.data
    for _ in range(60):
        ((w - 3.0) ** 2).sum().backward()
        w.data -= 0.2 * w.grad
        w.grad = None
    np.testing.assert_allclose(w.data, np.full(shape, 3.0))
    assert w.data is data  # the array is the same throughout
    assert type(w.data) is np.ndarray


def test_after_a_change_a_new_forward_works_and_uses_the_new_value():
    w = grad_leaf(2.0)
    y = w * w
    w.data = 5.0
    z = w * w
    z.backward()
    assert w.grad == 10.0
    with pytest.raises(StaleLeafError):
        y.backward()


def test_changing_it_after_backward_is_fine():
    w = grad_leaf(2.0)
    y = w * w
    y.backward()
    w.data -= 1.0
    assert w.grad == 4.0


def test_changing_it_in_no_grad_is_no_exception():
    w = grad_leaf(2.0)
    y = w * w
    with no_grad():
        w.data -= 1.0
    with pytest.raises(StaleLeafError):
        y.backward()


def test_loading_a_state_is_a_change():
    layer = nn.Linear(2, 2, dtype="float64")
    y = layer(grad_leaf(ONES)).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(StaleLeafError, match="weight"):
        y.backward()


def test_the_data_of_a_computed_tensor_cannot_be_assigned():
    y = grad_leaf([1.0, 2.0]) * 2
    with pytest.raises(LiveGraphError, match=r"result of multiply.*detach\(\)"):
        y.data = np.zeros(2)


def test_data_keeps_its_shape_and_a_real_dtype():
    w = grad_leaf([1.0, 2.0], name="w")
    with pytest.raises(OperandError, match=r"w \(.*only be replaced by an array of the same shape, not \(3,\)"):
        w.data = np.zeros(3)
    with pytest.raises(TypeError, match="real floating"):
        w.data = np.array([1, 2])
    w.data = np.float32([1, 2])
    assert w.dtype == np.float32
    c = tensor([1, 2])
    c.data = [3, 4]
    np.testing.assert_array_equal(c.data, [3, 4])

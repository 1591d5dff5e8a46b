"""gradient(): gradients as Tensors, to any order, stored nowhere, and computed only where they are asked for."""

import weakref

import numpy as np
import pytest

from autograd import (
    GradientShapeError,
    GraphReleasedError,
    NonScalarBackwardError,
    RequiresGradError,
    Tensor,
    UnusedInputError,
    custom_op,
    no_grad,
    tensor,
)


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


# --- higher orders ------------------------------------------------------------------------------------------------


def slopes(f, x, order):
    """Derivatives of the sum of an elementwise function, of order 0, 1, ..., each by differentiating the last."""
    t = grad_leaf(x)
    y = f(t).sum()
    found = [y]
    for _ in range(order):
        [y] = y.gradient(t, create_graph=True)
        found.append(y)
        y = y.sum()
    return found


def test_third_order_with_a_broadcast_against_finite_differences():
    """f(x, w) = sum sin(x*w + x) with x of shape (4,) and w of shape (3, 1): every third derivative."""
    rng = np.random.default_rng(2)
    x0, w0 = rng.normal(size=4), rng.normal(size=(3, 1))

    def second_order(x, w):
        """All contractions of the Hessian with fixed directions: numbers that depend on x and w."""
        x, w = grad_leaf(x), grad_leaf(w)
        y = np.sin(x * w + x).sum()
        gx, gw = y.gradient(x, w, create_graph=True)
        u, v = np.linspace(-1, 1, 4), np.array([[0.3], [-1.0], [0.7]])
        along = (gx * u).sum() + (gw * v).sum()
        hx, hw = along.gradient(x, w, create_graph=True)
        return x, w, (hx * u).sum() * 2 + (hw * v).sum()

    x, w, z = second_order(x0, w0)
    analytic = z.gradient(x, w)

    def value(x, w):
        return second_order(x, w)[2].item()

    h = 1e-5
    for i in range(4):
        step = np.eye(4)[i] * h
        numeric = (value(x0 + step, w0) - value(x0 - step, w0)) / (2 * h)
        assert analytic[0].data[i] == pytest.approx(numeric, rel=1e-7, abs=1e-8)
    for i in range(3):
        step = np.eye(3)[i][:, None] * h
        numeric = (value(x0, w0 + step) - value(x0, w0 - step)) / (2 * h)
        assert analytic[1].data[i, 0] == pytest.approx(numeric, rel=1e-7, abs=1e-8)


def test_third_order_in_closed_form():
    """The same function, d^3/dx^3 = -(w+1)^3 cos(x(w+1)) summed over the broadcast axis."""
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=4), rng.normal(size=(3, 1))
    found = slopes(lambda t: np.sin(t * w + t), x, 3)
    a, s = w + 1, np.sin
    expected = [
        s(x * a).sum(),
        (a * np.cos(x * a)).sum(0),
        (-(a**2) * s(x * a)).sum(0),
        (-(a**3) * np.cos(x * a)).sum(0),
    ]
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(f.data, e, rtol=1e-12)


def test_high_orders_of_a_power():
    t = grad_leaf(1.5)
    y = t**7
    expected = 1.5**7
    for k in range(7):
        assert y.item() == pytest.approx(expected, rel=1e-13)
        [y] = y.gradient(t, create_graph=True)
        expected *= (7 - k) / 1.5
    assert y.item() == pytest.approx(5040, rel=1e-13)
    with pytest.raises(RequiresGradError):  # a constant by now
        y.gradient(t)


def test_gradient_through_a_gradient_step():
    """Differentiating through one step of gradient descent (what meta-learning does)."""
    w, rate = grad_leaf(3.0), grad_leaf(0.1)
    [g] = (w**2).gradient(w, create_graph=True)
    moved = w - rate * g
    (moved**2).backward()
    # (w - 2 r w)^2 = w^2 (1 - 2r)^2
    assert w.grad == pytest.approx(2 * 3 * (1 - 0.2) ** 2)
    assert rate.grad == pytest.approx(9 * 2 * (1 - 0.2) * -2)


def test_create_graph_works_inside_no_grad():
    x = grad_leaf(2.0)
    y = x**3
    with no_grad():
        [g] = y.gradient(x, create_graph=True)
        assert g.requires_grad
        [h] = g.gradient(x)
        assert not (x * 2).requires_grad  # and the mode is as it was
    assert (g.item(), h.item()) == (12.0, 12.0)


def test_a_live_gradient_is_differentiated_too():
    x, seed = grad_leaf([1.0, 2.0]), grad_leaf([3.0, 4.0])
    [g] = (x * x).gradient(x, gradient=seed, create_graph=True)
    g.sum().backward()
    np.testing.assert_array_equal(x.grad, [6, 8])
    np.testing.assert_array_equal(seed.grad, [2, 4])


def test_without_create_graph_the_results_are_constants():
    x, seed = grad_leaf([1.0, 2.0]), grad_leaf([3.0, 4.0])
    for gradient in (seed, seed.data, [3.0, 4.0]):
        [g] = (x * x).gradient(x, gradient=gradient)
        assert type(g) is Tensor
        assert not g.requires_grad
        np.testing.assert_array_equal(g.data, [6, 16])


def test_rules_that_give_plain_arrays_mix_with_others():
    """In a differentiable pass most gradients are Tensors, but a rule may give a constant."""
    flat = custom_op(lambda x: x * 1.0, lambda g, x_shape: np.ones(x_shape))
    x = grad_leaf([1.0, 2.0])
    y = (x * x * x + flat(x) + flat(x) + flat(x)).sum()
    [g] = y.gradient(x, create_graph=True)
    np.testing.assert_array_equal(g.data, [6, 15])
    [h] = g.sum().gradient(x)
    np.testing.assert_array_equal(h.data, [6, 12])


# --- what is asked for --------------------------------------------------------------------------------------------


def test_nothing_is_stored():
    x, w = grad_leaf(np.ones(3)), grad_leaf(np.ones(3))
    y = x * w
    loss = y.sum()
    loss.gradient(x, w, retain_graph=True)
    loss.gradient(x, create_graph=True)
    assert x.grad is w.grad is y.grad is loss.grad is None


def test_results_belong_to_the_caller():
    x, w = grad_leaf(np.ones(3)), grad_leaf(np.ones(3))
    seed = np.ones(3)
    gx, gw, again = (x + w).gradient(x, w, x, gradient=seed)
    gx.data[:] = 7
    for other in (gw, again):
        np.testing.assert_array_equal(other.data, np.ones(3))
    np.testing.assert_array_equal(seed, np.ones(3))


def test_the_shape_of_the_answer():
    x, w = grad_leaf(2.0), grad_leaf(3.0)
    y = x * w
    assert y.gradient(retain_graph=True) == ()
    assert [g.item() for g in y.gradient(w, x)] == [2.0, 3.0]


def test_inputs_may_be_anywhere_in_the_graph():
    x = grad_leaf(2.0)
    y = x * x
    z = y * x
    by_z, by_y, by_x = z.gradient(z, y, x)
    assert (by_z.item(), by_y.item(), by_x.item()) == (1.0, 2.0, 12.0)
    [own] = x.gradient(x)
    assert own.item() == 1.0


def test_an_unused_input():
    x, w = grad_leaf(1.0), grad_leaf(2.0, name="w")
    with pytest.raises(UnusedInputError, match=r"input 1 .*w \(shape \(\), float64\).*allow_unused=True"):
        (x * 2).gradient(x, w)
    gx, gw = (x * 2).gradient(x, w, allow_unused=True)
    assert (gx.item(), gw) == (2.0, None)


def test_an_unused_branch_of_the_same_graph():
    x, w = grad_leaf(1.0), grad_leaf(2.0)
    y, z = x * w, x + w
    assert z.gradient(y, allow_unused=True) == (None,)
    assert [g.item() for g in y.gradient(x, w)] == [2.0, 1.0]


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([tensor(1.0, name="c")], RequiresGradError, r"input 0 .*c .*does not require"),
        ([np.ones(2)], TypeError, "input 0 .*ndarray"),
        (["x"], TypeError, "input 0 .*str"),
    ],
)
def test_wrong_inputs(inputs, error, message):
    with pytest.raises(error, match=message):
        (grad_leaf(1.0) * 2).gradient(*inputs)


def test_gradients_of_what_has_none():
    with pytest.raises(RequiresGradError):
        tensor(1.0).gradient()
    x = grad_leaf([1.0, 2.0])
    with pytest.raises(NonScalarBackwardError, match=r"gradient\(\) starts from a single number"):
        (x * 2).gradient(x)
    with pytest.raises(GradientShapeError, match=r"given to gradient\(\) has shape \(3,\)"):
        (x * 2).gradient(x, gradient=np.ones(3))


def test_the_graph_is_released_unless_it_is_differentiated():
    x = grad_leaf(2.0)
    y = x * x
    y.gradient(x, create_graph=True)
    y.gradient(x)
    with pytest.raises(GraphReleasedError):
        y.gradient(x)
    z = x * x
    z.gradient(x, create_graph=True, retain_graph=False)
    with pytest.raises(GraphReleasedError):
        z.backward()


# --- what is not computed -----------------------------------------------------------------------------------------


def counting(name, calls):
    def rule(g):
        calls.append(name)
        return g * 1.0

    return custom_op(lambda x: x * 1.0, rule)


def test_rules_of_unneeded_branches_do_not_run():
    calls = []
    x, w = grad_leaf(1.0), grad_leaf(2.0)
    left, right, top = (counting(name, calls) for name in ("left", "right", "top"))
    y = top(left(x) * right(w))
    [g] = y.gradient(x, retain_graph=True)
    assert (g.item(), calls) == (2.0, ["top", "left"])
    calls.clear()
    y.backward()
    assert sorted(calls) == ["left", "right", "top"]


def test_rules_below_the_input_do_not_run():
    calls = []
    x = grad_leaf(1.0)
    below, above = counting("below", calls), counting("above", calls)
    middle = below(x)
    above(middle).gradient(middle)
    assert calls == ["above"]


def test_a_rule_of_an_operand_without_gradient_does_not_run():
    calls = []
    op = custom_op(
        lambda x, y: x * y, (lambda g, y: calls.append("x") or g * y, lambda g, x: calls.append("y") or g * x)
    )
    w = grad_leaf(3.0)
    op(w, 2.0).backward()
    op(5.0, w).backward()
    assert calls == ["x", "y"]
    assert w.grad == 7.0


def test_what_an_unneeded_branch_has_lost_does_not_matter():
    """One branch was released, or its leaf changed: the gradient by the other branch does not need it."""
    x, w = grad_leaf(2.0), grad_leaf([1.0])
    other = (w * w).sum()
    y = x * x + other
    other.backward()
    w.data -= 1
    assert y.gradient(x)[0].item() == 4.0


def test_unneeded_values_stay_while_the_graph_does_and_go_with_it():
    x, w = grad_leaf(np.ones(1000)), grad_leaf(np.ones(1000))
    hidden = np.exp(w)
    kept = weakref.ref(hidden.data)
    y = (x * hidden).sum()
    del hidden
    y.gradient(x)
    del y
    assert kept() is None

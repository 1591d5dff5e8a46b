"""Formulas and numbers in print: momentum's conventions, eps inside and outside, rates that vanish, bounds."""

import math

import numpy as np
import pytest

from autograd import GraphReleasedError, tensor
from optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    HyperparameterError,
    NonFiniteGradientError,
    clip_grad_norm,
    clip_grad_value,
)

STYLES = ("pytorch", "classical", "ema")


def leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def descend(optimizer, w, steps, look_ahead=False):
    """The points at which the gradients of 2*x**2 + cos(x) are taken, and the end."""
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        if look_ahead:
            with optimizer.look_ahead():
                seen.append(w.data.copy())
                (2 * w * w + np.cos(w)).sum().backward()
        else:
            seen.append(w.data.copy())
            (2 * w * w + np.cos(w)).sum().backward()
        optimizer.step()
    return np.array(seen), w.data


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_table_of_momentum_styles(nesterov):
    lr, mu = 0.03, 0.8
    ends = {}
    for style, rate in (("pytorch", lr), ("classical", lr), ("ema", lr / (1 - mu))):
        w = leaf([1.0, -3.0])
        optimizer = SGD([w], lr=rate, momentum=mu, momentum_style=style, nesterov=nesterov)
        ends[style] = descend(optimizer, w, 30)[0]
    np.testing.assert_allclose(ends["classical"], ends["pytorch"], rtol=1e-12)
    np.testing.assert_allclose(ends["ema"], ends["pytorch"], rtol=1e-12)


def test_styles_differ_when_the_rate_changes():
    speeds = {}
    for style, scale in (("pytorch", 1.0), ("classical", 1.0), ("ema", 2.0)):
        w = leaf(0.0)
        optimizer = SGD([w], lr=lambda t, s=scale: s * [1.0, 0.1][t], momentum=0.5, momentum_style=style)
        places = []
        for _ in range(2):
            w.grad = np.array(1.0)
            optimizer.step()
            places.append(w.item())
        speeds[style] = places[1] - places[0]
    assert speeds == pytest.approx({"pytorch": -0.15, "ema": -0.15, "classical": -0.6})


@pytest.mark.parametrize("style", STYLES)
def test_nesterov_at_the_look_ahead_point_and_reformulated(style):
    """Equal after the change of variable: the reformulated parameters are the points looked at."""
    w, v = leaf([1.0, -3.0]), leaf([1.0, -3.0])
    hyper = {"lr": 0.05, "momentum": 0.8, "momentum_style": style}
    ahead, _ = descend(SGD([w], **hyper), w, 30, look_ahead=True)
    points, _ = descend(SGD([v], **hyper, nesterov=True), v, 30)
    np.testing.assert_allclose(points, ahead, rtol=1e-10, atol=1e-14)


def twice(moved):
    assert moved.all()
    loss = leaf(1.0) * 2
    loss.backward()
    loss.backward()


def test_look_ahead_is_undone_after_an_error():
    w = leaf([1.0, 2.0])
    optimizer = SGD([w], lr=0.1, momentum=0.9)
    w.grad = np.ones(2)
    optimizer.step()
    here, before = w.data, w.data.copy()
    with pytest.raises(GraphReleasedError), optimizer.look_ahead():
        twice(w.data - before)
    assert w.data is here
    np.testing.assert_array_equal(w.data, before)


@pytest.mark.parametrize("hyper", [{}, {"momentum": 0.9, "nesterov": True}])
def test_look_ahead_needs_momentum_alone(hyper):
    with (
        pytest.raises(HyperparameterError, match="needs a positive momentum and nesterov=False"),
        SGD([leaf(1.0)], **hyper).look_ahead(),
    ):
        pass


@pytest.mark.parametrize("hyper", [{"nesterov": True}, {"momentum_style": "ema"}, {"momentum_style": "classical"}])
def test_dampening_belongs_to_the_plain_pytorch_style(hyper):
    with pytest.raises(HyperparameterError, match="dampening"):
        SGD([leaf(1.0)], momentum=0.9, dampening=0.1, **hyper)


def test_nesterov_needs_momentum():
    with pytest.raises(HyperparameterError, match="nesterov=True needs a positive momentum"):
        SGD([leaf(1.0)], nesterov=True)
    SGD([leaf(1.0)], nesterov=True, momentum=lambda t: 0.0)  # perhaps later


def test_a_mean_needs_a_momentum_of_at_most_one():
    SGD([leaf(1.0)], momentum=1.5)
    with pytest.raises(HyperparameterError, match=r"must be at most 1; got 1\.5"):
        SGD([leaf(1.0)], momentum=1.5, momentum_style="ema")


@pytest.mark.parametrize(("mode", "denominator"), [("inside", 1.414e-4), ("outside", 1.0001e-4)])
def test_where_eps_stands_in_adam(mode, denominator):
    w = leaf(0.0)
    w.grad = np.array(1e-4)
    Adam([w], lr=1.0, eps=1e-8, eps_mode=mode).step()
    assert 1e-4 / -w.item() == pytest.approx(denominator, rel=2e-4)


def test_adagrads_rate_vanishes():
    w = leaf(0.0)
    optimizer = Adagrad([w], lr=1.0)
    steps = []
    for _ in range(100):
        before = w.item()
        w.grad = np.array(3.0)
        optimizer.step()
        steps.append(before - w.item())
    np.testing.assert_allclose(steps, [1 / math.sqrt(t) for t in range(1, 101)], rtol=1e-9)


def test_decoupled_decay_does_not_depend_on_the_gradient():
    shrunk = {}
    for cls in (Adam, AdamW):
        w, twin = leaf([10.0, 10.0]), leaf([10.0, 10.0])
        optimizer, plain = cls([w], lr=0.01, weight_decay=0.1), Adam([twin], lr=0.01)
        for _ in range(5):
            w.grad, twin.grad = np.array([100.0, 0.01]), np.array([100.0, 0.01])
            optimizer.step()
            plain.step()
        shrunk[cls] = twin.data - w.data
    np.testing.assert_allclose(shrunk[AdamW], 10 * (1 - (1 - 0.01 * 0.1) ** 5), rtol=0.01)
    assert np.abs(shrunk[Adam]).max() < 0.01 * shrunk[AdamW].min()


# --- clipping ---------------------------------------------------------------------------------------------------


def with_gradients(*gradients, dtype=np.float64):
    params = [leaf(np.zeros_like(g, dtype)) for g in map(np.asarray, gradients)]
    for p, g in zip(params, gradients, strict=True):
        p.grad = np.array(g, dtype)
    return params


@pytest.mark.parametrize(("order", "norm"), [(2.0, 13.0), (1.0, 19.0), (math.inf, 12.0), (3.0, 1819 ** (1 / 3))])
def test_clip_grad_norm(order, norm):
    params = [*with_gradients([3.0, -4.0], 12.0), leaf(1.0)]
    assert clip_grad_norm(params, 1.0, order) == pytest.approx(norm)
    np.testing.assert_allclose(params[0].grad, np.array([3.0, -4.0]) / norm, rtol=1e-6)
    np.testing.assert_allclose(params[1].grad, 12.0 / norm, rtol=1e-6)
    assert params[2].grad is None
    assert clip_grad_norm(params, 100.0, order) == pytest.approx(1.0, rel=1e-6)
    np.testing.assert_allclose(params[1].grad, 12.0 / norm, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_the_norm_neither_overflows_nor_vanishes(dtype, scale):
    if dtype is not np.float16:
        scale = scale**8  # 1e-32 and 1e32, whose squares float32 does not have
    [w] = with_gradients(np.full(100, scale), dtype=dtype)
    assert clip_grad_norm([w], 1e300) == pytest.approx(10 * scale, rel=2e-3)
    assert w.grad.dtype == dtype


def test_the_norm_of_nothing_and_of_infinity():
    assert clip_grad_norm([], 1.0) == 0.0
    assert clip_grad_norm(with_gradients(np.ones((0, 3))), 1.0) == 0.0
    params = with_gradients([1.0, np.nan], [2.0])
    with pytest.raises(NonFiniteGradientError, match="is nan"):
        clip_grad_norm(params, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(params[1].grad, [2.0])
    assert math.isnan(clip_grad_norm(params, 1.0))


def test_a_parameter_given_twice_is_clipped_once():
    [w] = with_gradients([3.0, 4.0])
    assert clip_grad_norm([w, w], 2.5) == 5.0
    np.testing.assert_allclose(w.grad, [1.5, 2.0], rtol=1e-6)


def test_clip_grad_norm_equals_pytorchs(rng):
    torch = pytest.importorskip("torch")
    gradients = [rng.normal(size=s) for s in ((3, 4), (5,), ())]
    params, theirs = with_gradients(*gradients), [torch.zeros(g.shape, dtype=torch.float64) for g in gradients]
    for q, g in zip(theirs, gradients, strict=True):
        q.grad = torch.tensor(g, dtype=torch.float64)
    assert clip_grad_norm(params, 0.5) == pytest.approx(torch.nn.utils.clip_grad_norm_(theirs, 0.5).item(), rel=1e-14)
    for p, q in zip(params, theirs, strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-13)


def test_clip_grad_value():
    w, b = with_gradients([3.0, -4.0, 0.5], -2.0)
    clip_grad_value([w, b, leaf(1.0)], 1)
    np.testing.assert_array_equal(w.grad, [1.0, -1.0, 0.5])
    assert b.grad == -1.0


@pytest.mark.parametrize("bound", [-1.0, math.nan])
def test_wrong_bounds_are_refused(bound):
    with pytest.raises(HyperparameterError, match="max_norm"):
        clip_grad_norm([], bound)
    with pytest.raises(HyperparameterError, match="norm_type"):
        clip_grad_norm([], 1.0, bound)
    with pytest.raises(HyperparameterError, match="clip_value"):
        clip_grad_value([], bound)

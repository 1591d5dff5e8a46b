"""One step from 0.5 with gradients of every size, in every dtype, against the formula in numbers of 60 digits."""

import inspect
import warnings

import numpy as np
import pytest
from mpmath import mp, mpf, sqrt

import optim
from autograd import tensor
from optim.optimizer import Optimizer

LR, START = 0.01, 0.5
GRADIENTS = {
    "float16": [0.0, 6e-8, 1e-5, 1.5e-4, 1.0, 300.0, 60000.0],
    "float32": [0.0, 1.4e-45, 1e-38, 1e-30, 1e-20, 1.0, 1.5e19, 2.5e19, 1e21, 1e25, 1e38],
    "float64": [0.0, 5e-324, 1e-308, 1e-200, 1e-100, 1.0, 1e153, 1e155, 1e200, 1e305],
}
BEYOND_DOUBLE = np.finfo(np.longdouble).max > np.finfo(np.float64).max


def root(square, eps, mode="outside"):
    return sqrt(square + eps) if mode == "inside" else sqrt(square) + eps


def sgd(g, lr=LR, **_):
    return lr * g


def adam(g, eps=1e-8, weight_decay=0.0, eps_mode="outside", **_):
    g += mpf(weight_decay) * START
    return LR * g / root(g * g, mpf(eps), eps_mode)  # both means are corrected to g and g**2 at the first step


def adamw(g, weight_decay=1e-2, **_):
    return adam(g) + LR * mpf(weight_decay) * START


def nadam(g, **_):
    now, after = (mpf(0.9) * (1 - mpf(0.5) * mpf(0.96) ** (t * mpf(4e-3))) for t in (1, 2))
    mean = after * (1 - mpf(0.9)) * g / (1 - now * after) + (1 - now) * g / (1 - now)
    return LR * mean / root(g * g, mpf(1e-8))


def radam(g, **_):
    return LR * g


def adamax(g, eps=1e-8, **_):
    return LR * g / (abs(g) + mpf(eps))


def lion(g, **_):
    return LR * mp.sign(g)


def adagrad(g, eps=1e-10, eps_mode="outside", **_):
    return LR * g / root(g * g, mpf(eps), eps_mode)


def rmsprop(g, centered=False, **_):
    share = 1 - mpf(0.99)
    return LR * g / root(share * g * g - (share * g) ** 2 * centered, mpf(1e-8))


def adadelta(g, **_):
    eps = mpf(1e-6)
    return LR * sqrt(eps) / sqrt((1 - mpf(0.9)) * g * g + eps) * g


CASES = [
    (optim.SGD, sgd, {}),
    (optim.SGD, sgd, {"momentum": 0.9}),
    (optim.SGD, sgd, {"momentum": 0.9, "momentum_style": "classical"}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"eps_mode": "inside"}),
    (optim.Adam, adam, {"eps": 0.0}),
    (optim.Adam, adam, {"amsgrad": True, "eps": 1e-30}),
    (optim.Adam, adam, {"weight_decay": 0.1}),
    (optim.AdamW, adamw, {"weight_decay": 0.0}),
    (optim.AdamW, adamw, {"weight_decay": 0.1}),
    (optim.NAdam, nadam, {}),
    (optim.RAdam, radam, {}),
    (optim.Adamax, adamax, {}),
    (optim.Adamax, adamax, {"eps": 1e-4}),
    (optim.Lion, lion, {}),
    (optim.Adagrad, adagrad, {}),
    (optim.Adagrad, adagrad, {"eps": 0.0}),
    (optim.Adagrad, adagrad, {"eps": 1e-30, "eps_mode": "inside"}),
    (optim.RMSprop, rmsprop, {}),
    (optim.RMSprop, rmsprop, {"momentum": 0.9}),
    (optim.RMSprop, rmsprop, {"centered": True}),
    (optim.Adadelta, adadelta, {}),
    (optim.Rprop, lion, {}),
]
ROWS = [(*case, dtype) for case in CASES for dtype in GRADIENTS]
IDS = ["-".join([c.__name__, *(f"{k}={v}" for k, v in hyper.items()), dtype]) for c, _, hyper, dtype in ROWS]


def test_every_optimizer_has_a_row():
    """L-BFGS, which is no formula of one entry, has its own test below."""
    ours = {x for x in vars(optim).values() if inspect.isclass(x) and issubclass(x, Optimizer)}
    assert {case[0] for case in CASES} == ours - {Optimizer, optim.LBFGS}


def gradients(hyper, dtype):
    """Without eps, a gradient of 0 is 0 / 0 by the formula."""
    return [g for g in GRADIENTS[dtype] if g or hyper.get("eps") != 0.0]


def expected(formula, hyper, g, dtype):
    with mp.workdps(60):
        step = formula(mpf(float(np.dtype(dtype).type(g))), **hyper)
        return float(mpf(START) - step)


def close(found, right, dtype, what):
    """To the rounding of the parameter, and of some of its steps' coefficients."""
    limits = np.finfo(dtype)
    tolerance = max(abs(right) * float(limits.eps), 4 * float(limits.eps) * LR, float(limits.eps) / 4)
    assert found.dtype == dtype, what
    assert abs(float(found) - right) <= tolerance, (what, float(found), right)


@pytest.mark.parametrize(("cls", "formula", "hyper", "dtype"), ROWS, ids=IDS)
def test_a_first_step_of_every_size(cls, formula, hyper, dtype):
    """In place and as a function, each gradient alone and all in one array, without a warning."""
    values = gradients(hyper, dtype)
    if dtype == "float64" and cls.squares and not BEYOND_DOUBLE:
        values = [g for g in values if not 0.0 < g < 1e-150 and g < 1e150]
    right = [expected(formula, hyper, g, dtype) for g in values]
    for some, answers in [([g], [r]) for g, r in zip(values, right, strict=True)] + [(values, right)]:
        p = tensor(np.full(len(some), START, dtype), requires_grad=True)
        p.grad = np.array(some, dtype)
        optimizer = cls([p], lr=LR, **hyper)
        (new,), _ = optimizer.functional([tensor(p.data)], [tensor(p.grad)])
        optimizer.step()
        for g, r, x, y in zip(some, answers, p.data, new.data, strict=True):
            close(x, r, dtype, ("step", g))
            close(y, r, dtype, ("functional", g))


@pytest.mark.parametrize("cls", [optim.Adam, optim.Adagrad, optim.RMSprop, optim.Adadelta, optim.NAdam, optim.RAdam])
def test_large_gradients_for_many_steps(cls):
    """Squares that fit, and overflow once they are added up; and the way back to small ones."""
    sizes = [1.5e19] * 5 + [3e19, 1e25, 1e25, 1.0, 1.0]
    p, q = tensor(np.float32([START]), requires_grad=True), tensor(np.float64([START]), requires_grad=True)
    single, double = cls([p], lr=LR), cls([q], lr=LR)
    for g in sizes:
        p.grad, q.grad = np.float32([g]), np.float64([np.float32(g)])
        single.step()
        double.step()
        np.testing.assert_allclose(p.data, q.data, rtol=1e-5)
    kept = [x for x in single.state[p].values() if isinstance(x, np.ndarray)]
    assert {x.dtype for x in kept} == {np.dtype(np.float64)}, "1e50 is no number of single precision"


@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_a_large_gradient_in_the_last_of_many_blocks(order):
    """What was updated before it is not updated twice."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=(300, 700)).astype(np.float32)
    g[-1, -1] = 1e25
    start = rng.normal(size=g.shape).astype(np.float32)
    if order == "strided":
        start, g = np.stack([start, start], axis=1)[:, 0], np.stack([g, g], axis=1)[:, 0]
    else:
        start, g = np.array(start, order=order), np.array(g, order=order)
    p, q = tensor(np.empty_like(start), requires_grad=True), tensor(start.astype(float), requires_grad=True)
    p.data = start.copy(order="K")
    single, double = optim.Adam([p], lr=LR), optim.Adam([q], lr=LR)
    for _ in range(2):
        p.grad, q.grad = g, g.astype(float)
        single.step()
        double.step()
    np.testing.assert_allclose(p.data, q.data, rtol=1e-5, atol=1e-6)


def test_the_state_becomes_narrow_again_when_its_numbers_fit():
    p = tensor(np.float32([START]), requires_grad=True)
    optimizer = optim.Adam([p], betas=(0.5, 0.0))
    for g, dtype in ((1.0, "float32"), (1e25, "float64"), (1.0, "float64"), (1.0, "float32")):
        p.grad = np.float32([g])
        optimizer.step()
        assert optimizer.state[p]["exp_avg_sq"].dtype == dtype, g


def test_numbers_that_are_not_finite_do_not_widen_a_state():
    p = tensor(np.float32([START, START, START]), requires_grad=True)
    p.grad = np.float32([np.nan, np.inf, 1.0])
    optimizer = optim.AdamW([p], lr=LR)
    with np.errstate(invalid="ignore"):
        optimizer.step()
    assert optimizer.state[p]["exp_avg_sq"].dtype == np.float32
    assert np.isnan(p.data[0])
    assert p.data[2] == pytest.approx(0.49, abs=1e-4)


def test_a_parameter_that_overflows_is_said_in_the_callers_way():
    p = tensor(np.float32([3e38]), requires_grad=True)
    optimizer = optim.Adam([p], lr=1e38, maximize=True)
    p.grad = np.ones(1, np.float32)
    with pytest.warns(RuntimeWarning, match="overflow"):
        optimizer.step()
    p.data = np.float32([3e38])
    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step()
    assert p.data == [np.inf]


@pytest.mark.parametrize(("dtype", "sizes"), [("float16", [1e-3, 300.0]), ("float32", [1.0, 1e25, 1.0])])
def test_a_state_goes_on_bit_for_bit(dtype, sizes):
    p, q = (tensor(np.full(3, START, dtype), requires_grad=True) for _ in range(2))
    one, other = optim.Adam([p], lr=LR), optim.Adam([q], lr=LR)
    for g in sizes:
        p.grad = np.array([g, 1.0, 0.0], dtype)
        one.step()
    q.data = p.data.copy()
    other.load_state_dict(one.state_dict())
    for g in sizes:
        p.grad = q.grad = np.array([g, 1.0, 0.0], dtype)
        one.step()
        other.step()
        np.testing.assert_array_equal(p.data, q.data)


def test_a_state_of_half_precision_goes_on_in_single():
    """As older versions wrote them, and PyTorch does."""
    p = tensor(np.full(2, START, np.float16), requires_grad=True)
    optimizer = optim.Adam([p], lr=LR)
    state = optimizer.state_dict()
    for name in ("exp_avg", "exp_avg_sq"):
        state["state"][0][name] = np.array([0.25, 1e-3], np.float16)
    optimizer.load_state_dict(state)
    assert optimizer.state[p]["exp_avg"].dtype == np.float32
    np.testing.assert_array_equal(optimizer.state[p]["exp_avg"], np.float16([0.25, 1e-3]))


def test_a_state_that_was_text_is_single_again():
    p = tensor(np.full(2, START, np.float32), requires_grad=True)
    optimizer = optim.Adam([p], lr=LR)
    state = optimizer.state_dict()
    state["state"][0]["exp_avg_sq"] = np.float32([1e-33, 1e-40]).tolist()
    optimizer.load_state_dict(state)
    assert optimizer.state[p]["exp_avg_sq"].dtype == np.float32
    p.grad = np.ones(2)
    optimizer.step()
    assert optimizer.state[p]["exp_avg_sq"].dtype is np.dtype(np.float32), "which the step compares by identity"


def test_nesterovs_first_form_keeps_half_precision():
    p = tensor(np.full(2, START, np.float16), requires_grad=True)
    optimizer = optim.SGD([p], lr=LR, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        with optimizer.look_ahead():
            assert p.dtype == np.float16
            (p * p).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(p.data, 0.5 - 0.01 - (0.009 + 0.0096), atol=1e-3)


# --- L-BFGS and the bounds on gradients --------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "scale"), [("float16", 1e-3), ("float32", 1e25)])
def test_lbfgs_of_large_and_half_precision_losses(dtype, scale):
    """Products of gradients neither overflow nor vanish."""
    w = tensor(np.array([1.0, -1.5], dtype), requires_grad=True)
    optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe", tolerance_grad=0.0, tolerance_change=0.0, max_iter=8)

    def closure():
        optimizer.zero_grad()
        loss = (scale * (w - 0.25) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(w.data, 0.25, rtol=2e-2 if dtype == "float16" else 1e-3)


NORMS = [
    ("float64", [3e200, 4e200], 5e200),
    ("float64", [3e-200, 4e-200], 5e-200),
    ("float32", [3e25, 4e25], 5e25),
    ("float32", [3e-30, 4e-30], 5e-30),
    ("float16", [300.0, 400.0], 500.0),
    ("float16", [6e-8, 0.0], 2.0**-24),
]


@pytest.mark.parametrize(("dtype", "values", "norm"), NORMS, ids=str)
@pytest.mark.parametrize("apart", [False, True])
def test_norms_whose_squares_overflow_or_vanish(dtype, values, norm, apart):
    arrays = [np.array([x], dtype) for x in values] if apart else [np.array(values, dtype)]
    params = [tensor(np.ones_like(a), requires_grad=True) for a in arrays]
    for largest in (1.0, 1e-3, 1e-10, 1e-200):
        for p, a in zip(params, arrays, strict=True):
            p.grad = a.copy()
        found = optim.clip_grad_norm(params, largest)
        assert found == pytest.approx(norm, rel=1e-6)
        scale = min(1.0, largest / (norm + 1e-6)) if norm < 1e100 else None
        right = [x / norm * largest if scale is None else x * scale for x in values]
        clipped = np.concatenate([p.grad for p in params])
        limits = np.finfo(dtype)
        np.testing.assert_allclose(
            clipped, right, rtol=4 * float(limits.eps), atol=float(limits.smallest_subnormal), err_msg=str(largest)
        )


@pytest.mark.parametrize("bound", [1e6, np.inf])
def test_a_bound_that_half_precision_cannot_say(bound):
    p = tensor(np.ones(2, np.float16), requires_grad=True)
    p.grad = np.array([300.0, np.inf], np.float16)
    optim.clip_grad_value([p], bound)
    assert p.grad.tolist() == [300.0, np.inf]


def test_minimize_knows_the_length_of_large_and_small_gradients():
    for scale in (1e200, 1e-200):
        found = optim.minimize(lambda x, s=scale: (s * x).sum(), np.ones(4), "sgd", lr=0.0, max_steps=1, tolerance=0.0)
        assert found.gradient_norms[0] == pytest.approx(2 * scale)

"""L-BFGS: against the dense formula, against PyTorch, and where losses are not as one would wish."""

import warnings

import numpy as np
import pytest

from autograd import no_grad, tensor
from optim import LBFGS, NonFiniteGradientError, ParameterError, StateError, UpdateError
from optim.line_search import ARMIJO, CURVATURE, Point, strong_wolfe

START = np.array([-1.2, 1.0, 0.7, -0.4])


def rosenbrock(x):
    return ((1 - x[:-1]) ** 2).sum() + 100 * ((x[1:] - x[:-1] ** 2) ** 2).sum()


def bowl(x):
    return ((x - 1) ** 4).sum() + (x * x).sum() + x[0] * x[1]


def leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def closure_of(optimizer, f, *params):
    def closure():
        optimizer.zero_grad()
        loss = f(*params)
        loss.backward()
        return loss

    return closure


def run(f=rosenbrock, start=START, steps=1, **hyper):
    w = leaf(start)
    optimizer = LBFGS([w], **hyper)
    closure = closure_of(optimizer, f, w)
    losses = [optimizer.step(closure).item() for _ in range(steps)]
    return w, optimizer, losses


# --- formulas ---------------------------------------------------------------------------------------------------


def dense(x, steps, lr, size):
    """Nocedal & Wright (7.16) and (7.20) with H written out, and the textbook's first step."""

    def slope(x):
        g = 4 * (x - 1) ** 3 + 2 * x
        g[:2] += x[1::-1]
        return g

    pairs, g = [], slope(x)
    for t in range(steps):
        if t == 0:
            s = -min(1.0, 1.0 / np.abs(g).sum()) * lr * g
        else:
            y, s = pairs[-1]
            h = np.eye(len(x)) * (s @ y) / (y @ y)
            for y, s in pairs[-size:]:
                v = np.eye(len(x)) - np.outer(y, s) / (y @ s)
                h = v.T @ h @ v + np.outer(s, s) / (y @ s)
            s = -lr * (h @ g)
        x, before = x + s, g
        g = slope(x)
        pairs.append((g - before, s))
    return x


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("per_call", [1, 3])
def test_steps_equal_the_dense_formula(size, per_call):
    w, optimizer, _ = run(
        bowl, steps=12 // per_call, lr=0.3, max_iter=per_call, max_eval=1000, history_size=size, tolerance_change=0
    )
    np.testing.assert_allclose(w.data, dense(START, 12, 0.3, size), rtol=1e-9)
    assert len(optimizer.state[w]["old_dirs"]) == min(size, 11)
    assert (optimizer.state[w]["n_iter"], optimizer.state[w]["func_evals"]) == (12, 12)


@pytest.mark.parametrize("shrink", [7, 2])
def test_the_history_may_be_cut_and_lengthened(shrink):
    """The direction is that of the two loops over the lists in the state, whatever was done to them."""
    w, optimizer, _ = run(rosenbrock, steps=3, max_iter=5, line_search_fn="strong_wolfe", history_size=7)
    group, memory = optimizer.param_groups[0], optimizer.state[w]
    for size in (shrink, 7):
        group["history_size"] = size
        optimizer.step(closure_of(optimizer, rosenbrock, w))
        assert len(memory["old_dirs"]) == len(memory["old_stps"]) == len(memory["ro"]) <= size
        _follow_two_loops(optimizer, memory)
    memory["old_dirs"].pop(0), memory["old_stps"].pop(0), memory["ro"].pop(0)
    _follow_two_loops(optimizer, memory)
    memory.update(old_dirs=[], old_stps=[], ro=[])
    _follow_two_loops(optimizer, memory)


def _follow_two_loops(optimizer, memory):
    """Nocedal & Wright, algorithm 7.4."""
    g = np.array([0.3, -2.0, 1.0, 4.0])
    memory["t"] = 0.0  # nothing new to be learned
    found = optimizer._direction(g)
    pairs = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"], strict=True))
    d, shares = g.copy(), []
    for y, s, r in reversed(pairs):
        shares.append(r * (s @ d))
        d = d - shares[-1] * y
    d = memory["H_diag"] * d
    for (y, s, r), share in zip(pairs, reversed(shares), strict=True):
        d = d + (share - r * (y @ d)) * s
    np.testing.assert_allclose(found, -d, rtol=1e-9)


def test_a_long_history_is_that_of_the_two_loops_also_where_rows_are_used_again():
    w, optimizer, _ = run(rosenbrock, np.linspace(-1, 2, 4), 1, max_iter=60, max_eval=500, history_size=9,
                          line_search_fn="strong_wolfe", tolerance_change=0.0)  # fmt: skip
    memory = optimizer.state[w]
    assert memory["n_iter"] > 20
    assert len(memory["ro"]) == 9
    _follow_two_loops(optimizer, memory)
    other = LBFGS([leaf(w.data)], history_size=9)
    saved = optimizer.state_dict()
    other.load_state_dict(saved)
    g = np.array([0.3, -2.0, 1.0, 4.0])
    np.testing.assert_array_equal(other._direction(g), optimizer._direction(g))
    for name in ("added", "inverse"):
        del saved["state"][0][name]  # a state of PyTorch, or of an earlier version, has none
    other.load_state_dict(saved)
    np.testing.assert_allclose(other._direction(g), optimizer._direction(g), rtol=1e-9)


SETTINGS = [
    (bowl, {"lr": 0.5, "max_iter": 3}),
    (bowl, {"lr": 0.1, "max_iter": 5, "max_eval": 3, "history_size": 2}),
    (bowl, {"lr": 1.0, "max_iter": 4, "line_search_fn": "strong_wolfe"}),
    (rosenbrock, {"lr": 1.0, "max_iter": 3, "history_size": 4, "line_search_fn": "strong_wolfe"}),
    (rosenbrock, {"lr": 0.3, "max_iter": 1, "max_eval": 20, "line_search_fn": "strong_wolfe"}),
    (rosenbrock, {"lr": 20.0, "max_iter": 6, "line_search_fn": "strong_wolfe"}),
]


@pytest.mark.parametrize(("f", "hyper"), SETTINGS)
def test_the_way_is_pytorchs(f, hyper):
    torch = pytest.importorskip("torch")
    w, b = leaf(START[:3]), leaf(START[3])
    q, c = (torch.tensor(x, requires_grad=True) for x in (START[:3], START[3]))
    ours, theirs = LBFGS([w, b], **hyper), torch.optim.LBFGS([q, c], **hyper)
    mine = closure_of(ours, lambda w, b: f(np.concatenate([w, b.reshape(1)])), w, b)
    other = closure_of(theirs, lambda w, b: f(torch.cat([w, b.reshape(1)])), q, c)
    for _ in range(15):
        assert ours.step(mine).item() == pytest.approx(theirs.step(other).item(), rel=1e-8, abs=1e-14)
        np.testing.assert_allclose(w.data, q.detach().numpy(), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(b.data, c.detach().numpy(), rtol=1e-6, atol=1e-9)
        for name in ("func_evals", "n_iter"):
            assert ours.state[w][name] == theirs.state[q][name]


def test_line_searches_on_waves_are_pytorchs():
    """Curves on which the search brackets, leaves the bracket's edge and extrapolates, from many starts.

    From one start PyTorch's interpolation overflows and it goes on with NaN, where ours takes the middle.
    """
    torch, lost = pytest.importorskip("torch"), 0
    for lr in (1e-3, 0.1, 1.0, 30.0):
        for start in np.linspace(-9.0, 9.0, 25):
            w, q = leaf([start]), torch.tensor([start], requires_grad=True, dtype=torch.float64)
            hyper = {"lr": lr, "max_iter": 2, "max_eval": 30, "line_search_fn": "strong_wolfe"}
            ours, theirs = LBFGS([w], **hyper), torch.optim.LBFGS([q], **hyper)
            mine = closure_of(ours, lambda x: (x * x / 50 - np.sin(3 * x) + np.exp(x / 3)).sum(), w)
            other = closure_of(theirs, lambda x: (x * x / 50 - torch.sin(3 * x) + torch.exp(x / 3)).sum(), q)
            for _ in range(2):
                ours.step(mine)
                theirs.step(other)
                assert np.isfinite(w.item())
                if not np.isfinite(q.item()):
                    lost += 1
                    break
                assert ours.state[w]["func_evals"] == theirs.state[q]["func_evals"], (lr, start)
                assert w.item() == pytest.approx(q.item(), rel=1e-9, abs=1e-12), (lr, start)
    assert lost <= 1


def test_a_pytorch_state_goes_on_here():
    torch = pytest.importorskip("torch")
    hyper = {"max_iter": 3, "line_search_fn": "strong_wolfe", "lr": 0.5}
    w, q = leaf(START), torch.tensor(START, requires_grad=True)
    ours, theirs = LBFGS([w], max_iter=5), torch.optim.LBFGS([q], **hyper)
    other = closure_of(theirs, rosenbrock, q)
    for _ in range(4):
        theirs.step(other)
    ours.load_state_dict(theirs.state_dict())
    w.data = q.detach().numpy().copy()
    mine = closure_of(ours, rosenbrock, w)
    for _ in range(3):
        ours.step(mine)
        theirs.step(other)
    np.testing.assert_allclose(w.data, q.detach().numpy(), rtol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_finds_the_minimum(dtype):
    w, optimizer, losses = run(
        start=np.abs(START).astype(dtype), steps=15, line_search_fn="strong_wolfe", tolerance_change=1e-12, max_eval=50
    )
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(w.data, 1.0, atol=1e-3 if dtype is np.float32 else 1e-7)
    state = optimizer.state[w]
    assert w.dtype == dtype
    assert {x.dtype for x in (state["d"], *state["old_dirs"], *state["old_stps"])} == {np.dtype(np.float64)}


# --- the line search --------------------------------------------------------------------------------------------

CURVES = {
    "quartic": (lambda t: (t - 3) ** 4, lambda t: 4 * (t - 3) ** 3),
    "wave": (lambda t: t * t / 50 - np.sin(t), lambda t: t / 25 - np.cos(t)),
    "steep": (lambda t: np.exp(t) - 10 * t, lambda t: np.exp(t) - 10),
    "wall": (lambda t: -np.log(1 - t) - 5 * t if t < 1 else np.nan, lambda t: 1 / (1 - t) - 5 if t < 1 else np.nan),
    "cliff": (lambda t: (t - 0.5) ** 2 if t < 1 else np.inf, lambda t: 2 * t - 1),
}


@pytest.mark.parametrize("first", [1e-4, 0.1, 1.0, 5.0, 500.0])
@pytest.mark.parametrize("name", CURVES)
def test_the_wolfe_conditions_hold(name, first):
    f, slope = CURVES[name]
    asked = []

    def evaluate(t):
        asked.append(t)
        return Point(t, float(f(t)), np.array([slope(t)]), float(slope(t)))

    start = evaluate(0.0)
    found, count = strong_wolfe(evaluate, start, first, narrow=1e-12, limit=50)
    assert found.value <= start.value + ARMIJO * found.step * start.slope
    assert abs(found.slope) <= -CURVATURE * start.slope
    assert count == len(asked) - 1
    assert found.step in asked


def test_a_limited_search_returns_the_best_point_known():
    def evaluate(t):
        return Point(t, (t - 1.0) ** 2, np.array([2 * (t - 1.0)]), 2 * (t - 1.0))

    start = evaluate(0.0)
    for limit in range(4):
        found, count = strong_wolfe(evaluate, start, 1000.0, narrow=1e-12, limit=limit)
        assert found.value <= start.value
        assert count <= 1 + limit


# --- what is refused, and what is put back ----------------------------------------------------------------------


def test_a_loss_that_is_not_finite_leaves_the_parameters():
    w = leaf([1.0, 2.0])
    optimizer = LBFGS([w])
    with pytest.raises(NonFiniteGradientError, match="LBFGS: the loss is nan where the step starts"):
        optimizer.step(closure_of(optimizer, lambda w: (w * np.nan).sum(), w))
    np.testing.assert_array_equal(w.data, [1.0, 2.0])


def test_a_step_into_infinity_is_taken_back():
    w = leaf(np.array([0.5]))
    optimizer = LBFGS([w], lr=100.0)

    def f(w):
        with np.errstate(invalid="ignore"):
            return (np.log(1.0 + w) - 2.0 * w).sum()  # -> -inf, and not defined below -1

    w.data = np.array([-0.9])  # uphill is right, so the first step is far to the left of -1
    with pytest.raises(NonFiniteGradientError, match=r"the loss is nan after a step of length 12\.5, which was undone"):
        optimizer.step(closure_of(optimizer, f, w))
    np.testing.assert_array_equal(w.data, [-0.9])


def test_the_search_stays_where_the_loss_is_defined():
    w = leaf([2.0])
    optimizer = LBFGS([w], lr=100.0, max_iter=50, line_search_fn="strong_wolfe")

    def f(w):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (w - np.log(w)).sum()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        optimizer.step(closure_of(optimizer, f, w))
    assert w.item() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_an_error_in_the_closure_leaves_the_parameters_where_they_were(search):
    w = leaf(START)
    optimizer = LBFGS([w], line_search_fn=search)
    good, calls = closure_of(optimizer, bowl, w), []

    def closure():
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return good()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    np.testing.assert_array_equal(w.data, START)
    optimizer.step(good)
    assert bowl(w.data) < bowl(START)


def test_one_group_a_closure_and_no_functional():
    w, b = leaf([1.0]), leaf([2.0])
    with pytest.raises(ParameterError, match="pass them in one group"):
        LBFGS([{"params": [w]}, {"params": [b]}])
    with pytest.raises(ParameterError, match="the list of parameters is empty"):
        LBFGS([{"params": []}])
    optimizer = LBFGS([{"params": [w, b], "lr": 0.5}])
    assert optimizer.param_groups[0]["lr"] == 0.5
    with pytest.raises(ParameterError, match="pass them in one group"):
        optimizer.add_param_group({"params": [leaf(1.0)]})
    with pytest.raises(UpdateError, match="needs a closure"):
        optimizer.step()
    with pytest.raises(UpdateError, match=r"no functional\(\)"):
        optimizer.functional([w, b], [w, b])


def test_within_no_grad_a_closure_may_differentiate_and_return_a_number():
    w = leaf(START)
    optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    closure = closure_of(optimizer, bowl, w)
    with no_grad():
        assert optimizer.step(lambda: closure().item()) == bowl(START)
    assert bowl(w.data) < 0.1 * bowl(START)


def test_parameters_without_gradient_stand_still_beside_others():
    w, unused = leaf(START), leaf([3.0])
    optimizer = LBFGS([unused, w], line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer, bowl, w))
    assert optimizer.skipped == (unused,)
    assert unused.item() == 3.0
    alone, _, _ = run(bowl, line_search_fn="strong_wolfe")
    np.testing.assert_allclose(w.data, alone.data, rtol=1e-12)


def test_at_the_minimum_nothing_happens():
    w, optimizer, _ = run(lambda w: (w * w).sum(), np.zeros(3), steps=2)
    np.testing.assert_array_equal(w.data, 0.0)
    assert (optimizer.state[w]["n_iter"], optimizer.state[w]["func_evals"], optimizer.t) == (0, 2, 2)


WRONG = {
    "a vector of another size": (lambda s: s.update(d=np.zeros(7)), r"vector of shape \(7,\), but needs \(4,\)"),
    "a history of another size": (lambda s: s.update(old_dirs=np.zeros((2, 3))), r"shape \(3,\)"),
    "histories of two lengths": (lambda s: s.update(ro=[1.0]), "the histories in the state differ"),
    "an inverse of another size": (lambda s: s.update(inverse=np.zeros((3, 2))), "the histories in the state differ"),
    "words in place of a number": (lambda s: s.update(added="many"), "added in the state is 'many': invalid literal"),
    "words in place of a vector": (lambda s: s.update(d="far"), "d in the state is 'far': could not convert"),
    "something unknown": (lambda s: s.update(velocity=1.0), "has velocity, which LBFGS does not use"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_state_is_refused_whole(what):
    change, message = WRONG[what]
    _, optimizer, _ = run(bowl, steps=2, lr=0.1, max_iter=2, max_eval=9)
    state, before = optimizer.state_dict(), str(optimizer.state_dict())
    change(state["state"][0])
    with pytest.raises(StateError, match=message) as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value).endswith("Nothing was loaded.")
    assert str(optimizer.state_dict()) == before
    with pytest.raises(StateError, match="it has no key 'state'"):
        optimizer.load_state_dict({})


def test_the_state_is_arrays_and_numbers():
    w, optimizer, _ = run(bowl, steps=2, lr=0.1, max_iter=3, max_eval=9)
    state = optimizer.state_dict()["state"][0]
    assert state["old_dirs"].shape == state["old_stps"].shape == (5, 4)
    assert state["ro"].shape == (5,)
    assert all(isinstance(x, np.ndarray | float | int) for x in state.values())
    state["d"][:] = 77.0
    assert 77.0 not in optimizer.state[w]["d"]

"""`nn.ReduceOnPlateau`: against PyTorch's, by hand, and resumed."""

import math

import numpy as np
import pytest

import nn
import optim
from autograd import tensor

NAMES = sorted(name for name in optim.__all__ if isinstance(x := getattr(optim, name), type) and
               issubclass(x, optim.Optimizer) and x is not optim.Optimizer)  # fmt: skip


def make(lr=0.8, cls=optim.SGD, **hyper):
    w, b = tensor([1.0], requires_grad=True), tensor([1.0], requires_grad=True)
    groups = [{"params": [w]}, {"params": [b], "lr": lr / 2}] if cls is not optim.LBFGS else [w, b]
    return cls(groups, lr=lr, **hyper)


def rates(values, **arguments):
    optimizer = make()
    plateau = nn.ReduceOnPlateau(optimizer, **arguments)
    seen = []
    for value in values:
        before = optimizer.param_groups[0]["lr"]
        assert plateau.step(value) == (optimizer.param_groups[0]["lr"] != before)
        seen.append(optimizer.param_groups[0]["lr"])
    return seen


@pytest.mark.parametrize("arguments", [
    {},
    {"patience": 0},
    {"patience": 2, "cooldown": 3},
    {"patience": 1, "threshold": 0.05},
    {"patience": 1, "threshold": 0.3, "threshold_mode": "abs", "factor": 0.1},
    {"mode": "max", "patience": 1},
    {"mode": "max", "patience": 3, "threshold": 0.2, "threshold_mode": "abs", "min_lr": 0.05},
])  # fmt: skip
def test_rates_are_pytorchs(arguments, rng):
    torch = pytest.importorskip("torch")
    values = 3.0 * np.exp(-np.arange(120) / 20) + rng.uniform(0.0, 0.2, 120) + 0.1
    values[50] = math.nan
    theirs = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.8)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **{"factor": 0.5, "eps": 0.0, **arguments})
    expected = []
    for value in values.tolist():
        scheduler.step(value)
        expected.append(theirs.param_groups[0]["lr"])
    assert len(set(expected)) > 2
    np.testing.assert_allclose(rates(values, **arguments), expected, rtol=1e-12)


def test_the_rate_is_halved_when_progress_slows():
    assert rates([5.0, 4.0, 4.0, 4.0, 3.0, 3.0, 3.0], patience=1) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


def test_the_change_per_epoch_against_a_threshold():
    """Slow progress is progress against a best that stands still, and none against the last epoch."""
    slow = [1.0 - 0.04 * t for t in range(6)]
    hyper = {"patience": 0, "threshold": 0.05, "threshold_mode": "abs"}
    assert rates(slow, **hyper, against="last") == [0.8, 0.4, 0.2, 0.1, 0.05, 0.025]
    assert rates(slow, **hyper) == [0.8, 0.4, 0.4, 0.2, 0.2, 0.1]
    assert rates([5.0, 6.0, 5.5, 5.4], **hyper, against="last") == [0.8, 0.4, 0.4, 0.4]


def test_nan_is_no_progress_and_is_not_remembered_as_the_best():
    assert rates([1.0, math.nan, 0.5], patience=0) == [0.8, 0.4, 0.4]
    assert rates([math.nan, 1.0, 0.5], patience=0, against="last") == [0.4, 0.4, 0.4]


def test_negative_numbers_need_progress_too():
    """PyTorch's rule, best * (1 - threshold), takes a standing negative loss for progress."""
    assert rates([-1.0, -1.0, -2.0], patience=0) == [0.8, 0.4, 0.4]
    assert rates([-1.0, -1.0, -0.5], patience=0, mode="max") == [0.8, 0.4, 0.4]


@pytest.mark.parametrize("name", NAMES)
def test_it_works_with_every_optimizer_and_every_group(name):
    optimizer = make(lr=0.8, cls=getattr(optim, name))
    plateau = nn.ReduceOnPlateau(factor=0.25, patience=0, min_lr=0.12)
    plateau.optimizer = optimizer
    before = [group["lr"] for group in optimizer.param_groups]
    assert [plateau.step(tensor(1.0)) for _ in range(3)] == [False, True, True]
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.12] * len(before))
    assert plateau.step(1.0) is False
    w = optimizer.param_groups[0]["params"][0]
    w.grad = np.ones(1)
    optimizer.step(lambda: 1.0)
    assert w.item() != 1.0


def test_a_rate_below_the_least_stays():
    optimizer = make(lr=0.01)
    plateau = nn.ReduceOnPlateau(optimizer, patience=0, min_lr=0.1)
    assert [plateau.step(1.0), plateau.step(1.0)] == [False, False]
    assert optimizer.param_groups[0]["lr"] == 0.01


def test_resumed_equals_uninterrupted(rng):
    values = rng.uniform(1.0, 2.0, 40)
    optimizer, arguments = make(), {"patience": 1, "cooldown": 2}
    plateau = nn.ReduceOnPlateau(optimizer, **arguments)
    for value in values[:17]:
        plateau.step(value)
    other = make()
    resumed = nn.ReduceOnPlateau(other, **arguments)
    other.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(plateau.state_dict())
    for value in values[17:]:
        assert plateau.step(value) == resumed.step(value)
    assert other.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"] < 0.1
    assert resumed.state_dict() == plateau.state_dict()
    assert resumed.reductions > 3
    with pytest.raises(nn.StateDictError, match=r"this one has \['best'\]"):
        resumed.load_state_dict({"best": 1.0})


@pytest.mark.parametrize(("name", "values"), {
    "mode": ["least", None],
    "threshold_mode": ["x"],
    "against": ["first"],
    "factor": [0.0, 1.0, -1.0, math.nan, "x", None, True],
    "threshold": [-1.0, math.nan, "x"],
    "min_lr": [-1.0, math.inf],
    "patience": [-1, 1.5, "x"],
    "cooldown": [-1, 1.5, None],
}.items())  # fmt: skip
def test_wrong_arguments_are_refused_by_name(name, values):
    for value in values:
        with pytest.raises(optim.HyperparameterError, match=f"ReduceOnPlateau: {name} must be .*; got "):
            nn.ReduceOnPlateau(**{name: value})


def test_no_optimizer_and_schedules_are_refused_before_anything_is_noted():
    plateau = nn.ReduceOnPlateau()
    with pytest.raises(optim.HyperparameterError, match="has no optimizer yet"):
        plateau.step(1.0)
    plateau.optimizer = make(lr=0.1)
    plateau.optimizer.param_groups[1]["lr"] = optim.cosine(0.1, 10)
    with pytest.raises(optim.HyperparameterError, match=r"lr is the schedule cosine\(start=0\.1, steps=10, end=0\.0\)"):
        plateau.step(1.0)
    assert plateau.reference is None
    assert repr(plateau).startswith("ReduceOnPlateau(mode='min', factor=0.5, patience=10, ")

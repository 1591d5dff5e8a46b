"""One suite for every schedule: its formula in plain floats, PyTorch's scheduler where there is one, what it refuses.

`test_every_schedule_is_in_the_table` fails for a schedule that has no row here.
"""

import copy
import inspect
import math
import pickle
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import optim
from autograd import tensor
from optim import schedules

STEPS = 60


def one_cycle(t, peak=0.1, steps=50, start=0.004, end=4e-7, rise=0.3, mean=None):
    """A mean of two values: that of the half wave goes along the cosine, the other one straight."""
    mean = mean or (lambda a, b, x: b + (a - b) * (1 + math.cos(math.pi * x)) / 2)
    top = rise * steps - 1
    if t <= top:
        return mean(start, peak, t / top)
    return mean(peak, end, min((t - top) / (steps - 1 - top), 1))


def straight(a, b, x):
    return a + (b - a) * x


def warm_cosine(t):
    return 0.05 + 0.35 * t / 10 if t < 10 else 0.2 * (1 + math.cos(math.pi * min((t - 10) / 40, 1)))


def two_cosines(t):
    t, steps = (t, 20) if t < 20 else (t - 20, 30)
    return 0.15 * (1 + math.cos(math.pi * min(t / steps, 1)))


def pytorch(name, until=STEPS, **arguments):
    return name, until, arguments


@dataclass(frozen=True, eq=False)
class Row:
    """A schedule, its formula in plain floats, PyTorch's scheduler of the same values, arguments that are refused."""

    schedule: schedules.Schedule
    formula: Any
    torch: Any = None
    wrong: dict[str, Any] = field(default_factory=dict)

    def __str__(self):
        return repr(self.schedule)


WRONG_STEPS = [0, -1, 2.5, "x", None, True]
WRONG_NUMBER = ["x", None, math.nan, math.inf, True]
ROWS = [
    Row(schedules.constant(0.3), lambda t: 0.3, pytorch("ConstantLR", factor=1.0), {"value": WRONG_NUMBER}),
    Row(
        schedules.step_decay(0.3, every=7, gamma=0.5),
        lambda t: 0.3 * 0.5 ** (t // 7),
        pytorch("StepLR", step_size=7, gamma=0.5),
        {"start": WRONG_NUMBER, "every": WRONG_STEPS, "gamma": WRONG_NUMBER},
    ),
    Row(
        schedules.multi_step(0.3, [5, 6, 30]),
        lambda t: 0.3 * 0.1 ** ((t >= 5) + (t >= 6) + (t >= 30)),
        pytorch("MultiStepLR", milestones=[5, 6, 30]),
        {"start": WRONG_NUMBER, "gamma": WRONG_NUMBER, "milestones": [[], [0, 3], [5, 5], [6, 5], [2.5], 7, "x"]},
    ),
    Row(
        schedules.exponential(0.3, 0.9),
        lambda t: 0.3 * 0.9**t,
        pytorch("ExponentialLR", gamma=0.9),
        {"start": WRONG_NUMBER, "gamma": [*WRONG_NUMBER, 0.0, -0.5], "every": WRONG_STEPS},
    ),
    Row(schedules.exponential(0.3, 0.5, every=10), lambda t: 0.3 * math.exp(-t / 10 * math.log(2))),
    Row(
        schedules.polynomial(0.3, 40, power=2.0),
        lambda t: 0.3 * max(1 - t / 40, 0) ** 2,
        pytorch("PolynomialLR", total_iters=40, power=2.0),
        {"start": WRONG_NUMBER, "steps": WRONG_STEPS, "end": WRONG_NUMBER, "power": [*WRONG_NUMBER, 0.0]},
    ),
    Row(schedules.polynomial(0.3, 40, end=0.1), lambda t: 0.3 - 0.2 * min(t / 40, 1)),
    Row(
        schedules.cosine(0.3, 40, end=0.05),
        lambda t: 0.05 + 0.125 * (1 + math.cos(math.pi * min(t / 40, 1))),
        pytorch("CosineAnnealingLR", until=41, T_max=40, eta_min=0.05),
        {"start": WRONG_NUMBER, "steps": WRONG_STEPS, "end": WRONG_NUMBER},
    ),
    Row(
        schedules.one_cycle(0.1, 50),
        one_cycle,
        pytorch("OneCycleLR", until=50, max_lr=0.1, total_steps=50),
        {
            "peak": WRONG_NUMBER, "steps": WRONG_STEPS, "start": ["x", math.nan], "end": ["x", math.inf],
            "rise": [*WRONG_NUMBER, -0.1, 1.1], "shape": ["square", None],
        },
    ),
    Row(
        schedules.one_cycle(0.1, 50, start=0.02, end=0.001, rise=0.4, shape="linear"),
        lambda t: one_cycle(t, start=0.02, end=0.001, rise=0.4, mean=straight),
        pytorch("OneCycleLR", until=50, max_lr=0.1, total_steps=50, div_factor=5, final_div_factor=20, pct_start=0.4,
                anneal_strategy="linear"),
    ),
    Row(
        schedules.inverse_time(3.0, 10.0),
        lambda t: 3 / (10 + t),
        None,
        {"a": WRONG_NUMBER, "b": [*WRONG_NUMBER, 0.0, -1.0]},
    ),
    Row(
        schedules.warmup(10, 0.3, start=0.1),
        lambda t: 0.1 + 0.2 * min(t / 10, 1),
        pytorch("LinearLR", start_factor=1 / 3, total_iters=10),
        {"steps": WRONG_STEPS, "then": WRONG_NUMBER, "start": WRONG_NUMBER},
    ),
    Row(schedules.warmup(10, schedules.cosine(0.4, 40), start=0.05), warm_cosine),
    Row(
        schedules.chain({0: schedules.cosine(0.3, 20), 20: schedules.cosine(0.3, 30)}),
        two_cosines,
        pytorch("CosineAnnealingWarmRestarts", until=20, T_0=20),
        {"parts": [{}, {1: 0.5}, {0: 0.5, 2.5: 0.9}, {5: 0.5, 0: 0.9}, {0: "x"}, {0: None}, [0.5, 0.9], 0.5]},
    ),
    Row(schedules.chain({0: 0.5, 15: 0.9}), lambda t: 0.5 if t < 15 else 0.9),
]  # fmt: skip


def identifier(row):
    return str(row)


every_row = pytest.mark.parametrize("row", ROWS, ids=identifier)


def kinds():
    found = [getattr(schedules, name) for name in schedules.__all__]
    return {x.__name__ for x in found if issubclass(x, schedules.Schedule)} - {"Schedule"}


def test_every_schedule_is_in_the_table():
    assert {type(row.schedule).__name__ for row in ROWS} == kinds()
    assert {name: getattr(optim, name) for name in kinds()} == {name: getattr(schedules, name) for name in kinds()}


def test_every_argument_is_refused_in_some_row():
    refused = {}
    for row in ROWS:
        refused.setdefault(type(row.schedule), set()).update(row.wrong)
    assert refused == {cls: {x.name for x in fields(cls)} for cls in refused}


@every_row
def test_values_are_those_of_the_formula(row):
    values = [row.schedule(t) for t in range(STEPS)]
    assert all(type(value) is float for value in values)
    np.testing.assert_allclose(values, [row.formula(t) for t in range(STEPS)], rtol=1e-13, atol=1e-16)


@every_row
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_values_are_pytorchs(row):
    torch = pytest.importorskip("torch")
    if row.torch is None:
        pytest.skip("PyTorch has none")
    name, until, arguments = row.torch
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    theirs = []
    for _ in range(until):
        theirs.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose([row.schedule(t) for t in range(until)], theirs, rtol=1e-12, atol=1e-16)


def test_a_sequence_is_pytorchs():
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler_of = torch.optim.lr_scheduler
    parts = [scheduler_of.LinearLR(optimizer, 0.1, total_iters=5), scheduler_of.CosineAnnealingLR(optimizer, 30)]
    scheduler = scheduler_of.SequentialLR(optimizer, parts, milestones=[5])
    ours = schedules.warmup(5, schedules.cosine(0.3, 30), start=0.03)
    for t in range(36):
        assert ours(t) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12, abs=1e-16), t
        optimizer.step()
        scheduler.step()


@every_row
def test_a_schedule_is_a_value(row):
    schedule = row.schedule
    for twin in (pickle.loads(pickle.dumps(schedule)), copy.deepcopy(schedule), eval(repr(schedule), vars(schedules))):
        assert twin == schedule
        assert hash(twin) == hash(schedule)
        assert [twin(t) for t in range(STEPS)] == [schedule(t) for t in range(STEPS)]
    assert schedule != schedules.constant(77.0)
    with pytest.raises(AttributeError, match="cannot assign"):
        schedule.start = 3.0


@every_row
def test_wrong_arguments_are_refused_by_name(row):
    cls = type(row.schedule)
    right = {x.name: getattr(row.schedule, x.name) for x in fields(cls)}
    for name, values in row.wrong.items():
        for value in values:
            with pytest.raises(optim.HyperparameterError, match=rf"^{cls.__name__}: {name} must be .*; got "):
                cls(**{**right, name: value})


@every_row
def test_resume_needs_only_the_number_of_steps(row):
    """Interrupted after any step, a run goes on with identical numbers: the schedule is not part of the state."""

    def make(w):
        return optim.SGD([w], lr=row.schedule, momentum=optim.chain({0: 0.5, 20: 0.9}))

    def train(optimizer, w, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

    w = tensor([1.0, -2.0], requires_grad=True)
    optimizer = make(w)
    train(optimizer, w, 25)
    v = tensor(w.data, requires_grad=True)
    resumed = make(v)
    state = optimizer.state_dict()
    assert not any(callable(value) for value in state["param_groups"][0].values())
    resumed.load_state_dict(state)
    train(optimizer, w, 25)
    train(resumed, v, 25)
    np.testing.assert_array_equal(v.data, w.data)
    assert f"lr={row.schedule!r}" in repr(resumed)


@every_row
def test_the_docstring_is_whole(row):
    text = inspect.getdoc(type(row.schedule))
    assert ">>> from optim.schedules import " in text
    assert type(row.schedule) is schedules.constant or "Raises HyperparameterError" in " ".join(text.split())


@pytest.mark.parametrize(
    ("schedule", "first", "last"),
    [
        (schedules.cosine(0.1, 3, end=1e-9), 0.1, 1e-9),
        (schedules.polynomial(0.7, 3, end=1e-9), 0.7, 1e-9),
        (schedules.one_cycle(0.7, 30, start=0.1, end=1e-9), 0.1, 1e-9),
        (schedules.warmup(3, 0.7, start=0.1), 0.1, 0.7),
    ],
)
def test_ends_are_exact(schedule, first, last):
    assert (schedule(0), schedule(30), schedule(10**9)) == (first, last, last)


def test_one_cycle_without_a_rise_or_a_fall():
    assert [schedules.one_cycle(1.0, 1)(t) for t in (0, 1)] == [schedules.one_cycle(1.0, 1).end] * 2
    falling = schedules.one_cycle(1.0, 11, end=0.0, rise=0.0, shape="linear")
    rising = schedules.one_cycle(1.0, 11, start=0.0, rise=1.0, shape="linear")
    assert falling(10) == 0.0
    assert rising(10) == 1.0
    assert rising(5) == 0.5


def test_a_chain_takes_any_function_and_counts_from_its_beginning():
    parts = schedules.chain({0: lambda t: 1.0 + t, 3: lambda t: 10.0 + t})
    assert [parts(t) for t in range(5)] == [1.0, 2.0, 3.0, 10.0, 11.0]


number = st.floats(-1e6, 1e6, allow_subnormal=False)
steps = st.integers(1, 10**6)


@given(start=number, end=number, n=steps, t=st.integers(0, 10**7), power=st.floats(0.1, 10.0))
def test_values_stay_between_the_ends(start, end, n, t, power):
    low, high = min(start, end), max(start, end)
    slack = 1e-9 * (1.0 + abs(low) + abs(high))
    for schedule in (
        schedules.cosine(start, n, end),
        schedules.polynomial(start, n, end, power),
        schedules.warmup(n, end, start),
        schedules.one_cycle(end, n, start=start, end=start),
    ):
        assert low - slack <= schedule(t) <= high + slack
        assert pickle.loads(pickle.dumps(schedule)) == eval(repr(schedule), vars(schedules)) == schedule


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay", "betas"])
def test_any_hyperparameter_may_be_scheduled(name):
    """The same as changing the value by hand before each step."""
    values = optim.chain({0: 0.5, 4: 0.9})
    cls = optim.Adam if name == "betas" else optim.SGD
    w, v = (tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    given = {"momentum": 0.1, name: values} if cls is optim.SGD else {name: (values, 0.99)}
    scheduled, by_hand = cls([w], **{"lr": 0.01, **given}), cls([v], **{"lr": 0.01, **given})
    for t in range(8):
        by_hand.param_groups[0][name] = (values(t), 0.99) if name == "betas" else values(t)
        for optimizer, p in ((scheduled, w), (by_hand, v)):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
    np.testing.assert_array_equal(w.data, v.data)

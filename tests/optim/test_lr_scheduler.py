"""`optim.lr_scheduler`: all schedulers beside PyTorch's for 200 steps, and in numbers; interrupted, copied, misused."""

import ast
import copy
import doctest
import inspect
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import optim
from autograd import tensor
from optim import HyperparameterError, StateError, lr_scheduler

STEPS = 200


def halving(t):
    return 0.5 ** (t / 50)


def waving(t):
    return 1.0 + 0.05 * np.sin(t).item()


def row(name, *args, **settings):
    return lambda module, optimizer: getattr(module, name)(optimizer, *args, **settings)


def several(kind, *rows, **settings):
    """A scheduler of schedulers, by the settings of each."""

    def make(module, optimizer):
        parts = [make(module, optimizer) for make in rows]
        return getattr(module, kind)(*([parts] if kind == "ChainedScheduler" else [optimizer, parts]), **settings)

    return make


ROWS = {
    "LambdaLR": row("LambdaLR", halving),
    "LambdaLR, a function per group": row("LambdaLR", lr_lambda=[halving, waving]),
    "MultiplicativeLR": row("MultiplicativeLR", waving),
    "MultiplicativeLR, a function per group": row("MultiplicativeLR", [waving, halving]),
    "StepLR": row("StepLR", 30),
    "StepLR, settings": row("StepLR", step_size=7, gamma=0.9),
    "MultiStepLR": row("MultiStepLR", [30, 80]),
    "MultiStepLR, one twice": row("MultiStepLR", [3, 3, 150], gamma=0.5),
    "ConstantLR": row("ConstantLR"),
    "ConstantLR, settings": row("ConstantLR", factor=0.7, total_iters=60),
    "LinearLR": row("LinearLR"),
    "LinearLR, settings": row("LinearLR", start_factor=0.01, end_factor=0.5, total_iters=90),
    "LinearLR, to 0": row("LinearLR", start_factor=1.0, end_factor=0.0, total_iters=40),
    "ExponentialLR": row("ExponentialLR", 0.97),
    "ExponentialLR, upwards": row("ExponentialLR", gamma=1.01),
    "PolynomialLR": row("PolynomialLR"),
    "PolynomialLR, settings": row("PolynomialLR", total_iters=150, power=2.5),
    "CosineAnnealingLR": row("CosineAnnealingLR", 200),
    "CosineAnnealingLR, waves": row("CosineAnnealingLR", T_max=30, eta_min=0.01),
    "CosineAnnealingWarmRestarts": row("CosineAnnealingWarmRestarts", 13),
    "CosineAnnealingWarmRestarts, longer": row("CosineAnnealingWarmRestarts", T_0=10, T_mult=2, eta_min=0.001),
    "CyclicLR": row("CyclicLR", 0.01, 0.4, 25),
    "CyclicLR, lower peaks": row("CyclicLR", 0.01, 0.4, 10, 30, mode="triangular2", base_momentum=0.5),
    "CyclicLR, exponential": row("CyclicLR", [0.01, 0.02], [0.4, 0.1], 20, mode="exp_range", gamma=0.99),
    "CyclicLR, a function": row("CyclicLR", 0.01, 0.4, 20, scale_fn=halving, cycle_momentum=False),
    "CyclicLR, a function of steps": row("CyclicLR", 0.01, 0.4, 20, scale_fn=halving, scale_mode="iterations"),
    "OneCycleLR": row("OneCycleLR", 0.5, STEPS),
    "OneCycleLR, per group": row("OneCycleLR", [0.5, 0.1], epochs=20, steps_per_epoch=10, anneal_strategy="linear"),
    "OneCycleLR, three phases": row("OneCycleLR", 0.5, STEPS, three_phase=True, pct_start=0.35, div_factor=10.0),
    "SequentialLR": several("SequentialLR", row("LinearLR", 0.1, total_iters=10), row("ExponentialLR", 0.97),
                            row("CosineAnnealingLR", 50), milestones=[10, 90]),
    "SequentialLR, set and multiplied": several(
        "SequentialLR", row("ConstantLR", 0.2, 9), row("CosineAnnealingWarmRestarts", 20),
        row("MultiplicativeLR", waving), row("StepLR", 20), milestones=[5, 50, 51],
    ),
    "ChainedScheduler": several("ChainedScheduler", row("ConstantLR", 0.1, 20), row("ExponentialLR", 0.99),
                                row("CosineAnnealingLR", 80)),
}  # fmt: skip
LITERAL = {
    "StepLR": {0: 0.3, 29: 0.3, 30: 0.03, 60: 0.003},
    "MultiStepLR": {29: 0.3, 30: 0.03, 80: 0.003},
    "LinearLR": {0: 0.1, 1: 0.14, 4: 0.26, 5: 0.3, 99: 0.3},
    "ConstantLR": {0: 0.1, 4: 0.1, 5: 0.3},
    "PolynomialLR": {0: 0.3, 2: 0.18, 5: 0.0, 6: 0.0},
    "CosineAnnealingLR": {0: 0.3, 100: 0.15, 50: 0.3 * (2 + 2**0.5) / 4},
    "CyclicLR": {0: 0.01, 25: 0.4, 50: 0.01, 60: 0.166},
    "OneCycleLR": {0: 0.02, 59: 0.5, 199: 2e-6},
    "SequentialLR": {0: 0.03, 5: 0.165, 10: 0.3, 11: 0.291, 90: 0.3, 115: 0.15},
}
every_row = pytest.mark.parametrize("name", ROWS)
TORCHS_WORDS = pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning", "ignore:.*lr_scheduler.step")


def ours(cls=optim.SGD, **hyper):
    """An optimizer of two groups, each of one number with a gradient."""
    params = [tensor([1.0, 2.0], requires_grad=True) for _ in range(2)]
    for p in params:
        p.grad = np.array([0.5, -0.5])
    hyper = {"lr": 0.3, **({"momentum": 0.9} if cls is optim.SGD else {}), **hyper}
    return cls([{"params": params[:1]}, {"params": params[1:], "lr": 0.05}], **hyper)


def values(optimizer):
    """All that a scheduler may change."""
    return [[group["lr"], group.get("momentum", group.get("betas", [0.0])[0])] for group in optimizer.param_groups]


def trajectory(optimizer, scheduler, steps=STEPS, before=lambda t: None):
    found = []
    for t in range(steps):
        before(t)
        found.append(values(optimizer))
        optimizer.step()
        if t < steps - 1:
            scheduler.step()
    return np.array(found, float)


def theirs(torch, name="SGD", **hyper):
    p, q = (torch.ones(2, requires_grad=True) for _ in range(2))
    hyper = {"lr": 0.3, **({"momentum": 0.9} if name == "SGD" else {}), **hyper}
    return getattr(torch.optim, name)([{"params": [p]}, {"params": [q], "lr": 0.05}], **hyper)


def schedulers():
    found = {x for x in vars(lr_scheduler).values() if inspect.isclass(x) and issubclass(x, lr_scheduler.LRScheduler)}
    return {cls.__name__ for cls in found if cls.__name__[0] != "_"} - {"LRScheduler", "ReduceLROnPlateau"}


def test_every_scheduler_has_a_row():
    assert schedulers() - {"SWALR"} == {name.partition(",")[0] for name in ROWS}


@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "SGD") for name in ROWS), *((name, "Adam") for name in ROWS if "Cycl" in name)]
)
def test_200_steps_are_pytorchs(name, kind):
    torch = pytest.importorskip("torch")
    other = theirs(torch, kind)
    expected = trajectory(other, ROWS[name](torch.optim.lr_scheduler, other))
    optimizer = ours(getattr(optim, kind))
    np.testing.assert_allclose(
        trajectory(optimizer, ROWS[name](lr_scheduler, optimizer)), expected, rtol=1e-11, atol=1e-16
    )


@pytest.mark.parametrize("name", LITERAL)
def test_rates_in_numbers(name):
    optimizer = ours()
    found = trajectory(optimizer, ROWS[name](lr_scheduler, optimizer))[:, 0, 0]
    assert {t: found[t] for t in LITERAL[name]} == pytest.approx(LITERAL[name], rel=1e-12, abs=1e-15)


@every_row
def test_arguments_are_pytorchs(name):
    theirs = pytest.importorskip("torch").optim.lr_scheduler
    kind = name.partition(",")[0]
    own, other = (inspect.signature(getattr(module, kind)).parameters for module in (lr_scheduler, theirs))
    assert [(x.name, x.default) for x in own.values()] == [(x.name, x.default) for x in other.values()]


@every_row
@pytest.mark.parametrize("way", ["state dict", "deepcopy", "pickle"])
def test_interrupted_it_goes_on_with_identical_numbers(name, way):
    optimizer = ours()
    scheduler = ROWS[name](lr_scheduler, optimizer)
    trajectory(optimizer, scheduler, 30)
    if way == "state dict":
        saved = json.loads(json.dumps(scheduler.state_dict()))
        other = ours(lr=0.7)
        twin = ROWS[name](lr_scheduler, other)
        other.load_state_dict(optimizer.state_dict())
        twin.load_state_dict(saved)
        assert json.dumps(twin.state_dict()) == json.dumps(saved)
    else:
        both = optimizer, scheduler
        other, twin = copy.deepcopy(both) if way == "deepcopy" else pickle.loads(pickle.dumps(both))
    assert twin.optimizer is other
    np.testing.assert_array_equal(trajectory(other, twin, 30), trajectory(optimizer, scheduler, 30))
    assert twin.get_last_lr() == scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]


@every_row
def test_pytorchs_states_go_on_here(name):
    torch = pytest.importorskip("torch")
    other = theirs(torch)
    scheduler = ROWS[name](torch.optim.lr_scheduler, other)
    trajectory(other, scheduler, 30)
    optimizer = ours()
    twin = ROWS[name](lr_scheduler, optimizer)
    optimizer.load_state_dict(other.state_dict())
    twin.load_state_dict(scheduler.state_dict())
    assert twin.last_epoch == 29 or name == "ChainedScheduler"
    np.testing.assert_allclose(
        trajectory(optimizer, twin, 40), trajectory(other, scheduler, 40), rtol=1e-11, atol=1e-16
    )


@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith(("Sequential", "Chained"))])
def test_last_epoch_goes_on_where_the_rates_are(name):
    """An epoch that was finished, its scheduler's step included."""
    make = ROWS[name]
    optimizer = ours()
    scheduler = make(lr_scheduler, optimizer)
    whole = trajectory(optimizer, scheduler, 60)
    optimizer = ours()
    scheduler = make(lr_scheduler, optimizer)
    trajectory(optimizer, scheduler, 31)  # the scheduler has made 30 steps
    other = ours()
    other.load_state_dict(optimizer.state_dict())

    class Later:
        """The schedulers, which go on after an epoch."""

        def __getattr__(self, kind):
            return lambda *args, **settings: getattr(lr_scheduler, kind)(*args, **settings, last_epoch=29)

    twin = make(Later(), other)
    assert twin.last_epoch == 30
    np.testing.assert_allclose(trajectory(other, twin, 30), whole[30:], rtol=1e-12)
    with pytest.raises(HyperparameterError, match="needs groups with 'initial_lr': load"):
        make(Later(), ours())


def test_what_type_checkers_read_is_so():
    stub = ast.parse(Path(lr_scheduler.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    found = {x.name: x for x in stub.body if isinstance(x, ast.ClassDef)}
    assert found.keys() == set(lr_scheduler.__all__)
    for name, declared in found.items():
        [init] = [x for x in declared.body if isinstance(x, ast.FunctionDef) and x.name == "__init__"]
        own = inspect.signature(getattr(lr_scheduler, name)).parameters
        assert [x.arg for x in init.args.args] == ["self", *own], name
        usual = [x.default for x in own.values() if x.default is not inspect.Parameter.empty]
        said = [ast.literal_eval(x) for x in init.args.defaults]
        assert [a for a in said if a is not ...] == [b for a, b in zip(said, usual, strict=True) if a is not ...], name


# --- with other changes -------------------------------------------------------------------------------------------


def by_hand(optimizer):
    def before(t):
        if t in (3, 61):
            for group in optimizer.param_groups:
                group["lr"] *= 0.5

    return before


@pytest.mark.parametrize("name", ["LambdaLR", "MultiplicativeLR", "StepLR, settings", "LinearLR, settings",
                                  "CosineAnnealingLR, waves", "OneCycleLR", "SequentialLR"])  # fmt: skip
def test_rates_changed_by_hand_are_treated_as_by_pytorch(name):
    torch = pytest.importorskip("torch")
    other, optimizer = theirs(torch), ours()
    expected = trajectory(other, ROWS[name](torch.optim.lr_scheduler, other), 100, by_hand(other))
    found = trajectory(optimizer, ROWS[name](lr_scheduler, optimizer), 100, by_hand(optimizer))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-16)


@TORCHS_WORDS
@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith(("Seq", "Chain", "Mul", "CyclicLR, a"))])
def test_an_epoch_may_be_given(name):
    torch = pytest.importorskip("torch")
    other, optimizer = theirs(torch), ours()
    theirs_, ours_ = ROWS[name](torch.optim.lr_scheduler, other), ROWS[name](lr_scheduler, optimizer)
    for epoch in (3, 10, 5, *([2.25, 31.5] if "Restarts" in name else []), 40):
        for scheduler in (theirs_, ours_):
            scheduler.optimizer.step()
            scheduler.step(epoch)
        np.testing.assert_allclose(ours_.get_last_lr(), theirs_.get_last_lr(), rtol=1e-11, atol=1e-16)
        assert ours_.last_epoch == int(epoch)


def test_two_schedulers_of_one_optimizer():
    optimizer = ours()
    first, second = lr_scheduler.ExponentialLR(optimizer, 0.9), lr_scheduler.MultiStepLR(optimizer, [2], gamma=0.5)
    for _ in range(4):
        optimizer.step()
        first.step()
        second.step()
    assert optimizer.present_lr() == pytest.approx([0.3 * 0.9**4 * 0.5, 0.05 * 0.9**4 * 0.5])


def test_a_group_that_comes_later():
    optimizer = ours()
    scheduler = lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
    optimizer.step()
    scheduler.step()
    optimizer.add_param_group({"params": [tensor(1.0, requires_grad=True)], "lr": 0.8})
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.15, 0.025, 0.4]
    assert scheduler.base_lrs == [0.3, 0.05, 0.8]


class Warm(lr_scheduler._LRScheduler):
    """As textbooks write one of their own."""

    def __init__(self, optimizer, steps):
        self.steps = steps
        super().__init__(optimizer)

    def get_lr(self):
        return [lr * min(1.0, self.last_epoch / self.steps) for lr in self.base_lrs]


def test_a_scheduler_of_ones_own():
    optimizer = ours()
    found = trajectory(optimizer, Warm(optimizer, 5), 8)[:, 0, 0]
    np.testing.assert_allclose(found, 0.3 * np.minimum(np.arange(8) / 5, 1))
    assert Warm.preview(3, steps=4, lr=1.0) == [0.0, 0.25, 0.5]


@pytest.mark.parametrize("cls", [optim.Adam, optim.RMSprop, optim.NAdam, optim.Lion, optim.LBFGS])
def test_any_optimizer(cls):
    w = tensor([1.0], requires_grad=True)
    optimizer = cls([w], lr=0.5)
    scheduler = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    for lr in (0.5, 0.25):
        assert optimizer.present_lr() == [lr]
        optimizer.step(closure)
        scheduler.step()


def test_present_rates_of_schedules_and_numbers():
    optimizer = optim.SGD(ours().param_groups, lr=0.3)
    optimizer.param_groups[1]["lr"] = optim.step_decay(0.8, 2, gamma=0.5)
    found = []
    for _ in range(4):
        found.append(optimizer.present_lr())
        optimizer.step()
    assert found == [[0.3, 0.8], [0.3, 0.8], [0.3, 0.4], [0.3, 0.4]]


# --- plateaus -----------------------------------------------------------------------------------------------------

PLATEAUS = [
    {},
    {"patience": 0, "factor": 0.5},
    {"patience": 2, "cooldown": 3, "threshold": 0.05, "min_lr": [0.01, 0.02]},
    {"patience": 1, "mode": "max", "factor": 0.7, "threshold_mode": "abs", "eps": 0.01},
    {"patience": 1, "mode": "max", "threshold": 0.2, "min_lr": 0.001},
    {"patience": 3, "threshold_mode": "abs", "threshold": 0.3, "factor": 0.9},
]


@pytest.mark.parametrize("settings", PLATEAUS, ids=str)
def test_plateaus_are_pytorchs(settings, rng):
    torch = pytest.importorskip("torch")
    optimizer, other = ours(), theirs(torch)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    twin = torch.optim.lr_scheduler.ReduceLROnPlateau(other, **settings)
    numbers = np.concatenate([np.linspace(2, 1, 30), rng.normal(1, 0.1, 100), [np.nan, -1, -1.5], rng.normal(size=67)])
    for t, number in enumerate(numbers.tolist()):
        if t == 100:  # and goes on
            copied = lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
            copied.load_state_dict(json.loads(json.dumps(scheduler.state_dict())))
            scheduler = copied
        if t == 150:
            scheduler.load_state_dict(twin.state_dict())
        scheduler.step(tensor(number, requires_grad=t % 4 == 1) * 1.0 if t % 2 else number)
        twin.step(number)
        assert scheduler.get_last_lr() == pytest.approx(twin.get_last_lr(), rel=1e-14), t
        assert (scheduler.num_bad_epochs, scheduler.best) == (twin.num_bad_epochs, twin.best)
    assert inspect.signature(type(scheduler)).parameters.keys() == inspect.signature(type(twin)).parameters.keys()


@pytest.mark.parametrize("name", sorted(schedulers()))
def test_the_examples_of_the_table_run(name):
    """They are put together from its rows."""
    text = getattr(lr_scheduler, name).__doc__
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(doctest.DocTestParser().get_doctest(text, {}, name, None, 0))
    assert runner.summarize(verbose=False) == (0, runner.tries)
    assert runner.tries > 1
    assert text[0].isupper()


# --- misuse -------------------------------------------------------------------------------------------------------


@every_row
def test_the_wrong_order_is_warned_about_once(name):
    optimizer = ours()
    scheduler = ROWS[name](lr_scheduler, optimizer)
    with pytest.warns(UserWarning, match=r"\w\.step\(\) was called before the first optimizer.step") as caught:
        scheduler.step()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    scheduler.step()
    optimizer.step()
    scheduler.step()


def test_the_right_order_is_not():
    """Also where the optimizer has made steps before."""
    optimizer = ours()
    optimizer.step()
    scheduler = lr_scheduler.StepLR(optimizer, 3)
    optimizer.step()
    scheduler.step()
    other = lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match="was called before the first"):
        other.step()
    loaded = lr_scheduler.StepLR(optimizer, 3)
    loaded.load_state_dict(scheduler.state_dict())
    loaded.step()


@every_row
def test_a_rate_that_is_a_schedule_is_refused(name):
    optimizer = ours()
    optimizer.param_groups[1]["lr"] = optim.cosine(0.1, 10)
    with pytest.raises(HyperparameterError, match=r"lr is the schedule cosine\(.* use one of them"):
        ROWS[name](lr_scheduler, optimizer)
    optimizer = ours()
    scheduler = ROWS[name](lr_scheduler, optimizer)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = optim.cosine(0.1, 10)
    with pytest.raises(HyperparameterError, match=r"lr is the schedule cosine\(.* use one of them"):
        scheduler.step()


WRONG = [
    (("StepLR", 0), r"StepLR: step_size must be a positive integer \(a number of steps\); got 0\."),
    (("StepLR", True), "step_size must be a positive integer.*; got True"),
    (("StepLR", "3"), "step_size must be a positive integer.*; got '3'"),
    (("StepLR", 3, "x"), "gamma must be a finite number; got 'x'"),
    (("ExponentialLR", -1.0), "gamma must be positive; got -1.0"),
    (("ConstantLR", 0.5, -1), r"ConstantLR: total_iters must be a positive integer \(a number of steps\); got -1"),
    (("LinearLR", 0.5, 1.0, 0), "steps must be a positive integer"),
    (("PolynomialLR", 2.5), r"total_iters must be a positive integer.*; got 2.5"),
    (("PolynomialLR", 5, 0.0), "power must be positive; got 0.0"),
    (("CosineAnnealingLR", 2.5), r"T_max must be a positive integer \(a number of steps\); got 2.5"),
    (("CosineAnnealingWarmRestarts", 0), r"T_0 must be a positive integer \(a number of steps\); got 0"),
    (("LambdaLR", [halving]), "lr_lambda has 1 values, but there are 2 groups"),
    (("CyclicLR", 0.1, [0.2, 0.3, 0.4]), "max_lr has 3 values, but there are 2 groups"),
    (("CyclicLR", 0.1, 0.2, 0), "step_size_up and step_size_down must be positive; got 0 and 0"),
    (("CyclicLR", 0.1, 0.2, 5, 5, "square"), "mode must be 'triangular' or 'triangular2' or 'exp_range'; got 'square'"),
    (("OneCycleLR", 0.1), r"OneCycleLR: pass total_steps, or epochs and steps_per_epoch\.$"),
    (("OneCycleLR", 0.1, 10, None, None, 0.3, "square"), "anneal_strategy must be 'cos' or 'linear'; got 'square'"),
    (("ReduceLROnPlateau", "least"), "ReduceLROnPlateau: mode must be 'min' or 'max'; got 'least'"),
    (("ReduceLROnPlateau", "min", 0.1, 10, 1e-4, "rel", 0, [-1.0, 0.1]), "min_lr must be a number.*; got -1.0"),
    (("ReduceLROnPlateau", "min", 1.5), "factor must be a number with 0 < factor < 1.*; got 1.5"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=str)
def test_wrong_settings_are_refused(given, message):
    name, *settings = given
    with pytest.raises(HyperparameterError, match=message):
        getattr(lr_scheduler, name)(ours(), *settings)


def test_wrong_calls_are_refused():
    optimizer, other = ours(), ours()
    part = lr_scheduler.StepLR(optimizer, 3)
    with pytest.raises(HyperparameterError, match=r"StepLR: it needs an optimizer, not 3"):
        lr_scheduler.StepLR(3, optimizer)
    with pytest.raises(TypeError, match=r"^StepLR: .*step_size"):
        lr_scheduler.StepLR(optimizer)
    for name, *settings in (("StepLR", 3), ("ReduceLROnPlateau",)):
        with pytest.raises(TypeError, match=r"argument 'verbose'\. .*print\(scheduler\.get_last_lr\(\)\)\.$"):
            getattr(lr_scheduler, name)(optimizer, *settings, verbose=True)
    assert lr_scheduler.StepLR(optimizer, 1.0).step_size == lr_scheduler.CosineAnnealingLR(optimizer, 1.0).T_max == 1
    with pytest.raises(HyperparameterError, match="2 schedulers need 1 milestones; got"):
        lr_scheduler.SequentialLR(optimizer, [part, part], [1, 2])
    for wrong in (lr_scheduler.StepLR(other, 3), lr_scheduler.ReduceLROnPlateau(optimizer)):
        with pytest.raises(HyperparameterError, match="schedulers of one optimizer, other than ReduceLROnPlateau; got"):
            lr_scheduler.ChainedScheduler([part, wrong])
    with pytest.raises(StateError, match=r"StepLR: not the state of a scheduler; its keys are \['gamma'\]"):
        part.load_state_dict({"gamma": 1.0})
    with pytest.raises(HyperparameterError, match="cycle_momentum=True needs an optimizer with a numeric momentum"):
        lr_scheduler.CyclicLR(ours(optim.Adagrad), 0.1, 0.2)
    with pytest.raises(HyperparameterError, match="cycle_momentum=True needs an optimizer with a numeric momentum"):
        lr_scheduler.CyclicLR(ours(momentum=optim.chain({0: 0.5})), 0.1, 0.2)
    with pytest.raises(NotImplementedError, match=r"LRScheduler does not define get_lr"):
        lr_scheduler.LRScheduler(optimizer)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, 2)
    optimizer.step()
    for _ in range(2):
        scheduler.step()
    with pytest.raises(HyperparameterError, match="step 3 exceeds the 2 steps"):
        scheduler.step()


def test_it_is_loaded_at_its_first_use():
    program = f"""
import sys
sys.path[:] = {sys.path!r}
import optim
assert "optim.lr_scheduler" not in sys.modules
optim.lr_scheduler.StepLR
from optim.lr_scheduler import StepLR
assert "nn" not in sys.modules
assert optim.swa_utils.AveragedModel.__module__ == "nn.training.averaging"
from optim.swa_utils import SWALR, update_bn
"""
    subprocess.run([sys.executable, "-c", program], check=True)

"""The doctor changes nothing, says nothing about healthy set-ups, and its report can be read in all ways."""

import copy
import random
import sys
import threading
from collections import deque

import numpy as np
import pytest
from doctor_setups.healthy import RNG, X, Y

import nn
import optim
from autograd import debug, is_grad_enabled, no_grad, record, tensor
from nn.defaults import generator
from nn.inspect.doctor.checks import CHECKS

# --- nothing is changed ------------------------------------------------------------------------------------------

SEEN = []
CALLS = 0
ELSEWHERE = nn.Linear(5, 5, rng=5)


class Restless(nn.Module):
    """Changes all that a module can change."""

    def __init__(self):
        self.norm = nn.BatchNorm1d(5)
        self.body = nn.Sequential(nn.Linear(5, 8, rng=0), nn.ReLU(), nn.Dropout(0.5, rng=3), nn.Dropout(0.1))
        self.last = nn.Linear(8, 2, rng=1)
        self.rng = np.random.default_rng(7)
        self.old = np.random.RandomState(7)
        self.calls, self.log, self.recent, self.names = 0, [], deque(maxlen=3), {"a"}
        self.sums = np.zeros(3)
        self.cache = {"x": [1, 2]}
        self.state = None

    def forward(self, x):
        global CALLS
        CALLS += 1
        SEEN.append(CALLS)
        self.calls += 1
        self.log.append(self.calls)
        self.recent.append(self.calls)
        self.names.add(f"b{self.calls}")
        self.sums += 1.0
        self.cache["x"].append(3)
        self.cache[self.calls] = x
        noise = self.rng.standard_normal() + self.old.random() + random.random() + np.random.random()  # noqa: NPY002
        before = 0.0 if self.state is None else 0.01 * self.state
        self.state = self.last(self.body(self.norm(ELSEWHERE(x)))) + 0.001 * noise + before
        return self.state


class Loss:
    def __init__(self):
        self.values = []

    def __call__(self, prediction, target):
        loss = nn.CrossEntropyLoss()(prediction, target)
        self.values.append(float(loss.data))
        return loss


def everything(model, loss, optimizers):
    """All that could have changed, as plain values."""
    leaves = [*model.parameters(), *model.buffers(), *ELSEWHERE.parameters()]
    own = {
        name: copy.copy(value)
        for name, value in vars(model).items()
        if name not in ("_module_paths", "rng", "old", "state")
    }
    return {
        "data": [t.data.tobytes() for t in leaves],
        "memory": [id(t.data) for t in leaves],
        "grad": [None if t.grad is None else t.grad.tobytes() for t in leaves],
        "names": [t.name for t in leaves],
        "hooks": [len(t._get_info().hooks) for t in leaves],
        "modes": [m.training for m in model.modules()],
        "attributes": [sorted(vars(m)) for m in model.modules()],
        "own": repr(own),
        "state": (id(model.state), None if model.state is None else model.state.data.tobytes()),
        "cells": repr(loss.values) if isinstance(loss, Loss) else None,
        "optimizers": repr([o.state_dict() for o in optimizers]),
        "rates": [group["lr"] for o in optimizers for group in o.param_groups],
        "generators": repr(
            [
                *(rng.bit_generator.state for rng in (model.rng, model.body[2].rng, generator())),
                *(model.old.get_state(), np.random.get_state(), random.getstate()),  # noqa: NPY002
            ]
        ),
        "globals": (CALLS, list(SEEN)),
    }


@pytest.mark.parametrize("look", ["doctor", "gradient_flow"])
@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        optim.Adam,
        lambda p: optim.SGD(p, lr=50.0, momentum=0.9),
        optim.LBFGS,
        lambda p: optim.SGD(p, lr=1e-9, momentum=0.9),  # tries larger rates
        lambda p: optim.AdamW(p, weight_decay=10.0, maximize=True),  # tries tiny rates, and steps without decay
        lambda p: optim.SGD(p, lr=optim.step_decay(0.1, 2, 0.5)),
    ],
)
def test_nothing_is_changed(kind, used, look):
    model, loss = Restless(), Loss()
    optimizer = kind(model.parameters())

    def closure():
        optimizer.zero_grad()
        found = loss(model(X), Y)
        found.backward()
        model.state = model.state.detach()
        return found

    if used:
        for _ in range(2):
            optimizer.step(closure)
    loss(model(X), Y).backward()
    before = everything(model, loss, [optimizer])
    if look == "doctor":
        nn.doctor(model, loss, optimizer, (X, Y))
    else:
        nn.gradient_flow(model, loss, (X, Y), optimizer)
    after = everything(model, loss, [optimizer])
    for name, value in before.items():
        assert after[name] == value, name


@pytest.mark.parametrize("kind", [optim.Adam, lambda p: optim.SGD(p, lr=3.0)])  # the second tries smaller rates
def test_training_goes_on_as_if_nothing_had_happened(kind):
    def train(visits):
        nn.manual_seed(0)
        model, loss = Restless(), Loss()
        model.old, model.forward_noise = np.random.RandomState(7), 0
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        optimizer = kind(model.parameters())
        for _ in range(3):
            if visits:
                nn.doctor(model, loss, optimizer, (X, Y))
                nn.gradient_flow(model, loss, (X, Y), optimizer)
            optimizer.zero_grad()
            loss(model(X), Y).backward()
            model.state = model.state.detach()
            optimizer.step()
        return loss.values, {name: array.tobytes() for name, array in model.state_dict().items()}

    assert train(True) == train(False)


def test_a_graph_that_is_still_held_stays_alive():
    model = nn.MLP([5, 8, 2], rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()(model(X), Y)
    nn.doctor(model, nn.CrossEntropyLoss(), optimizer, (X, Y))
    loss.backward()
    assert model[0].weight.grad is not None


def test_a_warning_that_is_due_still_comes():
    """The hook that waits for the first gradient of equal units is not used up."""
    model = nn.MLP([5, 8, 2], rng=0)
    model[0].weight.data[:] = 0.0
    model[2].weight.data[:] = 0.0
    loss = nn.CrossEntropyLoss()(model(X), Y)
    assert "equal-units" in nn.doctor(model, nn.CrossEntropyLoss(), None, (X, Y))
    with pytest.warns(nn.SymmetryWarning):
        loss.backward()


def test_an_error_leaves_nothing_behind():
    class Breaks(Restless):
        def forward(self, x):
            super().forward(x)
            raise ZeroDivisionError("on purpose")

    model = Breaks()
    before = everything(model, None, [])
    report = nn.doctor(model, nn.CrossEntropyLoss(), None, (X, Y))
    assert everything(model, None, []) == before
    assert "on purpose" in report["fails"].what


class Shy:
    @property
    def __dict__(self):
        raise RuntimeError("do not look")


class Stubborn(dict):
    def update(self, *_):
        raise RuntimeError("do not touch")

    clear = __setitem__ = update


def test_objects_that_resist_do_not_keep_the_others_from_being_put_back():
    for odd, words in ((Shy(), "do not look"), (Stubborn(a=1), "do not touch")):

        class Holds(Restless):
            def __init__(self, odd):
                super().__init__()
                self.odd = odd

            def forward(self, x):
                dict.__setitem__(self.odd, "a", 2)
                return super().forward(x)

        model = Holds(odd)
        data, state = [id(p.data) for p in model.parameters()], model.rng.bit_generator.state
        with pytest.raises(RuntimeError, match=words):
            nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), (X, Y))
        assert [id(p.data) for p in model.parameters()] == data
        assert (model.calls, model.rng.bit_generator.state) == (0, state)


def test_a_generator_is_not_used_up():
    model = nn.MLP([5, 8, 2], rng=0)
    model.extra = (layer for layer in (nn.ReLU(), nn.Tanh()))
    assert "hidden-modules" in nn.doctor(model, nn.CrossEntropyLoss(), None, (X, Y))
    assert len(list(model.extra)) == 2
    with pytest.raises(TypeError, match="iterator"):
        nn.gradient_flow(model, nn.CrossEntropyLoss(), (X, Y))


def test_within_other_modes_and_with_tensors_in_the_batch():
    model = nn.MLP([5, 8, 2], rng=0)
    for mode in (no_grad, debug, record):
        with mode():
            assert nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), (tensor(X), Y)).ok
            assert is_grad_enabled() == (mode is not no_grad)
            report = nn.doctor(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=1e4), (tensor(X), Y))
            assert "rate-too-high" in report
            assert nn.gradient_flow(model, nn.CrossEntropyLoss(), (X, Y))[1].factor > 0


def test_models_with_several_results_and_losses_with_parameters():
    class Two(nn.Module):
        def __init__(self):
            self.memory, self.scale = nn.LSTM(3, 4, rng=0), nn.Linear(4, 1, rng=0)

        def forward(self, x):
            out, (h, _) = self.memory(x)
            return {"out": self.scale(out), "last": h}

    class Learned(nn.Module):
        def __init__(self):
            self.log_scale = nn.Parameter([0.0])

        def forward(self, prediction, target):
            error = (prediction["out"] - target) ** 2 + 0.1 * np.mean(prediction["last"] ** 2)
            return np.mean(error * np.exp(-self.log_scale) + self.log_scale)

    model, loss = Two(), Learned()
    optimizer = optim.Adam([*model.parameters(), *loss.parameters()])
    x = RNG.standard_normal((6, 16, 3)).astype("float32")
    report = nn.doctor(model, loss, optimizer, (x, x[..., :1]))
    assert report.ok, report
    assert loss.log_scale.grad is None
    assert [row.layer for row in nn.gradient_flow(model, loss, (x, x[..., :1]), optimizer)] == ["memory", "scale"]


def test_what_cannot_be_copied_may_be_around():
    class Odd(nn.Module):
        count = 0
        shared: list = []  # noqa: RUF012 - on purpose

        def __init__(self):
            self.body = nn.MLP([5, 8, 2], rng=0)
            self.lock, self.file, self.me = threading.Lock(), sys.stderr, self
            self.function, self.tools = (lambda: self.me), np

        def forward(self, x):
            Odd.count += 1
            self.shared.append(1)
            with self.lock:
                return self.function().body(x)

    batches = (batch for batch in [(X, Y)])

    def loss(prediction, target):
        assert batches is not None
        return nn.functional.cross_entropy(prediction, target)

    report = nn.doctor(Odd(), loss, None, (X, Y))
    assert report.ok, report
    assert (Odd.count, Odd.shared, len(list(batches))) == (0, [], 1)


# --- arguments and report ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((lambda x: x, nn.MSELoss(), None), "doctor takes a Module"),
        ((nn.Linear(5, 1), "mse", None), "loss_fn must be a function"),
        ((nn.Linear(5, 1), nn.MSELoss(), [nn.ReLU()]), "optimizer must be an optimizer of optim"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(TypeError, match=words):
        nn.doctor(*arguments, (X, Y))


def test_an_empty_batch():
    with pytest.raises(ValueError, match="the batch is empty"):
        nn.doctor(nn.Linear(5, 1), nn.MSELoss(), None, ())


def test_the_report():
    model = nn.MLP([5, 16, 2], output_activation="softmax", rng=0)
    report = nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam([model[0].weight]), (100 * X, Y))
    assert [finding.severity for finding in report] == ["error", "error", "warning"]
    assert (report.ok, len(report), bool(report)) == (False, 3, True)
    assert str(report).startswith("Found: 2 errors and 1 warning.\n\nerror: ")
    assert report["unscaled-inputs"].measured["rms"] > 80
    assert __file__.rpartition("/")[2] in report["activation-twice"].what.replace("\\", "/")
    assert "dead-units" not in report
    with pytest.raises(KeyError, match="the doctor found"):
        report["dead-units"]
    healthy = nn.doctor(nn.MLP([5, 16, 2], rng=0), nn.CrossEntropyLoss(), None, (X, Y))
    assert healthy.ok
    assert repr(healthy) == "Diagnosis(ok)"
    assert str(healthy).startswith("Nothing was found. That does not mean that this model will learn.")
    assert "No check can see wrong or shuffled labels" in healthy._repr_html_()
    with pytest.raises(KeyError, match="the doctor found nothing"):
        healthy["fails"]


def test_the_report_says_what_ran_and_what_no_check_can_see():
    model = nn.MLP([5, 16, 2], rng=0)
    whole = nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), (X, Y))
    assert (set(whole.checked), whole.skipped) == (set(CHECKS), {})
    assert f"{len(CHECKS)} checks ran: fails, " in str(whole)
    part = nn.doctor(model, nn.CrossEntropyLoss(), None, (X, Y))
    assert part.skipped.keys() | set(part.checked) == CHECKS.keys()
    assert part.skipped["uphill"] == "no optimizer was given"
    assert "uphill" not in part.checked
    assert "Skipped, because no optimizer was given:" in str(part)
    broken = nn.doctor(model, nn.CrossEntropyLoss(), None, (X[:, :4], Y))
    assert broken.skipped["samples-mixed"] == broken.skipped["not-finite"] == "the pass failed"
    assert "fails" in broken.checked
    for report in (whole, part, broken):
        assert "No check can see wrong or shuffled labels" in " ".join(str(report).split())
        assert "No check can see wrong or shuffled labels" in report._repr_html_()


def test_permuted_labels_are_what_the_report_says_they_are():
    """Not seen: the promise is not larger than what is tested."""
    model = nn.MLP([5, 16, 2], rng=0)
    report = nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), (X, RNG.permutation(Y)))
    assert report.ok
    assert "can be trained" not in str(report)


def test_a_model_that_fails_in_evaluation_mode_is_no_failing_step():
    class Trains(nn.Module):
        def __init__(self):
            self.body = nn.MLP([5, 8, 2], rng=0)

        def forward(self, x):
            if not self.training:
                raise NotImplementedError("not yet")
            return self.body(x)

    model = Trains()
    report = nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), (X, Y))
    assert not report.findings
    assert report.skipped == {"samples-mixed": "the model raises NotImplementedError in evaluation mode"}

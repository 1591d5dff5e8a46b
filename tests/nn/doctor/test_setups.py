"""The doctor finds every sick set-up by name, says nothing about healthy ones, and puts everything back."""

import copy
import random
import re
from pathlib import Path

import numpy as np
import pytest
from doctor_setups.healthy import OPTIMIZERS, SETUPS, healthy
from doctor_setups.sick import SICK
from doctor_setups.taught import NOTEBOOKS, TAUGHT

import nn
from nn.defaults import generator
from nn.inspect.doctor.checks import CHECKS

pytestmark = pytest.mark.filterwarnings("ignore::nn.errors.ActivationWarning", "ignore::nn.errors.SymmetryWarning")
ADVICE = {"small-rate", "old-gradients"}
ROOT = Path(__file__).parents[3]


def remembered(model, optimizer):
    """All numbers that training can change."""
    optimizers = [] if optimizer is None else optimizer if isinstance(optimizer, list) else [optimizer]
    tensors = [*model.parameters(), *model.buffers()]
    states = [(p, state) for o in optimizers for p, state in o.state.items()]
    return {
        "values": [(id(t.data), t.data.tobytes()) for t in tensors],
        "gradients": [None if t.grad is None else t.grad.tobytes() for t in tensors],
        "modes": [module.training for module in model.modules()],
        "states": [
            (id(p), {k: v.tobytes() if isinstance(v, np.ndarray) else v for k, v in s.items()}) for p, s in states
        ],
        "steps": [o.t for o in optimizers],
        "settings": [{k: v for k, v in g.items() if k != "params"} for o in optimizers for g in o.param_groups],
        "generators": repr((generator().bit_generator.state, np.random.get_state(), random.getstate())),  # noqa: NPY002
    }


def examined(model, loss, optimizer, batch):
    """The report, after a look at whether everything is as before."""
    before, data = remembered(model, optimizer), copy.deepcopy(batch)
    report = nn.doctor(model, loss, optimizer, batch)
    assert remembered(model, optimizer) == before
    for part, original in zip(batch, data, strict=True):
        np.testing.assert_array_equal(part, original)
    return report


def test_there_are_as_many_set_ups_as_promised():
    assert (len(SETUPS), len(OPTIMIZERS)) == (18, 4)
    assert len(SICK) >= 40
    assert {finding for finding, _ in SICK.values()} == CHECKS.keys() - {"stale-gradient"}  # which needs a second loss


def marked(wanted, *values):
    """A case that always runs, or one that is left for the long tests."""
    return pytest.param(*values, marks=[] if wanted else [pytest.mark.long])


# All together take half a minute. Always run: most healthy set-ups with one optimizer, in turn, most sick ones, and of
# the notebooks and examples those that are sick on purpose and every third of the others.
SLOW = ("CNN", "transformer", "GRU without", "attention without", "10 ReLU layers", "12 ReLU layers with weights from")
PAIRS = [
    marked((i + k) % len(OPTIMIZERS) == 0 and name not in SLOW, name, optimizer)
    for i, name in enumerate(SETUPS)
    for k, optimizer in enumerate(OPTIMIZERS)
]
SICK_ONES = [marked(not any(part in name for part in SLOW), name) for name in SICK]
TAUGHT_ONES = [marked(TAUGHT[name][1] or i % 3 == 1, name) for i, name in enumerate(TAUGHT)]


@pytest.mark.parametrize(("name", "optimizer"), PAIRS)
def test_a_healthy_set_up_gives_no_finding(name, optimizer):
    """Fresh, and after some steps."""
    model, loss, steps, (x, y) = healthy(name, optimizer)
    for _ in range(2):
        report = examined(model, loss, steps, (x, y))
        assert not report.findings, report
        for _ in range(10):
            steps.zero_grad()
            loss(model(x), y).backward()
            steps.step()


@pytest.mark.parametrize("name", SICK_ONES)
def test_a_sick_set_up_is_found_by_name(name):
    finding, build = SICK[name]
    report = examined(*build())
    assert finding in report, report
    assert (report[finding].severity == "advice") == (finding in ADVICE)
    assert report.ok == (finding in ADVICE)


@pytest.mark.parametrize("name", TAUGHT_ONES)
def test_a_set_up_of_a_notebook_or_example(name):
    """Silent, except where the text says that this network is sick."""
    build, finding = TAUGHT[name]
    report = examined(*build())
    assert {found.name for found in report} == ({finding} if finding else set()), report


@pytest.mark.skipif(not (ROOT / "notebooks").exists(), reason="there is no folder notebooks")
def test_every_notebook_and_example_that_trains_a_network_is_listed():
    trains = re.compile(r"nn\.fit\(|nn\.gradient_flow\(|optim\.(preset|\w+\(.*parameters\(\))")

    def those(folder):
        return {p.stem for p in folder.glob("*.py") if trains.search(p.read_text(encoding="utf-8"))}

    notebooks = {stem[:2] for stem in those(ROOT / "notebooks") if stem[:2].isdigit()}
    assert notebooks - {"01", "03"} == {name[:2] for name in NOTEBOOKS}
    assert those(ROOT / "examples") == {name.partition(",")[0] for name in TAUGHT.keys() - NOTEBOOKS.keys()}

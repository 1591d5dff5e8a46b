"""Tables of other folders, and the comparison that all tests here make: compiled beside eager, to the last bit.

The tables (ops, modules, optimizers) are loaded under names that their own folders may have given them before.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, arrays
from autograd.compiling import guards

TESTS = Path(__file__).parents[1]


def load(name, path):
    if name not in sys.modules:
        spec = spec_from_file_location(name, TESTS / path)
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


load("op_samples", "ops/samples.py")
load("nn_cases", "nn/cases/__init__.py")
load("optimizer_cases", "optim/conftest.py")


def pytest_collection_modifyitems(items):
    """That something runs eager is no mistake here; what is said of it, and how often, has tests of its own."""
    quiet = pytest.mark.filterwarnings("ignore:.* runs eager")
    for item in items:
        if item.path.is_relative_to(TESTS / "compiling"):
            item.add_marker(quiet, append=False)


def pytest_generate_tests(metafunc):
    tables = {
        "live_sample": [s for s in sys.modules["op_samples"].SAMPLES if s.live],
        "case": sys.modules["nn_cases"].CASES,
        "optimizer": [case for case in sys.modules["optimizer_cases"].CASES if case.elementwise],
    }
    for name, rows in tables.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows, ids=str)


@pytest.fixture(autouse=True)
def seeded(monkeypatch):
    monkeypatch.setattr(guards, "PATIENCE", 0)  # the look is written out at once
    nn.manual_seed(0)
    arrays._kept_ones.cache_clear()  # as in a fresh process
    arrays._kept_places.cache_clear()
    yield
    nn.set_default_dtype("float32")


def bits(x):
    """Something that is equal when two results are the same to the last bit, of the same kind."""
    if isinstance(x, Tensor):
        return "Tensor", bits(x._data)
    if isinstance(x, np.ndarray):
        return "array", x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, np.generic):
        return type(x).__name__, x.tobytes()
    if isinstance(x, list | tuple):
        return type(x).__name__, tuple(map(bits, x))
    if isinstance(x, dict):
        return type(x).__name__, tuple((key, bits(value)) for key, value in x.items())
    return type(x).__name__, repr(x)


class World:
    """What a step works on: a model, an optimizer, and whatever else is kept."""

    def __init__(self, model=None, optimizer=None, **others):
        self.model, self.optimizer = model, optimizer
        vars(self).update(others)

    def state(self):
        found = {}
        if self.model is not None:
            found |= {f"value of {name}": bits(x) for name, x in self.model.state_dict().items()}
            found |= {f"gradient of {name}": bits(p.grad) for name, p in self.model.named_parameters()}
            found |= {
                f"generator of {name}": repr(m.rng.bit_generator.state)
                for name, m in self.model.named_modules()
                if getattr(m, "rng", None) is not None
            }
        if self.optimizer is not None:
            found["optimizer"] = bits(self.optimizer.state_dict()["state"])
            found["t"] = self.optimizer.t
        others = {key: value for key, value in vars(self).items() if key not in ("model", "optimizer")}
        return found | {key: bits(value) for key, value in others.items() if not callable(value)}


def outcome(function, arguments):
    try:
        return bits(function(*arguments))
    except Exception as error:
        return type(error).__name__, str(error)


def beside_eager(make, arguments, steps=7, before=lambda world, i: None, **options):
    """Run a step compiled beside the same step eager, on worlds of their own, and compare everything after each call.

    ``make()`` gives a world and its step. Returns the compiled function and its world.
    """
    (eager_world, eager), (world, step) = make(), make()
    compiled = autograd.compile(step, **options)
    for i in range(steps):
        nn.manual_seed(i)
        before(eager_world, i)
        expected = outcome(eager, arguments(i))
        nn.manual_seed(i)
        before(world, i)
        assert outcome(compiled, arguments(i)) == expected, f"the result of call {i}"
        there, here = world.state(), eager_world.state()
        assert [key for key in here if here[key] != there.get(key)] == [], f"what call {i} has left behind"
    return compiled, world


@pytest.fixture(name="beside_eager")
def _beside_eager():
    return beside_eager


@pytest.fixture(name="World")
def _world():
    return World


@pytest.fixture(name="bits")
def _bits():
    return bits

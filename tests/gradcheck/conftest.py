"""Loads what the tests of gradcheck share: the samples of the ops, the right programs, the planted faults.

Test modules cannot import each other: pytest puts no folder on sys.path here, so that it is the installed package that
is tested.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


def load(name, file):
    spec = spec_from_file_location(name, file)
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


samples = load("gradcheck_op_samples", HERE.parent / "ops" / "samples.py")
right = load("right_programs", HERE / "right_programs.py")
planted = load("planted_faults", HERE / "planted_faults.py")

FEW = 2  # samples of each op; all of them have their own tests beside the ops


def some_of_each_op():
    """A few samples of each differentiable op, spread over all that there are; nan cannot be checked."""
    groups = {}
    for sample in samples.SAMPLES:
        if sample.live and all(np.all(np.isfinite(x)) for x in sample.arrays() if samples.is_floating(x)):
            groups.setdefault(sample.op.name, []).append(sample)
    return [group[i] for group in groups.values() for i in range(0, len(group), -(-len(group) // FEW))]


def pytest_generate_tests(metafunc):
    if "sample" in metafunc.fixturenames:
        found = some_of_each_op()
        metafunc.parametrize("sample", found, ids=str)


@pytest.fixture(scope="session")
def op_samples():
    return samples.SAMPLES


@pytest.fixture(scope="session")
def right_programs():
    return right


@pytest.fixture(scope="session")
def planted_faults():
    return planted

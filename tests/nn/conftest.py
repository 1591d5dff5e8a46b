"""Hands the table of modules to the tests: a test that asks for ``case`` runs once for each.

Test modules cannot import each other (pytest puts no folder on sys.path here), so the folder of the table is loaded by
this module, which pytest reads first, as a package with a name that they can import: nn_cases.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import nn

spec = spec_from_file_location("nn_cases", Path(__file__).parent / "cases" / "__init__.py")
table = sys.modules[spec.name] = module_from_spec(spec)
spec.loader.exec_module(table)


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", table.CASES, ids=str)


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same default generator and leaves float32 behind."""
    nn.manual_seed(0)
    yield
    nn.set_default_dtype("float32")

"""Loads the harness of the accuracy suite and every table of tests/accuracy/tables.

Test modules cannot import each other (see tests/ops/conftest.py), so each gets a name that they can import.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load(name, path):
    """A module of this folder, from then on known as accuracy_<name>."""
    spec = spec_from_file_location(f"accuracy_{name}", path)
    if spec.name not in sys.modules:
        module = sys.modules[spec.name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[spec.name]


pytest.importorskip("mpmath")
for name in ("oracle", "grid", "harness"):
    load(name, HERE / f"{name}.py")
for name in ("elementwise", "arrays"):  # whose definitions others use
    load(name, HERE / "tables" / f"{name}.py")
TABLES = [load(path.stem, path) for path in sorted((HERE / "tables").glob("*.py"))]
ROWS = [(row, table.EXCEPTIONS) for table in TABLES for row in table.ROWS]


def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames:
        metafunc.parametrize(("row", "exceptions"), ROWS, ids=[str(row) for row, _ in ROWS])

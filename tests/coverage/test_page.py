"""docs/ops.md is what docs/make_ops.py writes: a change of a rule, a status or an edge case shows in the page."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from autograd.coverage import NEWEST_NUMPY
from autograd.ops import arithmetic, reduce, transcendental

SCRIPT = Path(__file__).parents[2] / "docs" / "make_ops.py"


@pytest.fixture(scope="module")
def make_ops():
    spec = spec_from_file_location("make_ops", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not np.__version__.startswith(f"{NEWEST_NUMPY}."), reason="the page is that of the newest NumPy")
def test_the_page_is_fresh(make_ops):
    if make_ops.page() != make_ops.PAGE.read_text(encoding="utf-8"):
        pytest.fail("docs/ops.md is stale: run python docs/make_ops.py", pytrace=False)


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (transcendental.tanh, "`g * (1.0 - out * out)`"),
        (arithmetic.multiply, "`x`: `g * y`<br>`y`: `g * x`"),
        (arithmetic.minimum, "`x`: `_larger(g, y, x)`<br>`y`: `_larger(g, x, y)`"),
        (arithmetic.add, "`x`: `g`<br>`y`: `g`"),
        (arithmetic.floor, "none: constant"),
        (reduce.sum, "`expand(keep(g, x_shape, axis, keepdims), x_shape)`"),
        (reduce.cumsum, "see `cumsum_rule`"),
    ],
)
def test_formulas_are_read_from_the_source(make_ops, function, formula):
    assert make_ops.derivative(function.op) == formula

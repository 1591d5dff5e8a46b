"""What docs/make_ops.py writes of a rule. (Whether docs/ops.md is fresh: tests/test_ops_page.py.)"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from autograd.ops import arithmetic, reduce, transcendental

SCRIPT = Path(__file__).parents[2] / "docs" / "make_ops.py"


@pytest.fixture(scope="module")
def make_ops():
    spec = spec_from_file_location("make_ops", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (transcendental.tan, "`g * (1.0 + out * out)`"),
        (arithmetic.multiply, "`x`: `g * y`<br>`y`: `g * x`"),
        (arithmetic.minimum, "`x`: `_larger(g, y, x)`<br>`y`: `_larger(g, x, y)`"),
        (arithmetic.add, "`x`: `g`<br>`y`: `g`"),
        (arithmetic.floor, "none: constant"),
        (reduce.sum, "`expand(keep(g, x_shape, axis, keepdims) if g.ndim else g, x_shape)`"),
        (reduce.cumsum, "see `cumsum_rule`"),
    ],
)
def test_formulas_are_read_from_the_source(make_ops, function, formula):
    assert make_ops.derivative(function.op) == formula

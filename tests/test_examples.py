"""The examples run: each asserts what it prints."""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="there is no folder examples")
EXAMPLES = {
    "adding_problem": "learned in",
    "digits_cnn": "mean accuracy on held-out images",
    "gaussian_process": "noise",
    "kepler_orbit": "mass 1.00",
    "learned_rate": "the loss is smaller by a factor of 4.0",
    "learned_start": "weights that adapt in one step",
    "logistic_regression": "weights",
    "inverse_kinematics": "120 points",
    "laplace": "flat prior:    a = 0.8 +- 1.0 b = 7.7 +- 4.9",
    "ode_fit": "growth 0.540, hunting 0.0272, death 0.796, breeding 0.0237",
    "optimal_control": "ends at 179.8 degrees",
    "physics_informed": "largest distance from the exact solution",
    "word_embeddings": "100% of the nearest words",
    "xor": "19 of 20 seeds succeed",
    "stream_large_file": "peak memory",
    "tiny_transformer": "  but ask it for more than the sum:",
    "vanishing_gradients": "sigmoid: 1.1e-07 of the gradient reaches",
}
# What is passed to those that would take long.
QUICK = {
    "adding_problem": ["6"],
    "digits_cnn": ["2"],
    "learned_start": ["20"],
    "stream_large_file": ["8"],
    "tiny_transformer": ["2"],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name, capfd, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *QUICK.get(name, [])])
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    if name == "logistic_regression" and find_spec("scipy") is None:
        pytest.skip("SciPy is not installed")
    draws = "[PICTURE]" in (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    if draws:
        pytest.importorskip("matplotlib", reason="it ends in a picture")
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert EXAMPLES[name] in capfd.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.svg"] * draws


def test_every_example_is_tested():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(EXAMPLES)


def test_without_scipy_the_example_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(SystemExit, match="pip install scipy"):
        runpy.run_path(str(FOLDER / "logistic_regression.py"), run_name="__main__")

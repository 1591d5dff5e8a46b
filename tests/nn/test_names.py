"""Layers, activations, losses, optimizers and schedules are named where they are defined; lists are made of that."""

import ast
import pickle
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import autograd
import nn
import optim
from autograd.engine.op import REGISTRY
from nn import functional
from nn.layers.activations.names import ACTIVATIONS
from nn.losses.base import TAKES

# Modules with a literal that names several all the same, and why.
LISTS = {
    "nn.functional": "functions that are imported at their first use",
    "optim": "type checkers read the names in optim.schedules, which the package must not import",
    "nn.init": "PyTorch's table of gains, which has no more",
    "nn.sklearn.estimator": "the solvers of scikit-learn",
    "optim.presets": "the optimizers that its table names",
}


def sources(*packages):
    for package in packages or (nn, optim):
        [folder] = package.__path__
        for file in sorted(Path(folder).rglob("*.py")):
            parts = file.relative_to(Path(folder).parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield name, ast.parse(file.read_text(encoding="utf-8"))


def known():
    """All names that lists could name; those of ops have a test of their own."""
    optimizers = {name for name in optim.__all__ if name[0].isupper() and not name.endswith(("Error", "Warning"))}
    classes = {*nn.layers.__all__, *nn.losses.__all__, *optimizers}
    return {*classes, *map(str.lower, classes), *functional.__all__, *ACTIVATIONS, *optim.schedules.__all__} - {
        *REGISTRY
    }


def literals(tree):
    """The texts and names in each literal of a module, without its ``__all__``."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            continue
        for node in ast.walk(statement):
            items = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", ())
            texts = [item.value for item in items if isinstance(item, ast.Constant)]
            yield {*texts, *(getattr(item, "attr", getattr(item, "id", None)) for item in items)}


def test_lists_of_names_are_made_from_the_packages():
    names = known()
    found = {module for module, tree in sources() for items in literals(tree) if len(items & names) >= 2}
    assert found == set(LISTS)


def imported(statements):
    """The module of each name that import statements offer to others."""
    seen = {}
    for statement in statements:
        for alias in statement.names:
            assert alias.name in (alias.asname, "*")
            names = [alias.name]
            if alias.name == "*":
                module = import_module(statement.module)
                made = {key: x for key, x in vars(module).items() if getattr(x, "__module__", "") == module.__name__}
                names = getattr(module, "__all__", [key for key in made if key[0] != "_"])
            seen |= dict.fromkeys(names, statement.module)
    return seen


@pytest.mark.parametrize("package", [nn, nn.data, optim, functional], ids=lambda package: package.__name__)
def test_stubs_have_all_names(package):
    text = Path(package.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    seen = imported(node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom))
    assert seen.keys() == {*package.__all__}
    assert {name: seen[name] for name in package._ON_USE} == package._ON_USE


LAZY = ("autograd.testing", "nn.distributed", "nn.exercises", "nn.plot", "nn.units", "nn.zoo", "nn.sklearn")


@pytest.mark.parametrize("name", LAZY)
def test_a_module_comes_at_its_first_use(name):
    """Also one that ``from nn import *`` leaves out; without scikit-learn, nn.sklearn says what to install."""
    package, _, module = name.partition(".")
    listed = name != "nn.sklearn"  # `help` imports all that is listed
    program = (
        f"import sys, {package}\nassert {name!r} not in sys.modules and ({module!r} in dir({package})) is {listed}\n"
    )
    program += f"print({name})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    missing = name == "nn.sklearn" and find_spec("sklearn") is None
    assert ("pip install 'scikit-learn" in run.stderr) if missing else f"<module {name!r}" in run.stdout, run.stderr


@pytest.mark.parametrize(
    ("missing", "use", "remedy"),
    [
        ("matplotlib.pyplot", "nn.plot.learning_curves({'loss': [1.0]})", "matplotlib (the extra 'plot')"),
        ("matplotlib.pyplot", "nn.History([{'loss': 1.0}]).save('h.html')", "matplotlib (the extra 'plot')"),
        ("sklearn", "nn.sklearn", "'scikit-learn>=1.6' (the extra 'sklearn')"),
        ("hypothesis", "autograd.testing.shapes()", "hypothesis (the extra 'test')"),
    ],
)
def test_what_needs_an_extra_says_what_to_install(missing, use, remedy, tmp_path):
    program = f"import sys\nsys.modules[{missing!r}] = None\nimport autograd, nn\n{use}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert run.stderr.splitlines()[-1].startswith("ImportError: ")
    assert run.stderr.splitlines()[-1].endswith(f"pip install {remedy}.")
    assert not list(tmp_path.iterdir())


def test_type_checkers_see_the_names_of_swa_utils():
    """In a stub, because the module must not import `nn`."""
    text = Path(optim.swa_utils.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    seen = {(alias.asname, node.module) for node in ast.parse(text).body for alias in node.names}
    # Only identifiers, because pytest may put names of its own, such as "@pytest_ar", into the modules of a plugin.
    names = {name for name in dir(optim.swa_utils) if name[0] != "_" and name.isidentifier()} - {"on_use"}
    assert seen == {(name, getattr(optim.swa_utils, name).__module__) for name in names}


def test_type_checkers_report_misspelled_names():
    """A module whose ``__getattr__`` they saw would have every name."""
    for name, tree in sources(autograd, nn, optim):
        stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        assert "__getattr__" not in stored | {getattr(node, "name", None) for node in tree.body}, name


def test_every_loss_says_what_it_takes():
    offered = {getattr(functional, name) for name in functional.__all__}
    functions = {f for f in offered if f.__module__.startswith("nn.losses.") and callable(f)}
    assert set(TAKES) == functions | {getattr(nn, name) for name in nn.losses.__all__}


@pytest.mark.parametrize(
    "former",
    [
        "layers.activations.kinked.ReLU",
        "layers.activations.shares.Softmax",
        "losses.answers.BCELoss",
        "losses.classes.CrossEntropyLoss",
        "losses.numbers.MSELoss",
        "units.adaline.Adaline",
        "units.mcculloch_pitts.McCullochPitts",
        "units.perceptron.Perceptron",
        *(f"functional.activations.{name}" for name in ("kinked.relu", "shares.softmax", "smooth.gelu")),
        *(f"functional.losses.{name}" for name in ("answers.hinge_loss", "classes.nll_loss", "numbers.mse_loss")),
        *("functional.attention.causal_mask", "functional.convolution.conv1d", "functional.dropout.dropout"),
        *("functional.embedding.embedding", "functional.linear.linear", "functional.normalization.layer_norm"),
        "functional.pooling.max_pool2d",
    ],
)
def test_pickles_made_with_former_names_of_modules_are_read(former):
    module, _, name = former.rpartition(".")
    now = getattr(functional if former.startswith("functional.") else nn, name)
    assert pickle.loads(f"cnn.{module}\n{name}\n.".encode()) is now

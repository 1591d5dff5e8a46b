"""Seven programs for PyTorch and for chainrule: nothing but imports and functions of the module torch differs, and both
learn the same."""

import ast
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

import nn

FOLDER = Path(__file__).parent
PROGRAMS = sorted(file.stem for file in (FOLDER / "pytorch").glob("*.py"))
PLACES = {"torch.utils.data": "nn.data", "torch.optim.lr_scheduler": "optim.lr_scheduler"}
PLACES |= {"torch.nn.functional": "nn.functional", "torch.nn": "nn", "torch.optim": "optim"}
PLACES |= {"safetensors.torch": "safetensors.numpy"}


def source(kind, name):
    return (FOLDER / kind / f"{name}.py").read_text(encoding="utf-8")


def imported(tree):
    """Each name that a program imports, with where it comes from."""
    names = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            names |= {alias.name: f"{statement.module}.{alias.name}" for alias in statement.names}
    return names


def root(node):
    """The name that a chain of attributes starts with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def differences(theirs, ours):
    """What differs between two programs, beside what may, as lines of text."""
    theirs, ours = map(ast.parse, (theirs, ours))
    names = [imported(tree) for tree in (theirs, ours)]
    of_autograd = {name for name, place in names[1].items() if place.split(".")[0] == "autograd"}
    places = {name: place for name, place in names[0].items() if name != "torch"}
    for name, place in places.items():
        longest = max((old for old in PLACES if f"{place}.".startswith(f"{old}.")), key=len, default="")
        places[name] = PLACES.get(longest, "") + place[len(longest) :]
    found = [
        f"import {item}" for item in places.items() ^ {(n, p) for n, p in names[1].items() if n not in of_autograd}
    ]
    for tree in (theirs, ours):
        tree.body = [statement for statement in tree.body if not isinstance(statement, ast.Import | ast.ImportFrom)]
    pending = [(theirs, ours)]
    while pending:
        a, b = pending.pop()
        if isinstance(a, ast.expr) and root(a) == "torch" and root(b) in of_autograd | {"np"}:
            continue
        if type(a) is not type(b):
            found.append(f"line {getattr(a, 'lineno', '?')}: {a!r:.80} {b!r:.80}")
        elif isinstance(a, ast.AST):
            pending += [(getattr(a, field, None), getattr(b, field, None)) for field in a._fields]
        elif isinstance(a, list):
            if len(a) != len(b):
                found.append(f"line {getattr((a or b)[0], 'lineno', '?')}: {len(a)} and {len(b)} parts")
            pending += zip(a, b, strict=False)
        elif a != b:
            found.append(f"{a!r} and {b!r}")
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_differs_but_imports_and_functions_of_torch(name):
    assert differences(source("pytorch", name), source("chainrule", name)) == []


def test_there_are_seven():
    assert len(PROGRAMS) == 7
    assert sorted(file.stem for file in (FOLDER / "chainrule").glob("*.py")) == PROGRAMS
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in PROGRAMS if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("hidden=32", "hidden=33"),
        ("lr=0.005", "lr=0.004"),
        ("model.eval()\n", "pass\n"),
        ("optimizer.step()", "optimizer.step(None)"),
        ("nn.ReLU()", "nn.Tanh()"),
        ("F.binary_cross_entropy_with_logits", "np.sum"),
        ("        loss.backward()\n", ""),
        ("from nn.data import DataLoader", "from nn import DataLoader"),
        ("import optim\n", ""),
        ("np.exp(0.5 * log_variance)", "np.exp(log_variance)"),
        ("mean.pow(2)", "np.square(mean)"),
    ],
)
def test_a_difference_is_found(before, after):
    theirs, ours = source("pytorch", "vae"), source("chainrule", "vae")
    assert before in ours
    changed = (
        ours.replace(before, after) if before.strip() != "loss.backward()" else ours.replace(f"    {before}", after)
    )
    assert differences(theirs, changed)


def program(kind, name):
    spec = spec_from_file_location(f"{kind}_{name}", FOLDER / kind / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_go_through_the_same_losses(name, tmp_path):
    torch = pytest.importorskip("torch")
    if name == "tuning":
        pytest.importorskip("safetensors")
    theirs, ours = program("pytorch", name), program("chainrule", name)
    start = ()
    if name == "tuning":
        start = (tmp_path / "learned.safetensors",)
        theirs.learn(*start, steps=20)
    nn.manual_seed(0)  # from some starts a kink lies within the rounding of float32, and the losses part there
    model, other = theirs.make(*start), ours.make(*start)
    model.load_state_dict({key: torch.tensor(np.asarray(value)) for key, value in other.state_dict().items()})
    expected, found = theirs.train(model, 50)[:50], ours.train(other, 50)[:50]
    assert len(found) == 50
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-4)
    assert name == "gan" or np.mean(found[-5:]) < 0.9 * np.mean(found[:5])

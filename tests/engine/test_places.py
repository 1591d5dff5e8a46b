"""Lines of the program in messages; cells of notebooks, whose files are temporary ones, by their numbers."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import debug, gradcheck, steps, tensor
from autograd.errors import NonFiniteError
from autograd.provenance import line_of, place, where

CELL = "/tmp/ipykernel_7/123.py"
PROGRAM = """
x = tensor([0.5, 0.0], requires_grad=True)
y = np.abs(x)
"""


@pytest.fixture
def notebook(monkeypatch):
    """An IPython that knows one cell, as its compiler tells (`IPython.core.compilerop.CachingCompiler`)."""

    def format_code_name(name):
        return ("Cell", "In[3]") if name == CELL else None

    shell = SimpleNamespace(compile=SimpleNamespace(format_code_name=format_code_name))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


def run(program, **names):
    exec(compile(program, CELL, "exec"), globals() | names, names)
    return names


def test_a_line_of_a_file():
    x = tensor([0.5], requires_grad=True)
    y = np.abs(x)
    file, line = line_of(y._node)
    assert where(y._node) == f"{file}:{line}"
    assert file == __file__


def test_of_a_long_path_the_end_is_shown():
    short, folders = "/home/user/model/train.py", "/".join(["a_folder_with_a_name"] * 9)
    assert place(short, 3) == f"{short}:3"
    assert place(f"/{folders}/model/layers/train.py", 3) == ".../model/layers/train.py:3"


def test_the_number_of_a_cell(notebook):
    y = run(PROGRAM)["y"]
    assert where(y._node) == "In[3]:3"
    assert place("example.py", 3) == "example.py:3"
    assert "In[3]:3" in [step.line for step in steps(y.sum())]


def test_cells_in_what_gradcheck_and_debug_say(notebook):
    f = run("def f(x):\n    return np.sum(x * np.sum(x).item())\n")["f"]
    assert "at In[3]:2 the operand" in str(gradcheck(f, np.array([1.0, 2.0]), raise_on_failure=False))
    with pytest.raises(NonFiniteError, match=r"applied at In\[3\]:3"):
        run("x = tensor([0.0])\nwith debug():\n    y = np.log(x)\n", debug=debug)


@pytest.mark.parametrize(
    "ipython",
    [SimpleNamespace(), SimpleNamespace(get_ipython=lambda: None), SimpleNamespace(get_ipython=lambda: object())],
    ids=["half imported", "no shell", "another shell"],
)
def test_ipython_without_cells(ipython, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert place(CELL, 3) == f"{CELL}:3"

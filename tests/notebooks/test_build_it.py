"""Notebook 00: the finished engine beside the library, the reader's own pieces together, hidden answers."""

import ast
import io
import tokenize
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from autograd import grad

FOLDER = Path(__file__).parents[2] / "notebooks"
TEXT = FOLDER / "00_build_it.py"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="there is no folder notebooks")


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return import_module("tiny_engine")


@pytest.fixture
def workbench(engine):
    return import_module("workbench")


@pytest.fixture(scope="module")
def cells():
    spec = spec_from_file_location("test_notebooks_of_all", Path(__file__).with_name("test_notebooks.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_plot(programs):
    return next(i for i, source in enumerate(programs) if "nn.plot.panels" in source)


def lines_of_code(source):
    """Lines that are neither blank nor part of a comment or a docstring."""
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in layout:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def test_the_engine_has_60_lines_and_uses_numpy_alone(engine):
    source = Path(engine.__file__).read_text(encoding="utf-8")
    assert len(lines_of_code(source)) == 60
    imports = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]


PROGRAMS = {
    "several paths": (lambda a, b: ((a * b + a).tanh() * (a * b) - b).sum(), [(), ()]),
    "one operand twice": (lambda a: (a * a + a).sum(), [(3,)]),
    "numbers and arrays": (lambda a: (2.0 * a + np.array([1.0, 2.0]) * a - 1).sum(), [(2,)]),
    "a row, a column, a number": (lambda a, b, c: ((a + b) * c).tanh().sum(), [(4, 1), (3,), ()]),
    "an axis of length 1 kept": (lambda a, b: (a * b).tanh().sum(), [(1, 3), (4, 3)]),
    "layers": (lambda x, v, b, w: ((x @ v + b).tanh() @ w).sum(), [(5, 2), (2, 3), (3,), (3, 1)]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_engine_agrees_with_the_library(engine, name):
    program, shapes = PROGRAMS[name]
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in shapes]
    inputs = [engine.Value(array) for array in arrays]
    for _ in range(2):  # gradients of an earlier pass do not remain
        engine.backward(program(*inputs))
    expected = grad(program, argnums=tuple(range(len(arrays))))(*arrays)
    for value, right in zip(inputs, expected, strict=True):
        assert value.grad.shape == value.data.shape
        np.testing.assert_allclose(value.grad, right, rtol=1e-12, atol=1e-14)


def test_the_pieces_of_a_reader_replace_the_finished_ones(cells, engine):
    session = cells.Session(TEXT, 1)
    _, programs, asked, solutions = cells.exercises(TEXT)
    numbers = {source: number for number, source in asked.items()}
    for source in programs[: first_plot(programs)]:
        session.run(cells.answered(source, solutions[numbers[source]]) if source in numbers else source)
    names = session.names
    for piece in ("topological_order", "backward", "unbroadcast", "descend"):
        assert names[piece] is names[f"my_{piece}"]
    for op, piece in (("*", "product"), ("tanh", "tanh"), ("@", "matmul")):
        assert names["RULES"][op] is names[f"my_{piece}_rule"]
    assert names["largest"] < 1e-12
    assert names["compared"] > 150
    losses = []
    for _ in range(20):
        loss = names["mean_squared_error"](names["mlp"](names["Value"](names["points"]), names["layers"]), 1.0)
        names["backward"](loss)
        names["descend"]([p for layer in names["layers"] for p in layer], lr=0.1)
        losses.append(loss.data.item())
    assert losses[-1] < losses[0] / 2


def test_a_wrong_piece_is_not_used(workbench, engine, capsys):
    finished = engine.RULES["*"]

    def my_product_rule(g, y, a, b):
        return g * a, g * b

    assert workbench.part(my_product_rule, finished) is finished

    def my_product_rule(g, y, a, b):
        return g * b, g * a

    assert workbench.part(my_product_rule, finished) is my_product_rule
    said = capsys.readouterr().out.splitlines()
    assert [line.startswith("Until it is right") for line in said] == [False, True, False]


def test_no_code_cell_shows_the_answer_to_an_exercise(cells):
    """What a solution returns, calls or assigns last stands in no code cell of the notebook."""
    _, programs, asked, solutions = cells.exercises(TEXT)
    shown = {ast.unparse(node) for source in programs for node in ast.walk(ast.parse(source))}
    for number, program in solutions.items():
        ends = [node.body[-1] for node in ast.walk(ast.parse(program)) if hasattr(node, "body")]
        answers = {ast.unparse(e.value) for e in ends if isinstance(e, ast.Return | ast.Assign | ast.Expr)} - {"order"}
        assert answers, f"exercise {number}"
        assert not answers & shown, f"exercise {number}"
    assert len(solutions) == len(asked) == 7

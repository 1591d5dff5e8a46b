"""What somebody reads who follows ``z = x * w; z.backward()``: six files, and how many lines of code.

The walk is traced in an interpreter of its own, so that the functions of the op are written on the way.
"""

import ast
import io
import json
import subprocess
import sys
import tokenize
from importlib.util import find_spec
from pathlib import Path

import pytest

ENGINE = {"backward.py", "codegen.py", "graph.py", "op.py", "tape.py", "tensor.py"}
LINES = 800

# Names from elsewhere that the walk meets, and that say what they are: two dtypes, and a lock.
CONSTANTS = {"FLOAT32", "FLOAT64", "STORING"}

[FOLDER] = find_spec("autograd").submodule_search_locations
FOLDER = Path(FOLDER)

PROGRAM = """
import dis, json, sys
sys.path[:] = {path!r}
from autograd import tensor

functions, names = set(), set()

def trace(frame, event, argument):
    code = frame.f_code
    functions.add((code.co_filename, code.co_firstlineno))
    frame.f_trace_opcodes = True
    if event == "opcode":
        at = code.co_code[frame.f_lasti]
        if dis.opname[at] == "LOAD_GLOBAL":
            number = next(i.arg for i in dis.get_instructions(code) if i.offset == frame.f_lasti)
            names.add((code.co_filename, code.co_names[number >> 1]))
    return trace

def walk(x, w):
    sys._getframe().f_trace_opcodes = True  # without it Python 3.12 traces none the first time
    sys.settrace(trace)
    z = x * w
    z.backward()
    sys.settrace(None)

walk(*(tensor({data}, requires_grad=True) for _ in range(2)))
functions.discard((walk.__code__.co_filename, walk.__code__.co_firstlineno))
print(json.dumps([sorted(functions), sorted(names)]))
"""


@pytest.fixture(scope="module", params=["3.0", "[3.0]"])
def walked(request):
    """The functions that run, as file and first line, and the global names that they look up."""
    program = PROGRAM.format(path=sys.path, data=request.param)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def code_lines(file):
    """The numbers of the lines with code: no docstrings, comments or blank lines."""
    source = file.read_text(encoding="utf-8")
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {n for t in tokens if t.type not in nothing for n in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def record_of(op, file):
    """The lines of the call of `defop` with this name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "defop" and node.args[0].value == op:
            return set(range(node.lineno, node.end_lineno + 1))
    raise AssertionError(f"no record of {op} in {file}")


def test_the_walk_stays_in_six_files(walked):
    """The rules that run are part of the op's record, which stands beside others of its family."""
    record = record_of("multiply", FOLDER / "ops" / "arithmetic.py")
    files, rules = set(), set()
    for file, line in walked[0]:
        path = Path(file)
        if file.startswith("<chainrule"):
            path = FOLDER / "engine" / "codegen.py"  # which has written it
        if path == FOLDER / "ops" / "arithmetic.py":
            rules.add(line)
        elif path.is_relative_to(FOLDER):  # and not in NumPy
            files.add(path)
    assert files == {FOLDER / "engine" / name for name in ENGINE}
    assert rules
    assert rules <= record
    lines = sum(len(code_lines(FOLDER / "engine" / name)) for name in ENGINE) + len(record)
    assert lines <= LINES, f"{lines} lines of code: what serves messages, pictures or checks lies elsewhere"


def test_nothing_else_must_be_opened(walked):
    """Whatever the walk looks up is defined in the six files, or explains itself."""
    elsewhere = {}
    for name in ENGINE:
        tree = ast.parse((FOLDER / "engine" / name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and not node.module.startswith("autograd.engine"):
                elsewhere[str(FOLDER / "engine" / name)] = elsewhere.get(str(FOLDER / "engine" / name), {}) | {
                    alias.name: node.module for alias in node.names if node.module.startswith("autograd")
                }
    opened = {name for file, name in walked[1] if name in elsewhere.get(file, {})}
    assert opened <= CONSTANTS
    assert {name for _, name in walked[1]} >= {"STATE", "Tensor", "newest_first"}  # names were seen at all


def test_the_folder_holds_the_six_files_and_no_other():
    assert {file.name for file in (FOLDER / "engine").glob("*.py")} == ENGINE | {"__init__.py"}
    assert not code_lines(FOLDER / "engine" / "__init__.py")


def named(functions):
    """The names of the functions of the engine among some that run, but for those that write an op's own once."""
    found = set()
    for name in ENGINE - {"codegen.py", "op.py"}:
        file = FOLDER / "engine" / name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and [str(file), node.lineno] in functions:
                found.add(node.name)
    return found


def test_the_page_tells_the_walk_function_by_function(walked):
    page = Path(__file__).parents[2] / "docs" / "design.md"
    if not page.exists():
        pytest.skip("there is no folder docs beside the tests")
    told = page.read_text(encoding="utf-8").partition("## The walk")[2].partition("\n## ")[0]
    names = named(walked[0]) - {"__init__"}  # of Route
    assert {"backward_pass", "record", "leaf"} <= names
    assert {name for name in names if f"{name}`" not in told} == set()

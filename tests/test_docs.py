"""Everything public has a docstring with an example; these run, and so do those of pages."""

import ast
import doctest
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from autograd.engine.op import REGISTRY

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd", "optim", "nn")
EXTRAS = {r"\.plot\b": "matplotlib", r"\bnn\.sklearn\b": "sklearn"}  # what is needed where this is written


@cache
def docstrings():
    """File, line and text of every string in the sources with an example, and of the docstrings of ops.

    Read from the sources and not from the objects, as doctest's own finder does, because that one passes over
    what is neither a function nor a class without a word. Only the docstring of an op is put together from its record.
    """
    found = []
    for package in map(Path, PACKAGES):
        [folder] = find_spec(package.name).submodule_search_locations
        for file in sorted(Path(folder).rglob("*.py")):
            name = (package / file.relative_to(folder)).as_posix()
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append((name, node.lineno, node.value))
    found += [(f"op {op.name}", 1, op.function.__doc__) for op in REGISTRY.values()]
    return [(file, line, text) for file, line, text in found if examples_of(text)]


def examples_of(text):
    return [example.source for example in doctest.DocTestParser().get_examples(text)]


def missing_for(text):
    """What is needed beside NumPy and is not there."""
    return next((extra for words, extra in EXTRAS.items() if re.search(words, text) and not find_spec(extra)), None)


def run_examples(text, names, file, line):
    """Run the examples of a text that starts at a line (from 0) of a file; they may extend `names`."""
    test = doctest.DocTestParser().get_doctest(text, names, file, file, line)
    # Quiet by request, because it would take a -v of the command line for its own.
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report = []
    runner.run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    if report:
        pytest.fail("".join(report), pytrace=False)


@pytest.mark.parametrize(("file", "line", "text"), [pytest.param(*d, id=f"{d[0]}:{d[1]}") for d in docstrings()])
def test_docstring(file, line, text, tmp_path, monkeypatch):
    """An example knows no names but its own, so that it can be pasted as it stands."""
    if missing := missing_for("".join(examples_of(text))):
        pytest.skip(f"{missing} is missing")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)  # examples may save files
    run_examples(text, {"__name__": "__main__"}, file, line - 1)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.mark.parametrize("page", ["README.md", "docs/doctor.md", "docs/networks.md", "docs/training.md"])
def test_page(page, tmp_path, monkeypatch):
    """The blocks marked as Python run in the order of reading, each knowing the names of those before."""
    if not (ROOT / page).exists():
        pytest.skip(f"there is no {page}")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for block in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, block.start(1))
        if ">>> " in block[1]:
            run_examples(block[1], names, page, line)
        else:
            exec(compile("\n" * line + block[1], page, "exec"), names)


PAGES = sorted(p for folder in (ROOT, ROOT / "docs", ROOT / "notebooks") for p in folder.glob("*.md"))


@pytest.mark.parametrize("page", [str(p.relative_to(ROOT)) for p in PAGES])
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not ((ROOT / page).parent / target).exists()] == []


def test_a_wrong_example_fails():
    run_examples(">>> x = 1 + 1\n>>> x\n2\n", {}, "right", 0)
    with pytest.raises(pytest.fail.Exception, match=r"Expected:\n\s+3"):
        run_examples(">>> 1 + 1\n3\n", {}, "wrong", 0)
    with pytest.raises(pytest.fail.Exception, match="ZeroDivisionError"):
        run_examples(">>> 1 / 0\n", {}, "raising", 0)

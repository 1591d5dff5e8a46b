"""The examples of the documentation run: in the docstrings of the three packages, and on pages."""

import ast
import doctest
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd", "optim", "nn")


def docstrings():
    """File, line and text of every string in the sources with an example.

    Read from the sources and not from the objects, as doctest's own finder does, because that one passes over
    what is neither a function nor a class, an op in a table for instance, without a word.
    """
    parser = doctest.DocTestParser()
    for package in map(Path, PACKAGES):
        [folder] = find_spec(package.name).submodule_search_locations
        for file in sorted(Path(folder).rglob("*.py")):
            name = (package / file.relative_to(folder)).as_posix()
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    place = f"{name}:{node.lineno}"
                    if parser.get_examples(node.value, place):
                        yield pytest.param(name, node.lineno, node.value, id=place)


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


@pytest.mark.parametrize(("file", "line", "text"), list(docstrings()))
def test_docstring(file, line, text, tmp_path, monkeypatch):
    """An example knows no names but its own, so that it can be pasted as it stands."""
    monkeypatch.chdir(tmp_path)  # examples may save files
    run_examples(text, {"__name__": "__main__"}, file, line - 1)


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

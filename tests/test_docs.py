"""Everything public has a docstring with an example; these run, and so do those of pages."""

import ast
import doctest
import inspect
import pydoc
import re
import sys
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name, walk_packages
from types import FunctionType

import pytest

from autograd.engine import op
from autograd.engine.op import REGISTRY
from autograd.methods import OF_NUMPY

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd", "optim", "nn")
EXTRAS = {  # what is needed where this is written
    r"\.plot\b": "matplotlib",
    r'show="live"': "matplotlib",
    r"\bnn\.sklearn\b": "sklearn",
    r"^(?:from|import) hypothesis\b": "hypothesis",
    r"^(?:from|import) safetensors\b": "safetensors",
}


@cache
def docstrings():
    """File, line and text of every string in the sources with an example, and of the docstrings of ops.

    Read from the sources and not from the objects, as doctest's own finder does, because that one passes over
    what is neither a function nor a class without a word. Only the docstrings of ops and of methods that are functions
    of NumPy are put together from their records.
    """
    found = []
    for package in map(Path, PACKAGES):
        [folder] = find_spec(package.name).submodule_search_locations
        for file in sorted(Path(folder).rglob("*.py")):
            name = (package / file.relative_to(folder)).as_posix()
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append((name, node.lineno, node.value))
    found += [(f"op {name}", 1, record.function.__doc__) for name, record in REGISTRY.items()]
    found += [(f"method {name}", 1, method.__doc__) for name, (method, _, _) in OF_NUMPY.items()]
    return [(file, line, text) for file, line, text in found if examples_of(text)]


def examples_of(text):
    return [example.source for example in doctest.DocTestParser().get_examples(text)]


def missing_for(text):
    """What is needed beside NumPy and is not there."""
    return next(
        (extra for words, extra in EXTRAS.items() if re.search(words, text, re.M) and not find_spec(extra)), None
    )


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
    monkeypatch.setattr(op, "REGISTRY", dict(REGISTRY))  # an example may register an op
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)  # examples may save files
    run_examples(text, {"__name__": "__main__"}, file, line - 1)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        *(
            f"docs/{name}.md"
            for name in (
                "compile",
                "debugging",
                "doctor",
                "gradcheck",
                "gradients",
                "helpers",
                "networks",
                "saving",
                "tour",
                "training",
                "types",
            )
        ),
        *(f"docs/coming-from-{name}.md" for name in ("hips", "jax", "keras", "micrograd", "pytorch", "scikit-learn")),
    ],
)
def test_page(page, tmp_path, monkeypatch):
    """The blocks marked as Python run in the order of reading, each knowing the names of those before."""
    if not (ROOT / page).exists():
        pytest.skip(f"there is no {page}")
    text = (ROOT / page).read_text(encoding="utf-8")
    if missing := missing_for("\n".join(re.findall(r'^(?:from|import) .*|show="live"', text, flags=re.MULTILINE))):
        pytest.skip(f"{missing} is missing")
    monkeypatch.chdir(tmp_path)
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


def test_the_plan_of_the_house_is_complete():
    """Every folder of a package, and every file that lies in none."""
    page = ROOT / "docs" / "design.md"
    if not page.exists():
        pytest.skip("there is no folder docs beside the tests")
    for package in PACKAGES:
        part = re.search(rf"^{package}/ .*\n(?:  .*\n)+", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
        [folder] = find_spec(package).submodule_search_locations
        files = {f.name for f in Path(folder).glob("*.py") if f.name[0] != "_"}
        folders = {f"{f.parent.name}/" for f in Path(folder).glob("*/__init__.py")}
        assert {name for name in files | folders if not re.search(rf"\b{name}", part)} == set()


def test_a_wrong_example_fails():
    run_examples(">>> x = 1 + 1\n>>> x\n2\n", {}, "right", 0)
    with pytest.raises(pytest.fail.Exception, match=r"Expected:\n\s+3"):
        run_examples(">>> 1 + 1\n3\n", {}, "wrong", 0)
    with pytest.raises(pytest.fail.Exception, match="ZeroDivisionError"):
        run_examples(">>> 1 / 0\n", {}, "raising", 0)


# --- what is public ------------------------------------------------------------------------------------------------


def public_modules():
    """The packages, what they offer as modules, and what the README, a page or a notebook imports."""
    packages = [*map(import_module, PACKAGES)]
    names = [found.name for p in packages for found in walk_packages(p.__path__, f"{p.__name__}.") if found.ispkg]
    for page in (*(ROOT / page for page in PAGES), *(ROOT / "notebooks").glob("*.py")):
        text = page.read_text(encoding="utf-8")
        names += re.findall(rf"^(?:from|import) ((?:{'|'.join(PACKAGES)})\b[a-z_.]*)", text, flags=re.MULTILINE)
    modules = [*packages, *(import_module(name) for name in names if not missing_for(name))]
    offered = [getattr(m, name) for m in modules for name in getattr(m, "__all__", ())]
    return dict.fromkeys([*modules, *(value for value in offered if inspect.ismodule(value))])


def public_objects():
    """Name and object of every function and class in the ``__all__`` of a public module."""
    offered = [getattr(m, name) for m in public_modules() for name in getattr(m, "__all__", ())]
    return {f"{x.__module__}.{x.__qualname__}": x for x in offered if inspect.isfunction(x) or inspect.isclass(x)}


def ours(cls):
    """A class and those of ours that it is derived from."""
    return [base for base in cls.__mro__ if base.__module__.split(".")[0] in PACKAGES]


def members(objects):
    """Name, docstrings and classes of every public method and property of classes, once where it is defined.

    The docstrings are its own, if it has one, and those of what it overrides.
    """
    kinds = (FunctionType, classmethod, staticmethod, property, cached_property)
    found = {}
    for cls in filter(inspect.isclass, objects):
        for name in {n: value for base in ours(cls) for n, value in vars(base).items() if isinstance(value, kinds)}:
            if not name.startswith("_"):
                bases = [base for base in ours(cls) if isinstance(vars(base).get(name), kinds)]
                docs = [doc for base in bases if (doc := vars(base)[name].__doc__)]
                _, classes = found.setdefault(f"{bases[0].__module__}.{bases[0].__qualname__}.{name}", (docs, []))
                classes += ours(cls)
    return found


def lacking(text, *shown):
    """What a docstring lacks: a sentence (that may begin with a formula), or an example, if nothing else shows it."""
    text = inspect.cleandoc(text or "")
    if not re.match(r"(?![a-z]{2,}[ ,]).{8,}?[.:?]$", text.partition("\n\n")[0], flags=re.DOTALL):
        return "a sentence"
    # A method by PyTorch's name has a call and what it equals, which tests/ops/test_pytorch_methods.py runs.
    one_line = re.fullmatch("``.+`` is (``.+``|refused: .+)[.]", text)
    return None if any(shown) or examples_of(text) or one_line else "an example"


def lacks():
    """What is public, and what it lacks.

    A method may be shown by the example of its class that calls it, or of a method that it overrides.
    """
    yield from ((f"op {name}", lacking(record.function.__doc__)) for name, record in REGISTRY.items())
    yield from ((name, lacking(x.__doc__)) for name, x in public_objects().items())
    for name, (docs, classes) in members(public_objects().values()).items():
        calls = re.compile(rf"(\.|def ){name.rpartition('.')[2]}\b")
        called = (calls.search(line) for cls in classes for line in examples_of(cls.__doc__ or ""))
        yield name, lacking("".join(docs[:1]), *map(examples_of, docs), *called)


def test_everything_public_has_a_sentence_and_an_example():
    assert {name: what for name, what in lacks() if what} == {}


def test_whatever_has_a_name_says_what_it_is():
    """In a sentence: all functions, classes and methods that are used across files. Kernels and rules have a record."""
    packages = [*map(import_module, PACKAGES)]
    names = [found.name for p in packages for found in walk_packages(p.__path__, f"{p.__name__}.")]
    modules = [import_module(name) for name in names if not (missing_for(name) or name.endswith("__main__"))]
    objects = {
        f"{m.__name__}.{name}": x
        for m in modules
        for name, x in vars(m).items()
        if (inspect.isclass(x) or inspect.isfunction(x)) and x.__module__ == m.__name__ and not name.startswith("_")
    }
    texts = {name: x.__doc__ for name, x in objects.items() if not x.__module__.startswith("autograd.ops.")}
    texts |= {name: "".join(docs[:1]) for name, (docs, _) in members(objects.values()).items()}
    assert len(texts) > 1000
    assert [name for name, text in texts.items() if lacking(text, "shown or not")] == []


@pytest.mark.parametrize("page", ["helpers", "modules"])
def test_what_pages_for_contributors_describe_exists(page):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    names = re.findall(r"^\*\*`([\w.]+)`\*\*:", text, flags=re.MULTILINE)
    assert len(names) > 50
    for name in names:
        if not missing_for(name):
            resolve_name(name)


def test_the_walk_reaches_all_rooms():
    """Functions, classes, methods and properties, what is imported at its first use, and what only pages import."""
    names = public_objects().keys() | members(public_objects().values()).keys()
    functions = (
        "custom_op draw gradcheck kink_free_arrays explain minimize cosine zeros_ cross_entropy check fit recall"
    )
    methods = "Tensor.backward Tensor.sum Tensor.T Module.train Optimizer.step Row.entry History.best"
    assert [
        end for end in (*functions.split(), *methods.split()) if not any(n.endswith(f".{end}") for n in names)
    ] == []


def test_what_lacks_something_is_found():
    assert lacking(None) == lacking("") == lacking("x.") == lacking("some formula of x and y.") == "a sentence"
    assert lacking("The sum of x and y") == lacking("The sum of\n\nx and y.") == "a sentence"
    assert lacking("The sum of x and y.") == lacking("The sum of both.\n\nNo ``>>>`` stands alone.") == "an example"
    assert lacking("The sum of x and y.", [], None, ["s = add(x, y)"]) is None
    assert lacking("``t.add(2)`` is ``t + 2``.") is None
    assert lacking("``t.add(2)`` is a sum.") == "an example"
    assert lacking("The sum of x and y.\n\n    >>> 1 + 1\n    2\n") is None


@pytest.mark.parametrize("package", PACKAGES)
def test_help_of_a_package_fits_three_screens(package):
    """It names functions and classes without printing all their docstrings; what it names is there."""
    module = import_module(package)
    assert len(pydoc.render_doc(module).splitlines()) <= 150
    _, _, words = module.__doc__.partition("\n\n")
    lists = re.findall(r"^[A-Z][a-z ,]*: (.+)", words, flags=re.MULTILINE)
    named = [name for line in lists for name in line.removesuffix(", ...").split(", ")]
    assert len(named) > 20
    assert {*named} - {*dir(module), "sklearn"} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_star_import_brings_what_is_imported_on_use(package):
    names = {}
    exec(f"from {package} import *", names)
    assert set(import_module(package).__all__) == names.keys() - {"__builtins__"}
    assert {"autograd": "gradcheck", "nn": "fit", "optim": "minimize"}[package] in names

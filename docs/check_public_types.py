"""Checks the types of the public interface with pyright: how much of it is typed, and which results are `Any`.

`pyright --verifytypes` must find a type for `SHARE` of the symbols of each package. It leaves aside what NumPy's stubs
leave open (`--ignoreexternal`). Then a program asks for the type of every public function, method, property and field;
`Any` may occur only in the results that the last table of docs/types.md lists, which need all its rows.

    python docs/check_public_types.py
"""

import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages
from types import FunctionType, ModuleType
from typing import ParamSpec

ROOT = Path(__file__).resolve().parents[1]
if find_spec("optim") is None:  # a checkout that is not installed
    sys.path.append(str(ROOT))

PACKAGES = "autograd", "nn", "optim"
SHARE = 0.95
MEMBERS = FunctionType, classmethod, staticmethod, property, cached_property
OPERATORS = "__call__", "__enter__", "__getitem__", "__iter__"
ARRAYS = r"ndarray\[tuple\[Any, \.\.\.\]|dtype\[Any\]"  # of any shape, of any dtype


def by_pyright(*arguments, program=""):
    """The report of pyright, which looks for packages where this interpreter does."""
    search = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    search["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path[1:]))
    command = [sys.executable, "-m", "pyright", "--outputjson", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "public.py").write_text(program, encoding="utf-8")
        done = subprocess.run(command, cwd=folder, env=os.environ | search, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return json.loads(done.stdout)


def share(package):
    """How much of what a package exports has a type, and what has none."""
    found = by_pyright("--verifytypes", package, "--ignoreexternal")["typeCompleteness"]
    open_ = [symbol["name"] for symbol in found["symbols"] if symbol["isExported"] and not symbol["isTypeKnown"]]
    return found["completenessScore"], open_


def modules():
    """Those that offer names, packages first."""
    found = [import_module(name) for name in PACKAGES]
    names = [info.name for module in found for info in walk_packages(module.__path__, f"{module.__name__}.")]
    yield from found
    for name in sorted(names, key=lambda name: name.count(".")):
        if "._" not in name:
            module = import_module(name)
            if hasattr(module, "__all__") or hasattr(module, "__path__"):
                yield module


def public():
    """Every public function, class and value by its shortest name."""
    found = {}
    for module in modules():
        homes = ((name, getattr(value, "__module__", None) or "") for name, value in vars(module).items())
        own = [name for name, home in homes if name[0] != "_" and home.startswith(module.__name__)]
        for name in getattr(module, "__all__", own):
            value = getattr(module, name)
            if not isinstance(value, ModuleType):
                found.setdefault(id(value), (f"{module.__name__}.{name}", value))
    return dict(found.values())


def members(classes):
    """By public class, bases first, the names of what it and its private bases define."""
    known = set()
    for shortest, cls in sorted(classes.items(), key=lambda item: len(item[1].__mro__)):
        for base in cls.__mro__:
            if base.__module__.partition(".")[0] not in PACKAGES:
                continue
            own = [name for name, value in vars(base).items() if isinstance(value, MEMBERS)]
            for member in (*own, *vars(base).get("__annotations__", ())):
                if (member[0] != "_" or member in OPERATORS) and (base, member) not in known:
                    known.add((base, member))
                    yield shortest, cls, member


def annotated(name, cls):
    """A class as an annotation, whatever its parameters."""
    given = ["..." if isinstance(p, ParamSpec) else "object" for p in getattr(cls, "__parameters__", ())]
    return f"{name}[{', '.join(given)}]" if given else name


def program():
    """The program, and what each of its lines asks for."""
    everything = public()
    classes = {name: value for name, value in everything.items() if inspect.isclass(value)}
    lines = [f"import {name}" for name in sorted({name.rpartition(".")[0] for name in everything})]
    asked = {}
    for name in everything.keys() - classes.keys():
        lines.append(f"reveal_type({name})")
        asked[len(lines)] = name
    for name, cls, member in members(classes):
        lines += [f"def _(x: {annotated(name, cls)}) -> None:", f"    reveal_type(x.{member})"]
        asked[len(lines)] = f"{name}.{member}"
    return "\n".join(lines) + "\n", asked


def split(text):
    """A text at its commas, but for those in brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def results(kind):
    """What a type gives when it is called, of all overloads, or itself."""
    if overloads := re.fullmatch(r"Overload\[(.*)\]", kind, flags=re.DOTALL):
        return [result for part in split(overloads[1]) for result in results(part)]
    depth = 0
    for i, letter in enumerate(kind):
        depth += (letter in "[(") - (letter in "])")
        if not depth:
            return [kind[i + 5 :]] if kind[0] == "(" and kind[i + 1 : i + 5] == " -> " else [kind]
    return [kind]


def is_open(result):
    """Whether a result has an `Any` that is no array's and no parameter's of a function."""
    rest = re.sub(r"Polymorphic\[.*\]", "", re.sub(ARRAYS, "", result))
    rest = re.sub(r"\((?:[^()]|\([^()]*\))*\)(?= -> )", "", rest)
    return not rest.startswith("type[") and re.search(r"\b(Any|Unknown)\b", rest) is not None


def open_results():
    """The results that are Any, or contain it, by name."""
    text, asked = program()
    found = by_pyright("--pythonpath", sys.executable, "public.py", program=text)["generalDiagnostics"]
    answers = {}
    for d in found:
        line = d["range"]["start"]["line"] + 1
        if line not in asked or d["severity"] != "information":
            raise SystemExit(f"{text.splitlines()[line - 1]}: {d['message']}")
        answers[asked[line]] = re.fullmatch(r'Type of ".*?" is "(.*)"', d["message"], flags=re.DOTALL)[1]
    return {name: kind for name, kind in answers.items() if any(map(is_open, results(kind)))}, len(answers)


def listed():
    """The names in the last table of the page, which may have stars."""
    rows = (ROOT / "docs" / "types.md").read_text(encoding="utf-8").split("\n|---|---|\n")[-1].splitlines()
    return [name for row in rows if row[:1] == "|" for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def main():
    """Check both, and say what is wrong."""
    complaints = []
    for package in PACKAGES:
        typed, without = share(package)
        print(f"{package}: {typed:.1%} of the exported symbols have a type")
        if typed < SHARE:
            complaints.append(f"{package}: less than {SHARE:.0%}; without: {', '.join(without)}")
    found, count = open_results()
    names = listed()
    complaints += [f"{n}: {kind}" for n, kind in found.items() if not any(fnmatchcase(n, name) for name in names)]
    complaints += [f"not needed in docs/types.md: {n}" for n in names if not any(fnmatchcase(f, n) for f in found)]
    print("\n".join(complaints) or f"of {count} results, {len(found)} contain Any, which docs/types.md lists")
    raise SystemExit(bool(complaints))


if __name__ == "__main__":
    main()

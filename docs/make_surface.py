"""Writes the generated parts of autograd/surface.pyi.

These are the operators and methods of ops, from their records and the types of their kernels, and the methods with
PyTorch's names, from their table.

    python docs/make_surface.py            # writes these parts of the file
    python docs/make_surface.py --check    # fails if they are out of date
"""

import ast
import inspect
import json
import math
import sys
import textwrap
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

from autograd import Tensor  # noqa: E402
from autograd.engine.op import REGISTRY  # noqa: E402
from autograd.methods import COMPARISONS, OPERATORS  # noqa: E402
from autograd.pytorch_methods import METHODS  # noqa: E402

FILE = ROOT / "autograd" / "surface.pyi"
START, END = "    # --- of ops, written by docs/make_surface.py\n", "    # --- made of NumPy's functions\n"
ROWS, ROWS_END = "    # --- of autograd.pytorch_methods, written by docs/make_surface.py\n", "    # fmt: on\n"

# Types of the options that NumPy's methods have and the kernels of ops do not.
OPTIONS = {"dtype": "DTypeLike | None", "out": "None", "initial": "Operand", "mean": "Operand", "correction": "float"}
OPTIONS |= {"keepdim": "bool | None", "unbiased": "bool | None"}

# Types of the parameters of PyTorch's methods, and what they give, where that is no Tensor. Some of them are called
# int, float and bool, so that in their class these types have other names.
PARAMETERS = {
    **dict.fromkeys(("dim", "chunks", "k"), "Int"),
    **dict.fromkeys(("start_dim", "end_dim", "split.dim", "median.dim"), "Int | None"),
    "median.keepdim": "Bool | None",
    **dict.fromkeys(("requires_grad", "keepdim", "largest", "sorted", "descending", "stable"), "Bool"),
    **dict.fromkeys(("alpha", "exponent", "mat2", "max", "min", "other", "value"), "Operand"),
    "norm.dim": "Axis | list[Int]",
}
RESULTS = {
    **dict.fromkeys(("chunk", "split", "unbind"), "tuple[Tensor, ...]"),
    **dict.fromkeys(("numel", "dim"), "Int"),
    **dict.fromkeys(("sort", "median"), "NoReturn"),
    **dict.fromkeys(("requires_grad_", "zero_"), "Self"),
    "eq": "NDArray[np.bool_]",
    "is_contiguous": "Bool",
    "retain_grad": "None",
    "topk": "TopK",
}


# What the positions and truths of arrays are: one number, or an array where an axis is named or kept.
POSITIONS = {**dict.fromkeys(("argmax", "argmin"), "np.intp"), **dict.fromkeys(("any", "all"), "np.bool")}
WHOLE = {"axis": "None", "keepdims": "Literal[False]", "dim": "None", "keepdim": "Literal[False] | None"}


def operators(op):
    """The declarations of an op with a symbol."""
    if name := OPERATORS.get(op.facts.symbol):
        for form, returned in (("__{}__", "Tensor"), ("__r{}__", "Tensor"), ("__i{}__", "Self")):
            yield declaration(form.format(name), {"other": "Operand"}, returned, ["other"])
    elif name := COMPARISONS.get(op.facts.symbol):
        kind = "object" if name in ("eq", "ne") else "Operand"
        yield declaration(f"__{name}__", {"other": kind}, "NDArray[np.bool]", ["other"])


def method(op, name):
    """The declaration of an op under the name of a method."""
    types = getattr(op.kernel, "__annotations__", {}) | OPTIONS | dict.fromkeys(op.operands, "Operand")
    types["dim"] = "Axis | list[int]" if types.get("axis") == "Axis" else "int | None"
    if one := POSITIONS.get(name):
        overloads = declaration(name, types | WHOLE, one), declaration(name, types, f"NDArray[{one}]", documented=False)
        return "\n".join(f"@overload\n{declared}" for declared in overloads)
    return declaration(name, types, "Tensor" if op.differentiable else "NDArray[np.intp]")


def row(name):
    """The declaration of a method by PyTorch's name."""
    own = {p.removeprefix(f"{name}."): t for p, t in PARAMETERS.items() if p.startswith(f"{name}.")}
    return declaration(name, PARAMETERS | own, RESULTS.get(name, "Tensor"))


def declaration(name, types, returned, names=(), documented=True):
    """A method by its parameters, those without a type being anything, with the docstring that `help` shows.

    ``names`` are those of parameters that have others at run time, where they are given by position.
    """
    function = getattr(Tensor, name)
    parts, keyword = ["self"], False
    parameters = list(inspect.signature(function).parameters.values())[1:]
    for p, known in zip_longest(parameters, names):
        if p.kind is p.KEYWORD_ONLY and not keyword:
            parts.append("*")
            keyword = True
        keyword |= p.kind is p.VAR_POSITIONAL
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        usual = "" if p.default is p.empty else f" = {literal(p.default)}"
        parts.append(f"{stars}{known or p.name}: {types.get(known or p.name, 'Any')}{usual}")
    line = layout(f"def {name}", parts, f"{returned}:")
    ignored = "  # type: ignore[override]" * (name in ("__eq__", "__ne__"))
    return f"{line}{ignored}\n{docstring(function)}" if documented else f"{line} ..."


def layout(head, parts, end):
    """A declaration on one line or on several."""
    line = f"{head}({', '.join(parts)}) -> {end}"
    if len(line) <= 112:
        return line
    inside = textwrap.fill(", ".join(parts), 112, initial_indent="    ", subsequent_indent="    ")
    return f"{head}(\n{inside},\n) -> {end}"


def literal(value):
    """A usual value as it is written, or the dots that stand for one that is not."""
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value) if value is None or (isinstance(value, bool | int | float) and math.isfinite(value)) else "..."


def docstring(function, width=112):
    """That of a function or property, as it stands in a body: editors show that of a stub, not that of the function."""
    paragraphs = inspect.cleandoc(function.__doc__).split("\n\n")
    for i, paragraph in enumerate(paragraphs):
        if ">>>" not in paragraph and max(map(len, paragraph.split("\n"))) > width - 3 * (i == 0):
            paragraphs[i] = textwrap.fill(paragraph, width - 3)
    text = "\n\n".join(paragraphs)
    raw = "r" * ("\\" in text)
    return textwrap.indent(f'{raw}"""{text}' + "\n" * ("\n" in text) + '"""', "    ")


def declarations():
    """Those of ops."""
    for op in REGISTRY.values():
        yield from operators(op)
    for op in REGISTRY.values():
        yield from (method(op, name) for name in op.facts.method)


def by_hand(text):
    """The declarations that stand in a text, whose types are written by hand, with what else belongs to them."""
    found = ast.parse(textwrap.dedent(text)).body
    for i, node in enumerate(found):
        kind = "".join(f"@{decorator.id}\n" for decorator in node.decorator_list)
        first = not i or found[i - 1].name != node.name
        if kind == "@property\n":
            returned = ast.unparse(node.returns)
            yield f"{kind}def {node.name}(self) -> {returned}:\n{docstring(getattr(Tensor, node.name))}"
            continue
        a = node.args
        given = [*a.posonlyargs, *a.args, *filter(None, [a.vararg]), *a.kwonlyargs, *filter(None, [a.kwarg])][1:]
        types = {p.arg: ast.unparse(p.annotation) for p in given}
        yield kind + declaration(node.name, types, ast.unparse(node.returns), types, documented=first)


def written(text):
    """The text of the file with this part made anew."""
    hand = text.partition(END)[2].partition(ROWS_END)[0]
    parts = (ROWS, ROWS_END, map(row, METHODS)), (START, "\n" + END, declarations()), (END, ROWS_END, by_hand(hand))
    for start, end, lines in parts:
        before, _, rest = text.partition(start)
        after = rest.partition(end)[2]
        text = before + start + textwrap.indent("\n".join(lines), " " * 4) + "\n" + end + after
    return text


def main():
    """Write the file, or check it."""
    text = FILE.read_text(encoding="utf-8")
    if sys.argv[1:] == ["--check"]:
        if written(text) != text:
            sys.exit(f"{FILE.relative_to(ROOT)} is stale: run python docs/make_surface.py")
        return
    FILE.write_text(written(text), encoding="utf-8")


if __name__ == "__main__":
    main()

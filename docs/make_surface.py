"""Writes what autograd/surface.pyi declares of ops: operators and methods, from their records and the types of kernels;
and of the methods by PyTorch's names, from their table.

python docs/make_surface.py            # writes that part of the file
python docs/make_surface.py --check    # fails when it is stale
"""

import inspect
import sys
import textwrap
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


def operators(op):
    """The declarations of an op with a symbol."""
    if name := OPERATORS.get(op.facts.symbol):
        yield f"def __{name}__(self, other: Operand) -> Tensor: ..."
        yield f"def __r{name}__(self, other: Operand) -> Tensor: ..."
        yield f"def __i{name}__(self, other: Operand) -> Self: ..."
    elif name := COMPARISONS.get(op.facts.symbol):
        anything = name in ("eq", "ne")
        kind, ignored = ("object", "  # type: ignore[override]") if anything else ("Operand", "")
        yield f"def __{name}__(self, other: {kind}) -> NDArray[np.bool_]: ...{ignored}"


def method(op, name):
    """The declaration of an op under the name of a method."""
    types = getattr(op.kernel, "__annotations__", {}) | OPTIONS | dict.fromkeys(op.operands, "Operand")
    types["dim"] = "Axis | list[int]" if types.get("axis") == "Axis" else "int | None"
    return declaration(name, types, "Tensor" if op.differentiable else "Any")


def row(name):
    """The declaration of a method by PyTorch's name."""
    own = {p.removeprefix(f"{name}."): t for p, t in PARAMETERS.items() if p.startswith(f"{name}.")}
    return declaration(name, PARAMETERS | own, RESULTS.get(name, "Tensor"))


def declaration(name, types, returned):
    """A method by its parameters, those without a type being anything."""
    parts, keyword = ["self"], False
    for p in list(inspect.signature(getattr(Tensor, name)).parameters.values())[1:]:
        if p.kind is p.KEYWORD_ONLY and not keyword:
            parts.append("*")
            keyword = True
        keyword |= p.kind is p.VAR_POSITIONAL
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        parts.append(f"{stars}{p.name}: {types.get(p.name, 'Any')}{' = ...' * (p.default is not p.empty)}")
    line = f"def {name}({', '.join(parts)}) -> {returned}: ..."
    if len(line) <= 116:
        return line
    inside = textwrap.fill(", ".join(parts), 112, initial_indent="    ", subsequent_indent="    ")
    return f"def {name}(\n{inside},\n) -> {returned}: ..."


def declarations():
    """All of them."""
    for op in REGISTRY.values():
        yield from operators(op)
    for op in REGISTRY.values():
        yield from (method(op, name) for name in op.facts.method)


def written(text):
    """The text of the file with this part made anew."""
    for start, end, lines in ((ROWS, ROWS_END, map(row, METHODS)), (START, "\n" + END, declarations())):
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

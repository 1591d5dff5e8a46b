"""Writes what autograd/surface.pyi declares of ops: operators and methods, from their records and the types of kernels.

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

FILE = ROOT / "autograd" / "surface.pyi"
START, END = "    # --- of ops, written by docs/make_surface.py\n", "    # --- made of NumPy's functions\n"

# Types of the options that NumPy's methods have and the kernels of ops do not.
OPTIONS = {"dtype": "DTypeLike | None", "out": "None", "initial": "Operand", "mean": "Operand", "correction": "float"}


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
    parts, keyword = ["self"], False
    for p in list(inspect.signature(getattr(Tensor, name)).parameters.values())[1:]:
        if p.kind is p.KEYWORD_ONLY and not keyword:
            parts.append("*")
            keyword = True
        parts.append(f"{p.name}: {types.get(p.name, 'Any')}{'' if p.default is p.empty else ' = ...'}")
    returned = "Tensor" if op.differentiable else "Any"
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
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    return before + START + textwrap.indent("\n".join(declarations()), " " * 4) + "\n\n" + END + after


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

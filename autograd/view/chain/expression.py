"""Formulas as Python expressions: replacing names, doing arithmetic, writing text or LaTeX."""

import ast
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from autograd.view.picture.values import number

# How tightly an operator binds, and how it is written in text and in LaTeX.
_OPERATORS: dict[type[ast.AST], tuple[int, str, str]] = {
    ast.Add: (1, "+", "+"),
    ast.Sub: (1, "-", "-"),
    ast.Mult: (2, "*", r"\,"),
    ast.Div: (2, "/", r"\frac"),
    ast.MatMult: (2, "@", r"\,"),
    ast.Pow: (4, "**", "^"),
    ast.Gt: (0, ">", ">"),
    ast.Lt: (0, "<", "<"),
    ast.GtE: (0, ">=", r"\ge"),
    ast.LtE: (0, "<=", r"\le"),
    ast.Eq: (0, "==", "="),
}
_LATEX_FUNCTIONS = frozenset({"sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "exp", "arcsin", "arccos", "arctan"})
_SIGN = 3  # binds tighter than a product, looser than a power

Names = Mapping[str, str | float | int]
Shapes = Mapping[str, tuple[int, ...]]


def as_text(formula: str, names: Names | None = None) -> str:
    """A formula as text, with its names replaced by other names or numbers."""
    tree = _parsed(formula, names)
    return _words(formula, names) if tree is None else _text(tree)[0]


def as_latex(formula: str, names: Names | None = None, *, shapes: Shapes | None = None) -> str:
    """The same as LaTeX; with ``shapes``, they stand below matrices, and an elementwise product gets its own sign."""
    tree = _parsed(formula, names)
    return _latex_words(formula, names or {}) if tree is None else _Latex(shapes).write(tree)[0]


def latex_name(name: str) -> str:
    """The name of a variable as LaTeX: one letter with an index stays italic, longer words are upright."""
    if name.startswith("delta(") and name.endswith(")"):
        return rf"\delta_{{{latex_name(name[6:-1])}}}"
    match = re.fullmatch(r"(.*?)(\[[-\d, ]*\])?", name, re.DOTALL)
    assert match is not None
    stem, index = match[1], (match[2] or "")[1:-1]
    simple = re.fullmatch(r"([A-Za-z])_?(\d+|[A-Za-z])?", stem)
    if simple:
        word, below = simple[1], simple[2] or ""
    else:
        word, _, below = stem.rpartition("_") if re.fullmatch(r"\w+_\w{1,6}", stem) else (stem, "", "")
        word = word if re.fullmatch("[A-Za-z]", word) else rf"\mathrm{{{_escaped(word)}}}"
        below = rf"\mathrm{{{_escaped(below)}}}" if below and not below.isdigit() else below
    lower = ", ".join(part for part in (below, index) if part)
    return f"{word}_{{{lower}}}" if lower else word


def latex_shape(shape: tuple[int, ...]) -> str:
    """A shape as that of a matrix: a vector is a column."""
    return r" \times ".join(map(str, (*shape, 1) if len(shape) == 1 else shape)) or "1"


def latex_number(value: Any) -> str:
    """A number as LaTeX, with its power of ten."""
    mantissa, e, exponent = number(value).partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa


def _words(formula: str, names: Names | None) -> str:
    """A formula in words, with its names replaced."""
    filled = names or {}
    return re.sub(r"\b(?:G|x|out|n)\b", lambda match: str(filled.get(match[0], match[0])), formula)


def _latex_words(formula: str, names: Names) -> str:
    """The same as LaTeX: names as mathematics, the words between them as text."""
    parts = re.split(r"\b(G|x|out|n)\b", formula)
    pairs = ((i % 2, part) for i, part in enumerate(parts) if part)
    return " ".join(latex_name(str(names.get(p, p))) if named else rf"\text{{{_escaped(p)}}}" for named, p in pairs)


def _escaped(text: str) -> str:
    text = re.sub(r"([_%&#${}])", r"\\\1", text.replace("\\", "\0"))
    return text.replace("\0", r"\backslash ").replace("^", r"{\wedge}").replace("~", r"{\sim}")


def _parsed(formula: str, names: Names | None) -> ast.expr | None:
    """The formula with its names replaced; None when it is in words."""
    tree = _tree(formula)
    return None if tree is None else _Filling(names or {}).visit(tree)


@cache
def _tree(formula: str) -> ast.expr | None:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError:
        return None


class _Filling(ast.NodeTransformer):
    """Copies a formula with its names replaced, and does the arithmetic that this makes possible."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.names.get(node.id, node.id)
        return ast.Name(value) if isinstance(value, str) else ast.Constant(value)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        # The name of a function is not ours to replace.
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return ast.Compare(self.visit(node.left), node.ops, [self.visit(c) for c in node.comparators])

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Attribute(self.visit(node.value), node.attr)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right, op = self.visit(node.left), self.visit(node.right), node.op
        a, b = _constant(left), _constant(right)
        if a is not None and b is not None and isinstance(op, ast.Add | ast.Sub | ast.Mult):
            return ast.Constant(a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b)
        if isinstance(op, ast.Mult) and 1 in (a, b):
            return right if a == 1 else left  # type: ignore[no-any-return]
        if isinstance(op, ast.Pow | ast.Div) and b == 1:
            return left  # type: ignore[no-any-return]
        return ast.BinOp(left, op, right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.visit(node.operand)
        a = _constant(operand)
        return ast.Constant(-a) if a is not None else ast.UnaryOp(node.op, operand)


def _constant(node: ast.expr) -> float | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else None


def _text(node: ast.expr) -> tuple[str, int]:
    """Text, and how tightly its outermost operation binds."""
    match node:
        case ast.Constant():
            text = number(node.value)
            return text, _SIGN if text.startswith("-") else 9
        case ast.Name():
            return node.id, 9
        case ast.Attribute():
            return f"{_within(_text(node.value), 9)}.{node.attr}", 9
        case ast.UnaryOp():
            return f"-{_within(_text(node.operand), _SIGN)}", _SIGN
        case ast.Compare():
            left, right = _text(node.left)[0], _text(node.comparators[0])[0]
            return f"[{left} {_OPERATORS[type(node.ops[0])][1]} {right}]", 9
        case ast.Call():
            return f"{ast.unparse(node.func)}({', '.join(_text(a)[0] for a in node.args)})", 9
        case ast.BinOp():
            rank, symbol, _ = _OPERATORS[type(node.op)]
            low, high = (rank + 1, rank) if isinstance(node.op, ast.Pow) else (rank, rank + 1)
            left, right = _within(_text(node.left), low), _within(_text(node.right), high)
            return f"{left} {symbol} {right}", rank
    return ast.unparse(node), 0


def _within(part: tuple[str, int], least: int) -> str:
    text, rank = part
    return text if rank >= least else f"({text})"


class _Latex:
    """The same for LaTeX, where fractions and powers group by themselves."""

    def __init__(self, shapes: Shapes | None) -> None:
        self.times, self.shapes = r"\," if shapes is None else r"\odot", shapes or {}

    def write(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Constant():
                text = latex_number(node.value)
                return text, _SIGN if text.startswith("-") else 2 if "^" in text else 9
            case ast.Name():
                shape, name = self.shapes.get(node.id, ()), latex_name(node.id)
                return (rf"\underset{{{latex_shape(shape)}}}{{{name}}}" if 1 <= len(shape) <= 2 else name), 9
            case ast.Attribute():
                return rf"{self.within(node.value, 9)}^{{\top}}", 4
            case ast.UnaryOp():
                return f"-{self.within(node.operand, _SIGN)}", _SIGN
            case ast.Compare():
                left, right = self.write(node.left)[0], self.write(node.comparators[0])[0]
                return rf"\mathbf{{1}}[{left} {_OPERATORS[type(node.ops[0])][2]} {right}]", 9
            case ast.Call():
                return self.call(node)
            case ast.BinOp():
                return self.binary(node)
        return _escaped(ast.unparse(node)), 0

    def call(self, node: ast.Call) -> tuple[str, int]:
        name = ast.unparse(node.func)
        inside = ", ".join(self.write(a)[0] for a in node.args)
        if name == "sqrt":
            return rf"\sqrt{{{inside}}}", 9
        if name == "exp":
            return f"e^{{{inside}}}", 4
        if name == "sigmoid":
            return rf"\sigma({inside})", 9
        word = rf"\{name}" if name in _LATEX_FUNCTIONS else rf"\mathrm{{{_escaped(name)}}}"
        return rf"{word}({inside})", 9

    def binary(self, node: ast.BinOp) -> tuple[str, int]:
        rank, _, symbol = _OPERATORS[type(node.op)]
        if isinstance(node.op, ast.Div):
            return rf"\frac{{{self.write(node.left)[0]}}}{{{self.write(node.right)[0]}}}", 9
        if isinstance(node.op, ast.Pow):
            return f"{self.within(node.left, 5)}^{{{self.write(node.right)[0]}}}", rank
        left, right = self.within(node.left, rank), self.within(node.right, rank + 1)
        if not isinstance(node.op, ast.Mult):
            return f"{left} {symbol} {right}", rank
        if right[0].isdigit():
            return rf"{left} \cdot {right}", rank
        return f"{left} {symbol if _constant(node.left) is not None else self.times} {right}", rank

    def within(self, node: ast.expr, least: int) -> str:
        text, rank = self.write(node)
        return text if rank >= least else rf"\left({text}\right)"

"""Single mutants of a source file: each has one small change that the tests ought to notice.

The operators, each applied wherever it can be:

    boundary    < and <=, > and >= exchanged
    comparison  == and !=, is and is not, in and not in exchanged; < and > turned round to >= and <=
    logic       and and or exchanged, not left out
    condition   the condition of if, while, a conditional expression or a comprehension negated
    arithmetic  + and -, * and /, // and *, % and *, ** and *, | and & exchanged, also in assignments; unary - left out
    constant    a number plus one, True and False exchanged, a text with a letter more in front
    statement   a call or an assignment in place left out; an assignment, and what is returned or yielded, made None
    jump        break and continue exchanged, raise left out
    argument    an argument given by name left out
    handler     an except clause that catches nothing

Left alone are docstrings, annotations, ``__all__``, decorators, imports, and the words of errors and warnings (the
tests ask for some of them only).
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

__all__ = ["Mutant", "draw", "mutants_of"]

BOUNDARIES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_EXCHANGED = {ast.Eq: ast.NotEq, ast.Is: ast.IsNot, ast.In: ast.NotIn}
COMPARISONS = {
    **{a: b for pair in _EXCHANGED.items() for a, b in (pair, pair[::-1])},
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


class Mutant(NamedTuple):
    """One change: the operator, where, and what stands there before and after it."""

    path: str
    line: int
    operator: str
    text: str  # the line
    before: str
    after: str
    place: int  # the number of the node among those of the file,
    number: int  # and of the change among those of the node

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.operator}: {self.before}  ->  {self.after}"

    @property
    def key(self) -> tuple[str, str, str]:
        """The change without the number of its line, which other changes move."""
        return self.path, self.text, f"{self.before}  ->  {self.after}"

    def source(self, root: Path) -> str:
        """The whole file with the change."""
        tree = ast.parse((root / self.path).read_text())
        target = next(islice(_nodes(tree), self.place, None))
        new = _changes(target)[self.number][1]
        return ast.unparse(ast.fix_missing_locations(_replace(tree, target, new)))


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """All mutants of a file, in the order of the source."""
    text = (root / path).read_text()
    lines = text.splitlines()
    found = [
        Mutant(path, node.lineno, operator, lines[node.lineno - 1].strip(), _word(node), _word(new), place, number)
        for place, node in enumerate(_nodes(ast.parse(text)))
        for number, (operator, new) in enumerate(_changes(node))
    ]
    return sorted(found, key=lambda mutant: mutant.line)


def draw(root: Path, folders: Iterable[str], number: int | None, seed: int) -> list[Mutant]:
    """A number of different mutants of all files below some folders, every mutant as likely as any other."""
    paths = sorted(file.relative_to(root).as_posix() for folder in folders for file in (root / folder).rglob("*.py"))
    every = [mutant for path in paths for mutant in mutants_of(root, path)]
    return every if number is None else random.Random(seed).sample(every, number)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, in the order of the source."""
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return
    yield node
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("warn")):
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _nodes(part)


def _changes(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """What can take the place of a node, each with the name of the operator."""
    return _of_expression(node) if isinstance(node, ast.expr) else _of_statement(node)


def _of_expression(node: ast.expr) -> list[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=[op]):
            exchanged = [("boundary", BOUNDARIES), ("comparison", COMPARISONS)]
            return [(name, _with(node, ops=[table[type(op)]()])) for name, table in exchanged if type(op) in table]
        case ast.BoolOp(op=op):
            return [("logic", _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And()))]
        case ast.UnaryOp(op=ast.Not() | ast.USub() as op):
            return [("logic" if isinstance(op, ast.Not) else "arithmetic", node.operand)]
        case ast.IfExp():
            return [("condition", _with(node, test=_negated(node.test)))]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return [
                ("condition", _with(node, generators=[_with(part, ifs=[_negated(part.ifs[0])])]))
                for part in node.generators
                if part.ifs and len(node.generators) == 1
            ]
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            return [("arithmetic", _with(node, op=ARITHMETIC[type(op)]()))]
        case ast.Constant(value=value):
            return [("constant", ast.Constant(new)) for new in _other_values(value)]
        case ast.Yield(value=ast.expr()):
            return [("statement", ast.Yield(ast.Constant(None)))]
        case ast.Call(keywords=keywords):
            shorter = [[k for k in keywords if k is not left_out] for left_out in keywords if left_out.arg]
            return [("argument", _with(node, keywords=rest)) for rest in shorter]
    return []


def _other_values(value: object) -> list[object]:
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1]
        case str():
            return [f"X{value}"]
        case bytes():
            return [b"X" + value]
    return []


def _of_statement(node: ast.AST) -> list[tuple[str, ast.AST]]:
    match node:
        case ast.If() | ast.While():
            return [("condition", _with(node, test=_negated(node.test)))]
        case ast.AugAssign(op=op) if type(op) in ARITHMETIC:
            return [("arithmetic", _with(node, op=ARITHMETIC[type(op)]())), ("statement", ast.Pass())]
        case ast.Expr(value=ast.Call()):
            return [("statement", ast.Pass())]
        case ast.Assign() | ast.AnnAssign(value=ast.expr()) if not _is_none(node.value):
            return [("statement", _with(node, value=ast.Constant(None)))]
        case ast.Return(value=ast.expr()) if not _is_none(node.value):
            return [("statement", ast.Return(ast.Constant(None)))]
        case ast.Break():
            return [("jump", ast.Continue())]
        case ast.Continue():
            return [("jump", ast.Break())]
        case ast.Raise():
            return [("jump", ast.Pass())]
        case ast.ExceptHandler(type=ast.expr()):
            return [("handler", _with(node, type=ast.Tuple([], ast.Load())))]
    return []


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """The same node with other fields."""
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _negated(test: ast.expr) -> ast.expr:
    return (
        test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)
    )


def _word(node: ast.AST) -> str:
    """The first line of a node as text."""
    return ast.unparse(node).split("\n")[0]


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
                return tree
            if isinstance(value, list) and any(part is old for part in value):
                value[:] = [new if part is old else part for part in value]
                return tree
    raise ValueError("the node is not in the tree")

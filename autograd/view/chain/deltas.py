"""The chain rule in matrices: the gradient of each array between an operand and the root, in terms of later ones."""

import math
import re
from typing import NamedTuple

from autograd.engine.graph import Node, Output, Vertex
from autograd.view.chain.expression import as_latex, latex_name
from autograd.view.chain.local import elementwise, has_outputs, matrix_formula, slope
from autograd.view.chain.names import Names
from autograd.view.chain.replay import Replay


class Delta(NamedTuple):
    """The gradient of one array: its formula as text and as LaTeX, the shapes of a product of matrices, its shape."""

    name: str
    formula: str
    latex: str
    shapes: str
    shape: tuple[int, ...]


def deltas(replay: Replay, names: Names, useful: set[Vertex]) -> list[Delta]:
    """The rows from the root to the operand, newest first; ``useful`` are the vertices between them."""
    ones = "1" if math.prod(replay.root.shape) == 1 else "the given gradient"
    terms = {replay.root: [(ones, as_latex(ones), "")]}
    rows = []
    for vertex in replay.order:
        if vertex not in useful or vertex not in replay.gradients:
            continue
        if not has_outputs(vertex):
            texts, formulas, shapes = zip(*terms[vertex], strict=True)
            text, latex, sizes = " + ".join(texts), " + ".join(formulas), ", ".join(dict.fromkeys(filter(None, shapes)))
            rows.append(Delta(f"delta({names(vertex)})", text, latex, sizes, vertex.shape))
        if isinstance(vertex, Node):
            for slot, parent in enumerate(vertex.parents):
                if parent is not None and parent in useful:
                    terms.setdefault(parent, []).append(_term(replay, names, vertex, slot, parent))
        elif isinstance(vertex, Output):
            maker = vertex.parents[0]
            assert maker is not None
            terms.setdefault(maker, []).append(("", "", ""))
    return rows


def _term(replay: Replay, names: Names, node: Node, slot: int, parent: Vertex) -> tuple[str, str, str]:
    """The contribution of a node to the delta of an operand."""
    incoming = f"delta({names(node)})"
    local = slope(replay, names, node, slot, incoming=incoming)
    summed = _summed(node, parent)
    if local.matrix is None or local.matrix_latex is None:
        text = f"{node.op.name}'({incoming})"
        return text, rf"\mathrm{{rule}}_{{\mathrm{{{node.op.name}}}}}({latex_name(incoming)})", ""
    text = f"{local.matrix}, summed over axes {summed}" if summed else local.matrix
    latex = rf"\textstyle\sum_{{{summed}}} {local.matrix_latex}" if summed else local.matrix_latex
    return text, latex, _shapes(node, slot)


def _summed(node: Node, parent: Vertex) -> str:
    """The axes over which the engine sums to undo broadcasting."""
    if not elementwise(node) or math.prod(node.shape) <= math.prod(parent.shape):
        return ""
    extra = len(node.shape) - len(parent.shape)
    axes = [*range(extra), *(i + extra for i, n in enumerate(parent.shape) if n == 1 != node.shape[i + extra])]
    return ", ".join(map(str, axes))


def _shapes(node: Node, slot: int) -> str:
    """A product of matrices in terms of shapes, ``(5, 10) @ (10, 64)``."""
    shapes = [x.shape if isinstance(x, Vertex) else () for x in node.operands]
    formula = matrix_formula(node.op, slot, [len(s) for s in shapes], node.attrs) or ""
    if not re.fullmatch(r"\w+(\.T)? @ \w+(\.T)?", formula):
        return ""
    known = dict(zip(node.op.operands, shapes, strict=False)) | {"G": node.shape}

    def written(match: re.Match[str]) -> str:
        shape = known[match[1]]
        return str(tuple(reversed(shape)) if match[2] else shape)

    return re.sub(r"(\w+)(\.T)?", written, formula)

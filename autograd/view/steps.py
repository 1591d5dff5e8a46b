"""`steps`: the backward pass as a sequence of records, to read one by one, print, or play in a browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.engine.graph import Node, Output
from autograd.engine.tensor import Tensor
from autograd.files import destination
from autograd.printable import Printable
from autograd.view.animation import MOST_STEPS, animation
from autograd.view.chain.local import slope
from autograd.view.chain.names import Names, place_of, scope_of
from autograd.view.chain.replay import Firing, Replay, Sent
from autograd.view.graph.variables import variables
from autograd.view.picture.values import brief
from autograd.view.write.page import write_frame, write_player

_SHOWN = 60  # steps that the printed form writes out; all can be iterated over


@dataclass(frozen=True, slots=True, eq=False)
class Send:
    """The contribution of a node to the gradient of one of its operands.

    ``formula`` and ``number`` are the local derivative if it is one factor (for each entry); ``matrix`` is the whole
    contribution as a formula in ``G``, the incoming ``gradient``. ``before`` is None for the first contribution.
    """

    to: str
    operand: str
    formula: str | None
    number: Any
    matrix: str | None
    gradient: NDArray[Any]
    amount: NDArray[Any]
    before: NDArray[Any] | None
    after: NDArray[Any]
    complete: bool

    def __str__(self) -> str:
        if self.formula is not None and _short(self.number):
            same = _is_number(self.formula) or self.formula == brief(self.number)
            how = f"local derivative {self.formula}" + ("" if same else f" = {brief(self.number)}")
        else:
            how = self.matrix or f"G times the derivative by {self.to}"
        total = "" if self.before is None else f" to {brief(self.before)}, total {brief(self.after)}"
        return f"to {self.to}: {how}; adds {self._product()}{total}{'' if self.complete else ' (more to come)'}"

    def _product(self) -> str:
        """The contribution; for single numbers as a product."""
        amount = brief(self.amount)
        if self.formula is None or np.ndim(self.number) or np.ndim(self.amount) or self.number in (1, -1):
            return amount
        factor = brief(self.number)
        return f"{brief(self.gradient)} * {f'({factor})' if factor.startswith('-') else factor} = {amount}"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One node passing its gradient on.

    ``number`` counts from 1. ``waiting`` names nodes that have received a gradient but not yet passed it on (at most
    the first few; ``pending`` counts them all). ``line`` is ``file:line`` of the program, ``source`` that line.
    """

    number: int
    node: str
    expression: str
    value: NDArray[Any] | None
    gradient: NDArray[Any]
    sends: tuple[Send, ...]
    waiting: tuple[str, ...]
    pending: int
    line: str
    source: str
    scope: str

    def __str__(self) -> str:
        value = "" if self.value is None else f", value {brief(self.value)}"
        lines = [f"{self.number}. {self.node} = {self.expression}{value}, gradient {brief(self.gradient)}"]
        lines += [f"   {send}" for send in self.sends]
        more = f" and {self.pending - len(self.waiting)} more" if self.pending > len(self.waiting) else ""
        lines.append(f"   waiting: {', '.join(self.waiting) or 'nothing'}{more}")
        return "\n".join(lines)


def steps(output: Tensor, *, gradient: Any = None) -> "Steps":
    """The backward pass from a Tensor, step by step.

    The pass is computed here, from the values of the forward pass: nothing is stored on any Tensor, the graph is not
    released, no hook is called. So it works before ``backward()``, and after it if the values were kept (small ones
    are; `record` keeps all). ``gradient`` is the starting gradient, as for ``backward``; by default 1 for every entry.

    Raises RequiresGradError for a Tensor without graph, ValuesNotKeptError if a value that a rule needs is gone.

    >>> from autograd import tensor
    >>> from autograd.view import steps
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> steps(x * x + 1)
    backward from add_1 (gradient 1): 2 nodes
    1. add_1 = multiply_1 + 1, value 10, gradient 1
       to multiply_1: local derivative 1; adds 1
       waiting: multiply_1
    2. multiply_1 = x * x, value 9, gradient 1
       to x: local derivative x = 3; adds 1 * 3 = 3 (more to come)
       to x: local derivative x = 3; adds 1 * 3 = 3 to 3, total 6
       waiting: nothing
    gradients: x 6
    >>> [step.node for step in steps(x * x + 1)]
    ['add_1', 'multiply_1']
    """
    vertex = output._vertex_of_live()
    seed = None if gradient is None else output._seed(gradient, "steps", False)
    return Steps(Replay(vertex, seed))


class Steps(Printable):
    """The steps of a backward pass: iterate over them, print them, or open ``html`` in a browser.

    >>> from autograd import steps, tensor
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> found = steps(x * x)
    >>> len(found), found.gradients
    (1, {'x': np.float64(6.0)})
    >>> [send.formula for step in found for send in step.sends]
    ['x', 'x']
    >>> found.text.splitlines()[-1]
    'gradients: x 6'
    >>> found.html[:15]
    '<!DOCTYPE html>'
    >>> found.save("pass.html").name
    'pass.html'
    """

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._names = Names([replay.root], variables())

    def __iter__(self) -> Iterator[Step]:
        for number, firing in enumerate(self._replay, 1):
            yield self._step(number, firing)

    def __len__(self) -> int:
        return sum(isinstance(v, Node) for v in self._replay.order)

    def _step(self, number: int, firing: Firing) -> Step:
        node, names = firing.node, self._names
        line, source = place_of(node)
        return Step(
            number,
            names(node),
            names.expression(node),
            self._replay.value(node),
            firing.gradient,
            tuple(self._send(firing, sent) for sent in firing.sent),
            tuple(names(v) for v in firing.waiting),
            firing.pending,
            line,
            source,
            scope_of(node),
        )

    def _send(self, firing: Firing, sent: Sent) -> Send:
        node, slot = firing.node, sent.slot
        local = slope(self._replay, self._names, node, slot, latex=False)
        operands = node.op.operands
        return Send(
            self._names(sent.parent),
            operands[slot] if slot < len(operands) else f"{operands[0]}[{slot}]",
            local.formula,
            local.number,
            local.matrix,
            firing.gradient,
            sent.amount,
            sent.before,
            sent.after,
            sent.complete,
        )

    @property
    def gradients(self) -> dict[str, NDArray[Any]]:
        """The finished gradients of the leaves, by name, in the order of the program."""
        found = self._replay.run().gradients
        leaves = [v for v in reversed(self._replay.order) if v.op is None and not isinstance(v, Output) and v in found]
        return {self._names(v): found[v] for v in leaves}

    @cached_property
    def text(self) -> str:
        """The steps in words; for a large graph, the first ones."""
        root, count = self._replay.root, len(self)
        nodes, seed = f"{count:,} node{'s' * (count != 1)}", brief(self._replay.seed)
        lines = [f"backward from {self._names(root)} (gradient {seed}): {nodes}"]
        lines += [str(step) for step in islice(self, _SHOWN)]
        if count > _SHOWN:
            lines.append(f"... {count - _SHOWN:,} more steps")
        final = [f"{name} {brief(g)}" for name, g in islice(self.gradients.items(), _SHOWN)]
        lines.append(f"gradients: {', '.join(final)}{', ...' if len(self.gradients) > _SHOWN else ''}")
        return "\n".join(lines)

    @cached_property
    def html(self) -> str:
        """One HTML page that needs no network: it plays the forward and the backward pass, or steps through them.

        Arrow keys, Home and End move, the space bar plays; a click on a box shows its values, line and formulas, a
        click on a module folds it. In a graph of more than 150 nodes, each module call is one box, and the nodes
        farthest from the result are left out of the picture; of more than 2,000 steps, those nearest to the result are
        played. The page says so.
        """
        firings = list(self._replay)
        found = (self._step(number, firing) for number, firing in enumerate(firings[:MOST_STEPS], 1))
        words = [(str(step), [send._product() for send in step.sends]) for step in found]
        return write_player(*animation(self._replay, self._names, firings, words))

    def save(self, path: str | Path) -> Path:
        """Write the page (.html) or the text (.txt). A device or a pipe is refused with OSError."""
        path = Path(path)
        makers: dict[str, Callable[[], str]] = {".html": lambda: self.html, ".txt": lambda: self.text + "\n"}
        if path.suffix.lower() not in makers:
            raise ValueError(f"steps cannot be saved as {path.name!r}: the suffix must be .html or .txt.")
        destination(path)
        path.write_text(makers[path.suffix.lower()](), encoding="utf-8", newline="\n")
        return path

    def _forms(self) -> dict[str, Callable[[], str]]:
        return {"text/html": lambda: write_frame(self.html, self.text), "text/plain": lambda: self.text}


def _is_number(formula: str) -> bool:
    return formula.removeprefix("-").replace(".", "", 1).isdigit()


def _short(number: Any) -> bool:
    return number is not None and getattr(number, "size", 1) <= 4

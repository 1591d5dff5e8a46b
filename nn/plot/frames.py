"""Pictures that move: one for each value of a number, among which a slider and a button choose."""

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from string import Template
from typing import Any
from urllib.parse import quote

import numpy as np

from autograd.printable import Printable
from autograd.tables import table_of
from nn.plot.look import pictures, styled


class Frames(Printable):
    """Pictures that move, shown in a notebook; ``html`` is for a page of your own."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _forms(self) -> dict[str, Callable[[], str]]:
        return {"text/html": lambda: self.html, "text/plain": lambda: self.text}


def frames(
    draw: Callable[..., Any], values: Iterable[Any], *, name: str, start: int = 0,
    size: tuple[float, float] = (4.6, 3.0),
) -> Frames:  # fmt: skip
    """Draw a picture for each value of a number. In a notebook, a slider and a play button move among them.

    ``draw(value, ax=ax)`` draws into ``ax``. All pictures get the same limits, those that show everything, and colours
    that follow the theme of the page. ``name`` is shown with the value. ``start`` is the position of the value that is
    shown first, and alone where scripts do not run. The result needs no kernel and no network; its ``html`` can be put
    on a page. Raises ValueError if there is no value at the start.

    >>> import numpy as np
    >>> import nn.plot
    >>> x = np.linspace(-1.0, 1.0, 50)
    >>> nn.plot.frames(lambda w, ax: ax.plot(x, np.tanh(w * x)), [0.5, 1.0, 2.0], name="w")
    3 pictures, w = 0.5 to w = 2, shown in a notebook
    """
    moments = list(values)
    if not -len(moments) <= start < len(moments):
        raise ValueError(f"start must be the position of one of the {len(moments)} values, not {start}.")
    shown = (f"{value:.4g}" if isinstance(value, float | np.floating) else value for value in moments)
    labels = [f"{name} = {value}" for value in shown]
    return moving(name, labels, pictures([partial(draw, value) for value in moments], labels, size), start)


def moving(name: str, labels: list[str], svgs: list[str], start: int, kind: str = "moving") -> Frames:
    """Frames of pictures that are SVG already; ``kind`` is their class in the style, such as "moving wide"."""
    parts: dict[str, int] = {}  # what pictures share is written once
    told = [[parts.setdefault(part, len(parts)) for part in re.split(r"(?<=>)", svg)] for svg in svgs]
    start = range(len(svgs))[start]
    data = {"name": name, "labels": labels, "start": start, "frames": told, "parts": list(parts)}
    body = Template(table_of("nn.plot.look")["moving"]).substitute(
        kind=kind,
        label=escape(labels[start]),
        still=quote(svgs[start].replace("<svg", '<svg style="background:#fff"', 1), " =:;/,()<>'"),
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )
    return Frames(styled(body), f"{len(svgs)} pictures, {labels[0]} to {labels[-1]}, shown in a notebook")

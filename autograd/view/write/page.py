"""Writes HTML pages that need no network, each from its ``.html``, ``.css`` and ``.js`` beside this file.

Those files own how a page looks and moves. Its contents come as an SVG whose boxes carry ``data-node``, and as data
about these; it must not know any graph.
"""

import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from autograd.view.picture.boxes import Picture


def write_page(picture: Picture, svg: str) -> str:
    """The page around an SVG of the picture: drag to move, wheel to zoom, click a box for its numbers."""
    facts = {box.id: [f"{box.title} {box.heading}".strip(), box.tooltip] for box in picture.boxes}
    names = ", ".join(box.title or box.heading for box in picture.boxes if box.output)
    return _write("page", f"Graph of {names}" if names else "Graph", svg, facts)


def write_player(svg: str, animation: dict[str, Any]) -> str:
    """The page that plays a backward pass, with the facts of each node and the moments of the pass."""
    return _write("player", animation["title"], svg, animation)


def _write(name: str, title: str, svg: str, data: dict[Any, Any]) -> str:
    page, style, script = (
        files(__package__).joinpath(name + suffix).read_text(encoding="utf-8") for suffix in (".html", ".css", ".js")
    )
    written = json.dumps(data).replace("<", "\\u003c")  # so that no name in it ends the script
    return Template(page).substitute(title=escape(title), style=style, svg=svg, data=written, script=script)

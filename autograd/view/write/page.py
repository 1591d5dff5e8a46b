"""Writes HTML that needs no network, each kind from its ``.html``, ``.css`` and ``.js`` beside this file.

Those files own how a picture looks and moves. Its contents come as an SVG whose boxes carry ``data-node``, and as data
about these; it must not know any graph.
"""

import json
import re
import sys
import zlib
from binascii import b2a_base64
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from autograd.view.picture.boxes import Picture
from autograd.view.write.svg import description, headline

_script: list[Any] = [None, None]  # the cell whose output holds the script, and the number of that run


def write_page(picture: Picture, svg: str, data: dict[str, Any]) -> str:
    """The page around an SVG of the picture, to move, fold, search and click in."""
    body = f'<div class="chainrule page">{svg}{_data(_compact(data))}</div>'
    return _page(headline(picture), "", body, f"{_viewer()}chainrule.all();")


def write_player(svg: str, animation: dict[str, Any]) -> str:
    """The page that plays a backward pass, with the facts of each node and the moments of the pass."""
    body = Template(_text("player.html")).substitute(svg=svg, data=_data(_compact(animation)))
    return _page(animation["title"], _text("player.css"), body, _viewer() + _text("player.js"))


def write_frame(page: str, text: str) -> str:
    """The page of a backward pass for the output of a notebook's cell; where that is forbidden, the text."""
    return (
        f'<pre>{escape(text)}</pre><iframe srcdoc="{escape(page)}" sandbox="allow-scripts" '
        f'title="backward pass, step by step" style="width: 100%; height: 620px; border: 1px solid #d5d9e0"></iframe>'
        f"<script>{_text('frame.js')}</script>"
    )


def write_output(picture: Picture, still: str, data: dict[str, Any], svg: str) -> str:
    """The picture for the output of a notebook's cell: an image, which the script replaces by the SVG to move in.

    What forbids scripts (an untrusted notebook, the page of a code host) usually allows images.
    """
    url = still.replace("%", "%25").replace("#", "%23").replace("\n", "%0A").replace("\t", "%09").replace('"', "'")
    image = f'<img alt="{escape(description(picture))}" style="max-width:100%" src="data:image/svg+xml,{escape(url)}">'
    written = json.dumps(_compact(data | ({} if svg == still else {"svg": svg})))
    packed = _data({"packed": b2a_base64(zlib.compress(written.encode()), newline=False).decode()})
    script = _viewer() if _first_in_notebook() else ""
    return f'<div class="chainrule">{image}{packed}<script>{script}window.chainrule?.all();</script></div>'


def _first_in_notebook() -> bool:
    """Whether an output has to bring the script: no other cell has it, or the cell that has it runs again."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return True
    parent: Any = getattr(shell, "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId") or shell.execution_count
    if _script[0] is None or (_script[0] == cell and _script[1] != shell.execution_count):
        _script[:] = cell, shell.execution_count
        return True
    return False


def _page(title: str, style: str, body: str, script: str) -> str:
    return Template(_text("page.html")).substitute(title=escape(title), style=style, body=body, script=script)


def _viewer() -> str:
    script = _text("view.js").replace("STYLE", json.dumps(_text("view.css")))
    return re.sub(r"^ +|^//.*\n| +// .*$", "", script, flags=re.MULTILINE)


def _compact(data: dict[str, Any]) -> dict[str, Any]:
    """The same data with each line of its facts once: many boxes share the line of code."""
    texts: dict[str, int] = {}
    facts = {k: [texts.setdefault(line, len(texts)) for line in text.split("\n")] for k, text in data["facts"].items()}
    return data | {"facts": facts, "texts": list(texts)}


def _data(data: dict[str, Any]) -> str:
    written = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")  # so that no name in it ends the script
    return f'<script type="application/json">{written}</script>'


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")

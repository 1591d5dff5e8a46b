"""The picture of a playground as SVG: what every unit sees, weights as lines, output, points and losses."""

import struct
import zlib
from binascii import b2a_base64
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nn.layers import Linear
from nn.plot.look import COLOURS

if TYPE_CHECKING:
    from playground.experiment import Playground

BLUE, ORANGE, *_, INK = (f"var(--c{i},{colour})" for i, colour in enumerate(COLOURS))
PAPER = "var(--paper,#fff)"
_RGB = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in COLOURS[:2]], np.uint8)
_WIDTH, _HEIGHT, _UNIT, _OUTPUT, _PITCH = 840, 352, 34, 232, 43
_LEFT, _RIGHT, _TOP, _MIDDLE = 66, _WIDTH - _OUTPUT - 8, _HEIGHT - _OUTPUT - 4, _HEIGHT // 2
_MOMENTS = 40  # of a curve

Boxes = list[tuple[int, int]]  # the middle of the left edge of each


def picture(run: "Playground") -> str:
    """The whole picture, in the colours of the page."""
    maps = [*run._maps()[:-1], run._maps(side=48)[-1]]
    step = (_RIGHT - 84 - _LEFT) / (len(maps) - 1 - (len(maps) > 2))
    boxes: list[Boxes] = [
        [(round(_LEFT + j * step), round(_MIDDLE + (i + 0.5 - len(units) / 2) * _PITCH)) for i in range(len(units))]
        for j, units in enumerate(maps[:-1])
    ]
    boxes.append([(_RIGHT, _TOP + _OUTPUT // 2)])
    names = [name.replace("^2", "²").replace("1", "₁").replace("2", "₂") for name in run.settings["features"]]
    titles = [names]
    for j, layer in enumerate(run.layers, 1):
        titles.append([f"layer {j}, unit {i}, bias {bias:.3g}" for i, bias in enumerate(layer.bias.numpy(), 1)])
    units = [
        _map(seen, x, y, _OUTPUT if x == _RIGHT else _UNIT, title)
        for group in zip(maps, boxes, titles, strict=True)
        for seen, (x, y), title in zip(*group, strict=True)
    ]
    units += [
        f'<text x="60" y="{y + 4}" text-anchor="end">{n}</text>' for n, (_, y) in zip(names, boxes[0], strict=True)
    ]
    return (
        f'<svg role="img" aria-label="{run._told()}" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="{INK}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="Helvetica, Arial, sans-serif" font-size="12">'
        f'<text x="{_WIDTH - 8}" y="12" text-anchor="end">{run._told()}</text>'
        f"{_lines(boxes, run.layers)}{''.join(units)}{_dots(run)}{_curves(run)}</svg>"
    )


def signed(values: NDArray[Any], reach: float) -> str:
    """A PNG as a data URL, from orange (-reach) through transparent to blue (reach), with 15 shades of each."""
    shade = np.rint(np.clip(np.nan_to_num(np.abs(values)) / reach, 0.0, 1.0) * 15).astype(np.uint8) * np.uint8(17)
    pixels = np.dstack([_RGB[((values < 0) & (shade > 0)).astype(int)], shade])
    rows = np.pad(pixels.reshape(len(pixels), -1), ((0, 0), (1, 0)))  # each begins with 0: no filter
    head = struct.pack(">IIBBBBB", *values.shape[::-1], 8, 6, 0, 0, 0)  # 8 bits for each of red, green, blue, alpha
    file = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")):
        file += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return f"data:image/png;base64,{b2a_base64(file, newline=False).decode()}"


def _map(seen: NDArray[Any], x: int, y: int, size: int, title: str) -> str:
    place = f'x="{x}" y="{y - size // 2}" width="{size}" height="{size}"'
    url = signed(seen, max(1.0, float(np.nan_to_num(np.abs(seen)).max())))
    return (
        f'<rect {place} fill="{PAPER}" stroke="{INK}" stroke-opacity=".5"/>'
        f'<image {place} preserveAspectRatio="none" href="{url}"><title>{title}</title></image>'
    )


def _lines(boxes: list[Boxes], layers: list[Linear]) -> str:
    """Each weight as a line: blue if positive, orange if negative, none if zero, and thicker if larger."""
    found = []
    for (left, right), layer in zip(pairwise(boxes), layers, strict=True):
        for (k, i), w in np.ndenumerate(layer.weight.numpy()):
            (x, y), (u, v) = left[i], right[k]
            middle, width = (x + _UNIT + u) // 2, min(9.0, 0.4 + 1.6 * abs(w)) if w else 0.0
            found.append(
                f'<path d="M{x + _UNIT} {y}C{middle} {y} {middle} {v} {u} {v}" stroke="{BLUE if w > 0 else ORANGE}" '
                f'stroke-width="{width:.2f}"><title>{w:.4g}</title></path>'
            )
    return f'<g fill="none" stroke-opacity=".75">{"".join(found)}</g>'


def _dots(run: "Playground") -> str:
    """The points on the output: those for training with a light rim, those for test with a dark one."""
    found = []
    for (x, y), rim in zip(run.points, (PAPER, INK), strict=True):
        places = [_RIGHT, _TOP] + (x * (1, -1) + 6) * (_OUTPUT / 12)
        shades = np.clip(np.rint(y * 4), -4, 4)
        for shade in np.unique(shades):
            d = "".join(f"M{a:.0f} {b:.0f}h0" for a, b in places[shades == shade])
            layers = [(rim, 5, 4), (PAPER, 4, 4), (BLUE if shade > 0 else ORANGE, 4, abs(shade))]
            for colour, width, opacity in layers if abs(shade) < 4 else layers[::2]:
                found.append(f'<path d="{d}" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity / 4}"/>')
    return f'<g fill="none" stroke-linecap="round">{"".join(found)}</g>'


def _curves(run: "Playground") -> str:
    """The losses by epoch, from 0 to the largest: of the training data dashed, of the test data solid."""
    values = np.nan_to_num([*run.losses.values()], posinf=0.0)
    last = values.shape[1] - 1
    kept = np.unique(np.linspace(0, last, min(last + 1, _MOMENTS)).round().astype(int))
    across, down = _RIGHT + kept * (_OUTPUT / max(last, 1)), _TOP - 12 - values * (_TOP - 36) / (values.max() or 1.0)
    found = ""
    for row, style in zip(down, ('stroke-dasharray="3 2"', 'stroke-width="1.5"'), strict=True):
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, row[kept], strict=True))
        found += f'<polyline fill="none" stroke="{INK}" {style} points="{points}"/>'
    return found

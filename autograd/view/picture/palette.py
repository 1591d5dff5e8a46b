"""The colours of the pictures, also distinguishable with red-green colour blindness (after Okabe and Ito)."""

from typing import NamedTuple


class Style(NamedTuple):
    """Header fill and border of a kind of node (or an alarm), and the word for it in the legend."""

    fill: str
    line: str
    word: str


STYLES: dict[str, Style] = {
    "parameter": Style("#c9e0f4", "#0a5c96", "parameter"),
    "input": Style("#c5ead9", "#0b7a56", "input"),
    "constant": Style("#e6e6e6", "#707070", "constant"),
    "op": Style("#eef0f4", "#4b5563", "operation"),
    "module": Style("#e6dbf2", "#6b3fa0", "module"),
    "hidden": Style("#f7f7f7", "#707070", "left out"),
    "failed": Style("#f9d0cc", "#b3261e", "failed"),
    "alarm": Style("#f9d0cc", "#b3261e", "nan or inf begins"),
}

INK = "#1a1a1a"
MUTED = "#565c66"
EDGE = "#5b6472"
FRAME_LINE = "#a9b1bd"
FRAME_FILLS = ("#f8f9fb", "#f1f3f7", "#eaedf3")  # one shade more for each level of nesting
ALARM, ALARM_FILL = STYLES["alarm"].line, STYLES["alarm"].fill

# Size of the gradient, from zero to the largest of the picture.
LEVELS = ("#ffffff", "#fff6dc", "#ffe9b3", "#ffd780", "#fdc04d", "#f0a020")

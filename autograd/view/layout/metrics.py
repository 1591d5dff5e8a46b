"""How wide a text will be, without asking any font: the widths of Helvetica, which Arial and Liberation Sans share.

This module owns the fonts of the pictures. It must not know what the texts say.
"""

from __future__ import annotations

__all__ = ["FAMILY", "FONTS", "text_width"]

FONTS = "Helvetica,Arial,Liberation Sans,DejaVu Sans,sans-serif"
FAMILY = "Helvetica"  # the one name that every Graphviz knows the measures of

# Widths in thousandths of the font size, from the public Adobe font metrics of Helvetica, for the characters 32..126.
_WIDTHS = (
    [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278]
    + [556] * 10
    + [278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722]
    + [778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333]
    + [556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556]
    + [500, 722, 500, 500, 500, 334, 260, 334, 584]
)
_WIDE = 0x1100  # from here on scripts whose letters may be as wide as they are high


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line of text in pixels, rather a little too much than too little.

    >>> from autograd.view.layout.metrics import text_width
    >>> round(text_width("value", 10.0), 1), round(text_width("0", 10.0), 1)
    (24.4, 5.7)
    """
    total = 0
    for character in text:
        code = ord(character)
        if 32 <= code < 127:
            total += _WIDTHS[code - 32]
        elif character == "·":
            total += 333
        else:
            total += 1000 if code >= _WIDE else 620
    return total * size / 1000 * (1.08 if bold else 1.02)

"""Text for consoles that cannot write every character (cp1252, ASCII): lines, dots and bars become plain characters."""

import codecs
import sys
from collections.abc import Callable, Collection

PLAIN = "chainrule.plain"

_BARS = dict(zip("▁▂▃▄▅▆▇█", "_.-=+*%#", strict=True))
_INSTEAD = {"─": "-", "│": "|", "├": "|", "└": "`", "·": "*", **_BARS}


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_INSTEAD.get(c, "?") for c in error.object[error.start : error.end]), error.end


codecs.register_error(PLAIN, _plain)


def printable(text: str) -> str:
    """The text in characters that the standard output can write; on most systems it is unchanged."""
    encoding = getattr(sys.stdout, "encoding", None)
    return text if text.isascii() or not encoding else text.encode(encoding, PLAIN).decode(encoding)


class Printable:
    """Displayed as text on a console, and in a notebook in the first of its forms that can be shown there."""

    def _forms(self) -> dict[str, Callable[[], str]]:
        """How each form is made, by its MIME type; one is "text/plain"."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return printable(self._forms()["text/plain"]())

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        forms = {kind: make for kind, make in self._forms().items() if not include or kind in include}
        return {kind: make() for kind, make in forms.items() if not exclude or kind not in exclude}

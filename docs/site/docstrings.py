"""Docstrings and signatures as reST.

Docstrings here are plain text with `names` and ``code`` in backticks, paragraphs, lists, sections and examples. Other
marks of reST in them are escaped, so that a formula like 2*x*y or |g| stays as it was written, and the names of errors,
which stand there without backticks, become links.
"""

import inspect
import re

from sphinx.ext.napoleon import Config, NumpyDocstring

KEPT = re.compile(r"(``.*?``|`[^`]*`|https?://[^\s,;)]+[^\s,;).])", flags=re.DOTALL)
SPECIAL = re.compile(r"([*|\\]|_(?!\w))")
ERROR = re.compile(r"(?<![\w.'\"])([A-Z]\w*(?:Error|Warning))\b(?![\w(])")
PATH = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])")  # the modules before the name of a type


def rest(text):
    """The reST of a docstring."""
    blocks, example = [[]], False
    for line in text.split("\n"):
        starts = line.lstrip().startswith(">>>") and not example
        if starts or (example and not line.strip()):
            example = starts
            blocks.append([])
        blocks[-1].append(line)
    texts = ["\n".join(block) for block in blocks]
    escaped = "\n".join(block if block.lstrip().startswith(">>>") else _escaped(block) for block in texts)
    return str(NumpyDocstring(escaped, Config(), what="function"))


def _escaped(text):
    """A text without examples."""
    pieces = KEPT.split(text)
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            # The star of a bullet is no formula.
            piece = re.sub(r"(?m)^(\s*)\\([*]\s)", r"\1\2", SPECIAL.sub(r"\\\1", piece))
            pieces[i] = ERROR.sub(r"`\1`", piece)
        elif piece.startswith("http"):
            pieces[i] = f"`{piece} <{piece}>`__"
    return "".join(pieces)


def signature(value, bound=False):
    """Parameters and result of what can be called, with types as short as in the sources; without self if bound."""
    found = inspect.signature(value)
    parameters = list(found.parameters.values())[bound:]
    shown = [
        p.replace(annotation=Words(_type(p.annotation)) if p.annotation is not p.empty else p.empty) for p in parameters
    ]
    shown = [p if p.default is p.empty else p.replace(default=Words(_default(p.default))) for p in shown]
    result = None if found.return_annotation is found.empty else _type(found.return_annotation)
    return str(inspect.Signature(shown)), result


class Words:
    """Something whose repr is these words."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def _type(annotation):
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = PATH.sub("", re.sub(r"ForwardRef\('([^']*)'\)", r"\1", text)).replace("NoneType", "None")
    while (start := text.find("Annotated[")) >= 0:
        text = text[:start] + _first_argument(text[start:])
    return text


def _first_argument(text):
    """Of ``Annotated[X, ...]rest``: X and the rest."""
    depth, comma = 0, None
    for i, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 1 and comma is None:
            comma = i
        if letter == "]" and depth == 0:
            return text[len("Annotated[") : comma] + text[i + 1 :]
    raise ValueError(f"unbalanced brackets: {text}")


def _default(value):
    """Functions by their names."""
    text = getattr(value, "__name__", None) or repr(value)
    return "..." if text.startswith("<") else text

"""How docstrings and signatures become pages: an extension of Sphinx.

Docstrings here are plain text with `names` and ``code`` in backticks, paragraphs, lists, sections and examples. Other
marks of reST in them are escaped, so that a formula like 2*x*y or |g| stays as it was written.
"""

import inspect
import re

from docutils import nodes
from sphinx import addnodes

KEPT = re.compile(r"(``.*?``|`[^`]*`|https?://[^\s,;)]+[^\s,;).])", flags=re.DOTALL)
SPECIAL = re.compile(r"([*|\\]|_(?!\w))")
LONG = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])")  # the modules before the name of a type


def escape(app, kind, name, value, options, lines):
    """Escape what reST would read as a mark, outside of backticks and examples."""
    parts, example = [], []
    for line in lines:
        if line.lstrip().startswith(">>>") or example:
            if not line.strip():
                parts, example = [*parts, "\n".join(example), ""], []
            else:
                example.append(line)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(line)
        else:
            parts.append([line])
    parts.append("\n".join(example))
    text = "\n".join(part if isinstance(part, str) else _escaped("\n".join(part)) for part in parts)
    lines[:] = [*text.split("\n"), ""]


def _escaped(text):
    """A text between two examples."""
    pieces = KEPT.split(text)
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            # A bullet or a line of a section is no formula.
            pieces[i] = re.sub(r"(?m)^(\s*)\\([*]\s)", r"\1\2", SPECIAL.sub(r"\\\1", piece))
        elif piece.startswith("http"):
            pieces[i] = f"`{piece} <{piece}>`__"
    return "".join(pieces)


def signature(app, kind, name, value, options, arguments, result):
    """The signature as it runs, with the types as short as they are written in the source."""
    if arguments is None:
        return None
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    parameters = [p.replace(annotation=_Text(p.annotation)) for p in found.parameters.values()]
    parameters = [p if p.default is p.empty else p.replace(default=_Default(p.default)) for p in parameters]
    if kind == "method" and parameters and parameters[0].kind in (0, 1) and not inspect.ismethod(value):
        parameters = parameters[1:]
    shown = str(found.replace(parameters=parameters, return_annotation=found.empty))
    result = None if kind == "class" or found.return_annotation is found.empty else str(_Text(found.return_annotation))
    return shown, result


class _Text:
    """A type in words, whose repr is these."""

    def __new__(cls, annotation):
        return annotation if annotation is inspect.Parameter.empty else super().__new__(cls)

    def __init__(self, annotation):
        text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
        text = re.sub(r"ForwardRef\('([^']*)'\)", r"\1", text)
        while (start := text.find("Annotated[")) >= 0:
            text = text[: start - len("typing.") * text[:start].endswith("typing.")] + _first_argument(text[start:])
        self.text = LONG.sub("", text).replace("NoneType", "None")

    def __repr__(self):
        return self.text


def _first_argument(text):
    """Of ``Annotated[X, ...]rest``: ``X rest``, without the space."""
    depth, comma = 0, None
    for i, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 1 and comma is None:
            comma = i
        if letter == "]" and depth == 0:
            return text[len("Annotated[") : comma] + text[i + 1 :]
    raise ValueError(f"unbalanced brackets: {text}")


class _Default:
    """A default whose repr can be read: functions by their names."""

    def __init__(self, value):
        self.text = getattr(value, "__name__", None) or repr(value)
        if self.text.startswith("<"):
            self.text = "..."

    def __repr__(self):
        return self.text


def strict(app, document):
    """Types in signatures are looked up as whole names first, where Sphinx takes any that ends alike."""
    for reference in document.findall(addnodes.pending_xref):
        if reference.get("refspecific") and reference.get("reftype") == "class":
            del reference["refspecific"]


def resolve(app, environment, node, content):
    """A public name without its module, as docstrings write it: `Linear`, `Optimizer.step`; in signatures: a class.

    What is ambiguous or unknown is code like any other, without a link.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].lstrip("~.").removesuffix("()")
    objects = environment.domains["py"].objects
    ends = [name for name in objects if name.endswith(f".{target}")]
    if node["reftype"] == "class":
        ends = [name for name in ends if objects[name].objtype in ("class", "exception")]
    ends = [name for name in ends if name.startswith(f"{node.get('py:module')}.")] or ends
    shortest = min((name.count(".") for name in ends), default=0)
    ends = [name for name in ends if name.count(".") == shortest]
    if len({objects[name].node_id for name in ends}) != 1:
        return content
    return _reference(app, node["refdoc"], ends[0], objects[ends[0]], content)


def _reference(app, page, name, found, content):
    uri = f"{app.builder.get_relative_uri(page, found.docname)}#{found.node_id}"
    return nodes.reference("", "", content, internal=True, reftitle=name, refuri=uri)


def link_code(app, document, docname):
    """`nn.Linear` and `optim.Adam(...)` in the text of a page lead to the reference."""
    if docname.startswith("reference/"):
        return
    objects = app.env.domains["py"].objects
    for literal in list(document.findall(nodes.literal)):
        name = re.fullmatch(r"((?:autograd|nn|optim)(?:\.\w+)+)(?:\(.*\))?", literal.astext())
        if name and name[1] in objects and not isinstance(literal.parent, nodes.reference):
            literal.replace_self(_reference(app, docname, name[1], objects[name[1]], literal.deepcopy()))


def formula(translator, node):
    """A formula as MathML, which browsers set without a script."""
    from latex2mathml.converter import convert

    display = "block" if isinstance(node, nodes.math_block) else "inline"
    translator.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app):
    """What Sphinx asks an extension for."""
    app.connect("autodoc-process-docstring", escape)
    app.connect("autodoc-process-signature", signature)
    app.connect("doctree-read", strict)
    app.connect("missing-reference", resolve)
    app.connect("doctree-resolved", link_code)
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""What Sphinx is told about this site: an extension. Docstrings, links to the reference, pictures and formulas."""

import inspect
import re

import docstrings
import reference
from docutils import nodes
from latex2mathml.converter import convert
from sphinx import addnodes


def docstring(app, kind, name, value, options, lines):
    """The docstring of an object that is documented."""
    lines[:] = [*docstrings.rest("\n".join(lines)).split("\n"), ""]


def signature(app, kind, name, value, options, arguments, result):
    """The signature of an object that is documented, where it has one."""
    if arguments is None:
        return None
    try:
        arguments, result = docstrings.signature(value, bound=kind == "method" and not inspect.ismethod(value))
    except (TypeError, ValueError):
        return None
    return arguments, None if kind in ("class", "exception") else result


def bases(app, name, cls, options, found):
    """Of the bases of a class: those that a reader can look up."""
    found[:] = reference.bases(cls)


def strict(app, document):
    """Types in signatures are looked up as whole names first, where Sphinx takes any that ends alike."""
    for xref in document.findall(addnodes.pending_xref):
        if xref.get("refspecific") and xref.get("reftype") == "class":
            del xref["refspecific"]


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
    return _reference(app, node["refdoc"], ends[0], content)


def link_code(app, document, page):
    """`nn.Linear`, `optim.Adam(...)` and the names of errors in the text of a page lead to the reference."""
    if page.startswith("reference/"):
        return
    objects = app.env.domains["py"].objects
    errors = {name.rpartition(".")[2]: name for name in objects if objects[name].objtype == "exception"}
    for literal in list(document.findall(nodes.literal)):
        name = re.sub(r"\(.*\)$", "", literal.astext())
        name = errors.get(name, name)
        if name in objects and "." in name and not isinstance(literal.parent, nodes.reference):
            literal.replace_self(_reference(app, page, name, literal.deepcopy()))


def _reference(app, page, name, content):
    found = app.env.domains["py"].objects[name]
    uri = f"{app.builder.get_relative_uri(page, found.docname)}#{found.node_id}"
    return nodes.reference("", "", content, internal=True, reftitle=name, refuri=uri)


def picture(translator, node):
    """A picture is a link to itself, where it has its full size."""
    type(translator).visit_image(translator, node)
    if not isinstance(node.parent, nodes.reference):
        address = re.search(r'src="([^"]+)"', translator.body[-1])[1]
        translator.body[-1] = f'<a class="picture" href="{address}">{translator.body[-1].rstrip()}</a>\n'


def formula(translator, node):
    """A formula as MathML, which browsers set without a script."""
    display = "block" if isinstance(node, nodes.math_block) else "inline"
    translator.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app):
    """What Sphinx asks an extension for."""
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-process-bases", bases)
    app.connect("doctree-read", strict)
    app.connect("missing-reference", resolve)
    app.connect("doctree-resolved", link_code)
    app.add_node(nodes.image, override=True, html=(picture, lambda translator, node: None))
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

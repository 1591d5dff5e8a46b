"""What a notebook gets of a drawing: an image with its text, made alive by a script, and never by a name."""

import base64
import json
import re
import sys
import zlib
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
from autograd import record, tensor
from autograd.view import draw, steps
from autograd.view.write import page as page_module

SVG = "{http://www.w3.org/2000/svg}"

HOSTILE = [
    "</script><img src=x onerror=hit()>",
    '"><script>hit()</script>',
    "' onload='hit()",
    "<svg/onload=hit()>",
    "<!-- <script>",
    "]]><script>hit()</script>",
    "%3Cscript%3Ehit()%3C/script%3E",
    "&lt;script&gt;hit()&lt;/script&gt;",
    "$title ${script} STYLE",
    "</title></text></g></svg><script>hit()</script>",
    "</pre><iframe srcdoc='<script>hit()</script>'>",
    "\u2028\u2029\x00</style>",
]


class Tags(HTMLParser):
    """The tags of a page with their attributes, and the text of its data."""

    def __init__(self, text):
        super().__init__()
        self.found, self.data, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._inside = tag == "script" and dict(attrs).get("type") == "application/json"

    def handle_data(self, data):
        if self._inside:
            found = json.loads(data)
            packed = found.get("packed")
            self.data.append(json.loads(zlib.decompress(base64.b64decode(packed))) if packed else found)
            self._inside = False


@pytest.fixture(autouse=True)
def first_output(monkeypatch):
    monkeypatch.setattr(page_module, "_script", [None, None])


def output(drawing):
    """The parsed HTML of a drawing and the SVG of its image."""
    tags = Tags(drawing._repr_mimebundle_()["text/html"])
    [image] = [attributes for tag, attributes in tags.found if tag == "img"]
    start, _, data = image["src"].partition(",")
    assert start == "data:image/svg+xml"
    return tags, image, unquote(data)


def said(data, key):
    """The lines of a fact: each text is written once."""
    return [data["texts"][i] for i in data["facts"][key]]


def test_the_image_is_the_picture(graphs):
    drawing = draw(graphs.mazur())
    tags, image, svg = output(drawing)
    assert svg.replace("'", '"') == drawing.svg.replace("'", '"')
    assert [tag for tag, _ in tags.found] == ["div", "img", "script", "script"]
    assert image["alt"].startswith("Graph of E_total: 4 parameters (output.weight, hidden.weight,")
    assert image["alt"].endswith("Result: E_total, value 0.298371, grad 1.")
    root = ElementTree.fromstring(drawing.svg)
    assert (root.get("role"), root.find(f"{SVG}desc").text) == ("img", image["alt"])


def test_a_click_finds_the_line_and_the_formulas(graphs):
    drawing = draw(graphs.mazur())
    [data] = output(drawing)[0].data
    titles = {box.heading: str(box.id) for box in drawing.picture.boxes}
    lines = said(data, titles["hidden.weight @ x"])
    assert re.fullmatch(r"line conftest\.py:\d+", lines[0])
    assert lines[1:] == ['net = p["hidden.weight"] @ x + p["hidden.bias"]', "to hidden.weight: outer(G, x)"]


def test_a_folded_picture_brings_its_modules_open():
    model = nn.MLP([3, 4, 2], rng=0)
    x = np.ones((2, 3), np.float32)
    closed, opened = (nn.draw(model, x, depth=depth) for depth in (1, None))
    [data] = output(closed)[0].data
    assert (data["depth"], data["open"]) == (1, opened.svg)
    texts = {i: fact() for i, fact in opened._facts.items()}
    assert {key for key in data["facts"] if key.startswith("open")} == {f"open {i}" for i in texts}
    assert all("\n".join(said(data, f"open {i}")) == text for i, text in texts.items())
    [data] = output(opened)[0].data
    assert "open" not in data


def heavy():
    """A picture of a hundred boxes with histograms of values and gradients."""
    with record():
        model = nn.Transformer(8, 2, 1, 1, 16, 0.0, rng=0)
        x = np.random.default_rng(0).standard_normal((2, 3, 8)).astype("f")
        loss = nn.MSELoss()(model(x, x), x)
        loss.backward()
    return draw(loss, max_nodes=100)


def test_a_hundred_boxes_add_less_than_200_kilobytes(graphs):
    light = draw(graphs.tangle(78), max_nodes=100, renderer="own")
    for drawing in (light, heavy()):
        assert 95 <= len(drawing.picture.boxes) <= 100
        assert len(json.dumps(drawing._repr_mimebundle_())) < 200_000
    assert len(page_module._viewer()) < 30_000
    assert light._still is light.svg


def test_a_large_picture_has_its_numbers_where_scripts_run():
    drawing = heavy()
    tags, _, svg = output(drawing)
    [data] = tags.data
    assert data["svg"] == drawing.svg
    assert 'class="bars"' in drawing.svg
    assert "class='bars'" not in svg
    assert "the numbers are shown where scripts run" in svg
    assert "class='bars'" not in drawing._repr_mimebundle_()["image/svg+xml"]
    assert svg.count("class='node'") == len(drawing.picture.boxes)


def test_a_notebook_gets_the_script_once_in_the_cell_that_runs_first(monkeypatch, graphs):
    shell = SimpleNamespace(execution_count=1, get_parent=lambda: {"metadata": {"cellId": cell}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    drawing = draw(graphs.micrograd())
    brings = []
    for cell in ("a", "a", "b", "a", "b"):  # the shell reads it
        brings.append("window.chainrule = (" in drawing._repr_mimebundle_()["text/html"])
        shell.execution_count += cell != "a" or len(brings) > 1
    assert brings == [True, False, False, True, False]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(name):
    x = tensor(2.0, requires_grad=True, name=name)
    y = x * x
    y.name = name
    tags, image, svg = output(draw(y, local=True))
    assert [tag for tag, _ in tags.found] == ["div", "img", "script", "script"]
    assert set(image) == {"alt", "style", "src"}
    root = ElementTree.fromstring(svg)
    shapes = {"svg", "title", "desc", "rect", "g", "path", "text"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= shapes
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or key == "href"]
    plain = draw(tensor(2.0, requires_grad=True, name="x") * 2)
    for page, same in ((draw(y).html, plain.html), (steps(y).html, steps(y * 1).html)):
        allowed = {tag for tag, _ in Tags(same.replace(page_module.escape(name), "")).found}
        assert {tag for tag, _ in Tags(page).found} <= allowed - {"iframe", "img"}
        assert page.count("</script>") == 2


def test_width_is_the_width_of_the_page(graphs):
    wide = draw(graphs.mazur(), direction="LR")
    assert float(ElementTree.fromstring(wide.svg).get("width")) > 1500
    narrow = ElementTree.fromstring(draw(graphs.mazur(), direction="LR", width=700).svg)
    assert float(narrow.get("width")) == 700
    assert narrow.get("viewBox") == ElementTree.fromstring(wide.svg).get("viewBox")


def test_a_direction_is_chosen_in_which_the_picture_fits(graphs):
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=0))
    x = np.ones((8, 2), np.float32)
    two_layers = nn.draw(model, x)
    block = nn.draw(nn.TransformerEncoderLayer(16, 2, 32, rng=0), np.ones((2, 5, 16), np.float32), depth=1)
    small = draw(tensor(3.0, requires_grad=True, name="x") * 2 + 1)
    assert [d.mermaid.split()[1] for d in (two_layers, block, small)] == ["TB", "TB", "LR"]
    for drawing in (two_layers, block, small):
        assert float(ElementTree.fromstring(drawing.svg).get("width")) <= 900

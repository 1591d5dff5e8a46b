"""Pictures that move: what is in their HTML (tests/view/test_frames_page.py looks at them in a browser)."""

import html
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import nn.plot

X = np.linspace(-1.0, 1.0, 20)


def line(w, ax):
    ax.plot(X, w * X, label="a line")
    ax.set(title=f"slope {w}", xlabel="x")


def data(frames):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', frames.html, re.DOTALL)[1])


def svgs(frames):
    found = data(frames)
    return ["".join(found["parts"][i] for i in frame) for frame in found["frames"]]


class Page(HTMLParser):
    """The tags and attributes of a page, and the text outside of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        if self.tags and self.tags[-1][0] not in ("script", "style"):
            self.said.append(text.strip())


def test_there_is_a_picture_for_each_value():
    frames = nn.plot.frames(line, [0.5, np.float32(1.0), 2], name="w", start=-1)
    found = data(frames)
    assert found["labels"] == ["w = 0.5", "w = 1", "w = 2"]
    assert (found["name"], found["start"]) == ("w", 2)
    for svg, label, title in zip(svgs(frames), found["labels"], ["slope 0.5", "slope 1.0", "slope 2"], strict=True):
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label") == label
        assert title in {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert repr(frames) == "3 pictures, w = 0.5 to w = 2, shown in a notebook"


def test_without_scripts_there_is_a_still_picture():
    frames = nn.plot.frames(line, [0.5, 1.0], name="w", start=1)
    page = Page(frames.html)
    [image] = [attributes for tag, attributes in page.tags if tag == "img"]
    assert image["alt"] == "w = 1"
    assert "w = 1" in page.said
    kind, _, written = image["src"].partition(",")
    assert kind == "data:image/svg+xml"
    still = unquote(written)
    assert 'style="background:#fff"' in still, "it cannot know the page around it"
    assert still.replace(' style="background:#fff"', "", 1) == svgs(frames)[1]


def test_all_pictures_have_the_same_limits():
    def ticks(svg):
        texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
        return [text.text for text in texts if text.text != "a line"]

    small, large = svgs(nn.plot.frames(lambda w, ax: ax.plot(X, w * X), [0.01, 100.0], name="w"))
    assert ticks(small) == ticks(large)
    assert "100" in ticks(small)
    turned = svgs(nn.plot.frames(lambda n, ax: ax.imshow(np.eye(n)), [2, 4], name="n"))
    places = [text.get("y") for text in ElementTree.fromstring(turned[0]).iter("{http://www.w3.org/2000/svg}text")]
    assert ticks(turned[0]) == ticks(turned[1])
    assert len(places) == len(ticks(turned[0]))


def test_rows_of_an_image_stay_in_their_order():
    def ends(n, ax):
        ax.imshow(np.eye(n))
        seen.append(ax)

    seen = []
    nn.plot.frames(ends, [2, 4], name="n")
    assert [ax.get_ylim() for ax in seen] == [(3.5, -0.5), (3.5, -0.5)]
    assert [ax.get_xlim() for ax in seen] == [(-0.5, 3.5), (-0.5, 3.5)]


def test_what_pictures_share_is_written_once():
    one, many = (len(nn.plot.frames(line, np.linspace(1.0, 2.0, n), name="w").html) for n in (2, 10))
    assert many < 3 * one
    assert many < 60_000


def test_the_same_pictures_are_the_same_bytes():
    first, second = (nn.plot.frames(line, [0.5, 1.0], name="w").html for _ in range(2))
    assert first == second


def test_names_and_values_are_only_text():
    bad = "</script><b onclick='x'>&"
    frames = nn.plot.frames(lambda word, ax: ax.plot(X), [bad], name=f"<i>{bad}")
    assert data(frames)["labels"] == [f"<i>{bad} = {bad}"]
    tags = [tag for tag, _ in Page(frames.html).tags]
    assert tags == ["style", "div", "figure", "img", "figcaption", "script", "script"]
    assert html.escape(f"<i>{bad} = {bad}") in frames.html


def test_colours_follow_the_page():
    [svg] = svgs(nn.plot.frames(line, [1.0], name="w"))
    assert f"var(--c0,{nn.plot.COLOURS[0]})" in svg, "the first line has the first of our colours"
    assert f"var(--c6,{nn.plot.COLOURS[6]})" in svg


@pytest.mark.parametrize(("values", "start"), [([], 0), ([1.0, 2.0], 2), ([1.0], -2)])
def test_there_must_be_a_value_at_the_start(values, start):
    with pytest.raises(ValueError, match=rf"one of the {len(values)} values, not {start}\."):
        nn.plot.frames(line, values, name="w", start=start)

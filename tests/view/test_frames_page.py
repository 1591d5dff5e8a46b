"""Pictures that move, in a real browser."""

from pathlib import Path

import numpy as np
import pytest

import nn.plot
from autograd import steps, tensor

pytestmark = pytest.mark.long


def line(w, ax):
    x = np.linspace(-1.0, 1.0, 20)
    ax.plot(x, w * x)
    ax.set(title=f"slope {w}", xlabel="x")


@pytest.fixture
def page(open_page, tmp_path):
    pytest.importorskip("matplotlib")
    frames = nn.plot.frames(line, [0.5, 1.0, 2.0, 4.0], name="w", start=1)
    (tmp_path / "frames.html").write_text(f"<!DOCTYPE html>\n<title>frames</title>\n{frames.html}", encoding="utf-8")
    return open_page(tmp_path / "frames.html")


def test_the_slider_moves_with_keys_and_says_the_value(page):
    assert page.locator("figure img").count() == 0, "the moving picture is in place of the still one"
    assert page.inner_text("output") == "w = 1"
    page.focus("input")
    for key, shown in (("ArrowRight", "2"), ("End", "4"), ("Home", "0.5"), ("ArrowLeft", "0.5")):
        page.keyboard.press(key)
        assert page.inner_text("output") == f"w = {shown}"
        assert page.get_attribute("input", "aria-valuetext") == f"w = {shown}"
        assert page.locator("figure svg").get_attribute("aria-label") == f"w = {shown}"
    assert page.get_attribute("input", "aria-label") == "w"
    assert page.locator("[data-lm-suppress-shortcuts]").count() == 3, "JupyterLab leaves the keys to them"


def test_it_plays_to_the_end_and_again(page):
    page.click("text=play")
    assert page.inner_text("button >> nth=0") == "pause"
    page.wait_for_function("document.querySelector('button').textContent === 'play'")
    assert page.inner_text("output") == "w = 4"
    page.focus("text=play")
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('output').textContent === 'w = 1'")
    page.focus("input")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("button >> nth=0") == "play", "a hand on the slider stops it"
    page.keyboard.press("Home")
    for shown in ("1", "2", "4", "4"):
        page.click("text=step")
        assert page.inner_text("output") == f"w = {shown}"


def test_the_picture_fits_a_narrow_page_in_light_and_dark(page):
    page.set_viewport_size({"width": 360, "height": 600})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink = "() => getComputedStyle(document.querySelector('figure svg text')).fill"
    seen = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        seen.add(page.evaluate(ink))
    assert seen == {"rgb(0, 0, 0)", "rgb(255, 255, 255)"}


@pytest.mark.parametrize(
    ("attribute", "light", "dark"), [("data-theme", "light", "dark"), ("data-jp-theme-light", "true", "false")]
)
def test_a_notebook_and_the_site_say_which_theme_they_have(page, attribute, light, dark):
    ink = "() => getComputedStyle(document.querySelector('figure svg text')).fill"
    for system in ("light", "dark"):
        page.emulate_media(color_scheme=system)
        for theme, seen in ((light, "rgb(0, 0, 0)"), (dark, "rgb(255, 255, 255)")):
            page.evaluate(f"document.body.setAttribute('{attribute}', '{theme}')")
            assert page.evaluate(ink) == seen


def test_a_page_of_recorded_playgrounds(open_page, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "notebooks")
    made = pytest.importorskip("playground").Playground
    first, second = made(), made("regress-plane", hidden=[])
    first.save(tmp_path / "playground.html", second, epochs=9, frames=4)
    page = open_page(tmp_path / "playground.html")
    opened = page.locator("details[name=run][open]")
    for run, maps in ((first, 9), (second, 3)):
        if run is second:
            page.click("summary >> text=regress-plane")
        assert opened.count() == 1, "one experiment at a time"
        told = [f"{name} loss {losses[-1]:.3f}" for name, losses in run.losses.items()]
        assert opened.locator("svg").get_attribute("aria-label") == f"epoch 9: {', '.join(told)}"
        images = opened.locator("svg image")
        assert images.count() == maps
        drawn = (
            "all => all.every(image => image.getBBox().width >= 34 && image.href.baseVal.startsWith('data:image/png'))"
        )
        assert images.evaluate_all(drawn)
        opened.locator("input").press("Home")
        for epoch in (1, 4):
            opened.locator("text=step").click()
            assert opened.locator("output").inner_text() == f"epoch {epoch}"
        assert f"loss {run.losses['test'][4]:.3f}" in opened.locator("svg").get_attribute("aria-label")
    page.set_viewport_size({"width": 360, "height": 600})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_player_of_a_notebook_takes_the_place_of_its_text(open_page, tmp_path):
    x = tensor(3.0, requires_grad=True, name="x")
    output = steps(x * x)._repr_mimebundle_()["text/html"]
    (tmp_path / "steps.html").write_text(f"<!DOCTYPE html>\n<title>steps</title>\n{output}", encoding="utf-8")
    page = open_page(tmp_path / "steps.html")
    assert page.locator("body > pre").count() == 0
    assert page.frame_locator("iframe").locator("#count").inner_text() == "forward 0 of 1"
    still = open_page(tmp_path / "steps.html", script=False)
    assert "gradients: x 6" in still.inner_text("body > pre")

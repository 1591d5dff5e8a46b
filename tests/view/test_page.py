"""A drawing in a real browser: as a page of its own, in a notebook's output, with and without scripts."""

import re

import numpy as np
import pytest

import nn
from autograd import tensor
from autograd.view import draw, steps
from tests.view.test_output import HOSTILE, heavy

pytestmark = pytest.mark.long


@pytest.fixture
def page(open_page, graphs, tmp_path):
    return open_page(draw(graphs.mazur()).save(tmp_path / "mazur.html"))


@pytest.fixture
def notebook(open_page, tmp_path):
    """The outputs of several cells, one below the other."""

    def show(*drawings, background="white", script=True):
        path = tmp_path / "notebook.html"
        outputs = "\n".join(drawing._repr_mimebundle_()["text/html"] for drawing in drawings)
        style = f'style="background: {background}; width: 900px"'
        path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body {style}>{outputs}', encoding="utf-8")
        return open_page(path, script=script)

    return show


def view(page):
    """What part of the picture is seen: left, top, width, height."""
    return [float(n) for n in page.locator(".stage svg").first.get_attribute("viewBox").split()]


def seen(page):
    return page.locator(".node:visible").count()


def test_a_click_shows_all_digits_the_line_and_the_formula(page):
    assert page.title() == "Graph of E_total"
    page.locator(".node", has_text="hidden.weight @ x").click()
    shown = page.inner_text("aside")
    assert "hidden.weight @ x" in shown
    assert "value [0.027500000000000004, 0.042499999999999996]" in shown
    assert "conftest.py:" in shown
    assert 'net = p["hidden.weight"] @ x + p["hidden.bias"]' in shown
    assert "to hidden.weight: outer(G, x)" in shown
    assert page.locator(".node.chosen").count() == 1
    page.keyboard.press("Escape")
    assert not page.locator("aside").is_visible()
    assert "0.042499999999999996" in page.locator(".node", has_text="hidden.weight @ x").locator("title").text_content()


def test_it_zooms_moves_and_fits(page):
    start = view(page)
    page.locator(".stage").focus()
    page.keyboard.press("+")
    assert view(page)[2] == pytest.approx(start[2] / 1.3, abs=0.2)
    page.keyboard.press("-")
    assert view(page)[2] == pytest.approx(start[2], abs=0.2)
    page.keyboard.press("ArrowRight")
    assert view(page)[0] == pytest.approx(start[0] + start[2] / 8, abs=0.2)
    page.keyboard.press("0")
    assert view(page) == pytest.approx(start, abs=0.2)
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -500)
    page.wait_for_function(
        f"Number(document.querySelector('.stage svg').getAttribute('viewBox').split(' ')[2]) < {start[2]}"
    )
    page.locator("button", has_text="fit").click()
    scale = page.locator(".stage").bounding_box()["width"] / start[2]
    page.mouse.move(100, 500)
    page.mouse.down()
    page.mouse.move(150, 520, steps=3)
    page.mouse.up()
    now = view(page)
    assert (start[0] - now[0], start[1] - now[1]) == pytest.approx((50 / scale, 20 / scale), abs=1)


def test_a_click_folds_a_module_and_unfolds_it(page):
    before = seen(page)
    page.locator("text.name", has_text="hidden: Linear").click()
    assert seen(page) == before - 4
    assert "▸ hidden: Linear (4 boxes)" in page.inner_text(".stage")
    heights = page.locator(".node:visible").evaluate_all("all => all.map(n => n.getBoundingClientRect().top)")
    assert len(set(heights)) > 5
    page.locator(".frame.folded").press("Enter")
    assert seen(page) == before
    page.keyboard.press("f")
    assert seen(page) == before - 8
    page.locator("button", has_text="unfold").click()
    assert seen(page) == before


def test_a_closed_module_is_unfolded(open_page, tmp_path):
    model, x = nn.MLP([3, 4, 2], rng=0), np.ones((2, 3), np.float32)
    page = open_page(nn.draw(model, x, depth=1).save(tmp_path / "model.html"))
    closed = page.locator(".node[data-kind=module]").count()
    assert closed > 1
    page.locator(".node[data-kind=module]", has_text="Linear").first.click()
    assert page.locator(".node[data-kind=module]").count() == 0
    assert page.locator(".frame:not(.folded):visible").count() == 2  # the model, and the layer
    weights = page.locator(".node:visible", has_text="parameter").filter(has_text=".weight")
    assert weights.count() == 1
    weights.click()
    assert "shape (4, 3)" in page.inner_text("aside")


def test_search_finds_names_also_in_folded_modules(page):
    page.keyboard.press("f")
    page.locator("input[type=search]").fill("output.w")
    assert page.locator(".node.found:visible", has_text="output.weight").count() == 1
    page.locator("input[type=search]").fill("nothing of this name")
    assert "none" in page.locator("input[type=search]").get_attribute("class")


def test_a_large_picture_starts_with_modules_folded(open_page, graphs, tmp_path):
    page = open_page(draw(graphs.transformer(2)).save(tmp_path / "transformer.html"))
    assert page.locator(".frame.folded:visible").count() >= 2
    assert page.locator(".stage").bounding_box()["width"] / view(page)[2] > 0.4
    page.locator("button", has_text="unfold").click()
    assert page.locator(".frame.folded:visible").count() == 0


@pytest.mark.parametrize(("background", "dark"), [("white", False), ("#111", True)])
def test_a_notebook_shows_it_light_or_dark_with_one_script(notebook, graphs, background, dark):
    page = notebook(draw(graphs.mazur()), draw(graphs.micrograd()), background=background)
    assert page.locator(".chainrule.live").count() == 2
    assert page.locator(".chainrule.dark").count() == 2 * dark
    text = page.locator(".node text").first.evaluate("t => getComputedStyle(t).fill")
    assert (sum(map(int, re.findall(r"\d+", text)[:3])) > 500) == dark
    assert page.locator(".chainrule").first.bounding_box()["width"] == 900
    assert page.locator("#chainrule-style").count() == 1


def test_a_large_picture_unpacks_its_numbers(notebook):
    drawing = heavy()
    page = notebook(drawing)
    page.wait_for_function("document.querySelector('.chainrule .node')")
    assert page.locator("img").count() == 0
    assert page.locator(".bars").count() == drawing.svg.count('class="bars"') > 50


def test_without_scripts_the_picture_is_seen(notebook, graphs):
    page = notebook(draw(graphs.mazur()), script=False)
    image = page.locator("img")
    assert image.get_attribute("alt").startswith("Graph of E_total: ")
    box = image.bounding_box()
    assert box["width"] > 500
    assert box["height"] > 1000  # the browser has read the data of the image
    assert page.locator(".bar").count() == 0


def test_names_do_nothing_but_stand_there(notebook, open_page, tmp_path):
    total = sum(tensor(1.0, requires_grad=True, name=name) * 2 for name in HOSTILE)
    total.name = HOSTILE[0]
    total.backward()
    pages = [
        notebook(draw(total, local=True)),
        open_page(draw(total).save(tmp_path / "page.html")),
        open_page(steps(total).save(tmp_path / "steps.html")),
    ]
    for page in pages:
        page.evaluate("() => { window.hit = () => { window.struck = true; }; }")
        for node in page.locator(".node").all()[:30]:
            node.dispatch_event("click")
        if page.locator("#end").count():
            page.click("#end")
        page.locator("input[type=search]").fill("<")
        assert page.locator(".found").count() > 5
        assert page.evaluate("window.struck") is None
        assert (
            page.locator("img, iframe, script:not([type])").count() == page.locator("script:not([type])").count() <= 1
        )

"""The page of a drawing, in a real browser."""

import re

import pytest

from autograd.view import draw


@pytest.fixture
def page(open_page, graphs, tmp_path):
    return open_page(draw(graphs.mazur()).save(tmp_path / "mazur.html"))


def zoom(page):
    style = page.locator("#stage svg").first.get_attribute("style")
    return float(re.search(r"scale\(([\d.]+)\)", style)[1])


def test_a_click_shows_all_digits(page):
    assert page.title() == "Graph of E_total"
    page.locator(".node", has_text="E_total").click()
    assert "E_total" in page.inner_text("#name")
    assert "value 0.2983711087600027" in page.inner_text("#about")
    assert page.locator(".node.chosen").count() == 1


def test_it_zooms_and_moves(page):
    start = zoom(page)
    page.keyboard.press("+")
    assert zoom(page) == pytest.approx(1.3 * start)
    page.keyboard.press("-")
    assert zoom(page) == pytest.approx(start)
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -500)
    page.wait_for_function(f"!document.querySelector('#stage svg').style.transform.includes('scale({start})')")
    assert zoom(page) > start
    page.click("#fit")
    assert zoom(page) == pytest.approx(start)
    before = page.locator("#stage svg").first.bounding_box()
    page.mouse.move(400, 600)
    page.mouse.down()
    page.mouse.move(450, 620, steps=3)
    page.mouse.up()
    after = page.locator("#stage svg").first.bounding_box()
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((50, 20))

"""The page of `steps` in a real browser."""

import numpy as np
import pytest

from autograd import tensor
from autograd.view import steps

pytestmark = pytest.mark.long


@pytest.fixture
def page(open_page, graphs, tmp_path):
    return open_page(steps(graphs.mazur()).save(tmp_path / "mazur.html"))


def test_the_page_walks_with_keys(page):
    assert page.inner_text("#count") == "forward 0 of 10"
    page.keyboard.press("ArrowRight")
    assert "matmul_1 = hidden.weight @ x = [0.0275, 0.0425]" in page.inner_text("#what")
    page.keyboard.press("PageDown")
    assert page.inner_text("#count") == "forward 10 of 10"
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#count") == "backward 7 of 10"
    assert "7. matmul_2" in page.inner_text("#what")
    assert page.locator(".node.firing").count() == 1
    assert page.locator(".node.waiting text").first.text_content() == "sigmoid_1"
    assert page.locator("path.flow").count() == 2
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#count") == "backward 6 of 10"
    page.keyboard.press("End")
    assert page.inner_text("#count") == "backward 10 of 10"
    assert page.locator(".hide-grad:not(:has(.is-grad))").count() == page.locator(".hide-grad").count()  # all are shown
    page.keyboard.press("Home")
    assert page.inner_text("#count") == "forward 0 of 10"


def test_the_page_shows_values_only_once_they_are_computed(page):
    node = page.locator(".node", has_text="E_total")
    assert "hide-value" in node.get_attribute("class")
    page.keyboard.press("PageDown")
    assert "hide-value" not in node.get_attribute("class")
    assert "hide-grad" in page.locator(".node", has_text="hidden.weight").first.get_attribute("class")


def test_a_click_shows_a_node(page):
    page.locator(".node", has_text="sigmoid_2 ").first.click()
    assert "sigmoid(add_2)" in page.inner_text("#name")
    facts = page.inner_text("#facts")
    assert "0.7513650695523157" in facts
    assert "to add_2: G * (sigmoid_2 * (1 - sigmoid_2))" in facts
    assert "conftest.py" in facts
    page.keyboard.press("Escape")
    assert page.inner_text("#facts") == ""


def test_the_slider_and_the_buttons(page):
    page.evaluate("s => { const e = document.getElementById('slider'); e.value = s; e.oninput({ target: e }); }", 12)
    assert page.inner_text("#count") == "backward 2 of 10"
    page.click("#back")
    page.click("#next")
    page.click("#next")
    assert page.inner_text("#count") == "backward 3 of 10"
    page.click("#turn")
    assert page.inner_text("#count") == "forward 10 of 10"
    page.click("#first")
    page.click("#end")
    assert page.inner_text("#count") == "backward 10 of 10"


def test_it_plays(page):
    page.keyboard.press(" ")
    assert page.inner_text("#play") == "pause"
    page.wait_for_function("document.getElementById('count').textContent === 'forward 1 of 10'")
    page.keyboard.press(" ")
    assert page.inner_text("#play") == "play"


def test_a_page_with_closed_modules_in_a_browser(open_page, graphs, tmp_path):
    page = open_page(steps(graphs.blocks(60)).save(tmp_path / "blocks.html"))
    assert "each call of a module is shown as one box" in page.inner_text("#what")
    block = page.locator(".node", has_text="blocks.59")
    page.keyboard.press("PageDown")
    assert "hide-grad" in block.get_attribute("class")
    page.keyboard.press("ArrowRight")  # the sum sends to the last op of the last block: its gradient is that of the box
    assert page.inner_text("#count") == "backward 1 of 241"
    page.wait_for_function("!document.querySelector('.token')")
    assert "hide-grad" not in block.get_attribute("class")
    page.keyboard.press("ArrowRight")
    assert "firing" in block.get_attribute("class")
    before = page.locator("path.flow").count()
    page.keyboard.press("ArrowRight")  # from tanh to the product before it, inside of the box
    assert page.locator("path.flow").count() == 0 < before
    block.click()
    assert page.inner_text("#name") == "blocks.59 Block"
    page.keyboard.press("End")
    assert page.locator(".hide-grad:not(:has(.is-grad))").count() == page.locator(".hide-grad").count()


def test_a_page_shows_of_several_results_the_gradients_that_have_arrived(open_page, tmp_path):
    x = tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True, name="x")
    a, b = np.split(x, 2)
    page = open_page(steps((a * 2.0).sum() + (b * b).sum()).save(tmp_path / "split.html"))
    split = page.locator(".node", has_text="split_1").first
    shown = "n => [...n.querySelectorAll('text.is-grad:not(.later)')].map(t => t.textContent)"
    page.keyboard.press("PageDown")
    seen = []
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        if split.evaluate(shown) not in seen:
            seen.append(split.evaluate(shown))
    assert seen == [[], ["[1] grad", "[6, 8]"], ["[0] grad", "[2, 2]", "[1] grad", "[6, 8]"]]


def test_a_page_shows_sums_that_are_not_complete(open_page, tmp_path):
    x = tensor(np.arange(20.0), requires_grad=True, name="x")
    page = open_page(steps((x * 2.0).sum() + (x * 3.0).sum()).save(tmp_path / "sums.html"))
    box = page.locator(".node", has_text="input").first
    shown = "n => [...n.querySelectorAll('text.is-grad')].map(t => t.textContent).filter(Boolean)"
    page.keyboard.press("End")
    assert box.evaluate(shown) == ["grad", "all 5"]
    assert box.locator(".partial").count() == 0
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert box.evaluate(shown) == ["grad", "all 3"]
    assert box.locator(".partial").count() == 1


def test_a_closed_box_shows_its_result_alone(open_page, graphs, tmp_path):
    """Not the numbers of the operations inside, whose turn comes before its value and after its gradient."""
    x = tensor(np.linspace(0.0, 1.0, 3), requires_grad=True, name="x")
    for i in range(60):
        with graphs.call("Block", f"blocks.{i}"):
            h = x * 0.1
            x = (h * h).tanh()
    page = open_page(steps(x.sum()).save(tmp_path / "blocks.html"))
    first = page.locator(".node", has_text="blocks.0")
    for hidden in (True, True, False):
        page.keyboard.press("ArrowRight")
        assert ("hide-value" in first.get_attribute("class")) == hidden
    page.keyboard.press("PageDown")
    box = page.locator(".node", has_text="blocks.59")
    page.keyboard.press("ArrowRight")
    shown = box.locator("text.is-grad").all_text_contents()
    for _ in range(4):  # h gets its gradient in two parts
        page.keyboard.press("ArrowRight")
        assert box.locator("text.is-grad").all_text_contents() == shown
        assert box.locator(".partial").count() == 0


# --- products on their way ------------------------------------------------------------------------------------------


def places(page):
    return page.locator(".token").evaluate_all("all => all.map(t => t.getAttribute('transform'))")


def test_products_travel_along_the_arrows_and_fill_sums(open_page, tmp_path):
    x = tensor(3.0, requires_grad=True, name="x")
    page = open_page(steps(x * x * 2.0).save(tmp_path / "square.html"))
    box = page.locator(".node", has_text="input")
    share = "n => n.querySelector('.filling').getAttribute('width') / n.querySelector('rect').getAttribute('width')"
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    assert page.locator(".token").all_text_contents() == ["1 * 2 = 2"]
    page.wait_for_function("!document.querySelector('.token')")
    page.keyboard.press("ArrowRight")
    assert page.locator(".token").all_text_contents() == ["2 * 3 = 6", "2 * 3 = 6"]
    start = places(page)
    assert box.evaluate(share) == 0
    page.wait_for_function(f"document.querySelector('.token').getAttribute('transform') !== '{start[0]}'")
    paths = page.locator("path.flow").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    assert len(set(paths)) == 2  # each operand has its own arrow
    page.wait_for_function("!document.querySelector('.token')")
    assert box.evaluate(share) == 1
    page.keyboard.press("Home")
    assert box.evaluate(share) == 0
    page.keyboard.press("End")
    assert page.locator(".token").count() == 0
    assert box.evaluate(share) == 1


def test_a_sum_fills_up_part_by_part(open_page, tmp_path):
    x = tensor(3.0, requires_grad=True, name="x")
    page = open_page(steps(x.exp() + x.sin() + x.cos() + x).save(tmp_path / "sum.html"))
    box = page.locator(".node", has_text="input")
    shares = []
    for count in range(2 * len(steps(x.exp() + x.sin() + x.cos() + x))):
        page.evaluate("n => go(n + 1)", count)
        share = box.evaluate("n => n.querySelector('.filling').getAttribute('width') / view.nodes.get(0).w")
        shares.append(round(share, 3))
    assert list(dict.fromkeys(shares)) == [0, 0.25, 0.5, 0.75, 1]


def test_a_folded_module_has_its_turn_when_an_operation_inside_has(page):
    page.locator("text.name", has_text="output: Linear").click()
    page.keyboard.press("PageDown")
    folded = page.locator(".frame.folded")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert "firing" in folded.get_attribute("class")
    assert page.locator(".node.firing:visible").count() == 0


def test_it_fits_its_pane(open_page, graphs, tmp_path):
    page = open_page(steps(graphs.micrograd()).save(tmp_path / "micrograd.html"))
    for width, height in ((1300, 800), (600, 700)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        stage = page.locator(".stage").bounding_box()
        for node in page.locator(".node").all():
            box = node.bounding_box()
            assert box["x"] >= stage["x"] - 1
            assert box["y"] >= stage["y"] - 1
            assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
            assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1
        assert page.locator("footer").bounding_box()["y"] < height


def test_it_says_what_is_left_out(open_page, graphs, tmp_path):
    page = open_page(steps(graphs.chain(5000)).save(tmp_path / "chain.html"))
    assert "nodes left out: those farthest from the result" in page.inner_text("#what")
    assert "Of 5,000 operations, the page plays the 2,000 nearest to the result" in page.inner_text("#what")


def test_it_explains_its_signs(page):
    page.click("summary")
    assert "the gradient of the operation's result" in page.inner_text("details")

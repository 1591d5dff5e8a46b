"""The page of a training run in a real browser: at two widths, in light and dark mode, without scripts."""

import pytest

import nn
import optim

pytestmark = pytest.mark.long

COLOURS = """() => {
    const style = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
    return [style(".chainrule-run", "backgroundColor"), style(".chainrule-run svg text", "fill")];
}"""


@pytest.fixture
def page(open_page, tmp_path):
    pytest.importorskip("matplotlib")
    history = nn.fit(
        nn.MLP([2, 8, 2], rng=0), nn.data.moons(60, seed=0), loss=nn.CrossEntropyLoss(), epochs=3, seed=0, show="live",
        optimizer=lambda p: optim.Adam(p, lr=0.05), metrics=[nn.metrics.accuracy],
    )  # fmt: skip
    history.save(tmp_path / "run.html")
    return open_page(tmp_path / "run.html")


@pytest.mark.parametrize("width", [1300, 400])
def test_the_pictures_fit_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [figure.bounding_box() for figure in page.locator("figure").all()]
    assert len(boxes) == 5
    assert len({round(box["x"]) for box in boxes}) == (2 if width > 1000 else 1), "side by side where there is room"
    assert all(300 < box["width"] < width for box in boxes)


def test_the_colours_follow_the_reader(page):
    def brightness(colour):
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(", "))

    for scheme, dark in (("light", False), ("dark", True)):
        page.emulate_media(color_scheme=scheme)
        paper, ink = map(brightness, page.evaluate(COLOURS))
        assert (paper < 100, ink > 600) == (dark, dark)
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    paper, ink = map(brightness, page.evaluate(COLOURS))
    assert (paper > 600, ink < 100) == (True, True), "a light notebook on a dark desktop"


def test_the_numbers_are_there(page):
    assert not page.locator("table").is_visible()
    page.locator("summary").click()
    assert page.locator("tbody tr").count() == 3

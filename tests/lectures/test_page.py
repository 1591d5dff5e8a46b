"""docs/lectures.md: no item is missing, what it points to exists, and it is what docs/make_lectures.py would write."""

import re
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from lecture_items.base import DECKS, ITEMS, SECTIONS
from lecture_items.run import of_section

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "lectures.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="there is no folder docs beside the tests")
EVERY = [id for _, ids in SECTIONS.values() for id in ids]


@pytest.mark.parametrize("id", EVERY)
def test_every_item_of_the_checklist_is_somewhere(id):
    found = [item for item in ITEMS if item.id == id]
    assert len(found) == 1, f"{id} has {len(found)} rows"
    [item] = found
    assert item.decks
    assert set(item.decks) <= set(DECKS)
    assert item.compute or item.pages, f"{id} is neither computed nor mentioned"


def test_nothing_else_is_in_the_table():
    assert {item.id for item in ITEMS} == set(EVERY)
    assert sum(len(of_section(section)) for section in SECTIONS) == len(ITEMS) == len(EVERY)


@pytest.mark.parametrize("item", ITEMS, ids=str)
def test_what_an_item_points_to_exists(item):
    for path in (*item.tests, *item.examples, *item.pages):
        assert (ROOT / path).exists(), path
    for name in item.api:
        package, *attributes = name.split(".")
        place = import_module(package)
        for i, attribute in enumerate(attributes):
            if not hasattr(place, attribute):  # a module that nobody has imported yet
                import_module(".".join([package, *attributes[: i + 1]]))
            place = getattr(place, attribute)


@pytest.mark.skipif(not (ROOT / "notebooks").exists(), reason="there is no folder notebooks beside the tests")
@pytest.mark.parametrize("number", sorted({number for item in ITEMS for number in item.notebooks}))
def test_the_notebook_exists(number):
    assert len(list((ROOT / "notebooks").glob(f"{number:02d}_*.ipynb"))) == 1


@pytest.mark.parametrize(("id", "words"), [("M29", ["AlexNet", "ice age", "synapses"]), ("E9", ["lab"]),
                                           ("E10", ["Colab", "Keras", "Theano"])])  # fmt: skip
def test_what_is_only_mentioned_is_mentioned(id, words):
    [item] = [item for item in ITEMS if item.id == id]
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in item.pages)
    for word in words:
        assert word in text, word


def test_the_page_is_fresh():
    spec = spec_from_file_location("make_lectures", ROOT / "docs" / "make_lectures.py")
    maker = module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = PAGE.read_text(encoding="utf-8")
    assert text == maker.page(), "run python docs/make_lectures.py"
    for path in set(re.findall(r"\]\(([^)#]+)\)", text)):
        assert (PAGE.parent / path).exists(), path

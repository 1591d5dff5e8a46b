"""docs/lectures.md: no item is missing, what it points to exists, and it is what docs/make_lectures.py would write."""

import re
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from lecture_items.base import DECKS, ITEMS, SECTIONS
from lecture_items.run import of_section

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "lectures.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="there is no folder docs beside the tests")
with_notebooks = pytest.mark.skipif(not (ROOT / "notebooks").exists(), reason="there is no folder notebooks")
ITEMS_FOLDER = Path(__file__).parent / "items"
EVERY = [id for _, ids in SECTIONS.values() for id in ids]


@pytest.mark.parametrize("id", EVERY)
def test_every_item_of_the_checklist_is_somewhere(id):
    found = [item for item in ITEMS if item.id == id]
    assert len(found) == 1, f"{id} has {len(found)} rows"
    [item] = found
    assert item.decks
    assert set(item.decks) <= set(DECKS)
    assert item.where, f"{id} is nowhere"


def test_nothing_else_is_in_the_table():
    assert {item.id for item in ITEMS} == set(EVERY)
    assert sum(len(of_section(section)) for section in SECTIONS) == len(ITEMS) == len(EVERY)


@pytest.fixture(scope="module")
def maker():
    """docs/make_lectures.py, which reads each linked place once."""
    spec = spec_from_file_location("make_lectures", ROOT / "docs" / "make_lectures.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.text_of = cache(module.text_of)
    return module


@pytest.mark.parametrize("item", ITEMS, ids=str)
def test_the_api_of_an_item_exists(item):
    for name in item.api:
        package, *attributes = name.split(".")
        place = import_module(package)
        for i, attribute in enumerate(attributes):
            if not hasattr(place, attribute):  # a module that nobody has imported yet
                import_module(".".join([package, *attributes[: i + 1]]))
            place = getattr(place, attribute)


@with_notebooks
@pytest.mark.parametrize("section", SECTIONS)
def test_every_link_leads_to_the_item(section, maker):
    missing = []
    for item in of_section(section):
        if item.compute:
            assert f'"{item.id}"' in (ITEMS_FOLDER / f"{section}.py").read_text(encoding="utf-8"), item.id
        for key, words in item.where.items():
            if words not in maker.text_of(maker.place(key)):
                missing.append(f"{item.id}: {key} lacks {words!r}")
    assert not missing, "\n".join(missing)


@with_notebooks
def test_the_words_of_a_link_are_specific(maker):
    """Words that most notebooks contain would lead nowhere in particular."""
    texts = [maker.text_of(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    common = [
        f"{item.id}: {words!r}"
        for item in ITEMS
        for key, words in item.where.items()
        if isinstance(key, int) and sum(words in text for text in texts) > 2
    ]
    assert not common, "\n".join(common)


@pytest.mark.parametrize(("id", "words"), [("M29", ["AlexNet", "ice age", "synapses"]),
                                           ("E10", ["Colab", "Keras", "Theano"])])  # fmt: skip
def test_what_is_only_mentioned_is_mentioned(id, words):
    [item] = [item for item in ITEMS if item.id == id]
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in item.where)
    for word in words:
        assert word in text, word


@with_notebooks
def test_the_page_is_fresh(maker):
    text = PAGE.read_text(encoding="utf-8")
    assert text == maker.page(), "run python docs/make_lectures.py"
    for path in set(re.findall(r"\]\(([^)#]+)\)", text)):
        assert (PAGE.parent / path).exists(), path

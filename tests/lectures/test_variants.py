"""docs/variants.md and docs/glossary.md: the code in them runs, and the numbers are those that it gives."""

import doctest
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from lecture_items.base import agrees, changed

DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="there is no folder docs beside the tests")
TOPICS = """squared error, cross-entropy, hat, layout, mean or sum, slope of ReLU, threshold of step, ADALINE,
sign of gradient descent, SGD, momentum, Nesterov, AdaGrad, RMSProp, eps, defaults, L2, Xavier,
MSRA, not centred, dropout, correlation, hidden updates, normal density, universal approximation,
bounds of slopes, leaky ReLU, parents, NumPy listing, Mazur"""


@pytest.fixture(scope="module")
def computed():
    """The text in the file, the text as it would be written, and the values in its tables."""
    spec = spec_from_file_location("make_lectures_of_variants", DOCS / "make_lectures.py")
    maker = module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = (DOCS / "variants.md").read_text(encoding="utf-8")
    return text, *maker.variants(text)


def test_the_page_of_variants_is_fresh(computed):
    text, written, _ = computed
    assert text == written, "run python docs/make_lectures.py"


def test_a_number_with_another_last_digit_is_noticed(computed):
    text, _, values = computed
    cells = re.findall(r"^\|.*\| `[^`]+` \| ([^|]*) \|$", text, flags=re.MULTILINE)
    assert len(cells) == len(values) > 60
    for cell, (code, value) in zip(cells, values, strict=True):
        assert agrees(cell, value), code
        assert not any(agrees(other, value) for other in changed(cell)), code


@pytest.mark.parametrize("topic", [" ".join(topic.split()) for topic in TOPICS.split(",")])
def test_the_topic_is_there(computed, topic):
    assert topic.lower() in computed[0].lower()


def test_the_examples_of_the_glossary_run():
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    report = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(doctest.DocTestParser().get_doctest(text, {}, "glossary.md", None, 0), out=report.append)
    assert runner.summarize(verbose=False).attempted >= 5
    assert not report, "".join(report)


@pytest.mark.parametrize("page", ["variants.md", "glossary.md"])
def test_links_lead_somewhere(page):
    for path in re.findall(r"\]\(([^)#]+)", (DOCS / page).read_text(encoding="utf-8")):
        assert (DOCS / path).exists(), path

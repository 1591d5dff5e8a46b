"""The report as text and as HTML, and how it travels."""

import copy
import os
import pickle
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd
import nn
from autograd import custom_op
from autograd.gradcheck import GradcheckError, GradcheckReport, Row, gradcheck
from autograd.gradcheck.report import MEANING


def test_the_table():
    report = gradcheck(lambda x: np.sin(x), np.array([0.5, 0.0]))
    lines = str(report).splitlines()
    assert lines[0] == "gradient check: right (order 1, float64): the rules agree with finite differences"
    assert lines[1].split() == [
        *("input", "shape", "worst", "entry", "analytic", "numeric", "rel.", "error", "tolerance", "verdict")
    ]
    assert lines[2].startswith("x      (2,)")
    assert lines[2].endswith("right")
    assert lines[3] == "checked: every entry of every input and output"
    assert repr(report) == "<GradcheckReport right: 1 row, order 1>"
    assert str(report).isascii()


def test_a_failure_in_words():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x, w: np.sum(x * w.data), np.ones(2), np.array([2.0, 3.0]))
    text = str(caught.value)
    assert text == str(caught.value.report)
    assert "df/dw[1]: the rules give 0, finite differences 1" in text


def test_coverage():
    report = gradcheck(lambda x, b: np.sin(x) + b, np.ones((30, 20)), np.ones(20))
    assert report.coverage == (
        "x: 8 random directions of 600 entries; f: 2 random combinations of 600 entries; b: every entry"
    )
    assert [row.coverage for row in report.rows] == ["8 random directions of 600 entries", "every entry"]


def test_coverage_where_nothing_could_be_compared():
    report = gradcheck(lambda x: np.sqrt(x), -1.0, raise_on_failure=False)
    assert report.verdict == "nonfinite"
    assert str(report).splitlines()[-1] == "checked: no derivative, because of this"


def test_long_tables_are_cut():
    report = gradcheck(lambda *xs: sum(xs), *np.ones(40))
    text = str(report)
    assert "40 of them right" in text
    assert len(text.splitlines()) < 10


def test_html():
    report = gradcheck(lambda a: {"<b>": np.sin(a)}, 0.5)
    html = report._repr_html_()
    assert html.count("<tr>") == 2
    assert "<b>" not in html
    assert "&lt;b&gt;" in html or "f[" not in html


def test_html_says_all_that_the_text_says():
    """Well formed, with every cell of the table and every word below it; also for a failure in a Module."""
    wrong = custom_op(lambda x: np.tanh(x), lambda g, out: g * (1.0 + out * out), name="a<b")
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 1, rng=1))
    x = np.ones((3, 2), "float32")
    report = gradcheck(lambda: np.sum(wrong(model(x))), wrt=model, raise_on_failure=False)
    assert (report.op, report.verdict) == ("a<b", "wrong")
    tree = ElementTree.fromstring(report._repr_html_())
    cells = [cell.text or "" for cell in tree.iter("td")]
    assert [cells[i] for i in range(0, len(cells), 8)] == ["0.weight", "0.bias", "1.weight", "1.bias"]
    text = str(report).splitlines()
    assert [div.text for div in tree.findall("div")] == text[6:]
    assert tree.find("strong").text == text[0]
    for line, start in zip(text[2:6], range(0, len(cells), 8), strict=True):
        assert all(cell in line for cell in cells[start : start + 8])


def test_the_slopes_of_a_kink_are_shown():
    report = gradcheck(lambda x: 3.0 * np.abs(x), np.array([0.0, 1.0]))
    assert "lies between the two slopes, as it should (slopes: -3 to the left, 3 to the right)" in str(report)


def test_pickle_and_copies():
    report = gradcheck(lambda x: x.numpy() * 2.0, 3.0, raise_on_failure=False)
    for twin in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report)):
        assert twin == report
    error = pickle.loads(pickle.dumps(GradcheckError(report)))
    assert (error.report, str(error)) == (report, str(report))


def test_the_most_serious_verdict_decides():
    def row(verdict, ok):
        return Row(1, "f", "x", (), verdict, ok)

    def verdict(*rows):
        return GradcheckReport(rows, 1).verdict

    assert verdict(row("right", True), row("independent", True)) == "right"
    assert verdict(row("right", True), row("kink", True)) == "kink"
    assert verdict(row("kink", True), row("rounding", False)) == "rounding"
    assert verdict(row("rounding", True), row("right", True)) == "right"
    assert verdict(row("wrong", False), row("nonfinite", False)) == "nonfinite"
    assert not GradcheckReport((row("right", True), row("wrong", False)), 1)
    assert set(MEANING) == {
        *("right", "wrong", "kink", "rounding", "nondeterministic", "mutates", "overlapping", "nonfinite"),
        "independent",
    }


def test_a_check_is_the_same_every_time():
    x = np.random.default_rng(0).normal(size=500)
    assert gradcheck(lambda x: np.sum(np.sin(x)), x) == gradcheck(lambda x: np.sum(np.sin(x)), x)


def test_the_public_name():
    """Whether the package was imported before or not, which binds it to the same name."""
    assert autograd.gradcheck(lambda x: x * x, 3.0).ok
    assert issubclass(autograd.GradcheckError, autograd.AutogradError)
    for first in ("import autograd.gradcheck", "from autograd import GradcheckReport", "import autograd"):
        program = f"{first}\nfrom autograd import gradcheck\nprint(gradcheck(lambda x: x * x, 3.0).verdict)"
        path = os.pathsep.join(sys.path)
        run = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
        )
        assert run.stdout.strip() == "right", run.stderr

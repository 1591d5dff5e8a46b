"""What README.md and the pages of docs/ show of errors and reports is what appears: the examples are run.

An example is a block marked ``py``, run as a file example.py of its own; the block marked ``text`` after it is what
it prints, and the message with which it ends. ``python tests/errors/test_shown.py`` writes those anew.
"""

import re
import traceback
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import autograd
import nn
import optim

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "errors.md", ROOT / "docs" / "gradcheck.md"]
EXAMPLE = re.compile(r"^```py\n(?P<program>.*?)^```\n+```text\n(?P<shown>.*?)^```$", re.MULTILINE | re.DOTALL)


def appears(program):
    """What a program prints, and the error or warning that ends it."""
    output = StringIO()
    with redirect_stdout(output), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            exec(compile(program, "example.py", "exec"), {"__name__": "__main__"})
        except Exception as error:  # shown as Python shows it, without the lines of the library
            output.write("".join(traceback.format_exception_only(error)))
    return output.getvalue()


def settled(text):
    """The words of a text, numbers to five digits: the last ones are those of a machine."""
    words = []
    for word in text.split():
        try:
            number = float(word.strip("(),:;"))
        except ValueError:
            words.append(word)
        else:
            words.append(f"{0.0 if abs(number) < 1e-7 else number:.5g}")
    return words


def examples(page):
    return list(EXAMPLE.finditer(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        pytest.param(example["program"], example["shown"], id=f"{page.name}-{number}")
        for page in PAGES
        if page.exists()
        for number, example in enumerate(examples(page), 1)
    ],
)
def test_what_is_shown_appears(program, shown):
    found = appears(program)
    assert settled(found) == settled(shown), found


@pytest.mark.skipif(not all(page.exists() for page in PAGES), reason="the pages are not part of the source archive")
def test_the_pages_show_what_they_should():
    """Errors with a fix in their page, and a report of a gradient check in the README and in its page."""
    readme, errors, reports = ("\n".join(e["shown"] for e in examples(page)) for page in PAGES)
    assert len(re.findall(r"^(autograd|nn)\.errors\.\w+: ", errors, re.MULTILINE)) >= 3
    assert "likely fix: " in errors
    for text in (readme, reports):
        assert "gradient check: wrong" in text
        assert "example.py:" in text


@pytest.mark.skipif(not PAGES[1].exists(), reason="the page is not part of the source archive")
@pytest.mark.parametrize("package", [autograd, nn, optim])
def test_every_public_class_has_a_row_with_cause_and_fix(package):
    page = PAGES[1].read_text(encoding="utf-8")
    rows = re.findall(rf"^### {package.__name__}$(.*?)^##", page, flags=re.MULTILINE | re.DOTALL)[0]
    listed = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", rows, flags=re.MULTILINE)
    members = ((name, getattr(package, name)) for name in dir(package))
    public = [name for name, value in members if isinstance(value, type) and issubclass(value, Exception)]
    assert sorted(listed) == sorted(public)


def test_a_page_that_is_out_of_date_is_noticed():
    assert settled("slope 1.0000001 (+- 3e-12)") == settled("slope 1.0 (+- 2e-12)")
    assert settled("slope 1.001") != settled("slope 1.0")
    assert settled("slope") != settled("slopes")
    assert appears("print(1)\n1 / 0\n") == "1\nZeroDivisionError: division by zero\n"


def write_anew(page):
    """Put what appears into a page."""
    text = page.read_text(encoding="utf-8")

    def fresh(example):
        start = example.start("shown") - example.start()
        return example[0][:start] + appears(example["program"]) + "```"

    page.write_text(EXAMPLE.sub(fresh, text), encoding="utf-8")


if __name__ == "__main__":
    for page in PAGES:
        write_anew(page)

"""Text on consoles that cannot write every character."""

import io
import sys

import numpy as np
import pytest

from autograd import draw, explain, steps, tensor
from autograd.printable import PLAIN, printable
from nn.cli import main

ENCODINGS = ["cp1252", "ascii", "latin-1", "cp437", "cp850", "utf-8", "utf-16"]


def console(monkeypatch, encoding, stream="stdout"):
    written = io.BytesIO()
    monkeypatch.setattr(sys, stream, io.TextIOWrapper(written, encoding, newline="\n", write_through=True))
    return lambda: written.getvalue().decode(encoding)


def product(name="x"):
    x = tensor([1.0, 2.0], requires_grad=True, name=name)
    return (np.exp(x) * x).sum()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_pictures_can_be_printed_everywhere(encoding, monkeypatch):
    y = product()
    shown = console(monkeypatch, encoding)
    for text in (draw(y), repr(draw(y)), f"{draw(y)}", steps(y), draw(product("θ"))):
        print(text)
    lines = shown().splitlines()
    whole = encoding.startswith(("utf", "cp4", "cp8"))  # the old code pages of DOS have lines
    assert ("└─ multiply" if whole else "`- multiply") in lines[1]
    assert ("├─ exp(x)" if whole else "|- exp(x)") in lines[2]
    assert "└" in draw(y).text, "which is for files, and always whole"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("├─ x", "|- x"),
        ("│  └─ 1 / ·", "|  `- 1 / *"),
        ("▁▂▃▄▅▆▇█", "_.-=+*%#"),
        ("size α", "size ?"),
        ("plain", "plain"),
    ],
)
def test_what_stands_for_what(text, shown, monkeypatch):
    console(monkeypatch, "ascii")
    assert printable(text) == shown
    assert len(shown) == len(text), "columns stay columns"
    console(monkeypatch, "utf-8")
    assert printable(text) == text
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert printable(text) == text
    monkeypatch.setattr(sys, "stdout", None)
    assert printable(text) == text


def test_explanations(monkeypatch):
    x = tensor([1.0, 2.0], requires_grad=True, name="λ")
    shown = console(monkeypatch, "cp1252")
    print(explain((x * x).sum(), x))
    assert "d?" in shown()


def test_a_handler_for_encoding_only():
    assert "1 ▁ 2".encode("ascii", PLAIN) == b"1 _ 2"
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", PLAIN)


@pytest.mark.parametrize(("arguments", "code"), [(["zoo", "3"], 0), (["train", "--data", "δ.csv", "--target", "λ"], 2)])
def test_the_command_line(arguments, code, monkeypatch):
    out, err = console(monkeypatch, "cp1252"), console(monkeypatch, "cp1252", "stderr")
    assert main(arguments) == code
    print("└─ after it, too")
    assert "`- after it" in out()
    if code:
        assert "?.csv" in err()


def test_a_table_with_names_of_any_script(monkeypatch, tmp_path):
    rows = "\n".join(f"{i % 5},{i % 7},{'да' if i % 5 > 2 else 'нет'}" for i in range(60))
    (tmp_path / "δ.csv").write_text(f"α,β,ответ\n{rows}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    out = console(monkeypatch, "ascii")
    console(monkeypatch, "ascii", "stderr")
    assert main(["train", "--data", "δ.csv", "--target", "ответ", "--epochs", "2", "--out", "run"]) == 0
    assert "?.csv: 60 samples of 2 features" in out()

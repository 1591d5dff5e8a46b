"""The mutants themselves: every operator does what it says, a seed draws the same ones, and the score is good."""

import re
import runpy
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MUTANTS = runpy.run_path(str(HERE / "mutants.py"))

EXAMPLES = {
    "boundary": ("a < b", {"a <= b", "a >= b"}),
    "comparison": ("x is None", {"x is not None"}),
    "logic": ("a and not b", {"a or not b", "a and b"}),
    "condition": ("y if x else z", {"y if not x else z"}),
    "a comprehension": ("[i for i in x if i]", {"[i for i in x if not i]"}),
    "arithmetic": ("a // -b", {"a * -b", "a // b"}),
    "number": ("f(2)", {"pass", "f(3)"}),
    "flag": ("x = True", {"x = None", "x = False"}),
    "text": ("x = 'a'", {"x = None", "x = 'Xa'"}),
    "bytes": ("x = b'a'", {"x = None", "x = b'Xa'"}),
    "in place": ("a += b", {"a -= b", "pass"}),
    "call": ("f(a, b=c)", {"pass", "f(a)"}),
    "error": ("raise ValueError(f'{x} is 3' + y)", {"pass"}),
    "handler": ("try:\n    f()\nexcept OSError:\n    g()", {"except ():\n    g()", "pass\nexcept", "    pass"}),
    "jump": ("while x:\n    break", {"while not x:", "continue"}),
    "docstring": ('"""Text."""', set()),
    "names": ("__all__ = ['a']", set()),
    "import": ("from a import b", set()),
}


@pytest.mark.parametrize("what", EXAMPLES)
def test_operators(tmp_path, what):
    source, expected = EXAMPLES[what]
    (tmp_path / "a.py").write_text(source + "\n")
    found = [mutant.source(tmp_path) for mutant in MUTANTS["mutants_of"](tmp_path, "a.py")]
    assert len(set(found)) == len(found)
    for text in found:
        compile(text, "a.py", "exec")
    assert len(found) == len(expected)
    for text in expected:
        assert any(text in mutant for mutant in found)


def test_every_mutant_of_a_file_is_another_program_that_compiles():
    original = compile((ROOT / "nn/training/run.py").read_text(), "", "exec")
    mutants = MUTANTS["mutants_of"](ROOT, "nn/training/run.py")
    assert len(mutants) > 50
    for mutant in mutants[::7]:
        assert compile(mutant.source(ROOT), "", "exec") != original
        assert mutant.text in (ROOT / mutant.path).read_text()


def test_a_seed_draws_the_same_ones():
    folders = ["nn/training", "nn/saving"]
    first, again, other = (MUTANTS["draw"](ROOT, folders, 200, seed) for seed in (13, 13, 14))
    assert first == again != other
    assert len(set(first)) == 200
    assert {mutant.path.rpartition("/")[0] for mutant in first} == set(folders)


def test_the_score():
    """At least 95 % of those that are not equivalent; made by ``python tests/mutants/run.py --save``."""
    killed, survived, equivalent = map(
        int, re.search(r"(\d+) killed, (\d+) survived, (\d+) equivalent", (HERE / "score.txt").read_text()).groups()
    )
    assert killed + survived + equivalent == 200
    assert killed >= 0.95 * (killed + survived)


def test_each_equivalent_mutant_has_its_reason(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    known = runpy.run_path(str(HERE / "run.py"))["equivalents"]()
    keys = {mutant.key for mutant in MUTANTS["draw"](ROOT, ["nn/training", "nn/saving"], None, 0)}
    assert [key for key in known if key not in keys] == [], "the code has changed there"
    assert all(len(reason) > 20 for reason in known.values())

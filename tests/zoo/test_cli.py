"""`chainrule zoo`: the list, an exercise, its hints, what the library says, the solution, and the scores."""

import pytest

from autograd.engine.op import REGISTRY
from nn.cli import main, zoo as cli
from nn.teaching import zoo as bugs
from nn.teaching.zoo.calls import _is_ours, calls
from nn.zoo import EXERCISES


def zoo(capsys, *arguments):
    code = main(["zoo", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_list(capsys):
    code, out, err = zoo(capsys)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{len(EXERCISES)} short programs, each with one planted bug. Find it."
    assert sum(line[:4].strip().isdigit() for line in lines) == len(EXERCISES)
    assert max(map(len, lines)) <= 100
    assert out.isascii()


def test_names_tell_what_is_wrong_so_they_are_not_shown(capsys):
    for arguments in ((), ("3",), ("3", "--run"), ("3", "--hint", "1")):
        assert "missing transpose" not in zoo(capsys, *arguments)[1]
    assert zoo(capsys, "3", "--solution")[1].startswith("missing transpose\n")


@pytest.mark.parametrize("number", range(1, len(EXERCISES) + 1))
def test_an_exercise(capsys, number):
    exercise = EXERCISES[number - 1]
    code, out, _ = zoo(capsys, str(number))
    assert code == 0
    assert out.startswith(f"Exercise {number} of {len(EXERCISES)}\n")
    assert all(f"    {line}".rstrip() in out for line in exercise.program.splitlines())
    for k, hint in enumerate(exercise.hints, 1):
        assert " ".join(zoo(capsys, str(number), "--hint", str(k))[1].split()) == " ".join(hint.split())
    _, out, _ = zoo(capsys, str(number), "--solution")
    assert out.startswith(f"{exercise.name}\n")
    assert "\n    -" in out or "\n    +" in out
    assert " ".join(exercise.why.split()) in " ".join(out.split())


def test_run_shows_what_python_would_show(capsys):
    code, out, _ = zoo(capsys, "3", "--run")
    assert code == 0
    assert out.startswith('Traceback (most recent call last):\n  File "<zoo>", line 16, in <module>\n')
    assert "GradcheckError: gradient check: wrong" in out
    assert "the rule of product is wrong at product (node 0) at <zoo>:14" in out
    out = zoo(capsys, "stale", "--run")[1]
    assert out.startswith("error after one step: 0.291027924\nTraceback")
    assert "verdict" in zoo(capsys, "a step in the loss", "--run")[1]
    assert "likely fix: x @ weight.T" in zoo(capsys, "transposed weight", "--run")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("99",), "no exercises match '99' (their numbers are 1 to"),
        (("0",), "no exercises match '0'"),
        (("unicorn",), "no exercises match 'unicorn'"),
        (("twice",), "2 exercises match 'twice': softmax twice, sigmoid twice"),
        (("3", "--hint", "4"), "exercise 3 has hints 1 to 3, but no hint 4"),
        (("3", "--hint", "0"), "exercise 3 has hints 1 to 3, but no hint 0"),
        (("--solution",), "--run, --hint and --solution need an exercise"),
        (("3", "--score"), "--score takes no exercise, only --programs (at least 1)"),
        (("--score", "--programs", "0"), "--score takes no exercise, only --programs (at least 1)"),
    ],
)
def test_wrong_usage(capsys, arguments, message):
    code, out, err = zoo(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"chainrule zoo: error: {message}")
    assert err.count("\n") == 1


def test_the_scores(capsys, monkeypatch):
    code, out, _ = zoo(capsys, "--score", "--programs", "2", "--seed", "3")
    n = len(EXERCISES)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "fault localization in random programs (seed 3):"
    assert lines[1].endswith("ops: 2 named exactly (100.00%)")
    assert lines[2] == "  2 right programs: 0 false alarms"
    assert "  2,000 planted faults: 2,000 named exactly (100.00%)" in lines
    assert lines[-1] == f"  {n} of {n} bugs found, {n} of {n} solutions pass"
    monkeypatch.setattr(bugs, "EXERCISES", EXERCISES[:1])
    monkeypatch.setattr(cli, "run", lambda *given: _Nothing())
    code, out, _ = zoo(capsys, "--score", "--programs", "1", "--seed", "3")
    assert code == 1
    assert out.splitlines()[-1] == "  0 of 1 bugs found, 0 of 1 solutions pass"


class _Nothing:
    passes = False

    def catches(self, exercise):
        return False


def test_every_op_takes_its_turn():
    """An op with attributes that no default fills in needs an example in its record."""
    known = {call.op.name for call in calls()}
    assert len(known) >= 100
    ours = [op for op in REGISTRY.values() if op.differentiable and _is_ours(op)]
    assert not [op.name for op in ours if op.name not in known]

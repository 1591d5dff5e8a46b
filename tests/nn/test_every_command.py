"""Every command of `chainrule` does its work, says how it is used, and refuses what it does not know."""

import argparse

import pytest

from nn.cli import _parser, main

# Arguments with which each works, after those before it and in the same folder, and a part of what it prints then.
RUNS = {
    "demo": (["--epochs", "1", "--hidden", "4"], "test accuracy: "),
    "train": (["--data", "digits", "--epochs", "1", "--hidden", "4", "--out", "run"], "accuracy"),
    "resume": (["run"], "accuracy"),
    "evaluate": (["run"], "accuracy"),
    "check": (["run"], "right"),
    "zoo": (["1"], "What is wrong?"),
}
[COMMANDS] = (action.choices for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))


def test_no_command_is_left_out():
    assert set(COMMANDS) == set(RUNS)


def test_every_command_works(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command, (arguments, words) in RUNS.items():
        code = main([command, *arguments])
        out, err = capsys.readouterr()
        assert (command, code, err) == (command, 0, "")
        assert words in out


@pytest.mark.parametrize("command", COMMANDS)
def test_help(capsys, command):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: chainrule {command} ")
    assert "Traceback" not in out
    assert main(["--help"]) == 0
    assert f"    {command} " in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_refused_in_one_line(capsys, command):
    assert main([command, *RUNS[command][0], "--no-such-option"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("chainrule")
    assert err.count("\n") == 1
    assert "--no-such-option" in err

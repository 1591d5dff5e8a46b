"""The command line: the main job from end to end, and what wrong usage gets."""

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd
from autograd.ops import fused
from nn.cli import main
from nn.cli.demo import Settings, demo

QUICK = ["demo", "--epochs", "2", "--hidden", "8"]


def run(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


# --- the main job -------------------------------------------------------------------------------------------------


def test_the_demo_from_end_to_end(capsys, tmp_path):
    code, out, err = run(capsys, "demo", "--out", str(tmp_path / "new" / "folder"))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "1,437 for training, 360 held out" in out
    assert re.search(r"^0 +Linear +\(32, 64\) +4,160 +131,072 ", out, flags=re.MULTILINE)
    assert re.search(r"^total +4,810 ", out, flags=re.MULTILINE)
    assert "gradient check: right" in out
    epochs = [line.split() for line in lines if re.fullmatch(r" +\d+( +\d\.\d+){4}", line)]
    assert [int(row[0]) for row in epochs] == list(range(1, 31))
    assert float(epochs[-1][1]) < float(epochs[0][1]), "the training loss falls"
    matrix = np.array([line.replace(".", "0").split() for line in lines if re.fullmatch(r" +\d( +(\d+|\.)){10}", line)])
    matrix = matrix.astype(int)[:, 1:]
    assert matrix.shape == (10, 10)
    assert matrix.sum() == 360
    found = re.fullmatch(r"test accuracy: (0\.9\d\d)", lines[-1])
    assert found
    assert float(found[1]) == round(np.trace(matrix) / 360, 3)
    assert float(epochs[-1][4]) == float(found[1])
    assert float(found[1]) >= 0.955


def test_the_picture_has_values_and_gradients(capsys, tmp_path):
    assert run(capsys, *QUICK, "--out", str(tmp_path))[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph.dot", "graph.svg"]
    dot = (tmp_path / "graph.dot").read_text(encoding="utf-8")
    assert dot.startswith("digraph")
    for words in ("ink", "0.weight", "2.bias", "tanh", "CrossEntropyLoss", "loss", "value", "grad"):
        assert words in dot
    assert ElementTree.parse(tmp_path / "graph.svg").getroot().tag.endswith("svg")


@pytest.mark.slow
def test_the_accuracy_over_five_seeds(capsys, tmp_path):
    accuracies = []
    for seed in range(5):
        code, out, _ = run(capsys, "demo", "--seed", str(seed), "--out", str(tmp_path))
        assert code == 0
        accuracies.append(float(out.split()[-1]))
    assert min(accuracies) >= 0.955
    assert np.mean(accuracies) >= 0.965


def test_the_seed_decides_everything(capsys, tmp_path):
    def outcome(seed):
        _, out, _ = run(capsys, *QUICK, "--seed", seed, "--out", str(tmp_path))
        return re.sub(r"[\d.]+ s of training", "", out), (tmp_path / "graph.dot").read_text(encoding="utf-8")

    first = outcome("0")
    assert outcome("0") == first
    assert outcome("1") != first


def test_options_arrive(capsys, tmp_path):
    _, out, _ = run(
        capsys, "demo", "--epochs", "1", "--hidden", "6,5", "--batch", "100", "--lr", "0.25", "--out", str(tmp_path)
    )
    assert "MLP on input (100, 64)" in out
    assert [int(n.replace(",", "")) for n in re.findall(r"Linear +\(.*?\) +([\d,]+) ", out)] == [390, 35, 60]
    assert "1 epoch of Adam with batches of 100, lr decaying from 0.25 to 0" in out


def test_many_epochs_are_not_all_printed(capsys, tmp_path):
    _, out, _ = run(capsys, "demo", "--epochs", "61", "--hidden", "2", "--batch", "1437", "--out", str(tmp_path))
    epochs = [int(n) for n in re.findall(r"^ +(\d+)  +\d\.\d{4} ", out, flags=re.MULTILINE)]
    assert epochs == [1, *range(3, 61, 3), 61]


def test_without_out_the_folder_is_made_here(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, *QUICK)[0] == 0
    assert (tmp_path / "chainrule-demo" / "graph.svg").exists()


def test_a_loss_that_is_no_number_ends_it(capsys, tmp_path):
    code, out, err = run(capsys, *QUICK, "--lr", "1e30", "--out", str(tmp_path))
    assert code == 1
    assert re.fullmatch(r"the loss is (nan|inf) after epoch 1; try a smaller --lr\n", err)
    assert "test accuracy" not in out


def test_a_wrong_gradient_ends_it(capsys, tmp_path, monkeypatch):
    op = fused.linear.op
    vjp = op.vjp
    monkeypatch.setattr(op, "vjp", lambda *given: tuple(None if d is None else 1.5 * d for d in vjp(*given)))
    code, out, _ = run(capsys, *QUICK, "--out", str(tmp_path))
    assert code == 1
    assert "gradient check: wrong" in out
    assert "epoch" not in out


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_only(capsys, tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("autograd.progress.PATIENCE", -1.0)
    monkeypatch.setattr("autograd.progress.INTERVAL", 0.0)
    assert demo(Settings(epochs=1, hidden=(2,), batch=500, out=tmp_path)) == 0
    shown = terminal.getvalue()
    assert "\rtraining  [########................]  0 s left" in shown
    assert "\rtraining  [########################]  0 s left" in shown
    assert "\n" not in shown
    assert re.search(r"\r +\r$", shown), "it is wiped at the end"
    capsys.readouterr()


# --- wrong usage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the following arguments are required: command"),
        (["fly"], "invalid choice: 'fly'"),
        (["demo", "--hidden", "64,x"], "argument --hidden: '64,x' is not a list of widths, such as 64 or 64,32"),
        (["demo", "--hidden", "64,0"], "argument --hidden"),
        (["demo", "--hidden", ""], "argument --hidden"),
        (["demo", "--hidden", "1.5"], "argument --hidden"),
        (["demo", "--lr", "-1"], "argument --lr: '-1' is not a positive number"),
        (["demo", "--lr", "0"], "argument --lr"),
        (["demo", "--lr", "nan"], "argument --lr"),
        (["demo", "--lr", "inf"], "argument --lr"),
        (["demo", "--lr", "fast"], "argument --lr"),
        (["demo", "--lr"], "argument --lr: expected one argument"),
        (["demo", "--epochs", "0"], "argument --epochs: '0' is not an integer of at least 1"),
        (["demo", "--epochs", "2.5"], "argument --epochs"),
        (["demo", "--batch", "0"], "argument --batch"),
        (["demo", "--seed", "-1"], "argument --seed: '-1' is not an integer of at least 0"),
        (["demo", "--speed", "3"], "unrecognized arguments: --speed 3"),
        (["demo", "--ep", "3"], "unrecognized arguments: --ep 3"),
        (["demo", "more"], "unrecognized arguments: more"),
    ],
)
def test_wrong_usage_gets_one_line(capsys, arguments, words):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("chainrule")
    assert ": error: " in err
    assert words in err


def test_a_folder_that_cannot_be_written_is_noticed_before_the_work(capsys, tmp_path):
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        code, out, err = run(capsys, "demo", "--out", str(wrong))
        assert (code, out) == (2, "")
        assert re.fullmatch(rf"chainrule demo: error: cannot write to {re.escape(str(wrong))}: .+\n", err)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(capsys, tmp_path):
    tmp_path.chmod(0o500)
    code, _, err = run(capsys, "demo", "--out", str(tmp_path))
    assert code == 2
    assert "Permission denied" in err


def test_version_and_help(capsys):
    assert run(capsys, "--version") == (0, f"chainrule {autograd.__version__}\n", "")
    code, out, err = run(capsys, "--help")
    assert (code, err) == (0, "")
    assert "examples:\n  chainrule demo\n" in out
    code, out, _ = run(capsys, "demo", "--help")
    assert code == 0
    for option in ("--seed", "--epochs", "--hidden", "--batch", "--lr", "--out"):
        assert option in out
    assert "(default: 64)" in out


def test_control_c(capsys, monkeypatch, tmp_path):
    def interrupted(settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("nn.cli.demo.demo", interrupted)
    assert run(capsys, "demo", "--out", str(tmp_path)) == (130, "", "\nchainrule: stopped\n")


def python(*arguments, **options):
    """Python in another process, which finds the chainrule that this one found."""
    program = "import sys; sys.path[:] = {!r}; import runpy; runpy.run_module('nn', run_name='__main__')"
    return subprocess.Popen(
        [sys.executable, "-c", program.format(sys.path), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_python_m_nn():
    process = python("--version")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, f"chainrule {autograd.__version__}\n", "")
    process = python("demo", "--lr", "x")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise elsewhere")
def test_a_reader_that_leaves_is_no_error(tmp_path):
    process = python(*QUICK, "--out", str(tmp_path), bufsize=1)
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert err == ""


def test_the_output_is_plain_ascii(capsys, tmp_path):
    assert run(capsys, *QUICK, "--out", str(tmp_path))[1].isascii()

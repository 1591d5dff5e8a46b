"""`chainrule train`, `evaluate`, `resume` and `check`, as one types them."""

import gzip
import json
import re
import struct

import numpy as np
import pytest

import nn
from autograd import __version__
from nn.cli import main
from nn.cli.folder import read_problem
from nn.data import digits, read_csv


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys, words, *arguments, code=2):
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert err.count("\n") == 1, "one line"
    assert err.startswith(f"chainrule {arguments[0]}: error: ")
    assert words in err


@pytest.fixture
def houses(tmp_path):
    rng = np.random.default_rng(0)
    area, age = rng.uniform(40, 200, 120), rng.normal(0.5, 0.01, 120)
    price = 3 * area + 4000 * age + rng.normal(0, 2, 120)
    kind = np.where(area > 100, "large", "small")
    rows = "".join(
        f"{a:.3f},{b:.6f},{p:.3f},{k},{int(a) % 2}\n" for a, b, p, k in zip(area, age, price, kind, strict=True)
    )
    (tmp_path / "houses.csv").write_text("area,age,price,kind,odd\n" + rows)
    return tmp_path / "houses.csv"


def scores(out):
    return {
        name: float(value) for name, value in re.findall(r"^(R2|RMSE|MAE|accuracy) +([\d.]+)", out, flags=re.MULTILINE)
    }


# --- from end to end ----------------------------------------------------------------------------------------------


def test_a_regression(capsys, houses, tmp_path):
    out_folder = tmp_path / "run"
    arguments = ("--target", "price", "--drop", "kind,odd", "--hidden", "16", "--epochs", 60, "--lr", 0.02)
    code, out, err = run(capsys, "train", "--data", houses, *arguments, "--out", out_folder)
    assert (code, err) == (0, "")
    assert "120 samples of 2 features, regression" in out
    assert "76 for training, 20 for validation, 24 for testing" in out
    assert scores(out)["R2"] > 0.95
    assert {"run.json", "last.npz", "best.npz", "history.csv"} <= {path.name for path in out_folder.iterdir()}
    assert len((out_folder / "history.csv").read_text().splitlines()) == 61
    assert scores(run(capsys, "evaluate", out_folder)[1]) == scores(out)
    code, all_of_it, _ = run(capsys, "evaluate", out_folder, "--data", houses)
    assert (code, "120 samples of" in all_of_it) == (0, True)
    code, checked, _ = run(capsys, "check", out_folder)
    assert code == 0
    assert checked.startswith("gradient check: right")
    assert "0.weight" in checked


def test_a_classification_by_words(capsys, houses, tmp_path):
    folder = tmp_path / "run"
    options = ("--target", "kind", "--drop", "price,odd", "--epochs", 30, "--lr", 0.02)
    code, out, _ = run(capsys, "train", "--data", houses, *options, "--out", folder)
    assert code == 0
    assert "2 classes" in out
    assert scores(out)["accuracy"] > 0.9
    assert re.search(r"^large +[\d.]+ +[\d.]+ +[\d.]+ +\d+$", out, flags=re.MULTILINE)
    assert "confusion matrix (rows: true, columns: predicted)" in out
    code, again, _ = run(capsys, "evaluate", folder)
    assert (code, scores(again)) == (0, scores(out))


def test_the_digits_and_the_pictures(capsys, tmp_path):
    code, out, _ = run(capsys, "train", "--data", "digits", "--epochs", 4, "--out", tmp_path / "run")
    assert code == 0
    assert "1,797 samples of 64 features, 10 classes" in out
    pictures = {path.name for path in (tmp_path / "run").glob("*.svg")}
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        assert pictures == set()
        assert "pip install matplotlib" in out
    else:
        assert pictures == {"curves.svg", "confusion.svg"}


def test_idx_files(capsys, tmp_path):
    x, y = digits(raw=True)

    def idx(a):
        return struct.pack(f">BBBB{a.ndim}I", 0, 0, 8, a.ndim, *a.shape) + a.astype("u1").tobytes()

    for part, chosen in (("train", slice(0, 1000)), ("t10k", slice(1000, 1500))):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(x[chosen] * 15)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(y[chosen]))
    code, out, _ = run(capsys, "train", "--data", tmp_path, "--epochs", 8, "--lr", 0.01, "--out", tmp_path / "run")
    assert code == 0
    assert scores(out)["accuracy"] > 0.8
    code, out, _ = run(capsys, "evaluate", tmp_path / "run", "--data", tmp_path)
    assert code == 0
    assert out.startswith("500 samples")
    assert scores(out)["accuracy"] > 0.75


def test_a_training_that_was_cut_is_taken_up(capsys, tmp_path, monkeypatch):
    folder, whole = tmp_path / "cut", tmp_path / "whole"
    arguments = ("train", "--data", "digits", "--epochs", 4, "--batch", 200, "--hidden", 8)
    steps = []

    def cut(self, run):
        steps.append(run.step)
        if len(steps) == 9:
            run.stop("interrupted by Ctrl-C")

    with monkeypatch.context() as patch:
        patch.setattr(nn.Checkpoint, "on_step_end", cut)
        code, _, err = run(capsys, *arguments, "--out", folder)
    assert code == 130
    assert err == f"chainrule: stopped; to continue: chainrule resume {folder}\n"
    refused(capsys, f"{folder} already holds a training run: chainrule resume {folder}", *arguments, "--out", folder)
    code, out, _ = run(capsys, "resume", folder)
    assert code == 0
    _, expected, _ = run(capsys, *arguments, "--out", whole)
    assert out.replace(str(folder), "") == expected.replace(str(whole), "")
    a, b = (nn.saving.read(path / "last.npz")["model"] for path in (folder, whole))
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


# --- what kind of target ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "task"),
    [
        (["a", "b", "a"], "classification"),
        ([0, 1, 1], "classification"),
        ([0.5, 1.0, 2.0], "regression"),
        (list(range(30)), "regression"),
        ([3, 7, 3] * 10, "classification"),
        (list(range(20)) * 2, "classification"),  # as the help says, at most 20 different values
        (list(range(21)) * 2, "regression"),
    ],
)
def test_the_kind_of_target(tmp_path, column, task):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{y}\n" for i, y in enumerate(column)))
    problem = read_problem(str(path), "y")
    assert bool(problem.classes) == (task == "classification")
    assert read_problem(str(path), "y", task="classification").classes
    if task == "classification":
        assert [problem.classes[i] for i in problem.y] == [str(c) for c in read_csv(path)["y"]]


# --- what goes wrong ----------------------------------------------------------------------------------------------


def test_wrong_data(capsys, houses, tmp_path):
    train = ("train", "--out", tmp_path / "new")
    refused(capsys, "none.csv: No such file", *train, "--data", tmp_path / "none.csv", "--target", "y")
    refused(capsys, "no such file or folder (give 'digits'", *train, "--data", tmp_path / "none")
    refused(capsys, "also needs --target NAME", *train, "--data", houses)
    refused(capsys, "has no column 'cost'; its columns are area, age", *train, "--data", houses, "--target", "cost")
    refused(capsys, "no column 'x'", *train, "--data", houses, "--target", "price", "--drop", "x")
    refused(capsys, "line 2, column 'kind': '", *train, "--data", houses, "--target", "price")
    refused(capsys, "--target and --drop apply to CSV files only", *train, "--data", "digits", "--target", "y")
    refused(capsys, "the folder has no train-images", *train, "--data", tmp_path)
    houses.write_text("a,b\n1,2\n3,x\n" + "5,6\n" * 20)
    refused(capsys, "line 3, column 'b': 'x' is not a number", *train, "--data", houses, "--target", "a")
    houses.write_text("a,b\n1,2\n3,4\n")
    refused(capsys, "has 2 samples, but training needs at least 10", *train, "--data", houses, "--target", "a")
    refused(capsys, "cannot write to", "train", "--data", "digits", "--out", houses)
    assert not (tmp_path / "new").exists(), "nothing is left behind"


def test_wrong_folders(capsys, houses, tmp_path):
    for command in ("evaluate", "resume", "check"):
        refused(capsys, "holds no training run (run.json: No such file", command, tmp_path / "none")
    folder = tmp_path / "run"
    run(capsys, "train", "--data", houses, "--target", "price", "--drop", "kind", "--epochs", 1, "--out", folder)
    plan = (folder / "run.json").read_text()
    best = (folder / "best.npz").read_bytes()
    (folder / "run.json").write_text(plan.replace('"format": 1', '"format": 7').replace("chainrule ", "chainrule 9."))
    made = f"was written by chainrule 9.{__version__} in format 7, but chainrule {__version__} reads format 1"
    refused(capsys, made, "evaluate", folder)
    for text in ("", "[]", "{}", plan.replace('"hidden"', '"width"')):
        (folder / "run.json").write_text(text)
        refused(capsys, "run.json is damaged", "evaluate", folder)
    (folder / "run.json").write_text(plan)
    (folder / "best.npz").write_bytes(best[:-100])
    refused(capsys, "best.npz", "evaluate", folder)
    (folder / "best.npz").unlink()
    refused(capsys, f"has no trained model yet; run: chainrule resume {folder}", "check", folder)
    (folder / "best.npz").write_bytes(best)
    houses.write_text(houses.read_text().replace(",small,", ",tiny,").replace("0,", "1,", 1))
    refused(capsys, "has changed since", "resume", folder)
    houses.write_text("area,age,price\n1,2,3\n")
    refused(capsys, "has no column 'odd'", "evaluate", folder, "--data", houses)


def test_another_set_of_classes(capsys, houses, tmp_path):
    folder = tmp_path / "run"
    options = ("--target", "kind", "--drop", "price,odd", "--epochs", 1)
    run(capsys, "train", "--data", houses, *options, "--out", folder)
    other = tmp_path / "other.csv"
    other.write_text("area,age,kind\n50,0.5,small\n70,0.5,tiny\n")
    refused(
        capsys,
        "line 3, column 'kind': the model has no class 'tiny'; its classes are large, small",
        "evaluate",
        folder,
        "--data",
        other,
    )


def test_a_loss_that_is_no_number(capsys, houses, tmp_path):
    train = ("train", "--data", houses, "--target", "price", "--drop", "kind", "--out", tmp_path / "run")
    code, _, err = run(capsys, *train, "--lr", "1e30", "--epochs", 5)
    assert code == 1
    assert re.fullmatch(r"chainrule train: error: training stopped: the loss was \w+ .*; try a smaller --lr\n", err)


@pytest.mark.parametrize("command", ["train", "evaluate", "resume", "check"])
def test_help_has_examples(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"  chainrule {command} " in out.partition("example")[2]


def test_the_plan_is_kept(capsys, houses, tmp_path):
    run(
        capsys, "train", "--data", houses, "--target", "odd", "--drop", "kind", "--epochs", 1, "--out", tmp_path / "run"
    )
    plan = json.loads((tmp_path / "run" / "run.json").read_text())
    assert plan["features"] == ["area", "age", "price"]
    assert plan["classes"] == ["0", "1"]
    table = read_csv(houses)
    assert abs(plan["shift"][0] - table["area"].mean()) < 20
    assert plan["shift"][0] != table["area"].mean(), "of the training part, not of all"

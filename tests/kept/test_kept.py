"""Files that earlier versions have written are read by this one, and what they hold goes on from there.

What was saved is compared to the last bit with arrays that NumPy keeps beside the files; what is computed from it is
compared with what the earlier version computed when it simply went on.
"""

import csv
import json
import runpy
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import nn

HERE = Path(__file__).parent
MAKE = runpy.run_path(str(HERE / "make.py"))
VERSIONS = sorted(HERE.glob("v*_*_*"))
COMPUTED = {"rtol": 1e-9, "atol": 1e-12}  # float64, on other machines, with another NumPy
SINGLE = {"rtol": 1e-3, "atol": 1e-4}  # the same for float32

pytestmark = pytest.mark.parametrize("folder", VERSIONS, ids=lambda path: path.name)
suffixes = pytest.mark.parametrize(
    "suffix",
    [
        ".npz",
        pytest.param(
            ".safetensors",
            marks=pytest.mark.skipif(not find_spec("safetensors"), reason="safetensors is not installed"),
        ),
    ],
)


def expected(folder, name):
    """The arrays below a name, as NumPy alone reads them."""
    with np.load(folder / "expected.npz") as file:
        return {key.removeprefix(f"{name}/"): file[key] for key in file.files if key.startswith(f"{name}/")}


def assert_same(found, wanted):
    """Equal to the last bit, with the same names, dtypes and shapes."""
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert (name, found[name].dtype, found[name].shape) == (name, array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes(), name


def assert_close(found, wanted, tolerance=COMPUTED):
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, **tolerance, err_msg=name)


def written(value):
    """A value with its types: NaN equals NaN, and -0.0 is not 0.0."""
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [written(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return type(value), value.dtype, value.shape, value.tolist() if value.dtype.kind in "UM" else value.tobytes()
    return type(value), repr(value)


def test_files_are_kept(folder):
    assert (folder / "expected.npz").exists()


# --- checkpoints ------------------------------------------------------------------------------------------------------


@suffixes
def test_every_kind_of_module_and_value(folder, suffix):
    model = MAKE["Everything"](seed=9)
    extra = nn.load(folder / f"everything{suffix}", model)
    assert_same(model.state_dict(), expected(folder, "everything"))
    assert model.shared is model.own
    values = MAKE["values"]() | ({"npz": MAKE["npz_values"]()} if suffix == ".npz" else {})
    assert written(extra) == written(values)


@suffixes
@pytest.mark.parametrize("name", MAKE["OPTIMIZERS"])
def test_every_optimizer_goes_on(folder, suffix, name):
    model = MAKE["network"]()
    optimizer = MAKE["OPTIMIZERS"][name](model)
    nn.load(folder / f"{name}{suffix}", model, optimizer)
    assert_same(model.state_dict(), expected(folder, f"{name}/saved"))
    assert_close(MAKE["steps"](model, optimizer), expected(folder, f"{name}/later"))


def test_states_of_scalings_and_loaders(folder):
    tree, found = nn.saving.read(folder / "states.npz"), expected(folder, "states")
    for name, kind in (("standardize", nn.data.Standardize), ("minmax", nn.data.MinMax)):
        np.testing.assert_array_equal(kind.from_state(tree[name])(tree["x"]), found[name])
    loader = nn.data.Loader(np.arange(10), 3, shuffle=True)
    loader.load_state_dict(tree["loader"])
    np.testing.assert_array_equal(np.concatenate(list(loader)), found["loader"])


def test_a_recording(folder):
    kept, now = nn.saving.read(folder / "recording.npz"), MAKE["recording"]()
    renamed = {"sum_1": "loss"}  # 0.1.0 did not read the names of variables
    before = [(renamed.get(entry["name"], entry["name"]), entry["op"]) for entry in kept]
    assert before == [(entry["name"], entry["op"]) for entry in now]
    for entry, other in zip(kept, now, strict=True):
        np.testing.assert_allclose(entry["value"], other["value"], **COMPUTED)
        np.testing.assert_allclose(entry["gradient"], other["gradient"], **COMPUTED)


# --- trainings --------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*does not record the data it was made with:UserWarning")  # not before 0.2
@pytest.mark.parametrize("name", MAKE["TRAININGS"])
def test_a_training_goes_on(folder, tmp_path, name):
    cut = shutil.copytree(folder / "trainings" / name, tmp_path / name)
    model, history = MAKE["train"](name, cut, resume=cut / "last.npz")
    kept = json.loads((folder / "trainings" / f"{name}.json").read_text())
    assert (
        len(history)
        == len(kept["rows"])
        > nn.saving.read(folder / "trainings" / name / "last.npz")["extra"]["training"]["run"]["epoch"]
    )
    for row, wanted in zip(history, kept["rows"], strict=True):
        assert_close(row, wanted)
    assert history.stopped == kept["stopped"]
    assert_close(model.state_dict(), expected(folder, f"trainings/{name}"))


@pytest.mark.parametrize("name", MAKE["TRAININGS"])
def test_histories(folder, name):
    path = folder / "trainings" / f"{name}.json"
    kept = json.loads(path.read_text())
    history = nn.training.History(kept["rows"], seconds=kept["seconds"])
    lines = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
    assert lines == history.rows == list(history)
    with open(path.with_suffix(".csv"), newline="") as file:
        table = [{key: json.loads(text) for key, text in row.items()} for row in csv.DictReader(file)]
    assert table == history.rows


# --- folders of `chainrule train` -------------------------------------------------------------------------------------


@pytest.fixture(params=MAKE["RUNS"])
def run(request, folder, tmp_path):
    """A copy of a run folder, whose table lies beside it."""
    copy = shutil.copytree(folder / "runs" / request.param, tmp_path / "run")
    shutil.copy(folder / MAKE["TABLE"], tmp_path)
    plan = json.loads((copy / "run.json").read_text())
    if plan["data"] != "digits":
        plan["data"] = str(tmp_path / MAKE["TABLE"])
        (copy / "run.json").write_text(json.dumps(plan))
    return request.param, copy


def test_a_run_folder_goes_on(folder, run):
    name, copy = run
    code, out = MAKE["command"]("resume", copy)
    assert code == 0, out
    with open(copy / "history.csv", newline="") as now, open(folder / "runs" / f"{name}.csv", newline="") as kept:
        rows, wanted = list(csv.DictReader(now)), list(csv.DictReader(kept))
    assert len(rows) == len(wanted) == 6
    for row, other in zip(rows, wanted, strict=True):
        assert_close(*({key: float(text) for key, text in numbers.items()} for numbers in (row, other)), SINGLE)
    assert_close(nn.saving.read(copy / "best.npz")["model"], expected(folder, f"runs/{name}"), SINGLE)


@pytest.mark.parametrize("verb", ["evaluate", "check"])
def test_a_run_folder_is_read(folder, run, verb):
    code, out = MAKE["command"](verb, run[1])
    assert code == 0, out

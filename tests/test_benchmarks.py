"""The benchmarks run, and what they compare computes the same. Nothing is timed here."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd

FOLDER = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="there is no folder benchmarks")


@pytest.fixture
def bench(monkeypatch):
    """The modules of the folder, which is no package: its scripts find each other because they lie side by side."""
    monkeypatch.syspath_prepend(FOLDER)
    names = "cases", "measure", "report", "run", "workloads"
    return SimpleNamespace(
        **{name: import_module(name) for name in names},
        chainrule=import_module("peers.chainrule"),
        numpy=import_module("peers.numpy_by_hand"),
    )


def names_in(module, table):
    sys.path.insert(0, str(FOLDER))
    try:
        return list(getattr(import_module(module), table)) if FOLDER.exists() else []
    finally:
        sys.path.remove(str(FOLDER))


@pytest.mark.parametrize("name", names_in("workloads", "WORKLOADS"))
def test_a_workload_agrees_with_numpy_by_hand(bench, name):
    ours = bench.measure.task_of(bench.chainrule, name)
    if ours is None:
        pytest.skip("not in this version")
    found = bench.measure.first_values(ours, 2)
    assert found == pytest.approx(
        bench.measure.first_values(bench.measure.task_of(bench.numpy, name), 2),
        rel=bench.workloads.WORKLOADS[name].rtol,
        abs=1e-9,
    )
    if ours.reset is not bench.workloads.Task._field_defaults["reset"]:  # a burst starts where the last one started
        assert bench.measure.first_values(ours, 2) == found
        assert found[0] != found[1]


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # says torch.func of itself
@pytest.mark.parametrize("name", names_in("cases", "CASES"))
def test_a_case_starts_over_and_agrees_with_pytorch(bench, name):
    ours = bench.measure.task_of(bench.chainrule, name)
    if ours is None:
        pytest.skip("needs SciPy")
    found = bench.measure.first_values(ours, 1)
    assert found
    assert np.isfinite(found).all()
    rtol = bench.cases.CASES[name].rtol
    if rtol != bench.cases.RANDOM:
        assert bench.measure.first_values(ours, 1) == found
    by_hand = bench.measure.task_of(bench.numpy, name)
    if by_hand is not None:
        assert found == pytest.approx(bench.measure.first_values(by_hand, 1), rel=rtol, abs=1e-3 * rtol)
    pytest.importorskip("torch")
    theirs = bench.measure.first_values(bench.measure.task_of(import_module("peers.pytorch"), name), 1)
    assert len(theirs) == len(found)
    assert rtol == bench.cases.RANDOM or found == pytest.approx(theirs, rel=rtol, abs=1e-3 * rtol)


@pytest.mark.parametrize("name", [name for name in names_in("workloads", "COMPILED") if "scalar" not in name])
def test_a_compiled_workload_has_the_bits_of_the_eager_one(bench, name, monkeypatch):
    expected = bench.measure.first_values(bench.measure.task_of(bench.chainrule, name), 6)
    steps = []
    monkeypatch.setattr(bench.chainrule, "prepared", lambda step: steps.append(autograd.compile(step)) or steps[-1])
    assert bench.measure.first_values(bench.measure.task_of(bench.chainrule, name), 6) == expected
    (step,) = steps
    assert "runs eager" not in step.explain()
    assert step.explain().count("replayed ") > step.explain().count("replayed 0 times")


def test_single_ops_agree_with_numpy_by_hand(bench):
    for shape in bench.workloads.SHAPES:
        for op in bench.workloads.op_names(shape):
            for mode in "forward", "backward":
                tasks = [bench.measure.task_of(peer, f"{op}/{shape}/{mode}") for peer in (bench.chainrule, bench.numpy)]
                ours, theirs = (bench.measure.first_values(task, 1) for task in tasks)
                assert ours == pytest.approx(theirs, rel=1e-9), (op, shape, mode)
                assert len(ours) == {"forward": 1, "backward": 2 + (op in bench.workloads.BINARY)}[mode]


def test_a_burst_starts_over(bench):
    calls = []
    task = bench.workloads.Task(lambda: calls.append("step"), list, lambda: calls.append("reset"))
    timed = bench.measure.burst(task, 0.0)
    assert calls == ["reset", *["step"] * len(calls[1:])]
    assert 0.0 <= timed["best"] <= timed["median"]


def test_the_report_says_what_was_not_reached_and_what_differs(bench, monkeypatch):
    promised = [("mlp_small", "pytorch", 0.3), ("mlp_large", "pytorch", 1.2), ("scalar", "micrograd", 0.3)]

    def result(seconds, value=1.0):
        return {"values": [value], "bursts": [{"median": s} for s in seconds]}

    monkeypatch.setattr(bench.report, "PROMISES", promised)
    measured = {
        "mlp_small": {"chainrule": result([1.0, 4.0, 2.0]), "pytorch": result([2.0, 16.0, 10.0], 1.1)},
        "mlp_large": {"chainrule": result([3.0]), "pytorch": result([2.0])},
        "layer_norm": {"chainrule": result([9.0]), "pytorch": result([1.0], 1.001)},
    }
    text = bench.report.write(measured, ["chainrule", "pytorch"], {"Python": "3"}, ["micrograd is left out"], 3)
    lines = text.splitlines()
    assert "- micrograd is left out" in lines
    assert "| `mlp_small` | 0.25 (0.20 to 0.50) |" in lines
    assert "| `mlp_small` | PyTorch | 0.30 | 0.25 (0.20 to 0.50) | yes |" in lines
    assert "| `mlp_large` | PyTorch | 1.20 | 1.50 (1.50 to 1.50) | **no** |" in lines
    assert "| `scalar` | micrograd | 0.30 | - | not measured |" in lines
    assert "| `mlp_small` | - | 1e-01 **too much** | 2e-04 |" in lines
    about = bench.cases.CASES["layer_norm"].about
    assert f"| `layer_norm` | 9e+03 | - | 1e+03 | 9.00 (9.00 to 9.00) | - | 1e-03 **too much** | {about} |" in lines
    assert [line.split(":")[0] for line in bench.report.missed(measured)] == ["mlp_large", "layer_norm"]


def test_the_command_fails_where_a_promise_is_missed(bench, monkeypatch, capsys):
    slow = {
        "chainrule": {"values": [], "bursts": [{"median": 9.0}]},
        "pytorch": {"values": [], "bursts": [{"median": 1.0}]},
    }
    monkeypatch.setattr(sys, "argv", ["run.py", "--only", "layer_norm"])
    monkeypatch.setattr(bench.run, "choose", lambda *_: (dict.fromkeys(slow, "python"), {}, []))
    monkeypatch.setattr(bench.run, "compare", lambda names, *_: dict.fromkeys(names, slow))
    assert bench.run.main() == 1
    assert "not reached: layer_norm: 9.00 (9.00 to 9.00) of PyTorch" in capsys.readouterr().err


def test_no_peer_is_told_which_kernels_to_use(bench, monkeypatch):
    for name in bench.run.KERNELS:
        monkeypatch.setenv(name, "Haswell")
    command = "import os, json; print(json.dumps({'missing': sorted(os.environ)}))"
    started = []

    def popen(arguments, **options):
        started.append(options["env"])
        return subprocess.Popen([sys.executable, "-c", command], **options)

    monkeypatch.setattr(bench.run, "subprocess", SimpleNamespace(Popen=popen, PIPE=subprocess.PIPE))
    peer = bench.run.Peer("chainrule", sys.executable)
    peer.close()
    assert started
    assert not set(bench.run.KERNELS) & set(peer.hello["missing"])
    assert peer.hello["missing"].count("OMP_NUM_THREADS") == 1


def run(*arguments):
    # The folder of the script must be on the path, and CI switches that off.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, str(FOLDER / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)


def test_the_command(tmp_path):
    file = tmp_path / "figures.json"
    arguments = ["--quick", "--only", "scalar_chain", "--peers", "chainrule", "numpy_by_hand", "--json", str(file)]
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    titles = [line for line in done.stdout.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Milliseconds per training step",
        "## Do all libraries compute the same?",
        "## Time of chainrule as a ratio",
        "## Guaranteed ratios",
    ]
    assert "**too much**" not in done.stdout
    bursts = json.loads(file.read_text())["results"]["scalar_chain"]["chainrule"]["bursts"]
    assert len(bursts) == 2


def test_a_peer_that_is_not_there_is_left_out(bench, tmp_path):
    chosen, _, notes = bench.run.choose(["numpy_by_hand", "pytorch"], {"pytorch": str(tmp_path / "python")})
    assert list(chosen) == ["numpy_by_hand"]
    assert len(notes) == 2
    assert "NumPy by hand multiplies matrices with" in notes[0]
    assert "pip install torch" in notes[1]


@pytest.mark.parametrize("arguments", [["--only", "mlp_huge"], ["--python", "jax=python"], ["--python", "pytorch"]])
def test_wrong_arguments(arguments):
    assert run(*arguments).returncode == 2


def test_how_training_scales(bench):
    """Efficiencies and the pieces of a step, from made-up times."""
    scaling = import_module("scaling")
    ranks = 4
    sums = [[4, 2e-5], [1 << 20, 2e-5 + 0.75 * 2 * (1 << 20) / 1e9], [1 << 24, 2e-5 + 0.75 * 2 * (1 << 24) / 1e9]]
    latency, bandwidth = scaling.communication(sums, ranks)
    assert latency == pytest.approx(1e-5)
    assert bandwidth == pytest.approx(1e9)
    seconds = {}
    for name in scaling.NETWORKS:
        seconds |= {f"{name}:strong:step:1": [0.08, 0.09, 0.5], f"{name}:strong:step:4": [0.03, 0.025, 0.02]}
        seconds |= {f"{name}:weak:step:1": [0.09], f"{name}:weak:step:4": [0.1]}
        seconds |= {f"{name}:strong:arithmetic:4": [0.022], f"{name}:weak:arithmetic:4": [0.088]}
    sizes = dict.fromkeys(scaling.NETWORKS, 4_000_000)
    rows = scaling.summary({"seconds": seconds, "ranks": [1, ranks], "sums": {"4": sums}, "bytes": sizes})
    small = [row for row in rows if row["network"] == "small"]
    assert [(row["scaling"], row["ranks"]) for row in small] == [("strong", 4), ("weak", 4)]
    assert [row["efficiency"] for row in small] == pytest.approx([0.9, 0.9])
    sent = 2e-5 + 0.75 * 2 * 4_000_000 / 1e9
    assert [row["expected"] for row in small] == pytest.approx([0.022 + sent, 0.088 + sent])


def test_the_page_on_scaling_has_the_tables_of_the_results():
    page = FOLDER.parent / "docs" / "make_scaling.py"
    done = subprocess.run([sys.executable, page, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_large_graphs_are_drawn_with_a_message(capsys, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import_module("large_graphs").main(2000)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["loop", "network", "wide", "web"]
    assert all(" nodes folded into " in line for line in lines)

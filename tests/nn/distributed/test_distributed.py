"""`nn.distributed` on 2 and 3 processes of this machine, in as few MPI jobs as possible, and on one process."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import nn
import optim
from nn.cli import main
from nn.saving import read

JOB = Path(__file__).with_name("job.py")
BESIDE = Path(sys.executable).with_name("mpiexec")
MPIEXEC = str(BESIDE) if BESIDE.exists() else shutil.which("mpiexec")
HAS_MPI = MPIEXEC is not None and find_spec("mpi4py") is not None
needs_mpi = pytest.mark.skipif(not HAS_MPI, reason="needs MPI: pip install mpi4py mpich")
LONGEST = 100.0  # seconds for a job, after which it counts as hanging
SOON = 10.0  # seconds in which a fault must have ended all ranks
MARK = f"CHAINRULE_TEST={uuid.uuid4()}"  # in the environment of all processes of these jobs


def command(ranks, *words):
    return [MPIEXEC, "-n", str(ranks), sys.executable, *words]


def environment():
    """One thread for each rank; Open MPI accepts more ranks than cores, and this user."""
    allowed = {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
    allowed |= {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    allowed |= [MARK.split("=")]
    return {**os.environ, **allowed, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def living():
    """The processes of our jobs that still run, with their command lines."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if MARK.encode() in (place / "environ").read_bytes():  # those of zombies are empty
                found.append((place / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def run(ranks, *words):
    return subprocess.run(
        command(ranks, *words), capture_output=True, text=True, timeout=LONGEST, env=environment(), check=False
    )


def said(ranks, *calls):
    """The lines that a job prints that must succeed."""
    job = run(ranks, JOB, *" -- ".join(calls).split())
    assert job.returncode == 0, job.stderr
    assert "chainrule: rank" not in job.stderr
    return job.stdout.splitlines()


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """What 3 ranks say, and then what 2 ranks say, who go on with a training run."""
    if not HAS_MPI:
        pytest.skip("needs MPI: pip install mpi4py mpich")
    folder = tmp_path_factory.mktemp("run")
    for i in range(6):
        np.save(folder / f"{i}.npy", np.arange(20.0 * i, 20.0 * (i + 1), dtype="float32")[:, None])
    same = ["adam-float32-plain", "sgd-float64-norm"], ["sgd-float32-norm", "adam-float64-norm"]
    three = said(
        *(3, f"same_weights {' '.join(same[0])}", "same_bits", "loaders_and_losses", "dealt", "refused"),
        f"shards {folder}",
        f"resumed {folder} 2 begun",
    )
    return three + said(
        2,
        f"same_weights {' '.join(same[1])}",
        "own_loops",
        "buckets",
        f"resumed {folder} 4 whole",
        f"resumed_exactly {folder}",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *(
            "adam-float32-plain",
            "sgd-float64-norm",
            "sgd-float32-norm",
            "adam-float64-norm",
            "threads",
            "stream",
            "sum",
        ),
        *("sgd, 2 passes", "adam, 3 passes", "lbfgs, 1 passes", "resumed"),
    ],
)
def test_weights_are_those_of_one_process(jobs, name):
    """Also with normalization, a last batch of fewer samples than ranks, clipping, accumulation and other loaders."""
    assert f"{name} same, close" in jobs
    if "passes" not in name and name != "resumed":
        assert f"{name} history close" in jobs


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        *("again same", "exactly same", "dealt once", "drawn differently", "buckets 6 started within the pass 5"),
        "unused True True None True",
        "shards [[0, 1], [2, 3], [4, 5]] once",
    ],
)
def test_what_ranks_share(jobs, line):
    assert line in jobs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("model", "rank 1 differs from rank 0 in the optimizer: SGD(5 parameters of 98 numbers, "),
        ("module", "rank 1 differs from rank 0 in module 1: Dropout(p=0.1), not Dropout(p=0.2)."),
        ("data", "rank 1 differs from rank 0 in the training data: "),
        ("clip", "rank 1 differs from rank 0 in clip_norm: 0.1, not None."),
        ("lr", "rank 1 differs from rank 0 in the optimizer: SGD(4 parameters of 82 numbers, lr=0.2, "),
        (
            "batch",
            "rank 1 differs from rank 0 in the training loader: Loader(202 samples, batch_size=16, shuffle=True)",
        ),
        ("compile", "compile=True does not work on several processes: leave it out."),
        ("weights", "CrossEntropyLoss(weight=...) divides by the weights of one rank's samples: pass reduction='sum'"),
    ],
)
def test_ranks_must_be_alike(jobs, what, words):
    [line] = [line for line in jobs if line.startswith(f"{what} ")]
    assert line.startswith(f"{what} {words}")


FAULTS = ("raises", "dies", "leaves", "hangs")


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """Jobs of 3 ranks, at the same time: the folder of each, its exit code, errors, and seconds to its end."""
    if not HAS_MPI:
        pytest.skip("needs MPI: pip install mpi4py mpich")
    folders = {what: tmp_path_factory.mktemp(what) for what in FAULTS}
    streams = {what: [(folder / name).open("w+") for name in ("out", "err")] for what, folder in folders.items()}
    jobs = {}
    for what, (out, err) in streams.items():
        words = command(3, JOB, "faulty", what, str(folders[what]), *(["1"] if what == "hangs" else []))
        jobs[what] = subprocess.Popen(words, stdout=out, stderr=err, env=environment())
    ended = {}
    until = time.monotonic() + LONGEST
    while len(ended) < len(jobs) and time.monotonic() < until:
        ended |= {what: time.time() for what, job in jobs.items() if what not in ended and job.poll() is not None}
        time.sleep(0.01)
    found = {}
    for what, job in jobs.items():
        if what not in ended:
            job.kill()
        out, err = (stream.seek(0) or stream.read() for stream in streams[what])
        seconds = ended.get(what, time.time()) - float(re.search(r"now ([\d.]+)", out)[1])
        found[what] = folders[what], job.wait(), err, seconds
        for stream in streams[what]:
            stream.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("raises", ["chainrule: rank 1 of 3: error\nTraceback", "LookupError: no such sample"]),
        ("dies", ["chainrule: rank 1 of 3: process ", " was killed (out of memory?) or has crashed.\n"]),
        ("leaves", ["chainrule: rank 1 of 3: SystemExit: 3"]),
        ("hangs", ["TimeoutError: waited 1 s for", ": rank 1 has ended or hangs."]),
    ],
)
def test_a_fault_of_one_rank_ends_all(faults, what, words):
    """Within seconds, with one message, and with a whole checkpoint of step 4."""
    folder, code, err, seconds = faults[what]
    assert seconds < SOON
    assert code != 0
    assert err.count("chainrule: rank ") == 1, err
    for word in words:
        assert word in err
    assert read(folder / "last.npz")["extra"]["training"]["run"]["step"] == 4


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_no_process_outlives_its_job(jobs, faults):
    until = time.monotonic() + SOON
    while living() and time.monotonic() < until:
        time.sleep(0.01)
    assert living() == []


@pytest.mark.slow
@needs_mpi
def test_all_ranks_stop_together(tmp_path):
    """When one sees NaN, gets Ctrl-C, or has fewer batches."""
    job = run(3, JOB, *" -- ".join(f"faulty {what} {tmp_path / what}" for what in ("nan", "interrupt", "data")).split())
    lines = [line for line in job.stdout.splitlines() if not line.startswith("now")]
    assert job.returncode == 0, job.stderr
    assert lines[0].startswith("stopped: rank 1 rank 1: the loss was nan in epoch 1, after 5 steps")
    assert lines[1] == "stopped: rank 1 rank 1: interrupted by Ctrl-C"
    assert lines[2] == "error: rank 1 has run out of data after 5 batches; others have more."
    assert job.stderr.count("TrainingWarning: training stopped: rank 1: the loss was nan") == 1
    steps = [read(tmp_path / what / "last.npz")["extra"]["training"]["run"]["step"] for what in ("nan", "interrupt")]
    assert steps == [4, 5]


@pytest.mark.slow
@needs_mpi
@pytest.mark.skipif(os.name == "nt", reason="sends a signal to a group of processes")
def test_ctrl_c_in_the_terminal(tmp_path):
    """mpiexec hands it to all ranks; they finish the step and save."""
    if "Open MPI" in subprocess.run([MPIEXEC, "--version"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("Open MPI's mpiexec ends all ranks itself")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment()}
    job = subprocess.Popen(command(2, JOB, "endless", str(tmp_path)), start_new_session=True, **pipes)
    assert job.stdout.readline() == "started\n"
    job.send_signal(signal.SIGINT)
    out, err = job.communicate(timeout=SOON)
    assert re.fullmatch("stopped: (rank [01]: )?interrupted by Ctrl-C", out.splitlines()[-1])  # of the first to get it
    assert "Traceback" not in err
    assert read(tmp_path / "last.npz")["extra"]["training"]["run"]["step"] >= 5


@pytest.mark.slow
@needs_mpi
def test_the_command_line(tmp_path):
    """Rank 0 alone prints and writes; an error is said once; the history is that of one process."""
    data = ["--data", "digits", "--epochs", "2", "--batch", "120", "--hidden", "8"]
    ours, alone = tmp_path / "ours", tmp_path / "alone"
    job = run(2, "-m", "nn", "train", *data, "--out", str(ours), "--distributed")
    assert job.returncode == 0, job.stderr
    assert job.stdout.count("model and history:") == job.stdout.count("1,149 for training") == 1
    assert main(["train", *data, "--out", str(alone)]) == 0
    numbers = [np.loadtxt(folder / "history.csv", delimiter=",", skiprows=1) for folder in (ours, alone)]
    np.testing.assert_allclose(*numbers, rtol=1e-4)
    job = run(2, "-m", "nn", "train", *data, "--out", str(ours))
    assert job.returncode == 2
    assert job.stderr.count("mpiexec has started 2 processes: pass --distributed to train on all of them together") == 1


# --- on one process -----------------------------------------------------------------------------------------------


def test_one_process_trains_as_without():
    x, y = nn.data.moons(40, seed=0)
    states = []
    for wrap in (lambda optimizer: optimizer, nn.distributed.Averaged):
        model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.Linear(4, 2, rng=1))
        optimizer = wrap(optim.Adam(model.parameters()))
        nn.fit(model, (x, y), loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=2, seed=0)
        states.append(
            {**model.state_dict(), "optimizer": optimizer.state_dict()["state"][0]["exp_avg"], "t": optimizer.t}
        )
    assert states[0].keys() == states[1].keys()
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
    assert nn.distributed.rank() == 0
    assert nn.distributed.size() == 1


def test_averaged_is_an_optimizer():
    """What the optimizer has, its checkpoints and schedulers, it has too."""
    w = nn.Parameter([1.0, 2.0])
    inner = optim.SGD([w], lr=0.5)
    optimizer = nn.distributed.Averaged(inner)
    assert optimizer.param_groups is inner.param_groups
    assert optimizer.present_lr() == [0.5]
    assert repr(optimizer) == f"Averaged({inner!r})"
    halving = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    assert optimizer.step(lambda: ((w * w).sum().backward(), 3.0)[1]) == 3.0
    assert w.data.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert w.grad is None
    halving.step()
    assert inner.param_groups[0]["lr"] == 0.25
    optimizer.add_param_group({"params": [nn.Parameter([1.0])]})
    optimizer.load_state_dict(optimizer.state_dict())
    assert len(inner.param_groups) == 2


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: nn.distributed.Averaged(0.1), TypeError, "Averaged takes an optimizer of optim, not 0.1."),
        (
            lambda: nn.distributed.Averaged(optim.SGD([nn.Parameter([1.0])], lr=0.1), timeout=0),
            *(ValueError, "timeout is a number of seconds and must be positive, not 0."),
        ),
    ],
)
def test_wrong_arguments(make, error, words):
    with pytest.raises(error, match=re.escape(words)):
        make()


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("kind", ["arrays", "samples", "stream", "threads", "threads of a stream"])
def test_batches_are_dealt_to_ranks(size, kind):
    """Each sample of a batch to one rank; a rank without one gets another's and knows it."""
    data = np.arange(14.0)

    def loader():
        return {
            "arrays": lambda: nn.data.Loader(data, 4, shuffle=True, seed=1),
            "samples": lambda: nn.data.Loader(range(14), 4, shuffle=True, seed=1),
            "stream": lambda: nn.data.Loader(lambda: iter(data), 4),
            "threads": lambda: nn.data.DataLoader(data, 4, shuffle=True, generator=1, num_workers=2),
            "threads of a stream": lambda: nn.data.DataLoader(lambda: iter(data), 4, num_workers=1),
        }[kind]()

    whole = [np.asarray(batch.data).tolist() for batch in loader()]
    parts = [[] for _ in whole]
    for rank in range(size):
        own = loader()
        own.part = rank, size
        for part, batch in zip(parts, own, strict=True):
            assert len(batch) >= 1
            part.extend([] if own.batch - 1 in own._idle else np.asarray(batch.data).tolist())
    assert parts == whole


def test_synchronized_normalization_alone():
    x = np.random.default_rng(0).normal(size=(6, 3, 4)).astype("float32")
    ours, theirs = nn.distributed.SyncBatchNorm(3), nn.BatchNorm1d(3)
    assert np.array_equal(ours(x).data, theirs(x).data)
    assert ours.state_dict().keys() == theirs.state_dict().keys()


def test_mpiexec_needs_mpi4py():
    """Alone, a process never imports it; started by mpiexec, the error says what to install."""
    program = f"import sys\nsys.path[:] = {sys.path!r}\nsys.modules['mpi4py'] = None\nimport nn\nnn.distributed.size()"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI", "MV2"))}
    assert subprocess.run([sys.executable, "-c", program], env=clean).returncode == 0
    job = subprocess.run(
        [sys.executable, "-c", program], env={**clean, "PMI_RANK": "0"}, capture_output=True, text=True
    )
    assert "this process was started by mpiexec and needs mpi4py: pip install mpi4py" in job.stderr

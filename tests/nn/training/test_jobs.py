"""Folds and searches in several processes: equal to those in one, with bounded threads, and ended by Ctrl-C."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import nn
import optim

joblib = pytest.importorskip("joblib")

X, Y = nn.data.moons(90, noise=0.1, seed=0)
OPTIONS = {"loss": nn.CrossEntropyLoss(), "metrics": [nn.metrics.accuracy], "epochs": 2, "folds": 3}
OPTIONS |= {"optimizer": lambda p: optim.SGD(p, lr=0.1), "scale": nn.data.Standardize}


def folds(n_jobs, **more):
    def make():
        return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 2))

    result = nn.cross_validate(make, (X, Y), n_jobs=n_jobs, **{"seed": 5, **OPTIONS, **more})
    return result.scores, [history.rows for history in result.histories]


@pytest.fixture
def doubles():
    nn.set_default_dtype("float64")
    yield
    nn.set_default_dtype("float32")


def test_folds_in_processes_are_those_in_one(doubles):
    """Also with a default dtype that the processes do not have, and with functions that pickle cannot save."""
    inside = folds(None)
    assert folds(2) == inside
    loss = inside[0][0]["loss"]
    assert loss != float(np.float32(loss)), "computed in float64"


@pytest.mark.parametrize("backend", ["threading", "sequential"])
def test_folds_in_threads_are_those_in_one(backend):
    with joblib.parallel_config(backend):
        assert folds(3) == folds(None)


def test_folds_without_a_seed_depend_on_manual_seed():
    def drawn():
        nn.manual_seed(7)
        with joblib.parallel_config("threading"):
            return folds(2, seed=None, epochs=1)

    assert drawn() == drawn()


def test_warnings_of_folds_arrive():
    with joblib.parallel_config("threading"), pytest.warns(nn.TrainingWarning, match="the loss was nan") as caught:
        folds(2, loss=lambda p, y: p.sum() * float("nan"), metrics=(), epochs=1)
    assert [warning.filename for warning in caught] == [__file__] * 3


def test_an_error_in_a_fold_arrives():
    with joblib.parallel_config("threading"), pytest.raises(ValueError, match="epochs is a number of passes"):
        folds(2, epochs=-1)


def test_without_joblib(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match=r"^cross_validate\(n_jobs=...\) needs joblib: pip install joblib"):
        folds(2)
    assert len(folds(None)[0]) == 3


def test_ctrl_c_ends_all_folds(interruptible):
    """A fold that was interrupted has no score, so that the rest is not worth training."""
    begun = []

    class Interrupt(nn.Callback):
        def on_step_end(self, run):
            begun.append(run)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="interrupted by Ctrl-C in epoch 1 of a fold"):
        folds(None, callbacks=[Interrupt])
    assert len(begun) == 1


# --- estimators -----------------------------------------------------------------------------------------------------


def searches(n_jobs):
    """What GridSearchCV and its relatives find."""
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_predict

    from nn.sklearn import MLPClassifier, MLPRegressor

    classifier = MLPClassifier((8,), solver="lbfgs", max_iter=5, random_state=0)
    regressor = MLPRegressor((4,), solver="lbfgs", max_iter=5, random_state=0)
    grid = GridSearchCV(classifier, {"alpha": [1e-4, 1.0]}, cv=3, n_jobs=n_jobs).fit(X, Y)
    drawn = RandomizedSearchCV(regressor, {"alpha": [1e-4, 1e-2, 1.0]}, n_iter=2, cv=2, random_state=0, n_jobs=n_jobs)
    drawn.fit(X, X[:, 0] * X[:, 1])
    found = {key: value for search in (grid, drawn) for key, value in search.cv_results_.items() if "time" not in key}
    probabilities = cross_val_predict(classifier, X, Y, cv=3, n_jobs=n_jobs, method="predict_proba")
    return [*map(str, found.values()), probabilities.tolist(), *(a.tolist() for a in grid.best_estimator_.coefs_)]


def test_searches_in_processes_are_those_in_one():
    pytest.importorskip("sklearn")
    assert searches(2) == searches(None)


@pytest.mark.long
def test_dask():
    """Folds and searches on the workers of a cluster: here one on this machine, of two processes with two threads."""
    pytest.importorskip("sklearn")
    distributed = pytest.importorskip("dask.distributed")
    where = {"host": "127.0.0.1", "dashboard_address": None}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=2, **where) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        found = folds(-1), searches(-1)
    assert found == (folds(None), searches(None))


# --- Ctrl-C and threads, in a program of its own ----------------------------------------------------------------------

FOLDS = """
    def make():
        begin()
        return nn.Linear(64, 10)
    nn.cross_validate(make, nn.data.digits(), loss=nn.CrossEntropyLoss(), epochs=10**6, folds=2, seed=0, n_jobs=2)
"""
SEARCH = """
    from sklearn.model_selection import GridSearchCV
    from nn.sklearn import MLPClassifier
    class Endless(MLPClassifier):
        def _train(self, *args, **options):
            begin()
            return super()._train(*args, **options)
    model = Endless((64,), max_iter=10**6, tol=0.0, n_iter_no_change=10**6)
    GridSearchCV(model, {"alpha": [0.1, 1.0]}, cv=2, n_jobs=2).fit(*nn.data.digits())
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send Ctrl-C to one group there")
@pytest.mark.parametrize("work", [FOLDS, SEARCH])
def test_ctrl_c_leaves_no_process_behind(work, tmp_path):
    """Ctrl-C in a terminal reaches all processes. Before it, they use no more threads than there are cores."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    pytest.importorskip("sklearn")
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            f"""
            import os, signal, sys
            sys.path[:] = {sys.path!r}
            import nn, threadpoolctl
            signal.signal(signal.SIGINT, signal.default_int_handler)  # also if this runs in the background

            def begin():
                threads = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
                os.write(1, (" ".join(map(str, ["begun", os.getpid(), *threads])) + "\\n").encode())  # at once
            """
        )
        + textwrap.dedent(work)
    )
    unbounded = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    process = subprocess.Popen([sys.executable, program], env={**unbounded, "LOKY_MAX_CPU_COUNT": "2"}, **options)
    watchdog = threading.Timer(60, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    begun = [process.stdout.readline().split() for _ in range(2)]
    os.killpg(process.pid, signal.SIGINT)
    err = process.communicate()[1]
    watchdog.cancel()
    assert process.returncode == -signal.SIGINT, err
    assert err.rstrip().splitlines()[-1].startswith("KeyboardInterrupt")
    assert "interrupted;" not in err
    assert len({pid for _, pid, *_ in begun}) == 2
    assert all(threads and set(threads) == {"1"} for _, _, *threads in begun), begun
    for _ in range(100):  # loky's keeper of semaphores may take a moment more
        if not alive(process.pid):
            break
        time.sleep(0.05)
    assert not alive(process.pid)
    assert len(threadpoolctl.threadpool_info()), "there is a BLAS to bound"


def alive(group):
    """Whether a group of processes has any left, other than those that nobody has waited for."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return any(line.split()[0] == str(group) and "Z" not in line.split()[1] for line in found.splitlines())

"""Run the tests on mutants of the code, one after the other: which of them are noticed?

    python tests/mutants/run.py                    200 mutants of nn/training and nn/saving, drawn by seed 13
    python tests/mutants/run.py --seed 5 -n 40     others
    python tests/mutants/run.py --all              every one
    python tests/mutants/run.py --all --only nn/training/fit.py [--show]

Each mutant is written into a copy of the project, where the tests of its folder run until the first failure. It is
*killed* when a test fails or when they take longer than the time limit, else it has *survived*. Those that cannot be
told from the code by any test stand in ``equivalent.txt``, each with the reason. ``--show`` lists the mutants and runs
nothing; ``--save`` writes the score beside this file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from itertools import count
from pathlib import Path

from mutants import draw

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCORE = HERE / "score.txt"
EQUIVALENT = HERE / "equivalent.txt"
SEED, NUMBER, LIMIT = 13, 200, 240  # of the draw; of seconds that the tests of one mutant may take
TIMES = count(2_000_000_000)
COPIED = ["autograd", "nn", "optim", "tests", "pyproject.toml", "chainrule_pytest.py", "docs"]

# The tests of each folder, and those of a file that come before them.
TESTS = {
    "nn/training": ["tests/nn/training"],
    "nn/saving": [
        "tests/nn/test_saving.py",
        "tests/nn/test_replacing.py",
        "tests/nn/test_destinations.py",
        "tests/nn/training/test_spoiled.py",
    ],
}
FIRST = {
    **dict.fromkeys(["cross_validation.py", "evaluation.py"], "tests/nn/training/test_judging.py"),
    **{
        f"{name}.py": f"tests/nn/training/test_{name}.py" for name in ("history", "progress", "fit", "run", "callbacks")
    },
    "atomic.py": "tests/nn/test_replacing.py",
}


def equivalents() -> dict[tuple[str, str, str], str]:
    """The mutants that no test can tell from the code, with the reason: four lines each, with an empty one between."""
    blocks = EQUIVALENT.read_text().split("\n\n")[1:] if EQUIVALENT.exists() else []
    entries = [block.strip().split("\n") for block in blocks if block.strip()]
    return {(path, text, change): reason for path, text, change, reason in entries}


def outcome(path: str, content: str | None, root: Path) -> tuple[str, str]:
    """Whether the tests of a file notice another content, and the first that does.

    They run in a process of its own, which has already imported what the file is not a part of. Compiled files are
    kept, and are told from each other by the time of the source; so each content has a time of its own.
    """
    file, log = root / path, root / "log"
    before, times = file.read_bytes(), os.stat(file)
    if content is not None:
        file.write_text(content)
        os.utime(file, (times.st_atime, next(TIMES)))
    child = os.fork()
    if not child:
        os._exit(_test(path, root, log))
    limit = time.monotonic() + LIMIT
    try:
        while time.monotonic() < limit:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                text = log.read_text(errors="replace").strip()
                found = [line for line in text.splitlines() if line.startswith(("FAILED", "ERROR"))]
                code = os.waitstatus_to_exitcode(status)
                if code not in (0, 1, 2):  # all well, a failure, an interrupt or an error while tests are collected
                    raise RuntimeError(f"the tests could not be run:\n{text}")
                return ("killed", (found or text.splitlines()[-1:])[0]) if code else ("survived", "")
            time.sleep(0.05)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "killed", f"by the limit of {LIMIT} s"
    finally:
        file.write_bytes(before)
        os.utime(file, (times.st_atime, times.st_mtime))


def _test(path: str, root: Path, log: Path) -> int:
    """The exit status of the tests, run here; what they say goes to a file."""
    try:
        os.setsid()
        os.chdir(root)
        stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        import pytest

        tests = [test for end, test in FIRST.items() if path.endswith(f"/{end}") or path == end]
        tests += TESTS[next(folder for folder in TESTS if path.startswith(folder))]
        quiet = "-Wignore::pytest.PytestAssertRewriteWarning"  # of what is imported already
        here = f"--basetemp={root / 'pytest'}"
        code = pytest.main(["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", quiet, here, *tests])
        sys.stdout.flush()
        return int(code)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 99


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the tests on mutants of the code.")
    parser.add_argument("-n", type=int, default=NUMBER)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--only", default="", help="those whose path contains this")
    parser.add_argument("--line", type=int, help="those of this line")
    parser.add_argument("--part", type=int, default=1, help="which part of them, of --parts")
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0, help="so many at the beginning, which were run before")
    parser.add_argument("--show", action="store_true", help="list the mutants, run nothing")
    parser.add_argument("--save", action="store_true", help=f"write {SCORE.name}")
    given = parser.parse_args()
    mutants = draw(ROOT, TESTS, None if given.all else given.n, given.seed)
    mutants = [m for m in mutants if given.only in m.path and given.line in (None, m.line)]
    mutants = mutants[given.part - 1 :: given.parts][given.skip :]
    if given.show:
        print(*mutants, f"{len(mutants)} mutants", sep="\n")
        return
    known = equivalents()
    os.environ["OMP_NUM_THREADS"] = "1"
    counts: Counter[str] = Counter()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in COPIED:
            source = ROOT / name
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, root / name, ignore=ignored) if source.is_dir() else shutil.copy(
                source, root / name
            )
        os.environ["PYTHONPATH"] = folder
        sys.path[:] = [folder, *(place for place in sys.path if Path(place).resolve() not in (ROOT, HERE))]
        import hypothesis.extra.numpy  # noqa: F401
        import pytest  # noqa: F401

        import autograd
        import optim  # noqa: F401

        assert autograd.__file__.startswith(folder), autograd.__file__
        for folder in {next(name for name in TESTS if mutant.path.startswith(name)) for mutant in mutants}:
            if (end := outcome(f"{folder}/__init__.py", None, root))[0] != "survived":
                raise RuntimeError(f"the tests fail without any change: {end[1]}")
        for mutant in mutants:
            if mutant.key in known:
                end, words = "equivalent", known[mutant.key]
            else:
                end, words = outcome(mutant.path, mutant.source(root), root)
            counts[end] += 1
            if end != "killed":
                lines.append(f"{end}: {mutant}" + (f"  ({words})" if words else ""))
            print(f"{end:<10} {mutant}  {words[:150]}", flush=True)
    different = counts["killed"] + counts["survived"]
    what = "every mutant" if given.all else f"{given.n} mutants drawn by seed {given.seed}"
    lines.insert(
        0,
        f"{what}: {counts['killed']} killed, {counts['survived']} survived, "
        f"{counts['equivalent']} equivalent; {counts['killed'] / max(different, 1):.1%} of the others killed",
    )
    print("", *lines, sep="\n")
    if given.save:
        SCORE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

"""What a browser's Python lacks is not needed: threads, processes, and modules that Pyodide does not have.

Pyodide runs Python in a page. `docs/browser.md` says what was tried with it.
"""

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd", "nn", "optim")

# All of the standard library that our packages import. Pyodide 314.0.7 has each of them: they were all imported there.
IMPORTED = """
abc argparse ast atexit binascii bisect builtins codecs collections collections.abc concurrent.futures contextlib
contextvars copy csv ctypes dataclasses difflib dis errno fcntl functools gc gzip hashlib heapq html importlib
importlib.resources importlib.util inspect io itertools json keyword linecache math mmap multiprocessing numbers opcode
operator os pathlib pickle random re reprlib secrets selectors shutil signal socket stat statistics string subprocess
sys sysconfig tempfile textwrap threading time tomllib traceback types typing urllib.parse warnings weakref
xml.sax.saxutils zipfile zlib
"""

WITHOUT_THREADS_AND_PROCESSES = """
import runpy, subprocess, sys, threading

def no_thread(self):
    raise RuntimeError("can't start new thread")

def no_process(self, *args, **kwargs):
    raise OSError(138, "emscripten does not support processes.")

threading.Thread.start = no_thread
subprocess.Popen.__init__ = no_process
runpy.run_path(sys.argv[1])
"""


def test_only_modules_that_pyodide_has_are_imported():
    found = set()
    for package in PACKAGES:
        for path in Path(find_spec(package).origin).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    found.add(node.module)
    standard = {name for name in found if name.split(".")[0] in sys.stdlib_module_names} - {"__future__"}
    assert sorted(standard - set(IMPORTED.split())) == [], "does Pyodide have these? See docs/browser.md"


@pytest.mark.parametrize(
    "notebook",
    ["01_one_neuron", *(pytest.param(n, marks=pytest.mark.long) for n in ("03_tensors", "05_gradient_checking"))],
)
def test_a_notebook_runs_without_threads_and_processes(notebook):
    pytest.importorskip("matplotlib", reason="the notebooks draw with matplotlib")
    path = ROOT / "notebooks" / f"{notebook}.py"
    if not path.exists():
        pytest.skip("there is no folder notebooks")
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_THREADS_AND_PROCESSES, path],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env=os.environ | {"MPLBACKEND": "agg"},
    )
    assert run.returncode == 0, run.stderr
    assert "Exercise 0" in run.stdout

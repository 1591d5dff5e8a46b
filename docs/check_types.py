"""Runs the type checkers over the Python blocks of README.md and docs/*.md, as a user's program would be checked.

The blocks of a page form one module, in the order of reading. `EXCUSED` lists the lines that a checker may complain
about, and why; a line that no longer causes a complaint is an error, too.

    python docs/check_types.py            # mypy --strict, and pyright if it is installed
    python docs/check_types.py --pyright  # requires both
"""

import doctest
import json
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTERNAL = {"helpers"}  # not what a user's program calls
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").glob("*.md") if p.stem not in INTERNAL)]

UNTYPED = {"tour", "gradients", "debugging", "gallery"}  # pages for beginners, whose functions have no annotations

_STUBS = "NumPy's stubs know arrays only"
_NAMES = "for NumPy's stubs, a name in a dict may be that of an option"
_FIGURE = "for matplotlib's stubs, axes may lie in a part of a figure, which cannot be saved"
_PLOTS = "activations", "moons", "valley"
_BOTH = "mypy", "pyright"

# Page, the line without its comment, the checker, why.
EXCUSED = [
    ("docs/types.md", "np.exp(x.sum()).backward()", "mypy", _STUBS),
    ("docs/types.md", "np.exp(x.sum()).backward()", "pyright", _STUBS),
    ("docs/saving.md", 'np.savez("theirs.npz", **model.state_dict())', "mypy", _NAMES),
    ("docs/saving.md", 'np.savez("theirs.npz", **model.state_dict())', "pyright", _NAMES),
    *(("docs/gallery.md", f'axes.figure.savefig("{name}.svg")', by, _FIGURE) for name in _PLOTS for by in _BOTH),
]


def program_of(page):
    """The Python blocks of a page as one program, each line where it stands in the page."""
    lines = [""] * (text := page.read_text(encoding="utf-8")).count("\n")
    for block in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        first = text.count("\n", 0, block.start(1))
        if ">>> " in block[1]:
            for example in doctest.DocTestParser().get_examples(block[1]):
                source = example.source.splitlines()
                lines[first + example.lineno : first + example.lineno + len(source)] = source
        else:
            source = block[1].splitlines()
            lines[first : first + len(source)] = source
    if page.stem in UNTYPED:
        lines[0] = "# mypy: allow-untyped-defs, allow-untyped-calls"  # in place of the title
    return "\n".join(lines) + "\n"


def by_mypy(folder):
    """What mypy complains about: file, line, message."""
    command = [sys.executable, "-m", "mypy", "--strict", "--allow-redefinition-new", "--local-partial-types"]
    command += ["--ignore-missing-imports", "--config-file=", "--no-error-summary", "--hide-error-context", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    found = re.findall(r"^(\S+?):(\d+): error: (.*)$", done.stdout, flags=re.MULTILINE)
    return [(file, int(line), message) for file, line, message in found]


def by_pyright(folder):
    """What pyright complains about."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [
        (Path(d["file"]).name, d["range"]["start"]["line"] + 1, d["message"]) for d in found if d["severity"] == "error"
    ]


def check(checkers):
    """Complaints that are not excused, and excuses that nothing needs."""
    complaints, needed = [], set()
    with tempfile.TemporaryDirectory() as folder:
        pages = {}
        for page in PAGES:
            if (program := program_of(page)).strip():
                name = f"page_{page.stem.lower()}.py"  # not that of a package
                pages[name] = page.relative_to(ROOT), program.splitlines()
                (Path(folder) / name).write_text(program, encoding="utf-8")
        for name, checker in checkers.items():
            for file, number, message in checker(folder):
                page, lines = pages[file]
                excuse = (page.as_posix(), lines[number - 1].partition("  #")[0].strip(), name)
                if any(excuse == known[:3] for known in EXCUSED):
                    needed.add(excuse)
                else:
                    complaints.append(f"{page}:{number}: {name}: {message}\n    {lines[number - 1]}")
    complaints += [f"not needed: {known}" for known in EXCUSED if known[2] in checkers and known[:3] not in needed]
    return complaints, len(pages)


if __name__ == "__main__":
    checkers = {"mypy": by_mypy}
    if find_spec("pyright") or "--pyright" in sys.argv:
        checkers["pyright"] = by_pyright
    complaints, count = check(checkers)
    print("\n".join(complaints) or f"the blocks of {count} pages pass {' and '.join(checkers)}")
    raise SystemExit(bool(complaints))

"""Fills the table of README.md from benchmarks/RESULTS.md, and draws the picture of its neuron.

    python docs/make_readme.py            # writes both
    python docs/make_readme.py --check    # fails when one is out of date

Everything else in README.md is written by hand; tests/test_readme.py checks its numbers.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

PAGE = ROOT / "README.md"
PICTURE = ROOT / "docs" / "pictures" / "neuron.svg"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
BLOCK = re.compile(r"(?<=<!-- made by docs/make_readme.py -->\n).*?(?=<!-- end -->)", flags=re.DOTALL)

# The columns, and of each the section of the results that it comes from, and the column there.
STEPS, HIPS, CASES, COMPILED = (
    "Milliseconds per training step",
    "Compared with HIPS autograd",
    "Common layers and shapes",
    "Compiled",
)
COLUMNS = {
    "chainrule": [(STEPS, "chainrule"), (CASES, "chainrule")],
    "compiled": [(COMPILED, "chainrule, compiled")],
    "PyTorch": [(STEPS, "PyTorch"), (CASES, "PyTorch")],
    "JAX, jitted": [(COMPILED, "jax.jit")],
    "HIPS autograd": [(HIPS, "HIPS autograd")],
    "micrograd": [(STEPS, "micrograd")],
}
ROWS = {
    "mlp_small": "64-64-10 network",
    "mlp_mnist": "784-256-128-10 network",
    "cnn": "small convolutional network",
    "hessian": "Hessian of 64 variables",
    "scalar_chain": "10,000 scalar operations",
    "scalar": "micrograd's demo network",
    "lstm": "LSTM",
    "layer_norm": "LayerNorm",
}
INSTALLED = {"chainrule": "chainrule", "PyTorch": "PyTorch", "JAX, jitted": "JAX"}
INSTALLED |= {name: name for name in ("HIPS autograd", "micrograd")}


def tables():
    """Of each section of the results its first table: a row by its first cell, a cell by its column."""
    found = {}
    for section in re.split(r"^## ", RESULTS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        if lines := re.search(r"(?:^\|.*\n)+", section, flags=re.MULTILINE):
            header, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[0].splitlines())
            rows = {row[0].strip("`"): dict(zip(header, row, strict=True)) for row in rows}
            found[section.partition("\n")[0]] = rows
    return found


def short(number):
    """A number to two digits, or as a whole one."""
    if number < 0.005:
        return "under 0.01"
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def relative(found, workload, places):
    """How many times the time of chainrule in the same run; a dash where nothing was measured."""
    for section, column in places:
        row = found[section].get(workload, {})
        if (time := row.get(column, "-")) != "-":
            return short(float(time) / float(row["chainrule"]))
    return "-"


def table():
    """The table of the README, in markdown."""
    found = tables()
    rows = [["Time of a step", *COLUMNS], ["---", *["--:"] * len(COLUMNS)]]
    rows += [[name, *(relative(found, w, places) for places in COLUMNS.values())] for w, name in ROWS.items()]
    for name, column, unit in (
        ("Size on disk, with dependencies", "MB with all it requires", "MB"),
        ("Time of the import", "seconds to import", "s"),
    ):
        cells = [found["Installed"].get(INSTALLED.get(title), {}).get(column) for title in COLUMNS]
        rows.append([name, *(f"{short(float(cell))} {unit}" if cell else "same" for cell in cells)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def picture():
    """What the first program of the README draws, by our own layout, which is the same everywhere."""
    from autograd import draw

    program = re.search(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[1]
    names = {}
    exec("\n".join(line for line in program.splitlines() if not line.startswith("draw(")), names)
    y = names["y"]  # the picture calls it by this name, as in the program
    return draw(y, renderer="own").svg


def main(check):
    """Write what is out of date, or say so."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = {PAGE: BLOCK.sub(lambda _: table(), page), PICTURE: picture()}
    stale = [file for file, text in fresh.items() if file.read_text(encoding="utf-8") != text]
    for file in stale:
        if not check:
            file.write_text(fresh[file], encoding="utf-8")
        print(file.relative_to(ROOT))
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))

"""Draws the pictures of the examples that end in one: docs/pictures/examples/*.svg.

    python docs/make_examples.py [NAME ...]

Needs matplotlib (``pip install matplotlib``). The same numbers give the same file, byte for byte.
"""

import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

import matplotlib  # noqa: E402

matplotlib.use("svg")

PICTURES = ROOT / "docs" / "pictures" / "examples"
STYLE = {"svg.hashsalt": "chainrule", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
os.environ["SOURCE_DATE_EPOCH"] = "0"  # the date in the files, which then change only when the pictures do


def examples():
    """The names of the examples that take the path of a picture."""
    return [path.stem for path in sorted((ROOT / "examples").glob("*.py")) if "[PICTURE]" in path.read_text("utf-8")]


def draw(name):
    """Run an example, and keep its picture."""
    with matplotlib.rc_context(STYLE):
        runpy.run_path(str(ROOT / "examples" / f"{name}.py"))["main"](PICTURES / f"{name}.svg")


def main():
    """Draw those that are named, or all."""
    PICTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or examples():
        draw(name)


if __name__ == "__main__":
    main()

"""Draws the README's picture of what `chainrule demo` has learned about handwritten digits.

    python docs/make_demo.py

Needs matplotlib (``pip install matplotlib``). The same numbers give the same file, byte for byte.
"""

import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

import matplotlib  # noqa: E402

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from nn import plot  # noqa: E402
from nn.cli.demo import Settings, learn  # noqa: E402

STYLE = {"svg.hashsalt": "chainrule", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
UNSIGNED = {"Date": None, "Creator": None}  # so that the file changes only when the picture does
PICTURE = ROOT / "docs" / "pictures" / "digits.svg"


def outcome():
    """What the demo learns, with its own settings, without its words."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        return learn(Settings(out=Path(folder)))


def draw(found):
    """Losses by epoch, the confusion matrix, and all digits of the test that were misread."""
    figure = plt.figure(figsize=(6.4, 6.8), layout="constrained")  # narrow, so that a phone need not shrink it much
    grid = figure.add_gridspec(2, 2, height_ratios=[3, 4], width_ratios=[4, 1])
    _, train, _, test, _ = map(list, zip(*found.rows, strict=True))
    curves = figure.add_subplot(grid[0, :])
    plot.learning_curves({"training part": train, "test part": test}, log=True, ax=curves)
    curves.set(ylabel="cross-entropy", title="loss")
    plot.confusion_matrix(found.answers, found.y_test, ax=figure.add_subplot(grid[1, 0]))
    missed = np.flatnonzero(found.answers != found.y_test)[:4]
    images = grid[1, 1].subgridspec(max(len(missed), 1), 1)
    for row, i in enumerate(missed):
        ax = figure.add_subplot(images[row])
        ax.imshow(found.x_test[i].reshape(8, 8), cmap="Greys", vmin=0.0, vmax=1.0)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{found.y_test[i]} read as {found.answers[i]}", fontsize=8)
    return figure


if __name__ == "__main__":
    with plt.rc_context(STYLE):
        draw(outcome()).savefig(PICTURE, metadata=UNSIGNED)
    print(PICTURE.relative_to(ROOT))

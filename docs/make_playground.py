"""Records the page docs/pictures/playground.html, which plays experiments of the playground without a kernel.

python docs/make_playground.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT), str(ROOT / "notebooks")]  # for a checkout that is not installed

from playground import Playground  # noqa: E402

PAGE = ROOT / "docs" / "pictures" / "playground.html"
EXPERIMENTS = [
    {"data": "circle"},
    {"data": "circle", "activation": "relu"},
    {"data": "circle", "features": ("x1^2", "x2^2"), "hidden": (), "penalty": "l1", "strength": 0.003},
    {"data": "xor", "hidden": (4,)},
    {"data": "spiral", "features": ("x1", "x2", "sin x1", "sin x2"), "hidden": (8, 4), "lr": 0.1},
    {"data": "regress-gauss", "hidden": (6, 4)},
]


def write(path, epochs=150, frames=18):
    """Train all experiments, and write the page."""
    first, *others = (Playground(**settings) for settings in EXPERIMENTS)
    first.save(path, *others, epochs=epochs, frames=frames)


if __name__ == "__main__":
    write(PAGE)
    print(f"{PAGE.relative_to(ROOT)}: {PAGE.stat().st_size / 1000:.0f} kB")

"""Draws the pictures of docs/optim.md: the curves of all schedules, and paths through Rosenbrock's valley.

    python docs/make_optim.py

Needs matplotlib (``pip install matplotlib``). The same code gives the same files, byte for byte.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

import matplotlib  # noqa: E402

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from nn.plot import COLOURS  # noqa: E402
from optim import minimize, schedules  # noqa: E402

STYLE = {"svg.hashsalt": "chainrule", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
UNSIGNED = {"Date": None, "Creator": None}  # so that the file changes only when the picture does
STEPS = 100
SHOWN = [  # what is drawn in one panel, as it is written
    ["constant(0.1)"],
    ["step_decay(0.1, every=30, gamma=0.5)"],
    ["multi_step(0.1, [50, 80], gamma=0.3)"],
    ["exponential(0.1, gamma=0.97)"],
    ["inverse_time(a=1.0, b=10.0)"],
    ["polynomial(0.1, steps=80)", "polynomial(0.1, steps=80, power=2.0)"],
    ["cosine(0.1, steps=80, end=0.01)"],
    ["one_cycle(0.1, steps=100)", "one_cycle(0.1, steps=100, shape='linear')"],
    ["warmup(15, cosine(0.1, steps=85))"],
    ["chain({0: 0.05, 40: 0.09})"],
    ["chain({0: cosine(0.1, 30),\n       30: cosine(0.1, 70)})"],
    ["warmup(10, chain({0: 0.1, 40: 0.05,\n                  60: 0.01}))"],
]
WAYS = {  # the same settings as in the table of the page
    "sgd, lr=0.001": ("sgd", {"lr": 0.001}),
    "sgd, lr=0.001, momentum=0.9": ("sgd", {"lr": 0.001, "momentum": 0.9}),
    "adam, lr=0.3": ("adam", {"lr": 0.3}),
    "lbfgs": ("lbfgs", {}),
}


def draw_schedules():
    """A panel for every schedule."""
    rows = -(-len(SHOWN) // 2)
    figure, panels = plt.subplots(rows, 2, figsize=(6.4, 1.8 * rows), sharex=True, sharey=True, layout="constrained")
    for ax in panels.flat[len(SHOWN) :]:
        ax.remove()
    for ax, texts in zip(panels.flat, SHOWN, strict=False):
        for text, colour, dash in zip(texts, COLOURS, ("-", "--"), strict=False):
            schedule = eval(text, vars(schedules))
            values = [schedule(t) for t in range(STEPS)]
            jumps = "steps-post" if len(set(values)) < STEPS / 2 else "default"
            ax.plot(values, dash, color=colour, linewidth=1.8, drawstyle=jumps)
        ax.set_title("\n".join(texts), fontsize=8, family="monospace", loc="left")
        ax.set(ylim=(-0.004, 0.108), xticks=[0, 50, 100], yticks=[0.0, 0.05, 0.1])
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in panels[-1]:
        ax.set_xlabel("steps done")
    for ax in panels[:, 0]:
        ax.set_ylabel("learning rate")
    return figure


def rosenbrock(x):
    """The valley; its lowest point is (1, 1)."""
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def draw_valley():
    """The paths of some methods until f < 1e-6 on a contour map, and their values over the steps."""
    figure, (plane, curves) = plt.subplots(2, 1, figsize=(6.4, 7.6), layout="constrained")
    grid = np.meshgrid(np.linspace(-1.7, 1.7, 69), np.linspace(-0.8, 2.6, 69))
    plane.contour(*grid, rosenbrock(grid), levels=[3, 30, 300], colors="#999999", linewidths=0.7)
    for (name, (method, hyper)), colour in zip(WAYS.items(), COLOURS, strict=False):
        found = minimize(rosenbrock, np.array([-1.2, 1.0]), method, max_steps=20_000, target=1e-6, tolerance=0, **hyper)
        x, y = thinned(found.xs).T
        plane.plot(x, y, color=colour, linewidth=1.1)
        shown = np.unique(np.geomspace(1, found.steps + 1, 120).astype(int)) - 1
        curves.plot(shown + 1, found.values[shown], color=colour, linewidth=1.4, label=f"{name}: {found.steps} steps")
    plane.plot(1.0, 1.0, "k*")
    plane.set(xlim=(-1.7, 1.7), ylim=(-0.8, 2.6), xlabel="x", ylabel="y")
    curves.set(xscale="log", yscale="log", xlabel="steps", ylabel="f")
    curves.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    curves.grid(alpha=0.25, linewidth=0.6)
    for ax in (plane, curves):
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def thinned(points, least=0.02):
    """The points, without those too close to the last one to be told apart in the picture."""
    kept = [points[0]]
    for point in points[1:]:
        if np.abs(point - kept[-1]).max() >= least:
            kept.append(point)
    return np.array([*kept, points[-1]])


if __name__ == "__main__":
    for picture, make in (("schedules", draw_schedules), ("rosenbrock", draw_valley)):
        with plt.rc_context(STYLE):
            made = make()
            made.savefig(ROOT / "docs" / "pictures" / f"{picture}.svg", format="svg", metadata=UNSIGNED)

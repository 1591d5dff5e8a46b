"""Draws docs/pictures/schedules.svg: every schedule of `optim`, as it is written and as it goes.

    python docs/make_schedules.py

Needs matplotlib (``pip install 'chainrule[plot]'``). The same schedules give the same file, byte for byte.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

import matplotlib  # noqa: E402

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

from nn.plot import COLOURS  # noqa: E402
from optim import schedules  # noqa: E402

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
    ["chain({0: cosine(0.1, 30), 30: cosine(0.1, 70)})"],
    ["warmup(10, chain({0: 0.1, 40: 0.05, 60: 0.01}))"],
]


def draw(file):
    """Draw the panels into a file."""
    style = {"svg.hashsalt": "chainrule", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    with plt.rc_context(style):
        figure, panels = plt.subplots(4, 3, figsize=(10.5, 8.4), sharex=True, sharey=True, layout="constrained")
        for ax, texts in zip(panels.flat, SHOWN, strict=True):
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
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


if __name__ == "__main__":
    draw(ROOT / "docs" / "pictures" / "schedules.svg")

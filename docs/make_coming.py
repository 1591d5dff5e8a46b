"""Writes the tables of docs/coming-from-*.md: names from other libraries, and what to write instead.

They come from autograd/words.txt, which also provides the hints in error messages. The text around the tables is
written by hand.

    python docs/make_coming.py            # writes the tables
    python docs/make_coming.py --check    # fails when one is stale
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed

from autograd.words import words  # noqa: E402

PAGES = {  # each page, its library, and how names are written there, by place
    "pytorch": (
        "PyTorch",
        {
            "autograd": "torch.{}",
            "Tensor": "t.{}",
            "nn": "nn.{}",
            "nn.functional": "F.{}",
            "Module": "model.{}",
            "optim": "optim.{}",
            "Optimizer": "optimizer.{}",
            "nn.data": "{}",
            "nn.init": "nn.init.{}",
            "nn.utils": "nn.utils.{}",
            "nn.utils.rnn": "nn.utils.rnn.{}",
            "argument": "{}=",
        },
    ),
    "jax": (
        "JAX",
        {
            "autograd": "jax.{}",
            "Tensor": "x.{}",
            "nn": "nn.{}",
            "nn.functional": "nn.{}",
            "Module": "model.{}",
            "optim": "optax.{}",
            "Optimizer": "optimizer.{}",
            "argument": "{}=",
        },
    ),
    "hips": ("HIPS autograd", {"autograd": "autograd.{}", "Tensor": "x.{}", "argument": "{}="}),
    "micrograd": ("micrograd", {"autograd": "{}", "Tensor": "value.{}", "nn": "nn.{}"}),
    "keras": (
        "Keras",
        {
            "nn": "{}",
            "Module": "model.{}",
            "optim": "{}",
            "Optimizer": "optimizer.{}",
            "nn.functional": "losses.{}",
            "nn.metrics": "metrics.{}",
            "nn.data": "{}",
            "autograd": "{}",
            "Tensor": "variable.{}",
            "argument": "{}=",
        },
    ),
    "scikit-learn": (
        "scikit-learn",
        {"nn": "{}", "Module": "estimator.{}", "nn.data": "{}", "nn.metrics": "metrics.{}", "argument": "{}="},
    ),
}
START, END = "<!-- Written by docs/make_coming.py -->\n", "<!-- until here -->\n"


def rows(library, places):
    """Names, our code and remark, by place; names with the same answer share a row."""
    for place, pattern in places.items():
        same = {}
        for row in dict.fromkeys(words().values()):
            if row.place == place and library in row.libraries.split(", "):
                of_numpy = row.ours.startswith(f"np.{row.word}(") and not row.remark
                answer = ("", "Use NumPy's function of the same name.") if of_numpy else (row.ours, row.remark)
                same.setdefault(answer, []).extend(map(pattern.format, row.word.split(", ")))
        for (ours, remark), names in same.items():
            yield ", ".join(f"`{name}`" for name in names), f"`{ours}`" if ours else "", remark


def table(library, places):
    """The table of a page."""
    lines = [f"| {library} | chainrule | notes |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows(library, places))]) + "\n"


def written(text, name):
    """The text of a page with a fresh table."""
    fresh = f"{START}\n{table(*PAGES[name])}\n{END}"
    return re.sub(f"{re.escape(START)}.*?{re.escape(END)}", lambda _: fresh, text, count=1, flags=re.DOTALL)


def main():
    """Write the pages, or check them."""
    for name in PAGES:
        page = ROOT / "docs" / f"coming-from-{name}.md"
        text = page.read_text(encoding="utf-8")
        if sys.argv[1:] != ["--check"]:
            page.write_text(written(text, name), encoding="utf-8")
        elif written(text, name) != text:
            sys.exit(f"{page.relative_to(ROOT)} is stale: run python docs/make_coming.py")


if __name__ == "__main__":
    main()

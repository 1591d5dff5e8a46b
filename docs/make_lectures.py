"""Writes docs/lectures.md: every item of the lectures, where to find it, and its result; fills docs/variants.md.

The first page is generated entirely from the table of tests/lectures/items, whose numbers the tests compute. On the
second page, the last column of each table is the result of the code in the column before it.

    python docs/make_lectures.py            # writes the pages
    python docs/make_lectures.py --check    # fails when one of them is stale
"""

import json
import os
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for a checkout that is not installed
PAGE = ROOT / "docs" / "lectures.md"
VARIANTS = ROOT / "docs" / "variants.md"

if "lecture_items" not in sys.modules:
    spec = spec_from_file_location("conftest_of_lectures", ROOT / "tests" / "lectures" / "conftest.py")
    conftest = module_from_spec(spec)
    spec.loader.exec_module(conftest)

import numpy as np  # noqa: E402
from lecture_items.base import SECTIONS, agrees  # noqa: E402
from lecture_items.run import of_section  # noqa: E402

HEAD = """\
# The lectures, item by item

chainrule started from five lectures on multi-layer perceptrons and backpropagation:

| name on these pages | lecture |
|---|---|
| Pitas | I. Pitas, Multilayer perceptron, backpropagation summary, Aristotle University of Thessaloniki |
| Hu & Zhu | X. Hu and J. Zhu, Multi-layer perceptron, topic 3 of Deep learning, Tsinghua University |
| Vishwajith | S. Vishwajith, MLPs and backpropagation, CMSC 389A, University of Maryland |
| Hwang | J.-N. Hwang, Metrics, MLP and CNN, EEP 596B, University of Washington |
| Newson | A. Newson, Artificial neural networks and the multi-layer perceptron, Telecom Paris |

Every formula, experiment, exercise and claim of the lectures has a row. `tests/lectures` computes the numbers and fails
if one of them differs in its last digit. Each link is followed by words in quotation marks: search for them at the
linked place. *Slip* marks a mistake on a slide; the last table lists further ones. [variants.md](variants.md) shows
where the lectures disagree, and [glossary.md](glossary.md) explains the notation of each.

`docs/make_lectures.py` generates this page.
"""


def place(key):
    """The path of a place: the number of a notebook, or a path."""
    if isinstance(key, str):
        return ROOT / key
    [found] = (ROOT / "notebooks").glob(f"{key:02d}_*.ipynb")
    return found


def text_of(path):
    """The text at a path (a file, or the files of Python in a folder) without marks of emphasis, with single spaces."""
    if path.is_dir():
        return " ".join(text_of(file) for file in sorted(path.glob("*.py")))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return " ".join(re.sub("[*`#]", "", text).split())


def places(item, section):
    """Where to find an item: its test, the linked places with the words to search for, and the API."""
    found = [f"[test](../tests/lectures/items/{section}.py)"] if item.compute else []
    for key, words in item.where.items():
        path = os.path.relpath(place(key), PAGE.parent).replace(os.sep, "/")
        name = f"notebook {key:02d}" if isinstance(key, int) else Path(key).name
        found.append(f"[{name}]({path}) (“{words}”)")
    found += [f"`{name}`" for name in item.api]
    return ", ".join(found)


def result(item):
    """The result."""
    if item.compute is None:
        return "mentioned"
    texts = (f"{name}: **{text.removeprefix('=')}**" for name, text in item.numbers.items())
    return "; ".join(texts) or "holds"


def page():
    """The whole text."""
    lines = [HEAD]
    for section, (title, _) in SECTIONS.items():
        lines += [f"## {title}\n", "| item | lecture | statement | where to find | result |", "|---|---|---|---|---|"]
        for item in of_section(section):
            said = item.claim + (f" *Slip:* {item.slip}" if item.slip else "")
            cells = [item.id, ", ".join(item.decks), said, places(item, section), result(item)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def digits(value):
    """Six digits; what only rounds to a whole number shows zeros behind the point."""
    value += 0.0  # no minus before zero
    text = f"{value:.6g}"
    return text if "." in text or agrees(text, value) else f"{value:#.6g}"


def variants(text):
    """The page of variants with the last column of its tables computed anew, and the values in it.

    Blocks of code know the names of those before them, and so do the tables.
    """
    names, lines, values, block = {}, [], [], None
    for number, line in enumerate(text.split("\n")):
        if line == "```python":
            block = []
        elif line == "```" and block is not None:
            exec(compile("\n" * (number - len(block)) + "\n".join(block), VARIANTS.name, "exec"), names)
            block = None
        elif block is not None:
            block.append(line)
        elif found := re.fullmatch(r"(\|.*\| `([^`]+)` \|) [^|]* \|", line):
            value = eval(found[2], names)
            value = np.ravel(np.asarray(getattr(value, "data", value), float)).tolist()
            line = f"{found[1]} {', '.join(map(digits, value))} |"
            values.append((found[2], value))
        lines.append(line)
    return "\n".join(lines), values


if __name__ == "__main__":
    for path, text in ((PAGE, page()), (VARIANTS, variants(VARIANTS.read_text(encoding="utf-8"))[0])):
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"docs/{path.name} is stale: run python docs/make_lectures.py")

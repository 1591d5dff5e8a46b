"""How long the notebooks take: `python notebooks/times.py` writes it at the head of each one and into README.md.

The time is counted: 200 words of text or 100 words of code a minute, 4 minutes for each exercise, and half a minute for
each guess, rounded to 5 minutes. The folded solutions are not counted. Needs only Python.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TEXTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
WORD = re.compile(r"[\w'-]+")
STATED = re.compile(r"About (\d+) minutes, with the exercises\.")


def minutes(text: Path) -> int:
    """The time for a notebook with this source, as a multiple of 5 minutes."""
    cells = re.split(r"^# %%", text.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:-1]  # the last has the solutions
    prose = sum(len(WORD.findall(cell)) for cell in cells if cell.startswith(" [markdown]"))
    programs = [cell for cell in cells if not cell.startswith(" [markdown]")]
    code = sum(len(WORD.findall(cell)) for cell in programs)
    exercises = sum(bool(re.search(r"^(check|.+ = part)\(", cell, flags=re.MULTILINE)) for cell in programs)
    guesses = sum(len(re.findall(r"^(?:reveal|predict)\(", cell, flags=re.MULTILINE)) for cell in programs)
    return 5 * round((prose / 200 + code / 100 + 4 * exercises + guesses / 2) / 5)


def stated(text: Path) -> str:
    """The sentence about the time."""
    return f"About {minutes(text)} minutes, with the exercises."


def main() -> None:
    """Write the times where they are stated."""
    readme = FOLDER / "README.md"
    page = readme.read_text(encoding="utf-8")
    for text in TEXTS:
        source = text.read_text(encoding="utf-8")
        new = STATED.sub(stated(text), source, count=1)
        if new == source and stated(text) not in source:
            new = re.sub(r"^(# # \d\d\. .+\n#\n)", rf"\1# *{stated(text)}*\n#\n", source, count=1, flags=re.MULTILINE)
        if new != source:
            text.write_text(new, encoding="utf-8")
            print(f"{text.name}: build it anew")
        row = rf"^(.*\({text.stem}\.ipynb\) \|[^|]*\|).*$"
        page = re.sub(row, rf"\1 {minutes(text)} |", page, flags=re.MULTILINE)
    readme.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

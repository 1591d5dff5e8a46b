"""Changes every number in print by one in its last digit, one at a time, and counts how often that is noticed.

    python tests/lectures/perturb.py            # all of them; writes tests/lectures/score.txt

test_items.py does the same, item by item.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1]))  # for a checkout that is not installed
spec = spec_from_file_location("conftest_of_lectures", HERE / "conftest.py")
conftest = module_from_spec(spec)
spec.loader.exec_module(conftest)

from lecture_items.base import ITEMS, agrees, changed, parts  # noqa: E402
from lecture_items.run import value_of  # noqa: E402


def score():
    """How many items, numbers and changes there are, and the changes that nobody noticed."""
    numbers = changes = 0
    missed = []
    for item in ITEMS:
        if item.compute is None:
            continue
        for name, text, value in value_of(item):
            assert agrees(text, value), (item.id, name, text, value)
            numbers += len(parts(text))
            for other in changed(text):
                changes += 1
                if agrees(other, value):
                    missed.append(f"{item.id}, {name}: {other} in place of {text}")
    return numbers, changes, missed


def report():
    """The score in words."""
    numbers, changes, missed = score()
    counted = sum(item.compute is not None for item in ITEMS)
    head = f"{counted} items computed, {numbers} numbers in print, {changes} changes of a last digit, "
    return "\n".join([head + f"{changes - len(missed)} noticed", *missed]) + "\n"


if __name__ == "__main__":
    text = report()
    (HERE / "score.txt").write_text(text, encoding="utf-8")
    print(text, end="")

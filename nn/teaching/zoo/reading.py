"""Read the exercises of the bug zoo from TOML files, one file for each family and one table for each exercise."""

import tomllib
from dataclasses import MISSING, fields
from importlib.resources import files
from typing import Any

from nn.teaching.zoo.exercise import Exercise

_KNOWN = {field.name: field.default is MISSING for field in fields(Exercise)}  # whether the field is required


def read_family(file: str, text: str) -> tuple[str, tuple[Exercise, ...]]:
    """The title and the exercises in the text of a file.

    Raises ValueError, naming the file and the exercise, if a field is missing, unknown or of the wrong type.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file} is not valid TOML: {error}.") from None
    title, records = table.get("family"), table.get("exercise", [])
    if table.keys() - {"family", "exercise"} or not isinstance(title, str) or not isinstance(records, list):
        raise ValueError(f'{file} must contain a title, family = "...", tables [[exercise]], and nothing else.')
    return title, tuple(_exercise(f"{file}, exercise {i}", record) for i, record in enumerate(records, 1))


def _exercise(place: str, record: dict[str, Any]) -> Exercise:
    place += f" ({record.get('name', 'without a name')})"
    if missing := [name for name, needed in _KNOWN.items() if needed and name not in record]:
        raise ValueError(f"{place} has no {', '.join(missing)}.")
    for name, value in record.items():
        if name not in _KNOWN:
            raise ValueError(f"{place} has an unknown field {name!r}; the fields are {', '.join(_KNOWN)}.")
        texts = value if name == "hints" else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            kind = "a list of strings" if name == "hints" else "a string"
            raise ValueError(f"{place}: {name} must be {kind}, not {value!r}.")
    joined = {name: " ".join(record[name].split()) for name in ("story", "why")}
    return Exercise(**record | joined | {"hints": tuple(" ".join(hint.split()) for hint in record["hints"])})


FAMILIES: dict[str, tuple[Exercise, ...]] = dict(
    read_family(file, files(__package__).joinpath(file).read_text(encoding="utf-8"))
    for file in ("rules.toml", "graphs.toml", "training.toml", "messages.toml")  # in the order of their numbers
)

EXERCISES: tuple[Exercise, ...] = tuple(exercise for family in FAMILIES.values() for exercise in family)

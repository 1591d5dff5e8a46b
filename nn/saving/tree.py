"""Trees of plain values as JSON and named arrays, and back, without loss: docs/saving.md describes the format."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_DEPTH = 64  # so that neither a list containing itself nor a malicious file exhausts the stack
_BITS = 4096  # of an int; Python itself converts at most 4300 digits
_KINDS = "biufcSUmM"  # kinds of dtypes: all but objects and records
_SCALARS = (str, int, float, bool, type(None))  # and the keys of dicts
_PLAIN_NAME = re.compile(r"(?!__metadata__)[A-Za-z0-9_.\-/]{1,200}")


def flatten(tree: Any, short: str = "") -> tuple[Any, dict[str, NDArray[Any]]]:
    """Convert a tree to JSON values, and the arrays that they refer to by name.

    An array is named after its position in the tree, such as ``optimizer/state/0/exp_avg``, if that is a plain name;
    the prefix ``short`` is omitted.

    Raises TypeError or ValueError naming the position of a value that cannot be stored.
    """
    arrays: dict[str, NDArray[Any]] = {}

    def store(array: NDArray[Any], place: tuple[Any, ...]) -> str:
        if array.dtype.kind not in _KINDS:
            _refuse(TypeError, place, f"an array of dtype {array.dtype}; only numbers, strings and dates can be stored")
        name = "/".join(map(str, place)).removeprefix(short)
        if name in arrays or not _PLAIN_NAME.fullmatch(name) or set(name.split("/")) & {"", ".", ".."}:
            name = f"array-{len(arrays)}"
        arrays[name] = array
        return name

    def encode(value: Any, place: tuple[Any, ...]) -> Any:
        kind = type(value)
        if len(place) > _DEPTH:
            _refuse(ValueError, place[:4], f"nested deeper than {_DEPTH} levels, or contains itself")
        if kind in _SCALARS:
            return _scalar(value, place)
        if kind in (np.ndarray, np.memmap):
            return {"$array": store(value, place)}
        if isinstance(value, np.generic):
            return {"$scalar": store(np.asarray(value), place)}
        if kind is list:
            return [encode(item, (*place, i)) for i, item in enumerate(value)]
        if kind is tuple:
            return {"$tuple": [encode(item, (*place, i)) for i, item in enumerate(value)]}
        if kind is dict:
            if all(type(key) is str and not key.startswith("$") for key in value):
                return {key: encode(item, (*place, key)) for key, item in value.items()}
            if wrong := [key for key in value if type(key) not in _SCALARS]:
                _refuse(TypeError, place, f"a dict with the key {wrong[0]!r}; keys must be strings, numbers or None")
            return {"$dict": [[encode(k, (*place, k)), encode(v, (*place, k))] for k, v in value.items()]}
        _refuse(
            TypeError,
            place,
            f"of type {kind.__module__}.{kind.__qualname__}; only numbers, strings, None, arrays, and plain lists, "
            "tuples and dicts of these can be stored (of a Tensor: t.numpy(); of a generator: rng.bit_generator.state)",
        )

    return encode(tree, ()), arrays


def _scalar(value: Any, place: tuple[Any, ...]) -> Any:
    if type(value) is int and value.bit_length() > _BITS:
        _refuse(ValueError, place, f"an int of {value.bit_length()} bits; at most {_BITS} can be stored")
    return {"$float": str(value)} if type(value) is float and not math.isfinite(value) else value


def unflatten(plain: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Rebuild a tree. Raises ValueError for input that `flatten` never returns, and for arrays used twice or never."""
    unused = dict(arrays)

    def take(name: Any) -> NDArray[Any]:
        if type(name) is not str or name not in unused:
            raise ValueError(f"the array {name!r} is missing or used twice")
        return unused.pop(name)

    def decode(value: Any, depth: int) -> Any:
        if depth > _DEPTH:
            raise ValueError(f"nested deeper than {_DEPTH} levels")
        if isinstance(value, list):
            return [decode(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        if not any(key.startswith("$") for key in value):
            return {key: decode(item, depth + 1) for key, item in value.items()}
        [(tag, content)] = value.items()
        if tag == "$array":
            return take(content)
        if tag == "$scalar":
            return take(content)[()]
        if tag == "$float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if tag == "$tuple" and isinstance(content, list):
            return tuple(decode(item, depth + 1) for item in content)
        if tag == "$dict" and isinstance(content, list):
            return {decode(k, _DEPTH): decode(v, depth + 1) for k, v in content}
        raise ValueError(f"{tag} cannot hold a value of type {type(content).__name__}")

    tree = decode(plain, 0)
    if unused:
        raise ValueError(f"nothing refers to the arrays {', '.join(map(repr, unused))}")
    return tree


def parse_json(text: str | bytes) -> Any:
    """Parse strict JSON, without NaN or duplicate keys."""
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"duplicate keys among {[key for key, _ in pairs]}")
    return found


def _refuse(kind: type[Exception], place: tuple[Any, ...], why: str) -> NoReturn:
    where = "".join(str(part) if i == 0 else f"[{part!r}]" for i, part in enumerate(place)) or "the value"
    raise kind(f"cannot be saved: {where} is {why}.")

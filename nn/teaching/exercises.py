"""Answers to exercises: right, or a guess at the slip.

Numbers, arrays, Tensors, nested lists of them, words, shapes and functions are compared with what is expected, which is
never printed. This module knows nothing of any exercise.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

__all__ = ["Verdict", "check", "judge"]

_POINTS = 12  # at which functions are compared


@dataclass(frozen=True)
class Verdict:
    """What is to be said of an answer: whether it is right, and else a short name of the slip, if one was guessed.

    ``slip`` is one of "" (right), "open" (not answered), "sign", "factor", "transpose", "sum", "mean", "shape",
    "branch", "order", "nonfinite", "kind", "error", "unknown", or the words of a slip that the exercise names.

    >>> from nn.exercises import judge
    >>> verdict = judge(-0.75, 0.75)
    >>> verdict.right, verdict.slip
    (False, 'sign')
    >>> print(verdict)
    not yet. The sign: your answer is minus what it should be.
    """

    right: bool
    slip: str
    text: str

    def __str__(self) -> str:
        return self.text


def check(answer: Any, expected: Any, *, name: str = "", **options: Any) -> None:
    """Print whether an answer is right, or what the slip may be. `judge` has the options.

    ``None`` and ``...`` (also as the result of a function) are exercises that nobody has answered yet.

    >>> from nn.exercises import check
    >>> check(..., 0.75, name="the slope")
    the slope: not answered yet.
    >>> check(-0.75, 0.75, name="the slope")
    the slope: not yet. The sign: your answer is minus what it should be.
    >>> check(0.75, 0.75, name="the slope")
    the slope: right.
    """
    verdict = judge(answer, expected, **options)
    print(f"{name}: {verdict}" if name else verdict.text[:1].upper() + verdict.text[1:])


def judge(
    answer: Any, expected: Any, *, slips: Mapping[str, Any] | None = None, factors: Mapping[str, float] | None = None,
    start: Any = None, at: Sequence[Any] | Callable[[np.random.Generator], Sequence[Any]] | None = None,
    rtol: float = 1e-3,
) -> Verdict:  # fmt: skip
    """What is to be said of an answer.

    ``slips`` maps the words for a slip to the answer that it leads to: ``{"the updated weight was used too early":
    0.14975}``. ``factors`` names numbers that may be forgotten: ``{"the learning rate": 0.5, "N": 4}``. Where the
    answer is an updated value, ``start`` is the old one, and signs and factors are those of the change. Functions are
    compared at random numbers; for other arguments ``at`` is one example of them (their shapes count), or makes them
    from a random generator. Numbers agree up to ``rtol`` of the largest one.

    Raises TypeError when a function is expected and ``at`` cannot be guessed.

    >>> from nn.exercises import judge
    >>> judge([2.0, -4.0], [1.0, -2.0]).slip
    'factor'
    >>> judge(lambda x: 1.0, lambda x: float(x > 0)).slip
    'branch'
    """
    slips = dict(slips or {})
    if _is_open(answer):
        return _OPEN
    if isinstance(expected, str):
        return _judge_word(answer, expected, slips)
    if callable(expected) and not isinstance(expected, Tensor):
        return _judge_function(answer, expected, slips, factors or {}, at, rtol)
    if isinstance(expected, tuple) and all(isinstance(n, int) for n in expected):
        return _judge_shape(answer, expected, slips)
    if isinstance(expected, Mapping) or _is_nested(expected):
        return _judge_parts(answer, expected, slips, factors or {}, start, rtol)
    if callable(answer) and not isinstance(answer, Tensor):
        return _wrong("kind", "A number or an array is asked for, not a function: call it.")
    try:
        mine = _array(answer)
    except (TypeError, ValueError):
        return _wrong("kind", f"A number or an array is asked for, not {type(answer).__name__}.")
    case = _Case(mine, _array(expected), dict(factors or {}), None if start is None else _array(start), rtol)
    if case.agree(mine):
        return _RIGHT
    if named := _named(slips, lambda value: case.agree(mine, _array(value))):
        return named
    guesses = (_shape, _nonfinite, _scale, _turned, _same_numbers, _unknown)
    return next(verdict for guess in guesses if (verdict := guess(case)) is not None)


class _Case(NamedTuple):
    answer: NDArray[Any]
    expected: NDArray[Any]
    factors: Mapping[str, float]
    start: NDArray[Any] | None
    rtol: float

    def agree(self, a: Any, b: Any = None) -> bool:
        """Whether two arrays are the same, of one shape, up to rounding."""
        a, b = np.asarray(a), self.expected if b is None else np.asarray(b)
        return a.shape == b.shape and bool(np.all(self.near(a, b)))

    def near(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """Which entries agree; where the answer is a changed value, the change has to."""
        scale = float(np.max(np.abs(self.change(b)), initial=0.0))
        return np.asarray(np.abs(a - b) <= self.rtol * scale + 1e-12)

    def change(self, a: NDArray[Any]) -> NDArray[Any]:
        """What is asked for, where the answer is a changed value: the change."""
        return a if self.start is None or self.start.shape != a.shape else a - self.start


def _named(slips: Mapping[str, Any], explains: Callable[[Any], bool]) -> Verdict | None:
    """The first slip of the exercise that explains an answer."""
    found = (_wrong(words, f"It looks as if {words}.") for words, value in slips.items() if explains(value))
    return next(found, None)


def _shape(case: _Case) -> Verdict | None:
    """What makes an answer of another shape."""
    answer, expected = case.answer, case.expected
    if answer.shape == expected.shape:
        return None
    shapes = f"your answer has shape {answer.shape}, asked for is {expected.shape}"
    if answer.ndim >= 2 and case.agree(np.swapaxes(answer, -1, -2)):
        return _wrong("transpose", f"The transpose: {shapes}.")
    if answer.size == expected.size and case.agree(answer.reshape(expected.shape)):
        return _wrong("shape", f"The numbers are right, the shape is not: {shapes}.")
    for axis in range(answer.ndim):
        for keepdims, (name, total) in product((False, True), (("sum", np.sum), ("mean", np.mean))):
            if case.agree(total(answer, axis=axis, keepdims=keepdims)):
                where = f"axis {axis} ({answer.shape[axis]} entries)"
                return _wrong(name, f"The {name} over {where} is missing: {shapes}.")
    return _wrong("shape", f"The shape: {shapes}.")


def _nonfinite(case: _Case) -> Verdict | None:
    if np.all(np.isfinite(case.answer)) or not np.all(np.isfinite(case.expected)):
        return None
    count = int(np.sum(~np.isfinite(case.answer)))
    return _wrong("nonfinite", f"{count} of {case.answer.size} numbers are not finite.")


def _scale(case: _Case) -> Verdict | None:
    """A factor between answer and what is expected, the same for all entries."""
    answer, expected = case.answer, case.expected
    thing = "your answer is"
    if case.start is not None and case.start.shape == expected.shape:
        answer, expected, thing = answer - case.start, expected - case.start, "the change from the old value is"
    size = float(np.sum(expected * expected))
    if size == 0.0:
        return None
    ratio = float(np.sum(answer * expected)) / size
    if ratio == 0.0 or not np.all(np.abs(answer - ratio * expected) <= case.rtol * abs(ratio) * np.abs(expected).max()):
        return None
    if _close(ratio, -1.0, case.rtol):
        return _wrong("sign", f"The sign: {thing} minus what it should be.")
    sign = " with the wrong sign, and" if ratio < 0 else ""
    words = _factor_words(abs(ratio), case)
    if words is None:
        return None
    return _wrong("factor", f"A factor: {thing}{sign} {words}" + "." * (not words.endswith("?")))


def _factor_words(ratio: float, case: _Case) -> str | None:
    """A ratio, and where it may come from. Two single numbers always have one: it must then be a usual one."""
    for name, value in case.factors.items():
        for wrong, forgotten in ((value, f"1/{name}"), (1 / value, name)):
            if _close(ratio, wrong, case.rtol):
                return f"{wrong:.4g} times what it should be: is {forgotten} forgotten ({name} is {value:.4g})?"
    usual: dict[float, str] = {
        2.0: "twice what it should be: is a 1/2 forgotten, or something counted twice?",
        0.5: "half of what it should be: is a factor 2 forgotten, as from the derivative of a square?",
    }
    rest = None
    if case.answer.size > 1:
        for n in (3, 4, 5, 6, 8, 10, 16, 32, 100):
            usual[n] = f"{n} times what it should be: a sum in place of a mean over {n}?"
            usual[1 / n] = f"1/{n} of what it should be: a mean over {n} in place of a sum?"
        rest = f"{ratio:.3g} times what it should be, in every entry"
    return next((words for factor, words in usual.items() if _close(ratio, factor, case.rtol)), rest)


def _turned(case: _Case) -> Verdict | None:
    """Square matrices: the transpose has the right shape, too."""
    square = case.answer.ndim >= 2 and case.answer.shape[-1] == case.answer.shape[-2]
    if square and case.agree(np.swapaxes(case.answer, -1, -2)):
        return _wrong("transpose", "The transpose: rows and columns have changed places.")
    return None


def _same_numbers(case: _Case) -> Verdict | None:
    """The right numbers in the wrong places, or with some wrong signs."""
    answer, expected = case.answer, case.expected
    if answer.size <= 1:
        return None
    if case.agree(np.abs(answer), np.abs(expected)):
        count = int(np.sum(~case.near(answer, expected)))
        return _wrong("sign", f"The sign of {count} of {answer.size} entries.")
    if case.agree(np.sort(answer, axis=None), np.sort(expected, axis=None)):
        return _wrong("order", "The numbers are right, their order is not.")
    return None


def _unknown(case: _Case) -> Verdict:
    """Which entries are right, if there are several; else how far off a number is."""
    answer, expected = case.answer, case.expected
    near = case.near(answer, expected)
    if answer.size > 1:
        first = tuple(map(int, np.argwhere(~near)[0]))
        count = int(near.sum())
        return _wrong("unknown", f"{count} of {answer.size} entries are right; entry {list(first)} is not.")
    if float(np.abs(answer - expected)) <= 0.05 * float(np.abs(case.change(expected))):
        return Verdict(False, "rounding", "not yet, but close. Rounded too early, perhaps?")
    return _wrong("unknown", f"It should be {'larger' if expected > answer else 'smaller'}.")


def _judge_word(answer: Any, expected: str, slips: Mapping[str, Any]) -> Verdict:
    word = answer.strip().casefold() if isinstance(answer, str) else None
    if word == expected.strip().casefold():
        return _RIGHT
    return _named(slips, lambda value: word == str(value).casefold()) or Verdict(False, "unknown", "not yet.")


def _judge_shape(answer: Any, expected: tuple[int, ...], slips: Mapping[str, Any]) -> Verdict:
    """A shape: a tuple of lengths."""
    try:
        mine = tuple(int(n) for n in answer)
    except (TypeError, ValueError):
        return _wrong("kind", f"A shape is asked for, a tuple of lengths, not {answer!r}.")
    if mine == expected:
        return _RIGHT
    if named := _named(slips, lambda value: mine == tuple(value)):
        return named
    if sorted(mine) == sorted(expected):
        return _wrong("order", "The lengths are right, their order is not.")
    if len(mine) != len(expected):
        few = "many" if len(mine) > len(expected) else "few"
        return _wrong("shape", f"These are too {few} axes.")
    right = sum(a == b for a, b in zip(mine, expected, strict=True))
    return _wrong("shape", f"{right} of {len(expected)} lengths are right.")


def _judge_parts(
    answer: Any, expected: Any, slips: Mapping[str, Any], factors: Mapping[str, float], start: Any, rtol: float
) -> Verdict:
    """Several numbers or arrays; the first one that is wrong is spoken of."""
    keys = list(expected) if isinstance(expected, Mapping) else list(range(len(expected)))
    try:
        if len(answer) != len(keys):
            return _wrong("kind", f"Asked for are {len(keys)} things, your answer has {len(answer)}.")
        mine = [answer[key] for key in keys]
    except (TypeError, KeyError, IndexError):
        words = ", ".join(map(str, keys))
        return _wrong("kind", f"Asked for are {len(keys)} things: {words}.")
    wrong = []
    for key, part in zip(keys, mine, strict=True):
        own = {words: value[key] for words, value in slips.items()}
        begin = None if start is None else start[key]
        verdict = judge(part, expected[key], slips=own, factors=factors, start=begin, rtol=rtol)
        if not verdict.right:
            place = f"{key}" if isinstance(expected, Mapping) else f"part {key + 1}"
            wrong.append((verdict.slip, f"{place}: {verdict.text}"))
    if not wrong:
        return _RIGHT
    slip, first = wrong[0]
    return Verdict(False, slip, f"{len(keys) - len(wrong)} of {len(keys)} parts are right. {first}")


def _judge_function(
    answer: Any, expected: Callable[..., Any], slips: Mapping[str, Any], factors: Mapping[str, float],
    at: Sequence[Any] | Callable[[np.random.Generator], Sequence[Any]] | None, rtol: float,
) -> Verdict:  # fmt: skip
    """Functions, at random points: a slip has to explain what they return at all of them."""
    if not callable(answer):
        return _wrong("kind", f"A function is asked for, not {type(answer).__name__}.")
    points = list(_points(expected, at))
    results = []
    for point in points:
        try:
            results.append(answer(*_copies(point)))
        except Exception as error:  # whatever it is, it is told to the one who wrote the function
            return _wrong("error", f"Your function raises {type(error).__name__}: {error}")
    if all(_is_open(result) for result in results):
        return _OPEN
    wanted = [expected(*_copies(point)) for point in points]
    singles = [judge(mine, right, factors=factors, rtol=rtol) for mine, right in zip(results, wanted, strict=True)]
    bad = [i for i, verdict in enumerate(singles) if not verdict.right]
    if not bad:
        return _RIGHT

    def explains(slip: Callable[..., Any]) -> bool:
        pairs = zip(results, points, strict=True)
        return all(judge(mine, slip(*_copies(point)), rtol=rtol).right for mine, point in pairs)

    if named := _named(slips, explains):
        return named
    if len(bad) == len(points) and len({verdict.text for verdict in singles}) == 1:
        return singles[0]
    return _branch(points, bad)


def _branch(points: Sequence[Sequence[Any]], bad: Sequence[int]) -> Verdict:
    """Where a function is wrong, when it is right elsewhere."""
    many = f"right at {len(points) - len(bad)} of {len(points)} random points"
    if len(bad) < len(points):
        for k in range(len(points[0])):
            values = [point[k] for point in points]
            if any(np.ndim(value) for value in values):
                continue
            for words, holds in (("negative", np.less), ("positive", np.greater)):
                if [i for i, value in enumerate(values) if holds(value, 0.0)] == list(bad):
                    which = "the argument" if len(points[0]) == 1 else f"argument {k + 1}"
                    text = f"not yet: {many}, wrong wherever {which} is {words}. The derivative of the other branch?"
                    return Verdict(False, "branch", text)
    where = ", ".join(f"{value:.3g}" for value in points[bad[0]] if not np.ndim(value))
    return Verdict(False, "unknown", f"not yet: {many}" + (f", and not at ({where})." if where else "."))


def _points(
    expected: Callable[..., Any], at: Sequence[Any] | Callable[[np.random.Generator], Sequence[Any]] | None
) -> Iterator[Sequence[Any]]:
    """Arguments: normal numbers in the shapes of an example, or whatever the exercise makes."""
    random = np.random.default_rng(0)
    if at is None:
        needed = [p for p in inspect.signature(expected).parameters.values() if p.default is p.empty]
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in needed):
            raise TypeError("say with at= what the functions are called with: an example of their arguments.")
        at = (0.0,) * len(needed)
    for _ in range(_POINTS):
        if callable(at):
            yield tuple(at(random))
        else:
            yield tuple(random.normal(size=np.shape(x)) if np.ndim(x) else float(random.normal()) for x in at)


def _copies(point: Sequence[Any]) -> list[Any]:
    """The arguments for one call, which may change them."""
    return [value.copy() if isinstance(value, np.ndarray) else value for value in point]


_RIGHT = Verdict(True, "", "right.")
_OPEN = Verdict(False, "open", "not answered yet.")


def _wrong(slip: str, why: str) -> Verdict:
    return Verdict(False, slip, f"not yet. {why}")


def _is_open(answer: Any) -> bool:
    """Whether an answer is the placeholder, or a nest of placeholders."""
    if isinstance(answer, list | tuple) and answer:
        return all(_is_open(part) for part in answer)
    return answer is None or answer is ...


def _is_nested(expected: Any) -> bool:
    """Whether something is a list or a tuple of more than numbers."""
    return isinstance(expected, list | tuple) and any(
        isinstance(part, str | list | tuple | Mapping | np.ndarray | Tensor) or callable(part) for part in expected
    )


def _array(value: Any) -> NDArray[Any]:
    return np.asarray(value.numpy() if isinstance(value, Tensor) else value, dtype=np.float64)


def _close(a: float, b: float, rtol: float) -> bool:
    return abs(a - b) <= rtol * abs(b)

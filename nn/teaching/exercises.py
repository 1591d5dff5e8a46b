"""Check answers to exercises, and guess the mistake in a wrong answer."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from reprlib import repr
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

__all__ = ["Verdict", "judge"]

_POINTS = 12  # functions are compared at that many points


@dataclass(frozen=True)
class Verdict:
    """The result of a check: whether the answer is right, a short name for the mistake, and a text for the reader.

    ``slip`` is "" (right), "open" (not answered), "sign", "factor", "transpose", "sum", "mean", "shape", "branch",
    "order", "nonfinite", "kind", "error", "rounding", "unknown", or the description of a mistake in ``slips``.

    >>> from nn.exercises import judge
    >>> verdict = judge(-0.75, 0.75)
    >>> verdict.right, verdict.slip
    (False, 'sign')
    >>> print(verdict)
    not yet. The sign is wrong: your answer is the negative of what it should be.
    """

    right: bool
    slip: str
    text: str

    def __str__(self) -> str:
        return self.text


def judge(
    answer: Any, expected: Any, *, slips: Mapping[str, Any] | None = None, factors: Mapping[str, float] | None = None,
    start: Any = None, at: Sequence[Any] | Callable[[np.random.Generator], Sequence[Any]] | None = None,
    rtol: float = 1e-3,
) -> Verdict:  # fmt: skip
    """Compare an answer with the expected one, and guess the mistake if it is wrong.

    ``slips`` maps descriptions of mistakes to the answers they lead to: ``{"you used the updated weight too early":
    0.14975}``. ``factors`` names numbers that are easily forgotten: ``{"the learning rate": 0.5, "N": 4}``. If the
    answer is an updated value, pass the old one as ``start``; signs and factors then refer to the change. Functions are
    compared at random numbers. For other arguments, ``at`` is an example of them (only the shapes matter), or a
    function that makes them from a random generator. Numbers agree if they differ by less than ``rtol`` times the
    largest one. Raises TypeError if a function is expected and its arguments cannot be guessed without ``at``.

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
        return _wrong("kind", "The answer should be a number or an array, not a function: call it.")
    try:
        mine = _array(answer)
    except (TypeError, ValueError, OverflowError):
        return _wrong("kind", f"The answer should be a number or an array, not of type {type(answer).__name__}.")
    case = _Case(mine, _array(expected), dict(factors or {}), None if start is None else _array(start), rtol)
    if case.agree(mine):
        return _RIGHT
    if named := _named(slips, lambda value: case.agree(mine, _array(value))):
        return named
    guesses = (_shape, _nonfinite, _scale, _same_numbers, _unknown)
    return next(verdict for guess in guesses if (verdict := guess(case)) is not None)


class _Case(NamedTuple):
    answer: NDArray[Any]
    expected: NDArray[Any]
    factors: Mapping[str, float]
    start: NDArray[Any] | None
    rtol: float

    def agree(self, a: Any, b: Any = None) -> bool:
        """Whether two arrays have the same shape and agree up to rounding."""
        a, b = np.asarray(a), self.expected if b is None else np.asarray(b)
        return a.shape == b.shape and bool(np.all(self.near(a, b)))

    def near(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """Which entries agree, relative to the largest change if the answer is a changed value."""
        scale = float(np.max(np.abs(self.change(b)), initial=0.0))
        return np.asarray(np.abs(a - b) <= self.rtol * scale + 1e-12)

    def change(self, a: NDArray[Any]) -> NDArray[Any]:
        """The difference from the start, if there is one."""
        return a if self.start is None or self.start.shape != a.shape else a - self.start


def _named(slips: Mapping[str, Any], explains: Callable[[Any], bool]) -> Verdict | None:
    found = (_wrong(words, f"It looks as if {words}.") for words, value in slips.items() if explains(value))
    return next(found, None)


def _shape(case: _Case) -> Verdict | None:
    answer, expected = case.answer, case.expected
    if answer.shape == expected.shape:
        return None
    shapes = f"your answer has shape {answer.shape}, but it should have shape {expected.shape}"
    if answer.ndim >= 2 and case.agree(np.swapaxes(answer, -1, -2)):
        return _wrong("transpose", f"This is the transpose: {shapes}.")
    if answer.size == expected.size and case.agree(answer.reshape(expected.shape)):
        return _wrong("shape", f"The numbers are right, but not the shape: {shapes}.")
    for axis in range(answer.ndim if answer.size else 0):
        for keepdims, (name, total) in product((False, True), (("sum", np.sum), ("mean", np.mean))):
            if case.agree(total(answer, axis=axis, keepdims=keepdims)):
                where = f"axis {axis} ({answer.shape[axis]} entries)"
                return _wrong(name, f"The {name} over {where} is missing: {shapes}.")
    return _wrong("shape", f"The shape is wrong: {shapes}.")


def _nonfinite(case: _Case) -> Verdict | None:
    if np.all(np.isfinite(case.answer)) or not np.all(np.isfinite(case.expected)):
        return None
    count = int(np.sum(~np.isfinite(case.answer)))
    return _wrong("nonfinite", f"{count} of {case.answer.size} numbers are not finite.")


def _scale(case: _Case) -> Verdict | None:
    """A factor between the answer and the expected one that is the same for all entries."""
    answer, expected = case.answer, case.expected
    thing = "your answer"
    if case.start is not None and case.start.shape == expected.shape:
        answer, expected, thing = answer - case.start, expected - case.start, "the change from the old value"
    size = float(np.sum(expected * expected))
    if size == 0.0:
        return None
    ratio = float(np.sum(answer * expected)) / size
    if ratio == 0.0 or not np.all(np.abs(answer - ratio * expected) <= case.rtol * abs(ratio) * np.abs(expected).max()):
        return None
    if _close(ratio, -1.0, case.rtol):
        return _wrong("sign", f"The sign is wrong: {thing} is the negative of what it should be.")
    sign = " has the wrong sign and" if ratio < 0 else ""
    words = _factor_words(abs(ratio), case)
    if words is None:
        return None
    return _wrong("factor", f"A factor is wrong: {thing}{sign} is {words}" + "." * (not words.endswith("?")))


def _factor_words(ratio: float, case: _Case) -> str | None:
    """A ratio and its probable origin. Two single numbers always have a ratio, so only common ones count for them."""
    for name, value in case.factors.items():
        for wrong, forgotten in ((value, f"1/{name}"), (1 / value, name)):
            if _close(ratio, wrong, case.rtol):
                return f"{wrong:.4g} times what it should be. Did you forget {forgotten} ({name} is {value:.4g})?"
    usual: dict[float, str] = {
        2.0: "twice what it should be. Did you forget a factor of 1/2, or count something twice?",
        0.5: "half of what it should be. Did you forget a factor of 2, as in the derivative of a square?",
    }
    rest = None
    if case.answer.size > 1:
        for n in () if case.factors else (3, 4, 5, 6, 8, 10, 16, 32, 100):  # factors name the lengths
            usual[n] = f"{n} times what it should be. Did you take a sum over {n} entries instead of the mean?"
            usual[1 / n] = f"1/{n} of what it should be. Did you take a mean over {n} entries instead of the sum?"
        rest = f"{ratio:.3g} times what it should be, in every entry"
    return next((words for factor, words in usual.items() if _close(ratio, factor, case.rtol)), rest)


def _same_numbers(case: _Case) -> Verdict | None:
    """The right numbers in the wrong places, such as the transpose of a square matrix, or with some wrong signs."""
    answer, expected = case.answer, case.expected
    if answer.size <= 1:
        return None
    if answer.ndim >= 2 and answer.shape[-1] == answer.shape[-2] and case.agree(np.swapaxes(answer, -1, -2)):
        return _wrong("transpose", "This is the transpose: rows and columns are swapped.")
    if case.agree(np.abs(case.change(answer)), np.abs(case.change(expected))):
        count = int(np.sum(~case.near(answer, expected)))
        return _wrong("sign", f"The sign of {count} of {answer.size} entries is wrong.")
    if case.agree(np.sort(answer, axis=None), np.sort(expected, axis=None)):
        return _wrong("order", "The numbers are right, but not their order.")
    return None


def _unknown(case: _Case) -> Verdict:
    """Which entries are right, or for a single number whether it is too large or too small."""
    answer, expected = case.answer, case.expected
    near = case.near(answer, expected)
    if answer.size > 1:
        first = tuple(map(int, np.argwhere(~near)[0]))
        count = int(near.sum())
        return _wrong("unknown", f"{count} of {answer.size} entries are right; entry {list(first)} is not.")
    close = np.abs(answer - expected).item() <= 0.01 * np.abs(case.change(expected)).item()
    if close and expected.item() % 1.0:  # whole numbers are counts, which nobody rounds
        return Verdict(False, "rounding", "not yet, but close. Did you round too early?")
    return _wrong("unknown", f"The right answer is {'larger' if expected > answer else 'smaller'}.")


def _judge_word(answer: Any, expected: str, slips: Mapping[str, Any]) -> Verdict:
    word = answer.strip().casefold() if isinstance(answer, str) else None
    if word == expected.strip().casefold():
        return _RIGHT
    return _named(slips, lambda value: word == str(value).casefold()) or Verdict(False, "unknown", "not yet.")


def _judge_shape(answer: Any, expected: tuple[int, ...], slips: Mapping[str, Any]) -> Verdict:
    try:
        mine = tuple(int(n) for n in answer)
    except (TypeError, ValueError, OverflowError):
        return _wrong("kind", f"The answer should be a shape, a tuple of lengths, not {repr(answer)}.")
    if mine == expected:
        return _RIGHT
    if named := _named(slips, lambda value: mine == tuple(value)):
        return named
    if sorted(mine) == sorted(expected):
        return _wrong("order", "The lengths are right, but not their order.")
    if len(mine) != len(expected):
        few = "many" if len(mine) > len(expected) else "few"
        return _wrong("shape", f"Your shape has too {few} axes.")
    right = sum(a == b for a, b in zip(mine, expected, strict=True))
    return _wrong("shape", f"{right} of {len(expected)} lengths are right.")


def _judge_parts(
    answer: Any, expected: Any, slips: Mapping[str, Any], factors: Mapping[str, float], start: Any, rtol: float
) -> Verdict:
    """Several numbers or arrays. The verdict describes the first one that is wrong."""
    keys = list(expected) if isinstance(expected, Mapping) else list(range(len(expected)))
    try:
        if len(answer) != len(keys):
            return _wrong("kind", f"The answer should have {len(keys)} parts, but yours has {len(answer)}.")
        mine = [answer[key] for key in keys]
    except (TypeError, KeyError, IndexError):
        words = ", ".join(map(str, keys))
        return _wrong("kind", f"The answer should have {len(keys)} parts: {words}.")
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
    """Functions at random points. A mistake has to explain the results at all of them."""
    if not callable(answer):
        return _wrong("kind", f"The answer should be a function, not of type {type(answer).__name__}.")
    points = list(_points(expected, at))
    results = []
    for point in points:
        try:
            results.append(answer(*_copies(point)))
        except Exception as error:  # whatever it is, the author of the function is told
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
    if len(bad) == len(points) and len({v.text for v in singles}) == 1 and singles[0].slip != "rounding":
        return singles[0]  # a function does not round too early
    return _branch(points, bad)


def _branch(points: Sequence[Sequence[Any]], bad: Sequence[int]) -> Verdict:
    """Where a function is wrong that is right elsewhere."""
    many = f"right at {len(points) - len(bad)} of {len(points)} random points"
    if len(bad) < len(points):
        for k in range(len(points[0])):
            values = [point[k] for point in points]
            if any(np.ndim(value) for value in values):
                continue
            for words, holds in (("negative", np.less), ("positive", np.greater)):
                if [i for i, value in enumerate(values) if holds(value, 0.0)] == list(bad):
                    which = "the argument" if len(points[0]) == 1 else f"argument {k + 1}"
                    guess = "Did you use the derivative of the other branch?"
                    text = f"not yet: {many}, but not where {which} is {words}. {guess}"
                    return Verdict(False, "branch", text)
    where = ", ".join(f"{value:.3g}" for value in points[bad[0]] if not np.ndim(value))
    return Verdict(False, "unknown", f"not yet: {many}" + (f", but not at ({where})." if where else "."))


def _points(
    expected: Callable[..., Any], at: Sequence[Any] | Callable[[np.random.Generator], Sequence[Any]] | None
) -> Iterator[Sequence[Any]]:
    """Arguments: normally distributed numbers in the shapes of the example, or the ones that ``at`` makes."""
    random = np.random.default_rng(0)
    if at is None:
        needed = [p for p in inspect.signature(expected).parameters.values() if p.default is p.empty]
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in needed):
            raise TypeError("pass at=, an example of the arguments that the functions are called with.")
        at = (0.0,) * len(needed)
    for _ in range(_POINTS):
        if callable(at):
            yield tuple(at(random))
        else:
            yield tuple(random.normal(size=np.shape(x)) if np.ndim(x) else float(random.normal()) for x in at)


def _copies(point: Sequence[Any]) -> list[Any]:
    return [value.copy() if isinstance(value, np.ndarray) else value for value in point]


_RIGHT = Verdict(True, "", "right.")
_OPEN = Verdict(False, "open", "not answered yet.")


def _wrong(slip: str, why: str) -> Verdict:
    return Verdict(False, slip, f"not yet. {why}")


def _is_open(answer: Any) -> bool:
    """Whether an answer is the placeholder, or a nested list of placeholders."""
    if isinstance(answer, list | tuple) and answer:
        return all(_is_open(part) for part in answer)
    return answer is None or answer is ...


def _is_nested(expected: Any) -> bool:
    """Whether the expected answer is a list or a tuple that holds more than numbers."""
    return isinstance(expected, list | tuple) and any(
        isinstance(part, str | list | tuple | Mapping | np.ndarray | Tensor) or callable(part) for part in expected
    )


def _array(value: Any) -> NDArray[Any]:
    return np.asarray(value.numpy() if isinstance(value, Tensor) else value, dtype=np.float64)


def _close(a: float, b: float, rtol: float) -> bool:
    return abs(a - b) <= rtol * abs(b)

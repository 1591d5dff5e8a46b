"""Check answers and guesses, also those of the notebooks by number: the mistakes in wrong ones, and hints."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from reprlib import repr  # of any length in one line
from typing import Any

import numpy as np

from autograd.tables import table_of
from autograd.view.picture.values import brief
from nn.teaching.exercises import Verdict, judge

_SURE = {"", "open", "sign", "transpose", "branch", "kind", "error", "nonfinite"}  # verdicts that need no further guess
_NO_REASON = {"unknown", "rounding", "factor"}  # verdicts that say less than the right answer beside the guess
_ROUGH = 0.01  # the relative error of a right guess


def check(answer: Any, expected: Any = None, *, exercise: str = "", name: str = "", **options: Any) -> None:
    """Print whether an answer is right, or which mistake it probably contains. The options are those of `judge`.

    Instead of an expected answer, ``exercise`` can be the number of an exercise of the notebooks, such as "08.1".
    ``None`` and ``...`` count as not answered yet, also if a function returns them.

    >>> from nn.exercises import check
    >>> check(..., 0.75, name="the slope")
    the slope: not answered yet.
    >>> check(-0.75, 0.75, name="the slope")
    the slope: not yet. The sign is wrong: your answer is the negative of what it should be.
    >>> check(0.75, 0.75, name="the slope")
    the slope: right.
    >>> check(1 / 6, exercise="08.1")
    Exercise 08.1: not yet. It looks as if this is the rate that reaches the minimum in one step, not the largest one.
    """
    if bool(exercise) == (expected is not None):
        raise TypeError("check() takes either the expected answer or exercise=.")
    name = name or (exercise and f"Exercise {exercise}")
    verdict = judge_exercise(answer, exercise) if exercise else judge(answer, expected, **options)
    print(f"{name}: {verdict}" if name else verdict.text[:1].upper() + verdict.text[1:])


def reveal(guess: Any, seen: Any = None, *, exercise: str = "") -> None:
    """Print the right answer beside a guess, and why a typical wrong guess is wrong; without a guess, ask for one.

    The right answer is ``seen``, computed before, or that of a question of the notebooks, such as "08.a", whose typical
    wrong guesses are known. A number is right within 1 %. Nothing depends on a guess, and none raises an error.

    >>> from nn.exercises import reveal
    >>> reveal(..., 1 - 0.4 * 2)
    Replace the dots with your guess, and run the cell again. A wrong guess helps, too.
    >>> reveal(-0.2, 1 - 0.4 * 2)
    You said -0.2, but it is 0.2. The sign is wrong: your answer is the negative of what it should be.
    """
    if seen is None and not exercise:
        raise TypeError("reveal() takes the right answer or exercise=.")
    seen = _made(_row(exercise), _row(exercise)["answer"]) if seen is None else seen
    verdict = judge_exercise(guess, exercise, seen) if exercise else judge(guess, seen, rtol=_ROUGH)
    reason = "" if verdict.slip in _NO_REASON else verdict.text.removeprefix("not yet. ")
    mine, right = (brief(x) if isinstance(x, float | np.number) else repr(x) for x in (guess, seen))
    told = f"You predicted it: {right}." if verdict.right else f"You said {mine}, but it is {right}. {reason}"
    if verdict.slip == "open":
        told = "Replace the dots with your guess, and run the cell again. A wrong guess helps, too."
    print(*told.split())  # the repr of an array has several lines


def judge_exercise(answer: Any, exercise: str, seen: Any = None) -> Verdict:
    """Compare an answer with that of an exercise of the notebooks (or with ``seen``), and guess the mistake in it."""
    row = _row(exercise)
    if "goal" in row:
        if (verdict := judge(answer, 0.0)).slip == "open":
            return verdict
        missed = _made(row, row["goal"], "answer")(answer)
        return Verdict(not missed, "goal" if missed else "", f"not yet. {missed}" if missed else "right.")
    slips, factors = row.get("slips", {}), row.get("factors", {})
    options: dict[str, Any] = {"factors": factors, "rtol": row.get("rtol", 1e-3 if seen is None else _ROUGH)}
    options |= {key: _made(row, row[key], args) for key, args in (("start", ""), ("at", "rng")) if key in row}
    expected = _made(row, row["answer"]) if seen is None else seen
    verdict = judge(answer, expected, slips={text: _made(row, code) for text, code in slips.items()}, **options)
    known = verdict.slip in _SURE or verdict.slip in slips or any(f"({name} is" in verdict.text for name in factors)
    number = np.isscalar(answer) or getattr(answer, "ndim", None) == 0
    if known or (number and (verdict.slip == "factor" or not answer)):  # many mistakes lead to 0
        return verdict
    found: dict[str, None] = {}
    for text, code in _mutants(row):
        with np.errstate(all="raise"), suppress(Exception):  # what raises, or is infinite, explains no answer
            if judge(answer, _made(row, code), **options).right:
                found[text] = None
        if found and callable(expected):  # at random points, two mistakes do not agree by chance
            break
    guess = ", or ".join(found)
    return Verdict(False, guess, f"not yet. It looks as if {guess}.") if 1 <= len(found) <= 2 else verdict


def hint(exercise: str, step: int = 1) -> None:
    """Print a hint for an exercise of the notebooks. Later steps tell more.

    >>> from nn.exercises import hint
    >>> hint("03.1")
    Hint 1 of 2: How do the shapes of an array and of its gradient compare?
    """
    hints = _row(exercise).get("hints", ())
    if not 1 <= step <= len(hints):
        raise ValueError(f"exercise {exercise} has {len(hints)} hints, so there is no hint {step}.")
    print(f"Hint {step} of {len(hints)}: {hints[step - 1]}")


def _row(exercise: str) -> Any:
    if exercise not in (rows := table_of("nn.teaching.answers")):
        raise ValueError(f"there is no exercise {exercise!r}. Use the notebook and the number, as in '07.1'.")
    return rows[exercise]


def _made(row: dict[str, Any], code: str, args: str | None = None) -> Any:
    """The result of code in answers.toml, or a function with this body if there are arguments. The last line counts."""
    lines = [*row.get("given", "").splitlines(), *code.strip().splitlines()]
    args = row.get("args", "") if args is None else args
    lines[-1] = lines[-1] if lines[-1].startswith(" ") else f"return {lines[-1]}"
    names: dict[str, Any] = {"np": np, "sigmoid": lambda u: 1 / (1 + np.exp(-u))}
    exec(f"def made({args}):\n    " + "\n    ".join(lines), names)
    return names["made"] if args else names["made"]()


def _mutants(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Words for a mistake, and the solution with it: every node is changed in the ways of mutation.toml."""
    source, words, table = row.get("answer", "").strip(), row.get("words", {}), table_of("nn.teaching.mutation")
    starts = np.cumsum([0, *map(len, source.splitlines(keepends=True))])
    nodes: list[Any] = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    leaves = [n for n in nodes if isinstance(n, ast.Name | ast.Constant | ast.Subscript) and id(n) not in called]
    leaves = [node for node in leaves if not isinstance(getattr(node, "ctx", None), ast.Store)]
    given = [ast.unparse(n) for n in ast.walk(ast.parse(row.get("given", ""))) if isinstance(n, ast.Name)]
    names = [ast.unparse(node) for node in leaves if not isinstance(node, ast.Constant)]
    others = {*names, *given, *row.get("args", "").split(", ")} - {"", "np"}
    for node in sorted(nodes, key=leaves.__contains__):  # a missing factor is likelier than a name for another
        own, kind = ast.unparse(node), type(getattr(node, "op", node)).__name__
        parts = {name: ast.unparse(part) for name, part in ast.iter_fields(node) if isinstance(part, ast.expr)}
        if isinstance(node, ast.Call):
            parts["of"], _, kind = parts["func"].rpartition(".")
            parts["rest"] = ", ".join(map(ast.unparse, [*node.args, *node.keywords]))
        said = {name: words.get(part, part).replace(" ** ", "**") for name, part in parts.items()}
        usual = table.get(getattr(node, "attr", kind), ())
        pairs = [(code.format(**parts), text.format(**said)) for code, text in usual if id(node) not in called]
        if node in leaves:
            me = words.get(own, own)
            used = ((other, words.get(other, other)) for other in sorted(others - {own}))
            pairs = [(other, f"you used {word} in place of {me}") for other, word in used]
        first, last = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        yield from ((text, f"{source[:first]}({code}){source[last:]}") for code, text in pairs)

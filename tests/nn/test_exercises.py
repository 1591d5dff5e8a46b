"""Checks of exercises: what is right, what is said of each slip, and that nothing gives the answer away."""

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from autograd import tensor
from nn.exercises import Verdict, check, judge, reveal

M = np.array([[1.5, -2.0, 3.25], [4.0, 5.5, -6.0]])
BATCH = np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]])
RATE = {"factors": {"the learning rate": 0.1, "N": 7}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (0.1234, 0.12341),
        (3, 3.0),
        (np.float32(0.1), 0.1),
        (tensor([1.0, 2.0], requires_grad=True), [1.0, 2.0]),
        ([1.0, 2.0], tensor([1.0, 2.0])),
        (M.tolist(), M),
        ((1.0, [2.0, 3.0]), (1.0, [2.0, 3.0])),
        ({"w": M, "b": 1.0}, {"b": 1.0, "w": M}),
        ((2, 3), (2, 3)),
        (" Kink ", "kink"),
        (0.0, 0.0),
        (np.nan_to_num(np.inf), np.finfo(float).max),
        (lambda x: 2 * x, lambda x: x + x),
        (lambda x: (x, x**2), lambda x: (x, x * x)),
        (np.cos, lambda x: np.cos(x)),
    ],
)
def test_right(answer, expected):
    assert judge(answer, expected) == Verdict(True, "", "right.")


SLIPS = [
    # answer, expected, options, slip, words
    (-0.4, 0.4, {}, "sign", "the negative of what it should be"),
    (-M, M, {}, "sign", "the negative of what it should be"),
    (np.abs(M), M, {}, "sign", "The sign of 2 of 6 entries"),
    (0.8, 0.4, {}, "factor", "twice what it should be. Did you forget a factor of 1/2"),
    (0.2, 0.4, {}, "factor", "half of what it should be. Did you forget a factor of 2"),
    (-2 * M, M, {}, "factor", "has the wrong sign and is twice"),
    (7 * M, M, RATE, "factor", "Did you forget 1/N (N is 7)"),
    (M / 7, M, RATE, "factor", "Did you forget N (N is 7)"),
    (10 * M, M, RATE, "factor", "Did you forget the learning rate (the learning rate is 0.1)"),
    (M / 32, M, {}, "factor", "a mean over 32 entries instead of the sum"),
    (5 * M, M, {}, "factor", "a sum over 5 entries instead of the mean"),
    (1.37 * M, M, {}, "factor", "1.37 times what it should be"),
    (M.T, M, {}, "transpose", "your answer has shape (3, 2), but it should have shape (2, 3)"),
    (M[:, :2].T, M[:, :2], {}, "transpose", "rows and columns are swapped"),
    (BATCH, BATCH.sum(axis=0), {}, "sum", "The sum over axis 0 (3 entries) is missing"),
    (BATCH, BATCH.sum(axis=1, keepdims=True), {}, "sum", "The sum over axis 1 (2 entries) is missing"),
    (BATCH, BATCH.mean(axis=0), {}, "mean", "The mean over axis 0 (3 entries) is missing"),
    (BATCH[None], BATCH, {}, "shape", "The numbers are right, but not the shape"),
    (BATCH[:2], BATCH, {}, "shape", "your answer has shape (2, 2), but it should have shape (3, 2)"),
    ([2.0, 1.0, 3.0], [1.0, 2.0, 3.0], {}, "order", "but not their order"),
    ([1.0, np.nan], [1.0, 2.0], {}, "nonfinite", "1 of 2 numbers are not finite"),
    ([1.0, 2.5, 3.0], [1.0, 2.0, 3.0], {}, "unknown", "2 of 3 entries are right; entry [1] is not"),
    (0.403, 0.4, {}, "rounding", "Did you round too early"),
    (0.41, 0.4, {}, "unknown", "smaller"),
    (1203, 1216, {}, "unknown", "larger"),  # counts are not rounded
    (lambda x: 0.995 * np.exp(x), np.exp, {}, "unknown", "right at 0 of 12"),  # nor are functions
    ([0.4, -0.6], [0.4, 1.0], {"start": [0.2, 0.2]}, "sign", "The sign of 1 of 2 entries"),
    (0.9, 0.4, {}, "unknown", "The right answer is smaller"),
    ([0.9], [0.4], {}, "unknown", "The right answer is smaller"),
    ("right", "kink", {}, "unknown", "not yet"),
    ("wrong", "kink", {"slips": {"you overlooked the corner": "wrong"}}, "you overlooked the corner", "as if you over"),
    ("four", 4.0, {}, "kind", "not of type str"),
    (lambda: 4.0, 4.0, {}, "kind", "call it"),
    (4.0, lambda x: x, {}, "kind", "The answer should be a function, not of type float"),
    ((1.0,), (1.0, M), {}, "kind", "The answer should have 2 parts, but yours has 1"),
    (1.0, (1.0, M), {}, "kind", "The answer should have 2 parts"),
    ((1.0, -M), (1.0, M), {}, "sign", "1 of 2 parts are right. part 2: not yet"),
    ({"w": M.T, "b": 1.0}, {"w": M, "b": 1.0}, {}, "transpose", "w: not yet. This is the transpose"),
    ((3, 2), (2, 3), {}, "order", "The lengths are right, but not their order"),
    ((5, 4), (4,), {}, "shape", "too many axes"),
    ((), (4,), {}, "shape", "too few axes"),
    ((1, 3), (2, 3), {}, "shape", "1 of 2 lengths are right"),
    ((5, 4), (4,), {"slips": {"this is the result": (5, 4)}}, "this is the result", "as if this is"),
    (4, (4,), {}, "kind", "a tuple of lengths, not 4"),
    # an update: 0.4 - 0.1 * 2 = 0.2
    (0.6, 0.2, {"start": 0.4, **RATE}, "sign", "the change from the old value is the negative"),
    (-1.6, 0.2, {"start": 0.4, **RATE}, "factor", "Did you forget the learning rate"),
    (0.3, 0.2, {"start": 0.4, **RATE}, "factor", "the change from the old value is half"),
    (
        0.14975,
        0.14978,
        {"start": 0.15, "slips": {"w5 was changed too early": 0.14975}},
        "w5 was changed too early",
        "w5",
    ),
    # functions
    (lambda x: x, lambda x: 2 * x, {}, "factor", "half of what it should be"),
    (lambda x: -np.cos(x), np.cos, {"at": [0.0]}, "sign", "the negative of what it should be"),
    (lambda x: 1.0, lambda x: float(x > 0), {}, "branch", "but not where the argument is negative"),
    (lambda a, x: a * x * (x < 0), lambda a, x: a * x, {}, "branch", "but not where argument 2 is positive"),
    (lambda x: x / 0, lambda x: x, {}, "error", "Your function raises ZeroDivisionError"),
    (lambda x, y: x, lambda x: x, {}, "error", "Your function raises TypeError"),
    (lambda x: x**3, lambda x: x**2, {}, "unknown", "right at 0 of 12 random points"),
    (lambda g, x: g @ x, lambda g, x: (g @ x).T, {"at": [M, M.T]}, "transpose", "rows and columns"),
    (lambda g: g, lambda g: g.sum(axis=0), {"at": [M]}, "sum", "The sum over axis 0 (2 entries)"),
    (
        np.sin,
        np.cos,
        {"at": [0.0], "slips": {"this is the sine": np.sin}},
        "this is the sine",
        "It looks as if this is",
    ),
]


@pytest.mark.parametrize(("answer", "expected", "options", "slip", "words"), SLIPS)
def test_slips(answer, expected, options, slip, words):
    verdict = judge(answer, expected, **options)
    assert not verdict.right
    assert verdict.slip == slip
    assert words in verdict.text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(None, 1.0), (..., M), ([..., None], (1.0, M)), (lambda x: None, np.cos), (lambda x: ..., np.sin), (..., "kink")],
)
def test_what_is_not_answered_yet(answer, expected):
    verdict = judge(answer, expected, at=[0.0])
    assert (verdict.right, verdict.slip, verdict.text) == (False, "open", "not answered yet.")


@given(x=arrays(np.float64, (2, 3), elements=st.floats(-9, 9)), factor=st.floats(-9, 9), axis=st.sampled_from([0, 1]))
def test_what_is_wrong_is_never_called_right(x, factor, axis):
    assert judge(x, x).right
    far = np.abs(factor - 1) * np.max(np.abs(x)) > 0.01
    if far:
        assert not judge(factor * x, x).right
    assert not judge(x, x.sum(axis=axis)).right
    assert not judge(x + 1.0, x).right or np.max(np.abs(x)) > 900


@pytest.mark.parametrize(
    ("answer", "expected", "options"), [(a, e, o) for a, e, o, *_ in SLIPS if isinstance(e, float | np.ndarray)]
)
def test_what_is_expected_is_never_printed(answer, expected, options, capsys):
    check(answer, expected, name="it", **options)
    said = capsys.readouterr().out
    named = {str(value) for value in options.get("factors", {}).values()}
    numbers = {float(number) for number in re.findall(r"(?<![\w/])\d+\.\d+", said) if number not in named}
    assert not numbers & {abs(float(value)) for value in np.ravel(expected)}


def test_check_prints_one_line(capsys):
    check(0.4, 0.4, name="the slope")
    check(-0.4, 0.4)
    assert capsys.readouterr().out == (
        "the slope: right.\nNot yet. The sign is wrong: your answer is the negative of what it should be.\n"
    )


def test_functions_get_arrays_of_their_own():
    def spoiling(x):
        x += 1.0
        return x

    assert judge(spoiling, lambda x: x + 1.0, at=[np.zeros(3)]).right


def test_arguments_are_made_by_the_exercise(rng):
    seen = []

    def positive(x):
        seen.append(x)
        return np.log(x)

    assert judge(positive, np.log, at=lambda random: [random.uniform(1.0, 2.0)]).right
    assert len(seen) == 12
    assert all(1.0 <= x <= 2.0 for x in seen)


def test_arguments_that_nobody_can_guess():
    with pytest.raises(TypeError, match="at="):
        judge(lambda *x: x, lambda *x: x)


def test_a_guess_is_answered(capsys):
    reveal(..., -10.0)
    reveal([..., None], [1.0, 2.0])
    reveal(-4, -10.0)
    reveal(-10.04, np.float64(-10.0))
    reveal(10, -10.0)
    reveal((3,), (4, 3))
    reveal((4, 3), (4, 3))
    reveal(" Falls", "falls")
    reveal("rises", "falls")
    reveal([1.0, 2.0], np.array([1.0, 2.0]))
    assert capsys.readouterr().out.splitlines() == [
        *["Replace the dots with your guess, and run the cell again. A wrong guess helps, too."] * 2,
        "You said -4, but it is -10.",
        "You predicted it: -10.",
        "You said 10, but it is -10. The sign is wrong: your answer is the negative of what it should be.",
        "You said (3,), but it is (4, 3). Your shape has too few axes.",
        "You predicted it: (4, 3).",
        "You predicted it: 'falls'.",
        "You said 'rises', but it is 'falls'.",
        "You predicted it: array([1., 2.]).",
    ]


def test_a_guess_is_compared_with_a_computed_answer_or_one_of_the_notebooks(capsys):
    reveal(1 / 3, exercise="08.1")
    reveal(1 / 6, exercise="08.1")
    reveal(1 / 6, 1 / 3, exercise="08.1")
    right, *wrong = capsys.readouterr().out.splitlines()
    assert right == "You predicted it: 0.333333."
    slip = "It looks as if this is the rate that reaches the minimum in one step, not the largest one."
    assert wrong == [f"You said 0.166667, but it is 0.333333. {slip}"] * 2
    with pytest.raises(TypeError, match="takes the right answer or exercise="):
        reveal(1.0)
    with pytest.raises(ValueError, match=r"there is no exercise '8\.a'"):
        reveal(1.0, 2.0, exercise="8.a")


GUESSES = [
    *("word", b"word", "x" * 500, 1j, 10**400, np.inf, -np.inf, np.nan, True, int, object(), range(5), {1}, {"a": 1}),
    *([], {}, (), [1, 2], [[1], [2, 3]], lambda x: x, np.zeros(0), np.array([None]), np.array(["word"]), (np.inf,)),
    *(
        tensor(1.0),
        tensor([1.0, 2.0], requires_grad=True) * 2.0,
        np.zeros((2, 3)),
        float.hex(0.5),
        np.datetime64(0, "s"),
    ),
]


@pytest.mark.parametrize("seen", [0.25, (4, 3), "falls", [1.0, 2.0], [0.5, "falls"], np.eye(2), 17, {"a": 1.0}, True])
def test_no_guess_raises_an_error(seen, capsys):
    for guess in GUESSES:
        reveal(guess, seen)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(GUESSES)
    assert all(line.startswith(("You said ", "You predicted it: ")) for line in lines)
    assert all(len(line) < 300 for line in lines), "long guesses are cut"

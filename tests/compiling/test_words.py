"""What is not compiled is said once, with the user's line."""

import inspect
import re

import numpy as np
import pytest

import autograd

kept, count, steps = [], 0, iter(range(100))


def keeps_a_result(x):
    box = {"last": None}
    kept[:] = [lambda: box]
    box["last"] = x * 2.0
    return x


def reads_a_number(x):
    return x * float(x.sum())


def prints(x):
    return x, f"{x}"


def looks_for_the_largest(x):
    return x * max(x)


def takes_some(x):
    return x[np.nonzero(x > 1.0)]


def counts(x):
    global count
    count += 1
    return x


def calls_later(x):
    yield x


def does_what_cannot_be_noted(x):
    return x * memoryview(x).nbytes


def goes_on(x):
    return x * next(steps)


def draws(x):
    return x + np.random.rand()  # noqa: NPY002


# In words, and at which line of the function that is; 0 where it begins.
WORDS = {
    keeps_a_result: ("the result of mul", 3),
    reads_a_number: ("leaves the trace through float() (.item() does not)", 1),
    prints: ("leaves the trace through its text", 1),
    looks_for_the_largest: ("branches on the value of an array", 1),
    takes_some: ("numpy.nonzero is not known to the compiler", 1),
    counts: ("count changes in each run", 0),
    calls_later: ("a generator or a coroutine", 0),
    does_what_cannot_be_noted: ("TypeError", 1),
    goes_on: ("steps is an iterator", 0),
    draws: ("global generator", 0),
}


@pytest.mark.parametrize("function", WORDS, ids=lambda f: f.__name__)
def test_a_reason_has_words_and_a_line(function):
    compiled = autograd.compile(function)
    for i in range(4):
        compiled(np.arange(4.0) + i)
    words, line = WORDS[function]
    text = compiled.explain()
    assert re.fullmatch(rf"{function.__name__} runs eagerly: .*{re.escape(words)}.*", text), text
    at = inspect.getsourcelines(function)[1] + line
    assert re.findall(r"test_words.py:(\d+)", text) == [str(at)]


@pytest.mark.filterwarnings("error:.* runs eager")
def test_it_is_said_once_where_the_function_is_called():
    compiled = autograd.compile(reads_a_number)
    with pytest.warns(
        autograd.CompileWarning, match=r"reads_a_number runs eagerly: .*, at .*test_words.py:\d+"
    ) as said:
        first = compiled(np.ones(2))
    assert len(said) == 1
    assert said[0].filename == __file__
    assert [compiled(x).tolist() for x in (np.ones(2), np.ones(3))] == [first.tolist(), [3.0, 3.0, 3.0]]
    assert compiled.explain().count(" runs eagerly: ") == 2

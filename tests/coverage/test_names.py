"""Every public callable of numpy and numpy.linalg has exactly one status, in every NumPy that is supported."""

import re
from pathlib import Path

import numpy as np
import pytest
from coverage_samples import SAMPLES, by_function, differentiable, lookup
from coverage_statuses import CONSTANTS, REFUSED, UNDEFINED

from autograd import Tensor
from autograd.coverage import (
    NEWEST_NUMPY,
    NO_ARRAY,
    NOT_DISPATCHABLE,
    OF_THE_PLATFORM,
    SINCE,
    UNTIL,
    numpy_callables,
    status_of,
)
from autograd.protocol import FUNCTIONS, STATUS, UFUNCS

STATUSES = {"differentiable", "constant", "refused", "not dispatchable", "no array"}
NAMES = dict(numpy_callables())
INSTALLED = tuple(map(int, np.__version__.split(".")[:2]))


def version(text):
    return tuple(map(int, text.split(".")))


def owner(name):
    """The NumPy callable, for a method of a ufunc that ufunc."""
    function = lookup(name)
    return function.__self__ if isinstance(getattr(function, "__self__", None), np.ufunc) else function


def of_status(status):
    return {name for name, function in NAMES.items() if status_of(name, function) == status}


def test_every_callable_has_a_status(request):
    missing = {name for name, function in NAMES.items() if status_of(name, function) is None}
    if version(NEWEST_NUMPY) < INSTALLED:
        request.config.stash[request.config.new_names] = sorted(missing)
        return
    assert not missing, "give these a status: a rule, or a line in numpy_functions or coverage.py"


def test_nothing_has_two_statuses():
    assert not NO_ARRAY & set(NOT_DISPATCHABLE)
    listed = {NAMES[name] for name in NAMES.keys() & (NO_ARRAY | set(NOT_DISPATCHABLE))}
    assert not listed & STATUS.keys()
    assert set(STATUS.values()) <= STATUSES


def test_a_listed_name_that_is_absent_belongs_to_another_numpy():
    absent = (NO_ARRAY | set(NOT_DISPATCHABLE)) - set(NAMES)
    assert absent <= OF_THE_PLATFORM | UNTIL.keys() | SINCE.keys()
    assert {name for name in UNTIL if version(UNTIL[name]) >= INSTALLED} <= set(NAMES)
    assert {name for name in SINCE if version(SINCE[name]) <= INSTALLED} <= set(NAMES)
    assert not {name for name in UNTIL if version(UNTIL[name]) < INSTALLED} & set(NAMES)
    assert not {name for name in SINCE if version(SINCE[name]) > INSTALLED} & set(NAMES)


def test_the_oldest_numpy_is_the_one_that_is_asked_for():
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    oldest = re.search(r'"numpy>=([\d.]+)"', pyproject.read_text(encoding="utf-8"))[1]
    assert all(version(oldest) <= version(last) for last in UNTIL.values())
    assert all(version(oldest) < version(first) for first in SINCE.values())


# --- who has to be in the tables of this folder --------------------------------------------------------------------


def test_every_differentiable_function_has_three_samples():
    found = by_function(SAMPLES)
    assert {name: len(found[f]) for f, name in differentiable().items() if len(found[f]) < 3} == {}


def test_every_method_of_a_ufunc_has_samples():
    """Three where it is differentiable; ``at`` is refused for all, and one stands for it."""
    sampled = [s.name for s in (*SAMPLES, *CONSTANTS)]
    for ufunc, method in UFUNCS:
        name = f"{ufunc.__name__}.{method}"
        if method in ("__call__", "at"):
            continue
        if STATUS[ufunc] == "differentiable":
            assert sum(lookup(s) == lookup(name) for s in sampled if "." in s) >= 3, name


def test_every_constant_function_has_a_call():
    called = {lookup(s.name) for s in CONSTANTS} | {lookup(name) for name in UNDEFINED}
    assert {name for name in of_status("constant") if NAMES[name] not in called} == set()


def test_every_refused_function_has_a_call():
    called = {lookup(s.name) for s in REFUSED}
    assert {name for name in of_status("refused") if NAMES[name] not in called} == set()


def test_a_sample_is_of_a_differentiable_function():
    assert {s.name for s in SAMPLES if STATUS[owner(s.name)] != "differentiable"} == set()


def test_a_function_without_samples_is_found(monkeypatch):
    def unknown(x):
        return x

    monkeypatch.setitem(STATUS, unknown, "differentiable")
    monkeypatch.setattr(np, "unknown", unknown, raising=False)
    with pytest.raises(AssertionError, match="unknown"):
        test_every_differentiable_function_has_three_samples()


def test_a_function_without_a_status_is_found(monkeypatch, request):
    monkeypatch.setitem(NAMES, "unknown", lambda x: x)
    if version(NEWEST_NUMPY) >= INSTALLED:
        with pytest.raises(AssertionError, match="unknown"):
            test_every_callable_has_a_status(request)


def test_what_is_answered_is_known():
    """Whatever the protocols answer has a status, and the other way round for functions that NumPy dispatches."""
    assert {f for f in FUNCTIONS if f not in STATUS} == set()
    assert {f for f, method in UFUNCS if method == "__call__" and f not in STATUS} == set()
    assert isinstance(np.exp(Tensor(1.0)), Tensor)

"""Every public callable of numpy and numpy.linalg has exactly one status, in every NumPy that is supported."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from coverage_names import (
    NEWEST_NUMPY,
    NO_ARRAY,
    NOT_DISPATCHABLE,
    OF_THE_PLATFORM,
    SINCE,
    UNTIL,
    numpy_callables,
    status_of,
)
from coverage_samples import SAMPLES, by_function, differentiable, lookup
from coverage_statuses import CONSTANTS, REFUSED, UNDEFINED

from autograd import Tensor
from autograd.numpy_functions.protocol import FUNCTIONS, STATUS, UFUNCS

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
    assert not missing, "give these a status: a rule, or a line in numpy_functions/ or its status.py"


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


# --- what was promised ---------------------------------------------------------------------------------------------

# Differentiable at least; every other may only become so.
PROMISED = """
    abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt conjugate copysign cos cosh deg2rad
    degrees divide divmod exp exp2 expm1 fabs float_power fmax fmin fmod frexp hypot ldexp log log10 log1p log2
    logaddexp logaddexp2 maximum minimum mod modf multiply nan_to_num negative nextafter positive power rad2deg radians
    reciprocal remainder sin sinc sinh sqrt square subtract tan tanh true_divide
    sum prod mean average var std max min amax amin ptp nansum nanprod nanmean nanvar nanstd nanmax nanmin median
    percentile quantile nanmedian nanpercentile nanquantile cumsum cumprod nancumsum nancumprod diff ediff1d gradient
    trapezoid cross kron inner outer vdot vecdot matvec vecmat matmul dot linalg.multi_dot linalg.matrix_power einsum
    tensordot trace diagonal diag diagflat tril triu
    concatenate concat stack hstack vstack dstack column_stack block split array_split hsplit vsplit dsplit unstack tile
    repeat pad roll flip fliplr flipud rot90 append insert delete moveaxis rollaxis transpose permute_dims swapaxes
    expand_dims squeeze atleast_1d atleast_2d atleast_3d broadcast_to broadcast_arrays meshgrid take take_along_axis
    choose select where compress extract sort partition unwrap interp convolve correlate polyval clip real copy astype
    reshape ravel full_like
    linalg.inv linalg.pinv linalg.solve linalg.tensorsolve linalg.lstsq linalg.cholesky linalg.qr linalg.eigh
    linalg.eigvalsh linalg.svd linalg.svdvals linalg.norm linalg.matrix_norm linalg.vector_norm linalg.det
    linalg.slogdet linalg.cond
"""
LIKE = {"zeros_like", "ones_like", "empty_like"}  # creators whose result depends on the shape alone: a constant

# The list of what is refused is closed: no name may come to it without its reason here and in `refused.py`.
COMPLEX = {"linalg.eig", "linalg.eigvals", "roots", "sort_complex"}
PIECES = {"apply_along_axis"}
IN_PLACE = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}
FILES = {"save", "savetxt", "savez", "savez_compressed"}


def test_what_was_promised_is_differentiable():
    assert {name for name in PROMISED.split() if status_of(name, NAMES[name]) != "differentiable"} == set()
    assert {name for name in LIKE if status_of(name, NAMES[name]) != "constant"} == set()


def test_every_real_floating_ufunc_is_differentiable_or_constant():
    """Every ufunc that takes floats and gives floats; the others are for integers, truth and times."""
    floating = {n for n, f in NAMES.items() if isinstance(f, np.ufunc) and any(t in f.types for t in ("d->d", "dd->d"))}
    stepwise = {"ceil", "floor", "floor_divide", "heaviside", "rint", "sign", "spacing", "trunc", "logical_not"}
    assert len(floating) > 60
    assert {n for n in floating - stepwise if status_of(n, NAMES[n]) != "differentiable"} == set()
    assert {n for n in floating & stepwise if status_of(n, NAMES[n]) != "constant"} == set()


def test_what_is_refused_is_a_closed_list():
    assert of_status("refused") == COMPLEX | PIECES | IN_PLACE | FILES


# --- who has to be in the tables of this folder --------------------------------------------------------------------


def test_every_differentiable_function_has_three_samples():
    found = by_function(SAMPLES)
    assert {name: len(found[f]) for f, name in differentiable().items() if len(found[f]) < 3} == {}


BOTH = {"axis", "keepdims"}


def options_of(function):
    """Of the options for axes, those that a NumPy function or a method of a ufunc takes."""
    if is_of_ufunc(function):
        methods = {"accumulate": {"axis"}, "reduceat": {"axis"}}
        return methods.get(function.__name__, BOTH if function.__name__ in ("reduce", "vecdot") else set())
    try:
        return BOTH & inspect.signature(function).parameters.keys()
    except ValueError:  # what an older NumPy does not tell
        return set()


def is_of_ufunc(function):
    return isinstance(function, np.ufunc) or isinstance(getattr(function, "__self__", None), np.ufunc)


def kinds_of(sample):
    """Which of an axis from the front, one from the back, and keepdims a sample has."""
    args, options = sample.arguments
    if is_of_ufunc(sample.function):
        given = options
    else:
        given = inspect.signature(sample.function).bind(*args, **options).arguments
    axes = [int(k) for k in np.ravel(given.get("axis", ())) if k is not None]
    return {
        *(["axis"] if any(k >= 0 for k in axes) else []),
        *(["negative axis"] if any(k < 0 for k in axes) else []),
        *(["keepdims"] if given.get("keepdims") is True else []),
    }


def test_axes_are_sampled():
    """Every function that takes an axis has one from the front, one from the back, and keepdims if it has that."""
    missing = {}
    for function, samples in by_function(SAMPLES).items():
        options = options_of(function)
        wanted = {*(["axis", "negative axis"] if "axis" in options else []), *(options & {"keepdims"})}
        if lacking := wanted - {kind for s in samples if options for kind in kinds_of(s)}:
            missing[samples[0].name] = sorted(lacking)
    assert missing == {}


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

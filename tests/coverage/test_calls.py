"""The ways of writing a call: arguments by name, defaults spelled out, arrays and lists beside Tensors."""

import inspect

import numpy as np
import pytest
from coverage_compare import assert_as_numpy
from coverage_samples import SAMPLES, is_live, rebuilt, weighted

from autograd import AutogradError, Tensor

# Operands that NumPy does not show us when the others are plain: the name of the function and the place of the operand.
UNSEEN = {
    *(("full_like", 1), ("pad", 1), ("polyint", 1), ("nanvar", 1), ("nanstd", 1)),
    *(("interp", 3), ("interp", 4), ("select", 2)),
}


def signature(function):
    """The signature of a NumPy function; None for a ufunc, a method of one, and what an older NumPy does not tell."""
    try:
        return None if isinstance(getattr(function, "__self__", function), np.ufunc) else inspect.signature(function)
    except ValueError:
        return None


WITH_NAMES = [s for s in SAMPLES if signature(s.function)]
SEVERAL = [(s, i) for s in SAMPLES if len(s.live) > 1 for i in range(len(s.live))]


def names_of(kind, parameters):
    return [name for name, p in parameters.items() if p.kind is kind]


@pytest.mark.parametrize("spelled_out", [False, True], ids=["by-name", "defaults"])
@pytest.mark.parametrize("case", WITH_NAMES, ids=str)
def test_arguments_by_name(case, spelled_out):
    """Every argument by its name, as far as NumPy lets it have one; or every option at its default by position."""
    known = signature(case.function)
    args, options = case.arguments
    bound = known.bind(*args, **options)
    variadic = names_of(inspect.Parameter.VAR_POSITIONAL, known.parameters)
    if spelled_out:
        bound.apply_defaults()

    def call(*live):
        given = iter(live)
        arguments = rebuilt(dict(bound.arguments), lambda x: next(given) if is_live(x) else x)
        names = names_of(inspect.Parameter.POSITIONAL_OR_KEYWORD, known.parameters)
        named = {name: arguments.pop(name) for name in names if name in arguments and not (spelled_out or variadic)}
        rest = inspect.BoundArguments(known, arguments)
        return case.run(*rest.args, **rest.kwargs, **named)

    assert_as_numpy(case, call, case.live, case.tensors())


@pytest.mark.parametrize(("case", "place"), SEVERAL, ids=[f"{s}-{i}" for s, i in SEVERAL])
@pytest.mark.parametrize("others", ["arrays", "lists"])
def test_one_tensor_among_plain_operands(case, place, others):
    """The values are NumPy's, and the gradient is the same as when the others are Tensors too."""

    def call(x):
        plain = [x if i == place else y.tolist() if others == "lists" else y for i, y in enumerate(case.live)]
        return case.call(*plain)

    x = Tensor(case.live[place], requires_grad=True)
    if (case.name, place) in UNSEEN:
        with pytest.raises(AutogradError):
            call(x)
        return
    found = assert_as_numpy(case, call, [case.live[place]], [x])
    if found is not None:
        tensors = case.tensors()
        expected = gradient(case.call(*tensors), tensors[place])  # but for rounding: NumPy's edges of histograms
        np.testing.assert_allclose(gradient(found, x), expected, rtol=1e-14, atol=1e-14)


def gradient(result, x):
    """The gradient of the weighted result; zeros where it does not depend on x."""
    total = weighted(result)
    if not isinstance(total, Tensor) or not total.requires_grad:
        return np.zeros(x.shape)
    (found,) = total.gradient(x, allow_unused=True)
    return np.zeros(x.shape) if found is None else found.data


def with_axis(sample):
    """The call of a sample with another axis; None where it takes none."""
    args, options = sample.arguments
    known = signature(sample.function)
    if known is None:
        takes = getattr(sample.function, "__name__", "") in ("reduce", "accumulate", "reduceat")
        bound = {}
    else:
        takes = "axis" in known.parameters
        bound = known.bind(*args, **options).arguments
    if not takes or ("axis" in bound and bound["axis"] is None):
        return None

    def call(axis, *live):
        given = iter(live)
        placed, named = rebuilt((args, options), lambda x: next(given) if is_live(x) else x)
        if "axis" in bound and "axis" not in named:
            placed = [axis if i == list(bound).index("axis") else x for i, x in enumerate(placed)]
        else:
            named["axis"] = axis
        return sample.function(*placed, **named)

    return call


OVER_AN_AXIS = [s for s in SAMPLES if with_axis(s)]


@pytest.mark.parametrize("axis", [7, -8])
@pytest.mark.parametrize("case", OVER_AN_AXIS, ids=str)
def test_an_axis_that_is_not_there(case, axis):
    """NumPy complains, and so do we: no axis is ever guessed."""
    call = with_axis(case)
    try:
        call(axis, *case.live)
    except (ValueError, IndexError, TypeError):
        with pytest.raises((ValueError, IndexError, TypeError)):
            call(axis, *case.tensors())

"""What was not taken has gradient 0, whatever its value: no nan comes from choosing, masking or passing over."""

import numpy as np
import pytest

from autograd import grad

INF, NAN = np.inf, np.nan

# A function of one array, the array, and its gradient. All that is infinite or NaN in it is not taken.
CHOSEN = {
    "where": (lambda x: np.where(np.isfinite(x), x, 0.0) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "where, steep": (lambda x: np.sqrt(np.where(x > 0.0, x, 1.0)), [-1.0, 0.0, 4.0], [0, 0, 0.25]),
    "where, pole": (lambda x: 1.0 / np.where(x == 0.0, 1.0, x), [0.0, 2.0], [0, -0.25]),
    "x log x": (lambda x: x * np.log(np.where(x > 0.0, x, 1.0)), [0.0, 1.0], [0, 1]),
    "select": (lambda x: np.select([x > 0.0, x <= 0.0], [x, 2.0 * x]) ** 2, [1.0, -1.0, NAN], [2, -8, 0]),
    "choose": (lambda x: np.choose([0, 1], [x, np.ones(2)]) ** 2, [3.0, INF], [6, 0]),
    "mask": (lambda x: x[np.isfinite(x)] ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "compress": (lambda x: np.compress(np.isfinite(x), x) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "extract": (lambda x: np.extract(x < 9.0, x) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "slice": (lambda x: x[1:] ** 2, [NAN, 3.0], [0, 6]),
    "take": (lambda x: np.take(x, [1, 1]) ** 2, [NAN, 3.0], [0, 12]),
    "nan_to_num": (lambda x: np.nan_to_num(x, posinf=0.0) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "clip": (lambda x: np.clip(x, -1.0, 4.0) ** 2, [-INF, INF, 3.0], [0, 0, 6]),
    "maximum": (lambda x: np.maximum(x, 2.0) ** 2, [-INF, 3.0], [0, 6]),
    "fmin": (lambda x: np.fmin(x, 4.0) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "max": (lambda x: np.max(x, axis=0) ** 2, [[-INF, 3.0], [2.0, -INF]], [[0, 6], [4, 0]]),
    "sum where": (lambda x: np.sum(x, where=np.isfinite(x)) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "max where": (lambda x: np.max(x, where=x < 9.0, initial=0.0) ** 2, [NAN, INF, 3.0], [0, 0, 6]),
    "std where": (lambda x: np.std(x, where=x < 9.0), [NAN, INF, 3.0, 1.0], [0, 0, 0.5, -0.5]),
    "nansum": (lambda x: np.nansum(x) ** 2, [NAN, 3.0], [0, 6]),
    "nanprod": (lambda x: np.nanprod(x), [NAN, 3.0, 2.0], [0, 2, 3]),
    "nanstd": (lambda x: np.nanstd(x), [NAN, 3.0, 3.0], [0, 0, 0]),
    "nanmedian": (lambda x: np.nanmedian(x), [NAN, 3.0, 2.0, 7.0], [0, 1, 0, 0]),
    "interp": (lambda x: np.interp(x, [0.0, 1.0], [0.0, 2.0]), [-INF, INF, 0.5], [0, 0, 2]),
    "sort": (lambda x: np.sort(x)[:1] ** 2, [NAN, 3.0], [0, 6]),
    "norm": (lambda x: np.linalg.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]], [[0, 0], [0.6, 0.8]]),
    "norm 1.5": (lambda x: np.linalg.norm(x, 1.5, axis=1), [[0.0, 0.0], [1.0, 0.0]], [[0, 0], [1, 0]]),
    "softmax": (lambda x: x.softmax(), [-INF, 0.0, 0.0], [0, 0, 0]),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_what_was_not_taken_has_gradient_0(name):
    function, x, expected = CHOSEN[name]
    found = grad(lambda x: np.sum(function(x)))(np.array(x))
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


def test_a_steep_branch_is_guarded_at_its_argument():
    """0 times an infinite slope is nan, here as in PyTorch and JAX (docs/design.md says why); a guard is exact."""
    x = np.array([0.0, 4.0])
    with np.errstate(invalid="ignore"):
        unguarded = grad(lambda x: np.sum(np.where(x > 0.0, np.sqrt(x), 0.0)))(x)
    np.testing.assert_array_equal(unguarded, [NAN, 0.25])
    guarded = grad(lambda x: np.sum(np.where(x > 0.0, np.sqrt(np.where(x > 0.0, x, 1.0)), 0.0)))(x)
    np.testing.assert_array_equal(guarded, [0.0, 0.25])

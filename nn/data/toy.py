"""Small generated data sets: truth tables, the data sets of the TensorFlow Playground, two moons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.defaults import Randomness, generator, get_default_dtype

__all__ = ["Points", "four_rows", "moons", "playground", "xor"]


class Points(NamedTuple):
    """Points and the target of each. It unpacks as ``x, y = nn.data.xor()``.

    >>> import nn
    >>> points = nn.data.moons(10, seed=0)
    >>> points.x.shape, points.y.shape
    ((10, 2), (10,))
    """

    x: NDArray[Any]
    y: NDArray[Any]


def xor() -> Points:
    """Return the truth table of exclusive or: ``x`` of shape (4, 2), ``y`` (4,), in the default parameter dtype.

    >>> import nn
    >>> x, y = nn.data.xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    return _points([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


def four_rows() -> Points:
    """Return four samples with three features and two classes, to train by hand: ``x`` (4, 3), ``y`` (4,) of 0 and 1.

    This is the toy data set of J.-N. Hwang's lecture on multi-layer perceptrons (University of Washington, EEP 596B).

    >>> import nn
    >>> nn.data.four_rows().x[0].round(1).tolist()
    [1.399999976158142, 2.700000047683716, 1.899999976158142]
    """
    return _points([[1.4, 2.7, 1.9], [3.8, 3.4, 3.2], [6.4, 2.8, 1.7], [4.1, 0.1, 0.2]], [0, 1, 1, 0])


def moons(n: int = 200, *, noise: float = 0.0, seed: Randomness = None) -> Points:
    """Return two interleaved half circles of radius 1: ``x`` (n, 2), ``y`` (n,) of int64, 0 for the upper, 1 otherwise.

    The upper is ``(cos t, sin t)`` and the lower ``(1 - cos t, 1/2 - sin t)``, with t evenly spaced from 0 to pi;
    ``noise`` is the standard deviation of the noise added to each coordinate. The points are in random order.

    The curves match those of ``sklearn.datasets.make_moons``.

    >>> import nn
    >>> x, y = nn.data.moons(100, noise=0.1, seed=0)
    >>> x.shape, y.sum()
    ((100, 2), np.int64(50))
    """
    rng = generator(seed)
    upper, lower = (np.linspace(0.0, np.pi, size) for size in (n // 2, n - n // 2))
    arcs = ((np.cos(upper), np.sin(upper)), (1 - np.cos(lower), 0.5 - np.sin(lower)))
    x = np.concatenate([np.stack(arc, axis=1) for arc in arcs])
    y = np.repeat([0, 1], [len(upper), len(lower)])
    order = rng.permutation(n)
    x = x[order] + rng.normal(0.0, noise, (n, 2))
    return Points(x.astype(get_default_dtype()), y[order])


def playground(
    name: Literal["circle", "xor", "gauss", "spiral", "regress-plane", "regress-gauss"], n: int | None = None, *,
    noise: float = 0.0, seed: Randomness = None,
) -> Points:  # fmt: skip
    """Return a data set of the TensorFlow Playground: ``x`` (n, 2) within about ±6, ``y`` (n,), in the default dtype.

    "circle" (a disc in a ring), "xor" (four squares), "gauss" (two clouds) and "spiral" have labels -1 and +1 and 500
    points by default; "regress-plane" and "regress-gauss" have targets from -1 to 1 and 1,200 points. ``noise`` is
    between 0 and 0.5, like the site's slider from 0 to 50. The points are in random order. The formulas are the site's;
    the random numbers come from a NumPy generator.

    Raises ValueError for an unknown name, and for noise outside 0 .. 0.5. Source: D. Smilkov and S. Carter,
    https://playground.tensorflow.org, dataset.ts.

    >>> import nn
    >>> x, y = nn.data.playground("spiral", seed=0)
    >>> x.shape, sorted(set(y.tolist()))
    ((500, 2), [-1.0, 1.0])
    """
    if name not in PLAYGROUND:
        raise ValueError(f"unknown data set {name!r}: choose {', '.join(map(repr, PLAYGROUND))}.")
    if not 0.0 <= noise <= 0.5:
        raise ValueError(f"noise must be between 0 and 0.5, not {noise!r}.")
    if n is None:
        n = 1200 if name.startswith("regress") else 500
    if n < 2:
        raise ValueError(f"n is a number of points and must be at least 2, not {n!r}.")
    rng = generator(seed)
    x, y = PLAYGROUND[name](n, noise, rng)
    order = rng.permutation(len(x))
    return _points(x[order], y[order])


def _circle(n: int, noise: float, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    radius = 5.0
    inner = n // 2
    r = np.concatenate([rng.uniform(0.0, 0.5 * radius, inner), rng.uniform(0.7 * radius, radius, n - inner)])
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    x = np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1)
    seen = x + rng.uniform(-radius, radius, (n, 2)) * noise
    return x, np.where(np.hypot(*seen.T) < 0.5 * radius, 1.0, -1.0)


def _xor(n: int, noise: float, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    x = rng.uniform(-5.0, 5.0, (n, 2))
    x += np.where(x > 0.0, 0.3, -0.3)  # a gap along the axes
    seen = x + rng.uniform(-5.0, 5.0, (n, 2)) * noise
    return x, np.where(seen[:, 0] * seen[:, 1] >= 0.0, 1.0, -1.0)


def _gauss(n: int, noise: float, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    variance = 0.5 + 7.0 * noise  # 0.5 to 4 over the range of the slider
    label = np.repeat([1.0, -1.0], [n // 2, n - n // 2])
    return rng.normal(2.0 * label[:, None], np.sqrt(variance), (n, 2)), label


def _spiral(n: int, noise: float, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    arms = []
    for size, start in ((n // 2, 0.0), (n - n // 2, np.pi)):
        part = np.arange(size) / size
        r, t = 5.0 * part, 1.75 * part * 2.0 * np.pi + start
        arms.append(np.stack([r * np.sin(t), r * np.cos(t)], axis=1))
    x = np.concatenate(arms)
    return x + rng.uniform(-1.0, 1.0, (n, 2)) * noise, np.repeat([1.0, -1.0], [n // 2, n - n // 2])


def _plane(n: int, noise: float, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    x = rng.uniform(-6.0, 6.0, (n, 2))
    return x, (x + rng.uniform(-6.0, 6.0, (n, 2)) * noise).sum(axis=1) / 10.0


HILLS = np.array([[-4.0, 2.5, 1], [0.0, 2.5, -1], [4.0, 2.5, 1], [-4.0, -2.5, -1], [0.0, -2.5, 1], [4.0, -2.5, -1]])


def _hills(n: int, noise: float, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    """Three hills and three hollows that fade linearly within a distance of 2; the strongest one counts."""
    x = rng.uniform(-6.0, 6.0, (n, 2))
    seen = x + rng.uniform(-6.0, 6.0, (n, 2)) * noise
    distance = np.hypot(*(seen[:, None, :] - HILLS[:, :2]).transpose(2, 0, 1))
    height = HILLS[:, 2] * np.clip(1.0 - distance / 2.0, 0.0, 1.0)
    return x, height[np.arange(n), np.abs(height).argmax(axis=1)]


PLAYGROUND: dict[str, Callable[[int, float, Any], tuple[NDArray[Any], NDArray[Any]]]] = {
    "circle": _circle,
    "xor": _xor,
    "gauss": _gauss,
    "spiral": _spiral,
    "regress-plane": _plane,
    "regress-gauss": _hills,
}


def _points(x: Any, y: Any) -> Points:
    dtype = get_default_dtype()
    return Points(np.asarray(x, dtype), np.asarray(y, dtype))

"""Feature scaling with statistics of the training set alone, computed when a scaling is constructed."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.arguments import plain

__all__ = ["MinMax", "Standardize"]


class _Scaling:
    """``(x - shift) / scale`` for every feature, with statistics computed at construction."""

    shift: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __init__(self, train: ArrayLike) -> None:
        x = np.asarray(plain(train), np.float64)
        if x.ndim < 1 or not len(x):
            raise ValueError(f"the training set needs samples along its first axis, but has shape {x.shape}.")
        if not np.isfinite(x).all():
            where = tuple(map(int, np.argwhere(~np.isfinite(x))[0]))
            raise ValueError(
                f"the training set has {x[where]} at index {where}: impute such values or drop the samples first."
            )
        self.shift, scale = self._statistics(x)
        self.scale = np.where(scale > 0.0, scale, 1.0)  # a constant feature becomes 0

    def _statistics(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        raise NotImplementedError

    def __call__(self, x: ArrayLike) -> NDArray[Any]:
        """Scale samples, keeping their dtype if it is floating."""
        x = self._checked(x)
        scaled = (x - self.shift) / self.scale
        return scaled.astype(x.dtype) if x.dtype.kind == "f" else scaled

    def inverse(self, z: ArrayLike) -> NDArray[Any]:
        """Undo the scaling.

        >>> from nn.data import MinMax
        >>> MinMax([[0.0], [4.0]]).inverse([[0.25]])
        array([[1.]])
        """
        z = self._checked(z)
        x = z * self.scale + self.shift
        return x.astype(z.dtype) if z.dtype.kind == "f" else x

    def state_dict(self) -> dict[str, NDArray[np.float64]]:
        """Return the statistics, to save them.

        >>> from nn.data import MinMax
        >>> MinMax([[1.0], [4.0]]).state_dict()
        {'shift': array([1.]), 'scale': array([3.])}
        """
        return {"shift": self.shift.copy(), "scale": self.scale.copy()}

    @classmethod
    def from_state(cls, state: Mapping[str, ArrayLike]) -> Self:
        """Make a scaling from a saved state.

        >>> from nn.data import MinMax
        >>> MinMax.from_state({"shift": [1.0], "scale": [3.0]})([[2.5]])
        array([[0.5]])
        """
        self = cls.__new__(cls)
        self.shift, self.scale = (np.array(state[key], np.float64) for key in ("shift", "scale"))
        return self

    def _checked(self, x: ArrayLike) -> NDArray[Any]:
        x = plain(x)
        if x.shape[1:] != self.shift.shape:
            raise ValueError(
                f"the samples have shape {x.shape[1:]}, but those of the training set had {self.shift.shape}."
            )
        return x

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shift.size} features)"


class Standardize(_Scaling):
    """Scale every feature to mean 0 and standard deviation 1 in the training set: ``(x - mean) / std``.

    ``train`` has samples along its first axis. Call the scaling to scale any samples, and `inverse` to undo it. The
    statistics come from ``train`` at construction and never change. The variance is centred and divided by the number
    of samples; a constant feature becomes 0.

    Raises ValueError if ``train`` is empty or has values that are not finite. Equivalent to
    ``sklearn.preprocessing.StandardScaler`` after ``fit``.

    >>> from nn.data import Standardize
    >>> scale = Standardize([[0.0, 100.0], [2.0, 300.0]])
    >>> scale([[1.0, 100.0], [4.0, 200.0]])
    array([[ 0., -1.],
           [ 3.,  0.]])
    """

    def _statistics(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean, std = x.mean(axis=0), x.std(axis=0)
        # Rounding makes the standard deviation of equal numbers slightly positive.
        return mean, np.where(std > 1e-14 * np.abs(mean), std, 0.0)


class MinMax(_Scaling):
    """Scale every feature to the range from 0 to 1 in the training set: ``(x - min) / (max - min)``.

    Otherwise like `Standardize`. Other samples may fall outside 0 .. 1.

    Equivalent to ``sklearn.preprocessing.MinMaxScaler`` after ``fit``.

    >>> from nn.data import MinMax
    >>> MinMax([[0.0, 10.0], [4.0, 30.0]])([[1.0, 20.0], [8.0, 10.0]])
    array([[0.25, 0.5 ],
           [2.  , 0.  ]])
    """

    def _statistics(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low = x.min(axis=0)
        return low, x.max(axis=0) - low

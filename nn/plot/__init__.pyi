# Written by docs/make_stubs.py, for editors and type checkers.

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes as Axes
from numpy.typing import ArrayLike

from nn.module import Module
from nn.plot.frames import frames as frames
from nn.plot.look import COLOURS as COLOURS
from nn.plot.models import Trajectories
from nn.training.history import History

# fmt: off
def activation_histograms(model: Module, *inputs: Any, bins: int = 40, ax: Axes | None = None) -> Axes: ...
def activations(
    functions: Sequence[Callable[[Any], Any]] | Callable[[Any], Any] = ..., *, low: float = -4.0, high: float =
    4.0, ax: Axes | None = None,
) -> Axes: ...
def answers_against_truth(
    answers: ArrayLike, truth: ArrayLike, *, unit: str = "", ax: Axes | None = None,
) -> Axes: ...
def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike | None = None, *, names: Sequence[str] = ..., ax: Axes | None =
    None,
) -> Axes: ...
def decision_boundary(
    model: Callable[[Any], Any], x: ArrayLike, labels: ArrayLike, *, threshold: float = 0.0, resolution: int =
    150, soft: bool = False, legend: bool = True, ax: Axes | None = None,
) -> Axes: ...
def learning_curves(
    history: Mapping[str, ArrayLike] | History, *, log: bool = False, ax: Axes | None = None,
) -> Axes: ...
def lines(
    curves: Mapping[str, Any], x: ArrayLike = ..., *, dots: Collection[str] = ..., log: str = "", ax: Axes |
    None = None, **settings: Any,
) -> Axes: ...
def loss_surface(
    loss: Callable[..., Any], xs: tuple[float, float] | None = None, ys: tuple[float, float] | None = None, *,
    trajectories: Trajectories = ..., resolution: int = 120, levels: int = 25, ax: Axes | None = None,
) -> Axes: ...
def matrices(
    arrays: Mapping[str, Any], *, digits: int = 3, numbers: bool = True, ax: Axes | None = None,
) -> Axes: ...
def panels(*titles: str, height: float = 3.2, share: bool = False) -> list[Axes]: ...
def weight_histograms(model: Module, *, bins: int = 40, ax: Axes | None = None) -> Axes: ...

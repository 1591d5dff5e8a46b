"""The base class of losses, and the checks of their operands."""

import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.callers import users_level
from autograd.engine.graph import Node
from autograd.facts import LOGARITHMS, PROBABILITIES
from autograd.ops.arithmetic import masked as _masked, where as _where
from autograd.ops.reduce import mean as _mean, sum as _sum
from autograd.provenance import where
from nn.arguments import Operand, plain
from nn.defaults import get_default_dtype
from nn.errors import ActivationWarning, LossShapeError
from nn.module import Buffer
from nn.of_function import _OfFunction

if TYPE_CHECKING:  # see nn.of_function
    from nn import of as of
else:
    of = type("of", (), {"__getattr__": lambda self, name: _Loss})()

Reduction = Literal["mean", "sum", "none"]
Takes = Literal[
    "numbers", "probabilities", "scores", "class scores", "log-probabilities", "class log-probabilities", "margins", ""
]
TAKES: dict[Any, Takes] = {}  # what the prediction is, by the class of a loss and by its function


class _Loss(_OfFunction):
    """A loss of prediction and target, averaged, summed, or one number for each entry."""

    def __init_subclass__(cls, *, of: Any = None, takes: Takes = "", operands: int = 2) -> None:
        super().__init_subclass__(of=of, operands=operands)
        if of is not None:
            cls._settings = {"reduction": "mean", **cls._settings}  # first, as it is shown
            TAKES[cls] = TAKES[of] = takes

    reduction: Reduction
    _reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, *args: Any, reduction: Reduction = "mean", **settings: Any) -> None:
        if reduction not in self._reductions:
            *first, last = map(repr, self._reductions)
            raise ValueError(f"reduction must be {', '.join(first)} or {last}, not {reduction!r}.")
        super().__init__(*args, reduction=reduction, **settings)
        for name in ("weight", "pos_weight"):  # part of the state; numbers and lists get the dtype of parameters
            if (given := getattr(self, name, None)) is not None:
                array = given if isinstance(given, np.ndarray | Tensor) else np.asarray(given, get_default_dtype())
                setattr(self, name, Buffer(array))


def check_reduction(name: str, shape: tuple[int, ...], reduction: str) -> None:
    """Refuse an unknown reduction, and the mean of no losses."""
    if reduction == "mean":
        if 0 in shape:
            raise LossShapeError(
                f"{name}: the mean over no entries (shape {shape}) is undefined. Skip empty batches, or pass "
                "reduction='sum'."
            )
    elif reduction not in ("sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}.")


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """The losses of all entries as one number, or as they are."""
    check_reduction(name, losses.shape, reduction)
    return _mean(losses) if reduction == "mean" else _sum(losses) if reduction == "sum" else losses


def counted(weight: Any, losses: Any) -> Any:
    """Losses to be multiplied by a weight: 0 where an infinite loss has weight 0, as their product would be NaN."""
    values = plain(losses)
    infinite = np.isinf(values)
    if not infinite.any():
        return losses
    lost = infinite & (plain(weight) == 0.0)
    return _where(lost, 0.0, losses) if lost.any() else losses


def short_of(missing: Any) -> Any:
    """``max(0, missing)``, with slope 1 at 0 too."""
    return _masked(missing, mask=~(plain(missing) < 0.0))


def array(x: Operand) -> Any:
    """A Tensor or array unchanged, anything else as an array."""
    return x if x.__class__ is np.ndarray or isinstance(x, Tensor) else plain(x, "a prediction or target")


def pair(name: str, prediction: Operand, target: Operand) -> tuple[Any, Any]:
    """Prediction and target, of the same shape; a target without gradient in the dtype of the prediction."""
    prediction, target = array(prediction), array(target)
    if prediction.shape != target.shape:
        raise LossShapeError(f"{name}: {_unequal(prediction.shape, target.shape)}")
    if prediction.dtype.kind != "f":
        prediction = prediction.astype(np.float64)
    if target.dtype != prediction.dtype and not (isinstance(target, Tensor) and target.requires_grad):
        target = target.astype(prediction.dtype)
    return prediction, target


def _unequal(prediction: tuple[int, ...], target: tuple[int, ...]) -> str:
    text = f"the prediction has shape {prediction}, but the target has shape {target}. "
    if np.prod(prediction) == np.prod(target):
        sizes = ", ".join(map(str, prediction))
        return (
            f"{text}They are compared entry by entry, so the shapes must be equal: pass target.reshape({sizes}), or "
            f"reshape the prediction to {target}."
        )
    return f"{text}They are compared entry by entry, so there must be one target for each entry of the prediction."


def weights(name: str, what: str, given: Operand, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Weights in the dtype of the prediction, which must broadcast to a shape."""
    values = plain(given).astype(dtype)
    try:
        fits = np.broadcast_shapes(values.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise LossShapeError(f"{name}: {what} has shape {values.shape}, which does not broadcast to {shape}.")
    if values.size and not np.minimum.reduce(values, None) >= 0.0:
        raise ValueError(f"{name}: {what} must be 0 or more everywhere, but its smallest value is {values.min()}.")
    return values


def source_of(prediction: Operand) -> Node | None:
    """The op that computed a prediction, looking through ops that only change its shape."""
    node = prediction._node if isinstance(prediction, Tensor) else None
    while node.__class__ is Node and node.op.facts.passes_on:
        node = node.parents[0]
    return node if node.__class__ is Node else None


def check_activation(name: str, takes: str, prediction: Operand) -> None:
    """Warn if the graph says that the prediction is the output of an activation that does not suit the loss."""
    node = source_of(prediction)
    if node is None or not node.op.facts.range:
        return
    words = _unsuitable(takes, node.op)
    if words:
        given = f"was given the output of {node.op.name}, made at {where(node)}"
        warnings.warn(f"{name} {words[0]}, but {given}. {words[1]}", ActivationWarning, stacklevel=users_level())


def _unsuitable(takes: str, op: Any) -> tuple[str, str] | None:
    """What a loss expects, if not this activation, and what to do."""
    if takes == "class log-probabilities":
        remedy = "Use log_softmax instead, or pass the input of softmax to cross_entropy."
        shares = op.facts.range == PROBABILITIES and op.facts.kind == "softmax"
        return ("takes logarithms of probabilities", remedy) if shares else None
    own = "softmax" if takes == "class scores" else "sigmoid"
    if op.facts.range == LOGARITHMS:
        remedy = "Applying it twice only costs time: pass the input of log_softmax instead, or use nll_loss."
        return ("applies log_softmax itself", remedy) if own == "softmax" else None
    if op.facts.range == PROBABILITIES:
        remedy = f"Gradients become small and learning is slow: pass the input of {op.name} instead."
        return f"takes scores and applies {own} itself", remedy
    return None

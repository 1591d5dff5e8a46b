"""Predictions, loss and metrics of a model, in evaluation mode and without a graph."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from operator import length_hint
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, no_grad
from autograd.progress import Work, over
from nn.arguments import plain
from nn.data import Loader
from nn.defaults import get_default_dtype
from nn.module import Module
from nn.training.run import Loss, Metric
from nn.training.team import Team, summed

Metrics = Mapping[str, Metric] | Sequence[Metric]


def predict(model: Module, x: Any, *, batch_size: int = 256) -> NDArray[Any]:
    """Compute the outputs of a model in batches, in evaluation mode and without a graph; its mode is restored.

    ``x`` is an array (N, ...), or a `nn.data.Loader`, from which the first array of each batch is used. The result is a
    single array (N, ...).

    Raises ValueError if there are no samples.

    >>> import nn
    >>> nn.predict(nn.Identity(), nn.data.xor().x).shape
    (4, 2)
    """
    dtype = dtype_of(model)
    loader = loader_for(x, model, batch_size, False, None)
    with _judging(model), Work("predicting", length_hint(loader)):
        found = [plain(model(parts_of(batch, dtype)[0])) for batch in over(loader)]
    if not found:
        raise ValueError("predict got no samples.")
    return np.concatenate(found)


def evaluate(
    model: Module, data: Any, *, loss: Loss | None = None, metrics: Metrics = (), batch_size: int = 256
) -> dict[str, float]:
    """Compute the loss and metrics of a model, in evaluation mode and without a graph; its mode is restored.

    The loss is averaged over the batches, weighted by their numbers of samples; metrics see all predictions at once. If
    any prediction is NaN, the metrics are NaN and not computed: a diverged model has no accuracy. The arguments are
    those of `fit`.

    Raises ValueError if there are no samples.

    >>> import nn
    >>> nn.evaluate(nn.Identity(), nn.data.xor(), loss=lambda p, y: nn.MSELoss()(p[:, 0], y))
    {'loss': 0.5}
    """
    return judge(model, loader_for(data, model, batch_size, False, None), loss, metrics)


def judge(
    model: Module, loader: Loader, loss: Loss | None, metrics: Metrics, team: Team | None = None
) -> dict[str, float]:
    """`evaluate`, perhaps on several ranks, each of which computes its part of the batches."""
    total, samples = 0.0, 0
    rows: list[tuple[float, int, Any] | None] = []  # of each batch the loss, the number of samples, and both answers
    dtype = dtype_of(model)
    with _judging(model), Work("evaluating", length_hint(loader)):
        for batch in over(loader):
            x, targets = parts_of(batch, dtype)
            if loader.batch - 1 in loader._idle:
                rows.append(None)
                continue
            prediction = model(x)
            value = 0.0 if loss is None else number_of(loss(prediction, *targets))
            rows.append((value, len(x), (plain(prediction), plain(targets[0])) if metrics else None))
    pairs = []
    for parts in zip_longest(*([rows] if team is None else team.ranks.gather(rows))):
        present = [part for part in parts if part is not None]
        count = sum(n for _, n, _ in present)
        total += sum(v if summed(loss) or len(present) == 1 else v * n / count for v, n, _ in present) * count
        samples += count
        pairs += [pair for _, _, pair in present]
    if not samples:
        raise ValueError("evaluate got no samples.")
    result = {} if loss is None else {"loss": total / samples}
    if metrics:
        prediction, answer = map(np.concatenate, zip(*pairs, strict=True))
        lost = prediction.dtype.kind in "fc" and bool(np.isnan(prediction).any())
        for name, metric in named(metrics).items():
            result[name] = math.nan if lost else float(metric(prediction, answer))
    return result


@contextmanager
def _judging(model: Module) -> Iterator[None]:
    """Switch to evaluation mode and no graph inside a ``with`` block."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def loader_for(data: Any, model: Module, batch_size: int, shuffle: bool, seed: int | None) -> Loader:
    """Return a loader unchanged, or make one over arrays in the dtype of the model."""
    if isinstance(data, Loader):
        return data
    return Loader(data, batch_size, shuffle=shuffle, seed=seed, dtype=dtype_of(model))


def dtype_of(model: Module) -> np.dtype[Any]:
    """The dtype of a model's first floating parameter."""
    return next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), get_default_dtype())


def named(metrics: Metrics) -> dict[str, Metric]:
    """Return metrics by name; an object without a name goes by its class."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    return {getattr(metric, "__name__", type(metric).__name__): metric for metric in metrics}


def parts_of(batch: Any, dtype: np.dtype[Any]) -> tuple[Any, tuple[Any, ...]]:
    """Split a batch into its input and targets, with floating arrays in a dtype."""
    parts = batch if isinstance(batch, list | tuple) else (batch,)
    x, *targets = (p.astype(dtype) if p.dtype.kind == "f" and p.dtype != dtype else p for p in map(_array, parts))
    return x, tuple(targets) or (x,)


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) or x.__class__ is np.ndarray else plain(x, "a batch")


def single(loss: Any) -> NDArray[Any]:
    """Return the loss as an array of shape (); raises ValueError for any other shape."""
    value = plain(loss)
    if value.shape != ():
        raise ValueError(
            f"the loss must be a single number, but has shape {value.shape}: average it, e.g. with reduction='mean'."
        )
    return value


def number_of(loss: Any) -> float:
    """Return the loss as a float; raises ValueError if it is not a single number."""
    return float(single(loss))

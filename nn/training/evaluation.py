"""A model judged: its predictions, loss and metrics, in evaluation and without a graph."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, no_grad
from nn.arrays import plain
from nn.data import Loader
from nn.defaults import get_default_dtype
from nn.module import Module
from nn.training.run import Loss, Metric

Metrics = Mapping[str, Metric] | Sequence[Metric]


def predict(model: Module, x: Any, *, batch_size: int = 256) -> NDArray[Any]:
    """The outputs of a model for samples, in evaluation, without a graph, and in batches; its mode is put back.

    ``x`` is an array (N, ...), or a `nn.data.Loader` of which the first array of each batch counts. The result is one
    array (N, ...).

    Raises ValueError when there are no samples.

    >>> import nn
    >>> nn.predict(nn.Identity(), nn.data.xor().x).shape
    (4, 2)
    """
    dtype = dtype_of(model)
    with _judging(model):
        found = [plain(model(parts_of(batch, dtype)[0])) for batch in loader_for(x, model, batch_size, False, None)]
    if not found:
        raise ValueError("there are no samples to predict for.")
    return np.concatenate(found)


def evaluate(
    model: Module, data: Any, *, loss: Loss | None = None, metrics: Metrics = (), batch_size: int = 256
) -> dict[str, float]:
    """Loss and metrics of a model on data, in evaluation and without a graph; the model's mode is put back.

    The loss is the mean over samples of what ``loss`` returns for each batch; metrics see all predictions at once.
    They are NaN, and are not asked, where predictions are: a model that has diverged has no accuracy. Arguments as for
    `fit`.

    Raises ValueError when there are no samples.

    >>> import nn
    >>> nn.evaluate(nn.Identity(), nn.data.xor(), loss=lambda p, y: nn.MSELoss()(p[:, 0], y))
    {'loss': 0.5}
    """
    loader = loader_for(data, model, batch_size, False, None)
    total, samples = 0.0, 0
    pairs: list[tuple[Any, Any]] = []
    dtype = dtype_of(model)
    with _judging(model):
        for batch in loader:
            x, targets = parts_of(batch, dtype)
            prediction = model(x)
            if loss is not None:
                total += number_of(loss(prediction, *targets)) * len(x)
            samples += len(x)
            if metrics:
                pairs.append((plain(prediction), plain(targets[0])))
    if not samples:
        raise ValueError("there are no samples to judge by.")
    result = {} if loss is None else {"loss": total / samples}
    if metrics:
        prediction, answer = map(np.concatenate, zip(*pairs, strict=True))
        lost = prediction.dtype.kind in "fc" and bool(np.isnan(prediction).any())
        for name, metric in named(metrics).items():
            result[name] = math.nan if lost else float(metric(prediction, answer))
    return result


@contextmanager
def _judging(model: Module) -> Iterator[None]:
    """Evaluation and no graph, for a while."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def loader_for(data: Any, model: Module, batch_size: int, shuffle: bool, seed: int | None) -> Loader:
    """The loader itself, or one over arrays, in the dtype of the model."""
    if isinstance(data, Loader):
        return data
    return Loader(data, batch_size, shuffle=shuffle, seed=seed, dtype=dtype_of(model))


def dtype_of(model: Module) -> np.dtype[Any]:
    """The dtype of a model: that of its first floating parameter."""
    return next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), get_default_dtype())


def named(metrics: Metrics) -> dict[str, Metric]:
    """Metrics by name; a function without one has that of its class."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    return {getattr(metric, "__name__", type(metric).__name__): metric for metric in metrics}


def parts_of(batch: Any, dtype: np.dtype[Any]) -> tuple[Any, tuple[Any, ...]]:
    """The input of a batch and its targets, floating numbers in a dtype."""
    parts = batch if isinstance(batch, list | tuple) else (batch,)
    x, *targets = (p.astype(dtype) if p.dtype.kind == "f" and p.dtype != dtype else p for p in map(_array, parts))
    return x, tuple(targets) or (x,)


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) or x.__class__ is np.ndarray else plain(x, "a batch")


def single(loss: Any) -> NDArray[Any]:
    """The loss as an array of one number; ValueError when it has several."""
    value = plain(loss)
    if value.shape != ():
        raise ValueError(
            f"the loss is one number, but this has shape {value.shape}: average it, such as by reduction='mean'."
        )
    return value


def number_of(loss: Any) -> float:
    """The loss as a number; ValueError when it is several."""
    return float(single(loss))

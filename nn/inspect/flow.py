"""How the gradient flows back through a model, layer by layer: docs/doctor.md explains what predicts it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from html import escape
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.modes import changed
from autograd.pytree import flatten
from nn.inspect.doctor.training import Training, norm_of, plain_modes
from nn.inspect.doctor.trial_step import Seen
from nn.inspect.doctor.units import flat_share
from nn.layers import Linear
from nn.module import Module
from nn.plot.curves import lines
from optim import Optimizer

__autograd_transparent__ = True  # messages name lines of the user's code


class FlowRow(NamedTuple):
    """The numbers for one layer, as explained in `gradient_flow`; None where a number is unknown.

    >>> import nn
    >>> layer = nn.Linear(2, 1)
    >>> layer([[0.0, 4.0]]).sum().backward()
    >>> row = nn.gradient_flow(layer)[0]
    >>> row.zeros, row.delta
    (0.3333333333333333, None)
    """

    layer: str
    kind: str
    norm: float | None  # of the gradient of its parameters
    zeros: float | None
    delta: float | None  # the norm of the gradient at its output
    factor: float | None
    predicted: float | None
    flat: float | None
    update: float | None


_TITLES = ("layer", "", "gradient", "zeros", "at output", "factor", "predicted", "flat", "update/weight")


class GradientFlow:
    """The table that `gradient_flow` returns: print it, plot it, iterate over its rows, or convert it with `to_dict`.

    >>> import nn
    >>> layer = nn.Linear(2, 1)
    >>> layer([[3.0, 4.0]]).sum().backward()
    >>> flow = nn.gradient_flow(layer)
    >>> len(flow), flow[0].kind
    (1, 'Linear')
    >>> flow.to_dict()[""]["norm"]
    5.0990195135927845
    """

    def __init__(self, rows: list[FlowRow]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __getitem__(self, layer: str | int) -> FlowRow:
        if isinstance(layer, int):
            return self.rows[layer]
        for row in self.rows:
            if row.layer == layer:
                return row
        raise KeyError(f"no layer {layer!r}; the layers are {', '.join(row.layer for row in self.rows)}")

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return a dict of layer names to the numbers of each layer."""
        return {row.layer: {name: value for name, value in row._asdict().items() if name != "layer"} for row in self}

    def plot(self, *, ax: Any = None) -> Any:
        """Plot the norms by layer on a logarithmic scale; needs matplotlib.

        The solid line is the gradient at the output of each layer (or of its parameters, if only those are known). The
        dashed line applies the predicted factors to the last gradient, layer by layer.

        >>> import nn.plot
        >>> layer = nn.Linear(2, 1)
        >>> layer([[3.0, 4.0]]).sum().backward()
        >>> ax = nn.gradient_flow(layer).plot()
        >>> ax.get_yscale()
        'log'
        """
        known = [row for row in self.rows if row.delta is not None]
        at_output = bool(known)
        shown = known if at_output else [row for row in self.rows if row.norm is not None]
        places = np.arange(len(shown))
        curves: dict[str, list[float | None]] = {"gradient": [row.delta if at_output else row.norm for row in shown]}
        if at_output and len(shown) > 1:
            expected = [shown[-1].delta or math.nan]
            for row in reversed(shown[1:]):
                expected.append(expected[-1] * (math.nan if row.predicted is None else row.predicted))
            curves["from weights and slopes"] = [*expected[::-1]]
        ax = lines(curves, places, log="y", ax=ax, xlabel="layer", ylabel="norm of the gradient")
        ax.set_xticks(places, [row.layer for row in shown], rotation=90 if len(shown) > 8 else 0)
        return ax

    def __str__(self) -> str:
        table = [_TITLES, *(self._cells(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in table) for i in range(len(_TITLES))]
        lines = [
            "  ".join(f"{c:<{w}}" if i < 2 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(line, widths, strict=True)))
            for line in table
        ]
        return "\n".join(line.rstrip() for line in lines)

    def __repr__(self) -> str:
        return f"GradientFlow({len(self.rows)} layers)"

    def _repr_html_(self) -> str:
        def line(cells: Iterable[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(line(self._cells(row), "td") for row in self.rows)
        return f"<table><thead>{line(_TITLES, 'th')}</thead><tbody>{body}</tbody></table>"

    def _cells(self, row: FlowRow) -> tuple[str, ...]:
        forms = (".3g", ".0%", ".3g", ".3g", ".3g", ".0%", ".3g")
        numbers = ("" if x is None else format(x, form) for x, form in zip(row[2:], forms, strict=True))
        return (row.layer or "(model)", row.kind, *numbers)


def gradient_flow(
    model: Module, loss_fn: Callable[..., Any] | None = None, batch: Any = None, optimizer: Optimizer | None = None
) -> GradientFlow:
    """Measure how the gradient of a loss flows back through the layers of a model.

    ``loss_fn`` and ``batch`` are as in `nn.fit`: the loss is ``loss_fn(model(x), y)``. As with `nn.doctor`, nothing
    changes. Every called module with parameters of its own gets a row, in calling order:

    - *gradient*: the norm of the gradient of its parameters; *zeros*: the fraction of that gradient that is exactly 0;
    - *at output*: delta, the norm of the gradient at the output of the layer;
    - *factor*: delta at the layer before, divided by delta here: how much the gradient shrank (or grew) on its way back
      through the weights of this layer and the activation before them;
    - *predicted*: ``|W|_F / sqrt(out_features)`` times the root mean square of the slopes between the two layers, which
      is the factor for a gradient of random direction. If a layer is not linear, or anything other than an activation
      lies between (pooling, a skip connection), the root mean square gain is estimated with one random vector;
    - *flat*: the fraction of activations after the layer whose slope is below a hundredth of their largest slope
      (for ReLU: whose slope is 0);
    - *update/weight*: with ``optimizer``, the norm of its next step divided by the norm of the weights; about 1e-3 is
      typical.

    Without a loss and a batch, the rows describe the gradients stored in ``.grad``.

    Raises TypeError if only one of loss and batch is given, or if ``model`` is not a Module or holds an iterator, and
    ValueError if the loss does not require a gradient; errors of the model and the loss propagate.

    S. Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen", 1991; X. Glorot and Y. Bengio, "Understanding the
    difficulty of training deep feedforward neural networks", AISTATS 2010.

    >>> import numpy as np
    >>> import nn
    >>> model = nn.MLP([64, 64, 64, 64], "sigmoid", rng=0)
    >>> x = np.random.default_rng(0).standard_normal((256, 64)).astype("float32")
    >>> flow = nn.gradient_flow(model, nn.MSELoss(), (x, x))
    >>> [row.layer for row in flow], flow["2"].factor is not None, flow[0].factor is None
    (['0', '2', '4'], True, True)
    >>> round(flow["4"].factor, 2), round(flow["4"].predicted, 2)  # weights 0.58, slopes 0.25
    (0.14, 0.14)
    """
    if not isinstance(model, Module):
        raise TypeError(f"gradient_flow takes a Module, not {model!r}.")
    if (loss_fn is None) != (batch is None):
        raise TypeError("gradient_flow needs both a loss and a batch, or neither to read the stored .grad.")
    if loss_fn is None:
        layers = {path: module for path, module in model.named_modules() if _own(module)}
        found = {path: _norm_and_zeros([p.grad for p in _own(module)]) for path, module in layers.items()}
        unknown = (None,) * 5
        return GradientFlow([FlowRow(path, type(layers[path]).__name__, *found[path], *unknown) for path in layers])
    training = Training(model, loss_fn, [] if optimizer is None else [optimizer], batch)
    with plain_modes(), training.restored() as restore:
        if restore.one_way:
            names = ", ".join(restore.one_way)
            raise TypeError(f"{names} is an iterator, which a run would exhaust: make it a list.")
        with training.restored():
            trace = _Trace(model, Seen(restore))
            with changed(grad=True, scope=None, watch=trace.seen):
                prediction = model(training.x)
            trace.measure(loss_fn(prediction, *training.targets))
        before = {id(p): p.data.copy() for p in training.trained.values()}
        training.step()
        return GradientFlow(trace.rows({key: norm_of([p.data - before[key]]) for key, p in training.trained.items()}))


class _Call:
    """One call of a layer: its input and output, and the activations that ran in it or right after it."""

    def __init__(self, path: str, module: Module, x: Any) -> None:
        self.path = path
        self.module = module
        self.x = _first(x)
        self.out: Tensor | None = None
        self.start = self.end = 0  # of its activations
        self.delta: float | None = None
        self.factor: float | None = None
        self.predicted: float | None = None


class _Trace:
    """Records the calls of all layers of a model by replacing their ``forward``."""

    def __init__(self, model: Module, seen: Seen) -> None:
        self.seen = seen
        self.calls: list[_Call] = []
        self.layers = {path: module for path, module in model.named_modules() if _own(module)}
        self.gradients: dict[int, Any] = {}
        self.sizes = {id(p): norm_of([p.data]) for p in model.parameters()}  # before any step
        for path, module in self.layers.items():
            vars(module)["forward"] = self._noting(module.forward, path, module)

    def _noting(self, forward: Callable[..., Any], path: str, module: Module) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            call = _Call(path, module, [*args, *kwargs.values()])
            call.start = len(self.seen.activations)
            out = forward(*args, **kwargs)
            call.out, call.end = _first(out), len(self.seen.activations)
            self.calls.append(call)
            return out

        return noting

    def measure(self, loss: Any) -> None:
        """Compute the gradients at all outputs, and the factors between each layer and the one before."""
        if not isinstance(loss, Tensor) or not loss.requires_grad:
            raise ValueError("the loss depends on nothing that requires a gradient; nn.doctor can find the cause.")
        passed = [(call, call.out) for call in self.calls if call.out is not None and call.out.requires_grad]
        calls = [call for call, _ in passed]
        parameters = [p for module in self.layers.values() for p in _own(module) if p.requires_grad]
        found = loss.gradient(*(out for _, out in passed), *parameters, retain_graph=True, allow_unused=True)
        for call, g in zip(calls, found, strict=False):
            call.delta = None if g is None else norm_of([g.data])
        self.gradients = dict(zip(map(id, parameters), found[len(calls) :], strict=True))
        rng = np.random.default_rng(0)
        for k, call in enumerate(calls):
            if call.x is None or not call.x.requires_grad:
                continue
            for before in reversed(calls[:k]):
                between = _gain(call.x, before.out, rng)
                if between is not None:
                    own = _gain_of_weights(call, rng)
                    call.predicted = None if own is None else own * between
                    if before.delta is not None and call.delta:
                        call.factor = before.delta / call.delta
                    break

    def rows(self, updates: dict[int, float]) -> list[FlowRow]:
        """Make one row per layer, in the order of first calls; several calls of a layer are combined."""
        order = dict.fromkeys(call.path for call in self.calls)
        return [self._row(path, [c for c in self.calls if c.path == path], updates) for path in order]

    def _row(self, path: str, calls: list[_Call], updates: dict[int, float]) -> FlowRow:
        own = _own(calls[0].module)
        given = [self.gradients[id(p)] for p in own if id(p) in self.gradients]
        norm, zeros = _norm_and_zeros([None if g is None else g.data for g in given])
        deltas = [call.delta for call in calls if call.delta is not None]
        shares = [flat_share(a) for call in calls for a in self._activations(call)]
        weights = [p for p in own if p.ndim >= 2] or own
        change = [updates[id(p)] for p in weights if id(p) in updates]
        size = math.hypot(*(self.sizes[id(p)] for p in weights))
        return FlowRow(
            path,
            type(calls[0].module).__name__,
            norm,
            zeros,
            math.hypot(*deltas) if deltas else None,
            _middle([call.factor for call in calls]),
            _middle([call.predicted for call in calls]),
            sum(shares) / len(shares) if shares else None,
            math.hypot(*change) / size if change and size else None,
        )

    def _activations(self, call: _Call) -> list[Any]:
        """The activations in a layer and after it, up to the next layer."""
        following = self.calls[self.calls.index(call) + 1 :]
        end = min((other.start for other in following if other.start >= call.end), default=len(self.seen.activations))
        return self.seen.activations[call.start : end]


def _gain(end: Tensor, start: Tensor | None, rng: np.random.Generator) -> float | None:
    """The root mean square gain of the backward pass from one Tensor to another; None if they are not connected.

    Random entries of -1 and 1 make it exact for elementwise functions, such as activations.
    """
    if start is None or not start.requires_grad:
        return None
    if end is start:
        return 1.0
    v = rng.choice(np.array([-1.0, 1.0], end.dtype), size=end.shape)
    (g,) = end.gradient(start, gradient=v, retain_graph=True, allow_unused=True)
    return None if g is None else norm_of([g.data]) / norm_of([v])


def _gain_of_weights(call: _Call, rng: np.random.Generator) -> float | None:
    if isinstance(call.module, Linear):
        return norm_of([call.module.weight.data]) / math.sqrt(call.module.out_features)
    assert call.x is not None
    assert call.out is not None
    return _gain(call.out, call.x, rng)


def _own(module: Module) -> list[Any]:
    return list(module.parameters(recurse=False))


def _first(value: Any) -> Tensor | None:
    """The first Tensor in the arguments or results of a module."""
    return next((leaf for leaf in flatten(value) if isinstance(leaf, Tensor)), None)


def _norm_and_zeros(gradients: list[Any]) -> tuple[float | None, float | None]:
    known = [np.asarray(g) for g in gradients if g is not None]
    size = sum(g.size for g in known)
    if not size:
        return None, None
    return norm_of(known), sum(int(g.size - np.count_nonzero(g)) for g in known) / size


def _middle(values: list[float | None]) -> float | None:
    """The geometric mean of factors."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return math.exp(sum(map(math.log, known)) / len(known)) if all(known) else 0.0

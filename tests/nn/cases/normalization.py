"""Normalisation over a batch, and over the features of a sample."""

import numpy as np
from nn_cases.base import Case, called, numbers

import nn
from autograd import OperandError


def standard(x, axes, eps):
    mean = x.mean(axes, keepdims=True) if x.size else 0.0
    return (x - mean) / np.sqrt(x.var(axes, keepdims=True) + eps) if x.size else x


def scaled(state, x, sizes):
    if "weight" in state:
        x = x * state["weight"].reshape(sizes)
    return x + state["bias"].reshape(sizes) if "bias" in state else x


def batch_norm(training, eps=1e-5):
    def reference(state, x):
        sizes = (-1, *(1,) * (x.ndim - 2))
        if training:
            return scaled(state, standard(x, (0, *range(2, x.ndim)), eps), sizes)
        mean, variance = (state[name].reshape(sizes) for name in ("running_mean", "running_var"))
        return scaled(state, (x - mean) / np.sqrt(variance + eps), sizes)

    return reference


def layer_norm(count, eps=1e-5):
    axes = tuple(range(-count, 0))
    return lambda state, x: scaled(state, standard(x, axes, eps), state["weight"].shape if "weight" in state else ())


def group_norm(groups, eps=1e-5):
    def reference(state, x):
        rows = x.reshape(len(x), groups, x[:1].size // groups if len(x) else 1)
        return scaled(state, standard(rows, -1, eps).reshape(x.shape), (-1, *(1,) * (x.ndim - 2)))

    return reference


def rms_norm(state, x, eps=None):
    # without eps it depends on the dtype; the numbers here are so large that it does not matter
    return x / np.sqrt(np.mean(x**2, -1, keepdims=True) + (eps or 2.2e-16)) * state.get("weight", 1.0)


def seasoned(module):
    """The module after some batches."""
    module.running_mean.data = np.array([0.5, -1.0, 2.0], module.running_mean.dtype)
    module.running_var.data = np.array([0.25, 1.0, 4.0], module.running_var.dtype)
    return module


def batch_norms(name, make, shape, errors, theirs=None):
    """A layer in training, in evaluation, and with the settings that change what it does."""
    words = f"{make.__name__}(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    torch = f"nn.{theirs or make.__name__}"
    facts = {"least": 2, "empty": False, "bad": errors}
    yield Case(name, lambda: make(3), numbers(3, *shape), batch_norm(True), words, f"{torch}(3)", **facts)
    yield Case(
        f"{name}-eval",
        lambda: seasoned(make(3)),
        numbers(3, *shape),
        batch_norm(False),
        words,
        f"{torch}(3)",
        training=False,
        bad=errors,
    )
    yield Case(
        f"{name}-average",
        lambda: make(3, eps=0.1, momentum=None, affine=False),
        numbers(3, *shape),
        batch_norm(True, 0.1),
        f"{make.__name__}(3, eps=0.1, momentum=None, affine=False, track_running_stats=True)",
        f"{torch}(3, eps=0.1, momentum=None, affine=False)",
        **facts,
    )
    yield Case(
        f"{name}-untracked",
        lambda: make(3, track_running_stats=False),
        numbers(3, *shape),
        batch_norm(True),
        f"{make.__name__}(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=False)",
        f"{torch}(3, track_running_stats=False)",
        training=False,
        **facts,
    )


def instance_norms(name, make, shape, errors):
    """As those over batches, with other settings by default."""
    plain = f"{make.__name__}(3, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)"
    full = "3, eps=0.1, momentum=0.3, affine=True, track_running_stats=True"
    torch = f"nn.{make.__name__}"
    yield Case(name, lambda: make(3), numbers(3, *shape), group_norm(3), plain, f"{torch}(3)", bad=errors)
    for training in (True, False):
        yield Case(
            f"{name}-all{'' if training else '-eval'}",
            lambda: seasoned(make(3, 0.1, 0.3, True, True)),
            numbers(3, *shape),
            group_norm(3, 0.1) if training else batch_norm(False, 0.1),
            f"{make.__name__}({full})",
            f"{torch}({full})" if training else f"{torch}({full}).eval()",
            training=training,
        )


def lazy(name, make, shape):
    """A layer that has found its number of channels."""
    plain = name.removeprefix("Lazy")
    words = f"{plain}(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    return Case(name, make, numbers(3, *shape), batch_norm(True), words, f"nn.{plain}(3)", least=2, empty=False)


def wrong(words, *shapes):
    return [((np.zeros(shape),), OperandError, words) for shape in shapes]


CASES = [
    *batch_norms(
        "BatchNorm1d",
        nn.BatchNorm1d,
        (),
        wrong("(N, C) or (N, C, L) with C = 3 channels, not (", (2, 4), (3,), (2, 4, 3), (2, 3, 1, 1)),
    ),
    *batch_norms("BatchNorm1d-sequence", nn.BatchNorm1d, (4,), []),
    *batch_norms(
        "SyncBatchNorm",
        nn.distributed.SyncBatchNorm,
        (2, 2),
        wrong("(N, C, ...) with C = 3 channels, not (", (2, 4), (3,), (2, 4, 3)),
        "BatchNorm2d",  # theirs needs a GPU
    ),
    lazy("LazyBatchNorm1d", lambda: called(nn.LazyBatchNorm1d(), 2, 3), ()),
    lazy("LazyBatchNorm2d", lambda: called(nn.LazyBatchNorm2d(), 2, 3, 1, 1), (2, 2)),
    *batch_norms(
        "BatchNorm2d",
        nn.BatchNorm2d,
        (2, 2),
        wrong("(N, C, H, W) with C = 3 channels, not (", (2, 3), (2, 3, 4), (2, 4, 4, 3)),
    ),
    Case(
        "LayerNorm",
        lambda: nn.LayerNorm(4),
        numbers(3, 4),
        layer_norm(1),
        "LayerNorm((4,), eps=1e-05, elementwise_affine=True)",
        "nn.LayerNorm(4)",
        bad=wrong("must have the sizes normalized_shape=(4,), but the input has shape (", (2, 3), (4, 1), ()),
    ),
    Case(
        "LayerNorm-axes",
        lambda: nn.LayerNorm([3, 4], eps=0.1, bias=False),
        numbers(3, 4),
        layer_norm(2, 0.1),
        "LayerNorm((3, 4), eps=0.1, elementwise_affine=True, bias=False)",
        "nn.LayerNorm([3, 4], eps=0.1, bias=False)",
        bad=wrong("normalized_shape=(3, 4)", (2, 4, 3), (4,)),
    ),
    Case(
        "LayerNorm-plain",
        lambda: nn.LayerNorm(4, elementwise_affine=False),
        numbers(4),
        layer_norm(1),
        "LayerNorm((4,), eps=1e-05, elementwise_affine=False)",
        "nn.LayerNorm(4, elementwise_affine=False)",
    ),
    Case(
        "RMSNorm",
        lambda: nn.RMSNorm(4),
        numbers(3, 4),
        rms_norm,
        "RMSNorm((4,), eps=None, elementwise_affine=True)",
        "nn.RMSNorm(4)",
        bad=wrong("rms_norm: the last axes must have the sizes normalized_shape=(4,)", (2, 3), ()),
    ),
    Case(
        "RMSNorm-eps",
        lambda: nn.RMSNorm(4, eps=0.1, elementwise_affine=False),
        numbers(4),
        lambda s, x: rms_norm(s, x, 0.1),
        "RMSNorm((4,), eps=0.1, elementwise_affine=False)",
        "nn.RMSNorm(4, eps=0.1, elementwise_affine=False)",
    ),
    Case(
        "GroupNorm",
        lambda: nn.GroupNorm(2, 4),
        numbers(4, 3),
        group_norm(2),
        "GroupNorm(2, 4, eps=1e-05, affine=True)",
        "nn.GroupNorm(2, 4)",
        bad=wrong("affine=True) needs a shape (N, C, ...) with C = 4, not (", (2, 3), (4,)),
    ),
    Case(
        "GroupNorm-plain",
        lambda: nn.GroupNorm(1, 2, 0.1, affine=False),
        numbers(2),
        group_norm(1, 0.1),
        "GroupNorm(1, 2, eps=0.1, affine=False)",
        "nn.GroupNorm(1, 2, 0.1, affine=False)",
    ),
    *instance_norms(
        "InstanceNorm1d",
        nn.InstanceNorm1d,
        (4,),
        [
            *wrong("(N, C, L) or (C, L) with C = 3 channels, not (", (2, 4), (3,), (2, 4, 3)),
            ((np.zeros((2, 3, 1)),), ValueError, "at least 2 values per channel and sample, not shape (2, 3, 1)"),
        ],
    ),
    *instance_norms(
        "InstanceNorm2d", nn.InstanceNorm2d, (2, 2), wrong("(N, C, H, W) or (C, H, W)", (2, 2, 4, 4), (3, 4))
    ),
]

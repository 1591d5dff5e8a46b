"""The losses."""

import numpy as np
from nn_cases.base import Case, answers, classes, pair, sigmoid, softmax

import nn
from nn import LabelError, LossShapeError


def cross_entropy(state, logits, labels):
    p = softmax(np.moveaxis(logits, 1, -1))
    return -np.log(np.take_along_axis(p, labels[..., None], -1)[..., 0])


def binary_cross_entropy(state, x, t):
    return -t * np.log(sigmoid(x)) - (1 - t) * np.log(1 - sigmoid(x))


def losses(name, make, inputs, reference, bad):
    """The three reductions of a loss."""
    for reduction, reduce in (("mean", np.mean), ("sum", np.sum), ("none", lambda x: x)):
        yield Case(
            f"{name}-{reduction}",
            lambda reduction=reduction: make(reduction=reduction),
            inputs,
            lambda *given, reduce=reduce: reduce(reference(*given)),
            f"{make.__name__}({'' if reduction == 'mean' else f'reduction={reduction!r}'})",
            torch=f"nn.{make.__name__}(reduction={reduction!r})",
            bad=bad,
            empty=reduction != "mean",
            reduces=reduction != "none",
        )


PAIR_ERRORS = [
    ((np.zeros((4, 1)), np.zeros(4)), LossShapeError, "target.reshape(4, 1)"),
    ((np.zeros(4), np.zeros((4, 1))), LossShapeError, "target.reshape(4)"),
    ((np.zeros((4, 2)), np.zeros((4, 3))), LossShapeError, "one target for each entry"),
    ((np.zeros((4, 2)), np.zeros(())), LossShapeError, "has shape (4, 2), but the target has shape ()"),
]

CLASS_ERRORS = [
    ((np.zeros((4, 3)), np.array([0, 1, 2, 3])), LabelError, "label 3 at index (3,) is not among the 3 classes 0 .. 2"),
    ((np.zeros((4, 3)), np.array([0, -1, 2, 0])), LabelError, "label -1 at index (1,)"),
    ((np.zeros((2, 3)), np.array([0, 200], np.uint8)), LabelError, "label 200"),
    ((np.zeros((4, 3)), np.zeros(4)), LabelError, "integers, not float64. Pass labels.astype(int)"),
    ((np.zeros((4, 3)), np.zeros((4, 3))), LabelError, "For one-hot rows pass labels.argmax(axis=1)"),
    ((np.zeros((4, 3)), np.zeros((4, 3), int)), LossShapeError, "for one-hot rows pass labels.argmax(axis=1)"),
    ((np.zeros((4, 3)), np.zeros((4, 1), int)), LossShapeError, "pass labels.reshape(4)"),
    ((np.zeros((4, 3)), np.zeros(5, int)), LossShapeError, "(4, 3) do not go with labels of shape (5,)"),
    ((np.zeros((4, 3, 2)), np.zeros(4, int)), LossShapeError, "without the axis of the classes"),
    ((np.zeros(()), np.array(0)), LossShapeError, "logits of shape ()"),
    ((np.zeros((4, 0)), np.zeros(4, int)), LabelError, "label 0 at index (0,) is not among the 0 classes"),
]

CASES = [
    *losses("MSELoss", nn.MSELoss, pair(3), lambda s, x, t: (x - t) ** 2, PAIR_ERRORS),
    *losses(
        "BCEWithLogitsLoss",
        nn.BCEWithLogitsLoss,
        answers(3),
        binary_cross_entropy,
        [
            *PAIR_ERRORS,
            ((np.zeros(2), np.array([-1.0, 1.0])), LabelError, "Labels -1 and 1 become 0 and 1 by (target + 1) / 2"),
            ((np.zeros(2), np.array([0.0, np.nan])), LabelError, "from nan to nan"),
            ((np.zeros(2), np.array([0, 2])), LabelError, "from 0.0 to 2.0"),
        ],
    ),
    *losses("CrossEntropyLoss", nn.CrossEntropyLoss, classes(4), cross_entropy, CLASS_ERRORS),
    *losses("CrossEntropyLoss-pixels", nn.CrossEntropyLoss, classes(3, 2, 2), cross_entropy, []),
]

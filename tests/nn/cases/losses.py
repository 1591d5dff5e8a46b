"""The losses, with every setting and all reductions."""

import numpy as np
from nn_cases.base import Case, answers, classes, pair, sigmoid, softmax

import nn
from nn import LabelError, LossShapeError, PredictionError

# --- what goes in -------------------------------------------------------------------------------------------------


def probabilities(*shape):
    """Predictions and targets from 0.1 to 0.9, so that finite differences stay between 0 and 1."""
    return lambda rng, n: (rng.uniform(0.1, 0.9, size=(n, *shape)), rng.uniform(0.1, 0.9, size=(n, *shape)))


def sides(*shape):
    """Scores away from the kinks at 0 and at the margin, and integers -1 and 1."""

    def make(rng, n):
        x = rng.normal(size=(n, *shape))
        x = np.where(abs(x) < 0.05, 0.5, x)
        return np.where(abs(abs(x) - 1) < 0.05, 0.5, x), rng.choice([-1, 1], size=(n, *shape))

    return make


def apart(*shape):
    """Predictions and targets whose differences are neither near 0 nor near 0.5 or 1."""

    def make(rng, n):
        t, r = rng.normal(size=(n, *shape)), rng.normal(size=(n, *shape))
        for kink in (0.0, 0.5, 1.0):
            r = np.where(abs(abs(r) - kink) < 0.05, kink + 0.2, r)
        return t + r, t

    return make


def with_variances(*shape):
    return lambda rng, n: (*pair(3)(rng, n), rng.uniform(0.5, 2.0, size=(n, *shape)))


def counts(low, high):
    """Predictions in an interval, and counts as floating numbers, above 1, where a term of them begins."""
    return lambda rng, n: (rng.uniform(low, high, size=(n, 3)), rng.integers(2, 5, size=(n, 3)).astype(float))


def vectors(count, *more):
    """Vectors, and for each pair a side, where there is ``more``."""

    def make(rng, n):
        return (*(rng.normal(size=(n, 3)) for _ in range(count)), *(rng.choice([-1, 1], size=n) for _ in more))

    return make


def ranked(rng, n):
    """Pairs of scores that differ neither by 0.3 nor by so little that a difference passes the kink at 0."""
    r = rng.normal(size=(n, 3))
    r = np.where(abs(abs(r) - 0.3) < 0.05, 0.5, np.where(abs(r) < 0.05, 0.1, r))
    x = rng.normal(size=(n, 3))
    return x + r, x, rng.choice([-1, 1], size=(n, 3))


def shares(count, *shape):
    """Logits, and probabilities of the classes as targets."""

    def make(rng, n):
        return rng.normal(size=(n, count, *shape)), softmax(rng.normal(size=(n, count, *shape)), 1)

    return make


def logs(count, *shape):
    """Logarithms of probabilities, and class numbers."""
    return lambda rng, n: (np.log(softmax(rng.normal(size=(n, count, *shape)), 1)), rng.integers(0, count, (n, *shape)))


def two_distributions(log_target):
    def make(rng, n):
        q, p = softmax(rng.normal(size=(n, 3))), softmax(rng.normal(size=(n, 3)))
        return np.log(q), np.log(p) if log_target else p

    return make


# --- the formulas -------------------------------------------------------------------------------------------------

WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])  # of four classes
EVEN = np.ones(4)


def picked(x, labels):
    """The entry of each label; classes are axis 1."""
    return np.take_along_axis(np.moveaxis(x, 1, -1), labels[..., None], -1)[..., 0]


def log_softmax(x):
    return np.log(softmax(x, 1))


def cross_entropy(state, logits, labels):
    return -picked(log_softmax(logits), labels)


def smoothed(state, logits, labels, share=0.3, weight=EVEN):
    """PyTorch's formula: the terms of all classes, weighted, share the share evenly."""
    every = -np.tensordot(log_softmax(logits), weight / 4, (1, 0))
    return (1 - share) * weight[labels] * cross_entropy(state, logits, labels) + share * every


def of_shares(state, logits, q):
    return -(q * log_softmax(logits)).sum(1)


def binary_cross_entropy(state, x, t):
    return -t * np.log(sigmoid(x)) - (1 - t) * np.log(1 - sigmoid(x))


def of_probabilities(state, p, t):
    return -t * np.log(p) - (1 - t) * np.log(1 - p)


def huber(delta):
    def formula(state, x, t):
        r = abs(x - t)
        return np.where(r <= delta, r * r / 2, delta * (r - delta / 2))

    return formula


def gaussian(state, x, t, v):
    v = v[:, None] if v.ndim == 1 else v
    return (np.log(v) + (x - t) ** 2 / v) / 2


def stirling(t):
    return t * np.log(t) - t + np.log(2 * np.pi * t) / 2


def of_cosines(margin):
    def formula(state, a, b, t):
        c = (a * b).sum(1) / np.sqrt(((a * a).sum(1) + 1e-12) * ((b * b).sum(1) + 1e-12))
        return np.where(t == 1, 1 - c, np.maximum(0, c - margin))

    return formula


def triplets(margin=1.0, p=2, eps=1e-6, swap=False):
    def far(a, b):
        return np.linalg.norm(a - b + eps, p, axis=1)

    def formula(state, a, b, c):
        other = np.minimum(far(a, c), far(b, c)) if swap else far(a, c)
        return np.maximum(0, margin + far(a, b) - other)

    return formula


def divergence(state, x, t):
    return t * (np.log(t) - x)


# --- the cases ----------------------------------------------------------------------------------------------------


def losses(name, inputs, formula, bad, *, settings="", shown="", weigh=None, torch=True, order=2):
    """The three reductions of a loss; ``weigh`` gives the weights of the mean, where it has some."""
    make = getattr(nn, name.partition("-")[0])
    for reduction in ("mean", "sum", "none"):

        def reduced(state, *given, reduction=reduction):
            values = formula(state, *given)
            if reduction == "mean":
                return values.mean() if weigh is None else values.sum() / weigh(*given).sum()
            return values.sum() if reduction == "sum" else values

        text = f"{settings}{', ' if settings else ''}reduction={reduction!r}"
        said = ", ".join(filter(None, ["" if reduction == "mean" else f"reduction={reduction!r}", shown]))
        yield Case(
            f"{name}-{reduction}",
            lambda text=text: eval(f"make({text})", {"make": make, "array": np.array}),
            inputs,
            reduced,
            f"{make.__name__}({said})",
            torch=f"nn.{make.__name__}({text})".replace("array(", "tensor(")
            if torch and (name, reduction) not in WARNED
            else "",
            bad=bad,
            empty=reduction != "mean",
            reduces=reduction != "none",
            order=order,
        )


# For which PyTorch says that it will mean another thing.
WARNED = {("KLDivLoss", "mean"), ("KLDivLoss-log", "mean")}

PAIR_ERRORS = [
    ((np.zeros((4, 1)), np.zeros(4)), LossShapeError, "target.reshape(4, 1)"),
    ((np.zeros(4), np.zeros((4, 1))), LossShapeError, "target.reshape(4)"),
    ((np.zeros((4, 2)), np.zeros((4, 3))), LossShapeError, "one target for each entry"),
    ((np.zeros((4, 2)), np.zeros(())), LossShapeError, "has shape (4, 2), but the target has shape ()"),
]

YES_NO_ERRORS = [
    *PAIR_ERRORS,
    ((np.zeros(2), np.array([-1.0, 1.0])), LabelError, "For labels -1 and 1, pass (target + 1) / 2"),
    ((np.zeros(2), np.array([0.0, np.nan])), LabelError, "from nan to nan"),
    ((np.zeros(2), np.array([0, 2])), LabelError, "from 0.0 to 2.0"),
]

SIDE_ERRORS = [
    *PAIR_ERRORS,
    ((np.zeros(2), np.array([0.0, 1.0])), LabelError, "For labels 0 and 1, pass 2 * target - 1"),
    ((np.zeros(2), np.array([1, 3])), LabelError, "targets must be -1 or 1, but one is 3.0"),
]

RATE_ERROR = (
    (np.array([0.5, -2.0]), np.zeros(2)),
    PredictionError,
    "every rate must be 0 or more, but the smallest is -2",
)

VARIANCE_ERRORS = [
    *(((*given, np.ones(4)), error, words) for given, error, words in PAIR_ERRORS),
    ((np.zeros((4, 2)), np.zeros((4, 2)), np.ones(2)), LossShapeError, "variance has shape (2,), which does not fit"),
    (
        (np.zeros(2), np.zeros(2), np.array([1.0, -1.0])),
        PredictionError,
        "every variance must be 0 or more, but the smallest",
    ),
]

RANK_ERRORS = [
    *(((*given, np.ones(4)), error, words) for given, error, words in PAIR_ERRORS),
    *(((np.zeros(2), *given), error, words) for given, error, words in SIDE_ERRORS[-2:]),
    ((np.zeros(2), np.zeros(2), np.ones(3)), LossShapeError, "one target for each entry"),
]

VECTOR_ERRORS = [
    ((np.zeros((4, 2)), np.zeros((4, 3)), np.ones(4)), LossShapeError, "(4, 2), but the target has shape (4, 3)"),
    ((np.zeros((4, 2)), np.zeros((4, 2)), np.ones((4, 2))), LossShapeError, "(4,), but the target has shape (4, 2)"),
    ((np.zeros((2, 2)), np.zeros((2, 2)), np.array([0, 1])), LabelError, "For labels 0 and 1"),
]

CLASS_ERRORS = [
    ((np.zeros((4, 3)), np.array([0, 1, 2, 3])), LabelError, "label 3 at index (3,) is not among the 3 classes 0 .. 2"),
    ((np.zeros((4, 3)), np.array([0, -1, 2, 0])), LabelError, "label -1 at index (1,)"),
    ((np.zeros((4, 3)), np.array([-100, 0, 7, 0])), LabelError, "label 7 at index (2,)"),
    ((np.zeros((2, 3)), np.array([0, 200], np.uint8)), LabelError, "label 200"),
    ((np.zeros((4, 3)), np.zeros(4)), LabelError, "integer class indices, not float64. Pass labels.astype(int)"),
    ((np.zeros((4, 3)), np.zeros((4, 3), bool)), LabelError, "For one-hot rows, pass labels.argmax(axis=1)"),
    ((np.zeros((4, 3)), np.zeros((4, 3), int)), LossShapeError, "for one-hot rows, pass labels.argmax(axis=1)"),
    ((np.zeros((4, 3)), np.zeros((4, 1), int)), LossShapeError, "pass labels.reshape(4)"),
    ((np.zeros((4, 3)), np.zeros(5, int)), LossShapeError, "(4, 3) do not fit labels of shape (5,)"),
    ((np.zeros((4, 3, 2)), np.zeros(4, int)), LossShapeError, "without the axis of classes"),
    ((np.zeros(()), np.array(0)), LossShapeError, "of shape ()"),
    ((np.zeros((4, 0)), np.zeros(4, int)), LabelError, "label 0 at index (0,) is not among the 0 classes"),
]

SHARE_ERRORS = [
    ((np.zeros((4, 3)), np.full((4, 3), 0.5)), LabelError, "sum to 1 over the classes, but one sum is 1.5"),
    ((np.zeros((4, 3)), np.zeros((4, 3))), LabelError, "but one sum is 0"),
    ((np.zeros((1, 2)), np.array([[-0.5, 1.5]])), LabelError, "0 or more, but the smallest is -0.5"),
    ((np.zeros((1, 2)), np.array([[np.nan, 1.0]])), LabelError, "but the smallest is nan"),
]

CASES = [
    *losses("MSELoss", pair(3), lambda s, x, t: (x - t) ** 2, PAIR_ERRORS),
    *losses(
        "MSELoss-half",
        pair(3),
        lambda s, x, t: (x - t) ** 2 / 2,
        PAIR_ERRORS,
        settings="half=True",
        shown="half=True",
        torch=False,
    ),
    *losses("L1Loss", apart(3), lambda s, x, t: abs(x - t), PAIR_ERRORS, order=1),
    *losses("HuberLoss", apart(3), huber(1.0), PAIR_ERRORS),
    *losses("HuberLoss-delta", apart(3), huber(0.5), PAIR_ERRORS, settings="delta=0.5", shown="delta=0.5"),
    *losses("SmoothL1Loss", apart(3), huber(1.0), PAIR_ERRORS),
    *losses(
        "SmoothL1Loss-beta",
        apart(3),
        lambda *given: huber(0.5)(*given) / 0.5,
        PAIR_ERRORS,
        settings="beta=0.5",
        shown="beta=0.5",
    ),
    *losses(
        "BCELoss",
        probabilities(3),
        of_probabilities,
        [*YES_NO_ERRORS, ((np.array([0.5, 2.0]), np.zeros(2)), PredictionError, "from 0.5 to 2.0. Apply a sigmoid")],
    ),
    *losses(
        "BCELoss-weight",
        probabilities(3),
        lambda s, *given: of_probabilities(s, *given) * [0.5, 2.0, 1.0],
        [((np.zeros((4, 2)), np.zeros((4, 2))), LossShapeError, "weight has shape (3,), which does not broadcast to")],
        settings="array([0.5, 2.0, 1.0])",
    ),
    *losses("BCEWithLogitsLoss", answers(3), binary_cross_entropy, YES_NO_ERRORS),
    *losses(
        "BCEWithLogitsLoss-weights",
        answers(3),
        lambda s, x, t: (
            (-t * np.log(sigmoid(x)) * [3.0, 0.5, 1.0] - (1 - t) * np.log(1 - sigmoid(x))) * [0.5, 2.0, 1.0]
        ),
        [((np.zeros((4, 2)), np.zeros((4, 2))), LossShapeError, "pos_weight has shape (3,), which does not")],
        settings="array([0.5, 2.0, 1.0]), pos_weight=array([3.0, 0.5, 1.0])",
    ),
    *losses("HingeLoss", sides(3), lambda s, x, t: np.maximum(0, 1 - t * x), SIDE_ERRORS, torch=False, order=1),
    *losses(
        "HingeLoss-margin",
        sides(3),
        lambda s, x, t: np.maximum(0, 4 - t * x),
        SIDE_ERRORS,
        settings="4.0",
        shown="margin=4.0",
        torch=False,
        order=1,
    ),
    *losses("SoftMarginLoss", sides(3), lambda s, x, t: np.log1p(np.exp(-t * x)), SIDE_ERRORS),
    *losses("PerceptronLoss", sides(3), lambda s, x, t: np.maximum(0, -t * x), SIDE_ERRORS, torch=False, order=1),
    *losses("CrossEntropyLoss", classes(4), cross_entropy, CLASS_ERRORS),
    *losses("CrossEntropyLoss-pixels", classes(3, 2, 2), cross_entropy, CLASS_ERRORS[:1]),
    *losses(
        "CrossEntropyLoss-weight",
        classes(4),
        lambda s, x, t: WEIGHT[t] * cross_entropy(s, x, t),
        [((np.zeros((2, 3)), np.array([0, 1])), LossShapeError, "weight has shape (4,), but there are 3 classes")],
        settings="array([0.5, 2.0, 1.0, 0.25])",
        weigh=lambda x, t: WEIGHT[t],
    ),
    *losses(
        "CrossEntropyLoss-ignored",
        classes(4, 2),
        lambda s, x, t: np.where(t == 1, 0.0, cross_entropy(s, x, t)),
        [((np.zeros((2, 4)), np.array([1, 9])), LabelError, "label 9 at index (1,)")],
        settings="ignore_index=1",
        shown="ignore_index=1",
        weigh=lambda x, t: t != 1,
    ),
    *losses(
        "CrossEntropyLoss-smoothing",
        classes(4),
        smoothed,
        CLASS_ERRORS[:1],
        settings="label_smoothing=0.3",
        shown="label_smoothing=0.3",
    ),
    *losses(
        "CrossEntropyLoss-everything",
        classes(4, 2),
        lambda s, x, t: np.where(t == 2, 0.0, smoothed(s, x, t, 0.1, WEIGHT)),
        CLASS_ERRORS[:1],
        settings="array([0.5, 2.0, 1.0, 0.25]), ignore_index=2, label_smoothing=0.1",
        shown="ignore_index=2, label_smoothing=0.1",
        weigh=lambda x, t: np.where(t == 2, 0.0, WEIGHT[t]),
    ),
    *losses("CrossEntropyLoss-shares", shares(4), of_shares, SHARE_ERRORS),
    *losses(
        "CrossEntropyLoss-shares-everything",
        shares(4, 2),
        lambda s, x, q: of_shares(s, x, (0.9 * q + 0.1 / 4) * WEIGHT[:, None]),
        SHARE_ERRORS[:1],
        settings="array([0.5, 2.0, 1.0, 0.25]), label_smoothing=0.1",
        shown="label_smoothing=0.1",
    ),
    *losses("NLLLoss", logs(4), lambda s, x, t: -picked(x, t), CLASS_ERRORS),
    *losses(
        "NLLLoss-everything",
        logs(4, 2),
        lambda s, x, t: np.where(t == 2, 0.0, -WEIGHT[t] * picked(x, t)),
        CLASS_ERRORS[:1],
        settings="array([0.5, 2.0, 1.0, 0.25]), ignore_index=2",
        shown="ignore_index=2",
        weigh=lambda x, t: np.where(t == 2, 0.0, WEIGHT[t]),
    ),
    *losses(
        "KLDivLoss",
        two_distributions(False),
        divergence,
        [*PAIR_ERRORS, ((np.zeros(2), np.array([-1.0, 0.5])), LabelError, "its smallest value is -1.0. For log-prob")],
    ),
    *losses(
        "KLDivLoss-log",
        two_distributions(True),
        lambda s, x, t: np.exp(t) * (t - x),
        PAIR_ERRORS,
        settings="log_target=True",
        shown="log_target=True",
    ),
    *losses("GaussianNLLLoss", with_variances(3), gaussian, VARIANCE_ERRORS),
    *losses(
        "GaussianNLLLoss-rows",
        with_variances(),
        lambda *given: gaussian(*given) + np.log(2 * np.pi) / 2,
        VARIANCE_ERRORS[-2:],
        settings="full=True, eps=1e-3",
        shown="full=True, eps=0.001",
    ),
    *losses("PoissonNLLLoss", counts(-1, 1), lambda s, x, t: np.exp(x) - t * x, PAIR_ERRORS),
    *losses(
        "PoissonNLLLoss-rates",
        counts(0.5, 3),
        lambda s, x, t: x - t * np.log(x + 0.1) + stirling(t),
        [*PAIR_ERRORS, RATE_ERROR],
        settings="False, True, eps=0.1",
        shown="log_input=False, full=True, eps=0.1",
    ),
    *losses("MarginRankingLoss", ranked, lambda s, x, y, t: np.maximum(0, t * (y - x)), RANK_ERRORS, order=1),
    *losses(
        "MarginRankingLoss-margin",
        ranked,
        lambda s, x, y, t: np.maximum(0, 0.3 + t * (y - x)),
        RANK_ERRORS,
        settings="0.3",
        shown="margin=0.3",
        order=1,
    ),
    *losses("CosineEmbeddingLoss", vectors(2, 1), of_cosines(0.0), VECTOR_ERRORS),
    *losses(
        "CosineEmbeddingLoss-margin",
        vectors(2, 1),
        of_cosines(-0.5),
        VECTOR_ERRORS,
        settings="margin=-0.5",
        shown="margin=-0.5",
    ),
    *losses("TripletMarginLoss", vectors(3), triplets(), VECTOR_ERRORS[:1]),
    *losses(
        "TripletMarginLoss-everything",
        vectors(3),
        triplets(0.5, 3, 0.01, True),
        VECTOR_ERRORS[:1],
        settings="0.5, 3.0, 0.01, True",
        shown="margin=0.5, p=3.0, eps=0.01, swap=True",
    ),
    Case(
        "KLDivLoss-batchmean",
        lambda: nn.KLDivLoss(reduction="batchmean"),
        two_distributions(False),
        lambda s, x, t: divergence(s, x, t).sum() / len(x),
        "KLDivLoss(reduction='batchmean')",
        torch="nn.KLDivLoss(reduction='batchmean')",
        bad=PAIR_ERRORS,
        empty=False,
        reduces=True,
    ),
]

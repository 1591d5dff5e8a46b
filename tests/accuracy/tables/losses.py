"""Losses with every reduction, compared with their definition in mpmath and with the conventions at kinks.

Points are small: a second derivative of n entries takes n squared differences. Targets that may have a gradient are
operands of rows of their own ("by-target"); those PyTorch does not differentiate.
"""

import math
import warnings
from functools import partial
from typing import get_args, get_type_hints

import numpy as np
from accuracy_harness import ArrayRow, Excused
from mpmath import mp, mpf

from nn import functional

INF = math.inf
ROWS = []
ROUNDED_TAIL = (
    "if one score is much larger, 1 plus the shares of the others is rounded before its logarithm; targets as class "
    "numbers avoid this"
)


def _stands_out(x):
    """Whether the largest score leaves little to the others."""
    return sorted(x[0])[-1] - sorted(x[0])[-2] > 2.5


def _small(error):
    return abs(error.true) < 0.05


EXCEPTIONS = [
    Excused(
        "binary_cross_entropy_with_logits[soft-none] binary_cross_entropy_with_logits[weighted-none]",
        (1,),
        "p - t for a target t so close to p that the rounding of p is as large",
        where=lambda x: all(abs(a) < 0.01 for a in x),
    ),
    Excused(
        "cross_entropy[smoothed-none] cross_entropy[probabilities-none]", (2,), ROUNDED_TAIL, _stands_out, when=_small
    ),
    Excused(
        "cosine_embedding_loss[apart-none]",
        (2,),
        "the difference of a vector and its projection cancels",
        when=lambda error: abs(error.true) < 0.004,
    ),
    Excused("cross_entropy[one-hot-none]", (0, 1, 2), ROUNDED_TAIL, _stands_out, when=_small),
]


def reductions(loss):
    """The words that a loss takes for its reduction, from its signature."""
    words = []
    for hint in get_args(get_type_hints(loss)["reduction"]) or ():
        words += get_args(hint) or [hint]
    return dict.fromkeys(words)


def reduced(how, losses, divisor=None):
    """The definition of a reduction. The mean is divided by the number of losses, or by a sum of weights."""
    if how == "none":
        return losses
    total = mp.fsum(losses)
    return total if how == "sum" else total / (len(losses) if divisor is None else divisor)


def row(name, exact, points, *, label="", fixed=(), torch="same", torch_options=None, divisor=None, **facts):
    """Rows for a loss: with all its settings as they are, one for each reduction; with others, without one.

    ``exact`` gives the losses of the entries, or of the rows, for the operands; ``fixed`` are further arguments.
    """
    loss = getattr(functional, name)
    options = facts.pop("options", {})
    for how in reductions(loss):
        if label and how != "none" and (divisor is None or how != "mean"):
            continue
        other = None
        if torch == "same":
            given = {**options, "reduction": how, **(torch_options or {})}
            other = partial(_of_torch, name, fixed, given)
        count = (lambda x: len(x)) if how == "batchmean" else divisor
        ROWS.append(
            ArrayRow(
                f"{name}[{'-'.join(filter(None, [label, how]))}]",
                lambda *xs, loss=loss, how=how: loss(*xs, *fixed, **options, reduction=how),
                lambda *xs, how=how, count=count: reduced(how, exact(*xs), count(*xs) if callable(count) else count),
                points=points if how == "none" else points[::3],
                torch=other,
                **facts,
            )
        )


def _of_torch(name, fixed, options, *xs):
    import torch

    def given(x):
        if not isinstance(x, np.ndarray | list):
            return x
        x = torch.as_tensor(np.asarray(x))
        return x.to(xs[0].dtype) if x.is_floating_point() else x

    options = {k: given(v) for k, v in options.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the mean of kl_div
        return getattr(torch.nn.functional, name)(*xs, *map(given, fixed), **options)


def flat(points):
    """Kinks of one loss of one entry: a table of points to entries."""
    return lambda *point: points.get(tuple(tuple(x) for x in point))


# --- of numbers ---------------------------------------------------------------------------------------------------

SIZES = [1e-30, 1e-4, 0.3, 0.999, 1.5, 30.0, 1e4, 1e18, 1e150]
NUMBERS = [([x, -2 * x], [0.0, x / 4]) for x in SIZES] + [([1.0, 2.0], [0.25, 2.5]), ([1e30, 1.0], [0.0, 1e30])]
EQUAL = [([1.5], [1.5]), ([0.0], [0.0])]
APART = [([1.5], [0.5]), ([0.5], [1.5])]  # by 1, where Huber's loss becomes linear: the inner curvature counts
ZEROS = dict.fromkeys(((0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1)), 0)
INNER = {(0, 0): 1, (0, 1): -1, (1, 0): -1, (1, 1): 1}


def _errors(p, t):
    return [a - b for a, b in zip(p, t, strict=True)]


def _huber(p, t, delta=1, unit=1):
    return [r * r / 2 / unit if abs(r) <= delta else delta * (abs(r) - delta / 2) / unit for r in _errors(p, t)]


TENTH = mpf(0.1)
row("mse_loss", lambda p, t: [r * r for r in _errors(p, t)], NUMBERS + EQUAL + APART)
row("mse_loss", lambda p, t: [r * r / 2 for r in _errors(p, t)], NUMBERS, label="half", options={"half": True},
    torch=None)  # fmt: skip
row("l1_loss", lambda p, t: [abs(r) for r in _errors(p, t)], NUMBERS + EQUAL,
    kinks=flat({tuple(map(tuple, p)): ZEROS for p in EQUAL}))  # fmt: skip
row("huber_loss", _huber, NUMBERS + EQUAL + APART, kinks=flat({tuple(map(tuple, p)): INNER for p in APART}))
row("huber_loss", lambda p, t: _huber(p, t, TENTH), NUMBERS, label="0.1", options={"delta": 0.1})
row("smooth_l1_loss", _huber, NUMBERS + EQUAL + APART, kinks=flat({tuple(map(tuple, p)): INNER for p in APART}))
row("smooth_l1_loss", lambda p, t: _huber(p, t, TENTH, TENTH), NUMBERS, label="0.1", options={"beta": 0.1})


# --- of yes-or-no answers -----------------------------------------------------------------------------------------

YES = np.array([0.0, 1.0])
SOFT = np.array([0.25, 0.5])
ANSWERS = [([x, x],) for x in (0.5, 1e-4, 0.9990234375, 1e-30, 1e-200)] + [([0.3, 0.75],)]
CERTAIN = [([0.0, 1.0],), ([1.0, 0.0],)]


def _bce(t, p):
    def yes(a):
        return mpf(-100) if a <= mp.exp(-100) else mp.log(a)

    def no(a):
        return mpf(-100) if a >= 1 else mp.log1p(-a)

    return [-(b * yes(a) + (1 - b) * no(a)) for a, b in zip(p, map(mpf, t), strict=True)]


# Right answers of certainty have the slope of the other side, wrong ones are cut off.
CUT = {
    ((0.0, 1.0),): {(0,): 1, (1,): -1, (0, 0): 1, (1, 1): 1, (0, 1): 0, (1, 0): 0},
    ((1.0, 0.0),): dict.fromkeys(((0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1)), 0),
}


def _cut(how):
    """The kinks at 0 and 1, for the weights that the harness gives to two losses."""
    first, second = {"none": (1.0, 0.5), "sum": (1.0, 1.0), "mean": (0.5, 0.5)}[how]
    scale = {(0,): first, (1,): second, (0, 0): first, (1, 1): second, (0, 1): 0, (1, 0): 0}
    return {point: {key: x * scale[key] for key, x in entries.items()} for point, entries in CUT.items()}


row("binary_cross_entropy", partial(_bce, YES), ANSWERS, fixed=(YES,))
row("binary_cross_entropy", partial(_bce, SOFT), ANSWERS, label="soft", fixed=(SOFT,))
for how in ("mean", "sum", "none"):
    ROWS.append(
        ArrayRow(
            f"binary_cross_entropy[certain-{how}]",
            lambda p, how=how: functional.binary_cross_entropy(p, YES, reduction=how),
            lambda p, how=how: reduced(how, _bce(YES, p)),
            points=CERTAIN,
            kinks=flat(_cut(how)),
        )
    )
row("binary_cross_entropy", lambda p, t: _bce(t, p), [([0.3], [0.25]), ([1e-30], [0.5]), ([0.5], [1.0])],
    label="by-target", torch=None)  # fmt: skip

SCORES = [([x, -x],) for x in (0.0, 1e-30, 1e-3, 0.5, 3.0, 17.0, 40.0, 110.0, 700.0, 1e4, 1e30, 1e200, INF, -INF)]
SCORES += [([-x, x],) for x in (3.0, 40.0, 110.0, 700.0)] + [([0.7, 2.5],)]


def _exp(x):
    """Of a number that is not positive; far out it is 0, which is quicker."""
    return mp.exp(x) if x > -1e6 else mpf(0)


def _softplus(x):
    return max(x, mpf(0)) + mp.log1p(_exp(-abs(x)))


def _logits(t, x, w=1):
    return [w * b * _softplus(-a) + (1 - b) * _softplus(a) for a, b in zip(x, map(mpf, t), strict=True)]


row("binary_cross_entropy_with_logits", partial(_logits, YES), SCORES, fixed=(YES,))
row("binary_cross_entropy_with_logits", partial(_logits, SOFT), SCORES[::2], label="soft", fixed=(SOFT,))
row("binary_cross_entropy_with_logits", lambda x: _logits(SOFT, x, 3), SCORES[1::2], label="weighted", fixed=(SOFT,),
    options={"pos_weight": np.array([3.0])})  # fmt: skip
row("binary_cross_entropy_with_logits", lambda x, t: _logits(t, x),
    [([x], [0.25]) for x in (1e-10, 0.5, -3.0, 40.0, -110.0, 1e4)], label="by-target", torch=None)  # fmt: skip

SIDES = np.array([1.0, -1.0])
MARGINS = [([x, x / 2],) for x in (0.0, 1e-30, 0.3, -0.7, 5.0, -5.0, 1e4, -1e30, 1e200)]
row("hinge_loss", lambda x: [max(mpf(0), 1 - b * a) for a, b in zip(x, (1, -1), strict=True)],
    [*MARGINS, ([INF, -INF],), ([-INF, 0.0],)], fixed=(SIDES,), torch=None)  # fmt: skip
row("hinge_loss", lambda x: [max(mpf(0), 1 - x[0])], [([1.0],)], label="at-margin", fixed=(np.ones(1),), torch=None,
    kinks=flat({((1.0,),): {(0,): 0, (0, 0): 0}}))  # fmt: skip
row("perceptron_loss", lambda x: [max(mpf(0), -b * a) for a, b in zip(x, (1, -1), strict=True)],
    [*MARGINS[1:], ([INF, -INF],), ([-INF, 1.0],)], fixed=(SIDES,), torch=None)  # fmt: skip
row("perceptron_loss", lambda x: [max(mpf(0), -x[0])], [([0.0],)], label="at-0", fixed=(np.ones(1),), torch=None,
    kinks=flat({((0.0,),): {(0,): -1, (0, 0): 0}}))  # fmt: skip


row(
    "soft_margin_loss",
    lambda x: [_softplus(-b * a) for a, b in zip(x, (1, -1), strict=True)],
    SCORES[::2],
    fixed=(SIDES,),
)


# --- of distributions, and of comparisons -------------------------------------------------------------------------


def _gauss(x, t, v):
    return [(mp.log(c) + (a - b) ** 2 / c) / 2 for a, b, c in zip(x, t, v, strict=True)]


def _poisson(x, t):
    return [mp.exp(a) - b * a for a, b in zip(x, t, strict=True)]


def _stirling(t):
    return t * mp.log(t) - t + mp.log(2 * mp.pi * t) / 2 if t > 1 else mpf(0)


row("gaussian_nll_loss", _gauss, [([1.0, x], [0.25, 0.5], [0.5, v]) for x in (-3.0, 0.75) for v in (0.125, 30.0)])
COUNTS = np.array([0.0, 3.0])
row("poisson_nll_loss", lambda x: _poisson(x, (0, 3)), [([x, y],) for x in (-30.0, 0.5) for y in (-1.0, 5.0)],
    fixed=(COUNTS,))  # fmt: skip


def _rates(x):
    return [a - b * mp.log(a + mpf(0.125)) + _stirling(mpf(b)) for a, b in zip(x, (0, 3), strict=True)]


row("poisson_nll_loss", _rates, [([1.5, 2.0],), ([100.0, 1e-6],)], label="rates", fixed=(COUNTS,), torch=None,
    options={"log_input": False, "full": True, "eps": 0.125})  # fmt: skip
row("margin_ranking_loss", lambda x, y: [max(mpf(0), y[0] - x[0]), max(mpf(0), x[1] - y[1])],
    [([1.0, 3.0], [2.0, 0.5]), ([1e-3, 1e18], [1.0, 1.0])], fixed=(SIDES,))  # fmt: skip
row("margin_ranking_loss", lambda x, y: [max(mpf(0), y[0] - x[0])], [([1.0], [1.0])], label="tie", fixed=(np.ones(1),),
    kinks=flat({((1.0,), (1.0,)): {(0,): -1, (1,): 1, **{key: 0 for key in ZEROS if len(key) == 2}}}))  # fmt: skip


def _cosine(a, b):
    square = lambda v: mp.fsum([x * x for x in v]) + mpf(1e-12)  # noqa: E731
    return mp.fsum([x * y for x, y in zip(a, b, strict=True)]) / mp.sqrt(square(a) * square(b))


row("cosine_embedding_loss", lambda a, b: [1 - _cosine(a[0], b[0])], [([[1.0, 2.0]], [[-2.0, 1.5]])],
    fixed=(SIDES[:1],), torch=None)  # fmt: skip
row("cosine_embedding_loss", lambda a, b: [max(mpf(0), _cosine(a[0], b[0]))], [([[0.5, 3.0]], [[4.0, 0.25]])],
    label="apart", fixed=(SIDES[1:],), torch=None)  # fmt: skip


def _triplet(a, p, n):
    far = lambda x, y: mp.sqrt(mp.fsum([(b - c + mpf(0.125)) ** 2 for b, c in zip(x, y, strict=True)]))  # noqa: E731
    return [max(mpf(0), 1 + far(x, y) - far(x, z)) for x, y, z in zip(a, p, n, strict=True)]


row("triplet_margin_loss", _triplet, [([[1.0, 2.0]], [[3.0, 0.5]], [[0.5, 4.0]])], options={"eps": 0.125}, torch=None)


# --- of classes ---------------------------------------------------------------------------------------------------

CLASSES = [
    [[0.0, 0.0, 0.0]],
    [[30.0, 0.0, 0.0]],
    [[40.0, 0.0, 1.0]],
    [[0.0, 40.0, 0.0]],
    [[0.0, -700.0, 3.0]],
    [[700.0, 0.0, -3.0]],
    [[1.0, 2.0, 3.0]],
    [[1e-3, 1e-4, -1e-3]],
    [[1e-30, 0.0, -1e-30]],
    [[1e4, 1e4, 0.0]],
    [[1e30, 1.0, 1e30]],
    [[-1e200, 1e200, 0.0]],
    [[0.0, -110.0, -90.0]],
]
TWO = [[[0.5, -1.0], [3.0, 20.0]], [[0.0, 0.0], [-40.0, 2.0]]]
WEIGHT = np.array([0.5, 2.0, 1.0])


def _log_shares(x):
    """Of one row: logarithms of softmax, whose tails keep their digits here."""
    top = max(range(len(x)), key=x.__getitem__)
    rest = mp.log1p(mp.fsum([_exp(v - x[top]) for i, v in enumerate(x) if i != top]))
    return [v - x[top] - rest for v in x]


def _of_labels(labels, x, weight=None, smoothing=0):
    found = []
    for scores, label in zip(x, labels, strict=True):
        own = [mpf(1)] * len(scores) if weight is None else list(map(mpf, weight))
        shares = _log_shares(scores)
        even = mp.fsum([w * s for w, s in zip(own, shares, strict=True)]) / len(scores)
        found.append(-(1 - mpf(smoothing)) * own[label] * shares[label] - mpf(smoothing) * even)
    return found


def _of_shares(q, x, smoothing=0):
    return [
        -mp.fsum([b * s for b, s in zip(map(mpf, t), _log_shares(r), strict=True)]) for r, t in zip(x, q, strict=True)
    ]


ONE = [(x,) for x in CLASSES]
row("cross_entropy", partial(_of_labels, [0]), ONE, fixed=(np.array([0]),))
row("cross_entropy", partial(_of_labels, [1, 0]), [(x,) for x in TWO], label="two", fixed=(np.array([1, 0]),))
row("cross_entropy", partial(_of_labels, [1], weight=WEIGHT), ONE, label="weighted", fixed=(np.array([1]), WEIGHT),
    divisor=2)  # fmt: skip
row("cross_entropy", partial(_of_labels, [0], smoothing=0.25), ONE, label="smoothed", fixed=(np.array([0]),),
    options={"label_smoothing": 0.25})  # fmt: skip
SHARES = np.array([[0.5, 0.25, 0.25]])
row("cross_entropy", partial(_of_shares, SHARES), ONE, label="probabilities", fixed=(SHARES,))
row("cross_entropy", partial(_of_shares, [[1, 0, 0]]), ONE, label="one-hot", fixed=(np.array([[1.0, 0, 0]]),))

LOGS = [([[-0.5, -1.0, -3.0]],), ([[-1e-30, -700.0, -1e4]],), ([[0.0, -INF, -1.0]],)]
row("nll_loss", lambda x: [-x[0][0]], LOGS, fixed=(np.array([0]),))
row("nll_loss", lambda x: [-2 * x[0][1]], LOGS[:2], label="weighted", fixed=(np.array([1]), WEIGHT), divisor=2)


def _kl(x, t):
    return [
        b * (mp.log(b) - a) if b > 0 else mpf(0) for r, q in zip(x, t, strict=True) for a, b in zip(r, q, strict=True)
    ]


def _kl_logs(x, t):
    return [mp.exp(b) * (b - a) for r, q in zip(x, t, strict=True) for a, b in zip(r, q, strict=True)]


Q = np.array([[0.5, 0.5, 0.0]])
KL = [([[-0.5, -1.0, -3.0]],), ([[-1e-30, -700.0, -1e4]],), ([[-1.0, -1.0, -INF]],)]
row("kl_div", lambda x: _kl(x, [[mpf(0.5), mpf(0.5), mpf(0)]]), KL, fixed=(Q,))
row("kl_div", _kl, [([[-0.5, -1.0]], [[0.25, 0.75]]), ([[-700.0, -1e-3]], [[1e-30, 1.0]])], label="by-target",
    torch=None)  # fmt: skip
row("kl_div", _kl_logs, [([[-0.5, -1.0]], [[-1.5, -0.25]]), ([[-700.0, -1e-3]], [[-60.0, -1e-4]])],
    label="logarithms", options={"log_target": True}, torch=None)  # fmt: skip

"""The metrics: against scikit-learn, against counting by hand, and the numbers of the lecture decks."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from hypothesis.extra import numpy as npst

from autograd import tensor
from nn import metrics
from nn.metrics import (
    accuracy,
    average_precision,
    balanced_accuracy,
    box_iou,
    brier_score,
    confusion_matrix,
    detection_average_precision,
    f1,
    log_loss,
    matthews_corrcoef,
    mean_absolute_error,
    mean_squared_error,
    precision,
    precision_recall_curve,
    r2,
    recall,
    roc_auc,
    roc_curve,
    root_mean_squared_error,
    top_k_accuracy,
)


def close(actual, expected, tolerance=1e-12):
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def parts(result):
    """The arrays of a curve, or the one result."""
    return result if isinstance(result, tuple) else (result,)


# --- scikit-learn -------------------------------------------------------------------------------------------------

# Each: our function, scikit-learn's (which takes the truth first), the kind of data, arguments of ours, of theirs.
COUNTS = ((precision, "precision_score"), (recall, "recall_score"), (f1, "f1_score"))
NUMBERS = (
    (mean_squared_error, "mean_squared_error"),
    (root_mean_squared_error, "root_mean_squared_error"),
    (mean_absolute_error, "mean_absolute_error"),
    (r2, "r2_score"),
)


def same(ours, theirs, kind, **options):
    """A row with the same arguments for both."""
    return ours, theirs, kind, options, options


PAIRS = [
    *(same(accuracy, "accuracy_score", kind, normalize=n) for kind in ("classes", "words") for n in (True, False)),
    same(accuracy, "accuracy_score", "several answers"),
    *(
        same(ours, theirs, "several answers", average=average, **options)
        for ours, theirs in COUNTS
        for average, options in (("macro", {}), ("weighted", {}), ("micro", {}), (None, {"labels": [2, 0]}))
    ),
    *(same(balanced_accuracy, "balanced_accuracy_score", kind) for kind in ("binary", "three", "words")),
    same(balanced_accuracy, "balanced_accuracy_score", "three", adjusted=True),
    *(same(matthews_corrcoef, "matthews_corrcoef", kind) for kind in ("binary", "classes", "words", "sides")),
    (confusion_matrix, "confusion_matrix", "classes", {"labels": 5}, {"labels": range(5)}),
    *(same(confusion_matrix, "confusion_matrix", kind) for kind in ("three", "words", "sides")),
    *(same(confusion_matrix, "confusion_matrix", "words", normalize=how) for how in ("true", "pred", "all")),
    same(confusion_matrix, "confusion_matrix", "words", labels=["cat", "owl", "ant"], normalize="true"),
    same(confusion_matrix, "confusion_matrix", "classes", labels=[4, 1]),
    *[
        same(ours, theirs, kind, average=average, zero_division=zero)
        for ours, theirs in COUNTS
        for kind, average in (("binary", "binary"), ("classes", "micro"), ("classes", "macro"), ("classes", "weighted"))
        for zero in (0.0, 1.0, float("nan"))
    ],
    *[
        same(ours, theirs, kind, average=average, **options)
        for ours, theirs in COUNTS
        for kind, average, options in (
            ("classes", None, {"labels": [4, 2, 1]}),
            ("classes", "macro", {"labels": [4, 2, 1], "zero_division": 1.0}),
            ("classes", "micro", {"labels": [0, 1]}),
            ("words", "weighted", {"labels": ["cat", "ant"]}),
            ("words", None, {}),
            ("sides", "binary", {}),
            ("two words", "binary", {"pos_label": "spam"}),
            ("sides", "binary", {"pos_label": -1}),
        )
    ],
    *[
        (ours, theirs, "classes", {"average": None, "zero_division": 0.0}, {"average": None, "labels": range(5)})
        for ours, theirs in COUNTS
    ],
    *(
        (top_k_accuracy, "top_k_accuracy_score", "probabilities", {"k": 2, **how}, {"k": 2, "labels": range(4), **how})
        for how in ({}, {"normalize": False})
    ),
    same(top_k_accuracy, "top_k_accuracy_score", "scored words", k=2),
    same(top_k_accuracy, "top_k_accuracy_score", "scored words", k=1, labels=["ant", "bee", "cat", "dog"]),
    *(same(log_loss, "log_loss", kind) for kind in ("probabilities", "scored words", "chances")),
    same(log_loss, "log_loss", "probabilities", labels=[0, 1, 2, 3], normalize=False),
    *(same(brier_score, "brier_score_loss", kind) for kind in ("probabilities", "scored words", "chances")),
    same(brier_score, "brier_score_loss", "chances", scale_by_half=False, pos_label=0),
    same(brier_score, "brier_score_loss", "probabilities", scale_by_half=True),
    *(
        same(ours, theirs, kind, drop_intermediate=drop, **options)
        for ours, theirs in ((precision_recall_curve, "precision_recall_curve"), (roc_curve, "roc_curve"))
        for kind, options in (("scores", {}), ("scores of words", {"pos_label": "spam"}), ("scores of sides", {}))
        for drop in (False, True)
    ),
    same(average_precision, "average_precision_score", "scores"),
    same(average_precision, "average_precision_score", "scores of words", pos_label="ham"),
    *(same(roc_auc, "roc_auc_score", kind) for kind in ("scores", "scores of words", "scores of sides")),
    *(
        same(roc_auc, "roc_auc_score", kind, average=a, multi_class="ovr")
        for kind in ("probabilities", "scored words")
        for a in ("macro", "weighted", "micro", None)
    ),
    same(roc_auc, "roc_auc_score", "scored words", labels=["ant", "bee", "cat", "dog"], multi_class="ovr"),
    *(
        same(ours, theirs, kind, average=a)
        for ours, theirs, kinds in (
            (roc_auc, "roc_auc_score", ("several",)),
            (average_precision, "average_precision_score", ("several", "probabilities", "scored words")),
        )
        for kind in kinds
        for a in ("macro", "weighted", "micro", None)
    ),
    *(same(ours, theirs, kind) for ours, theirs in NUMBERS for kind in ("numbers", "columns")),
    *(
        same(ours, theirs, "columns", multioutput=how)
        for ours, theirs in NUMBERS
        for how in ("raw_values", "uniform_average", [0.2, 0.3, 0.5])
    ),
    *(same(r2, "r2_score", kind, multioutput="variance_weighted") for kind in ("numbers", "columns")),
    same(r2, "r2_score", "columns", multioutput="raw_values", force_finite=False),
]


def data(kind, rng):
    """A prediction and the truth, with equal scores and classes that do not occur."""
    n = 40
    if kind == "binary":
        return rng.integers(0, 2, n), rng.integers(0, 2, n)
    if kind == "sides":
        return rng.choice([-1, 1], n), rng.choice([-1, 1], n)
    if kind == "three":
        return np.append(rng.integers(0, 3, n - 3), range(3)), np.append(rng.integers(0, 3, n - 3), range(3))
    if kind == "classes":
        return rng.choice([0, 1, 3], n), rng.choice([0, 1, 4], n)
    if kind == "words":
        return rng.choice(["ant", "bird", "cat"], n), rng.choice(["ant", "cat"], n)
    if kind == "two words":
        return rng.choice(["ham", "spam"], n), rng.choice(["ham", "spam"], n)
    if kind.startswith("scores") or kind == "chances":
        scores = rng.uniform(size=n).round(1) if kind == "chances" else rng.normal(size=n).round(1)
        truth = np.append(rng.integers(0, 2, n - 2), [0, 1])
        words = {"scores of words": ["ham", "spam"], "scores of sides": [-1, 1]}
        return scores, np.array(words[kind])[truth] if kind in words else truth
    if kind in ("probabilities", "scored words"):
        scores = rng.dirichlet(np.ones(4), n)
        truth = np.append(rng.integers(0, 4, n - 4), range(4))
        return scores, truth if kind == "probabilities" else np.array(["ant", "bee", "cat", "dog"])[truth]
    if kind == "several answers":
        return rng.integers(0, 2, (n, 3)), rng.integers(0, 2, (n, 3))
    if kind == "several":
        return rng.normal(size=(n, 3)).round(1), np.append(rng.integers(0, 2, (n - 2, 3)), [[0] * 3, [1] * 3], axis=0)
    if kind == "numbers":
        return rng.normal(size=n), rng.normal(size=n)
    target = rng.normal(size=(n, 3))
    target[:, 1] = 2.0  # no variance, predicted wrongly
    return rng.normal(size=(n, 3)), target


@pytest.mark.parametrize(("ours", "theirs", "kind", "mine", "yours"), PAIRS, ids=lambda x: getattr(x, "__name__", None))
@pytest.mark.filterwarnings("ignore")  # scikit-learn's, about divisions by zero
def test_equal_to_scikit_learn(ours, theirs, kind, mine, yours, rng):
    """Without weights and with: whole ones, with zeros, and others."""
    function = getattr(pytest.importorskip("sklearn.metrics"), theirs)
    for weight in (None, None, rng.integers(0, 4, 40), rng.uniform(size=40)):
        prediction, truth = data(kind, rng)
        if weight is not None:
            weight[-4:] = 1.0  # where every class occurs
        given = {} if weight is None else {"sample_weight": weight}
        answer = truth
        if kind == "probabilities" and theirs == "average_precision_score":
            answer = np.eye(4)[truth]
        expected = parts(function(answer, prediction, **yours, **given))
        words = truth.dtype.kind == "U"
        for arguments in (
            (prediction, truth),
            (prediction.tolist(), truth.tolist()) if words else map(tensor, (prediction, truth)),
        ):
            for one, other in zip(parts(ours(*arguments, **mine, **given)), expected, strict=True):
                close(one, other)
                assert np.asarray(one).dtype.kind == np.asarray(other).dtype.kind


def test_scikit_learns_examples():
    """Numbers that can be counted by hand: words, sides, labels in another order, weights."""
    truth, answers = ["cat", "ant", "cat", "cat", "ant", "bird"], ["ant", "ant", "cat", "cat", "ant", "cat"]
    assert confusion_matrix(answers, truth, labels=["ant", "bird", "cat"]).tolist() == [[2, 0, 0], [0, 0, 1], [1, 0, 2]]
    assert confusion_matrix(np.array(answers, object), truth, normalize="true").tolist()[1] == [0.0, 0.0, 1.0]
    assert accuracy(answers, truth) == 4 / 6
    assert accuracy(answers, truth, sample_weight=[0, 1, 1, 1, 1, 0]) == 1.0
    assert accuracy(answers, truth, normalize=False) == 4.0
    assert recall(answers, truth, average=None, labels=["cat", "dog"]).tolist() == [2 / 3, 0.0]
    close(matthews_corrcoef([1, -1, 1, 1], [1, 1, 1, -1]), -1 / 3)
    assert balanced_accuracy([0, 1, 0, 0, 0, 1], [0, 1, 0, 0, 1, 0]) == 0.625
    close(brier_score([0.1, 0.9, 0.8, 0.3], ["spam", "ham", "ham", "spam"], pos_label="ham"), 0.0375)
    close(log_loss([0.5, 0.25], [1, 0]), (np.log(2) - np.log(0.75)) / 2)
    assert log_loss([[1.0, 0.0]] * 2, [0, 1]) == -np.log(np.finfo(float).eps) / 2
    rows = np.array([[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]])
    assert top_k_accuracy(rows, [0, 1, 2, 2], k=2) == 0.75
    assert top_k_accuracy(rows, ["a", "b", "c", "c"], k=2, normalize=False) == 3.0
    assert accuracy(rows, ["a", "b", "c", "c"]) == accuracy(rows, [0, 1, 2, 2]) == 0.5
    curve = roc_curve([0.1, 0.4, 0.35, 0.8], [1, 1, 2, 2], pos_label=2)
    assert curve.true_positive_rate.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]
    assert (
        mean_squared_error([[0, 2], [-1, 2], [8, -5]], [[0.5, 1], [-1, 1], [7, -6]], multioutput="raw_values")[1] == 1
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: accuracy([0, 1], [0, 1], sample_weight=[1.0]),
            r"must be 2 numbers >= 0, one per sample and not all 0, not \[1.\]",
        ),
        (lambda: r2([0.0, 1.0], [0.0, 1.0], sample_weight=[0, 0]), "and not all 0, not \\[0 0\\]"),
        (lambda: roc_auc([0.0, 1.0], [0, 1], sample_weight=[1, -1]), "must be 2 numbers >= 0"),
        (lambda: log_loss([0.5, 0.5], [0, 1], sample_weight=[1, np.nan]), "must be 2 numbers >= 0"),
        (lambda: accuracy(["cat", "dog"], [0, 1]), r"predictions are like \['cat'\], but labels like \[0\]"),
        (
            lambda: accuracy(np.eye(3), ["a", "b", "b"]),
            r"labels \['a', 'b'\] do not match the 3 classes .* pass labels=",
        ),
        (lambda: top_k_accuracy(np.eye(2), ["a", "c"], 1, labels=["a", "b"]), "do not match the 2 classes"),
        (lambda: confusion_matrix([0], [0], normalize="rows"), "'true', 'pred', 'all' or None, not 'rows'"),
        (lambda: precision(np.eye(2, dtype=int), np.eye(2, dtype=int)), "average='binary' needs pos_label=1"),
        (
            lambda: precision(["a", "b"], ["a", "b"]),
            r"pos_label=1 and at most one other class, but there are \['a', 'b'\]",
        ),
        (lambda: log_loss([[3.0, -1.0]], [0]), "sum to 1 for each sample, but the smallest is -1.0"),
        (lambda: brier_score([0.5], [0, 1]), r"probabilities of shape \(1,\) do not fit labels of shape \(2,\)"),
        (lambda: log_loss([0.5, 0.5], [1, 3]), "labels must be 0 or 1, but one is 3. For one class: pos_label=3"),
        (lambda: roc_auc(np.eye(3), [0, 1, 2], multi_class="ovo"), "multi_class must be 'ovr'"),
        (lambda: r2([0.0, 1.0], [0.0, 1.0], multioutput="raw"), "a weight per column, not 'raw'"),
        (lambda: f1([0, 1], [0, 1], weights=[1, 2]), "unexpected keyword argument 'weights'"),
    ],
)
def test_options_that_are_refused(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()


def test_every_metric_is_compared_or_has_no_counterpart():
    compared = {ours.__name__ for ours, *_ in PAIRS}
    others = {"DetectionScore", "PrecisionRecallCurve", "ROCCurve", "box_iou", "detection_average_precision"}
    assert set(metrics.__all__) == compared | others


# --- NaN is no answer ----------------------------------------------------------------------------------------------

BOX = np.array([[0.0, 0.0, 2.0, 2.0]])
REFUSALS = {  # of each metric: a call with numbers, one of which is replaced by NaN
    "accuracy": lambda bad: accuracy(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "top_k_accuracy": lambda bad: top_k_accuracy(np.array([[0.1, bad, 0.0], [0.7, 0.2, 0.1]]), [1, 0], k=2),
    "confusion_matrix": lambda bad: confusion_matrix(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "precision": lambda bad: precision(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "recall": lambda bad: recall(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "f1": lambda bad: f1(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "balanced_accuracy": lambda bad: balanced_accuracy(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "matthews_corrcoef": lambda bad: matthews_corrcoef(np.array([[0.1, bad], [0.7, 0.2]]), [1, 0]),
    "log_loss": lambda bad: log_loss(np.array([0.1, bad]), [0, 1]),
    "brier_score": lambda bad: brier_score(np.array([0.1, bad]), [0, 1]),
    "precision_recall_curve": lambda bad: precision_recall_curve(np.array([0.1, bad]), [0, 1]),
    "average_precision": lambda bad: average_precision(np.array([0.1, bad]), [0, 1]),
    "roc_curve": lambda bad: roc_curve(np.array([0.1, bad]), [0, 1]),
    "roc_auc": lambda bad: roc_auc(np.array([0.1, bad]), [0, 1]),
    "mean_squared_error": lambda bad: mean_squared_error(np.array([0.1, bad]), [0.0, 1.0]),
    "root_mean_squared_error": lambda bad: root_mean_squared_error(np.array([0.1, bad]), [0.0, 1.0]),
    "mean_absolute_error": lambda bad: mean_absolute_error(np.array([0.1, bad]), [0.0, 1.0]),
    "r2": lambda bad: r2(np.array([0.1, bad]), [1.0, 1.0]),  # no variance: 0 for any prediction but the perfect one
    "box_iou": lambda bad: box_iou(np.array([[0.0, 0.0, bad, 2.0]]), BOX),
    "detection_average_precision": lambda bad: detection_average_precision(
        [{"boxes": BOX, "labels": [0], "scores": [bad]}], [{"boxes": BOX, "labels": [0]}]
    ),
}  # fmt: skip


def test_every_metric_is_asked_about_nan():
    assert set(metrics.__all__) - {"DetectionScore", "PrecisionRecallCurve", "ROCCurve"} == set(REFUSALS)


@pytest.mark.parametrize("name", REFUSALS)
def test_nan_is_refused(name):
    REFUSALS[name](0.9)
    with pytest.raises(ValueError, match=r"(?i)1 of the \d .*is NaN, so there is no prediction|but one is .*nan"):
        REFUSALS[name](np.nan)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_model_that_has_diverged_has_no_accuracy(dtype):
    scores = np.full((4, 3), np.nan, dtype)
    for metric in (accuracy, f1, lambda p, t: precision(p, t, "macro"), confusion_matrix):
        for each in (scores, tensor(scores)):
            with pytest.raises(ValueError, match="12 of the 12 scores are NaN"):
                metric(each, [0, 0, 1, 2])


def test_infinite_scores_have_an_order():
    """Also where two are equal, and as scores for each of two classes."""
    labels = np.array([0, 1, 0, 1, 1, 0])
    scores = np.array([-np.inf, np.inf, 0.0, np.inf, -np.inf, 1.0])
    finite = np.array([-9.0, 9.0, 0.0, 9.0, -9.0, 1.0])
    for metric in (roc_auc, average_precision, lambda s, t: tuple(roc_curve(s, t))[:2]):
        close(metric(scores, labels), metric(finite, labels))
        both = np.stack([np.where(np.isinf(scores), scores, 0.0), scores], axis=1)
        metric(both, labels)
    two = np.array([[np.inf, np.inf], [0.0, np.inf], [-np.inf, -np.inf], [3.0, 1.0]])
    close(roc_auc(two, [0, 1, 1, 0]), roc_auc(np.array([0.0, 9.0, 0.0, -2.0]), [0, 1, 1, 0]))
    assert accuracy(two, [0, 1, 0, 0]) == 1.0
    assert top_k_accuracy(two, [0, 1, 0, 0], k=1) == 1.0


def test_numbers_whose_squares_are_none():
    for scale in (1e200, 1.0, 1e-200):
        prediction, target = scale * np.array([1.0, 2.0, 3.0]), scale * np.array([1.0, 2.0, 4.0])
        close(r2(prediction, target), 0.7857142857142857)
        close(root_mean_squared_error(prediction, target) / scale, 1 / 3**0.5)
    assert mean_squared_error([1e200], [0.0]) == np.inf
    assert (mean_absolute_error([np.inf], [0.0]), root_mean_squared_error([np.inf], [0.0])) == (np.inf, np.inf)
    assert r2([np.inf, 1.0], [0.0, 1.0]) == -np.inf
    for metric in (r2, mean_squared_error, mean_absolute_error, root_mean_squared_error):
        with pytest.raises(ValueError, match=r"the target at index \(1,\) is inf"):
            metric([0.0, 1.0], [0.0, np.inf])


# --- the lecture decks ---------------------------------------------------------------------------------------------


def test_an_imbalanced_problem():
    """TP 10, FN 5, FP 15, TN 100: 0.846154 of the answers are right, and 0.884615 of always saying no."""
    labels = np.repeat([1, 1, 0, 0], [10, 5, 15, 100])
    answers = np.repeat([1, 0, 1, 0], [10, 5, 15, 100])
    assert round(accuracy(answers, labels), 6) == 0.846154
    assert confusion_matrix(answers, labels).tolist() == [[100, 15], [5, 10]]
    assert precision(answers, labels) == 0.4
    assert recall(answers, labels) == 10 / 15
    assert f1(answers, labels) == 0.5
    never = np.zeros_like(labels)
    assert round(accuracy(never, labels), 6) == 0.884615
    assert (precision(never, labels), recall(never, labels), f1(never, labels)) == (0.0, 0.0, 0.0)
    assert precision(never, labels, zero_division=1.0) == 1.0


classes = npst.arrays(np.int64, st.shared(st.integers(1, 30), key="n"), elements=st.integers(0, 1))


@given(classes, classes)
def test_the_identities_of_f1(answers, labels):
    """The harmonic mean of P and R, 2 TP / (2 TP + FP + FN), and the squared geometric over the arithmetic mean."""
    p, r = precision(answers, labels), recall(answers, labels)
    assume(p + r > 0)
    (_, fp), (fn, tp) = confusion_matrix(answers, labels, 2)
    score = f1(answers, labels)
    close(score, 2 / (1 / p + 1 / r) if p * r else 0.0)
    close(score, 2 * tp / (2 * tp + fp + fn))
    close(score, np.sqrt(p * r) ** 2 / ((p + r) / 2))


def test_coco_has_ten_thresholds():
    score = detection_average_precision([], [])
    np.testing.assert_allclose(score.thresholds, [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
    assert np.isnan(float(score))
    assert score.by_class() == score.by_threshold() == {}


# --- classes --------------------------------------------------------------------------------------------------------


def test_accuracy_of_scores_and_of_classes(rng):
    scores, labels = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    right = sum(max(range(4), key=lambda c: row[c]) == label for row, label in zip(scores, labels, strict=True))
    for prediction in (scores, tensor(scores, requires_grad=True), scores.argmax(axis=1)):
        assert accuracy(prediction, labels) == right / 50
    assert top_k_accuracy(scores, labels, k=1) == right / 50
    assert top_k_accuracy(scores, labels, k=4) == 1.0


def test_confusion_matrix(rng):
    predicted, labels = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    expected = np.zeros((4, 4), int)
    for p, t in zip(predicted, labels, strict=True):
        expected[t, p] += 1
    np.testing.assert_array_equal(confusion_matrix(predicted, labels), expected)
    np.testing.assert_array_equal(confusion_matrix(np.eye(4)[predicted], labels), expected)
    assert confusion_matrix([0], [1], labels=5).shape == (5, 5)
    assert confusion_matrix(np.zeros((0, 3)), np.zeros(0, int)).tolist() == [[0] * 3] * 3


def test_a_class_that_neither_occurs_nor_is_answered(rng):
    """Class 2 counts in no mean; asked for by name it is zero_division."""
    answers, labels = np.array([0, 1, 3, 3]), np.array([0, 1, 1, 3])
    each = precision(answers, labels, average=None, zero_division=float("nan"))
    assert np.isnan(each).tolist() == [False, False, True, False]
    assert precision(answers, labels, average="macro") == (1 + 1 + 0.5) / 3
    assert f1(np.zeros((2, 3)), np.array([1, 1]), average="macro") == 0.0
    assert precision(np.zeros(0, int), np.zeros(0, int), average="macro", zero_division=0.25) == 0.25


CLASS_METRICS = [accuracy, confusion_matrix, precision, recall, f1]


@pytest.mark.parametrize("metric", CLASS_METRICS)
@pytest.mark.parametrize(
    ("prediction", "labels", "words"),
    [
        (np.zeros((3, 2)), np.zeros(4, int), r"shape \(3, 2\) do not fit labels of shape \(4,\)"),
        (np.zeros((3, 1), int), np.zeros((3, 1), int), "do not fit"),
        (np.zeros(3), np.zeros(3, int), "classes must be integers or strings, not float64"),
        (np.zeros(3, int), np.zeros(3), "classes must be integers or strings, not float64"),
        (np.zeros(3, int), np.zeros((3, 2)), "The prediction comes first, then the labels"),
        (np.zeros((2, 2)), np.array([0, 2]), r"labels \[0, 2\] do not match the 2 classes"),
    ],
)
def test_what_is_refused(metric, prediction, labels, words):
    with pytest.raises(ValueError, match=words):
        metric(prediction, labels)


def test_nothing_to_count():
    with pytest.raises(ValueError, match="at least one sample"):
        accuracy([], np.zeros(0, int))
    with pytest.raises(ValueError, match="at least one sample"):
        top_k_accuracy(np.zeros((0, 5)), np.zeros(0, int))


def test_classes_out_of_range():
    with pytest.raises(ValueError, match=r"labels=3 allows classes 0 .. 2, but one is 3"):
        confusion_matrix([0, 3], [0, 1], labels=3)
    with pytest.raises(ValueError, match=r"there are \[0, 1, 2\]: choose 'macro'"):
        precision([0, 2], [0, 1])
    with pytest.raises(ValueError, match="not 'mean'"):
        recall([0, 1], [0, 1], average="mean")
    with pytest.raises(ValueError, match="k=3 needs scores"):
        top_k_accuracy(np.zeros((2, 2)), np.zeros(2, int), k=3)


# --- scores ------------------------------------------------------------------------------------------------------

scored = st.integers(2, 25).flatmap(
    lambda n: st.tuples(
        npst.arrays(np.float64, n, elements=st.integers(-3, 3).map(float)),
        npst.arrays(np.int64, n, elements=st.integers(0, 1)),
    )
)


@given(scored)
def test_areas_by_their_definitions(case):
    scores, labels = case
    positive, negative = scores[labels == 1], scores[labels == 0]
    assume(len(positive) and len(negative))
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    close(roc_auc(scores, labels), np.mean(pairs))
    points = []
    for threshold in sorted(set(scores), reverse=True):
        answers = scores >= threshold
        points.append(
            (np.sum(answers & (labels == 1)) / np.sum(answers), np.sum(answers & (labels == 1)) / len(positive))
        )
    before, stepwise, envelope = 0.0, 0.0, 0.0
    for p, r in points:
        stepwise += (r - before) * p
        envelope += (r - before) * max(q for q, s in points if s >= r)
        before = r
    close(average_precision(scores, labels), stepwise)
    close(average_precision(scores, labels, interpolation="all"), envelope)
    for count in (11, 101):
        expected = np.mean([max((p for p, r in points if r >= x), default=0.0) for x in np.linspace(0, 1, count)])
        close(average_precision(scores, labels, interpolation=count), expected)


def test_two_columns_of_scores(rng):
    """Of logits of two classes it is the difference that orders the samples."""
    logits, labels = rng.normal(size=(30, 2)), rng.integers(0, 2, 30)
    probability = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    for metric in (roc_auc, average_precision):
        close(metric(logits, labels), metric(probability, labels))


def test_areas_that_are_0_over_0():
    scores = np.array([0.1, 0.9])
    assert np.isnan(roc_auc(scores, np.array([1, 1])))
    assert roc_auc(scores, np.array([0, 0]), zero_division=0.5) == 0.5
    assert average_precision(scores, np.array([0, 0])) == 0.0
    three = np.eye(3)[[0, 1, 0]]
    labels = np.array([0, 1, 0])
    assert np.isnan(roc_auc(three, labels, average=None)).tolist() == [False, False, True]
    assert roc_auc(three, labels) == 1.0
    assert average_precision(three, labels) == 2 / 3
    assert average_precision(three, labels, zero_division=float("nan")) == 1.0


@pytest.mark.parametrize("metric", [precision_recall_curve, roc_curve, average_precision, roc_auc])
@pytest.mark.parametrize(
    ("scores", "labels", "words"),
    [
        (np.zeros(3), np.zeros(4, int), r"shape \(3,\) do not fit labels of shape \(4,\)"),
        (np.zeros(0), np.zeros(0, int), "neither empty"),
        (np.array([0, 1]), np.array([0.2, 0.7]), "integers or strings, not float64. The prediction comes first"),
        (np.array([0.1, np.nan]), np.array([0, 1]), "scores is NaN, so there is no prediction"),
        (np.zeros(2), np.array([0, 2]), "labels must be 0 or 1, but one is 2"),
        (np.zeros((2, 3)), np.array([0, 3]), "3"),
    ],
)
def test_scores_that_are_refused(metric, scores, labels, words):
    with pytest.raises(ValueError, match=words):
        metric(scores, labels)


def test_curves_and_options_that_are_refused():
    with pytest.raises(ValueError, match="no label is 1, so recall is undefined"):
        precision_recall_curve(np.zeros(2), np.zeros(2, int))
    with pytest.raises(ValueError, match="all labels are 1"):
        roc_curve(np.zeros(2), np.ones(2, int))
    for wrong in ("eleven", 1, True, 2.5):
        with pytest.raises(ValueError, match="interpolation must be None, 'all', or a number of points"):
            average_precision(np.zeros(2), np.array([0, 1]), interpolation=wrong)
    with pytest.raises(ValueError, match="average must be"):
        roc_auc(np.zeros((2, 3)), np.array([0, 1]), average="binary")


# --- numbers ----------------------------------------------------------------------------------------------------


def test_r2():
    target = np.array([1.0, 2.0, 3.0])
    assert r2(target, target) == 1.0
    assert r2(np.full(3, 2.0), target) == 0.0
    assert r2(target[::-1], target) == -3.0
    assert r2(np.full(3, 5.0), np.full(3, 5.0)) == 1.0
    assert r2(np.full(3, 4.0), np.full(3, 5.0)) == 0.0
    with pytest.raises(ValueError, match="two or more, not 1"):
        r2([1.0], [1.0])


def test_errors_are_computed_in_double_precision():
    prediction = np.full(1000, 1.1, "float32")
    close(mean_squared_error(prediction, np.zeros(1000, "float32")), float(np.float32(1.1)) ** 2)


@pytest.mark.parametrize("metric", [mean_squared_error, root_mean_squared_error, mean_absolute_error, r2])
def test_shapes_that_are_refused(metric):
    with pytest.raises(ValueError, match=r"shape \(4, 1\) do not match targets of shape \(4,\)"):
        metric(np.zeros((4, 1)), np.zeros(4))
    with pytest.raises(ValueError, match="not be empty"):
        metric(np.zeros(0), np.zeros(0))


# --- boxes ------------------------------------------------------------------------------------------------------


def test_box_iou():
    a = np.array([[0, 0, 4, 4], [1, 1, 1, 1]])
    b = np.array([[0, 0, 4, 4], [2, 2, 6, 6], [4, 0, 8, 4], [1, 1, 2, 2], [1, 1, 1, 1]])
    close(box_iou(a, b), [[1, 4 / 28, 0, 1 / 16, 0], [0, 0, 0, 0, 0]])
    assert box_iou([], b).shape == (0, 5)
    for wrong, words in (
        ([[3, 0, 1, 1]], r"but one is \[3.0, 0.0, 1.0, 1.0\]"),
        ([[0, 0, np.nan, 1]], "x1 <= x2"),
        ([0, 0, 1, 1], r"\(N, 4\), not \(4,\)"),
    ):
        with pytest.raises(ValueError, match=words):
            box_iou(wrong, b)


def boxes(*rows):
    return np.array(rows, float).reshape(-1, 4)


def image(*rows, labels=None, scores=None):
    found = {"boxes": boxes(*rows), "labels": np.zeros(len(rows), int) if labels is None else np.array(labels, int)}
    return found if scores is None else found | {"scores": np.array(scores, float)}


def test_matching_of_coco_and_of_voc():
    """Two true boxes; both predictions overlap most with the first. The second one may take what is left in COCO."""
    truth = image((0, 0, 10, 10), (0, 0, 10, 14))
    found = image((0, 0, 10, 10), (0, 0, 10, 11), scores=[0.9, 0.8])
    by = {m: detection_average_precision([found], [truth], 0.5, "all", m) for m in ("coco", "voc")}
    assert float(by["coco"]) == 1.0
    assert float(by["voc"]) == 0.5


def test_average_precision_of_boxes():
    """By hand: right, wrong (seen before), right, missed; precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3."""
    truths = [image((0, 0, 10, 10), (20, 20, 30, 30)), image((0, 0, 10, 10)), image()]
    found = [
        image((0, 0, 10, 10), (0, 0, 10, 9), (20, 20, 30, 26), scores=[0.9, 0.8, 0.7]),
        image(scores=[]),
        image(scores=[]),
    ]
    for interpolation, expected in (("all", 1 / 3 + 2 / 9), (11, (4 + 3 * 2 / 3) / 11), (101, (34 + 33 * 2 / 3) / 101)):
        close(float(detection_average_precision(found, truths, 0.6, interpolation)), expected)
    assert detection_average_precision(found, truths, [0.6, 0.7]).by_threshold()[0.7] == 34 / 101
    assert float(detection_average_precision(found, truths, 0.6, "all", most=1)) == 1 / 3


def test_classes_of_boxes():
    truth = image((0, 0, 1, 1), (0, 0, 2, 2), labels=[1, 5])
    found = image((0, 0, 1, 1), (0, 0, 2, 2), (0, 0, 2, 2), labels=[1, 1, 7], scores=[0.5, 0.4, 0.9])
    score = detection_average_precision([found], [truth])
    assert score.by_class() == {1: 1.0, 5: 0.0}
    assert float(score) == 0.5
    assert score.table.shape == (2, 10)


def reference(predictions, truths, threshold, points=101):
    """COCO's AP of one class as its authors describe it, box by box."""
    ranked = sorted(
        ((s, i, b) for i, p in enumerate(predictions) for s, b in zip(p["scores"], p["boxes"], strict=True)),
        key=lambda found: -found[0],
    )
    free = {(i, j) for i, t in enumerate(truths) for j in range(len(t["boxes"]))}
    count, hits, curve = len(free), 0, []
    for n, (_, i, box) in enumerate(ranked, 1):
        overlaps = {(i, j): box_iou([box], [truths[i]["boxes"][j]])[0, 0] for k, j in free if k == i}
        best = max(overlaps, key=overlaps.get, default=None)
        if best is not None and overlaps[best] >= threshold:
            free.discard(best)
            hits += 1
        curve.append((hits / n, hits / count))
    return np.mean([max((p for p, r in curve if r >= x), default=0.0) for x in np.linspace(0, 1, points)])


def test_against_the_definition_of_coco(rng):
    truths, predictions = [], []
    for _ in range(12):
        corner = rng.uniform(0, 20, (rng.integers(0, 5), 2))
        true = np.concatenate([corner, corner + rng.uniform(2, 8, corner.shape)], axis=1)
        guesses = np.repeat(true, 2, axis=0) + rng.normal(0, 0.4, (2 * len(true), 4))
        truths.append(image(*true))
        predictions.append(image(*guesses, scores=rng.random(len(guesses))))
    score = detection_average_precision(predictions, truths)
    expected = [reference(predictions, truths, t) for t in score.thresholds]
    assert expected[0] > expected[-1]
    close(score.table[0], expected)
    close(float(score), np.mean(expected))


@pytest.mark.parametrize(
    ("found", "truth", "options", "words"),
    [
        ([], [image()], {}, "predictions for 0 images, but truths for 1"),
        ([image(scores=[])], [image()], {"thresholds": 0}, "greater than 0 and at most 1"),
        ([image(scores=[])], [image()], {"matching": "kitti"}, "'coco' or 'voc', not 'kitti'"),
        ([image((0, 0, 1, 1), scores=[])], [image()], {}, "image 0 has 1 boxes, but scores"),
        ([image((0, 0, 1, 1), scores=[np.nan])], [image()], {}, "1 of the 1 scores of image 0 is NaN"),
        ([image(scores=[])], [image((0, 0, 1, 1), labels=[1, 2])], {}, r"1 boxes, but labels of shape \(2,\)"),
    ],
)
def test_detections_that_are_refused(found, truth, options, words):
    with pytest.raises(ValueError, match=words):
        detection_average_precision(found, truth, **options)

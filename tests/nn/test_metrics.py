"""Accuracy and the confusion matrix."""

import numpy as np
import pytest

from autograd import tensor
from nn.metrics import accuracy, confusion_matrix


def test_accuracy_of_scores_and_of_classes(rng):
    scores, labels = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    right = sum(max(range(4), key=lambda c: row[c]) == label for row, label in zip(scores, labels, strict=True))
    for prediction in (scores, tensor(scores, requires_grad=True), scores.argmax(axis=1)):
        assert accuracy(prediction, labels) == right / 50


def test_confusion_matrix(rng):
    predicted, labels = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    expected = np.zeros((4, 4), int)
    for p, t in zip(predicted, labels, strict=True):
        expected[t, p] += 1
    np.testing.assert_array_equal(confusion_matrix(predicted, labels), expected)
    np.testing.assert_array_equal(confusion_matrix(np.eye(4)[predicted], labels), expected)
    assert confusion_matrix([0], [1], classes=5).shape == (5, 5)
    assert confusion_matrix(np.zeros((0, 3)), np.zeros(0, int)).tolist() == [[0] * 3] * 3


@pytest.mark.parametrize("metric", [accuracy, confusion_matrix])
@pytest.mark.parametrize(
    ("prediction", "labels", "words"),
    [
        (np.zeros((3, 2)), np.zeros(4, int), r"shape \(3, 2\) do not go with labels of shape \(4,\)"),
        (np.zeros((3, 1), int), np.zeros((3, 1), int), "do not go with"),
        (np.zeros(3), np.zeros(3, int), "classes are integers, not float64"),
        (np.zeros(3, int), np.zeros(3), "classes are integers, not float64"),
    ],
)
def test_what_is_refused(metric, prediction, labels, words):
    with pytest.raises(ValueError, match=words):
        metric(prediction, labels)


def test_nothing_to_count():
    with pytest.raises(ValueError, match="0/0"):
        accuracy([], np.zeros(0, int))


def test_classes_out_of_range():
    with pytest.raises(ValueError, match="reach from 0 to 3, not 0 to 2"):
        confusion_matrix([0, 3], [0, 1], classes=3)

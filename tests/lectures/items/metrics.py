"""Metrics, experiments and figures: E1 to E10."""

import numpy as np
from lecture_items.base import ALL, HU, HWANG, NEWSON, item, mention
from lecture_items.numbers import convnetjs, parameters

import nn
import optim
from autograd import tensor
from nn import metrics


def counted(tp, fn, fp, tn):
    """Answers and labels with these counts."""
    answers = np.repeat([1, 0, 1, 0], [tp, fn, fp, tn])
    return answers, np.repeat([1, 1, 0, 0], [tp, fn, fp, tn])


@item(
    "E1",
    "Confusion matrix, accuracy, precision, recall; three formulas for F1: harmonic mean, 2TP / (2TP + FP + FN), GM^2 "
    "/ AM",
    HWANG,
    numbers={"confusion matrix of TP 10, FN 5, FP 15, TN 100": "100, 15, 5, 10", "F1, three times": "=0.5, 0.5, 0.5"},
    api=("nn.metrics.confusion_matrix", "nn.metrics.accuracy", "nn.metrics.precision", "nn.metrics.recall",
         "nn.metrics.f1"),
    notebooks=5,
    tests="tests/nn/test_metrics.py",
)  # fmt: skip
def f1():
    pair = counted(10, 5, 15, 100)
    rng = np.random.default_rng(0)
    for tp, fn, fp, tn in [(10, 5, 15, 100), *rng.integers(1, 50, (50, 4)).tolist()]:
        some = counted(tp, fn, fp, tn)
        p, r = metrics.precision(*some), metrics.recall(*some)
        three = 2.0 / (1.0 / p + 1.0 / r), 2.0 * tp / (2.0 * tp + fp + fn), np.sqrt(p * r) ** 2 / ((p + r) / 2.0)
        np.testing.assert_allclose(three, metrics.f1(*some), rtol=1e-12)
    p, r = metrics.precision(*pair), metrics.recall(*pair)
    return metrics.confusion_matrix(*pair), (2 * p * r / (p + r), 20 / 40, p * r / ((p + r) / 2))


@item(
    "E2",
    "Imbalanced classes: one classifier has an accuracy of 84.6 %, another that always says no has 88.5 %",
    HWANG,
    numbers={"accuracies": ".846154, .884615", "precision, recall, F1 of the first": ".4000, .6667, .5000",
             "of the second": "0, 0, 0"},
    api=("nn.metrics.accuracy", "nn.metrics.f1"),
    notebooks=5,
    tests="tests/nn/test_metrics.py",
)  # fmt: skip
def imbalance():
    pairs = counted(10, 5, 15, 100), counted(0, 15, 0, 115)
    scores = [[score(*pair) for score in (metrics.precision, metrics.recall, metrics.f1)] for pair in pairs]
    return [metrics.accuracy(*pair) for pair in pairs], *scores


@item(
    "E3",
    "Precision against recall over all thresholds, and the area under the curve as average precision, with named "
    "interpolations",
    HWANG,
    numbers={"area: plain, all points, 11, 101": ".8333, .8333, .8485, .8350", "precision at recall 1": ".67"},
    api=("nn.metrics.precision_recall_curve", "nn.metrics.average_precision"),
    notebooks=5,
    tests="tests/nn/test_metrics.py",
)
def average_precision():
    scores, labels = np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])
    curve = metrics.precision_recall_curve(scores, labels)
    full = curve.precision[curve.recall == 1.0].max()
    return [metrics.average_precision(scores, labels, interpolation=i) for i in (None, "all", 11, 101)], full


@item(
    "E4",
    "Intersection over union of boxes, counted as correct above 1/2; COCO's AP is the mean over 10 thresholds from .5 "
    "to .95 and 80 classes",
    HWANG,
    numbers={"overlap of (0, 0, 2, 2) and (1, 1, 3, 3)": ".142857", "thresholds": "10",
             "first, step, last": ".50, .05, .95",
             "AP of one box that covers 0.8": "=0.7", "cells of the table for 80 classes": "800"},
    api=("nn.metrics.box_iou", "nn.metrics.detection_average_precision"),
    tests="tests/nn/test_metrics.py",
)  # fmt: skip
def detection():
    boxes = np.stack([np.zeros(80), np.zeros(80), np.full(80, 10.0), np.full(80, 10.0)], axis=1)
    truth = {"boxes": boxes, "labels": np.arange(80)}
    found = {"boxes": boxes * np.array([1.0, 1.0, 1.0, 0.8]), "labels": np.arange(80), "scores": np.ones(80)}
    score = metrics.detection_average_precision([found], [truth])
    levels = score.thresholds
    overlap = metrics.box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 1, 3, 3]]))
    return overlap, len(levels), (levels[0], levels[1] - levels[0], levels[-1]), float(score), score.table.size


def playground(sizes, rate, decay=0.0, name="circle", epochs=40):
    """A run of the Playground's kind: half of the points to train, batches of 10. The losses on both halves."""
    x, y = nn.data.playground(name, seed=0)
    x_train, x_test, y_train, y_test = nn.data.train_test_split(x, y[:, None], test_size=0.5, seed=0)
    model = nn.MLP(sizes, "tanh", "tanh", rng=0)
    optimizer = optim.SGD(optim.decay_groups(model), lr=rate, weight_decay=decay)
    nn.fit(model, (x_train, y_train), loss=nn.MSELoss(half=True), epochs=epochs, batch_size=10, seed=0,
           optimizer=optimizer)  # fmt: skip
    return nn.evaluate(model, (x_test, y_test), loss=nn.MSELoss(half=True))["loss"]


@item(
    "E5",
    "Experiment 1, in the TensorFlow Playground: 4 hidden units; then rate 1; then L2 penalties of 0.01, 0.1 and 1; "
    "then a second layer of 2 units",
    (HU, NEWSON),
    numbers={"test loss: 4 units, L2 of 0.1, of 1, with a second layer": ".13, .22, .50, .03"},
    api=("nn.data.playground", "optim.preset", "nn.fit"),
    notebooks=11,
    tests="tests/nn/test_data_sets.py",
)
def experiment_1():
    runs = [([2, 4, 1], 0.03), ([2, 4, 1], 0.03, 0.1), ([2, 4, 1], 0.03, 1.0), ([2, 4, 2, 1], 0.03)]
    return ([playground(*run) for run in runs],)


@item(
    "E6",
    "Experiment 2, the MNIST demo of convnetjs, also with its convolutions replaced by one layer of 32 units; here "
    "with the bundled digits or with your own MNIST files",
    HU,
    numbers={"parameters": "5,994", "with fc 32": "18,794", "bundled digits": "1,797"},
    api=("nn.data.digits", "nn.data.mnist", "optim.Adadelta"),
    notebooks=10,
    examples="examples/digits_cnn.py",
)
def experiment_2():
    dense = nn.Sequential(nn.Flatten(), nn.Linear(576, 32), nn.ReLU(), nn.Linear(32, 10))
    return parameters(convnetjs()), parameters(dense), len(nn.data.digits().x)


@item(
    "E7",
    "Into how many layers can a layer with squared error or cross-entropy be split? Three each: fc, activation, loss; "
    "but softmax and cross-entropy should stay together",
    HU,
    numbers={"gradient of the scores 0, 1000, class 1: in one layer": "-1, 1", "in two, finite": "0"},
    api=("nn.CrossEntropyLoss", "nn.Softmax"),
    notebooks=(5, 6),
    pages="docs/variants.md",
)
def why_not_split():
    found = []
    for loss in (lambda s: nn.CrossEntropyLoss()(s, np.array(0)), lambda s: -np.log(nn.Softmax()(s)[0])):
        scores = tensor(np.array([0.0, 1000.0]), requires_grad=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(loss(scores).gradient(scores)[0].data)
    return found[0], float(np.isfinite(found[1]).all())


mention(
    "E8",
    "The figures: activations and slopes, learning-rate pictures, descent on a surface, noisy paths, polynomial fits, "
    "the plane of XOR, graphs with local derivatives",
    ALL,
    pages=("docs/views.md", "docs/optim.md"),
    api=("nn.plot.activations", "nn.plot.loss_surface", "nn.plot.decision_boundary", "nn.plot.learning_curves",
         "autograd.draw"),
    notebooks=(1, 4, 7, 8, 9),
    tests="tests/nn_plot/test_plot.py",
)  # fmt: skip
mention(
    "E9",
    "The next lab: an MLP in plain Python and in a framework, side by side",
    NEWSON,
    pages="docs/glossary.md",
    api=("nn.MLP", "nn.fit"),
    notebooks=6,
)
mention(
    "E10",
    "Notebooks, and a list of frameworks",
    NEWSON,
    pages="docs/glossary.md",
    notebooks=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
)

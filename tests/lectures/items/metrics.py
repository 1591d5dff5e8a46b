"""Metrics, experiments and figures: E1 to E10."""

from math import exp

import numpy as np
from lecture_items.base import ALL, HU, HWANG, NEWSON, item, mention
from lecture_items.numbers import convnetjs, parameters

import nn
import optim
from autograd import draw, tensor
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
    where={
        6: "F1 from three formulas",
        "tests/nn/test_metrics.py": "test_the_identities_of_f1",
    },
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
    where={
        6: "0.885 against 0.846",
        "tests/nn/test_metrics.py": "test_an_imbalanced_problem",
    },
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
    where={6: "The precision-recall curve", "tests/nn/test_metrics.py": "test_areas_by_their_definitions"},
)
def average_precision():
    scores, labels = np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])
    curve = metrics.precision_recall_curve(scores, labels)
    full = curve.precision[curve.recall == 1.0].max()
    return [metrics.average_precision(scores, labels, interpolation=i) for i in (None, "all", 11, 101)], full


@item(
    "E4",
    "Intersection over union, of boxes, of masks and in 3-D, counted as correct above 1/2; COCO's AP is the mean over "
    "10 thresholds from .5 to .95 and 80 classes",
    HWANG,
    numbers={"overlap of (0, 0, 2, 2) and (1, 1, 3, 3)": ".142857", "of their masks": ".142857",
             "of 20 pairs that overlap, boxes against masks: largest difference": ".000000000000",
             "of the cubes 0..2 and 1..3": ".066667", "thresholds": "10",
             "first, step, last": ".50, .05, .95",
             "AP of one box that covers 0.8": "=0.7", "cells of the table for 80 classes": "800"},
    api=("nn.metrics.box_iou", "nn.metrics.detection_average_precision"),
    where={
        12: "intersection over union (IoU)",
        "tests/nn/test_metrics.py": "test_against_the_definition_of_coco",
    },
)  # fmt: skip
def detection():
    boxes = np.stack([np.zeros(80), np.zeros(80), np.full(80, 10.0), np.full(80, 10.0)], axis=1)
    truth = {"boxes": boxes, "labels": np.arange(80)}
    found = {"boxes": boxes * np.array([1.0, 1.0, 1.0, 0.8]), "labels": np.arange(80), "scores": np.ones(80)}
    score = metrics.detection_average_precision([found], [truth])
    levels = score.thresholds

    def mask(low, high, side=12):
        """The pixels or voxels of a box with these corners."""
        at = np.indices((side,) * len(low)).reshape(len(low), -1).T
        return ((at >= low) & (at < high)).all(axis=1)

    def overlap_of_masks(a, b):
        return (a & b).sum() / (a | b).sum()

    rng, differences, overlaps = np.random.default_rng(0), [], []
    while len(overlaps) < 20:
        low = rng.integers(0, 6, (2, 2))
        high = low + rng.integers(1, 7, (2, 2))
        if not (np.max(low, axis=0) < np.min(high, axis=0)).all():
            continue
        by_corners = metrics.box_iou(*([[*a, *b]] for a, b in zip(low, high, strict=True)))
        by_pixels = overlap_of_masks(*(mask(a, b) for a, b in zip(low, high, strict=True)))
        differences.append(abs(by_corners.item() - by_pixels))
        overlaps.append(by_pixels)
    overlap = metrics.box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 1, 3, 3]]))
    square, cube = (overlap_of_masks(mask([0] * d, [2] * d), mask([1] * d, [3] * d)) for d in (2, 3))
    coco = len(levels), (levels[0], levels[1] - levels[0], levels[-1]), float(score), score.table.size
    return overlap, square, max(differences), cube, *coco


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
    numbers={
        "test loss: 4 units": ".13",
        "at rate 1": ".1",
        "L2 of 0.01, 0.1, 1": ".14, .22, .50",
        "second layer": ".03",
    },
    api=("nn.data.playground", "optim.preset", "nn.fit"),
    where={
        2: "Tasks 2 to 4: learning rate, penalty, depth",
        "docs/playground.md": "A page without a kernel",
        "tests/nn/test_data_sets.py": "test_sets_of_the_playground",
    },
)
def experiment_1():
    plain, fast, deep = ([2, 4, 1], 0.03), ([2, 4, 1], 1.0), ([2, 4, 2, 1], 0.03)
    penalized = [playground(*plain, decay) for decay in (0.01, 0.1, 1.0)]
    return playground(*plain), playground(*fast), penalized, playground(*deep)


@item(
    "E6",
    "Experiment 2, the MNIST demo of convnetjs, also with its convolutions replaced by one layer of 32 units; here "
    "with the bundled digits or with your own MNIST files",
    HU,
    numbers={"parameters": "5,994", "with fc 32": "18,794", "bundled digits": "1,797"},
    api=("nn.data.digits", "nn.data.mnist", "optim.Adadelta"),
    where={
        12: "to replace part of this network with one fully connected layer of 32 units",
        "examples/digits_cnn.py": "A small convolutional network",
    },
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
    where={
        6: "Into how many layers can the end of a network be split?",
        7: "to combine the activation and the loss in a single layer",
    },
)
def why_not_split():
    found = []
    for loss in (lambda s: nn.CrossEntropyLoss()(s, np.array(0)), lambda s: -np.log(nn.Softmax()(s)[0])):
        scores = tensor(np.array([0.0, 1000.0]), requires_grad=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(loss(scores).gradient(scores)[0].data)
    return found[0], float(np.isfinite(found[1]).all())


@item(
    "E8",
    "The figures: activations and slopes, learning-rate pictures, descent on a surface, noisy paths, polynomial fits, "
    "the plane of XOR, and graphs with the value and the gradient of each node and the local derivative along each "
    "edge: `draw(y, local=True)`",
    ALL,
    numbers={"along the edges of sigmoid(w x + b), w = 0.5, x = 2, b = -1, from w on": "=2, 0.5, 1, 1, 0.25"},
    api=("nn.plot.activations", "nn.plot.loss_surface", "nn.plot.decision_boundary", "nn.plot.learning_curves",
         "autograd.draw", "autograd.explain", "autograd.steps"),
    where={
        1: "the sigmoid and its derivative",
        4: "before the hidden layer",
        8: "One weight, four learning rates",
        10: "Too simple, about right, too flexible",
        11: "More activations",
        "docs/views.md": "the local derivative along each arrow",
        "docs/optim.md": "Paths of gradient descent, momentum, Adam",
        "tests/nn_plot/test_plot.py": "test_activations_with_their_derivatives",
    },
)  # fmt: skip
def along_the_edges():
    w, x, b = (tensor(v, requires_grad=True, name=name) for name, v in (("w", 0.5), ("x", 2.0), ("b", -1.0)))
    return ([float(link.local) for link in draw((w * x + b).sigmoid(), local=True).picture.links],)


def plain_python(weights, samples, rate):
    """One step of a network of sigmoid units on 1/2 sum (o - t)^2, without NumPy and without a graph."""
    sums = [[[0.0] * len(row) for row in layer] for layer in weights]
    for x, t in samples:
        ys = [[*x, 1.0]]  # the constant 1 of the biases comes last
        for layer in weights:
            ys.append([1 / (1 + exp(-sum(w * y for w, y in zip(row, ys[-1], strict=True)))) for row in layer] + [1.0])
        deltas = [(o - t) * o * (1 - o) for o, t in zip(ys[-1], t, strict=False)]
        for number in reversed(range(len(weights))):
            below = ys[number]
            for j, delta in enumerate(deltas):
                for i, y in enumerate(below):
                    sums[number][j][i] += delta * y
            back = [sum(d * row[i] for d, row in zip(deltas, weights[number], strict=True)) for i in range(len(below))]
            deltas = [b * y * (1 - y) for b, y in zip(back, below, strict=True)][:-1]
    return [
        [[w - rate * s for w, s in zip(row, srow, strict=True)] for row, srow in zip(layer, slayer, strict=True)]
        for layer, slayer in zip(weights, sums, strict=True)
    ]


@item(
    "E9",
    "The next lab: an MLP in plain Python and in a framework, side by side: the same weights after every step, and XOR "
    "learned by both",
    NEWSON,
    numbers={"largest difference of a weight after 500 steps": ".0000000000", "correct: plain, framework": "4, 4"},
    api=("nn.MLP", "nn.MSELoss", "optim.SGD"),
    where={
        0: "In PyTorch, the ten lines are the same",
        7: "Today we would write this with layers, in PyTorch or in this library",
        "docs/glossary.md": "The next lab",
    },
)
def side_by_side():
    samples = [((0.0, 0.0), (0.0,)), ((0.0, 1.0), (1.0,)), ((1.0, 0.0), (1.0,)), ((1.0, 1.0), (0.0,))]
    x, t = (np.array(part) for part in zip(*samples, strict=True))
    model = nn.MLP([2, 3, 1], "sigmoid", "sigmoid", dtype="float64", rng=1)
    optimizer = optim.SGD(model.parameters(), lr=2.0)
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]

    def rows():
        return [np.column_stack([layer.weight.data, layer.bias.data]).tolist() for layer in layers]

    weights = rows()
    for _ in range(500):
        weights = plain_python(weights, samples, 2.0)
        optimizer.zero_grad()
        nn.MSELoss(reduction="sum", half=True)(model(x), t).backward()
        optimizer.step()
    difference = max(abs(np.array(a) - np.array(b)).max() for a, b in zip(weights, rows(), strict=True))
    framework = ((model(x).data > 0.5) == t).sum()
    for layer, values in zip(layers, weights, strict=True):
        layer.weight.data, layer.bias.data = np.array(values)[:, :-1], np.array(values)[:, -1]
    return difference, (((model(x).data > 0.5) == t).sum(), framework)


mention(
    "E10",
    "Notebooks, and a list of frameworks",
    NEWSON,
    where={
        "notebooks/README.md": "Every notebook starts from the basics of its topic",
        "docs/glossary.md": "Frameworks",
    },
)

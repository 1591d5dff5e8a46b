"""Losses: their scales, what they are the likelihood of, and which one a problem asks for."""

import warnings

import numpy as np
from lecture_items.base import HU, HWANG, NEWSON, PITAS, item

import nn
import optim
from autograd import grad, tensor

Y, T = np.array([[0.5, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])  # two samples of two outputs
P, LABELS = np.array([0.8, 0.4]), np.array([1.0, 0.0])
SCORES, CLASSES = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), np.array([2, 0])


def same(a, b):
    np.testing.assert_allclose(np.asarray(a, float), np.asarray(b, float), 1e-12, 1e-14)


@item(
    "squared error",
    "Four scales of the same loss for two samples with two outputs: 1/(2N) sum, 1/2 sum, 1/N sum, 1/d for one sample",
    (PITAS, HU, HWANG, NEWSON),
    numbers={
        "1/(2N) sum": "=1.3125", "1/2 sum": "=2.625", "1/N sum": "=2.625", "1/d, second sample": "=2.5",
    },
    api=("nn.MSELoss", "nn.functional.mse_loss"),
    where={
        6: "the usual pairs come from",
        "tests/nn/test_losses.py": "test_squared_errors_of_the_decks",
        "docs/variants.md": "The scale of the squared error",
    },
    )  # fmt: skip
def squared_error():
    total = nn.MSELoss(reduction="sum", half=True)
    per_sample = nn.MSELoss(reduction="none")(Y, T).sum(axis=1)
    same(total(Y, T), 0.5 * ((Y - T) ** 2).sum())
    return total(Y, T) / len(Y), total(Y, T), per_sample.mean(), nn.MSELoss()(Y[1], T[1])


@item(
    "binary cross-entropy",
    "-t log h - (1 - t) log(1 - h), averaged over the samples (summed in one lecture); from probabilities and from "
    "scores",
    (HU, HWANG, NEWSON),
    numbers={"mean, h = 0.8, 0.4, t = 1, 0": ".366985", "sum": ".733969", "from scores": ".366985", "at 1000": "=0.0"},
    api=("nn.BCELoss", "nn.BCEWithLogitsLoss"),
    where={6: "of a yes (Bernoulli)", "tests/nn/test_losses.py": "test_binary_cross_entropy_of_extreme_logits"},
    slip="One lecture omits a pair of parentheses, so its sum covers only the first term.",
)
def binary_cross_entropy():
    mean, scores = nn.BCELoss()(P, LABELS), np.log(P / (1.0 - P))
    same(mean, np.mean(-LABELS * np.log(P) - (1.0 - LABELS) * np.log(1.0 - P)))
    certain = nn.BCEWithLogitsLoss()(np.array([1000.0]), np.array([1.0]))
    return mean, nn.BCELoss(reduction="sum")(P, LABELS), nn.BCEWithLogitsLoss()(scores, LABELS), certain


@item(
    "categorical cross-entropy",
    "-sum_k t_k log h_k: summed over the samples in two lectures, averaged in the others",
    (PITAS, HU, HWANG, NEWSON),
    numbers={"sum": "1.506218", "mean": ".753109"},
    api=("nn.CrossEntropyLoss", "nn.NLLLoss"),
    where={
        6: "classes (multinoulli)",
        "tests/nn/test_losses.py": "test_cross_entropy_of_extreme_logits",
        "docs/variants.md": "The scale of the cross-entropy",
    },
    slip="One slide omits the 1/N that the slides before and after it have.",
)
def categorical_cross_entropy():
    h = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
    total, mean = (nn.CrossEntropyLoss(reduction=r)(SCORES, CLASSES) for r in ("sum", "mean"))
    same(total, -np.log(h[[0, 1], CLASSES]).sum())
    same(nn.NLLLoss()(np.log(h), CLASSES), mean)
    return total, mean


@item(
    "softmax with cross-entropy",
    "The gradient of the combination with respect to the scores is o - t",
    (HU, HWANG, NEWSON),
    numbers={"o - t of scores 1, 2, 3, class 3": ".090031, .244728, -.334759"},
    api="nn.CrossEntropyLoss",
    where={
        6: "After softmax, the cross-entropy of the correct class",
        7: "The same happens with softmax",
        "tests/nn/test_losses.py": "test_gradients_of_the_decks",
    },
)
def softmax_with_cross_entropy():
    slope = grad(lambda s: nn.CrossEntropyLoss(reduction="sum")(s, CLASSES))(SCORES)
    same(slope, np.asarray(nn.Softmax()(SCORES)) - np.eye(3)[CLASSES])
    return slope[0]


@item(
    "likelihoods",
    "The negative log-likelihood is the squared error for a normally distributed label, binary cross-entropy for a "
    "Bernoulli label, and cross-entropy for a categorical label",
    HU,
    numbers={"-log p: normal, without its constant": "=2.625", "Bernoulli": ".733969", "multinoulli": "1.506218"},
    api=("nn.MSELoss", "nn.BCELoss", "nn.CrossEntropyLoss"),
    where={6: "Where losses come from"},
    slip="The exponent of the normal density lacks its 1/2, from which the 1/2 of the squared error follows.",
)
def likelihoods():
    normal = np.exp(-0.5 * (Y - T) ** 2) / np.sqrt(2.0 * np.pi)
    constant = Y.size * 0.5 * np.log(2.0 * np.pi)
    bernoulli = np.prod(P**LABELS * (1.0 - P) ** (1.0 - LABELS))
    h = np.asarray(nn.Softmax()(SCORES))
    multinoulli = np.prod(h ** np.eye(3)[CLASSES])
    found = -np.log(normal.prod()) - constant, -np.log(bernoulli), -np.log(multinoulli)
    same(found[0], nn.MSELoss(reduction="sum", half=True)(Y, T))
    same(found[1], nn.BCELoss(reduction="sum")(P, LABELS))
    same(found[2], nn.CrossEntropyLoss(reduction="sum")(SCORES, CLASSES))
    return found


@item(
    "perceptron and hinge",
    "max(0, -t z): descending on it sample by sample is the perceptron rule; with a margin it becomes max(0, 1 - t z)",
    HU,
    numbers={
        "z = 2, 0.5, t = 1, -1: perceptron": "=0.0, 0.5",
        "hinge": "=0.0, 1.5",
        "updates of both on AND": "11, 11",
    },
    api=("nn.PerceptronLoss", "nn.HingeLoss", "nn.Perceptron"),
    where={
        4: "The hinge loss",
        "tests/nn/test_losses.py": "test_gradient_descent_on_the_perceptron_loss_is_the_perceptron_rule",
    },
)
def perceptron_and_hinge():
    z, t = np.array([2.0, 0.5]), np.array([1.0, -1.0])
    x, sides = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([-1.0, -1.0, -1.0, 1.0])
    unit = nn.Perceptron(2, dtype="float64")
    fit = unit.fit(x, (sides > 0) * 1)
    layer = nn.Linear(2, 1, dtype="float64")
    for p in layer.parameters():
        nn.init.zeros_(p)
    optimizer, updates = optim.SGD(layer.parameters(), lr=1.0), 0
    for _ in range(fit.epochs):
        for sample, side in zip(x, sides, strict=True):
            optimizer.zero_grad()
            loss = nn.PerceptronLoss()(layer(sample), np.array([side]))
            loss.backward()
            if side * layer(sample).item() < 0.0 or (side < 0.0 and layer(sample).item() == 0.0):  # f(0) = 1
                updates += 1
                optimizer.step()
    same(layer.weight.data[0], unit.weight.data)
    return *(kind(reduction="none")(z, t) for kind in (nn.PerceptronLoss, nn.HingeLoss)), (len(fit.updates), updates)


@item(
    "problem, output, loss",
    "Which output and which loss suit which problem; combinations that do not fit give a warning",
    (HU, NEWSON),
    numbers={"pairs in the table": "4", "warnings for a softmax before CrossEntropyLoss": "1"},
    api=("nn.recommend", "nn.ActivationWarning"),
    where={6: "Which combination suits which problem?", "tests/nn/test_losses.py": "test_an_activation_too_many"},
)
def problem_output_loss():
    advice = [nn.recommend(problem) for problem in ("regression", "binary", "multiclass", "multilabel")]
    assert [row.loss for row in advice] == ["MSELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "BCEWithLogitsLoss"]
    assert [row.answer for row in advice] == ["identity", "sigmoid", "softmax", "sigmoid"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nn.CrossEntropyLoss()(nn.Softmax()(tensor(SCORES, requires_grad=True)), CLASSES)
    return len(advice), sum(issubclass(w.category, nn.ActivationWarning) for w in caught)


@item(
    "hundreds of classes",
    "A network of 30-64-200 units learns 200 classes, with each loss in the lecture's scale (squared error 1/(2N) sum; "
    "cross-entropy as a mean, since its sum only multiplies the rate by N) and at the best of the rates 0.3, 1 and 5: "
    "after 100 steps softmax with cross-entropy makes no mistake, and squared error is far behind, most of all after a "
    "softmax. Without the hidden layer, squared error of linear outputs learns these classes too",
    PITAS,
    numbers={
        "correct: cross-entropy": "1.0",
        "squared error of linear outputs, sigmoid, softmax": ".7, .1, .0",
        "without hidden layer, rate 1: cross-entropy, squared error of linear outputs": "1.0, 1.0",
    },
    api=("nn.CrossEntropyLoss", "nn.MSELoss"),
    where={6: "With 100 classes, 99 of 100 targets are zero"},
)
def hundreds_of_classes():
    rng = np.random.default_rng(0)
    labels, x = np.arange(200), rng.normal(size=(200, 30)).astype("float32")
    rows = nn.data.one_hot(labels)

    def crossed(y):
        return nn.CrossEntropyLoss()(y, labels)

    def squared(y):
        return nn.MSELoss(reduction="sum", half=True)(y, rows) / len(x)

    def right(sizes, output, loss, rate):
        model = nn.MLP(sizes, output_activation=output, rng=0)
        optimizer = optim.SGD(model.parameters(), lr=rate)
        for _ in range(100):
            optimizer.zero_grad()
            value = loss(model(x))
            if not value.item() < 1e6:  # it has diverged
                return 0.0
            value.backward()
            optimizer.step()
        return nn.metrics.accuracy(model(x), labels)

    endings = (None, crossed), (None, squared), ("sigmoid", squared), ("softmax", squared)
    best = [max(right([30, 64, 200], *ending, rate) for rate in (0.3, 1.0, 3.0)) for ending in endings]
    return best[0], best[1:], [right([30, 200], *ending, 1.0) for ending in endings[:2]]

"""Arrays in the other byte order, as many binary files hold them, are the same numbers."""

import numpy as np
import pytest

import nn
import optim
from autograd import tensor
from nn import functional, metrics
from nn.data import Cutout, Flip, KFold, Loader, MinMax, Noise, Rotate, Shift, Standardize, one_hot

X = np.random.default_rng(0).normal(size=(6, 3))
Y = np.array([0, 1, 2, 1, 0, 2])
SHARES = np.abs(X) / np.abs(X).sum(axis=1, keepdims=True)
SIDES = np.sign(X)


def embedded(labels):
    weight = tensor(X, requires_grad=True)
    functional.embedding(labels, weight).sum().backward()
    return weight.grad


OF_LABELS = {
    "cross_entropy": lambda y: functional.cross_entropy(X, y),
    "cross_entropy of Tensors": lambda y: functional.cross_entropy(tensor(X), tensor(y)).data,
    "cross_entropy with all": lambda y: functional.cross_entropy(
        X, y, [1, 2, 3.0], ignore_index=1, label_smoothing=0.1
    ),
    "nll_loss": lambda y: functional.nll_loss(X, y, reduction="none"),
    "binary": lambda y: functional.binary_cross_entropy_with_logits(X[:, 0], y % 2),
    "hinge": lambda y: functional.hinge_loss(X[:, 0], 2 * (y % 2).astype(np.int64) - 1),
    "one_hot": one_hot,
    "embedding": embedded,
    "accuracy": lambda y: metrics.accuracy(X, y),
    "confusion": lambda y: metrics.confusion_matrix(y, y),
    "top k": lambda y: metrics.top_k_accuracy(X, y, 2),
    "roc_auc": lambda y: metrics.roc_auc(SHARES, y),
    "folds": lambda y: np.concatenate([test for _, test in KFold(2, stratify=True, seed=0).split(y)]),
    "training": lambda y: nn.fit(nn.MLP([3, 4, 3], rng=0), (X, y), loss=nn.CrossEntropyLoss(), epochs=1, seed=0)[
        "loss"
    ],
}


@pytest.mark.parametrize("name", OF_LABELS)
@pytest.mark.parametrize("dtype", [">i2", ">i4", ">i8", ">u2", ">u4", ">u8"])
def test_labels(name, dtype):
    np.testing.assert_array_equal(OF_LABELS[name](Y.astype(dtype)), OF_LABELS[name](Y))


@pytest.mark.parametrize("dtype", [">i2", ">i4", ">u8"])
def test_a_label_that_names_no_class(dtype):
    with pytest.raises(nn.LabelError, match=r"label 3 at index \(1,\)"):
        functional.cross_entropy(X[:2], np.array([0, 3], dtype))


def slope(loss):
    def of(x):
        t = tensor(x, requires_grad=True)
        out = loss(t)
        (g,) = out.gradient(t, create_graph=True)
        return np.concatenate([np.ravel(out.data), np.ravel(g.data)])

    return of


def moved(make):
    def of(x):
        w = tensor(x.copy(), requires_grad=True)
        optimizer = make([w])

        def closure():
            optimizer.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(closure)
        optimizer.load_state_dict(optimizer.state_dict())
        optimizer.step(closure)
        optim.clip_grad_norm([w], 0.5)
        return w.data + w.grad

    return of


OPTIMIZERS = [optim.SGD, optim.Adam, optim.AdamW, optim.NAdam, optim.Lion, optim.Adagrad, optim.RMSprop, optim.Adadelta,
              optim.RAdam, optim.Adamax, optim.Rprop]  # fmt: skip
OF_NUMBERS = {
    "mse": slope(lambda t: functional.mse_loss(t, X)),
    "l1": slope(lambda t: functional.l1_loss(t, X)),
    "huber": slope(lambda t: functional.huber_loss(t, 2 * X)),
    "smooth": slope(lambda t: functional.smooth_l1_loss(t, 2 * X)),
    "binary": slope(lambda t: functional.binary_cross_entropy_with_logits(t, SHARES)),
    "classes": slope(lambda t: functional.cross_entropy(t, Y)),
    "some classes": slope(lambda t: functional.cross_entropy(t, Y, ignore_index=1, label_smoothing=0.1)),
    "shares": slope(lambda t: functional.cross_entropy(t, SHARES)),
    "nll": slope(lambda t: functional.nll_loss(t, Y)),
    "kl": slope(lambda t: functional.kl_div(t, SHARES)),
    "hinge": slope(lambda t: functional.hinge_loss(t, SIDES)),
    "perceptron": slope(lambda t: functional.perceptron_loss(t, -SIDES)),
    "r2": lambda x: metrics.r2(x, X),
    "auc": lambda x: metrics.roc_auc(x[:, 0], Y % 2),
    "accuracy": lambda x: metrics.accuracy(x, Y),
    "standardize": lambda x: Standardize(x)(x),
    "minmax": lambda x: MinMax(x)(x),
    "loader": lambda x: np.concatenate(list(Loader(x, 2))),
    "layer": lambda x: nn.MLP([3, 4, 2], rng=0, dtype=np.dtype(x.dtype.type))(x).data,
    **{
        repr(change): lambda x, change=change: change(x.reshape(2, 3, 3), np.random.default_rng(0))
        for change in (Shift(1), Flip(p=1.0), Rotate(10), Noise(0.1), Cutout(2))
    },
    **{cls.__name__: moved(lambda p, cls=cls: cls(p, lr=0.01)) for cls in (*OPTIMIZERS, optim.LBFGS)},
}


@pytest.mark.parametrize("name", OF_NUMBERS)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_numbers(name, dtype):
    found, right = OF_NUMBERS[name](X.astype(f">{dtype}")), OF_NUMBERS[name](X.astype(f"={dtype}"))
    np.testing.assert_array_equal(found, right)

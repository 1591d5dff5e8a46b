"""A model that is no longer finite shows no accuracy: not in an evaluation, a training, or a cross-validation."""

import math

import numpy as np
import pytest

import nn
from nn.metrics import accuracy, r2

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 2)).astype("float32"), np.arange(24) % 3


def lost():
    model = nn.MLP([2, 4, 3], rng=0)
    next(iter(model.parameters())).data[0, 0] = np.nan
    return model


def share(prediction, labels):
    """A metric of a user, who has not thought of NaN."""
    return np.mean(prediction.argmax(axis=1) == labels)


def test_an_evaluation():
    with np.errstate(invalid="ignore"):
        found = nn.evaluate(lost(), (X, Y), loss=nn.CrossEntropyLoss(), metrics=[accuracy, share])
    assert list(found) == ["loss", "accuracy", "share"]
    assert all(map(math.isnan, found.values()))
    one = nn.evaluate(nn.Identity(), (np.full((3, 1), np.nan), np.zeros((3, 1))), metrics=[r2])
    assert math.isnan(one["r2"])


class Poison(nn.Callback):
    """The last step of an epoch goes wrong, after all of its losses were finite."""

    def on_step_end(self, run):
        if run.step == 3:
            next(iter(run.model.parameters())).data[...] = np.nan


@pytest.mark.parametrize("validation", [None, (X, Y)])
def test_a_training_ends_with_its_own_sentence(validation):
    model = nn.MLP([2, 4, 3], rng=0)
    with pytest.warns(nn.TrainingWarning, match="training stopped: "):
        history = nn.fit(
            model, (X, Y), validation, loss=nn.CrossEntropyLoss(), epochs=3, batch_size=8,
            metrics=[accuracy, share], callbacks=[Poison()], seed=0,
        )  # fmt: skip
    assert history.stopped
    shown = [row[name] for row in history.rows for name in row if name.endswith(("accuracy", "share"))]
    assert all(map(math.isnan, shown))


@pytest.mark.filterwarnings("ignore::nn.TrainingWarning", "ignore:invalid")
def test_a_cross_validation():
    result = nn.cross_validate(
        lambda: nn.MLP([2, 4, 3], rng=0), (X, Y), loss=nn.CrossEntropyLoss(), folds=2, metrics=[accuracy], epochs=3,
        callbacks=[Poison], seed=0,
    )  # fmt: skip
    assert math.isnan(result.mean["accuracy"])


def test_probabilities_that_are_nan_give_a_loss_that_is():
    """So that a training is stopped with its own sentence, not with one about probabilities."""
    assert math.isnan(nn.functional.binary_cross_entropy(np.array([0.5, np.nan]), np.array([1.0, 0.0])))


@pytest.mark.filterwarnings("ignore:max_iter")
def test_an_estimator():
    pytest.importorskip("sklearn")
    estimators = pytest.importorskip("nn.sklearn")
    model = estimators.MLPClassifier((4,), random_state=0, max_iter=3).fit(X, Y)
    next(iter(model.module_.parameters())).data[...] = np.nan
    for judge in (model.predict, lambda x: model.score(x, Y)):
        with pytest.raises(ValueError, match="72 of the 72 outputs of the network are NaN"):
            judge(X)

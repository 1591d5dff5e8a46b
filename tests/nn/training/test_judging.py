"""`evaluate`, `predict` and `cross_validate`: what they return, and what they leave alone."""

import numpy as np
import pytest

import nn
import optim
from autograd import OperandError, tensor
from nn.metrics import accuracy
from nn.training.evaluation import dtype_of, loader_for, named, number_of, parts_of

X, Y = np.linspace(-1.0, 1.0, 22, dtype="float32").reshape(11, 2), np.arange(11) % 2
LOSS = nn.CrossEntropyLoss()


class Sees(nn.Module):
    """Notes the batches that it gets."""

    def __init__(self):
        self.linear = nn.Linear(2, 2, rng=0)
        self.seen = []

    def forward(self, x):
        self.seen.append((len(x), x.dtype.name, self.training))
        return self.linear(x)


def test_predict():
    model = Sees()
    model.linear.eval()
    found = nn.predict(model, X, batch_size=4)
    assert model.seen == [(4, "float32", False), (4, "float32", False), (3, "float32", False)]
    np.testing.assert_array_equal(found, model.linear(X).numpy())
    assert type(found) is np.ndarray
    assert model.training
    assert not model.linear.training, "each module has its own mode back"
    model.seen.clear()
    nn.predict(model, np.zeros((257, 2)))
    assert [n for n, *_ in model.seen] == [256, 1]
    np.testing.assert_array_equal(nn.predict(model, nn.data.Loader((X, Y), 3)), found)
    with pytest.raises(ValueError, match="predict got no samples"):
        nn.predict(model, np.zeros((0, 2)))


def test_evaluate():
    model = Sees()
    scores = model.linear(X)
    per_sample = nn.CrossEntropyLoss(reduction="none")(scores, Y).numpy()
    found = nn.evaluate(model, (X, Y), loss=LOSS, metrics={"right": accuracy}, batch_size=4)
    assert list(found) == ["loss", "right"]
    np.testing.assert_allclose(found["loss"], per_sample.mean(), rtol=1e-6)
    assert found["right"] == accuracy(scores, Y)
    assert {type(value) for value in found.values()} == {float}
    assert nn.evaluate(model, (X, Y), metrics=[accuracy]) == {"accuracy": accuracy(scores, Y)}
    assert list(nn.evaluate(model, (X, Y), loss=LOSS)) == ["loss"]
    model.seen.clear()
    nn.evaluate(model, (np.zeros((257, 2)), np.zeros(257, int)), loss=LOSS)
    assert [n for n, *_ in model.seen] == [256, 1]
    with pytest.raises(ValueError, match="evaluate got no samples"):
        nn.evaluate(model, (X[:0], Y[:0]), loss=LOSS)


def test_no_graph_is_made_and_an_error_puts_the_mode_back():
    graphs = []

    class Fails(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 2)

        def forward(self, x):
            graphs.append(self.linear(x).requires_grad)
            raise ZeroDivisionError

    model = Fails()
    for call in (nn.predict, nn.evaluate):
        with pytest.raises(ZeroDivisionError):
            call(model, X)
        assert model.training
        assert model.linear.training
    assert graphs == [False, False]


def test_the_last_target_is_the_first_metric_argument():
    """Metrics see the first target; the loss sees all."""
    weights = np.arange(11.0, dtype="float32")
    seen = []

    def loss(prediction, target, weight):
        seen.append(weight.tolist())
        return LOSS(prediction, target)

    found = nn.evaluate(nn.Linear(2, 2, rng=0), (X, Y, weights), loss=loss, metrics=[accuracy], batch_size=6)
    assert seen == [weights[:6].tolist(), weights[6:].tolist()]
    assert found["accuracy"] == accuracy(nn.Linear(2, 2, rng=0)(X), Y)


def test_dtypes():
    assert dtype_of(nn.Linear(1, 1, dtype="float64")) == np.float64
    assert dtype_of(nn.ReLU()) == np.float32
    mixed = nn.Sequential(nn.Linear(1, 1, dtype="float16"), nn.Linear(1, 1))
    assert dtype_of(mixed) == np.float16


def test_parts():
    x, targets = parts_of((X.astype("float64"), Y, [1.0, 2.0]), np.dtype("float32"))
    assert (x.dtype, targets[0].dtype, targets[1].dtype) == (np.float32, Y.dtype, np.float32)
    assert targets[0] is Y
    x, targets = parts_of([X], np.dtype("float32"))
    assert x is X
    assert len(targets) == 1
    assert targets[0] is X
    x, _ = parts_of(tensor(X), np.dtype("float64"))
    assert x.dtype == np.float64
    x, _ = parts_of(Y, np.dtype("float32"))
    assert x is Y


def test_loaders():
    model = nn.Linear(2, 2, dtype="float64")
    loader = nn.data.Loader(X, 3)
    assert loader_for(loader, model, 5, True, 1) is loader
    made = loader_for(X, model, 5, True, 7)
    assert (made.batch_size, made.shuffle, made.seed) == (5, True, 7)
    assert made.arrays[0].dtype == np.float64
    assert not loader_for(X, model, 5, False, None).shuffle


def test_names_of_metrics():
    class Score:
        def __call__(self, prediction, target):
            return 0.0

    score = Score()
    assert named([accuracy, score]) == {"accuracy": accuracy, "Score": score}
    given = {"a": accuracy}
    assert named(given) == given
    assert named(given) is not given


def test_a_loss_is_one_number():
    assert number_of(tensor(2.0)) == 2.0
    assert type(number_of(np.float32(1.5))) is float
    assert number_of(3) == 3.0
    for loss, shape in ((tensor([1.0]), r"\(1,\)"), (np.zeros((2, 1)), r"\(2, 1\)")):
        with pytest.raises(ValueError, match=rf"single number, but has shape {shape}: average it"):
            number_of(loss)


# --- cross-validation -------------------------------------------------------------------------------------------------


def test_cross_validation_as_text():
    from nn.training import CrossValidation

    scores = [{"loss": 1.0, "accuracy": 0.5}, {"loss": 2.0, "accuracy": 0.75}, {"loss": 4.5, "accuracy": 1.0}]
    result = CrossValidation(scores, [None] * 3)
    assert str(result).splitlines() == [
        "fold    loss   accuracy",
        "   1       1        0.5",
        "   2       2       0.75",
        "   3     4.5          1",
        "mean     2.5       0.75",
        " std   1.803       0.25",
    ]
    assert repr(result) == "CrossValidation(3 folds: loss 2.5 +- 1.8, accuracy 0.75 +- 0.25)"
    assert result.scores is scores
    assert result.mean == {"loss": 2.5, "accuracy": 0.75}
    np.testing.assert_allclose(result.std["loss"], np.std([1.0, 2.0, 4.5], ddof=1))
    assert {type(value) for value in (*result.mean.values(), *result.std.values())} == {float}


def test_cross_validation_is_fit_and_evaluate_for_each_fold():
    made = []

    def make():
        made.append(nn.Linear(2, 2))
        return made[-1]

    class Count(nn.Callback):
        pass

    callbacks = []

    def callback():
        callbacks.append(Count())
        return callbacks[-1]

    options = {"loss": LOSS, "epochs": 2, "batch_size": 4, "optimizer": lambda p: optim.SGD(p, lr=0.1)}
    result = nn.cross_validate(
        make, (X.tolist(), Y), metrics=[accuracy], seed=3, folds=4, callbacks=[callback], **options
    )
    assert len(made) == len(callbacks) == len(result.scores) == len(result.histories) == 4
    for number, (train, test) in enumerate(nn.data.KFold(4, seed=3).split(X)):
        nn.manual_seed(3 + number)
        model = nn.Linear(2, 2)
        history = nn.fit(model, (X[train], Y[train]), seed=3 + number, **options)
        np.testing.assert_array_equal(model.weight.data, made[number].weight.data)
        assert history.rows == result.histories[number].rows
        assert result.scores[number] == nn.evaluate(model, (X[test], Y[test]), loss=LOSS, metrics=[accuracy])


def test_cross_validation_by_default():
    result = nn.cross_validate(lambda: nn.Linear(2, 2), (X, Y), loss=LOSS, epochs=1)
    assert len(result.scores) == 5
    assert list(result.mean) == ["loss"]
    scaled = []

    def scale(x):
        scaled.append(len(x))
        return lambda part: part * 0.0

    result = nn.cross_validate(lambda: nn.Linear(2, 2, rng=0), (X, Y), loss=LOSS, epochs=1, folds=2, scale=scale)
    assert sorted(scaled) == [5, 6]
    stratified = nn.data.KFold(2, stratify=True, seed=1)
    labels = np.array([0] * 8 + [1] * 3)
    parts = [test for _, test in stratified.split(labels)]
    assert all(1 <= labels[part].sum() <= 2 for part in parts)
    nn.cross_validate(lambda: nn.Linear(2, 2, rng=0), (X, labels), loss=LOSS, epochs=1, folds=stratified)


def test_cross_validation_of_masked_arrays():
    masked = np.ma.array(X, mask=X < 0.0)
    for data in ((masked, Y), (X, np.ma.array(Y))):
        with pytest.raises(OperandError, match=r"^the data is a MaskedArray"):
            nn.cross_validate(lambda: nn.Linear(2, 2), data, loss=LOSS, epochs=1, folds=2)

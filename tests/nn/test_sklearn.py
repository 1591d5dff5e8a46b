"""Estimators of scikit-learn: its own checks, what they do not look at, and accuracy beside scikit-learn's own."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nn
import nn.sklearn
import optim
from nn.sklearn import MLPClassifier, MLPRegressor

unfinished = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
MOONS = nn.data.moons(200, noise=0.1, seed=0)
X = np.random.default_rng(0).standard_normal((150, 3))
NUMBERS = X[:, 0] * X[:, 1] + np.sin(X[:, 2])
PAIRS = np.stack([NUMBERS, X[:, 0] ** 2], axis=1)
QUICK = {"learning_rate_init": 0.02, "max_iter": 60, "random_state": 0}


@pytest.mark.filterwarnings("ignore")  # the checks are about what is returned and raised; they train for a few epochs
@parametrize_with_checks(
    [
        MLPClassifier(max_iter=100),
        MLPRegressor(max_iter=100),
        MLPClassifier(solver="lbfgs", max_iter=30),
        MLPRegressor(solver="sgd", max_iter=30),
    ]
)
def test_the_contract_of_an_estimator(estimator, check):
    check(estimator)


# --- where estimators go -----------------------------------------------------------------------------------------


@unfinished
def test_pipeline_search_and_cross_validation():
    x, y = MOONS
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**{**QUICK, "learning_rate_init": 0.05}))
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.95
    grid = {"mlpclassifier__hidden_layer_sizes": [(1,), (32,)]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)
    assert search.best_params_["mlpclassifier__hidden_layer_sizes"] == (32,)
    assert search.best_estimator_.predict_proba(x[:5]).shape == (5, 2)
    assert cross_val_score(MLPRegressor(**QUICK), X, NUMBERS, cv=3).mean() > 0.7


@unfinished
def test_copies_and_pickles():
    model = MLPClassifier(**QUICK).fit(*MOONS)
    assert "module_" not in vars(clone(model))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(MOONS[0]), model.predict_proba(MOONS[0]))
    for one in (model, again):  # the optimizer goes on as well
        one.partial_fit(*MOONS)
    np.testing.assert_array_equal(again.predict_proba(MOONS[0]), model.predict_proba(MOONS[0]))


# --- targets -----------------------------------------------------------------------------------------------------


@unfinished
@pytest.mark.parametrize("names", [["no", "yes"], [-1, 7], [False, True], ["a", "b", "c"], ["only"]])
def test_labels_of_any_kind(names):
    x = X[:120]
    y = np.array(names)[np.searchsorted([-0.4, 0.4], x[:, 0]) * len(names) // 3]
    model = MLPClassifier(**QUICK).fit(x, y)
    assert list(model.classes_) == names
    assert model.score(x, y) > 0.9
    p = model.predict_proba(x)
    assert p.shape == (120, len(names))
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(x))
    np.testing.assert_array_equal(model.predict_log_proba(x), np.log(p))


@unfinished
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_several_numbers_for_each_sample(solver):
    model = MLPRegressor(solver=solver, **{**QUICK, "max_iter": 150}).fit(X, PAIRS)
    assert model.predict(X).shape == (150, 2)
    assert model.score(X, PAIRS) > 0.8
    assert model.fit(X, NUMBERS).predict(X).shape == (150,)


@unfinished
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_computes_in_the_dtype_of_the_data(dtype):
    model = MLPClassifier(**QUICK).fit(X.astype(dtype), NUMBERS > 0)
    assert model.predict_proba(X.astype(dtype)).dtype == dtype
    assert {w.dtype for w in (*model.coefs_, *model.intercepts_)} == {np.dtype(dtype)}
    assert model.predict_proba(X).dtype == dtype


# --- training ----------------------------------------------------------------------------------------------------


@unfinished
def test_weights_and_repeated_samples_are_the_same():
    """In one batch of everything, where the order does not matter."""
    weight = np.random.default_rng(1).integers(0, 4, len(X))
    for model, y in ((MLPClassifier(**QUICK), NUMBERS > 0), (MLPRegressor(**QUICK), PAIRS)):
        model.set_params(batch_size=1000)
        with pytest.warns(UserWarning, match="exceeds the number of samples"):
            model.fit(X, y, sample_weight=weight)
        one = model.predict(X)
        with pytest.warns(UserWarning, match="exceeds the number of samples"):
            model.fit(X.repeat(weight, axis=0), np.repeat(y, weight, axis=0))
        np.testing.assert_allclose(model.predict(X), one, atol=1e-6)


@unfinished
def test_the_loss_is_that_of_the_formula():
    """A network without hidden layer, by plain NumPy: cross-entropy and alpha / 2 n times the squares."""
    model = MLPClassifier((), alpha=0.5, max_iter=1, random_state=0, batch_size=150)
    model.fit(X, NUMBERS > 0)
    fresh = MLPClassifier((), alpha=0.5, random_state=0, max_iter=1)
    fresh._read(X, NUMBERS > 0, None, known=False, reset=True)
    fresh._start(3, np.dtype(float))
    [w], [b] = fresh.coefs_, fresh.intercepts_
    z = (X @ w + b)[:, 0]
    losses = np.logaddexp(0.0, np.where(NUMBERS > 0, -z, z))
    after = 0.5 * 0.5 * np.sum(model.coefs_[0] ** 2) / 150  # the penalty is taken at the end of the epoch
    assert model.loss_curve_ == [pytest.approx(losses.mean() + after)]
    slope = X.T @ (1 / (1 + np.exp(-z)) - (NUMBERS > 0)) / 150 + 0.5 * w[:, 0] / 150
    np.testing.assert_allclose(model.coefs_[0][:, 0], w[:, 0] - 1e-3 * np.sign(slope), atol=1e-9)  # Adam's first step


@unfinished
def test_early_stopping_goes_back_to_the_best():
    model = MLPClassifier(early_stopping=True, validation_fraction=0.3, n_iter_no_change=4, **QUICK).fit(*MOONS)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.n_iter_ == len(model.validation_scores_) < 60
    assert model.best_loss_ is None
    until = int(np.argmax(model.validation_scores_)) + 1
    assert until < model.n_iter_
    settings = {**model.get_params(), "max_iter": until}
    np.testing.assert_array_equal(MLPClassifier(**settings).fit(*MOONS).coefs_[0], model.coefs_[0])
    regressor = MLPRegressor(early_stopping=True, **QUICK).fit(X, NUMBERS, sample_weight=np.ones(150))
    assert regressor.best_validation_score_ > 0.5


def test_it_stops_when_the_loss_no_longer_falls():
    model = MLPClassifier(max_iter=5000, learning_rate_init=0.02, random_state=0, n_iter_no_change=5).fit(*MOONS)
    assert model.n_iter_ < 1000
    assert model.loss_ == model.loss_curve_[-1]
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        MLPClassifier(max_iter=3).fit(*MOONS)


def test_parts():
    x, y = MOONS
    model = MLPClassifier(learning_rate_init=0.02, random_state=0)
    with pytest.raises(ValueError, match="first call"):
        model.partial_fit(x, y)
    for _ in range(40):
        for start in range(0, 200, 50):
            model.partial_fit(x[start : start + 50], y[start : start + 50], classes=[0, 1, 2])
    assert model.score(x, y) > 0.95
    assert len(model.loss_curve_) == 160
    assert model.predict_proba(x).shape == (200, 3)
    with pytest.raises(ValueError, match="not the same as on the last call"):
        model.partial_fit(x, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"labels \[9\] are not among"):
        model.partial_fit(x, y * 9)
    with pytest.raises(AttributeError, match="no attribute 'partial_fit'"):
        MLPRegressor(solver="lbfgs").partial_fit(X, NUMBERS)
    with pytest.raises(ValueError, match="does not support early_stopping"):
        MLPRegressor(early_stopping=True).partial_fit(X, NUMBERS)


@unfinished
def test_warm_start_goes_on():
    model = MLPRegressor(warm_start=True, **{**QUICK, "max_iter": 5}).fit(X, NUMBERS)
    first = model.loss_
    module = model.module_
    assert model.fit(X, NUMBERS).module_ is module
    assert model.loss_ < first
    assert len(model.loss_curve_) == 10
    with pytest.raises(ValueError, match="2 values per sample"):
        model.fit(X, PAIRS)


@unfinished
def test_the_same_seed_gives_the_same_network():
    predictions = [MLPRegressor(**QUICK).fit(X, NUMBERS).predict(X) for _ in range(2)]
    np.testing.assert_array_equal(*predictions)
    assert not np.array_equal(MLPRegressor(**{**QUICK, "random_state": 1}).fit(X, NUMBERS).predict(X), predictions[0])


@unfinished
def test_the_rate_may_be_a_schedule(capsys):
    model = MLPRegressor(learning_rate_init=optim.exponential(0.05, 0.99), max_iter=30, random_state=0, verbose=True)
    assert model.fit(X, NUMBERS).score(X, NUMBERS) > 0.5
    assert capsys.readouterr().out.startswith("Iteration 1, loss = ")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes must be > 0"),
        ({"solver": "newton"}, "solver must be"),
        ({"activation": "swish"}, "swish"),
        ({"alpha": -1}, "alpha must be a number from 0"),
        ({"batch_size": 0}, "batch_size must be 'auto'"),
        ({"learning_rate_init": 0.0}, "positive number or a schedule"),
        ({"max_iter": 0}, "max_iter is a number of epochs"),
        ({"max_iter": 2.5}, "max_iter is a number of epochs"),
        ({"hidden_layer_sizes": None}, "hidden_layer_sizes must be > 0"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "increase validation_fraction"),
        ({"early_stopping": True, "validation_fraction": 1.0}, "between 0 and 1"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ValueError, match=words):
        MLPRegressor(**settings).fit(X, NUMBERS)


@unfinished
def test_a_training_that_diverges_is_an_error():
    model = MLPRegressor(solver="sgd", learning_rate_init=10.0, random_state=0)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="training diverged"):
        model.fit(100 * X, NUMBERS)


def test_errors():
    with pytest.raises(ValueError, match="0 or more, but contains -1"):
        MLPClassifier().fit(X, NUMBERS > 0, sample_weight=-np.ones(150))
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(X)
    with pytest.raises(NotFittedError):
        _ = MLPClassifier().coefs_
    with pytest.raises(ValueError, match="one label per sample"):
        MLPClassifier().fit(X, np.eye(150, dtype=int)[:, :3])


# --- accuracy, documentation -------------------------------------------------------------------------------------


@unfinished
def test_on_the_digits_it_is_as_accurate_as_scikit_learns_own():
    """Five folds, the same sizes and epochs: no worse than within one standard error."""
    x, y = nn.data.digits()
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(x, y))
    scores = {
        kind: [
            kind(max_iter=60, n_iter_no_change=1000, random_state=0).fit(x[a], y[a]).score(x[b], y[b]) for a, b in folds
        ]
        for kind in (MLPClassifier, TheirClassifier)
    }
    mean = {kind: np.mean(values) for kind, values in scores.items()}
    error = np.std(scores[TheirClassifier], ddof=1) / np.sqrt(5)
    assert mean[MLPClassifier] >= mean[TheirClassifier] - error, scores
    assert mean[MLPClassifier] > 0.955


@unfinished
def test_the_page_runs(capsys):
    page = Path(__file__).parents[2] / "docs" / "sklearn.md"
    if not page.exists():
        pytest.skip("there is no folder docs")
    [block] = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    exec(block, {})
    assert capsys.readouterr().out.endswith("(2, 2)\n")


def test_without_scikit_learn_the_error_says_what_to_install():
    program = "import sys; sys.modules['sklearn'] = sys.modules['sklearn.base'] = None\nimport nn.sklearn"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'scikit-learn>=1.6'" in run.stderr.splitlines()[-1]

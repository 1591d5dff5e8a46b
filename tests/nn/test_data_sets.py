"""Sets that are made, folds, scaling and the two forms of labels."""

import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import tensor
from nn.data import KFold, MinMax, Standardize, class_numbers, four_rows, moons, one_hot, playground, xor
from nn.data.toy import PLAYGROUND

# --- sets ---------------------------------------------------------------------------------------------------------


def test_truth_tables():
    x, y = xor()
    np.testing.assert_array_equal(np.logical_xor(*x.T), y)
    assert x.dtype == y.dtype == np.float32
    x, y = four_rows()  # the rows as printed
    np.testing.assert_array_equal(x, np.float32([[1.4, 2.7, 1.9], [3.8, 3.4, 3.2], [6.4, 2.8, 1.7], [4.1, 0.1, 0.2]]))
    assert y.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("name", PLAYGROUND)
def test_sets_of_the_playground(name):
    x, y = playground(name, seed=1)
    n = 1200 if name.startswith("regress") else 500
    assert (x.shape, y.shape, x.dtype, y.dtype) == ((n, 2), (n,), np.float32, np.float32)
    again = playground(name, seed=1)
    np.testing.assert_array_equal(again.x, x)
    np.testing.assert_array_equal(again.y, y)
    assert not np.array_equal(playground(name, seed=2).x, x)
    noisy = playground(name, 100, noise=0.5, seed=1)
    assert len(noisy.x) == 100
    assert len(playground(name, 11, seed=0).y) == 11
    if not name.startswith("regress"):
        assert set(y.tolist()) == {-1.0, 1.0}
        assert abs(y.sum()) < 80, "both labels are about as frequent"
    assert (y[:50] != np.sort(y)[:50]).any(), "in random order"


# Rules that the sets obey exactly when there is no noise.
RULES = {
    "circle": lambda x: np.where(np.hypot(*x.T) < 2.5, 1, -1),
    "xor": lambda x: np.where(x[:, 0] * x[:, 1] >= 0, 1, -1),
    "regress-plane": lambda x: x.sum(axis=1) / 10,
}


@pytest.mark.parametrize("name", RULES)
def test_rules_without_noise(name):
    nn.set_default_dtype("float64")
    x, y = playground(name, seed=0)
    np.testing.assert_allclose(y, RULES[name](x), rtol=1e-12)


def test_where_the_points_are():
    nn.set_default_dtype("float64")
    radius = np.hypot(*playground("circle", seed=0).x.T)
    assert not ((radius > 2.5) & (radius < 3.5)).any()
    assert radius.max() < 5.0
    x = np.abs(playground("xor", seed=0).x)
    assert (x.min() >= 0.3, x.max() <= 5.3) == (True, True)
    x, y = playground("spiral", 200, seed=0)
    arm = x[y > 0]
    arm = arm[np.argsort(np.hypot(*arm.T))]
    np.testing.assert_allclose(np.hypot(*arm.T), np.arange(100) / 20, atol=1e-12)  # 5 i / n
    np.testing.assert_allclose(np.sort(np.hypot(*x[y < 0].T)), np.arange(100) / 20, atol=1e-12)
    t = 1.75 * 37 / 100 * 2 * np.pi
    np.testing.assert_allclose(arm[37], 5 * 0.37 * np.array([np.sin(t), np.cos(t)]), rtol=1e-12)
    x, y = playground("gauss", 20_000, seed=0)
    for sign in (1, -1):
        np.testing.assert_allclose(x[y == sign].mean(axis=0), 2 * sign, atol=0.03)
        np.testing.assert_allclose(x[y == sign].var(axis=0), 0.5, atol=0.03)
    np.testing.assert_allclose(playground("gauss", 20_000, noise=0.5, seed=0).x[y == 1].var(axis=0), 4.0, atol=0.2)


def test_the_six_hills():
    """The recipe: at each of six centres 1 or -1, falling to 0 at a distance of 2."""
    nn.set_default_dtype("float64")
    x, y = playground("regress-gauss", 3000, seed=0)
    for centre, sign in {(-4, 2.5): 1, (0, 2.5): -1, (4, 2.5): 1, (-4, -2.5): -1, (0, -2.5): 1, (4, -2.5): -1}.items():
        distance = np.hypot(*(x - centre).T)
        near = distance < 1.9  # centres are 4 apart, so no other is nearer
        np.testing.assert_allclose(y[near], sign * (1 - distance[near] / 2), rtol=1e-12)
    far = (np.abs(np.abs(x[:, 1]) - 2.5) > 2) | (np.abs(np.abs(x[:, 0]) - 2) < 0)
    np.testing.assert_array_equal(y[far], 0.0)


def test_two_moons():
    x, y = moons(101, seed=0)
    assert np.bincount(y).tolist() == [50, 51]
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1.0, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1.0, 0.5]).T), 1.0, rtol=1e-6)
    sets = pytest.importorskip("sklearn.datasets")
    theirs, labels = sets.make_moons(101, shuffle=False)
    for c in (0, 1):
        along = [part[np.argsort(part[:, 0])] for part in (x[y == c], theirs[labels == c])]
        np.testing.assert_allclose(*along, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("donut",), {}, "unknown data set 'donut': choose 'circle', 'xor', 'gauss', 'spiral', 'regress-plane'"),
        (("xor",), {"noise": 0.6}, "noise must be between 0 and 0.5, not 0.6"),
        (("xor", 1), {}, "n is a number of points and must be at least 2"),
    ],
)
def test_sets_that_are_refused(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        playground(*arguments, **options)


# --- folds --------------------------------------------------------------------------------------------------------


@given(n=st.integers(2, 60), k=st.integers(2, 8), shuffle=st.booleans())
def test_every_sample_is_held_out_once(n, k, shuffle):
    folds = KFold(k, shuffle=shuffle, seed=0)
    if n < k:
        with pytest.raises(ValueError, match=f"{n} samples cannot be split into {k} folds"):
            list(folds.split(np.zeros(n)))
        return
    pairs = list(folds.split(np.zeros(n)))
    assert len(pairs) == k
    assert sorted(i for _, test in pairs for i in test) == list(range(n))
    assert {len(test) for _, test in pairs} <= {n // k, n // k + 1}
    for train, test in pairs:
        assert sorted([*train, *test]) == list(range(n))


def test_stratified_folds():
    y = np.repeat([0, 1, 2], [50, 23, 7])
    for _, test in KFold(5, stratify=True, seed=0).split(y):
        exact = np.array([50, 23, 7]) / 5
        assert (np.abs(np.bincount(y[test], minlength=3) - exact) < 1).all()
    with pytest.raises(ValueError, match="class 2 has 7 samples, too few for 8 folds"):
        list(KFold(8, stratify=True).split(y))
    with pytest.raises(ValueError, match=r"pass labels of shape \(N,\), not an array of shape \(4, 1\)"):
        list(KFold(2, stratify=True).split(np.zeros((4, 1))))


def test_folds_follow_from_the_seed():
    a, b, c = ([t.tolist() for _, t in KFold(3, seed=s).split(np.zeros(20))] for s in (0, 0, 1))
    assert a == b != c
    assert repr(KFold(3)) == "KFold(3, shuffle=True, stratify=False)"
    for wrong in (1, 2.0, True):
        with pytest.raises(ValueError, match="k is a number of folds and must be at least 2"):
            KFold(wrong)


# --- scaling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "theirs"), [(Standardize, "StandardScaler"), (MinMax, "MinMaxScaler")])
def test_scaling(kind, theirs, rng):
    train, test = rng.normal(3.0, [1e-3, 100.0, 1.0], (40, 3)), rng.normal(size=(5, 3))
    scale = kind(train)
    z = scale(train)
    if kind is Standardize:
        np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=1e-9)
        np.testing.assert_allclose(z.std(axis=0), 1.0, rtol=1e-12)
    else:
        np.testing.assert_allclose([z.min(axis=0), z.max(axis=0)], [[0.0] * 3, [1.0] * 3], atol=1e-12)
    np.testing.assert_allclose(scale.inverse(scale(test)), test, atol=1e-12)
    assert scale(test.astype("float32")).dtype == np.float32
    np.testing.assert_array_equal(scale(tensor(test)), scale(test))
    for twin in (kind.from_state(scale.state_dict()), pickle.loads(pickle.dumps(scale))):
        np.testing.assert_array_equal(twin(test), scale(test))
    assert repr(scale) == f"{kind.__name__}(3 features)"
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    np.testing.assert_allclose(z, getattr(preprocessing, theirs)().fit(train).transform(train), atol=1e-9)


@pytest.mark.parametrize("kind", [Standardize, MinMax])
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e8])
def test_a_feature_that_never_changes(kind, constant):
    x = np.full((7, 1), constant)
    np.testing.assert_allclose(kind(x)(x), 0.0, atol=1e-12)


def test_scaling_that_is_refused():
    with pytest.raises(TypeError, match="train"):
        Standardize()  # there is none without a training part
    with pytest.raises(ValueError, match=r"needs samples along its first axis, but has shape \(0, 2\)"):
        Standardize(np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"the training set has nan at index \(1, 0\)"):
        MinMax([[0.0], [np.nan]])
    with pytest.raises(ValueError, match=r"the samples have shape \(3,\), but those of the training set had \(2,\)"):
        Standardize(np.zeros((4, 2)))(np.zeros((4, 3)))


# --- labels -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 6)), st.integers(7, 9))
def test_both_forms_of_labels(labels, classes):
    rows = one_hot(np.array(labels, int), classes)
    assert (rows.shape, rows.dtype) == ((len(labels), classes), np.float32)
    assert rows.sum() == len(labels)
    assert class_numbers(rows).tolist() == labels


def test_labels_that_are_refused():
    assert one_hot([[0], [2]]).shape == (2, 1, 3)
    with pytest.raises(nn.LabelError, match=r"integer [a-z]+ indices, not float64"):
        one_hot([0.0, 1.0])
    with pytest.raises(nn.LabelError, match=r"labels -1 .. 2 do not fit classes 0 .. 2"):
        one_hot([-1, 2])
    with pytest.raises(nn.LabelError, match=r"labels 0 .. 3 do not fit classes 0 .. 2"):
        one_hot([0, 3], 3)
    for wrong in ([[1, 0, 1]], [[0, 0]], [[0.5, 0.5]], 1):
        with pytest.raises(nn.LabelError, match="single 1 among zeros"):
            class_numbers(wrong)

"""Start values: distributions by their formulas, one seed for one start, and the warning of units that stay equal."""

import math
import warnings

import numpy as np
import pytest

import nn
from nn import init
from optim import SGD

N = 200_000  # entries of a large parameter: a standard deviation found in them is off by 1 / sqrt(2 N) = 0.0016


def large(*shape):
    return nn.Parameter(np.zeros(shape or (400, 500), "float64"))


CONV = (64, 25, 5, 5)  # fan-in 25 * 25 = 625, fan-out 64 * 25 = 1600


@pytest.mark.parametrize(
    ("fill", "shape", "std"),
    [
        (lambda t: init.normal_(t, std=0.01, rng=0), (400, 500), 0.01),
        (lambda t: init.uniform_(t, -0.3, 0.3, rng=0), (400, 500), 0.3 / math.sqrt(3)),
        (lambda t: init.xavier_uniform_(t, rng=0), (400, 500), math.sqrt(2 / 900)),
        (lambda t: init.xavier_normal_(t, rng=0), (400, 500), math.sqrt(2 / 900)),
        (lambda t: init.xavier_normal_(t, 5 / 3, rng=0), (400, 500), 5 / 3 * math.sqrt(2 / 900)),
        (lambda t: init.xavier_normal_(t, fan="in", rng=0), (400, 500), 1 / math.sqrt(500)),
        (lambda t: init.xavier_uniform_(t, fan="in", rng=0), (400, 500), 1 / math.sqrt(500)),
        (lambda t: init.xavier_uniform_(t, fan="out", rng=0), (400, 500), 1 / math.sqrt(400)),
        (lambda t: init.kaiming_normal_(t, rng=0), (400, 500), math.sqrt(2 / 500)),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="relu", rng=0), (400, 500), math.sqrt(2 / 500)),
        (lambda t: init.kaiming_normal_(t, mode="fan_out", rng=0), (400, 500), math.sqrt(2 / 400)),
        (lambda t: init.kaiming_normal_(t, a=1.0, rng=0), (400, 500), math.sqrt(1 / 500)),
        (lambda t: init.kaiming_normal_(t, nonlinearity="linear", rng=0), (400, 500), math.sqrt(1 / 500)),
        (lambda t: init.lecun_normal_(t, rng=0), (400, 500), math.sqrt(1 / 500)),
        (lambda t: init.lecun_uniform_(t, rng=0), (400, 500), math.sqrt(1 / 500)),
        (lambda t: init.kaiming_normal_(t, rng=0), CONV, math.sqrt(2 / 625)),
        (lambda t: init.xavier_uniform_(t, rng=0), CONV, math.sqrt(2 / 2225)),
        (lambda t: init.lecun_normal_(t, rng=0), CONV, math.sqrt(1 / 625)),
        (lambda t: init.orthogonal_(t, rng=0), (400, 500), math.sqrt(1 / 500)),
        # the variance of the standard normal between -2 and 2 is 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737
        (lambda t: init.trunc_normal_(t, std=1.0, rng=0), (400, 500), 0.87963),
        (lambda t: init.trunc_normal_(t, std=0.02, a=-0.04, b=0.04, rng=0), (400, 500), 0.02 * 0.87963),
    ],
)
def test_standard_deviation(fill, shape, std):
    t = large(*shape)
    assert fill(t) is t
    assert abs(t.data.std() / std - 1) < 0.01
    assert abs(t.data.mean()) < 5 * std / math.sqrt(t.size)


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda t: init.uniform_(t, -0.5, 0.5, rng=1), 0.5),
        (lambda t: init.xavier_uniform_(t, rng=1), math.sqrt(6 / 900)),
        (lambda t: init.kaiming_uniform_(t, rng=1), math.sqrt(6 / 500)),
        (lambda t: init.lecun_uniform_(t, rng=1), math.sqrt(3 / 500)),
        (lambda t: init.trunc_normal_(t, rng=1), 2.0),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bounds(fill, bound, dtype):
    t = nn.Parameter(np.zeros((400, 500), dtype))
    found = np.abs(fill(t).data)
    assert found.dtype == dtype
    assert found.max() <= bound * (1 + np.finfo(dtype).eps)
    assert found.max() > 0.999 * bound
    assert found.min() < 0.001 * bound


def test_constants():
    t = large(2, 3)
    assert init.zeros_(t).data.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert init.ones_(t).data.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert init.constant_(t, 0.5).data.tolist() == [[0.5] * 3] * 2
    assert init.constant_(t, [1, 2, 3]).data.tolist() == [[1, 2, 3], [1, 2, 3]]


def test_weights_of_two_over_root_n_grow():
    """A deck prints 2 / sqrt(n) for ReLU: signals then grow by sqrt(2) in each layer; sqrt(2 / n) keeps them."""

    def growth(std):
        rng, x = np.random.default_rng(0), np.random.default_rng(1).normal(size=(200, 400))
        start = np.sqrt((x * x).mean())
        for _ in range(6):
            w = init.normal_(large(400, 400), std=std, rng=rng).data
            x = np.maximum(x @ w.T, 0)
        return (np.sqrt((x * x).mean()) * math.sqrt(2) / start) ** (1 / 6)  # the last ReLU has halved the squares

    # ReLU has the same effect in every layer, the sixth root of its last one is 1.06
    assert abs(growth(math.sqrt(2 / 400)) / 2 ** (1 / 12) - 1) < 0.05
    assert abs(growth(2 / math.sqrt(400)) / 2 ** (1 / 12) - math.sqrt(2)) < 0.07


# --- orthogonal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (6, 2, 2, 2), (2, 1, 3)])
def test_orthogonal(shape):
    w = init.orthogonal_(large(*shape), gain=2.0, rng=0).data.reshape(shape[0], -1)
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4.0 * np.eye(min(w.shape)), atol=1e-12)


def test_orthogonal_has_random_signs():
    """A bare QR decomposition has a fixed sign on the diagonal of r; equally likely matrices have none."""
    first = [init.orthogonal_(large(1, 1), rng=i).data.item() for i in range(64)]
    assert {round(x) for x in first} == {-1, 1}


# --- truncated ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "mean"),
    [
        (-2.0, 2.0, 0.0),
        (-0.1, 0.1, 0.0),  # a share of 8 %
        (3.0, 4.0, 3.26),  # (phi(3) - phi(4)) / (Phi(4) - Phi(3)) = 3.2627
        (-4.0, -3.0, -3.26),
        (8.0, 9.0, 8.121),  # (phi(8) - phi(9)) / (Phi(9) - Phi(8)) = 8.1213
        (0.0, np.inf, 0.798),  # sqrt(2 / pi)
        (20.0, np.inf, 20.05),
    ],
)
def test_truncated_normal_anywhere(low, high, mean):
    z = init.trunc_normal_(large(100, 200), a=low, b=high, rng=0).data
    assert z.min() >= low
    assert z.max() <= high
    assert len(np.unique(z)) > 19_000
    assert abs(z.mean() - mean) < 0.02


def test_truncated_normal_keeps_its_bounds_in_every_dtype():
    for dtype in ("float16", "float32"):
        t = init.trunc_normal_(nn.Parameter(np.zeros((100, 100), dtype)), a=0.1, b=0.10001, rng=0)
        inside = (t.data.astype("float64") >= 0.1) & (t.data.astype("float64") <= 0.10001)
        assert t.dtype == dtype
        assert inside.all() or dtype == "float16"  # which has no number there


# --- seeds --------------------------------------------------------------------------------------------------------

RANDOM = [
    init.uniform_,
    init.normal_,
    init.trunc_normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    init.lecun_uniform_,
    init.lecun_normal_,
    init.orthogonal_,
]


def test_no_function_is_forgotten():
    others = {"zeros_", "ones_", "constant_", "calculate_gain"}
    assert {f.__name__ for f in RANDOM} | others == set(init.__all__)


@pytest.mark.parametrize("fill", RANDOM)
def test_one_seed_one_start(fill):
    first, second = fill(large(5, 4), rng=7).data, fill(large(5, 4), rng=np.random.default_rng(7)).data
    assert first.tobytes() == second.tobytes()
    assert (fill(large(5, 4), rng=8).data != first).all()
    single = fill(nn.Parameter(np.zeros((5, 4), "float32")), rng=7).data
    np.testing.assert_array_equal(single, first.astype("float32"))
    nn.manual_seed(7)
    assert fill(large(5, 4)).data.tobytes() == first.tobytes()


def test_one_seed_reproduces_a_run_bit_for_bit():
    def run():
        nn.manual_seed(11)
        model = nn.Sequential(nn.Linear(4, 16), nn.RReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
        model.apply(lambda m: isinstance(m, nn.Linear) and init.kaiming_normal_(m.weight))
        x, y = np.random.default_rng(0).normal(size=(20, 4)).astype("float32"), np.arange(20) % 3
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        for _ in range(5):
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(x), y).backward()
            optimizer.step()
        return b"".join(p.data.tobytes() for p in model.parameters())

    assert run() == run()


def test_new_data_is_new():
    """A graph that was made with the old values says so, as after an optimizer's step."""
    layer = nn.Linear(2, 2)
    before = layer.weight.data
    copy = before.copy()
    init.normal_(layer.weight)
    np.testing.assert_array_equal(before, copy)
    assert layer.weight.requires_grad
    assert layer.weight.data.flags.c_contiguous


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: init.xavier_normal_(large(3)), ValueError, "(out, in, ...), but the shape is (3,). Initialize biases"),
        (lambda: init.kaiming_uniform_(large(2, 2), mode="in"), ValueError, "'fan_in' or 'fan_out', not 'in'"),
        (lambda: init.xavier_normal_(large(2, 2), fan="both"), ValueError, "'average', 'in' or 'out', not 'both'"),
        (lambda: init.kaiming_normal_(large(2, 2), nonlinearity="swish"), ValueError, "no known gain for 'swish'"),
        (lambda: init.xavier_normal_(large(0, 2), fan="out"), ValueError, "of shape (0, 2) has no entries"),
        (lambda: init.orthogonal_(large(3)), ValueError, "at least two axes, but the shape is (3,)"),
        (lambda: init.uniform_(large(3), 1, 0), ValueError, "a must not be greater than b, but a is 1 and b is 0"),
        (lambda: init.normal_(large(3), std=-1), ValueError, "std must be 0 or more, not -1"),
        (lambda: init.trunc_normal_(large(3), a=1, b=1), ValueError, "a must be less than b, but a is 1 and b is 1"),
        (lambda: init.trunc_normal_(large(3), std=0), ValueError, "std must be positive, not 0"),
        (lambda: init.trunc_normal_(large(3), a=40, b=50), ValueError, "40 standard deviations from the mean"),
        (lambda: init.constant_(large(3), [1, 2]), ValueError, "shape (2,) does not broadcast to (3,)"),
        (lambda: init.zeros_(np.ones(3)), TypeError, "not a ndarray. Pass the Parameter itself: w, not w.data."),
        (lambda: init.zeros_(nn.Linear(2, 2)), TypeError, "not a Linear"),
        (lambda: init.normal_(large(3) * 2.0), TypeError, "not a computed Tensor"),
    ],
)
def test_bad_calls_are_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


# --- PyTorch ------------------------------------------------------------------------------------------------------


def test_gains_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name in ("linear", "conv1d", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.2))


@pytest.mark.parametrize("shape", [(400, 500), CONV])
@pytest.mark.parametrize(
    "name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "normal_"]
)
def test_sizes_are_pytorchs(name, shape):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = getattr(torch.nn.init, name)(torch.empty(shape)).numpy()
    ours = getattr(init, name)(large(*shape), rng=0).data
    assert abs(ours.std() / theirs.std() - 1) < 0.02
    if "uniform" in name:
        assert abs(np.abs(ours).max() / np.abs(theirs).max() - 1) < 0.001


# --- units that start equal ---------------------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")


def said(model, *, backward=True, steps=1, x=X, y=Y):
    """The warnings of a few steps of training, by the names of the weights."""
    optimizer = SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(steps):
            optimizer.zero_grad()
            loss = nn.MSELoss()(model(x), y)
            if backward:
                loss.backward()
                optimizer.step()
    assert all(w.category is nn.SymmetryWarning and w.filename == __file__ for w in caught)
    return [str(w.message).partition(" ")[0] for w in caught]


def changed(model, fill, *names):
    for name, p in model.named_parameters():
        if not names or name in names:
            fill(p)
    return model


def equal(p):
    init.constant_(p, 0.5)


class Shortcut(nn.Module):
    """A branch whose last layer starts at 0, as in Fixup, beside a shortcut; a layer follows."""

    def __init__(self):
        self.before, self.after, self.out = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)
        init.zeros_(self.after.weight)

    def forward(self, x):
        return self.out(x + self.after(np.tanh(self.before(x))))


STUCK = [
    (lambda: changed(nn.MLP([3, 4, 2], "tanh"), init.zeros_), ["0.weight"]),
    (lambda: changed(nn.MLP([3, 4, 2], "relu"), init.zeros_), ["0.weight"]),
    (lambda: changed(nn.MLP([3, 4, 2], "sigmoid"), init.zeros_), ["0.weight"]),
    (lambda: changed(nn.MLP([3, 4, 2], "tanh"), equal), ["0.weight"]),
    (lambda: changed(nn.MLP([3, 4, 4, 2], "tanh"), equal), ["0.weight", "2.weight"]),
    # equal rows, though the entries of a row differ
    (
        lambda: changed(
            nn.MLP([3, 4, 2], "tanh"),
            lambda p: (
                init.constant_(p, np.arange(1, p.shape[-1] + 1) * 0.1) if p.ndim == 2 and p.shape[1] == 3 else equal(p)
            ),
        ),
        ["0.weight"],
    ),
    # a single layer that starts constant before others that do not
    (lambda: changed(nn.MLP([3, 4, 2], "tanh"), equal, "0.weight"), ["0.weight"]),
]

HEALTHY = [
    lambda: nn.MLP([3, 4, 2]),
    lambda: nn.Linear(3, 2),
    lambda: changed(nn.Linear(3, 2), init.zeros_),
    lambda: changed(nn.MLP([3, 4, 2]), init.zeros_, "2.weight", "2.bias"),  # the last layer
    lambda: changed(nn.MLP([3, 4, 2]), init.zeros_, "0.bias", "2.bias"),
    lambda: changed(nn.MLP([3, 1, 2], "tanh"), equal, "0.weight", "0.bias"),  # a single unit
    lambda: nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)),
    lambda: nn.Sequential(nn.Unflatten(1, (1, 3)), nn.LayerNorm((1, 3)), nn.Flatten(), nn.Linear(3, 2)),
    lambda: nn.Sequential(nn.Linear(3, 4), nn.PReLU(4), nn.Linear(4, 2)),
    lambda: changed(nn.MLP([3, 4, 2], "tanh"), init.zeros_, "0.weight"),  # what follows tells them apart
    Shortcut,
    lambda: changed(nn.MLP([3, 4, 2]), lambda p: init.constant_(p, np.nan)),
]


@pytest.mark.parametrize(("make", "names"), STUCK)
def test_units_that_start_equal_are_warned_about(make, names):
    model = make()
    assert sorted(said(model, steps=3)) == names  # once, at the first step
    if not model[2].weight.data.any() or len(np.unique(model[2].weight.data)) == 1:
        first = model[0].weight.data
        np.testing.assert_allclose(first, np.broadcast_to(first[:1], first.shape), atol=1e-6)  # and they stay equal


@pytest.mark.parametrize("make", HEALTHY)
def test_healthy_starts_are_not(make):
    assert said(make(), steps=2) == []


def test_a_convolution_that_starts_equal():
    x = np.random.default_rng(0).normal(size=(4, 1, 5)).astype("float32")
    model = nn.Sequential(nn.Conv1d(1, 4, 2), nn.Tanh(), nn.Flatten(), nn.Linear(16, 2))
    assert said(changed(model, equal), x=x, y=Y[:4]) == ["0.weight"]


def test_an_embedding_may_start_anywhere():
    tokens = np.array([[0, 1], [2, 1], [0, 2]])
    model = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 2))
    assert said(changed(model, equal, "0.weight"), x=tokens, y=Y[:3]) == []


def test_equal_units_are_no_matter_without_training():
    model = changed(nn.MLP([3, 4, 2], "tanh"), init.zeros_)
    assert said(model, backward=False) == []
    assert said(changed(model, init.normal_)) == []  # repaired in between


@pytest.mark.parametrize(("noise", "words"), [(1e-6, "Every step leaves them equal"), (1e-2, "nearly the same")])
def test_equal_gradients_are_equal_up_to_rounding(noise, words):
    """Sums of the same products are not always rounded alike; here the noise stands for that, or for a difference."""
    model = changed(nn.MLP([3, 4, 2], "tanh"), equal)
    factors = (1 + noise * np.random.default_rng(0).normal(size=(4, 3))).astype("float32")
    model[0].weight.register_hook(lambda g: g * factors)
    with pytest.warns(nn.SymmetryWarning, match=words):
        nn.MSELoss()(model(X), Y).backward()


def test_a_part_that_was_called_alone_is_not_warned_about_twice():
    model = changed(nn.Sequential(nn.MLP([3, 4, 3], "tanh"), nn.Linear(3, 2)), init.zeros_)
    model[0](X)
    assert sorted(said(model)) == ["0.weight", "2.weight"]


def test_the_watch_does_not_keep_a_model_alive():
    import gc
    import weakref

    gc.collect()
    gc.disable()
    try:
        model = changed(nn.MLP([3, 4, 2], "tanh"), init.zeros_)
        model(X)
        dead = weakref.ref(model[0].weight)
        del model
        assert dead() is None
    finally:
        gc.enable()

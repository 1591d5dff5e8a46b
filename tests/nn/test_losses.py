"""What is particular to the losses: extreme scores, targets of other kinds, weights, activations before them."""

import re
import warnings

import numpy as np
import pytest

import nn
from autograd import gradcheck, no_grad, tensor
from nn import functional
from optim import SGD

EXTREME = np.array([[-1e4, 0.0, 1e4], [1e4, 1e4, -1e4]], "float32")
HUGE = np.array([[-1e4, 1e4], [1e4, 1e4], [0.0, -1e4]], "float32")
LABELS = np.array([0, 1, 1])
SOME = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])


# --- extreme scores -----------------------------------------------------------------------------------------------


def test_cross_entropy_of_extreme_logits():
    x = tensor(EXTREME, requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss = nn.CrossEntropyLoss(reduction="none")(x, np.array([0, 1]))
        np.testing.assert_allclose(loss.data, [2e4, np.log(2)], rtol=1e-6)
        (g,) = loss.sum().gradient(x, create_graph=True)
        np.testing.assert_allclose(g.data, [[-1, 0, 1], [0.5, -0.5, 0]], atol=1e-6)
        (h,) = (g * g).sum().gradient(x)
    assert np.isfinite(h.data).all()


def test_binary_cross_entropy_of_extreme_logits():
    x = tensor(EXTREME, requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss = nn.BCEWithLogitsLoss(reduction="none")(x, np.zeros((2, 3)))
        np.testing.assert_allclose(loss.data, [[0, np.log(2), 1e4], [1e4, 1e4, 0]], rtol=1e-6)
        (g,) = loss.sum().gradient(x, create_graph=True)
        np.testing.assert_allclose(g.data, [[0, 0.5, 1], [1, 1, 0]], atol=1e-6)
        (h,) = (g * g).sum().gradient(x)
    assert np.isfinite(h.data).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("make", "target"),
    [
        (nn.MSELoss, SOME),
        (nn.L1Loss, SOME),
        (nn.HuberLoss, SOME),
        (nn.SmoothL1Loss, SOME),
        (nn.BCEWithLogitsLoss, SOME),
        (lambda **k: nn.BCEWithLogitsLoss([0.5, 2.0], pos_weight=[3.0, 1.0], **k), SOME),
        (nn.HingeLoss, 2 * (SOME > 0.5) - 1),
        (nn.PerceptronLoss, 2 * (SOME > 0.5) - 1),
        (nn.SoftMarginLoss, 2 * (SOME > 0.5) - 1),
        (lambda **k: lambda x, t: nn.MarginRankingLoss(0.5, **k)(x, x[::-1], t), 2 * (SOME > 0.5) - 1),
        (lambda **k: lambda x, t: nn.GaussianNLLLoss(**k)(x, t, [1e-4, 1.0, 1e4]), SOME),
        (lambda **k: lambda x, t: nn.TripletMarginLoss(**k)(x, t, -x), SOME),
        (lambda **k: lambda x, t: nn.CosineEmbeddingLoss(**k)(x, x[::-1], t), np.array([1, -1, 1])),
        (nn.CrossEntropyLoss, LABELS),
        (nn.CrossEntropyLoss, SOME),
        (lambda **k: nn.CrossEntropyLoss([0.5, 2.0], ignore_index=1, label_smoothing=0.1, **k), LABELS),
        (lambda **k: nn.CrossEntropyLoss([0.5, 2.0], label_smoothing=0.1, **k), SOME),
        (lambda **k: lambda x, t: nn.NLLLoss(**k)(nn.LogSoftmax()(x), t), LABELS),
        (lambda **k: lambda x, t: nn.KLDivLoss(**k)(nn.LogSoftmax()(x), t), SOME),
        (lambda **k: lambda x, t: nn.BCELoss(**k)(nn.Sigmoid()(x), t), SOME),
    ],
)
def test_every_loss_survives_extreme_scores(make, target, reduction):
    """Scores of +-1e4 in float32: no overflow, no nan, first and second order, and the value of float64."""
    x = tensor(HUGE, requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out = make(reduction=reduction)(x, target)
        (g,) = out.sum().gradient(x, create_graph=True)
        h = (g * g).sum().gradient(x, allow_unused=True)[0] if g.requires_grad else None
    assert out.dtype == g.dtype == np.float32
    np.testing.assert_allclose(out.data, make(reduction=reduction)(HUGE.astype("float64"), target), rtol=1e-5)
    assert np.isfinite(g.data).all()
    assert h is None or np.isfinite(h.data).all()


def test_binary_cross_entropy_keeps_its_digits():
    """Far out on the right side the loss is exp(-|x|), which a difference of large numbers would lose in float32."""
    x = np.array([30.0, -30.0], "float32")
    loss = nn.BCEWithLogitsLoss(reduction="none")(x, np.array([1, 0]))
    np.testing.assert_allclose(loss, np.exp(-30.0), rtol=1e-5)
    t = tensor(x, requires_grad=True)
    nn.BCEWithLogitsLoss(reduction="sum")(t, np.array([1, 0])).backward()
    np.testing.assert_allclose(t.grad, [-np.exp(-30.0), np.exp(-30.0)], rtol=1e-5)


def test_binary_cross_entropy_at_zero_to_second_order():
    """Zero scores are what a network starts from: slope 1/2 - t, curvature 1/4."""
    x = tensor([0.0, 0.0], requires_grad=True)
    (g,) = nn.BCEWithLogitsLoss(reduction="sum")(x, [0.0, 1.0]).gradient(x, create_graph=True)
    np.testing.assert_allclose(g.data, [0.5, -0.5])
    (h,) = g.sum().gradient(x)
    np.testing.assert_allclose(h.data, [0.25, 0.25])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_of_zero_and_one(dtype):
    """PyTorch's limit: no logarithm below -100."""
    p = tensor(np.array([0.0, 0.0, 1.0, 1.0], dtype), requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss = nn.BCELoss(reduction="none")(p, [0.0, 1.0, 0.0, 1.0])
        assert loss.tolist() == [0.0, 100.0, 100.0, 0.0]
        loss.sum().backward()
    assert p.grad.tolist() == [1.0, 0.0, 0.0, -1.0]


# --- 0 times infinity ---------------------------------------------------------------------------------------------

INF = np.inf
SOFTPLUS = np.log1p(np.exp([1.0, -1.0]))
SIGMOID = 1 / (1 + np.exp([-1.0, 1.0]))
LIMITS = {  # at infinite scores: loss, prediction, and the right sum of losses and its gradient by the prediction
    "bce, right": (
        lambda x: functional.binary_cross_entropy_with_logits(x, [1.0, 0.0, 0.0], reduction="none"),
        [INF, -INF, 1.0], SOFTPLUS[0], [0.0, 0.0, SIGMOID[0]],
    ),
    "bce, wrong": (
        lambda x: functional.binary_cross_entropy_with_logits(x, [0.0, 1.0, 0.5], reduction="none"),
        [INF, -INF, INF], INF, [1.0, -1.0, 0.5],
    ),
    "bce, weights of 0": (
        lambda x: functional.binary_cross_entropy_with_logits(
            x, [0.0, 1.0, 0.0], [0.0, 1.0, 1.0], pos_weight=[1.0, 0.0, 1.0], reduction="none"
        ),
        [INF, -INF, 1.0], SOFTPLUS[0], [0.0, 0.0, SIGMOID[0]],
    ),
    "class, right": (
        lambda x: functional.cross_entropy(x, [0], reduction="none"),
        [[1.0, -INF, 2.0]], SOFTPLUS[0], [[-SIGMOID[0], 0.0, SIGMOID[0]]],
    ),
    "class, wrong": (
        lambda x: functional.cross_entropy(x, [1], reduction="none"),
        [[1.0, -INF, 2.0]], INF, [[SIGMOID[1], -1.0, SIGMOID[0]]],
    ),
    "class at +inf": (
        lambda x: functional.cross_entropy(x, [0, 1], reduction="none"), [[INF, 3.0], [INF, INF]], np.log(2.0),
        [[0.0, 0.0], [0.5, -0.5]],
    ),
    "wrong class at +inf": (
        lambda x: functional.cross_entropy(x, [1], reduction="none"), [[INF, 3.0]], INF, [[1.0, -1.0]],
    ),
    "class at +inf in images": (
        lambda x: functional.cross_entropy(x, [[0, 1]], reduction="none"), [[[INF, 0.0], [3.0, 0.0]]], np.log(2.0),
        [[[0.0, 0.5], [0.0, -0.5]]],
    ),
    "class of weight 0": (
        lambda x: functional.cross_entropy(x, [0, 1], [1.0, 0.0], reduction="none"), [[1.0, 2.0], [3.0, -INF]],
        SOFTPLUS[0], [[-SIGMOID[0], SIGMOID[0]], [0.0, 0.0]],
    ),
    "class to be ignored": (
        lambda x: functional.cross_entropy(x, [0, -100, -100], reduction="none"),
        [[1.0, 2.0], [3.0, -INF], [np.nan, INF]], SOFTPLUS[0], [[-SIGMOID[0], SIGMOID[0]], [0.0, 0.0], [0.0, 0.0]],
    ),
    "smoothed over classes of weight 0": (
        lambda x: functional.cross_entropy(x, [0], [1.0, 0.0, 1.0], label_smoothing=0.3, reduction="none"),
        [[1.0, -INF, 2.0]], 0.8 * SOFTPLUS[0] + 0.1 * SOFTPLUS[1],
        [[0.9 * SIGMOID[1] - 0.8, 0.0, 0.9 * SIGMOID[0] - 0.1]],
    ),
    "smoothed over an impossible class": (
        lambda x: functional.cross_entropy(x, [0], label_smoothing=0.3, reduction="none"),
        [[1.0, -INF, 2.0]], INF, [[SIGMOID[1] - 0.8, -0.1, SIGMOID[0] - 0.1]],
    ),
    "rows with a single 1": (
        lambda x: functional.cross_entropy(x, [[1.0, 0.0, 0.0]], reduction="none"),
        [[1.0, -INF, 2.0]], SOFTPLUS[0], [[-SIGMOID[0], 0.0, SIGMOID[0]]],
    ),
    "probabilities at +inf": (
        lambda x: functional.cross_entropy(x, [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0]], reduction="none"),
        [[INF, INF, 2.0], [0.0, 0.0, -INF]], 2 * np.log(2.0), np.zeros((2, 3)),
    ),
    "wrong probabilities at +inf": (
        lambda x: functional.cross_entropy(x, [[0.5, 0.5, 0.0]], reduction="none"),
        [[INF, 1.0, 2.0]], INF, [[0.5, -0.5, 0.0]],
    ),
    "nll of weight 0": (
        lambda x: functional.nll_loss(x, [0, 1, -100], [1.0, 0.0], reduction="none"),
        [[-1.0, -2.0], [-3.0, -INF], [-INF, np.nan]], 1.0, [[-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
    ),
    "nll, wrong": (lambda x: functional.nll_loss(x, [0], reduction="none"), [[-INF, 0.0]], INF, [[-1.0, 0.0]]),
    "kl, right": (
        lambda x: functional.kl_div(x, [0.5, 0.5, 0.0], reduction="none"), [-1.0, -1.0, -INF], 1 - np.log(2.0),
        [-0.5, -0.5, 0.0],
    ),
    "kl, wrong": (
        lambda x: functional.kl_div(x, [0.5, 0.25, 0.25], reduction="none"), [-1.0, -1.0, -INF], INF,
        [-0.5, -0.25, -0.25],
    ),
    "kl of logarithms": (
        lambda x: functional.kl_div(x, np.log([0.5, 0.5, 1.0]) * [1, 1, 0] - [0.0, 0.0, INF], log_target=True,
                                    reduction="none"),
        [-1.0, -1.0, -INF], 1 - np.log(2.0), [-0.5, -0.5, 0.0],
    ),
    "soft margin": (
        lambda x: functional.soft_margin_loss(x, [1, -1, 1], reduction="none"), [INF, -INF, 1.0], SOFTPLUS[1],
        [0.0, 0.0, -SIGMOID[1]],
    ),
    "soft margin, wrong": (
        lambda x: functional.soft_margin_loss(x, [-1, 1], reduction="none"), [INF, -INF], INF, [1.0, -1.0],
    ),
    "a logarithm of a rate of 0": (
        lambda x: functional.poisson_nll_loss(x, [0.0, 0.0], reduction="none"), [-INF, 0.0], 1.0, [0.0, 1.0],
    ),
    "a rate of 0": (
        lambda x: functional.poisson_nll_loss(x, [0.0, 0.0], False, eps=0.0, reduction="none"), [0.0, 1.0], 1.0,
        [1.0, 1.0],
    ),
    "hinge": (lambda x: functional.hinge_loss(x, [1, -1], reduction="none"), [INF, -INF], 0.0, [0.0, 0.0]),
    "hinge, wrong": (lambda x: functional.hinge_loss(x, [-1, 1], reduction="none"), [INF, 0.0], INF, [1.0, -1.0]),
    "perceptron": (lambda x: functional.perceptron_loss(x, [1, -1], reduction="none"), [INF, -INF], 0.0, [0.0, 0.0]),
    "huber": (lambda x: functional.huber_loss(x, [0.0, 0.0], reduction="none"), [INF, -INF], INF, [1.0, -1.0]),
    "smooth": (lambda x: functional.smooth_l1_loss(x, [0.0, 0.0], reduction="none"), [INF, -INF], INF, [1.0, -1.0]),
    "absolute": (lambda x: functional.l1_loss(x, [0.0, 0.0], reduction="none"), [INF, -INF], INF, [1.0, -1.0]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", LIMITS)
def test_what_does_not_count_is_not_infinite(name, dtype):
    loss, prediction, value, slope = LIMITS[name]
    x = tensor(np.array(prediction, dtype), requires_grad=True)
    tolerance = 4 * float(np.finfo(dtype).eps)
    losses = loss(x)
    np.testing.assert_allclose(losses.data.sum(), value, rtol=tolerance)
    np.testing.assert_allclose(loss(x.data).sum(), value, rtol=tolerance)
    (g,) = losses.sum().gradient(x, create_graph=True)
    np.testing.assert_allclose(g.data, slope, rtol=tolerance, atol=tolerance)
    if g.requires_grad:
        (h,) = (g * np.arange(1.0, g.size + 1).reshape(g.shape)).sum().gradient(x, allow_unused=True)
        assert h is None or np.isfinite(h.data).all()
    (g,) = loss(x).sum().gradient(x)
    np.testing.assert_allclose(g.data, slope, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_mean_and_the_sum_at_infinity(reduction):
    x = np.array([[INF, 3.0], [1.0, 2.0]])
    right = SOFTPLUS[0] / (2 if reduction == "mean" else 1)
    np.testing.assert_allclose(functional.cross_entropy(x, [0, 0], reduction=reduction), right)
    assert functional.cross_entropy(x, [1, 0], reduction=reduction) == INF
    assert np.isnan(functional.cross_entropy(np.array([[np.nan, 3.0], [1.0, 2.0]]), [0, 0], reduction=reduction))


# --- tails --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [30.0, 40.0, 100.0, 700.0])
def test_a_sample_that_is_learned_keeps_its_digits(large):
    """What is left of the loss, and its slope, are of the size exp(-large), beside which a 1 would swallow them."""
    x = tensor(np.array([[large, 0.0, 0.0]]), requires_grad=True)
    tail = np.exp(-large)
    loss = functional.cross_entropy(x, [0])
    np.testing.assert_allclose(loss.data, 2 * tail, rtol=1e-12)
    (g,) = loss.gradient(x, create_graph=True)
    np.testing.assert_allclose(g.data, [[-2 * tail, tail, tail]], rtol=1e-12)
    (h,) = g[0, 0].gradient(x)
    np.testing.assert_allclose(h.data, [[2 * tail, -tail, -tail]], rtol=1e-12)
    np.testing.assert_allclose(functional.cross_entropy(x, [0]).gradient(x)[0].data, g.data, rtol=1e-15)


def test_many_classes_in_half_precision():
    x = tensor(np.zeros((1, 70000), np.float16), requires_grad=True)
    loss = functional.cross_entropy(x, [0])
    loss.backward()
    assert (loss.dtype, x.grad.dtype) == (np.float16, np.float16)
    assert loss.item() == np.float16(np.log(70000.0))
    np.testing.assert_allclose(x.grad[0, :2], [-1.0, 1 / 70000], rtol=2e-3)


@pytest.mark.parametrize("beta", [1e-3, 1e-9, 1e-30, 1e-300])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_narrow_rounding_of_the_absolute_error(dtype, beta):
    x = np.array([0.0, 0.5, 1e-4, -1e-5], dtype)
    right = np.where(np.abs(x) < beta, x.astype(float) ** 2 / (2 * beta), np.abs(x.astype(float)) - beta / 2)
    np.testing.assert_allclose(
        functional.smooth_l1_loss(x, np.zeros(4), beta=beta, reduction="none"), right, rtol=4 * np.finfo(dtype).eps,
        atol=float(np.finfo(dtype).smallest_subnormal),
    )  # fmt: skip


# --- what a loss takes --------------------------------------------------------------------------------------------

ALL = [cls for cls in vars(nn).values() if isinstance(cls, type) and cls.__name__.endswith("Loss")]


def test_all_losses_are_here():
    assert {loss.__name__ for loss in ALL} == set(nn.losses.__all__)


@pytest.mark.parametrize("loss", ALL)
def test_the_reduction_is_one_of_three(loss):
    with pytest.raises(ValueError, match=r"'sum' or 'none', not 'average'"):
        loss(reduction="average")
    function = {"MSELoss": functional.mse_loss}.get(loss.__name__, functional.cross_entropy)
    with pytest.raises(ValueError, match="not None"):
        function(np.zeros((1, 1)), np.zeros((1, 1) if function is functional.mse_loss else 1, int), reduction=None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.HuberLoss(delta=0), "delta, the error at which the loss becomes linear, must be positive, not 0"),
        (lambda: functional.huber_loss(np.ones(2), np.ones(2), delta=-1), "not -1"),
        (lambda: nn.SmoothL1Loss(beta=-1.0), "beta, the error at which"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=1.5), "label_smoothing must be a probability between 0 and"),
        (lambda: functional.cross_entropy(np.ones((1, 2)), np.array([0]), label_smoothing=-0.1), "not -0.1"),
        (
            lambda: nn.CrossEntropyLoss(ignore_index=1)(np.ones((2, 2)), np.full((2, 2), 0.5)),
            "the target holds probabilities",
        ),
        (lambda: nn.CrossEntropyLoss([1.0, -1.0])(np.ones((1, 2)), np.array([0])), "its smallest value is -1.0"),
        (lambda: nn.BCEWithLogitsLoss(pos_weight=[np.nan])(np.ones(1), np.ones(1)), "pos_weight must be 0 or more"),
    ],
)
def test_bad_settings_are_refused(make, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words follow
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.BCEWithLogitsLoss(), nn.L1Loss(), nn.HuberLoss()], ids=repr)
@pytest.mark.parametrize("kind", ["float64", "int64", "bool", "list", "tensor"])
def test_targets_do_not_widen_a_float32_loss(loss, kind):
    x = tensor(np.array([0.5, -0.5], "float32"), requires_grad=True)
    target = {"list": [1.0, 0.0], "tensor": tensor([1.0, 0.0])}.get(kind)
    out = loss(x, np.array([1, 0]).astype(kind) if target is None else target)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.item(), loss(x, np.array([1, 0], "float32")).item())


def test_a_target_may_require_a_gradient():
    x, t = tensor([1.0, 2.0], requires_grad=True), tensor([0.0, 4.0], requires_grad=True)
    nn.MSELoss()(x, t).backward()
    np.testing.assert_allclose(x.grad, [1.0, -2.0])
    np.testing.assert_allclose(t.grad, [-1.0, 2.0])


def test_a_teacher_learns_too(rng):
    """Probabilities as target may come from another network: their gradient is right."""
    scores, teacher = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    gradcheck(lambda x, y: functional.cross_entropy(x, functional.softmax(y, axis=1)), scores, teacher, order=2)
    gradcheck(
        lambda x, y: functional.kl_div(functional.log_softmax(x), functional.softmax(y)), scores, teacher, order=2
    )


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64])
def test_labels_of_every_integer_dtype(dtype):
    logits = np.arange(6.0).reshape(2, 3)
    expected = functional.cross_entropy(logits, [0, 2])
    assert functional.cross_entropy(logits, np.array([0, 2], dtype)) == expected
    assert functional.cross_entropy(logits, tensor(np.array([0, 2], dtype))) == expected
    with pytest.raises(nn.LabelError, match=r"label 3 at index \(1,\)"):
        functional.cross_entropy(logits, np.array([0, 3], dtype))
    left_out = np.array([0, 100], dtype)
    assert functional.cross_entropy(logits, left_out, ignore_index=100) == functional.cross_entropy(logits[:1], [0])


def test_labels_may_be_a_view():
    logits = np.arange(6.0).reshape(2, 3)
    labels = np.array([[0, 9], [2, 9]])[:, 0]
    assert functional.cross_entropy(logits, labels) == functional.cross_entropy(logits, [0, 2])


def test_a_single_sample():
    logits = tensor([0.0, 1.0, 2.0], requires_grad=True)
    for label in (2, np.int64(2), np.array(2)):
        loss = nn.CrossEntropyLoss()(logits, label)
        np.testing.assert_allclose(loss.item(), np.log(np.exp([0, 1, 2]).sum()) - 2)
        assert loss.shape == ()
        np.testing.assert_allclose(nn.NLLLoss()(functional.log_softmax(logits), label).item(), loss.item())
    loss.backward()
    np.testing.assert_allclose(logits.grad.sum(), 0, atol=1e-12)
    np.testing.assert_allclose(nn.CrossEntropyLoss()(logits, [0.0, 0.0, 1.0]).item(), loss.item())
    with pytest.raises(nn.LossShapeError, match="all 1 labels equal ignore_index"):
        nn.CrossEntropyLoss()(logits, -100)


def test_a_prediction_of_integers_is_a_number_all_the_same():
    assert functional.mse_loss(np.array([1, 2]), np.array([1, 4])) == 2.0


def test_functions_on_plain_arrays_give_plain_numbers():
    x, t = np.zeros((2, 3)), np.zeros((2, 3))
    for out in (
        functional.mse_loss(x, t),
        functional.huber_loss(x, t),
        functional.binary_cross_entropy_with_logits(x, t),
        functional.binary_cross_entropy(x + 0.5, t),
        functional.hinge_loss(x, t + 1),
        functional.perceptron_loss(x, t + 1),
        functional.soft_margin_loss(x, t + 1),
        functional.margin_ranking_loss(x, x, t + 1),
        functional.cosine_embedding_loss(x, x, [1, -1]),
        functional.triplet_margin_loss(x, x, x),
        functional.gaussian_nll_loss(x, t, 1.0),
        functional.poisson_nll_loss(x, t),
        functional.cross_entropy(x, [0, 1]),
        functional.cross_entropy(x, [0, 1], label_smoothing=0.1),
        functional.cross_entropy(x, t + 1 / 3),
        functional.nll_loss(x, [0, 1]),
        functional.kl_div(x, t),
        functional.linear(x, np.ones((1, 3))),
        functional.log_softmax(x),
    ):
        assert isinstance(out, np.ndarray | np.floating)


def test_the_example_of_users():
    """(N, 1) against (N,): the commonest silent mistake of all."""
    model, x, y = nn.Linear(3, 1), np.ones((5, 3), "float32"), np.ones(5, "float32")
    with pytest.raises(nn.LossShapeError) as caught:
        nn.MSELoss()(model(x), y)
    assert "(5, 1)" in str(caught.value)
    assert "(5,)" in str(caught.value)
    nn.MSELoss()(model(x), y.reshape(5, 1)).backward()


# --- the decks ----------------------------------------------------------------------------------------------------


def test_squared_errors_of_the_decks(rng):
    """1/(2N) sum, 1/2 sum, 1/N sum, and 1/d sum over the d outputs of one sample."""
    o, t = rng.normal(size=(6, 1)), rng.normal(size=(6, 1))
    total = ((o - t) ** 2).sum()
    np.testing.assert_allclose(nn.MSELoss(half=True)(o, t), total / 12)
    np.testing.assert_allclose(nn.MSELoss(reduction="sum", half=True)(o, t), total / 2)
    np.testing.assert_allclose(nn.MSELoss()(o, t), total / 6)
    np.testing.assert_allclose(nn.MSELoss()(o.ravel(), t.ravel()), total / 6)


def test_gradients_of_the_decks(rng):
    """Output minus label: for sigmoid with binary cross-entropy, and for softmax with cross-entropy."""
    z = tensor(rng.normal(size=(5, 3)), requires_grad=True)
    t = rng.integers(0, 2, (5, 3))
    (g,) = nn.BCEWithLogitsLoss(reduction="sum")(z, t).gradient(z)
    np.testing.assert_allclose(g.data, functional.sigmoid(z.data) - t)
    labels = rng.integers(0, 3, 5)
    (g,) = nn.CrossEntropyLoss(reduction="sum")(z, labels).gradient(z)
    np.testing.assert_allclose(g.data, functional.softmax(z.data) - np.eye(3)[labels], atol=1e-15)


def test_one_in_k_and_class_numbers_are_the_same(rng):
    """A deck has targets either as class numbers or as rows with a single 1."""
    logits, labels = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    for settings in ({}, {"label_smoothing": 0.2}, {"reduction": "sum"}, {"reduction": "none"}):
        loss = nn.CrossEntropyLoss(**settings)
        np.testing.assert_allclose(loss(logits, np.eye(4)[labels]), loss(logits, labels), rtol=1e-12)


def test_two_classes_are_a_logistic_regression(rng):
    """Softmax of two scores is the sigmoid of their difference."""
    scores, labels = rng.normal(size=(7, 2)), rng.integers(0, 2, 7)
    np.testing.assert_allclose(
        nn.CrossEntropyLoss()(scores, labels), nn.BCEWithLogitsLoss()(scores[:, 1] - scores[:, 0], labels), rtol=1e-12
    )


def test_fused_and_separate(rng):
    """Softmax and cross-entropy in one step or in two: the same on safe scores; only one survives extreme ones."""
    logits, labels = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    x = tensor(logits, requires_grad=True)
    apart = nn.NLLLoss()(np.log(nn.Softmax()(x)), labels)
    together = nn.CrossEntropyLoss()(x, labels)
    np.testing.assert_allclose(apart.item(), together.item(), rtol=1e-12)
    np.testing.assert_allclose(apart.gradient(x)[0].data, together.gradient(x)[0].data, atol=1e-15)
    with np.errstate(divide="ignore"):
        assert nn.NLLLoss()(np.log(nn.Softmax()(np.array([[0.0, 1e4]]))), [0]) == np.inf
    assert nn.CrossEntropyLoss()(np.array([[0.0, 1e4]]), [0]) == 1e4


def test_several_labels_per_sample(rng):
    """[1 0 1]: one sigmoid and one binary cross-entropy per label."""
    logits, labels = rng.normal(size=(5, 3)), rng.integers(0, 2, (5, 3))
    columns = [nn.BCEWithLogitsLoss()(logits[:, k], labels[:, k]) for k in range(3)]
    np.testing.assert_allclose(nn.BCEWithLogitsLoss()(logits, labels), np.mean(columns))
    with pytest.raises(nn.LabelError, match="For several labels per sample, use binary_cross_entropy_with"):
        nn.CrossEntropyLoss()(logits, np.array([[1.0, 0.0, 1.0]] * 5))


def test_gradient_descent_on_the_perceptron_loss_is_the_perceptron_rule():
    """w += lr t x for each sample on the wrong side; a score of 0 is no answer."""
    layer = nn.Linear(2, 1, dtype="float64")
    layer.weight.data, layer.bias.data = np.zeros((1, 2)), np.zeros(1)
    optimizer, loss = SGD(layer.parameters(), lr=1.0), nn.PerceptronLoss()
    w, b = np.zeros(2), 0.0
    for x, t in [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), 1), ((0, 0), -1), ((0, 1), 1)]:
        if t * (w @ x + b) <= 0:
            w, b = w + t * np.array(x), b + t
        optimizer.zero_grad()
        loss(layer(np.array([x], float)), [[t]]).backward()
        optimizer.step()
        np.testing.assert_array_equal(layer.weight.data[0], w)
        np.testing.assert_array_equal(layer.bias.data, [b])


def test_slopes_at_the_corners():
    x = tensor([1.0, -1.0, 0.0], requires_grad=True)
    nn.HingeLoss(reduction="sum")(x, [1, -1, 1]).backward()
    assert x.grad.tolist() == [0.0, 0.0, -1.0]
    x.grad = None
    nn.PerceptronLoss(reduction="sum")(x, [1, -1, 1]).backward()
    assert x.grad.tolist() == [0.0, 0.0, -1.0]


@pytest.mark.parametrize("given", [([1.0], [1.0], [1]), ([2.0], [1.0], [1]), ([1.0], [1.0], [-1])])
@pytest.mark.parametrize("margin", [0.0, 1.0])
def test_slopes_at_a_margin_are_pytorchs(given, margin):
    """Of two equal scores one is to be larger: there is a slope, so that they can part."""
    torch = pytest.importorskip("torch")
    *scores, target = given
    mine = [tensor(x, requires_grad=True) for x in scores]
    other = [torch.tensor(x, requires_grad=True) for x in scores]
    functional.margin_ranking_loss(*mine, target, margin).backward()
    torch.nn.functional.margin_ranking_loss(*other, torch.tensor(target), margin).backward()
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_array_equal(a.grad, b.grad.numpy())


@pytest.mark.parametrize("shape", [(2, 3), (2, 1), (2,), ()])
def test_variances_of_every_shape_as_pytorch(shape, rng):
    """One below eps counts as eps, and has a slope all the same."""
    torch = pytest.importorskip("torch")
    x, t, v = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), np.asarray(rng.uniform(0.5, 2.0, size=shape))
    v = np.where(np.arange(v.size).reshape(shape) == 0, 1e-3, v)
    mine, other = tensor(v, requires_grad=True), torch.tensor(v, requires_grad=True)
    if not shape:
        theirs = torch.full((2, 3), 1e-3, dtype=torch.float64, requires_grad=True)
        expected = torch.nn.functional.gaussian_nll_loss(torch.tensor(x), torch.tensor(t), theirs, eps=0.01)
        expected.backward()
        slope = theirs.grad.numpy().sum()
        assert functional.gaussian_nll_loss(x, t, 1e-3, eps=0.01) == pytest.approx(expected.item(), rel=1e-12)
    else:
        expected = torch.nn.functional.gaussian_nll_loss(torch.tensor(x), torch.tensor(t), other, eps=0.01)
        expected.backward()
        slope = other.grad.numpy()
    found = functional.gaussian_nll_loss(x, t, mine, eps=0.01)
    found.backward()
    np.testing.assert_allclose(found.item(), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(mine.grad, slope, rtol=1e-9)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, np.inf])
def test_single_triples_and_pairs(p, rng):
    torch = pytest.importorskip("torch")
    a, b, c = rng.normal(size=(3, 4))
    expected = torch.nn.functional.triplet_margin_loss(*map(torch.tensor, (a, b, c)), p=p, swap=True)
    np.testing.assert_allclose(functional.triplet_margin_loss(a, b, c, p=p, swap=True), expected.item(), rtol=1e-12)
    for side in (1, -1):
        expected = torch.nn.functional.cosine_embedding_loss(*map(torch.tensor, (a, b, side)), margin=-0.5)
        found = functional.cosine_embedding_loss(a, b, side, -0.5)
        np.testing.assert_allclose(found, expected.item(), rtol=1e-12, atol=1e-15)


def test_huber_is_smooth_where_its_pieces_meet():
    x = tensor([0.5, -0.5, 0.0, 2.0], requires_grad=True)
    (g,) = nn.HuberLoss(reduction="sum", delta=0.5)(x, np.zeros(4)).gradient(x, create_graph=True)
    np.testing.assert_allclose(g.data, [0.5, -0.5, 0.0, 0.5])
    (h,) = g.sum().gradient(x)
    np.testing.assert_allclose(h.data, [1.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(nn.SmoothL1Loss(beta=0.0)(x, np.zeros(4)).item(), 0.75)


# --- weights and samples without label ----------------------------------------------------------------------------


def test_weights_are_buffers_with_pytorchs_names():
    assert list(nn.CrossEntropyLoss([1.0, 2.0]).state_dict()) == ["weight"]
    assert list(nn.BCEWithLogitsLoss([1.0], pos_weight=[2.0]).state_dict()) == ["weight", "pos_weight"]
    assert list(nn.NLLLoss().state_dict()) == []
    loss = nn.CrossEntropyLoss([1.0, 2.0])
    assert loss.weight.dtype == np.float32
    assert not list(loss.parameters())


def test_weights_do_not_widen_the_loss():
    for weight in (np.array([1.0, 2.0]), [1, 2], tensor([1.0, 2.0])):
        for target in (np.array([0, 1]), np.full((2, 2), 0.5)):
            assert nn.CrossEntropyLoss(weight)(np.zeros((2, 2), "float32"), target).dtype == np.float32
        assert (
            nn.BCEWithLogitsLoss(weight, pos_weight=weight)(np.zeros((2, 2), "float32"), SOME[:2]).dtype == np.float32
        )


def test_ignored_samples_leave_no_trace(rng):
    logits = rng.normal(size=(5, 3))
    labels = np.array([0, -100, 2, -100, 1])
    x = tensor(logits, requires_grad=True)
    loss = nn.CrossEntropyLoss()(x, labels)
    np.testing.assert_allclose(loss.item(), nn.CrossEntropyLoss()(logits[[0, 2, 4]], labels[[0, 2, 4]]))
    loss.backward()
    assert (x.grad[[1, 3]] == 0).all()
    logits[1] = [np.nan, np.inf, 0]  # whatever it is
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(nn.CrossEntropyLoss()(logits, labels), loss.item())


@pytest.mark.parametrize("loss", [functional.cross_entropy, functional.nll_loss])
def test_a_mean_over_nothing_is_refused(loss):
    """PyTorch returns nan here, which a run finds out too late."""
    x, none = np.zeros((2, 3)), np.array([-100, -100])
    with pytest.raises(nn.LossShapeError, match="the mean over no samples is undefined: all 2 labels equal ignore_i"):
        loss(x, none)
    with pytest.raises(nn.LossShapeError, match="belong to classes of weight 0"):
        loss(x, np.array([1, 1]), [1.0, 0.0, 1.0])
    assert loss(x, none, reduction="sum") == 0.0
    assert loss(x, none, reduction="none").tolist() == [0.0, 0.0]


# --- an activation too many ---------------------------------------------------------------------------------------


def warned(make, target, loss):
    x = tensor(np.array([[0.5, 0.2], [0.1, -0.3]]), requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loss(make(x), target)
    assert all(w.category is nn.ActivationWarning for w in caught)
    assert all(w.filename == __file__ for w in caught)
    return [str(w.message) for w in caught]


CLASS, YES = np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("make", "loss", "target", "words"),
    [
        (nn.Softmax(), nn.CrossEntropyLoss(), CLASS, "applies softmax itself, but was given the output of softmax"),
        (nn.Softmax(), nn.CrossEntropyLoss(), YES, "applies softmax itself"),
        (nn.Softmax(), functional.cross_entropy, CLASS, "applies softmax itself"),
        (nn.Sigmoid(), nn.CrossEntropyLoss(), CLASS, "was given the output of sigmoid"),
        (
            nn.LogSoftmax(),
            nn.CrossEntropyLoss(),
            CLASS,
            "applies log_softmax itself, but was given the output of log_softmax",
        ),
        (lambda x: nn.Softmax()(x).reshape(1, 2, 2).T.T[0], nn.CrossEntropyLoss(), CLASS, None),
        (lambda x: nn.Softmax()(x).reshape(4).reshape(2, 2), nn.CrossEntropyLoss(), CLASS, "output of softmax"),
        (nn.Sequential(nn.Linear(2, 2, dtype="float64"), nn.Softmax()), nn.CrossEntropyLoss(), CLASS, "of softmax"),
        (nn.Sigmoid(), nn.BCEWithLogitsLoss(), YES, "applies sigmoid itself"),
        (nn.Softmax(), nn.BCEWithLogitsLoss(), YES, "applies sigmoid itself, but was given the output of softmax"),
        (nn.Softmax(), nn.NLLLoss(), CLASS, "takes logarithms of probabilities"),
        # and none of these:
        (lambda x: x, nn.CrossEntropyLoss(), CLASS, None),
        (nn.Tanh(), nn.CrossEntropyLoss(), CLASS, None),
        (nn.Linear(2, 2, dtype="float64"), nn.CrossEntropyLoss(), CLASS, None),
        (lambda x: 3.0 * nn.Softmax()(x), nn.CrossEntropyLoss(), CLASS, None),
        (lambda x: np.log(nn.Softmax()(x)), nn.NLLLoss(), CLASS, None),
        (nn.LogSoftmax(), nn.NLLLoss(), CLASS, None),
        (nn.Sigmoid(), nn.BCELoss(), YES, None),
        (nn.Softmax(), nn.MSELoss(), YES, None),
        (nn.LogSoftmax(), nn.KLDivLoss(), YES, None),
        (nn.LogSoftmax(), nn.BCEWithLogitsLoss(), YES, None),
    ],
)
def test_an_activation_too_many(make, loss, target, words):
    found = warned(make, target, loss)
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_an_activation_too_many_is_said_once_for_a_line():
    x = tensor(np.zeros((2, 2)), requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            nn.CrossEntropyLoss()(nn.Softmax()(x), CLASS)
        nn.CrossEntropyLoss()(nn.Softmax()(x), CLASS)
    assert len(caught) == 2
    assert re.match("cross_entropy takes scores", str(caught[0].message))


def test_nothing_is_said_without_graph():
    with no_grad():
        nn.CrossEntropyLoss()(nn.Softmax()(np.zeros((2, 2))), CLASS)

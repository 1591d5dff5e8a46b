"""What normalisation counts, and what it refuses; its formulas are in the table of all modules."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import OperandError, grad, no_grad, tensor
from autograd.ops import normalization
from autograd.view import draw
from nn.functional import batch_norm, layer_norm, rms_norm

MAKE = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}


def batches(count, *shape):
    rng = np.random.default_rng(1)
    return [rng.normal(3, 2, size=(6, 3, *shape)) for _ in range(count)]


# --- running statistics -------------------------------------------------------------------------------------------


def test_running_statistics_by_hand():
    """Of 1 and 3 the mean is 2 and the unbiased variance 2; a tenth of the way from 0 to 2 and from 1 to 2."""
    norm = nn.BatchNorm1d(1, dtype="float64")
    norm(np.array([[1.0], [3.0]]))
    np.testing.assert_allclose(norm.running_mean.data, [0.2], rtol=1e-15)
    np.testing.assert_allclose(norm.running_var.data, [1.1], rtol=1e-15)
    assert norm.num_batches_tracked.data == 1
    assert norm.num_batches_tracked.dtype == np.int64


@pytest.mark.parametrize("shape", [(), (4,)])
def test_without_momentum_they_are_averages_over_all_batches(shape):
    norm = nn.BatchNorm1d(3, momentum=None, dtype="float64")
    seen = batches(5, *shape)
    for x in seen:
        norm(x)
    axes = (0, 2)[: 1 + len(shape)]
    np.testing.assert_allclose(norm.running_mean.data, np.mean([x.mean(axes) for x in seen], 0))
    np.testing.assert_allclose(norm.running_var.data, np.mean([x.var(axes, ddof=1) for x in seen], 0))


@pytest.mark.parametrize("momentum", [0.1, 1.0, 0.0, None])
def test_as_pytorch_counts_them(momentum):
    torch = pytest.importorskip("torch")
    for shape in ((), (4,), (2, 2)):
        name = "BatchNorm2d" if len(shape) == 2 else "BatchNorm1d"
        ours, theirs = (
            getattr(nn, name)(3, momentum=momentum, dtype="float64"),
            getattr(torch.nn, name)(3, momentum=momentum),
        )
        theirs.double()
        for x in batches(4, *shape):
            ours(x)
            theirs(torch.tensor(x))
            expected = theirs.state_dict()
            for key, value in ours.state_dict().items():
                np.testing.assert_allclose(value, expected[key].numpy(), rtol=1e-13)


def test_evaluation_uses_them_and_leaves_them_alone():
    norm = nn.BatchNorm1d(3, dtype="float64")
    for x in batches(3):
        norm(x)
    before = norm.eval().state_dict()
    one = batches(1)[0][:1]
    np.testing.assert_allclose(
        norm(one).data, (one - before["running_mean"]) / np.sqrt(before["running_var"] + norm.eps), rtol=1e-12
    )
    after = norm.state_dict()
    assert all((before[key] == after[key]).all() for key in before)


def test_they_follow_under_no_grad_too():
    norm = nn.BatchNorm1d(3, dtype="float64")
    with no_grad():
        norm(batches(1)[0])
    assert norm.running_mean.data.any()


def test_they_keep_their_dtype():
    norm = nn.BatchNorm1d(3)
    norm(batches(1)[0].astype("float32"))
    assert {b.dtype for b in (norm.running_mean, norm.running_var)} == {np.dtype("float32")}
    norm.astype("float64")
    assert norm.running_mean.dtype == np.float64
    assert norm.num_batches_tracked.dtype == np.int64


def test_a_backward_pass_through_evaluation_survives_a_step_of_training():
    norm = nn.BatchNorm1d(3, dtype="float64")
    x = tensor(batches(1)[0], requires_grad=True)
    out = norm.eval()(x).sum()
    norm.train()(batches(2)[1])
    out.backward()
    np.testing.assert_allclose(x.grad, 1 / np.sqrt(1 + norm.eps))


def test_a_failed_call_counts_nothing():
    norm = nn.BatchNorm1d(3)
    before = norm.state_dict()
    with pytest.raises(ValueError, match="at least 2 values per channel"):
        norm(np.ones((1, 3), "float32"))
    after = norm.state_dict()
    assert all((before[key] == after[key]).all() for key in before)


def test_a_last_batch_of_one_is_left_out_by_the_loader():
    """The message names what to do, and it helps."""
    x, y = np.arange(10.0, dtype="float32").reshape(5, 2), np.zeros((5, 1), "float32")
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2), nn.Linear(2, 1, rng=0))
    with pytest.raises(
        ValueError, match=r"shape \(1, 2\) has 1\. .*nn\.data\.Loader\(data, batch_size, drop_last=True\)"
    ):
        nn.fit(model, (x, y), loss=nn.MSELoss(), epochs=1, batch_size=2)
    nn.fit(model, nn.data.Loader((x, y), 2, drop_last=True), loss=nn.MSELoss(), epochs=1)
    assert model[1].num_batches_tracked.item() == 4


@pytest.mark.parametrize(("dtype", "size"), [("float64", 1e3), ("float32", 1e3), ("float16", 1e3), ("float32", 1e-25)])
def test_they_are_those_of_the_batch_in_every_dtype(dtype, size):
    norm = nn.BatchNorm1d(3, momentum=1.0, dtype="float64")
    x = (batches(1, 5)[0] * size).astype(dtype)
    with np.errstate(under="ignore"):
        norm(x)
    exact = x.astype(float)
    np.testing.assert_allclose(norm.running_mean.data, exact.mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(norm.running_var.data, exact.var((0, 2), ddof=1), rtol=1e-5, atol=1e-38)


def test_functions_change_arrays_in_place():
    mean, variance = np.zeros(3), np.ones(3)
    x = batches(1)[0]
    batch_norm(x, mean, variance, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, x.mean(0))
    np.testing.assert_allclose(variance, x.var(0, ddof=1))


# --- what comes out -----------------------------------------------------------------------------------------------


@given(
    shape=st.lists(st.integers(2, 4), min_size=2, max_size=4),
    scale=st.floats(0.01, 100),
    shift=st.floats(-100, 100),
    seed=st.integers(0, 99),
)
def test_mean_zero_and_variance_one(shape, scale, shift, seed):
    x = np.random.default_rng(seed).normal(shift, scale, size=shape)
    out = batch_norm(x, training=True, eps=0.0)
    axes = (0, *range(2, x.ndim))
    np.testing.assert_allclose(out.mean(axes), 0, atol=1e-9)
    np.testing.assert_allclose(out.var(axes), 1, rtol=1e-9)
    rows = layer_norm(x, shape[1:], eps=0.0).reshape(shape[0], -1)
    np.testing.assert_allclose(rows.mean(1), 0, atol=1e-9)
    np.testing.assert_allclose(rows.var(1), 1, rtol=1e-9)
    np.testing.assert_allclose(np.mean(rms_norm(x, shape[1:], eps=0.0).reshape(shape[0], -1) ** 2, 1), 1, rtol=1e-9)


def test_a_constant_input_gives_the_bias_and_finite_gradients():
    for norm in (nn.BatchNorm1d(3, dtype="float64"), nn.LayerNorm(3, dtype="float64")):
        norm.bias.data[:] = 0.5
        x = tensor(np.full((4, 3), 7.0), requires_grad=True)
        out = norm(x)
        np.testing.assert_allclose(out.data, 0.5)
        (out**2).sum().backward()
        assert np.isfinite(x.grad).all()


def test_batch_norm_is_drawn_as_one_op_that_unfolds():
    out = nn.BatchNorm1d(3)(tensor(batches(1)[0].astype("float32"), requires_grad=True))
    assert "batch_norm(" in draw(out).text
    assert "sqrt" not in draw(out).text
    unfolded = draw(out, expand=True).text
    assert "batch_norm, by its definition" in unfolded
    assert "sqrt" in unfolded


@pytest.mark.parametrize("mean", [1e4, 1e6])
def test_single_precision_is_accurate_far_from_zero(mean):
    """E[x^2] - E[x]^2 would lose the variance of 1, and the mean itself is rounded."""
    x = np.random.default_rng(0).normal(mean, 1, size=(64, 3)).astype("float32")
    exact = (x.astype(float) - x.mean(0, dtype=float)) / np.sqrt(x.var(0, dtype=float) + 1e-5)
    np.testing.assert_allclose(nn.BatchNorm1d(3)(x).data, exact, rtol=0, atol=1e-6)
    np.testing.assert_allclose(nn.LayerNorm(64)(x.T.copy()).data.T, exact, rtol=0, atol=1e-6)


def test_samples_do_not_mix_in_layer_norm():
    norm = nn.LayerNorm(4, dtype="float64")
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_array_equal(norm(x)[1].data, norm(x[1:2])[0].data)


def test_rms_norm_without_eps_takes_that_of_the_dtype():
    zeros = {dtype: rms_norm(np.full(2, 1e-3, dtype), 2) for dtype in ("float32", "float64")}
    np.testing.assert_allclose(zeros["float64"], 1, rtol=1e-9)
    np.testing.assert_allclose(zeros["float32"], 1e-3 / np.sqrt(1e-6 + np.finfo("float32").eps), rtol=1e-5)


ROWS = [(64, 300), (3, 5000)]
# shape, and the order of the axes in memory
BATCHES = [
    ((300, 64), (0, 1)),
    ((512, 5), (0, 1)),
    ((256, 2, 3), (0, 1, 2)),
    ((300, 4), (1, 0)),
    ((6, 5, 3, 2), (0, 1, 2, 3)),
    ((3, 2, 70, 70), (0, 1, 2, 3)),
    ((4, 3, 60, 50), (1, 2, 3, 0)),
    ((4, 3, 20, 5), (2, 0, 1, 3)),
    ((2, 3, 5000), (0, 1, 2)),
]
LARGE = [
    *((op, shape, (0, 1)) for op in (normalization.layer_norm.op, normalization.rms_norm.op) for shape in ROWS),
    *((normalization.batch_norm.op, shape, order) for shape, order in BATCHES),
]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize(("op", "shape", "order"), LARGE, ids=str)
def test_large_arrays_as_small_ones(op, shape, order, dtype):
    """Long sums and products of matrices give what the definition gives, on arrays and in a differentiable pass."""
    rng = np.random.default_rng(0)
    laid = rng.normal(3, 1, [shape[i] for i in order]).astype(dtype).transpose(np.argsort(order))
    of_slices = shape[1:2] if op.name == "batch_norm" else shape[1:]
    inputs = [laid, *(rng.normal(0.5, 1, of_slices).astype(dtype) for _ in op.operands[1:])]
    weights, slopes = (rng.normal(size=shape).astype(dtype) for _ in range(2))

    def gradients(function, kind):
        xs = [tensor(x.astype(kind), requires_grad=True) for x in inputs]
        assert xs[0].data.strides == laid.astype(kind).strides
        plain = function(*xs).gradient(*xs, gradient=weights.astype(kind))
        first = function(*xs).gradient(*xs, gradient=weights.astype(kind), create_graph=True)
        return plain, first, first[0].gradient(*xs[:2], gradient=slopes.astype(kind))

    plain, first, second = gradients(op.function, dtype)
    _, *expected = gradients(op.definition, "float64")
    for a, b in zip(plain, first, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_array_equal(a.data, b.data)
    for a, b in zip((*first, *second), (*expected[0], *expected[1]), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=0, atol=200 * np.finfo(dtype).eps * np.abs(b.data).max())


# --- what is refused ----------------------------------------------------------------------------------------------


def test_settings():
    for make in (nn.BatchNorm1d, nn.BatchNorm2d):
        with pytest.raises(ValueError, match="num_features, the number of features, must be a positive integer, not 0"):
            make(0)
    for make in (nn.LayerNorm, nn.RMSNorm):
        for wrong in (0, (3, 0), (), "3", 2.0):
            with pytest.raises(ValueError, match="normalized_shape, the number of features, must be"):
                make(wrong)
        assert make(3).normalized_shape == make([3]).normalized_shape == make(np.int64(3)).normalized_shape == (3,)


def test_settings_that_are_no_numbers_of_their_kind():
    for make in (nn.BatchNorm1d, nn.LayerNorm, nn.RMSNorm):
        for wrong in (-1e-5, np.nan, np.inf, "1e-5", True):
            with pytest.raises(ValueError, match="eps must be a finite number, 0 or more, not"):
                make(3, eps=wrong)
    for wrong in (-0.1, 1.1, "0.1"):
        with pytest.raises(ValueError, match="momentum must be a fraction between 0 and 1, not"):
            nn.BatchNorm1d(3, momentum=wrong)


def test_functions_say_what_does_not_fit():
    x = np.ones((2, 3))
    with pytest.raises(OperandError, match=r"has 3 channels \(axis 1\), but the weight has shape \(4,\)"):
        batch_norm(x, weight=np.ones(4), training=True)
    with pytest.raises(OperandError, match=r"\(N, C, \.\.\.\), not \(3,\)"):
        batch_norm(np.ones(3), training=True)
    with pytest.raises(ValueError, match="needs running_mean and running_var unless training=True"):
        batch_norm(x)
    with pytest.raises(OperandError, match=r"layer_norm: the weight has shape \(2,\), but normalized_shape is \(3,\)"):
        layer_norm(x, 3, np.ones(2))


def test_lists_and_integers_are_taken_in_the_dtype_of_the_parameters():
    for norm in (nn.BatchNorm1d(2), nn.LayerNorm(2), nn.RMSNorm(2), nn.LayerNorm(2, elementwise_affine=False)):
        assert norm([[1, 2], [3, 5]]).dtype == np.float32


# --- numbers of any size ------------------------------------------------------------------------------------------

NUMBERS = np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 1.5]])
NORMS = {
    "layer_norm": lambda x: layer_norm(x, 3, eps=0.0),
    "rms_norm": lambda x: rms_norm(x, 3, eps=0.0),
    "batch_norm": lambda x: batch_norm(x, training=True, eps=0.0),
}


SIZES = {"float64": (2.0**660, 2.0**-660), "float32": (2.0**80, 2.0**-80), "float16": (2.0**13, 2.0**-12)}


@pytest.mark.parametrize(("dtype", "size"), [(dtype, size) for dtype, sizes in SIZES.items() for size in sizes])
@pytest.mark.parametrize("name", NORMS)
def test_squares_may_leave_the_range(name, dtype, size):
    """Numbers of any size are normalised as those around 1 are, and gradients are as many times smaller."""
    norm = NORMS[name]
    weights = np.array([[1.0, -2.0, 0.5], [0.25, 1.0, -1.0]], dtype)
    x, scaled = NUMBERS.astype(dtype), (NUMBERS * size).astype(dtype)
    np.testing.assert_allclose(norm(scaled), norm(x), rtol=1e-2 if dtype == "float16" else 1e-6)

    def loss(x):
        return np.sum(norm(x) * weights)

    with np.errstate(over="ignore"):
        expected = grad(loss)(x).astype(float)
        found = grad(lambda x: loss(x * np.array(size, dtype)))(x).astype(float)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-3 if dtype == "float16" else 1e-6)


WEIGHTED = {
    "layer_norm": lambda x, weight: layer_norm(x, 3, weight, eps=0.0),
    "rms_norm": lambda x, weight: rms_norm(x, 3, weight, eps=0.0),
    "batch_norm": lambda x, weight: batch_norm(x.T, None, None, weight[:2], training=True, eps=0.0).T,
}


@pytest.mark.parametrize("size", [1e-25, 1e10])
@pytest.mark.parametrize("name", WEIGHTED)
def test_gradients_of_small_numbers_stay_in_range(name, size):
    """Numbers whose squares are just in range, with gradients that are small or large beside them."""
    x, incoming = NUMBERS * 3e-19, np.array([[1.0, -2.0, 0.5], [0.25, 1.0, -1.0]]) * size
    found = {}
    for dtype in ("float32", "float64"):
        leaf, weight = tensor(x.astype(dtype), requires_grad=True), tensor(np.ones(3, dtype), requires_grad=True)
        out = WEIGHTED[name](leaf, weight)
        found[dtype] = out.gradient(leaf, weight, gradient=incoming.astype(dtype))
    for a, b in zip(*found.values(), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-5)


@pytest.mark.parametrize("shape", [(30_001, 3), (3, 2, 5, 999)])
def test_the_running_mean_has_what_rounding_left_of_the_mean(shape, rng):
    """Sums of many numbers that are large beside their spread: what normalises and what is kept are the same mean."""
    x = (1000.0 + 0.1 * rng.normal(size=shape)).astype("float32")
    mean, variance = np.zeros(shape[1], "float32"), np.ones(shape[1], "float32")
    batch_norm(x, mean, variance, training=True, momentum=1.0)
    axes = (0, *range(2, x.ndim))
    np.testing.assert_allclose(mean, x.mean(axes, dtype="float64"), rtol=6e-8)
    assert np.abs(batch_norm(x, mean, variance).mean(axes, dtype="float64")).max() < 1e-3

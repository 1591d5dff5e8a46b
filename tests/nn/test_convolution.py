"""Convolution and pooling beyond the table of modules: definitions, identities, settings that are none."""

import re

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import nn
from autograd import OperandError, Tensor, grad, gradcheck, hvp, jacobian, tensor
from autograd.ops import convolution
from nn import functional as F


@pytest.mark.parametrize("k", [1, 2, 5])
def test_flip_is_the_convolution_of_mathematics(k, rng):
    x, kernel = rng.normal(size=7), rng.normal(size=k)
    out = F.conv1d(x[None], kernel[None, None], padding=k - 1, flip=True)
    np.testing.assert_allclose(out[0], np.convolve(x, kernel), rtol=1e-12)
    out = F.conv1d(x[None], kernel[None, None])
    np.testing.assert_allclose(out[0], np.correlate(x, kernel), rtol=1e-12)


def test_flip_in_two_dimensions(rng):
    signal = pytest.importorskip("scipy.signal")
    x, kernel = rng.normal(size=(6, 5)), rng.normal(size=(3, 2))
    for flip, function in ((True, signal.convolve2d), (False, signal.correlate2d)):
        out = F.conv2d(x[None], kernel[None, None], padding=(2, 1), flip=flip)
        np.testing.assert_allclose(out[0], function(x, kernel), rtol=1e-10)


def test_polynomials_are_multiplied():
    """(1 + 2x + 3x^2)(4 + 5x) = 4 + 13x + 22x^2 + 15x^3, by hand."""
    out = F.conv1d(np.array([[1.0, 2.0, 3.0]]), np.array([[[4.0, 5.0]]]), padding=1, flip=True)
    assert out.tolist() == [[4.0, 13.0, 22.0, 15.0]]


# Lengths, kernel, stride, padding and dilation of one axis
axes = st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))


@settings(max_examples=40, deadline=None)
@given(first=axes, second=axes, groups=st.integers(1, 2), data=st.data())
def test_output_size_and_values(first, second, groups, data):
    """The formula for the size, and windows times kernels, for settings of all kinds."""
    lengths, size, stride, padding, dilation = zip(first, second, strict=True)
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in (first, second)]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x, weight = rng.normal(size=(2, 2 * groups, *lengths)), rng.normal(size=(3 * groups, 2, *size))
    if min(counts) < 1:
        with pytest.raises(OperandError, match="less than 1"):
            F.conv2d(x, weight, None, stride, padding, dilation, groups)
        return
    out = F.conv2d(x, weight, None, stride, padding, dilation, groups)
    assert out.shape == (2, 3 * groups, *counts)
    padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    seen = sliding_window_view(padded, spans, (2, 3))[(..., *(slice(None, None, s) for s in (*stride, *dilation)))]
    parts = zip(np.split(seen, groups, 1), np.split(weight, groups), strict=True)
    expected = np.concatenate([np.einsum("nchwij,ocij->nohw", part, kernel) for part, kernel in parts], 1)
    np.testing.assert_allclose(out, expected, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(first=axes, second=axes, data=st.data())
def test_gradients_are_the_adjoint(first, second, data):
    """<conv(x), y> = <x, gradient of x> for every x and y: the backward pass is the transpose of the forward one."""
    lengths, size, stride, padding, dilation = zip(first, second, strict=True)
    if any(n + 2 * p < d * (k - 1) + 1 for n, k, _, p, d in (first, second)):
        return
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = tensor(rng.normal(size=(2, 3, *lengths)), requires_grad=True)
    weight = tensor(rng.normal(size=(2, 3, *size)), requires_grad=True)
    out = F.conv2d(x, weight, None, stride, padding, dilation)
    y = rng.normal(size=out.shape)
    out.backward(y)
    inner = (out.numpy() * y).sum()
    assert (x.numpy() * x.grad).sum() == pytest.approx(inner, abs=1e-10)
    assert (weight.numpy() * weight.grad).sum() == pytest.approx(inner, abs=1e-10)


def test_one_sample_without_its_axis(rng):
    x = rng.normal(size=(2, 6, 5))
    weight, bias = rng.normal(size=(3, 2, 2, 2)), rng.normal(size=3)
    for f in (
        lambda x: F.conv2d(x, weight, bias, padding=1),
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 2, divisor_override=3),
        lambda x: F.adaptive_avg_pool2d(x, 2),
        nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect", dtype="float64"),
    ):
        one, several = (out.numpy() if isinstance(out, Tensor) else out for out in (f(x), f(x[None])[0]))
        np.testing.assert_array_equal(one, several)


def test_integers_and_lists():
    image = [[[1, 2], [3, 4]]]
    layer = nn.Conv2d(1, 1, 2, bias=False)
    layer.weight.data[:] = 1.0
    assert layer(image).numpy().tolist() == [[[10.0]]]
    assert nn.MaxPool2d(2)(image).tolist() == [[[4.0]]]
    assert nn.AvgPool2d(2)(image).dtype == np.float32


def test_equal_maxima(rng):
    """Ties and signed zeros: the gradient goes to the first, as in PyTorch."""
    torch = pytest.importorskip("torch")
    x = rng.integers(0, 3, (4, 2, 7, 6)).astype(float)
    for how in ((2,), (3, 1, 1), (3, 2), (2, 2, 1), ((2, 3), (1, 2), (1, 1), (2, 1))):
        mine, theirs = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        F.max_pool2d(mine, *how).sum().backward()
        torch.nn.functional.max_pool2d(theirs, *how).sum().backward()
        np.testing.assert_array_equal(mine.grad, theirs.grad.numpy())


def test_second_derivatives_through_pooling(rng):
    """The choice of the largest is constant near x, what is chosen from is not linear."""
    x = rng.normal(size=(2, 2, 5, 4))
    gradcheck(lambda x: F.max_pool2d(np.tanh(x), 3, 2, 1), x, order=2)
    gradcheck(lambda x: F.avg_pool2d(np.tanh(x), 3, 2, 1) * F.adaptive_avg_pool2d(np.tanh(x), (3, 2)), x, order=2)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.MaxPool2d(2, 1), nn.Flatten(), nn.Linear(6, 3))
    loss = nn.CrossEntropyLoss()
    model.astype("float64")
    gradcheck(lambda: loss(model(x), [2, 0]), wrt=model, order=2)


def test_the_average_of_uneven_windows():
    """Five numbers in three windows: 0..1, 1..3, 3..4, by floor(i 5 / 3) and ceil((i + 1) 5 / 3)."""
    matrix = jacobian(lambda x: F.adaptive_avg_pool1d(x, 3))(np.zeros((1, 5)))[0, :, 0]
    third = 1 / 3
    np.testing.assert_allclose(matrix, [[0.5, 0.5, 0, 0, 0], [0, third, third, third, 0], [0, 0, 0, 0.5, 0.5]])


ORDERS = {"samples first": (0, 1, 2, 3), "samples last": (1, 2, 3, 0), "channels last": (0, 2, 3, 1), "F": (3, 2, 1, 0)}


def in_order(x, order):
    """The same numbers in another order of memory."""
    return np.ascontiguousarray(x.transpose(ORDERS[order])).transpose(np.argsort(ORDERS[order]))


def test_memory_order_is_no_matter(rng):
    """Arrays in every order give the same, to the bit in the forward pass."""
    x, weight = rng.normal(size=(3, 2, 6, 6)), rng.normal(size=(4, 2, 3, 3))
    expected = nn.MaxPool2d(2)(F.conv2d(x, weight))
    for order in ORDERS:
        mine = tensor(in_order(x, order), requires_grad=True)
        out = nn.MaxPool2d(2)(F.conv2d(mine, weight))
        np.testing.assert_array_equal(out.numpy(), expected)
        out.backward(np.ascontiguousarray(np.ones(out.shape)))


LARGE = {
    "usual": ((3, 4, 13, 12), (6, 4, 3, 3), {"padding": 1}),
    "fewer outputs": ((3, 4, 13, 12), (2, 4, 3, 2), {}),
    "first layer": ((3, 1, 13, 12), (5, 1, 5, 5), {"padding": 2}),
    "small products": ((20, 2, 28, 28), (8, 2, 5, 5), {"padding": 2}),
    "1x1": ((3, 4, 13, 12), (5, 4, 1, 1), {}),
    "1x1, stride": ((3, 4, 13, 12), (5, 4, 1, 1), {"stride": (2, 3)}),
    "stride": ((3, 4, 13, 12), (6, 4, 3, 3), {"stride": 2, "padding": 1}),
    "dilation": ((3, 4, 13, 12), (3, 4, 3, 2), {"dilation": (2, 3), "padding": (1, 2)}),
    "wide padding": ((3, 4, 13, 12), (3, 4, 2, 2), {"padding": 3}),
    "groups": ((3, 4, 13, 12), (6, 2, 3, 3), {"groups": 2, "padding": ((1, 0), (2, 1))}),
    "depthwise": ((3, 4, 13, 12), (4, 1, 3, 3), {"groups": 4, "padding": 1}),
    "depthwise, stride": ((3, 4, 13, 12), (4, 1, 3, 3), {"groups": 4, "padding": 1, "stride": 2}),
    "depthwise, more": ((3, 4, 13, 12), (8, 1, 3, 3), {"groups": 4, "padding": 1}),
    "bands": ((17, 4, 13, 12), (4, 1, 3, 3), {"groups": 4, "padding": 1}),
    "bands, stride": ((17, 4, 13, 12), (4, 1, 4, 3), {"groups": 4, "padding": ((1, 0), (2, 1)), "stride": (2, 3)}),
    "bands, wide padding": ((17, 4, 13, 12), (4, 1, 2, 3), {"groups": 4, "padding": 4}),
    "bands, dilation": ((17, 4, 13, 12), (4, 1, 3, 3), {"groups": 4, "padding": 5, "dilation": (3, 2)}),
    "one sample": ((1, 4, 13, 12), (3, 4, 3, 3), {"padding": 1}),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("setting", LARGE)
def test_large_images(setting, order, rng):
    """Many places, and every order of memory of x and of the gradient: values and derivatives to second order are those
    of the definition."""
    shape, kernel, how = LARGE[setting]
    x, weight, bias = in_order(rng.normal(size=shape), order), rng.normal(size=kernel), rng.normal(size=kernel[0])
    found = []
    for function in (convolution.conv, convolution.conv.op.definition):
        out = function(x, weight, bias, **how)
        g = in_order(np.random.default_rng(1).normal(size=out.shape), order)

        def loss(*operands, function=function, g=g):
            return (np.tanh(0.1 * function(*operands, **how)) * g).sum()

        operands = (x, weight, bias)
        gradients = grad(loss, (0, 1, 2))(*operands)
        found.append([out, *gradients, *hvp(loss, operands, tuple(np.cos(a) for a in operands))])
    for mine, expected in zip(*found, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("shape", [(20, 3, 9, 8), (20, 3, 40)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_windows(value, shape, rng):
    """Many samples, a kernel for each channel: one number that is not finite is seen by its windows alone."""
    x, weight = rng.normal(size=shape), rng.random((3, 1, *(3,) * (len(shape) - 2)))
    expected = convolution.conv(x, weight, groups=3)
    np.testing.assert_allclose(
        expected, np.concatenate([convolution.conv(a[None], weight, groups=3) for a in x]), atol=1e-12
    )
    x[7, 1, 4] = value
    found = convolution.conv(x, weight, groups=3)
    touched = np.zeros(found.shape, bool)
    touched[7, 1, 2:5] = True
    assert not np.isfinite(found[touched]).any()
    np.testing.assert_allclose(found[~touched], expected[~touched], atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("samples", [1, 20])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_meets_the_same_zeros_in_any_batch(value, samples, groups):
    """It meets those of the padding, as in the definition, and in the gradient of x none at all."""
    x, weight = np.ones((samples, 2, 4)), np.ones((2, 2 // groups, 2))
    weight[0, 0, 0] = value
    with np.errstate(invalid="ignore"):
        found = convolution.conv(x, weight, padding=1, groups=groups)
        np.testing.assert_array_equal(found, convolution.conv_definition(x, weight, padding=1, groups=groups))
        d = grad(lambda x: convolution.conv(x, weight, groups=groups).sum())(x)
    assert not np.isfinite(d[:, 0, :3]).any()
    assert (d[:, 0, 3] == 2 // groups).all()
    assert np.isfinite(d[:, 1]).all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("how", [(2,), (3, 2), (3, 1), (3, 2, 1), (3, 1, 1), ((2, 3), (2, 1), (1, 0))])
def test_pooling_in_every_order(how, order, rng):
    """Windows side by side, overlapping and apart, padded or not: the gradients are those of PyTorch."""
    torch = pytest.importorskip("torch")
    x = rng.integers(0, 4, (4, 3, 11, 12)).astype(float)
    for name in ("max_pool2d", "avg_pool2d"):
        theirs = torch.tensor(x, requires_grad=True)
        expected = getattr(torch.nn.functional, name)(theirs, *how)
        g = rng.normal(size=expected.shape)
        expected.backward(torch.tensor(g))
        for other in ("samples first", order):
            mine = tensor(in_order(x, order), requires_grad=True)
            out = getattr(F, name)(mine, *how)
            out.backward(in_order(g, other))
            np.testing.assert_allclose(out.numpy(), expected.detach().numpy(), rtol=1e-15)
            np.testing.assert_allclose(mine.grad, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [(1000, 2, 2, 64), (400, 2, 80, 6)])
def test_float16_is_summed_in_float32(shape, rng):
    """The gradient of a weight over many samples is rounded once, not for each sample or each row of an image."""
    x, g = (rng.random((shape[0], channels, *shape[2:])).astype("float16") for channels in (2, 3))
    found = convolution.conv_weight(x, g, size=(1, 1))[:, :, 0, 0]
    exact = np.einsum("nchw,nohw->oc", *(a.astype(float) for a in (x, g)))
    np.testing.assert_allclose(found, exact, rtol=1.1 * 2.0**-11)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Conv2d(0, 1, 1), "in_channels, the number of channels, must be"),
        (lambda: nn.Conv2d(1, 1, 0), "kernel_size must be an integer >= 1, or a tuple of 2"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "kernel_size must be an integer"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "stride must be an integer >= 1"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "padding must be an integer >= 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), "padding must be a number, one per axis, 'same' or 'valid'"),
        (lambda: nn.Conv2d(1, 1, 3, 2, padding="same"), "padding='same' requires stride 1"),
        (lambda: nn.Conv2d(3, 4, 1, groups=2), "3 and 4 channels cannot both be divided into 2 groups"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), "padding_mode must be one of ['zeros', 'reflect'"),
        (lambda: nn.Conv1d(1, 1, 2.5), "kernel_size must be an integer >= 1, not 2.5"),
        (lambda: nn.MaxPool2d("2"), "kernel_size must be an integer"),
        (lambda: nn.MaxPool2d(2, dilation=0), "dilation must be an integer"),
        (lambda: nn.AvgPool1d(2, stride=(1, 1)), "stride must be an integer"),
        (lambda: nn.MaxPool2d(2, padding=2)(np.ones((1, 1, 4, 4))), "padding=2 is more than half of kernel_size=2"),
        (
            lambda: nn.AvgPool2d(2, divisor_override=0)(np.ones((1, 1, 4, 4))),
            "divisor_override must be an integer >= 1",
        ),
        (lambda: nn.AdaptiveAvgPool2d((1, 2, 3))(np.ones((1, 1, 4, 4))), "output_size must be an integer"),
        (lambda: nn.AdaptiveAvgPool2d(0)(np.ones((1, 1, 4, 4))), "output_size must be an integer"),
        (lambda: nn.Flatten(2, 1)(np.ones((1, 1, 4, 4))), "ends before it starts"),
        (lambda: F.conv2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 2))), "its shape is (1, 1, 2)"),
        (lambda: F.conv2d(np.ones((1, 1, 4, 4)), np.ones((2, 1, 2, 2)), np.ones(3)), "the bias must have shape (2,)"),
        (lambda: F.conv2d(np.ones((1, 2, 4, 4)), np.ones((3, 1, 2, 2)), groups=2), "3 output channels"),
    ],
)
def test_settings_that_are_none(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()

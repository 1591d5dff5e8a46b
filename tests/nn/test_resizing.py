"""Sizes of images beside PyTorch: padding, interpolation, transposed convolution, and where maxima stood."""

import doctest

import numpy as np
import pytest

import nn
from autograd import OperandError, tensor
from nn import functional as F

torch = pytest.importorskip("torch")
G = torch.nn.functional


def same(found, expected, tolerance=1e-12):
    found = found.numpy() if hasattr(found, "numpy") else found
    assert found.shape == tuple(expected.shape)
    np.testing.assert_allclose(found, expected.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_interpolate(mode, dtype, rng):
    tolerance = 1e-12 if dtype == "float64" else 3e-6
    for n in range(1, 8):
        x = rng.normal(size=(2, 1, n)).astype(dtype)
        for align in (False, True) if mode == "linear" else (None,):
            for m in range(1, 16):
                how = {"mode": mode, "align_corners": align}
                same(F.interpolate(x, m, **how), G.interpolate(torch.tensor(x), m, **how), tolerance)
            for factor in (0.5, 1, 1.3, 1.7, 2, 2.6):
                if int(n * factor):
                    how = {"scale_factor": factor, "mode": mode, "align_corners": align}
                    same(F.interpolate(x, **how), G.interpolate(torch.tensor(x), **how), tolerance)
                    how["recompute_scale_factor"] = True
                    same(F.interpolate(x, **how), G.interpolate(torch.tensor(x), **how), tolerance)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_interpolate_images(mode, rng):
    x = rng.normal(size=(2, 3, 4, 5))
    for how in ({"size": (8, 15)}, {"size": (7, 2)}, {"scale_factor": (2, 1.5)}, {"size": 6}):
        ours, theirs = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        out, expected = F.interpolate(ours, **how, mode=mode), G.interpolate(theirs, **how, mode=mode)
        same(out, expected.detach())
        (out**2).sum().backward()
        (expected**2).sum().backward()
        same(ours.grad, theirs.grad)


def test_what_interpolate_refuses():
    x = np.ones((1, 1, 4))
    for how in ({}, {"size": 2, "scale_factor": 2}, {"size": 2, "align_corners": True}):
        with pytest.raises(ValueError, match="either size or scale_factor, and align_corners only in linear modes"):
            F.interpolate(x, **how)
    with pytest.raises(ValueError, match="the new size must be an integer >= 1"):
        F.interpolate(x, scale_factor=0.1)
    with pytest.raises(OperandError, match="mode 'bicubic' does not fit an input of shape"):
        F.interpolate(x, 2, mode="bicubic")


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad(mode, rng):
    x = rng.normal(size=(2, 3, 4, 5))
    for widths in ((1, 2), (0, 3), (2, 1, 1, 0), (-1, 2), (-1, -2, 1, 1)):
        given = x if len(widths) == 4 else x[0]
        same(F.pad(given, widths, mode), G.pad(torch.tensor(given), widths, mode))
    if mode == "constant":
        same(F.pad(x, (1, 0, 0, 1, 2, 0, 0, 1), value=3.0), G.pad(torch.tensor(x), (1, 0, 0, 1, 2, 0, 0, 1), value=3.0))
        assert F.pad(np.array([[5, 6]]), (0, 2)).tolist() == [[5, 6, 0, 0]]
        assert F.pad(np.array([[5, 6]]), (0, 2)).dtype == int


@pytest.mark.parametrize(
    ("widths", "how", "error", "words"),
    [
        ((1,), {}, ValueError, "pad needs two widths per axis, starting from the last, so at most 4"),
        ((1, 1) * 3, {}, ValueError, "at most 4 for an array of shape (2, 3)"),
        ((1, 0.5), {}, ValueError, "pad must be an integer, or a tuple of 2, not (1, 0.5)"),
        (
            (1, 1),
            {"mode": "symmetric"},
            ValueError,
            "mode must be one of ['constant', 'reflect', 'replicate', 'circular']",
        ),
        (
            (1, 1),
            {"mode": "reflect", "value": 2.0},
            ValueError,
            "value only for 'constant', not 'reflect' with value=2.0",
        ),
        ((3, 0), {"mode": "reflect"}, OperandError, "an array of shape (2, 3) is too small for widths (3, 0)"),
        ((4, 0), {"mode": "circular"}, OperandError, "too small"),
        ((-2, -2), {}, OperandError, "too small for widths (-2, -2) in mode 'constant'"),
    ],
)
def test_what_pad_refuses(widths, how, error, words):
    with pytest.raises(error) as caught:
        F.pad(np.ones((2, 3)), widths, **how)
    assert words in str(caught.value)


def test_transposed_convolution(rng):
    for k, stride, padding, more, dilation, groups in (
        (1, 1, 0, 0, 1, 1), (3, 2, 1, 1, 1, 1), (3, 1, 2, 0, 2, 2), (2, 3, 0, 2, 1, 2), (2, 2, 1, 2, 3, 1),
    ):  # fmt: skip
        x, how = rng.normal(size=(2, 4, 3, 2)), (k, stride, padding, more, groups, True, dilation)
        ours, theirs = nn.ConvTranspose2d(4, 6, *how, dtype="float64"), torch.nn.ConvTranspose2d(4, 6, *how).double()
        ours.load_state_dict(theirs.state_dict())
        same(ours(x).detach(), theirs(torch.tensor(x)).detach())
        same(ours(x[0]).detach(), theirs(torch.tensor(x[0])).detach())


def test_the_size_that_a_transposed_convolution_leads_back_to(rng):
    down, up = nn.Conv2d(1, 2, 3, 3, 1), nn.ConvTranspose2d(2, 1, 3, 3, 1)
    theirs = torch.nn.ConvTranspose2d(2, 1, 3, 3, 1)
    up.load_state_dict(theirs.state_dict())
    for size in ((7, 8), (8, 9), (9, 9)):
        x = down(rng.normal(size=(2, 1, *size)).astype("float32")).detach()
        same(up(x, output_size=size).detach(), theirs(torch.tensor(x.data), output_size=size).detach(), 1e-5)
    assert up(x, (2, 1, 9, 9)).shape == (2, 1, 9, 9)
    with pytest.raises(
        ValueError, match=r"shape \(2, 2, 3, 3\) gives an output of size \(7, 7\) at least.* not up to \(7, 10\)"
    ):
        up(x, (7, 10))
    with pytest.raises(ValueError, match="output_padding or output_size can add less than the stride or the dilation"):
        nn.ConvTranspose1d(1, 1, 2, stride=3, output_padding=3)(np.ones((1, 1, 3), "float32"))
    with pytest.raises(ValueError, match="gives an output of size"):
        nn.ConvTranspose1d(1, 1, 2, padding=2)(np.ones((1, 1, 2), "float32"))
    for wrong in ({"padding": "same"}, {"padding_mode": "reflect"}):
        with pytest.raises(ValueError, match="ConvTranspose1d pads with zeros only, and takes padding as numbers"):
            nn.ConvTranspose1d(1, 1, 3, **wrong)


def test_start_values_of_a_transposed_convolution():
    weight = nn.ConvTranspose2d(4, 9, 3, groups=1, rng=0).weight.data
    assert weight.shape == (4, 9, 3, 3)
    assert 0.98 / 9 < np.abs(weight).max() <= np.float32(1 / 9)  # 1 / sqrt(9 * 3 * 3)


def test_where_maxima_stood(rng):
    x = rng.integers(0, 5, size=(2, 3, 6, 7)).astype(float)  # with many that are equal
    for how in ((2,), (3, 2, 1), (2, 1, 0, 2), ((3, 2), 2, (1, 0), 1, True)):
        out, places = F.max_pool2d(x, *how, return_indices=True)
        expected, wanted = G.max_pool2d(torch.tensor(x), *how, return_indices=True)
        same(out, expected)
        same(places, wanted)
        assert places.dtype == np.int64
    out, places = nn.MaxPool1d(2, return_indices=True)(tensor(x[0, 0], requires_grad=True))
    np.testing.assert_array_equal(np.take_along_axis(x[0, 0], places, -1), out.data)
    out.sum().backward()
    for size in (1, 2, (4, 5), (None, 3)):
        out, places = nn.AdaptiveMaxPool2d(size, return_indices=True)(x)
        expected, wanted = G.adaptive_max_pool2d(torch.tensor(x), size, return_indices=True)
        same(out, expected)
        same(places, wanted)
    out, places = nn.AdaptiveMaxPool1d(2, True)(x[0, 0])
    assert out.shape == places.shape == (6, 2)


def test_running_statistics_over_samples(rng):
    ours, theirs = (module.InstanceNorm2d(3, track_running_stats=True) for module in (nn, torch.nn))
    for _ in range(3):
        x = rng.normal(size=(4, 3, 5, 6)).astype("float32")
        same(ours(x), theirs(torch.tensor(x)).detach(), 1e-5)
    for name, value in theirs.state_dict().items():
        same(ours.state_dict()[name], value, 1e-6)
    same(ours.eval()(x), theirs.eval()(torch.tensor(x)).detach(), 1e-5)
    same(nn.InstanceNorm1d(3)(x[0, 0][:3]), torch.nn.InstanceNorm1d(3)(torch.tensor(x[0, 0][:3])), 1e-5)


def test_examples_that_padding_layers_are_given():
    pads = [getattr(nn, name) for name in nn.__all__ if "Pad" in name]
    assert len(pads) == 10
    for layer in pads:
        found = doctest.DocTestFinder().find(layer, layer.__name__)
        assert doctest.DocTestRunner(verbose=False).run(found[0]) == (0, 2)

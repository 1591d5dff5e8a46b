"""Augmentation: each change does what it says, by an explicit generator, and to nothing else."""

import numpy as np
import pytest

from nn.data import Compose, Cutout, Flip, Noise, Rotate, Shift
from nn.data.augment import turned

CHANGES = [Shift(2), Flip(), Flip("vertical"), Rotate(30), Noise(0.1), Cutout(3), Compose(Shift(1), Noise(0.1))]


@pytest.fixture
def images(rng):
    return rng.uniform(0.5, 1.0, (6, 3, 8, 7)).astype("float32")


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_every_change(change, images):
    before = images.copy()
    out = change(images, np.random.default_rng(0))
    assert (out.shape, out.dtype) == (images.shape, images.dtype)
    np.testing.assert_array_equal(images, before)
    assert not np.shares_memory(out, images)
    assert not np.array_equal(out, images)
    np.testing.assert_array_equal(out, change(images, np.random.default_rng(0)))
    assert not np.array_equal(out, change(images, np.random.default_rng(1)))
    single = change(images[:, 0], np.random.default_rng(0))
    assert single.shape == (6, 8, 7)
    if not isinstance(change, Noise | Compose):  # these draw a number for each entry
        np.testing.assert_array_equal(single, out[:, 0])
        counts = (images * 200).astype("uint8")
        assert change(counts, np.random.default_rng(0)).dtype == (float if isinstance(change, Rotate) else "uint8")
    assert change(images[:0], np.random.default_rng(0)).shape == (0, 3, 8, 7)


@pytest.mark.parametrize(
    ("fill", "dtype", "words"),
    [
        (300, "uint8", "is 300, which uint8 cannot hold: it holds the integers from 0 to 255"),
        (300.0, "uint8", "is 300.0, which uint8"),
        (-1, "uint8", "is -1, which uint8"),
        (0.5, "uint8", "is 0.5, which uint8"),
        (np.nan, "uint8", "is nan, which uint8"),
        (np.inf, "int16", "is inf, which int16 cannot hold: it holds the integers from -32768 to 32767"),
        (2**70, "int64", "which int64 cannot hold"),
        (2**63, "int64", "which int64 cannot hold"),
        (2, "bool", "is 2, which bool cannot hold: it holds 0 and 1"),
        (1e6, "float16", "is 1000000.0, which float16 cannot hold: it holds numbers from -65504.0 to 65504.0"),
        (1e300, "float32", "which float32 cannot hold"),
    ],
)
def test_a_fill_that_does_not_fit_is_refused(fill, dtype, words, images):
    x = images.astype(dtype)
    for change in (Shift(2, fill=fill), Cutout(2, fill=fill), Rotate(5.0, fill=fill)):
        if isinstance(change, Rotate) and x.dtype.kind != "f":
            continue  # what it returns is float64
        with pytest.raises(ValueError, match="the fill of ") as caught:
            change(x, np.random.default_rng(0))
        assert words in str(caught.value)
        assert repr(change) in str(caught.value)


@pytest.mark.parametrize(
    ("fill", "dtype"),
    [(255, "uint8"), (255.0, "uint8"), (-128, "int8"), (True, "bool"), (2**63 - 1, "int64"), (0.1, "float16"),
     (np.nan, "float32"), (-np.inf, "float16"), (1e-300, "float32")],
)  # fmt: skip
def test_a_fill_that_fits(fill, dtype, images):
    for change in (Shift(2, fill=fill), Cutout(2, fill=fill)):
        out = change(images.astype(dtype), np.random.default_rng(0))
        assert out.dtype == dtype
        assert (np.isnan(out) if fill != fill else out == np.asarray(fill, dtype)).any()


def test_images_are_moved(images):
    out = Shift(1, fill=9.0)(images, np.random.default_rng(0))
    for image, moved in zip(images, out, strict=True):
        padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), constant_values=9.0)
        assert any(np.array_equal(padded[:, i : i + 8, j : j + 7], moved) for i in range(3) for j in range(3))
    seen = {tuple(np.argwhere(m[0] == 5.0)[0]) for m in Shift(1)(spot(400), np.random.default_rng(0))}
    assert seen == {(i, j) for i in (2, 3, 4) for j in (2, 3, 4)}, "every way occurs"
    np.testing.assert_array_equal(Shift(0)(images, np.random.default_rng(0)), images)


def spot(n):
    x = np.zeros((n, 1, 7, 7))
    x[:, 0, 3, 3] = 5.0
    return x


def test_images_are_mirrored(images):
    np.testing.assert_array_equal(Flip(p=1.0)(images, np.random.default_rng(0)), images[..., ::-1])
    np.testing.assert_array_equal(Flip("vertical", p=1.0)(images, np.random.default_rng(0)), images[:, :, ::-1])
    np.testing.assert_array_equal(Flip(p=0.0)(images, np.random.default_rng(0)), images)


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_quarter_turns_are_exact(quarters, rng):
    x = rng.normal(size=(2, 3, 5, 5))
    out = turned(x, np.full(2, quarters * np.pi / 2), 0.0)
    np.testing.assert_allclose(out, np.rot90(x, quarters, axes=(2, 3)), atol=1e-12)


def test_turns_between():
    slope = np.add.outer(2.0 * np.arange(9), 3.0 * np.arange(9))[None, None]  # linear, so interpolation is exact
    angle = 0.3
    out = turned(slope, np.array([angle]), 0.0)[0, 0]
    down, right = np.meshgrid(np.arange(9) - 4, np.arange(9) - 4, indexing="ij")
    rows, columns = np.cos(angle) * down + np.sin(angle) * right, np.cos(angle) * right - np.sin(angle) * down
    inside = (np.abs(rows) <= 4) & (np.abs(columns) <= 4)
    np.testing.assert_allclose(out[inside], (2 * (rows + 4) + 3 * (columns + 4))[inside], rtol=1e-12)
    corner = turned(np.ones((1, 1, 9, 9)), np.array([np.pi / 4]), 0.25)[0, 0, 0, 0]
    assert corner == 0.25, "what turns in from outside"


def test_holes():
    out = Cutout(3, fill=-1.0)(np.ones((500, 2, 6, 6)), np.random.default_rng(0))
    holes = (out == -1.0).sum(axis=(2, 3))
    assert (holes[:, 0] == holes[:, 1]).all()
    assert set(holes[:, 0]) == {4, 6, 9}, "squares, cut by the border"


def test_noise_has_its_deviation():
    out = Noise(0.2)(np.zeros((100, 100)), np.random.default_rng(0))
    assert abs(out.std() - 0.2) < 0.005


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Shift(-1), "pixels is the largest shift"),
        (lambda: Flip("diagonal"), "axis must be 'horizontal' or 'vertical', not 'diagonal'"),
        (lambda: Flip(p=1.5), "p must be a probability"),
        (lambda: Rotate(200), "degrees is the largest angle and must be between 0 and 180, not 200"),
        (lambda: Noise(-0.1), "std is a standard deviation"),
        (lambda: Cutout(0), "size is the side of a square"),
        (
            lambda: Shift(1)(np.zeros((4, 64)), np.random.default_rng(0)),
            r"Shift\(pixels=1, fill=0.0\) expects images of shape \(N, H, W\) or \(N, C, H, W\), not \(4, 64\)",
        ),
    ],
)
def test_what_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()

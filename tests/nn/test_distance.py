"""Distances and likeness of vectors as functions, at zeros and at equal vectors too; rows with a single 1."""

import numpy as np
import pytest

import nn
from autograd import OperandError, gradcheck, hessian, tensor
from nn import functional as F


def theirs(name):
    torch = pytest.importorskip("torch")
    return getattr(torch.nn.functional, name, None) or getattr(torch, name)


CALLS = {  # name: shapes of the operands, and further arguments
    "normalize": (((3, 4),), ({}, {"p": 1.0}, {"p": 3.0, "dim": 0}, {"p": np.inf}, {"dim": -1, "eps": 1.0})),
    "cosine_similarity": (((3, 4), (3, 4)), ({}, {"dim": 0}, {"dim": -1, "eps": 1.0})),
    "pairwise_distance": (((3, 4), (3, 4)), ({}, {"p": 1.0, "keepdim": True}, {"p": 3.0, "eps": 0.1}, {"p": np.inf})),
    "cdist": (((3, 4), (5, 4)), ({}, {"p": 1.0}, {"p": 3.0}, {"p": np.inf}, {"p": 0.0})),
}
ROWS = [(name, shapes, options) for name, (shapes, every) in CALLS.items() for options in every]


@pytest.mark.parametrize(("name", "shapes", "options"), ROWS)
def test_as_pytorch(name, shapes, options, rng):
    """The same numbers and gradients; both orders against finite differences; float32 stays."""
    torch = pytest.importorskip("torch")
    arrays = [rng.normal(size=shape) for shape in shapes]
    mine, other = [tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]
    ours, expected = getattr(F, name)(*mine, **options), theirs(name)(*other, **options)
    np.testing.assert_allclose(ours.numpy(), expected.detach().numpy(), rtol=1e-11)
    if options.get("p") == 0.0:
        return
    weights = rng.normal(size=ours.shape)
    (ours * weights).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-9, atol=1e-12)
    order = 1 if options.get("p") in (1.0, np.inf) else 2
    gradcheck(lambda *xs: getattr(F, name)(*xs, **options), *arrays, order=order)
    assert getattr(F, name)(*(tensor(a.astype("float32"), requires_grad=True) for a in arrays)).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_row_of_zeros(dtype):
    """It stays 0, with the cosine 0, and with finite gradients of both orders."""
    x = tensor(np.array([[0.0, 0.0], [3.0, 4.0]], dtype), requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        rows = F.normalize(x)
        np.testing.assert_allclose(rows.data, [[0.0, 0.0], [0.6, 0.8]], rtol=1e-3)
        cosine = F.cosine_similarity(x, np.ones((2, 2), dtype))
        np.testing.assert_allclose(cosine.data, [0.0, 1.4 / np.sqrt(2)], rtol=1e-3)
        loss = F.cosine_embedding_loss(x, np.ones((2, 2), dtype), [1, -1], reduction="none")
        np.testing.assert_allclose(loss.data, [1.0, 1.4 / np.sqrt(2)], rtol=1e-3)
        for out in (rows, cosine, loss):
            (g,) = out.sum().gradient(x, create_graph=True)
            (h,) = (g * g).sum().gradient(x) if dtype != "float16" else (g,)
            assert np.isfinite(g.data).all()
            assert g.dtype == dtype
            assert not np.isnan(h.data).any()


def test_zeros_as_pytorch(rng):
    torch = pytest.importorskip("torch")
    a, b = np.zeros((2, 3)), rng.normal(size=(2, 3))
    for name in ("normalize", "cosine_similarity"):
        given = [a] if name == "normalize" else [a, b]
        x, y = tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
        (getattr(F, name)(x, *given[1:]) * 2.0).sum().backward()
        (theirs(name)(y, *map(torch.tensor, given[1:])) * 2.0).sum().backward()
        np.testing.assert_allclose(x.grad, y.grad.numpy(), rtol=1e-9)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, np.inf])
def test_equal_vectors_have_distance_0_and_slope_0(p):
    x = np.array([[1.0, 2.0, 3.0], [1.0 + 1e-9, 2.0, 3.0]])
    points = tensor(x, requires_grad=True)
    distances = F.cdist(points, points, p)
    np.testing.assert_allclose(distances.data, (1 - np.eye(2)) * (x[1, 0] - 1.0), rtol=1e-12)  # not lost in a product
    F.cdist(points[:1], x[:1], p).sum().backward()
    np.testing.assert_array_equal(points.grad, np.zeros((2, 3)))


def test_the_curvature_of_a_kernel_of_distances():
    """exp(-d**2) is smooth where the distance is not: its Hessian at equal vectors is -2."""
    centre = np.array([[0.5, -1.0]])
    found = hessian(lambda v: np.exp(-(F.cdist(v[None], centre) ** 2)).sum())(centre[0])
    np.testing.assert_allclose(found, -2.0 * np.eye(2), atol=1e-12)


def test_shapes(rng):
    stacks = rng.normal(size=(2, 1, 3, 4)), rng.normal(size=(5, 6, 4))
    assert F.cdist(*stacks).shape == (2, 5, 3, 6)
    assert F.cdist(np.zeros((0, 4)), np.zeros((2, 4))).shape == (0, 2)
    one, rows = rng.normal(size=4), rng.normal(size=(3, 4))
    each = [a @ one / np.linalg.norm(a) / np.linalg.norm(one) for a in rows]
    np.testing.assert_allclose(F.cosine_similarity(one, rows), each)
    np.testing.assert_allclose(F.cosine_similarity(rows[:, None], rows[None], dim=2)[0, 0], 1.0)
    np.testing.assert_allclose(F.pairwise_distance(rows, one, eps=0.0), np.linalg.norm(rows - one, axis=1))
    assert F.pairwise_distance([1, 2], [1, 2], eps=0.0) == 0.0
    for wrong in ((np.zeros(4), np.zeros((2, 4))), (np.zeros((3, 4)), np.zeros((3, 5)))):
        with pytest.raises(OperandError, match=r"\(\.\.\., N, D\) and \(\.\.\., M, D\), not \("):
            F.cdist(*wrong)


def test_one_hot():
    expected = [[[0, 0, 1], [1, 0, 0]]]
    assert F.one_hot([[2, 0]]).tolist() == F.one_hot([[2, 0]], num_classes=3).tolist() == expected
    rows = F.one_hot(tensor([2, 0]), 4)
    assert type(rows) is type(tensor(1.0))
    assert (rows.shape, rows.dtype) == ((2, 4), np.int64)
    assert F.one_hot(np.zeros(0, int), 3).shape == (0, 3)
    with pytest.raises(nn.LabelError, match=r"labels 0 .. 2 do not fit classes 0 .. 1"):
        F.one_hot([0, 2], 2)
    with pytest.raises(nn.LabelError, match=r"integer class indices, not float64. Pass labels.astype\(int\)"):
        F.one_hot([0.0])

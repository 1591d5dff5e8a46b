"""What is particular to the losses: extreme scores, targets of other kinds, settings."""

import numpy as np
import pytest

import nn
from autograd import tensor
from nn import functional

EXTREME = np.array([[-1e4, 0.0, 1e4], [1e4, 1e4, -1e4]], "float32")


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


@pytest.mark.parametrize("loss", [nn.MSELoss, nn.BCEWithLogitsLoss, nn.CrossEntropyLoss])
def test_the_reduction_is_one_of_three(loss):
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'average'"):
        loss(reduction="average")
    function = {"MSELoss": functional.mse_loss}.get(loss.__name__, functional.cross_entropy)
    with pytest.raises(ValueError, match="not None"):
        function(np.zeros((1, 1)), np.zeros((1, 1) if function is functional.mse_loss else 1, int), reduction=None)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.BCEWithLogitsLoss()], ids=repr)
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


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64])
def test_labels_of_every_integer_dtype(dtype):
    logits = np.arange(6.0).reshape(2, 3)
    expected = functional.cross_entropy(logits, [0, 2])
    assert functional.cross_entropy(logits, np.array([0, 2], dtype)) == expected
    assert functional.cross_entropy(logits, tensor(np.array([0, 2], dtype))) == expected
    with pytest.raises(nn.LabelError, match=r"label 3 at index \(1,\)"):
        functional.cross_entropy(logits, np.array([0, 3], dtype))


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
    loss.backward()
    np.testing.assert_allclose(logits.grad.sum(), 0, atol=1e-12)


def test_a_prediction_of_integers_is_a_number_all_the_same():
    assert functional.mse_loss(np.array([1, 2]), np.array([1, 4])) == 2.0


def test_functions_on_plain_arrays_give_plain_numbers():
    x, t = np.zeros((2, 3)), np.zeros((2, 3))
    for out in (
        functional.mse_loss(x, t),
        functional.binary_cross_entropy_with_logits(x, t),
        functional.cross_entropy(x, [0, 1]),
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

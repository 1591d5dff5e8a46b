"""Samples as columns, as in the decks: X is n0 x m, Z = W X + b, averages over m. Here samples are rows."""

import numpy as np

import nn
from autograd import tensor


def test_a_linear_layer_in_both_layouts(rng):
    layer = nn.Linear(4, 3, dtype="float64", rng=rng)
    columns = tensor(rng.normal(size=(4, 6)), requires_grad=True)  # six samples
    rows = tensor(columns.numpy().T, requires_grad=True)
    weight, bias = (tensor(p.numpy(), requires_grad=True) for p in (layer.weight, layer.bias))
    z = weight @ columns + bias[:, None]
    np.testing.assert_allclose(z.numpy(), layer(rows).numpy().T, rtol=1e-13)
    g = rng.normal(size=z.shape)
    z.backward(g)
    layer(rows).backward(g.T)
    np.testing.assert_allclose(weight.grad, layer.weight.grad, rtol=1e-12)
    np.testing.assert_allclose(bias.grad, layer.bias.grad, rtol=1e-12)
    np.testing.assert_allclose(columns.grad, rows.grad.T, rtol=1e-12)


def test_a_network_of_two_layers_in_both_layouts(rng):
    """B7: A1 = tanh(W1 X + b1), A2 = sigmoid(W2 A1 + b2), mean cross-entropy over the m columns, and the gradients
    that the deck writes down: dZ2 = A2 - Y, dW2 = dZ2 A1^T / m, dZ1 = W2^T dZ2 * (1 - A1^2), dW1 = dZ1 X^T / m."""
    m = 7
    x, y = rng.normal(size=(3, m)), (rng.random((1, m)) < 0.5).astype(float)
    model = nn.MLP([3, 5, 1], "tanh", dtype="float64", rng=rng)
    nn.BCEWithLogitsLoss()(model(x.T), y.T).backward()
    w1, b1, w2, b2 = (p.numpy() for p in model.parameters())
    a1 = np.tanh(w1 @ x + b1[:, None])
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2[:, None])))
    dz2 = a2 - y
    dz1 = w2.T @ dz2 * (1 - a1**2)
    expected = [dz1 @ x.T / m, dz1.mean(axis=1), dz2 @ a1.T / m, dz2.mean(axis=1)]
    for p, gradient in zip(model.parameters(), expected, strict=True):
        np.testing.assert_allclose(p.grad, gradient, rtol=1e-11, atol=1e-14)

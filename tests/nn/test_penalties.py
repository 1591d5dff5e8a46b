"""Penalties on weights, and the table of what goes with a problem."""

import numpy as np
import pytest

import nn
from autograd import gradcheck, tensor
from nn import penalties
from optim import SGD, decay_groups


def test_values_and_gradients(rng):
    model = nn.MLP([3, 4, 2], dtype="float64")
    weights, biases = [model[0].weight, model[2].weight], [model[0].bias, model[2].bias]
    np.testing.assert_allclose(penalties.l1(model).item(), sum(abs(w.data).sum() for w in weights))
    np.testing.assert_allclose(penalties.l2(model).item(), sum((w.data**2).sum() for w in weights))
    everything = sum((p.data**2).sum() for p in weights + biases)
    np.testing.assert_allclose(penalties.l2(model, biases=True).item(), everything)
    np.testing.assert_allclose(penalties.l2(model.parameters()).item(), penalties.l2(model).item())
    penalties.l2(model).backward()
    np.testing.assert_allclose(weights[0].grad, 2 * weights[0].data)
    assert biases[0].grad is None
    gradcheck(lambda: penalties.l1(model) + penalties.l2(model), wrt=weights, order=2)


def test_the_rule_is_that_of_decay_groups():
    model = nn.Sequential(
        nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.PReLU(2), nn.Flatten(), nn.Linear(4, 2), nn.LayerNorm(2)
    )
    decayed = decay_groups(model)[0]["params"]
    expected = sum(float((p.data.astype("float64") ** 2).sum()) for p in decayed)
    np.testing.assert_allclose(penalties.l2(model).item(), expected, rtol=1e-6)
    assert penalties.l2(model).dtype == np.float32


def test_half_of_it_is_weight_decay(rng):
    def trained(decay, factor):
        layer = nn.Linear(3, 2, dtype="float64", rng=0)
        optimizer = SGD(decay_groups(layer), lr=0.1, weight_decay=decay)
        for _ in range(3):
            optimizer.zero_grad()
            (layer(np.ones((4, 3))).sum() + factor * penalties.l2(layer)).backward()
            optimizer.step()
        return layer.weight.data

    np.testing.assert_allclose(trained(0.0, 0.5 * 0.3), np.array(trained(0.3, 0.0)), rtol=1e-12)


def test_a_shared_weight_counts_once():
    layer = nn.Linear(2, 2)
    assert penalties.l1(nn.Sequential(layer, layer)).item() == penalties.l1(layer).item()


def test_what_has_no_weight_is_refused():
    with pytest.raises(ValueError, match=r"l1: no parameter has two .* Pass biases=True to penalize the others"):
        penalties.l1(nn.LayerNorm(3))
    with pytest.raises(ValueError, match=r"to penalize\.$"):
        penalties.l2([])
    with pytest.raises(TypeError, match="l2 takes a module or its parameters, but there is a ndarray among them"):
        penalties.l2([np.ones((2, 2))])
    assert penalties.l1([tensor([1.0, -2.0])], biases=True).item() == 3.0


@pytest.mark.parametrize("problem", ["regression", "binary", "multiclass", "multilabel"])
def test_what_is_recommended_works_together(problem, rng):
    advice = nn.recommend(problem)
    x = rng.normal(size=(6, 3)).astype("float32")
    classes = {"regression": 1, "binary": 1, "multiclass": 4, "multilabel": 4}[problem]
    targets = {
        "regression": rng.normal(size=(6, 1)),
        "binary": rng.integers(0, 2, (6, 1)),
        "multiclass": rng.integers(0, 4, 6),
        "multilabel": rng.integers(0, 2, (6, 4)),
    }[problem]
    model = nn.MLP([3, classes], rng=0)
    loss = getattr(nn, advice.loss)()(model(x), targets)
    last, behind = advice.separately.replace("'", "").split(" with ")
    apart = nn.MLP([3, classes], output_activation=last, rng=0)
    np.testing.assert_allclose(getattr(nn, behind)()(apart(x), targets).item(), loss.item(), rtol=1e-5)
    answer = nn.MLP([3, classes], output_activation=advice.answer, rng=0)(x)
    assert problem == "regression" or ((answer.data > 0) & (answer.data < 1)).all()


def test_an_unknown_problem():
    with pytest.raises(ValueError, match=r"'regression', 'binary', 'multiclass', 'multilabel'\], not 'clustering'"):
        nn.recommend("clustering")

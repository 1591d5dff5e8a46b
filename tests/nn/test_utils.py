"""`nn.utils`: the same results as in PyTorch, and the ways to import it."""

import subprocess
import sys

import numpy as np
import pytest

import nn
from autograd import OperandError, gradcheck, tensor
from nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters
from nn.utils.rnn import pad_sequence


def test_ways_to_import():
    program = f"""import sys; sys.path[:] = {sys.path!r}
from nn.utils.data import Loader, read_csv
import nn, nn.utils.data, nn.utils.rnn
assert nn.utils.data is nn.data and nn.data.Loader is Loader
nn.utils.clip_grad_norm_, nn.utils.rnn.pad_sequence"""
    subprocess.run([sys.executable, "-c", program], check=True)


def gradients():
    rng = np.random.default_rng(0)
    parameters = [tensor(np.zeros(shape), requires_grad=True) for shape in ((2, 3), (4,), ())]
    for p in parameters:
        p.grad = rng.normal(size=p.shape)
    return [*parameters, tensor(1.0, requires_grad=True)]


@pytest.mark.parametrize("norm_type", [1.0, 2.0, float("inf")])
def test_clipping_as_pytorch(norm_type):
    torch = pytest.importorskip("torch")
    ours = gradients()
    theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
    for p, q in zip(ours, theirs, strict=True):
        q.grad = None if p.grad is None else torch.tensor(p.grad)
    for clip, other in (
        (lambda: clip_grad_norm_(ours, 0.5, norm_type), lambda u: u.clip_grad_norm_(theirs, 0.5, norm_type)),
        (lambda: clip_grad_value_(iter(ours), 0.1), lambda u: u.clip_grad_value_(theirs, 0.1)),
    ):
        norm, expected = clip(), other(torch.nn.utils)
        assert (norm is expected is None) or norm.item() == pytest.approx(expected.item(), rel=1e-12)
        for p, q in zip(ours, theirs, strict=True):
            assert q.grad is None or np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-12) is None


def test_parameters_as_a_vector_and_back():
    layer = nn.Linear(3, 2)
    vector = parameters_to_vector(layer.parameters())
    (vector * np.arange(8.0, dtype="float32")).sum().backward()
    assert layer.weight.grad.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert layer.bias.grad.tolist() == [6.0, 7.0]
    vector_to_parameters(vector * 0.0 + np.arange(8.0), layer.parameters())
    assert layer.weight.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    for wrong in (np.zeros(7), np.zeros((8, 1))):
        with pytest.raises(OperandError, match=r"the vector needs shape \(8,\), not \("):
            vector_to_parameters(wrong, layer.parameters())
    assert layer.bias.tolist() == [6.0, 7.0]


@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"padding_value": 9.0}])
def test_sequences_as_pytorch(options, rng):
    torch = pytest.importorskip("torch")
    given = [rng.normal(size=(length, 2)) for length in (3, 1, 2)]
    ours = [tensor(x, requires_grad=True) for x in given]
    padded = pad_sequence(ours, **options)
    theirs = torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in given], **options)
    np.testing.assert_array_equal(padded.numpy(), theirs.numpy())
    gradcheck(lambda *xs: pad_sequence(xs, **options), *given)


def test_sequences_that_do_not_fit():
    with pytest.raises(ValueError, match="shape"):
        pad_sequence([np.ones((2, 1)), np.ones((2, 3))])

"""What transformers promise beyond the table of modules: masks, layouts, dropout, copies, start values."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import nn
from autograd import tensor


def twins(torch, **settings):
    """Ours and PyTorch's, with the same numbers."""
    with warnings.catch_warnings(action="ignore"):  # of a fast path that is not taken
        theirs = torch.nn.Transformer(4, 2, 1, 2, 6, 0.0, **settings).double()
    ours = nn.Transformer(4, 2, 1, 2, 6, 0.0, dtype="float64", **settings)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_masks_as_in_pytorch(batch_first, norm_first, rng):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    ours, theirs = twins(torch, batch_first=batch_first, norm_first=norm_first, activation="gelu")
    src, tgt = rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 2, 4))
    if not batch_first:
        src, tgt = src.swapaxes(0, 1).copy(), tgt.swapaxes(0, 1).copy()
    padding = np.arange(5) >= np.array([5, 3, 4])[:, None]
    each = rng.uniform(size=(5, 5)) > 0.7
    each[:, 0] = False
    causal = nn.Transformer.generate_square_subsequent_mask(2)
    for masks in (
        {},
        {"src_key_padding_mask": padding, "memory_key_padding_mask": padding, "tgt_mask": causal.astype(float)},
        {"src_mask": each, "memory_mask": each[:2], "tgt_key_padding_mask": padding[:, :2], "tgt_mask": causal < 0},
        {"tgt_mask": causal.astype(float), "tgt_is_causal": True},
    ):
        given = {key: torch.tensor(x) if isinstance(x, np.ndarray) else x for key, x in masks.items()}
        expected = theirs(torch.tensor(src), torch.tensor(tgt), **given)
        np.testing.assert_allclose(ours(src, tgt, **masks).data, expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    one = (src[0], tgt[0]) if batch_first else (src[:, 0], tgt[:, 0])
    expected = theirs(*map(torch.tensor, one))
    np.testing.assert_allclose(ours(*one).data, expected.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("norm_first", [False, True])
def test_gradients_as_in_pytorch(norm_first, rng):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    ours, theirs = twins(torch, norm_first=norm_first, activation="gelu")
    src, tgt, weight = rng.normal(size=(5, 3, 4)), rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    mask = nn.Transformer.generate_square_subsequent_mask(2, dtype="float64")
    inputs = [tensor(x, requires_grad=True) for x in (src, tgt)]
    (ours(*inputs, tgt_mask=mask) * weight).sum().backward()
    expected = [torch.tensor(x, requires_grad=True) for x in (src, tgt)]
    (theirs(*expected, tgt_mask=torch.tensor(mask)) * torch.tensor(weight)).sum().backward()
    for t, u in zip((*inputs, *ours.parameters()), (*expected, *theirs.parameters()), strict=True):
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-8, atol=1e-12)


def test_causal_alone_is_enough(rng):
    x, memory = rng.normal(size=(3, 2, 4)), rng.normal(size=(5, 2, 4))
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype="float64")
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, 0.0, dtype="float64"), 2)
    np.testing.assert_array_equal(encoder(x, is_causal=True).data, encoder(x, mask).data)
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6, 0.0, dtype="float64"), 2)
    out = decoder(x, memory, tgt_is_causal=True).data
    np.testing.assert_array_equal(out, decoder(x, memory, mask).data)
    np.testing.assert_allclose(decoder(x[:2], memory, tgt_is_causal=True).data, out[:2], rtol=1e-12)


def test_dropout_in_training_only_and_not_the_same_in_every_layer(rng):
    layer = nn.TransformerEncoderLayer(4, 2, 6, 0.5, rng=0)
    encoder = nn.TransformerEncoder(layer, 2)
    first, second = encoder.layers
    assert first.linear1.weight is not second.linear1.weight
    np.testing.assert_array_equal(first.linear1.weight.data, second.linear1.weight.data)  # as in PyTorch
    x = rng.normal(size=(9, 5, 4)).astype("float32")
    assert (first(x).data != second(x).data).any()
    for twin in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        np.testing.assert_array_equal(twin(x).data, copy.deepcopy(encoder)(x).data)
    assert (encoder(x).data != encoder(x).data).any()
    np.testing.assert_array_equal(encoder.eval()(x).data, encoder(x).data)


def test_start_values():
    model = nn.Transformer(16, 4, 1, 2, 64, rng=0)
    np.testing.assert_array_equal(
        nn.Transformer(16, 4, 1, 2, 64, rng=0).state_dict()["decoder.layers.1.linear2.weight"],
        model.state_dict()["decoder.layers.1.linear2.weight"],
    )
    first, second = (layer.linear1.weight.data for layer in model.decoder.layers)
    assert (first != second).all()
    bound = np.sqrt(6 / (16 + 64))
    assert 0.98 * bound < np.abs(first).max() <= np.float32(bound)
    assert nn.Transformer(4, 2, 1, 1, 8, custom_encoder=model.encoder).encoder is model.encoder


def test_what_is_refused():
    with pytest.raises(ValueError, match="embed_dim 5 must be a multiple of num_heads, 2"):
        nn.TransformerEncoderLayer(5, 2)
    with pytest.raises(ValueError, match="'rleu' is not an activation"):
        nn.TransformerEncoderLayer(4, 2, activation="rleu")
    with pytest.raises(ValueError, match="num_layers, the number"):
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 4), 0)

"""What attention promises beyond its formula: masks of every kind, no NaN, no look ahead, dropout, layouts."""

import copy

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import OperandError, tensor
from autograd.gradcheck import gradcheck
from nn.functional import causal_mask, scaled_dot_product_attention


def inputs(*lead, length=3, keys=4, width=2, values=5, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(*lead, n, w)) for n, w in ((length, width), (keys, width), (keys, values))]


def layer(**settings):
    return nn.MultiheadAttention(4, 2, batch_first=True, dtype="float64", rng=0, **settings)


def sequence(count=2, length=3, seed=0):
    return np.random.default_rng(seed).normal(size=(count, length, 4))


# --- the function -------------------------------------------------------------------------------------------------


@given(
    lead=st.lists(st.integers(0, 3), max_size=2),
    length=st.integers(0, 4),
    keys=st.integers(1, 4),
    width=st.integers(1, 3),
    causal=st.booleans(),
)
def test_each_query_gets_an_average_of_the_values(lead, length, keys, width, causal):
    q, k, v = inputs(*lead, length=length, keys=keys, width=width)
    out = scaled_dot_product_attention(q, k, v, is_causal=causal)
    assert out.shape == (*lead, length, 5)
    low, high = v.min(-2, keepdims=True), v.max(-2, keepdims=True)
    assert ((out >= low - 1e-12) & (out <= high + 1e-12)).all()
    np.testing.assert_allclose(scaled_dot_product_attention(q, k, np.ones_like(v)), 1, rtol=1e-12)


@pytest.mark.parametrize("kind", ["boolean", "numbers", "causal", "scale", "broadcast"])
def test_as_pytorch(kind):
    torch = pytest.importorskip("torch")
    arrays = inputs(2, 3)
    mask = np.random.default_rng(1).uniform(size=(3, 4)) > 0.4
    mask[:, 0] = True
    settings = {
        "boolean": {"attn_mask": mask},
        "numbers": {"attn_mask": np.where(mask, 0.5, -np.inf)},
        "causal": {"is_causal": True},
        "scale": {"scale": 0.3},
        "broadcast": {"attn_mask": mask[:1]},
    }[kind]
    ours = [tensor(x, requires_grad=True) for x in arrays]
    theirs = [torch.tensor(x, requires_grad=True) for x in arrays]
    out = scaled_dot_product_attention(*ours, **settings)
    expected = torch.nn.functional.scaled_dot_product_attention(
        *theirs, **{k: torch.tensor(x) if isinstance(x, np.ndarray) else x for k, x in settings.items()}
    )
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-12)
    (out**2).sum().backward()
    (expected**2).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(("look", "blind"), [(True, False), (0.0, -np.inf)], ids=["boolean", "numbers"])
def test_a_query_that_may_look_nowhere_gets_zeros_and_no_gradient(look, blind):
    q, k, v = (tensor(x, requires_grad=True) for x in inputs())
    mask = np.full((3, 4), look)
    mask[1] = blind
    out = scaled_dot_product_attention(q, k, v, mask)
    np.testing.assert_array_equal(out.data[1], 0)
    expected = scaled_dot_product_attention(q.data, k.data, v.data)
    np.testing.assert_allclose(out.data[[0, 2]], expected[[0, 2]], rtol=1e-14)
    out.sum().backward()
    np.testing.assert_array_equal(q.grad[1], 0)
    assert all(np.isfinite(x.grad).all() for x in (q, k, v))
    gradcheck(lambda *xs: scaled_dot_product_attention(*xs, mask), q.data, k.data, v.data, order=2)


def test_a_learned_mask_gets_its_gradient():
    q, k, v = inputs()
    gradcheck(lambda m: scaled_dot_product_attention(q, k, v, m, is_causal=True), np.ones((3, 4)), order=2)
    bias = tensor(causal_mask(3, 4, dtype="float64"), requires_grad=True)
    scaled_dot_product_attention(q, k, v, bias).sum().backward()
    np.testing.assert_array_equal(bias.grad[np.isinf(bias.data)], 0)


def test_large_scores_do_not_overflow():
    q, k, v = (np.full((2, 2), 1e4, "float32") for _ in range(3))
    np.testing.assert_array_equal(scaled_dot_product_attention(q, k, v), v)


def test_the_causal_mask():
    np.testing.assert_array_equal(causal_mask(2), [[0, -np.inf], [0, 0]])
    assert causal_mask(2).dtype == np.float32
    np.testing.assert_array_equal(causal_mask(2, 3, dtype="float64")[1], [0, 0, -np.inf])
    assert causal_mask(0).shape == (0, 0)


def test_dropout_of_weights():
    q, k, v = inputs(length=200, keys=50)
    out = scaled_dot_product_attention(q, k, v, dropout_p=0.5, rng=0)
    np.testing.assert_array_equal(out, scaled_dot_product_attention(q, k, v, dropout_p=0.5, rng=0))
    plain = scaled_dot_product_attention(q, k, v)
    assert (out != plain).any()
    assert abs((out - plain).mean()) < 0.05


def test_what_the_function_refuses():
    q, k, v = inputs()
    for wrong in ((q[:, :1], k, v), (q, k[:2], v), (q[0], k, v)):
        with pytest.raises(OperandError, match=r"a query of shape \(\.\.\., L, D\)"):
            scaled_dot_product_attention(*wrong)
    with pytest.raises(OperandError, match=r"a mask of shape \(2, 4\) does not fit scores of shape \(3, 4\)"):
        scaled_dot_product_attention(q, k, v, np.ones((2, 4), bool))
    with pytest.raises(OperandError, match=r"a mask of shape \(5, 3, 4\) does not fit"):
        scaled_dot_product_attention(q, k, v, np.ones((5, 3, 4), bool))
    with pytest.raises(TypeError, match="booleans, or floating-point numbers to add to the scores, not int64"):
        scaled_dot_product_attention(q, k, v, np.ones((3, 4), int))
    with pytest.raises(ValueError, match="dropout_p must be a probability"):
        scaled_dot_product_attention(q, k, v, dropout_p=2.0)


# --- the layer ----------------------------------------------------------------------------------------------------


def test_no_query_looks_ahead():
    attention, x = layer(), sequence(length=5)
    out, weights = attention(x, x, x, is_causal=True)
    assert not weights.data[:, ~np.tri(5, dtype=bool)].any()
    changed = x.copy()
    changed[:, 3:] += 1.0
    again, _ = attention(changed, changed, changed, is_causal=True)
    np.testing.assert_array_equal(again.data[:, :3], out.data[:, :3])
    live = tensor(x, requires_grad=True)
    attention(live, live, live, is_causal=True)[0][:, 1].sum().backward()
    np.testing.assert_array_equal(live.grad[:, 2:], 0)
    assert (live.grad[:, :2] != 0).all()


def test_three_ways_to_say_causal():
    attention, x = layer(), sequence()
    expected, _ = attention(x, x, x, is_causal=True)
    for mask in (causal_mask(3), ~np.tri(3, dtype=bool)):
        np.testing.assert_array_equal(attention(x, x, x, attn_mask=mask)[0].data, expected.data)
        np.testing.assert_array_equal(attention(x, x, x, attn_mask=mask, is_causal=True)[0].data, expected.data)


def test_one_input_for_all_is_the_same_as_three_equal_ones():
    attention, x = layer(), sequence()
    one, three = attention(x, x, x), attention(x, x.copy(), x.copy())
    for a, b in zip(one, three, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12)


def test_padded_keys_are_as_if_they_were_not_there():
    attention, x = layer(), sequence(length=5)
    padding = np.array([[False, False, False, True, True]] * 2)
    out, weights = attention(x, x, x, padding)
    expected, _ = attention(x, x[:, :3].copy(), x[:, :3].copy())
    np.testing.assert_allclose(out.data, expected.data, rtol=1e-12)
    np.testing.assert_array_equal(weights.data[:, :, 3:], 0)
    single, _ = attention(x[0], x[0], x[0], padding[0])
    np.testing.assert_allclose(single.data, out.data[0], rtol=1e-12)


def test_a_sample_of_padding_alone_gives_the_bias():
    attention, x = layer(), tensor(sequence(), requires_grad=True)
    attention.out_proj.bias.data[:] = 0.5
    out, weights = attention(x, x, x, np.array([[False] * 3, [True] * 3]))
    np.testing.assert_array_equal(out.data[1], 0.5)
    np.testing.assert_array_equal(weights.data[1], 0)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad[1], 0)
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("batch_first", [True, False])
def test_masks_as_in_pytorch(batch_first):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.MultiheadAttention(4, 2, batch_first=batch_first).double()
    ours = nn.MultiheadAttention(4, 2, batch_first=batch_first, dtype="float64")
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(0)
    x = sequence(5, 3)
    x = x if batch_first else x.swapaxes(0, 1).copy()
    each = rng.uniform(size=(10, 3, 3)) > 0.7
    each[:, :, 0] = False
    padding = np.zeros((5, 3), bool)
    padding[2:, 2] = True
    for settings in (
        {"attn_mask": each},
        {"attn_mask": each[0], "key_padding_mask": padding},
        {"attn_mask": rng.normal(size=(3, 3)), "average_attn_weights": False},
        {"key_padding_mask": np.where(padding, -np.inf, 0.5), "need_weights": False},
    ):
        out, weights = ours(x, x, x, **settings)
        given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
        expected, wanted = theirs(*[torch.tensor(x)] * 3, **given)
        np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-10)
        if wanted is None:
            assert weights is None
        else:
            np.testing.assert_allclose(weights.data, wanted.detach().numpy(), rtol=1e-10, atol=1e-15)


def test_one_sample_needs_no_axis_for_the_batch():
    x = sequence()
    for first in (True, False):
        attention = nn.MultiheadAttention(4, 2, batch_first=first, dtype="float64")
        batch = x if first else x.swapaxes(0, 1)
        out, weights = attention(batch, batch, batch)
        single, own = attention(x[0], x[0], x[0])
        np.testing.assert_allclose(single.data, out.data[0] if first else out.data[:, 0], rtol=1e-12)
        np.testing.assert_allclose(own.data, weights.data[0], rtol=1e-12)
        assert attention(x[0], x[0], x[0], average_attn_weights=False)[1].shape == (2, 3, 3)


def test_dropout_in_training_only():
    attention, x = layer(dropout=0.5), sequence(length=9)
    twin = copy.deepcopy(attention)
    out, weights = attention(x, x, x)
    np.testing.assert_array_equal(twin(x, x, x)[0].data, out.data)  # a copy draws the same numbers
    assert (attention(x, x, x)[0].data != out.data).any()
    assert (weights.data == 0).any()
    calm, sure = attention.eval()(x, x, x)
    np.testing.assert_array_equal(attention(x, x, x)[0].data, calm.data)
    np.testing.assert_allclose(sure.data.sum(-1), 1, rtol=1e-12)


def test_start_values():
    attention = nn.MultiheadAttention(64, 4, rng=0)
    bound = np.sqrt(6 / (4 * 64))  # Glorot: 64 columns in, 3 * 64 rows out
    assert 0.99 * bound < np.abs(attention.in_proj_weight.data).max() <= np.float32(bound)
    assert not attention.in_proj_bias.data.any()
    assert not attention.out_proj.bias.data.any()
    assert list(attention.state_dict()) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    again = nn.MultiheadAttention(64, 4, rng=0)
    np.testing.assert_array_equal(again.out_proj.weight.data, attention.out_proj.weight.data)


def test_what_the_layer_refuses():
    x = sequence()
    with pytest.raises(ValueError, match="embed_dim 5 must be a multiple of num_heads, 2"):
        nn.MultiheadAttention(5, 2)
    with pytest.raises(ValueError, match="num_heads, the number of heads, must be"):
        nn.MultiheadAttention(4, 0)
    with pytest.raises(OperandError, match=r"attn_mask has shape \(2, 3\), but these inputs need \(L, S\) = \(3, 3\)"):
        layer()(x, x, x, attn_mask=np.zeros((2, 3)))
    with pytest.raises(OperandError, match=r"key_padding_mask has shape \(3,\), but .* \(N, S\) = \(2, 3\)"):
        layer()(x, x, x, np.zeros(3, bool))
    with pytest.raises(TypeError, match="not int64"):
        layer()(x, x, x, attn_mask=np.zeros((3, 3), int))

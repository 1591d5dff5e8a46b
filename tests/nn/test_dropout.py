"""What is random about dropout: how many entries stay, whose generator decides, and that a run can be repeated."""

import copy

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import tensor
from autograd.gradcheck import gradcheck
from nn.functional import dropout


@given(p=st.floats(0.05, 0.95), seed=st.integers(0, 99))
def test_a_share_of_p_is_dropped_and_the_mean_stays(p, seed):
    n = 20_000
    out = dropout(np.ones(n), p, rng=seed)
    kept = out != 0
    np.testing.assert_allclose(out[kept], 1 / (1 - p), rtol=1e-12)
    # 5 standard deviations of a binomial share, which chance exceeds once in 1.7 million
    assert abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / n)
    assert abs(out.mean() - 1) < 5 * np.sqrt(p / (1 - p) / n)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_dtype_stays_and_does_not_decide_what_is_dropped(dtype):
    x = np.arange(1, 51, dtype=dtype)
    out = nn.Dropout(0.4, rng=1)(x)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out == 0, nn.Dropout(0.4, rng=1)(np.ones(50)) == 0)


def test_entries_are_dropped_one_by_one_and_anew_in_every_call():
    layer = nn.Dropout(0.5, rng=0)
    first, second = layer(np.ones((40, 40))), layer(np.ones((40, 40)))
    assert (first != second).any()
    for out in (first, second):
        assert (out != 0).mean(axis=0).min() > 0.2
        assert (out != 0).mean(axis=1).max() < 0.8


def test_in_evaluation_the_input_itself_comes_back():
    x = np.ones(3)
    assert nn.Dropout(0.5).eval()(x) is x
    assert dropout(x, 0.5, training=False) is x
    assert nn.Dropout(0.0)(x) is x


def test_gradients_pass_where_values_do():
    x = tensor(np.ones(100), requires_grad=True)
    out = nn.Dropout(0.25, rng=0)(x)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)


def test_gradcheck_with_the_same_numbers_in_every_call():
    gradcheck(lambda x: np.tanh(dropout(x, 0.3, rng=5)), np.linspace(-1, 1, 12), order=2)


# --- generators ---------------------------------------------------------------------------------------------------


def test_the_default_generator_decides_when_none_is_given():
    layer, x = nn.Dropout(), np.ones(50)
    nn.manual_seed(3)
    first = layer(x)
    nn.manual_seed(3)
    np.testing.assert_array_equal(layer(x), first)
    assert layer.rng is None


def test_an_own_generator_leaves_the_default_one_alone():
    nn.manual_seed(3)
    expected = dropout(np.ones(50))
    nn.manual_seed(3)
    nn.Dropout(rng=1)(np.ones(50))
    np.testing.assert_array_equal(dropout(np.ones(50)), expected)


def test_a_run_goes_on_with_the_same_numbers_after_the_state_is_restored():
    layer, x = nn.Dropout(rng=np.random.default_rng(0)), np.ones(50)
    layer(x)
    saved = layer.rng.bit_generator.state
    expected = [layer(x) for _ in range(3)]
    fresh = nn.Dropout(rng=7)
    fresh.rng.bit_generator.state = saved
    for wanted in expected:
        np.testing.assert_array_equal(fresh(x), wanted)


def test_a_copy_has_a_generator_of_its_own_in_the_same_state():
    layer, x = nn.Dropout(rng=0), np.ones(50)
    layer(x)
    twin = copy.deepcopy(layer)
    assert twin.rng is not layer.rng
    np.testing.assert_array_equal(twin(x), layer(x))


# --- settings -----------------------------------------------------------------------------------------------------


def test_the_fourth_argument_is_pytorchs():
    nn.manual_seed(0)
    x = np.ones(50)
    assert not np.array_equal(dropout(x, 0.5, True, True), dropout(x, 0.5, True, True))
    assert (x == 1.0).all()


@pytest.mark.parametrize("wrong", [-0.1, 1.5, np.nan, "half", None, True])
def test_p_is_a_probability(wrong):
    with pytest.raises(ValueError, match=r"p must be a probability between 0 and 1, not"):
        nn.Dropout(wrong)
    with pytest.raises(ValueError, match=r"p must be a probability"):
        dropout(np.ones(3), wrong)


def test_integers_and_lists_are_taken_in_the_default_dtype():
    assert nn.Dropout()([1, 2, 3]).dtype == np.float32


# --- channels -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "channels"),
    [
        (nn.Dropout1d, (20, 30, 4), (20, 30)),
        (nn.Dropout1d, (600, 4), (600,)),
        (nn.Dropout2d, (20, 30, 2, 3), (20, 30)),
        (nn.Dropout2d, (20, 30, 4), (20, 30)),
    ],
)
def test_channels_are_dropped_as_a_whole(layer, shape, channels):
    x = tensor(np.ones(shape, "float32"), requires_grad=True)
    out = layer(0.5, rng=0)(x)
    of_channel = out.data.reshape(*channels, -1)
    np.testing.assert_array_equal(of_channel, of_channel[..., :1] + 0 * of_channel)
    assert 0.4 < (of_channel[..., 0] == 0).mean() < 0.6
    assert out.dtype == np.float32
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)
    assert layer().eval()(x) is x

"""What recurrent layers promise beyond their formulas: states handed on, directions, gates, dropout, layouts."""

import copy

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import OperandError, tensor

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = {nn.RNN: nn.RNNCell, nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}


def states(hx):
    return hx if isinstance(hx, tuple) else (hx,)


def equal(a, b, tolerance=1e-12):
    for x, y in zip(states(a), states(b), strict=True):
        np.testing.assert_allclose(x.data, y.data, atol=tolerance)


@pytest.mark.parametrize("make", LAYERS)
@given(length=st.integers(2, 6), cut=st.integers(1, 5), layers=st.integers(1, 2), seed=st.integers(0, 9))
def test_a_sequence_in_two_parts_is_the_whole(make, length, cut, layers, seed):
    cut = min(cut, length - 1)
    layer = make(3, 4, layers, dtype="float64", rng=seed)
    x = np.random.default_rng(seed).normal(size=(length, 2, 3))
    whole, last = layer(x)
    first, between = layer(x[:cut])
    second, end = layer(x[cut:], between)
    equal(whole, tensor(np.concatenate([first.data, second.data])))
    equal(last, end)


@pytest.mark.parametrize("make", LAYERS)
def test_a_layer_is_its_cell_in_a_loop(make):
    layer, cell = make(3, 4, dtype="float64"), CELLS[make](3, 4, dtype="float64")
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = np.random.default_rng(0).normal(size=(5, 2, 3))
    output, last = layer(x)
    hx = None
    for t, step in enumerate(x):
        hx = cell(step, hx)
        equal(states(hx)[0], output[t])
    equal(hx, tuple(part[0] for part in last) if isinstance(last, tuple) else last[0])
    equal(cell(x[0, 1]), tuple(part[1] for part in states(cell(x[0]))) if make is nn.LSTM else cell(x[0])[1])


@pytest.mark.parametrize("make", LAYERS)
def test_one_sequence_needs_no_axis_for_the_batch(make):
    layer = make(3, 4, 2, batch_first=True, bidirectional=True, dtype="float64")
    x = np.random.default_rng(0).normal(size=(5, 3))
    batch, last = layer(x[None])
    output, own = layer(x)
    assert output.shape == (5, 8)
    equal(output, batch[0])
    equal(own, tuple(part[:, 0] for part in last) if isinstance(last, tuple) else last[:, 0])
    again, _ = layer(x, own)
    expected, _ = layer(x[None], last)
    equal(again, expected[0])


@pytest.mark.parametrize("make", LAYERS)
def test_layouts_differ_in_the_order_of_axes_only(make):
    layer, other = make(3, 4, dtype="float64"), make(3, 4, batch_first=True, dtype="float64")
    other.load_state_dict(layer.state_dict())
    x = np.random.default_rng(0).normal(size=(5, 2, 3))
    (a, a_last), (b, b_last) = layer(x), other(x.swapaxes(0, 1))
    equal(a, b.swapaxes(0, 1))
    equal(a_last, b_last)


@pytest.mark.parametrize("make", LAYERS)
def test_the_second_direction_reads_from_the_end(make):
    both = make(3, 4, bidirectional=True, dtype="float64")
    state, one = both.state_dict(), make(3, 4, dtype="float64")
    one.load_state_dict({k.removesuffix("_reverse"): v for k, v in state.items() if k.endswith("_reverse")})
    x = np.random.default_rng(0).normal(size=(5, 2, 3))
    output, last = both(x)
    backwards, end = one(x[::-1].copy())
    equal(output[..., 4:], backwards[::-1])
    for found, wanted in zip(states(last), states(end), strict=True):
        equal(found[1], wanted[0])


def test_parameters_are_named_and_ordered_as_in_pytorch():
    names = [name for name, _ in nn.LSTM(3, 4, 2, bidirectional=True).named_parameters()]
    assert names == [
        f"{kind}_l{layer}{end}"
        for layer in (0, 1)
        for end in ("", "_reverse")
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    assert nn.LSTM(3, 4, 2, bidirectional=True).weight_ih_l1.shape == (16, 8)


# --- gates, by hand -----------------------------------------------------------------------------------------------


def only_biases(layer, biases):
    """The layer with all weights 0 and one bias per gate; 100 opens a gate, -100 shuts it."""
    for p in layer.parameters():
        p.data = np.zeros(p.shape)
    layer.bias_ih_l0.data = np.repeat(np.array(biases, float), layer.hidden_size)
    return layer


def test_an_lstm_with_shut_input_and_open_forget_gate_keeps_its_memory():
    layer = only_biases(nn.LSTM(1, 2, dtype="float64"), [-100, 100, 3, 100])
    c_0 = np.array([[[0.5, -2.0]]])
    output, (_, c_n) = layer(np.ones((7, 1, 1)), (np.zeros((1, 1, 2)), c_0))
    np.testing.assert_allclose(c_n.data, c_0, rtol=1e-15)
    np.testing.assert_allclose(output.data[-1], np.tanh(c_0[0]), rtol=1e-15)


def test_an_lstm_with_shut_forget_gate_keeps_nothing():
    layer = only_biases(nn.LSTM(1, 1, dtype="float64"), [100, -100, 0.3, 100])
    _, (_, c_n) = layer(np.ones((3, 1, 1)), (np.zeros((1, 1, 1)), np.full((1, 1, 1), 9.0)))
    np.testing.assert_allclose(c_n.data, np.tanh(0.3), rtol=1e-15)


def test_a_gru_with_open_update_gate_keeps_its_state():
    layer = only_biases(nn.GRU(1, 2, dtype="float64"), [0, 100, 3])
    h_0 = np.array([[[0.5, -2.0]]])
    _, h_n = layer(np.ones((7, 1, 1)), h_0)
    np.testing.assert_allclose(h_n.data, h_0, rtol=1e-15)


def test_the_reset_gate_of_a_gru_shuts_out_the_bias_of_the_state():
    """It multiplies h W_hh^T + b_hh as a whole: with it shut, only the input's part of n is left."""
    layer = only_biases(nn.GRU(1, 1, dtype="float64"), [-100, -100, 0.3])
    layer.bias_hh_l0.data[2] = 5.0
    _, h_n = layer(np.ones((1, 1, 1)))
    np.testing.assert_allclose(h_n.data, np.tanh(0.3), rtol=1e-15)


# --- gradients through time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", LAYERS)
def test_the_last_step_depends_on_the_first(make):
    x = tensor(np.random.default_rng(0).normal(size=(12, 2, 3)), requires_grad=True)
    make(3, 4, dtype="float64")(x)[0][-1].sum().backward()
    assert (np.abs(x.grad) > 0).all()


def test_detached_states_cut_the_gradient():
    layer = nn.GRU(3, 4, dtype="float64")
    x = tensor(np.ones((3, 2, 3)), requires_grad=True)
    _, between = layer(x)
    layer(np.ones((3, 2, 3)), between.detach())[0].sum().backward()
    assert x.grad is None


def test_a_long_sequence_needs_no_recursion():
    layer = nn.RNN(1, 2)
    output, _ = layer(np.zeros((3000, 1, 1), "float32"))
    output[-1].sum().backward()
    assert np.isfinite(layer.weight_hh_l0.grad).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("steps", "count", "inputs", "hidden"), [(9, 32, 20, 64), (40, 1, 3, 5), (3, 70, 1, 33)])
@pytest.mark.parametrize("make", LAYERS)
def test_a_differentiable_pass_has_the_same_bits(make, steps, count, inputs, hidden, dtype):
    """It computes again, for all steps at once, what the plain one has kept of each step."""
    layer = make(inputs, hidden, batch_first=True, bidirectional=True, dtype=dtype, rng=0)
    rng = np.random.default_rng(0)
    x = tensor(rng.normal(size=(count, steps, inputs)).astype(dtype), requires_grad=True)
    wanted = [x, *layer.parameters()]
    output, last = layer(x)
    loss = sum(np.sum(part * rng.normal(size=part.shape).astype(dtype)) for part in (output, *states(last)))
    plain = loss.gradient(*wanted, retain_graph=True)
    for a, b in zip(plain, loss.gradient(*wanted, create_graph=True), strict=True):
        assert a.data.tobytes() == b.data.tobytes()
        assert a.dtype == dtype


# --- dropout between layers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", LAYERS)
def test_dropout_stands_between_layers(make):
    layer = make(3, 40, 2, dropout=0.5, rng=0)
    x = np.random.default_rng(0).normal(size=(4, 2, 3)).astype("float32")
    plain = make(3, 40, 2)
    plain.load_state_dict(layer.state_dict())
    one, last = layer(x)
    assert (one.data != layer(x)[0].data).any()
    expected, wanted = plain(x)
    assert (one.data != expected.data).any()
    equal(states(last)[0][0], states(wanted)[0][0], 0)  # the first layer is untouched
    equal(layer.eval()(x)[0], expected, 0)
    assert (one.data != 0).all()  # the outputs themselves are not dropped


def test_dropout_of_everything_leaves_the_second_layer_without_input():
    layer = nn.RNN(3, 4, 2, dropout=1.0, bias=False)
    output, _ = layer(np.ones((4, 2, 3), "float32"))
    np.testing.assert_array_equal(output.data, 0)


def test_the_state_of_the_generator_decides_what_is_dropped():
    layer = nn.LSTM(3, 8, 2, dropout=0.5, rng=0)
    twin, x = copy.deepcopy(layer), np.ones((4, 2, 3), "float32")
    equal(twin(x)[0], layer(x)[0], 0)
    saved = layer.rng.bit_generator.state
    expected = layer(x)[0]
    twin(x), twin(x)
    twin.rng.bit_generator.state = saved
    equal(twin(x)[0], expected, 0)
    assert nn.LSTM(3, 8, 2, rng=0).rng is None


def test_dropout_with_one_layer_is_warned_about():
    for make in LAYERS:
        with pytest.warns(UserWarning, match=r"dropout=0\.5 has no effect with num_layers=1") as caught:
            make(3, 8, dropout=0.5)
        assert caught[0].filename == __file__


# --- settings and inputs ------------------------------------------------------------------------------------------


def test_start_values_are_uniform_between_the_bounds():
    layer = nn.GRU(30, 100, rng=0)
    for p in layer.parameters():
        assert 0.09 < np.abs(p.data).max() <= np.float32(0.1)
        assert p.dtype == np.float32
    same = nn.GRU(30, 100, rng=0)
    np.testing.assert_array_equal(layer.weight_hh_l0.data, same.weight_hh_l0.data)


@pytest.mark.parametrize("make", [*LAYERS, *CELLS.values()])
def test_settings(make):
    with pytest.raises(ValueError, match="input_size, the number of features, must be"):
        make(0, 4)
    with pytest.raises(ValueError, match="hidden_size, the number of features, must be"):
        make(4, 0)
    if make in LAYERS:
        with pytest.raises(ValueError, match="num_layers, the number of layers, must be"):
            make(3, 4, 0)
        with pytest.raises(ValueError, match="dropout must be a probability"):
            make(3, 4, 2, dropout=2)
    assert make(3, 4, bias=False, dtype="float64")(np.ones((2, 3)))[0].dtype == np.float64


def test_unknown_nonlinearity():
    for make in (nn.RNN, nn.RNNCell):
        with pytest.raises(ValueError, match="nonlinearity must be 'tanh' or 'relu', not 'sigmoid'"):
            make(3, 4, nonlinearity="sigmoid")


def test_a_cell_of_two_states_wants_both():
    with pytest.raises(TypeError, match=r"LSTMCell\(3, 4\) takes the states as a tuple \(h, c\), but got 1"):
        nn.LSTMCell(3, 4)(np.ones((2, 3), "float32"), np.ones((2, 4), "float32"))
    with pytest.raises(OperandError, match=r"c has shape \(3, 4\), but this input needs \(2, 4\)"):
        nn.LSTMCell(3, 4)(np.ones((2, 3), "float32"), (np.ones((2, 4), "float32"), np.ones((3, 4), "float32")))


def test_the_output_with_the_state_is_no_input():
    model = nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 2))
    with pytest.raises(
        TypeError, match=r"a tuple of 2, not an array.*pass only the output, the first element"
    ) as caught:
        model(np.zeros((5, 2, 3), "float32"))
    assert "in module 1: Linear" in caught.value.__notes__[0]


def test_lists_and_integers_are_taken_in_the_dtype_of_the_parameters():
    output, h_n = nn.RNN(2, 3)([[0, 1], [1, 0]], [[0, 0, 1]])
    assert output.dtype == h_n.dtype == np.float32


def test_models_find_their_parameters():
    class Tagger(nn.Module):
        def __init__(self):
            self.table = nn.Embedding(9, 4)
            self.read = nn.LSTM(4, 5, batch_first=True)
            self.out = nn.Linear(5, 2)

        def forward(self, words):
            hidden, _ = self.read(self.table(words))
            return self.out(hidden)

    model, words = Tagger(), np.arange(6).reshape(2, 3)
    model(words).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert "[(2, 3, 5), [(1, 2, 5), (1, 2, 5)]]" in str(nn.summary(model, words))

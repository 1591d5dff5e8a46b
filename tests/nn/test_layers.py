"""What is particular to a layer: how it starts, what it takes, and what it refuses when it is made."""

import numpy as np
import pytest

import nn
from autograd import tensor


def test_linear_starts_uniform_between_the_bounds():
    layer = nn.Linear(100, 400)
    for p in (layer.weight, layer.bias):
        assert np.abs(p.data).max() <= np.float32(0.1)
        assert p.data.max() > 0.097
        assert p.data.min() < -0.097
        assert abs(p.data.mean()) < 0.01
        assert abs(p.data.std() - 0.1 / np.sqrt(3)) < 0.005


def test_one_seed_one_start():
    def start(seed):
        nn.manual_seed(seed)
        return nn.MLP([3, 4, 2]).state_dict()

    a, b, c = start(1), start(1), start(2)
    assert all((a[k] == b[k]).all() for k in a)
    assert not any((a[k] == c[k]).any() for k in a)


def test_an_own_generator_leaves_the_default_one_alone():
    nn.manual_seed(5)
    expected = nn.Linear(2, 2).state_dict()
    nn.manual_seed(5)
    one = nn.MLP([2, 2, 2], rng=np.random.default_rng(3)).state_dict()
    same = nn.MLP([2, 2, 2], rng=3).state_dict()
    assert all((one[k] == same[k]).all() for k in one)
    assert (one["0.weight"] != one["2.weight"]).any()
    after = nn.Linear(2, 2).state_dict()
    assert all((after[k] == expected[k]).all() for k in expected)


def test_the_seed_decides_the_numbers_in_every_dtype():
    single, double = nn.Linear(3, 2, rng=0), nn.Linear(3, 2, rng=0, dtype="float64")
    assert single.weight.dtype == np.float32
    np.testing.assert_array_equal(single.weight.data, double.weight.data.astype("float32"))


def test_default_dtype():
    assert nn.get_default_dtype() == np.float32
    nn.set_default_dtype(np.float64)
    assert nn.Linear(2, 2).weight.dtype == np.float64
    assert nn.Linear(2, 2, dtype="float32").weight.dtype == np.float32
    for wrong in (int, bool, complex, "U3"):
        with pytest.raises(TypeError, match="real floating"):
            nn.set_default_dtype(wrong)
        with pytest.raises(TypeError, match="real floating"):
            nn.Linear(2, 2, dtype=wrong)


@pytest.mark.parametrize("wrong", [0, -1, 2.0, "2", True, None])
def test_features_are_positive_integers(wrong):
    with pytest.raises(ValueError, match="in_features, the number of features, must be"):
        nn.Linear(wrong, 2)
    with pytest.raises(ValueError, match="out_features, the number of features, must be"):
        nn.Linear(2, wrong)


@pytest.mark.parametrize(
    "x",
    [[[0, 1]], [[0.0, 1.0]], [[False, True]], np.array([[0, 1]]), np.array([[0, 1]], np.uint8), tensor([[0, 1]])],
    ids=repr,
)
def test_linear_takes_integers_and_lists_in_its_own_dtype(x):
    layer = nn.Linear(2, 3)
    out = layer(x)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.data, layer.weight.data[:, 1:].T + layer.bias.data)


def test_linear_works_on_a_single_sample():
    layer = nn.Linear(2, 3)
    x = np.array([1.0, 2.0], "float32")
    np.testing.assert_allclose(layer(x).data, layer(x[None])[0].data)


def test_linear_in_column_layout():
    """The lectures write z = W x + b with one sample per column; ours is the same with samples in rows."""
    layer = nn.Linear(3, 2, dtype="float64")
    x = np.arange(12.0).reshape(3, 4)
    z = layer.weight.data @ x + layer.bias.data[:, None]
    np.testing.assert_allclose(layer(x.T).data.T, z)


def test_what_is_no_shape_error_is_left_as_it_is():
    with pytest.raises(ValueError, match=r"numeric|could not convert"):
        nn.Linear(2, 3)(["a", "b"])


# --- activations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_do_not_overflow(dtype):
    x = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(nn.Sigmoid()(x), [0, 0, 0.5, 1, 1], atol=1e-30)
        np.testing.assert_allclose(nn.Tanh()(x), [-1, -1, 0, 1, 1])
        np.testing.assert_allclose(nn.Softmax()(x), [0, 0, 0, 0, 1], atol=1e-30)
        np.testing.assert_allclose(nn.ReLU()(x), [0, 0, 0, 100, 1e4])


def test_relu_at_zero():
    x = tensor([0.0, -0.0], requires_grad=True)
    nn.ReLU()(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_unknown_activations():
    with pytest.raises(
        ValueError, match=r"'swish' is not an activation\. Choose 'arctan', 'celu', 'elu', 'gelu', 'hardsigmoid'"
    ):
        nn.MLP([2, 2, 2], "swish")
    for wrong in (nn.ReLU(), 3, lambda: 3):
        with pytest.raises(ValueError, match="is not an activation"):
            nn.MLP([2, 2, 2], wrong)


# --- Sequential and MLP -------------------------------------------------------------------------------------------


def test_sequential_is_a_sequence():
    a, b, c = nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)
    model = nn.Sequential(a, b, c)
    assert len(model) == 3
    assert list(model) == [a, b, c]
    assert model[0] is a
    assert model[-1] is c
    assert model["1"] is b
    assert list(model[1:]) == [b, c]
    assert type(model[1:]) is nn.Sequential
    assert list(model[1:].state_dict()) == ["2.weight", "2.bias"]
    model[1] = d = nn.Tanh()
    assert list(model) == [a, d, c]
    assert model.append(b) is model
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert list(model[1:].append(a)) == [d, c, b, a]
    with pytest.raises(IndexError, match="index 4 is out of range for 4 modules"):
        model[4]
    with pytest.raises(KeyError, match="no module '9', only '0', '1', '2', '3'"):
        model["9"]


def test_sequential_with_names():
    model = nn.Sequential({"hidden": nn.Linear(2, 3), "out": nn.Linear(3, 1)})
    assert list(model.state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert model["out"] is model[1]
    assert model(np.ones((4, 2), "float32")).shape == (4, 1)


def test_sequential_keeps_what_a_subclass_adds():
    class Scaled(nn.Sequential):
        def __init__(self, *modules):
            super().__init__(*modules)
            self.scale = nn.Parameter([2.0])

    assert [name for name, _ in Scaled(nn.Linear(1, 1)).named_parameters()] == ["scale", "0.weight", "0.bias"]


@pytest.mark.parametrize(
    ("wrong", "remedy"), [(nn.ReLU, "write ReLU()"), (np.tanh, "wrap it in a Module"), (3, "wrap")]
)
def test_sequential_takes_modules_only(wrong, remedy):
    for make in (nn.Sequential, lambda m: nn.Sequential({"a": m}), nn.Sequential().append):
        with pytest.raises(TypeError) as caught:
            make(wrong)
        assert remedy in str(caught.value)


def test_mlp_sizes():
    assert nn.MLP([64, 64, 10])(np.ones((2, 64), "float32")).shape == (2, 10)
    assert [type(m) for m in nn.MLP((3, 2))] == [nn.Linear]
    assert nn.MLP([3, 2, 1], dtype="float64")[0].weight.dtype == np.float64
    with pytest.raises(ValueError, match="at least two widths"):
        nn.MLP([3])
    with pytest.raises(TypeError, match=r"a list of widths such as \[64, 32, 10\], not 64"):
        nn.MLP(64, 64, 10)
    with pytest.raises(ValueError, match="positive integer, not 0"):
        nn.MLP([3, 0, 2])


def test_an_mlp_is_the_layers_written_out():
    mlp = nn.MLP([3, 4, 2], "tanh")
    written = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    written.load_state_dict(mlp.state_dict())
    x = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(mlp(x).data, written(x).data)

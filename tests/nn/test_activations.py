"""What is particular to the activations: slopes and their bounds, kinks, extreme inputs, random and learned slopes."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from nn_cases.activations import ALPHA, SCALE, TABLE

import nn
from autograd import grad, gradcheck, hessian, tensor
from nn import functional
from nn.layers.activations.names import ACTIVATIONS, activation

EXTREME = np.array([-1e4, -100.0, -20.0, 0.0, 20.0, 100.0, 1e4])


def slope_of(module, points, dtype="float64"):
    x = tensor(np.asarray(points, dtype), requires_grad=True)
    module(x).sum().backward()
    return x.grad


@pytest.fixture(params=TABLE, ids=str)
def row(request):
    return request.param


def test_the_table_has_every_activation():
    assert {row.name for row in TABLE} == set(ACTIVATIONS) - {"softmax", "log_softmax"}
    for name, make in ACTIVATIONS.items():
        assert callable(getattr(functional, name, None)) or name == "identity"
        assert make.__name__.lower() == name.replace("_", "")


def test_the_page_has_the_same_numbers():
    """docs/networks.md: a row for each activation, with the largest slope, and where it is."""
    page = Path(__file__).parents[2] / "docs" / "networks.md"
    if not page.exists():
        pytest.skip("there is no docs/networks.md")
    part = page.read_text(encoding="utf-8").partition("\n## Losses")[0]
    rows = [line.split("|") for line in part.splitlines() if line.startswith("| `")]
    said = {cells[1].strip(" `"): cells[4].strip() for cells in rows}
    assert list(said) == list(dict.fromkeys(row.name for row in TABLE))
    for row in TABLE:
        slope, _, place = said[row.name].partition(", ")
        assert float(Fraction(slope)) == pytest.approx(row.steepest, abs=2e-4)
        if place.startswith("at"):
            assert float(place[3:].replace("√2", "1.41421")) == pytest.approx(row.at, abs=2e-3)
        else:
            assert (place == "not reached") == np.isinf(row.at)


def test_slope_is_the_formula(row, rng):
    x = rng.normal(size=200) * 3
    np.testing.assert_allclose(slope_of(row.make().astype("float64"), x), row.slope(x), rtol=1e-9, atol=1e-13)


def test_slope_keeps_its_bound(row):
    """The exact bounds: 1/4 for the sigmoid, 1 for tanh, ... ; reached where the table says, and nowhere exceeded."""
    x = np.linspace(-30, 30, 60_001)
    slopes = abs(slope_of(row.make().astype("float64"), x))
    assert slopes.max() <= row.steepest * (1 + 1e-5)
    there = np.clip(row.at, -25.0, 25.0)
    np.testing.assert_allclose(slope_of(row.make().astype("float64"), [there]), row.steepest, rtol=2e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs(row, dtype):
    """Values and slopes of both orders stay right at +-1e4, and nothing overflows on the way."""
    x = tensor(EXTREME.astype(dtype), requires_grad=True)
    module = row.make().astype(dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out = module(x)
        (g,) = out.sum().gradient(x, create_graph=True)
        (h,) = (g * g).sum().gradient(x, allow_unused=True) if g.requires_grad else (g,)
    assert out.dtype == g.dtype == dtype
    with np.errstate(over="ignore"):  # the plain formulas do
        expected, slope = row.value(EXTREME), row.slope(EXTREME)
    tolerance = 1e-12 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(out.data, expected, rtol=tolerance, atol=3e-9)  # softplus: its threshold
    kink = np.isin(EXTREME, row.kinks)
    np.testing.assert_allclose(g.data[~kink], slope[~kink], rtol=1e-6, atol=3e-9)
    assert h is None or np.isfinite(h.data).all()


def test_nan_stays_nan(row):
    out = row.make()(tensor(np.array([np.nan, 1.0], "float32"))).data
    assert np.isnan(out).tolist() == [True, False]


def test_infinity(row):
    """What NumPy's formula gives where it has a limit; 0 inf is nan, as in PyTorch."""
    with np.errstate(invalid="ignore"):
        high = row.make()(tensor(np.array([np.inf], "float32"))).data
    far = row.value(np.array([1e30]))
    np.testing.assert_allclose(high, np.where(far > 1e29, np.inf, far), rtol=1e-6)


def test_functions_are_the_modules(row, rng):
    x = rng.normal(size=(4, 3))
    if row.name == "identity":
        return
    function = getattr(functional, row.name)
    settings = {"prelu": [np.array([0.25])], "rrelu": [0.2, 0.3], "gelu": [getattr(row.make(), "approximate", None)]}
    settings["celu"] = [0.5]
    np.testing.assert_array_equal(
        function(x, *settings.get(row.name, [])), row.make().astype("float64")(tensor(x)).data
    )


@pytest.mark.parametrize("kind", [float, int, bool, list], ids=lambda k: k.__name__)
def test_numbers_integers_and_lists(row, kind):
    x = {float: 0.5, int: 2, bool: True, list: [1, -2]}[kind]
    if row.name != "identity":
        out = row.make()(x)
        value = out.data if hasattr(out, "data") and hasattr(out, "requires_grad") else out
        np.testing.assert_allclose(value, row.value(np.asarray(x, float)), rtol=1e-6)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0, 3), (2, 1, 3, 2)], ids=str)
def test_every_shape(row, shape):
    x = tensor(np.full(shape, 0.5, "float32"), requires_grad=True)
    out = row.make()(x)
    assert out.shape == shape
    assert out.dtype == np.float32
    out.sum().backward()
    np.testing.assert_allclose(x.grad, row.slope(x.data), rtol=1e-5)


def test_a_function_may_be_turned_inside_out(row, rng):
    """grad and hessian of functions of plain arrays agree with the formulas."""
    if row.name in ("identity", "prelu"):
        return
    module, x = row.make(), rng.normal(size=4) + 0.1
    np.testing.assert_allclose(grad(lambda v: np.sum(module(v)))(x), row.slope(x), rtol=1e-9, atol=1e-12)
    bent = hessian(lambda v: np.sum(module(v)))(x)
    step = 1e-5
    expected = (row.slope(x + step) - row.slope(x - step)) / (2 * step)
    np.testing.assert_allclose(np.diag(bent), expected, rtol=1e-5, atol=1e-8)


# --- kinks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "at", "slope"),
    [
        (nn.ReLU, 0.0, 0.0),
        (lambda: nn.ReLU(at_zero=0.5), 0.0, 0.5),
        (lambda: nn.ReLU(at_zero=1), 0.0, 1.0),
        (nn.Step, 0.0, 0.0),
        (nn.LeakyReLU, 0.0, 0.01),
        (nn.PReLU, 0.0, 0.25),
        (lambda: nn.RReLU(0.5, 0.5), 0.0, 0.5),
        (nn.ELU, 0.0, 1.0),
        (lambda: nn.ELU(0.5), 0.0, 0.5),
        (nn.SELU, 0.0, SCALE * ALPHA),
        (nn.Hardtanh, 1.0, 0.0),
        (nn.Hardtanh, -1.0, 0.0),
        (lambda: nn.CELU(0.5), 0.0, 1.0),
        (nn.ReLU6, 0.0, 0.0),
        (nn.ReLU6, 6.0, 0.0),
        (nn.Hardsigmoid, -3.0, 0.0),
        (nn.Hardsigmoid, 3.0, 0.0),
        (nn.Hardswish, -3.0, 0.0),
        (nn.Hardswish, 3.0, 1.0),
    ],
)
def test_slope_at_the_kink(make, at, slope):
    """PyTorch's choices; those that it lets nobody choose come from its derivatives.yaml and kernels."""
    for zero in (at, -0.0 if at == 0 else at):
        np.testing.assert_allclose(slope_of(make().astype("float64"), [zero, zero]), slope)


def test_kinks_as_pytorch_has_them():
    torch = pytest.importorskip("torch")
    for row in TABLE:
        if row.torch:
            x = torch.tensor([0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0], dtype=torch.float64, requires_grad=True)
            module = eval(row.torch, {"nn": torch.nn}).double().eval()
            module(x).sum().backward()
            np.testing.assert_allclose(
                slope_of(row.make().astype("float64"), x.detach().numpy()), x.grad.numpy(), rtol=1e-11
            )


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_step_at_zero(at_zero):
    x = np.array([-1.0, -0.0, 0.0, 1.0, np.nan])
    np.testing.assert_array_equal(nn.Step(at_zero)(x), [0, at_zero, at_zero, 1, np.nan])


def test_no_gradient_passes_a_step():
    model = nn.MLP([2, 3, 1], "step")
    model(np.ones((4, 2), "float32")).sum().backward()
    assert not model[0].weight.grad.any()
    assert model[2].bias.grad.all()


def test_relu_of_every_slope_has_the_same_value(rng):
    x = np.append(rng.normal(size=20), [0.0, np.nan, np.inf, -np.inf])
    for at_zero in (0.5, 1.0):
        np.testing.assert_array_equal(nn.ReLU(at_zero=at_zero)(x), nn.ReLU()(x))


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.ReLU(at_zero=0.3), "the slope of ReLU at 0, must be 0, 0.5 or 1, not 0.3"),
        (lambda: nn.RReLU(0.5, 0.1), "RReLU: lower must not be greater than upper, but they are 0.5 and 0.1"),
        (lambda: functional.rrelu(np.ones(2), 2.0, 1.0), "rrelu: lower must not be greater than upper"),
        (lambda: nn.Hardtanh(1, 0), "Hardtanh: min_val must not be greater than max_val, but they are 1 and 0"),
        (lambda: functional.hardtanh(np.ones(2), 1.0, np.nan), "min_val must not be greater than max_val"),
        (lambda: nn.Softplus(0), "beta, the steepness of softplus, must be positive, not 0"),
        (lambda: functional.softplus(np.ones(2), -1.0), "must be positive, not -1.0"),
        (lambda: nn.GELU("erf"), "'none' (exact) or 'tanh', not 'erf'"),
        (lambda: functional.gelu(np.ones(2), approximate=True), "not True"),
        (lambda: functional.celu(np.ones(2), 0.0), "alpha must be positive, not 0.0: CELU approaches -alpha"),
        (lambda: nn.PReLU(0), "num_parameters, the number of slopes, must be a positive integer, not 0"),
    ],
)
def test_bad_settings_are_refused(make, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words follow
        make()
    assert words in str(caught.value)


INPLACE = ["ReLU", "ReLU6", "LeakyReLU", "RReLU", "ELU", "CELU", "SELU", "SiLU", "Mish"]
INPLACE += ["Hardtanh", "Hardsigmoid", "Hardswish"]


def test_pytorchs_inplace_changes_nothing():
    """As PyTorch has it: of the constructors by name, and of the functions also by place (``F.relu(x, True)``)."""
    x = np.array([-1.0, 2.0], "float32")
    functions = {make: name for name, make in ACTIVATIONS.items()}
    for name in INPLACE:
        module = getattr(nn, name)(inplace=True).eval()
        function = getattr(functional, functions[getattr(nn, name)])
        np.testing.assert_array_equal(function(x, inplace=True), module(x))
        assert x.tolist() == [-1.0, 2.0]
    np.testing.assert_array_equal(functional.relu(x, True), [0.0, 2.0])
    assert slope_of(lambda t: functional.relu(t, True), [0.0]).tolist() == [0.0]


def test_softplus_without_threshold():
    x = np.array([19.0, 21.0, 30.0])
    exact = nn.Softplus(threshold=np.inf)(x)
    np.testing.assert_array_equal(exact, np.logaddexp(0, x))
    np.testing.assert_array_equal(nn.Softplus()(x) == x, [False, True, True])
    np.testing.assert_allclose(nn.Softplus()(x), exact, atol=np.exp(-20))


# --- random and learned slopes ------------------------------------------------------------------------------------


def test_rrelu_in_training_and_evaluation():
    layer, x = nn.RReLU(0.2, 0.4, rng=0), -np.ones(20_000)
    slopes = -layer(x)
    assert slopes.min() >= 0.2
    assert slopes.max() <= 0.4
    assert abs(slopes.mean() - 0.3) < 0.002  # its standard error is 0.0004
    assert (layer(x) != -slopes).any()
    again = nn.RReLU(0.2, 0.4, rng=0)
    np.testing.assert_array_equal(again(x), -slopes)
    np.testing.assert_allclose(layer.eval()(x), -0.3 * np.ones(20_000))
    np.testing.assert_array_equal(nn.RReLU()(np.ones(5)), np.ones(5))


def test_rrelu_draws_from_the_default_generator():
    x = -np.ones(5, "float32")
    nn.manual_seed(3)
    first = nn.RReLU()(x)
    nn.manual_seed(3)
    np.testing.assert_array_equal(nn.RReLU()(x), first)
    assert first.dtype == np.float32


def test_rrelu_in_training_has_the_gradient_of_its_slopes():
    x = tensor([-1.0, -2.0, 3.0], requires_grad=True)
    layer = nn.RReLU(rng=0)
    out = layer(x)
    out.sum().backward()
    np.testing.assert_allclose(x.grad, out.data / x.data)
    state = layer.rng.bit_generator.state

    def again(x):
        layer.rng.bit_generator.state = state
        return layer(x)

    gradcheck(again, x.data, order=1)


def test_prelu_learns_its_slope():
    x = tensor([[-1.0, -2.0], [3.0, -4.0]], requires_grad=True)
    layer = nn.PReLU(2, dtype="float64")
    layer(x).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad, [-1.0, -6.0])
    np.testing.assert_array_equal(x.grad, [[0.25, 0.25], [1.0, 0.25]])
    assert nn.PReLU(init=0.1).weight.tolist() == pytest.approx([0.1])
    assert nn.PReLU()(np.float32(-2.0)).shape == ()


def test_the_ends_of_elu_are_joined():
    """Its slope left of 0 is the value plus alpha, as a deck has it."""
    x = np.linspace(-5, -0.1, 20)
    for alpha in (1.0, 0.3):
        np.testing.assert_allclose(slope_of(nn.ELU(alpha), x), nn.ELU(alpha)(x) + alpha)


def test_tanh_is_a_sigmoid():
    x = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(nn.Tanh()(x), 2 * nn.Sigmoid()(2 * x) - 1, atol=1e-15)


def test_softmax_as_the_decks_have_it(rng):
    """Sums to 1, keeps the order, does not feel a shift; its Jacobian is p_i (delta_ik - p_k), at most 1/4."""
    x = rng.normal(size=5) * 3
    p = nn.Softmax()(x)
    np.testing.assert_allclose(p.sum(), 1.0)
    assert (np.argsort(p) == np.argsort(x)).all()
    np.testing.assert_allclose(nn.Softmax()(x + 100.0), p)
    t = tensor(x, requires_grad=True)
    rows = [nn.Softmax()(t)[i].gradient(t)[0].data for i in range(5)]
    np.testing.assert_allclose(rows, np.diag(p) - np.outer(p, p), atol=1e-15)
    assert np.abs(rows).max() <= 0.25
    np.testing.assert_allclose(functional.softmax(np.stack([x, x]), dim=1), [p, p])
    np.testing.assert_allclose(functional.log_softmax(np.stack([x, x]), dim=1), np.log([p, p]))


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_name_makes_a_network(name):
    model = nn.MLP([3, 4, 2], name)
    assert type(model[1]) is ACTIVATIONS[name]
    assert model(np.ones((5, 3), "float32")).shape == (5, 2)
    assert type(activation(name.upper())) is ACTIVATIONS[name]


def test_an_activation_with_settings():
    assert repr(nn.MLP([2, 3, 1], lambda: nn.LeakyReLU(0.2))[1]) == "LeakyReLU(negative_slope=0.2)"

"""Activations: values, slopes and their bounds, and what the decks claim of them."""

import numpy as np
from lecture_items.base import ALL, HU, HWANG, NEWSON, PITAS, VISHWAJITH, item

import nn
import optim
from autograd import gradcheck, jacobian, tensor

FAR = np.linspace(-40.0, 40.0, 80_001)


def slope(module, points):
    x = tensor(np.asarray(points, float), requires_grad=True)
    module(x).sum().backward()
    return x.grad


def known(module, value, derivative, away=(0.0,)):
    """A module does what the formulas say, by values and gradients, away from its kinks; its value and slope at -1
    and 1, and the largest slope."""
    x = np.setdiff1d(np.linspace(-4.0, 4.0, 41), away)
    np.testing.assert_allclose(module(x).data if hasattr(module(x), "data") else module(x), value(x), 1e-12, 1e-14)
    np.testing.assert_allclose(slope(module, x), derivative(x), 1e-12, 1e-14)
    gradcheck(module, x[:: len(x) // 10], order=2)
    ends = np.array([-1.0, 1.0])
    return np.asarray(module(ends), float), slope(module, ends), slope(module, FAR).max()


def elementwise(id, claim, decks, module, value, derivative, numbers, *, away=(), where=None, **fields):
    """An activation of single numbers."""
    names = "at -1, 1", "slopes there", "largest slope"
    api = f"nn.{type(module).__name__}"
    where = (where or {11: f"{api}("}) | {"tests/nn/test_activations.py": "test_slope_is_the_formula"}
    item(id, claim, decks, numbers=dict(zip(names, numbers, strict=True)), api=api, where=where, **fields)(
        lambda: known(module, value, derivative, away)
    )


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


elementwise("identity", "f(x) = x", VISHWAJITH, nn.Identity(), lambda x: x, np.ones_like, ("-1, 1", "1, 1", "1"))
elementwise(
    "step", "0 for negative x, 1 from 0 on; the slope is 0, and undefined at 0", (HU, VISHWAJITH, NEWSON), nn.Step(),
    lambda x: (x >= 0) * 1.0, np.zeros_like, ("0, 1", "0, 0", "0"), away=(0.0,), where={
        4: "all or nothing",
        "docs/variants.md": "The threshold of step and perceptron",
    }, slip="A slide says that it lacks non-linearity. The actual problem is its slope of 0, which prevents learning.",
)  # fmt: skip
elementwise(
    "sigmoid", "1 / (1 + exp(-x)) = exp(x) / (1 + exp(x)); its slope s (1 - s) is at most 1/4", ALL,
    nn.Sigmoid(), lambda x: np.exp(x) / (1.0 + np.exp(x)), lambda x: logistic(x) * (1.0 - logistic(x)),
    (".268941, .731059", ".196612, .196612", "=0.25"),
    where={11: "which is at most 1/4. That of tanh", "docs/variants.md": "Bounds of slopes"},
    slip="One lecture bounds the slope by 1; another gives 1/4 but omits the transpose of W beside it.",
)  # fmt: skip
elementwise(
    "tanh", "tanh(x) = 2 / (1 + exp(-2x)) - 1; its slope 1 - f^2 is at most 1", (HU, VISHWAJITH, HWANG, NEWSON),
    nn.Tanh(), lambda x: 2.0 / (1.0 + np.exp(-2.0 * x)) - 1.0, lambda x: 1.0 - np.tanh(x) ** 2,
    ("-.761594, .761594", ".419974, .419974", "1"), where={11: "That of tanh is at most 1"},
)  # fmt: skip
elementwise(
    "arctan", "arctan(x), with slope 1 / (x^2 + 1)", VISHWAJITH, nn.Arctan(), np.arctan, lambda x: 1.0 / (x * x + 1.0),
    ("-.785398, .785398", "=0.5, 0.5", "1"),
)  # fmt: skip
elementwise(
    "softsign", "x / (|x| + 1), with slope 1 / (|x| + 1)^2", HU, nn.Softsign(), lambda x: x / (abs(x) + 1.0),
    lambda x: 1.0 / (abs(x) + 1.0) ** 2, ("=-0.5, 0.5", "=0.25, 0.25", "1"), away=(0.0,),
)  # fmt: skip
elementwise(
    "leaky ReLU", "x for positive x, a x for negative x", (HU, NEWSON), nn.LeakyReLU(0.01),
    lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1.0, 0.01),
    ("=-0.01, 1.00", "=0.01, 1.00", "1"), away=(0.0,),
    where={11: "nn.LeakyReLU(", "docs/variants.md": "The left side of leaky ReLU"},
    slip="The forward formula gives 0 for negative x; it should have the slope a, as its derivative does.",
)  # fmt: skip
elementwise(
    "ELU", "a (exp(x) - 1) for negative x, where the slope is f + a", VISHWAJITH, nn.ELU(1.0),
    lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0.0)) - 1.0), lambda x: np.where(x > 0, 1.0, np.exp(x)),
    ("-.632121, 1.000000", ".367879, 1.000000", "1"), away=(0.0,),
)  # fmt: skip
elementwise(
    "softplus", "log(1 + exp(x)); its slope is the sigmoid", (HU, VISHWAJITH), nn.Softplus(),
    lambda x: np.log(1.0 + np.exp(x)), logistic, (".313262, 1.313262", ".268941, .731059", "1"),
)  # fmt: skip


@item(
    "ReLU",
    "max(0, x); its slope at 0 is 1 in two lectures and 0 in another; chainrule lets you choose",
    ALL,
    numbers={"at -1, 0, 1": "0, 0, 1", "slopes": "0, 0, 1", "slope at 0 by at_zero = 0, 1/2, 1": "=0.0, 0.5, 1.0"},
    api="nn.ReLU",
    where={
        4: "ReLU units, which have a useful derivative",
        11: "ReLU is exactly 1 or 0",
        "tests/nn/test_activations.py": "test_slope_at_the_kink",
        "docs/variants.md": "The slope of ReLU at 0",
    },
)
def relu():
    x = np.array([-1.0, 0.0, 1.0])
    return nn.ReLU()(x), slope(nn.ReLU(), x), [slope(nn.ReLU(at_zero=s), [0.0])[0] for s in (0.0, 0.5, 1.0)]


@item(
    "PReLU",
    "Leaky ReLU with a learned slope a: df/da = x for negative x",
    (HU, VISHWAJITH),
    numbers={"at -2, 3 for a = 0.25": "=-0.5, 3.0", "df/da": "-2", "parameters": "1"},
    api="nn.PReLU",
    where={11: "nn.PReLU(", "tests/nn/test_activations.py": "test_prelu_learns_its_slope"},
)
def prelu():
    module = nn.PReLU(dtype="float64")
    y = module(np.array([-2.0, 3.0]))
    y.sum().backward()
    return y, module.weight.grad, sum(p.size for p in module.parameters())


@item(
    "RReLU",
    "Leaky ReLU with a slope drawn from 1/8 .. 1/3 in training; evaluation uses the mean slope",
    HU,
    numbers={"range of the slopes": ".125, .333", "in evaluation": ".22917"},
    api="nn.RReLU",
    where={11: "nn.RReLU()", "tests/nn/test_activations.py": "test_rrelu_in_training_and_evaluation"},
)
def rrelu():
    module, x = nn.RReLU(), -np.ones(20_000)
    nn.manual_seed(0)
    drawn = -np.asarray(module(x))
    assert abs(drawn.mean() - 11 / 48) < 2e-3
    return (drawn.min(), drawn.max()), -np.asarray(module.eval()(x))[0]


@item(
    "softmax",
    "exp(x_i) / sum_j exp(x_j): positive values that add up to 1, keep the order of the scores, and ignore a common "
    "shift",
    (PITAS, HU, HWANG, NEWSON),
    numbers={"of 1, 2, 3": ".090031, .244728, .665241", "sum": "=1.0", "of 1000, 0": "1, 0"},
    api=("nn.Softmax", "nn.LogSoftmax"),
    where={
        6: "Softmax turns them into probabilities",
        "tests/nn/test_activations.py": "test_softmax_as_the_decks_have_it",
    },
    slip="One slide uses the index i both for the entry and for the sum.",
)
def softmax():
    x, f = np.array([1.0, 2.0, 3.0]), nn.Softmax()
    y = np.asarray(f(x))
    np.testing.assert_allclose(f(x + 1000.0), y, rtol=1e-12)
    assert (np.argsort(y) == np.argsort(x)).all()
    np.testing.assert_allclose(jacobian(f)(x), np.diag(y) - np.outer(y, y), rtol=1e-12)
    return y, y.sum(), f(np.array([1000.0, 0.0]))


@item(
    "logistic with threshold",
    "A logistic unit answers 1 if h >= 1/2, that is, if its weighted sum is at least 0",
    HU,
    numbers={"answers at -0.1, 0, 0.1": "0, 1, 1"},
    api=("nn.Sigmoid", "nn.Step"),
    where={6: "It equals one half where"},
)
def logistic_with_threshold():
    z = np.array([-0.1, 0.0, 0.1])
    by_sum, by_share = nn.Step()(z), nn.Step()(nn.Sigmoid()(z) - 0.5)
    np.testing.assert_array_equal(by_sum, by_share)
    return by_sum


# --- claims -------------------------------------------------------------------------------------------------------


@item(
    "dead ReLU",
    "A single step with too large a rate can make a ReLU unit negative for all inputs, so that it stops learning; a "
    "leaky unit recovers",
    NEWSON,
    numbers={
        "negative sums of 20 after a step of rate 2": "20",
        "gradient of the dead unit": "0",
        "errors after 300 more steps: ReLU, leaky": ".3421, .0000",
    },
    api=("nn.ReLU", "nn.LeakyReLU"),
    where={11: "the unit is dead"},
)
def dead_relu():
    x, errors, slopes, negative = np.linspace(0.0, 1.0, 20)[:, None], [], [], []
    for activation in (nn.ReLU(), nn.LeakyReLU(0.1)):
        model = nn.Sequential(nn.Linear(1, 1, dtype="float64"), activation)
        for p in model.parameters():
            nn.init.constant_(p, 1.0)
        optimizer = optim.SGD(model.parameters(), lr=2.0)
        for _ in range(301):
            optimizer.zero_grad()
            loss = nn.MSELoss()(model(x), x)
            loss.backward()
            slopes.append(model[0].weight.grad)
            optimizer.step()
            negative.append((model[0](x).data < 0.0).sum())
            optimizer.param_groups[0]["lr"] = 0.2
        errors.append(loss.item())
    return negative[0], slopes[1], errors


@item(
    "saturation",
    "Far from 0, the slopes of sigmoid and tanh are nearly 0, so a saturated unit hardly learns",
    (PITAS, HU, NEWSON),
    numbers={"slopes of the sigmoid at 0, 5, 10": ".250000, .006648, .000045", "of tanh": "1.000000, .000182, .000000"},
    api=("nn.Sigmoid", "nn.Tanh"),
    where={1: "is called saturated", 11: "because they push it to where it is flat"},
)
def saturation():
    return slope(nn.Sigmoid(), [0.0, 5.0, 10.0]), slope(nn.Tanh(), [0.0, 5.0, 10.0])


@item(
    "no upper bound",
    "Units without an upper bound help in deep networks: with weighted sums of 10, ten ReLU layers pass on the whole "
    "gradient, and ten sigmoid layers nothing",
    (PITAS, HU),
    numbers={"product of ten slopes, ReLU": "1", "sigmoid": "3.7e-44"},
    api=("nn.ReLU", "nn.Sigmoid"),
    where={11: "three quarters of the gradient are lost at every layer"},
)
def no_upper_bound():
    return tuple(slope(f, [10.0])[0] ** 10 for f in (nn.ReLU(), nn.Sigmoid()))


@item(
    "ReLU as output",
    "Can ReLU be used in the output layer? Not with cross-entropy, because its output is not a probability. With "
    "squared error and non-negative targets it can, unless the unit starts dead",
    (HU, NEWSON),
    numbers={"gradient of 1/2 (ReLU(z) - 2)^2 at z = 1, -1": "-1, 0"},
    api=("nn.ReLU", "nn.recommend", "nn.BCELoss"),
    where={6: "Can a ReLU be the output?"},
)
def relu_as_output():
    z = tensor(np.array([1.0, -1.0]), requires_grad=True)
    nn.MSELoss(reduction="sum", half=True)(nn.ReLU()(z), np.array([2.0, 2.0])).backward()
    try:
        nn.BCELoss()(np.maximum(np.array([3.0]), 0.0), np.array([1.0]))
    except nn.PredictionError:
        return z.grad
    raise AssertionError("3 was taken for a probability")

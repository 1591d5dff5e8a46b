"""``x += 1`` and its kind: what changes the Tensor itself, what binds the name anew, and what is refused."""

import operator

import numpy as np
import pytest

import nn
from autograd import LeafUpdateError, OperandError, OperandTypeError, Tensor, grad, gradcheck, no_grad, tensor
from optim import minimize

DATA = np.array([[1.5, -2.0], [0.5, 3.0]])
OPERATORS = {
    "+=": (operator.iadd, 2.0),
    "-=": (operator.isub, [[1.0, 2.0], [3.0, 4.0]]),
    "*=": (operator.imul, np.array([2.0, -1.0])),
    "/=": (operator.itruediv, tensor(4.0, requires_grad=True)),
    "//=": (operator.ifloordiv, np.float64(0.75)),
    "%=": (operator.imod, tensor([1.0, 2.0])),
    "**=": (operator.ipow, 2),
    "@=": (operator.imatmul, np.array([[1.0, 2.0], [0.0, 1.0]])),
}
EACH_OPERATOR = pytest.mark.parametrize(("change", "other"), OPERATORS.values(), ids=OPERATORS)


def plain(x):
    return x.data if isinstance(x, Tensor) else x


def leaf():
    return tensor(DATA, requires_grad=True, name="w")


def named(kind, **options):
    class Named(kind):
        pass

    return Named(DATA, **options)


# What is changed in place inside no_grad(): a leaf that requires a gradient, and whatever a module may hold.
CHANGED = {
    "leaf": leaf,
    "parameter": lambda: nn.Parameter(DATA),
    "frozen": lambda: nn.Parameter(DATA, requires_grad=False),
    "buffer": lambda: nn.Buffer(DATA),
    "subclass": lambda: named(nn.Parameter),
    "subclass of Tensor": lambda: named(Tensor, requires_grad=True),
}
# What is bound anew, everywhere: x += 1 is x = x + 1.
REBOUND = {
    "constant": lambda: tensor(DATA),
    "integers": lambda: tensor([[1, 2], [3, 4]]),
    "result": lambda: leaf() * 1.0,
    "released result": lambda: released(),
    "detached": lambda: leaf().detach(),
}


def released():
    y = leaf() * 1.0
    y.sum().backward()
    return y


@EACH_OPERATOR
@pytest.mark.parametrize("make", CHANGED.values(), ids=CHANGED)
def test_inside_no_grad_the_tensor_itself_is_changed(make, change, other):
    x = make()
    array, data = np.array(x.data), x.data
    with no_grad():
        assert change(x, other) is x
    np.testing.assert_array_equal(x.data, change(array, plain(other)))
    assert x.data is data, "in the same memory"


@EACH_OPERATOR
@pytest.mark.parametrize("make", REBOUND.values(), ids=REBOUND)
@pytest.mark.parametrize("inside", [False, True], ids=["recorded", "no_grad"])
def test_results_and_constants_are_bound_anew(make, change, other, inside):
    x = make()
    before = np.array(x.data)
    expected = getattr(operator, change.__name__[1:], operator.pow)(before, plain(other))
    if inside:
        with no_grad():
            y = change(x, other)
    else:
        y = change(x, other)
    assert y is not x
    np.testing.assert_array_equal(y.data, expected)
    np.testing.assert_array_equal(x.data, before)


@EACH_OPERATOR
@pytest.mark.parametrize("make", [leaf, CHANGED["parameter"], CHANGED["subclass"]])
def test_outside_a_leaf_refuses_and_names_both_ways(make, change, other):
    x = make()
    x.name = "w"
    before = x.data.copy()
    symbol = next(symbol for symbol, (function, _) in OPERATORS.items() if function is change)
    with pytest.raises(LeafUpdateError) as caught:
        change(x, other)
    for way in ("w (shape (2, 2), float64) is a leaf", f"with no_grad(): w {symbol}", f"w = w {symbol[:-1]} "):
        assert way in str(caught.value)
    np.testing.assert_array_equal(x.data, before)


@pytest.mark.parametrize("make", [CHANGED["frozen"], CHANGED["buffer"]])
def test_what_a_module_holds_stays_out_of_the_graph(make):
    x, live = make(), tensor(2.0, requires_grad=True)
    x += 1.0  # no gradient is lost
    np.testing.assert_array_equal(x.data, DATA + 1.0)
    with pytest.raises(LeafUpdateError, match="that a module holds"):
        x += live


REFUSED = {
    "shape": (np.ones(3), OperandError, "could not be broadcast"),
    "larger": (np.ones((2, 2, 2)), OperandError, "broadcast"),
    "complex": (1j, OperandTypeError, "complex128"),
    "text": ("1", OperandError, "not numeric"),
    "None": (None, OperandError, "not numeric"),
    "masked": (np.ma.array(DATA, mask=DATA > 0), OperandError, "mask would be lost"),
}


@pytest.mark.parametrize(("other", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_changes_nothing(other, error, words):
    w = leaf()
    y = (w * w).sum()
    with no_grad(), pytest.raises(error, match=words):
        w += other
    np.testing.assert_array_equal(w.data, DATA)
    y.backward()  # the graph is as good as before
    np.testing.assert_array_equal(w.grad, 2 * DATA)


def test_dtypes_are_those_of_arrays_in_place():
    w = tensor(DATA.astype("float32"), requires_grad=True)
    n = nn.Buffer(np.array(3))
    with no_grad():
        w += np.full((2, 2), 1e-3)  # float64, cast as NumPy casts
        with pytest.raises(OperandTypeError, match="Cannot cast"):
            n /= 2
    assert w.dtype == np.float32
    n += 1
    assert n.dtype == np.array(3).dtype
    assert n.item() == 4


def test_a_floating_point_error_leaves_no_graph_of_the_old_values():
    w = leaf()
    y = (w * w).sum()
    with np.errstate(all="raise"), no_grad(), pytest.raises(FloatingPointError):
        w /= 0.0
    with pytest.raises(RuntimeError, match="was changed after"):
        y.backward()


def test_every_target_of_an_assignment():
    """Names, attributes and items: the training of D6."""
    x, t = np.linspace(-1, 1, 9, dtype="float32")[:, None], np.linspace(0, 1, 9, dtype="float32")[:, None] ** 2
    losses = {}
    for way in ("names", "attributes", "items"):
        model = nn.MLP([1, 4, 1], "tanh", rng=0)
        held = dict(model.named_parameters())
        losses[way] = []
        for _ in range(3):
            model.zero_grad()
            loss = nn.MSELoss()(model(x), t)
            loss.backward()
            losses[way].append(loss.item())
            with no_grad():
                if way == "names":
                    for p in model.parameters():
                        p -= 0.1 * p.grad
                elif way == "items":
                    for name in held:
                        held[name] -= 0.1 * held[name].grad
                else:
                    for layer in model.modules():
                        if isinstance(layer, nn.Linear):
                            layer.weight -= 0.1 * layer.weight.grad
                            layer.bias -= 0.1 * layer.bias.grad
        assert all(isinstance(p, nn.Parameter) for p in held.values())
        assert len(list(model.parameters())) == 4
    assert losses["names"] == losses["attributes"] == losses["items"]
    assert losses["names"] == sorted(losses["names"], reverse=True)
    assert losses["names"][-1] < losses["names"][0]


def step(x):
    x += 1.0
    x *= x
    return x


def test_an_argument_of_a_function_is_bound_anew():
    """What is given to a function in place of its argument is no leaf of the user's."""
    assert grad(step)(2.0) == 6.0
    assert grad(grad(step))(2.0) == 2.0
    assert grad(lambda x: grad(step)(x) * x)(2.0) == 10.0
    with no_grad():
        assert grad(step)(2.0) == 6.0
    assert minimize(step, 3.0).x == pytest.approx(-1.0)
    assert gradcheck(step, 2.0)


def test_inside_a_transform_a_captured_leaf_is_a_leaf():
    w = tensor(3.0, requires_grad=True)

    def f(x):
        nonlocal w
        w += x
        return x

    with pytest.raises(LeafUpdateError):
        grad(f)(2.0)

    def counted(x):
        nonlocal w
        with no_grad():
            w += 1.0
        return w * x

    assert grad(counted)(2.0) == 4.0
    assert w.item() == 4.0

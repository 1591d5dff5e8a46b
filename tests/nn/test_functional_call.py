"""functional_call: a module called with other parameters, in their graph; and the doors that refuse to cut a graph."""

import threading

import numpy as np
import pytest

import nn
import optim
from autograd import (
    ArrayConversionError,
    LiveGraphError,
    Tensor,
    custom_op,
    grad,
    gradcheck,
    hessian,
    jacobian,
    no_grad,
    tensor,
)
from nn import StateDictError, functional_call

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 1))


def mlp(seed=0):
    return nn.MLP([3, 4, 1], "tanh", dtype="float64", rng=seed)


class Tied(nn.Module):
    """Parameters in every kind of place: tied, in containers, in an inner module, in a closure."""

    def __init__(self):
        self.first = nn.Parameter(RNG.normal(size=(3, 3)))
        self.parts = {"tied": self.first, "list": [nn.Parameter(RNG.normal(size=3))], "tuple": (nn.Linear(3, 1),)}
        self.parts["tuple"][0].astype("float64")
        self.shift = lambda x: x + self.parts["list"][0]

    def forward(self, x):
        return self.parts["tuple"][0](np.tanh(self.shift(np.tanh(x @ self.first)) @ self.parts["tied"]))


class Counting(nn.Module):
    """Buffers that are assigned to and written to."""

    def __init__(self):
        self.scale = nn.Parameter(np.ones(3))
        self.seen = nn.Buffer(np.zeros(3))
        self.calls = nn.Buffer(np.array(0))

    def forward(self, x):
        self.seen.data = self.seen.data + x.sum(axis=0)
        self.calls += 1
        return self.scale * x


MODELS = {
    "mlp": (mlp, X),
    "tied": (Tied, X),
    "convolution": (lambda: nn.Sequential(nn.Conv1d(1, 2, 2), nn.Flatten()).astype("float64"), X[:, None]),
    "layer norm": (lambda: nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4)).astype("float64"), X),
    "recurrent": (lambda: Last(nn.LSTM(3, 2).astype("float64")), X[None]),
    "attention": (lambda: Last(nn.MultiheadAttention(4, 2).astype("float64"), 3), RNG.normal(size=(1, 3, 4))),
    "batch norm": (lambda: nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).astype("float64"), X),
}
EACH_MODEL = pytest.mark.parametrize(("make", "x"), MODELS.values(), ids=MODELS)


class Last(nn.Module):
    """The output of a module that returns it beside something else."""

    def __init__(self, inner, copies=1):
        self.inner, self.copies = inner, copies

    def forward(self, x):
        return self.inner(*[x] * self.copies)[0]


def size(out):
    return np.sum(out**3 + out)


def parameters_of(model):
    return {name: np.array(p.data) for name, p in model.named_parameters()}


def everything(model):
    """All of a model, to the last bit, and which objects it is made of."""
    held = [*model.named_parameters(), *model.named_buffers()]
    return [(name, id(t), t.data.tobytes(), t.requires_grad, id(t._data), t._node, t.name) for name, t in held]


@EACH_MODEL
def test_gradients_are_those_of_the_parameters(make, x):
    model = make()
    size(model(x)).backward()
    found = grad(lambda state: size(functional_call(model, state, x)))(parameters_of(model))
    assert found.keys() == parameters_of(model).keys()
    for name, p in model.named_parameters():
        np.testing.assert_allclose(found[name], p.grad, rtol=1e-12, atol=1e-14)


@EACH_MODEL
def test_values_are_those_of_a_model_with_these_parameters(make, x):
    model = make()
    with no_grad():
        model(x)  # a first call names the parameters
    other = make()  # not a deep copy, whose closures would be the model's
    other.load_state_dict(model.state_dict())
    for p in other.parameters():
        p.data = p.data + 0.1
    before = everything(model)
    found = functional_call(model, parameters_of(other), x)
    statistics = {name for name, _ in model.named_buffers()}
    after = everything(model)
    assert [row for row in after if row[0] not in statistics] == [row for row in before if row[0] not in statistics]
    np.testing.assert_array_equal(found.data, other(x).data)
    with no_grad():
        assert not functional_call(model, parameters_of(other), x).requires_grad


def test_higher_orders():
    model = mlp()
    f = lambda state: size(functional_call(model, state, X))  # noqa: E731
    assert gradcheck(f, parameters_of(model), order=2)
    blocks = hessian(f)(parameters_of(model))
    assert blocks["0.weight"]["2.bias"].shape == (4, 3, 1)
    np.testing.assert_allclose(blocks["0.weight"]["0.bias"], np.moveaxis(blocks["0.bias"]["0.weight"], 0, -1))
    rows = jacobian(lambda state: functional_call(model, state, X))(parameters_of(model))
    np.testing.assert_array_equal(rows["2.bias"], np.ones((6, 1, 1)))


def test_tensors_stay_in_their_graph():
    """A step, and the gradient through it; averages; a stack of models."""
    model, states = mlp(), [parameters_of(mlp(seed)) for seed in range(3)]
    rate = tensor(0.1, requires_grad=True)
    names = list(states[0])
    start = [tensor(states[0][name], requires_grad=True) for name in names]

    def loss(values):
        return size(functional_call(model, dict(zip(names, values, strict=True)), X))

    slopes = loss(start).gradient(*start, create_graph=True)
    after = [p - rate * g for p, g in zip(start, slopes, strict=True)]
    loss(after).backward()
    inner = grad(lambda v: loss(v))([p.data for p in after])
    np.testing.assert_allclose(rate.grad, -sum(np.sum(a * b.data) for a, b in zip(inner, slopes, strict=True)))
    assert all(p.grad is not None for p in start)

    share = tensor([0.2, 0.3, 0.5], requires_grad=True)
    mean = {name: sum(share[i] * states[i][name] for i in range(3)) for name in names}
    size(functional_call(model, mean, X)).backward()
    slope = grad(lambda s: size(functional_call(model, s, X)))({name: t.data for name, t in mean.items()})
    np.testing.assert_allclose(share.grad, [sum(np.sum(slope[n] * s[n]) for n in names) for s in states])

    stacked = {name: np.stack([s[name] for s in states]) for name in names}
    each = grad(lambda st: sum(size(functional_call(model, {n: st[n][i] for n in st}, X)) for i in range(3)))(stacked)
    for i, state in enumerate(states):
        alone = grad(lambda s: size(functional_call(model, s, X)))(state)
        for name in names:
            np.testing.assert_array_equal(each[name][i], alone[name])


def test_some_parameters_may_be_given():
    model = mlp()
    bias = tensor([5.0], requires_grad=True)
    out = functional_call(model, {"2.bias": bias}, X)
    np.testing.assert_allclose(out.data, model(X).data - model[2].bias.data + 5.0)
    np.sum(out).backward()
    assert bias.grad == [6.0]
    assert model[0].weight.grad is not None, "the others are the module's own"
    assert model[2].bias.grad is None
    np.testing.assert_array_equal(functional_call(model, {}, x=X).data, model(X).data)


def test_a_tied_parameter_is_given_once_under_any_name():
    model = Tied()
    value = RNG.normal(size=(3, 3))
    first, second = (functional_call(model, {name: value}, X) for name in ("first", "parts.tied"))
    np.testing.assert_array_equal(first.data, second.data)
    assert not np.array_equal(first.data, model(X).data)
    with pytest.raises(StateDictError, match=r"given twice: first and parts\.tied are the same Tensor"):
        functional_call(model, {"first": value, "parts.tied": value}, X)


def test_what_was_exchanged_comes_back():
    """Own parameters, in another order; the state of a call within a call."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).astype("float64")
    swapped = {"0.weight": model[1].weight, "1.weight": model[0].weight}
    before = everything(model)
    expected = (X @ model[1].weight.data.T + model[0].bias.data) @ model[0].weight.data.T + model[1].bias.data
    np.testing.assert_allclose(functional_call(model, swapped, X).data, expected)
    assert [row[:5] for row in everything(model)] == [row[:5] for row in before]

    class Outer(nn.Module):
        def __init__(self, inner):
            self.inner = inner

        def forward(self, x):
            return functional_call(self.inner, {"bias": self.inner.bias * 2.0}, x) + self.inner(x)

    outer = Outer(nn.Linear(3, 1).astype("float64"))
    bias = tensor([1.5], requires_grad=True)
    y = functional_call(outer, {"inner.bias": bias}, X)
    np.testing.assert_allclose(y.data, 2 * (X @ outer.inner.weight.data.T) + 3 * 1.5)
    np.sum(y).backward()
    assert bias.grad == [18.0]


def test_after_an_error_the_module_is_as_it_was():
    model = mlp()
    model(X)
    before = everything(model)
    for fails in (
        lambda: functional_call(model, parameters_of(mlp(1)), X[:, :2]),
        lambda: functional_call(model, {**parameters_of(mlp(1)), "nothing": X}, X),
        lambda: grad(lambda s: functional_call(model, s, X))(parameters_of(model)),
    ):
        with pytest.raises((ValueError, TypeError)):
            fails()
        assert everything(model) == before

    class Interrupted(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

        def forward(self, x):
            raise KeyboardInterrupt

    broken = Interrupted()
    before = everything(broken)
    with pytest.raises(KeyboardInterrupt):
        functional_call(broken, {"weight": [2.0]}, X)
    assert [row[:6] for row in everything(broken)] == [row[:6] for row in before]


def test_buffers_that_are_given_are_only_read():
    model = Counting()
    given = {"seen": np.ones(3), "calls": tensor(7)}
    functional_call(model, given, X)
    assert model.seen.tolist() == [0.0] * 3
    assert (model.calls.item(), given["calls"].item(), given["seen"].tolist()) == (0, 7, [1.0] * 3)
    functional_call(model, {"scale": np.zeros(3)}, X)
    np.testing.assert_array_equal(model.seen.data, X.sum(axis=0))  # its own, as in any call
    assert model.calls.item() == 1


def test_statistics_of_batch_norm():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).astype("float64")
    state = {name: a for name, a in model.state_dict().items() if a.dtype.kind == "f"}
    before = everything(model)
    f = lambda s: size(functional_call(model, {**s, "1.num_batches_tracked": 0}, X))  # noqa: E731
    in_training = grad(f)(state)
    assert [row[:4] for row in everything(model)] == [row[:4] for row in before], "no statistics were changed"
    assert not in_training["1.running_mean"].any()
    model.eval()
    assert gradcheck(f, state), "in evaluation they are numbers as others"
    functional_call(model.train(), parameters_of(model), X)
    assert model[1].num_batches_tracked.item() == 1
    mean = tensor(np.zeros(2), requires_grad=True)
    for _ in range(2):  # a Tensor that the call has assigned to can be given again
        functional_call(model, {"1.running_mean": mean}, X)
    model.eval()
    np.sum(functional_call(model, {"1.running_mean": mean}, X)).backward()
    assert mean.grad.all()


def test_a_parameter_that_is_returned_is_what_it_stood_for():
    class Table(nn.Module):
        def __init__(self):
            self.rows, self.mean = nn.Parameter(np.ones(2)), nn.Buffer(np.zeros(2))

        def forward(self):
            return {"rows": self.rows, "rest": [self.rows * 2.0, self.mean]}

    model, w = Table(), tensor([3.0, 4.0], requires_grad=True)
    out = functional_call(model, {"rows": w, "mean": [5.0, 6.0]})
    assert out["rows"] is w
    assert out["rest"][1].tolist() == [5.0, 6.0]
    found = grad(lambda s: np.sum(functional_call(model, s)["rows"] ** 2))({"rows": np.array([3.0, 4.0])})
    assert found["rows"].tolist() == [6.0, 8.0]
    assert model()["rows"].tolist() == [1.0, 1.0]


def test_results_that_would_be_computed_later_are_refused():
    class Lazy(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

        def forward(self):
            yield self.weight * 2

    with pytest.raises(TypeError, match="Lazy returned a generator"):
        functional_call(Lazy(), {"weight": [2.0]})


def test_dtypes_are_those_of_what_is_given():
    model = nn.Linear(3, 1, rng=0)
    out = functional_call(model, {name: a.astype("float64") for name, a in model.state_dict().items()}, X)
    assert out.dtype == np.float64
    np.testing.assert_allclose(out.data, model(X.astype("float32")).data, rtol=1e-5)
    assert functional_call(model, {"weight": [[1, 2, 3]], "bias": [True]}, X.astype("float32")).dtype == np.float32


REFUSED = {
    "unknown": ({"weigth": np.ones((1, 3))}, StateDictError, r"do not fit Linear:\n  unexpected: weigth"),
    "shape": ({"weight": np.ones(3)}, StateDictError, r"wrong shape: weight is \(3,\) in the state, \(1, 3\)"),
    "complex": ({"bias": [1j]}, StateDictError, "wrong dtype: bias is complex128"),
    "masked": ({"bias": np.ma.array([1.0], mask=True)}, ValueError, "bias is a MaskedArray, whose mask"),
    "no names": ([np.ones((1, 3))], TypeError, "a dict from names to values"),
    "none": ({"bias": None}, StateDictError, "wrong"),
}


@pytest.mark.parametrize(("state", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(state, error, words):
    with pytest.raises(error, match=words):
        functional_call(nn.Linear(3, 1), state, X)
    with pytest.raises(TypeError, match="takes a module first, not a function"):
        functional_call(lambda x: x, {}, X)


def test_calls_in_threads_wait_for_each_other():
    model = mlp()
    states = [parameters_of(mlp(seed)) for seed in range(4)]
    expected = [grad(lambda s: size(functional_call(model, s, X)))(s)["0.weight"] for s in states]
    before, failures = everything(model), []

    def work(i):
        for _ in range(20):
            found = grad(lambda s: size(functional_call(model, s, X)))(states[i])["0.weight"]
            if not np.array_equal(found, expected[i]):
                failures.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert everything(model) == before


def test_names_and_pictures_are_those_of_the_model():
    """The first call of a model names its parameters, and not what stands for them."""
    model, w = mlp(), tensor(np.ones((4, 3)), requires_grad=True)
    functional_call(model, {"0.weight": w}, X)
    assert w.name is None
    assert [p.name for p in model.parameters()] == [name for name, _ in model.named_parameters()]


# --- doors that would cut a graph ---------------------------------------------------------------------------------


def assigned(live):
    nn.Parameter(np.ones(2)).data = live


def gradient(live):
    nn.Parameter(np.ones(2)).grad = live


def hyper(live):
    w = nn.Parameter(np.ones(2))
    state = optim.SGD([w], lr=0.1).state_dict()
    state["param_groups"][0]["lr"] = live[0]
    optim.SGD([w], lr=0.1).load_state_dict(state)


def moments(live):
    w = nn.Parameter(np.ones(2))
    state = optim.SGD([w], lr=0.1, momentum=0.9).state_dict()
    state["state"][0]["momentum_buffer"] = live
    optim.SGD([w], lr=0.1, momentum=0.9).load_state_dict(state)


CUTS = {
    "load_state_dict": (lambda t: nn.LayerNorm(2).load_state_dict({"weight": t, "bias": t}), StateDictError),
    "load_state_dict, not strict": (lambda t: nn.LayerNorm(2).load_state_dict({"bias": t}, False), StateDictError),
    "Parameter": (nn.Parameter, LiveGraphError),
    "Buffer": (nn.Buffer, LiveGraphError),
    "tensor": (tensor, ArrayConversionError),
    "Tensor": (Tensor, ArrayConversionError),
    "data =": (assigned, ArrayConversionError),
    "grad =": (gradient, ArrayConversionError),
    "constant_": (lambda t: nn.init.constant_(nn.Parameter(np.ones(2)), t), ArrayConversionError),
    "normal_": (lambda t: nn.init.normal_(nn.Parameter(np.ones(2)), t[0]), (LiveGraphError, TypeError)),
    "McCullochPitts": (lambda t: nn.McCullochPitts(t, 1.0), ArrayConversionError),
    "hyper-parameter": (hyper, LiveGraphError),
    "moments": (moments, ArrayConversionError),
}


@pytest.mark.parametrize(("door", "error"), CUTS.values(), ids=CUTS)
def test_no_door_cuts_a_graph_silently(door, error):
    leaf = tensor([1.0, 2.0], requires_grad=True)
    for live in (leaf * 2.0,) if door in (nn.Parameter, nn.Buffer) else (leaf, leaf * 2.0):
        with pytest.raises(error) as caught:
            door(live)
        if error in (StateDictError, LiveGraphError) and door is not hyper:
            assert "nn.functional_call(module, " in str(caught.value)
    with pytest.raises(error):
        grad(lambda x: door(x) or np.sum(x))(np.array([1.0, 2.0]))
    door(leaf.detach())


def test_inside_no_grad_values_are_taken_over():
    source, target = nn.Linear(2, 1), nn.Linear(2, 1)
    with pytest.raises(StateDictError, match=r"weight, bias would be cut off.*inside no_grad\(\)"):
        target.load_state_dict(dict(source.named_parameters()))
    with no_grad():
        target.load_state_dict(dict(source.named_parameters()))
        assert nn.Parameter(source.weight).requires_grad
    np.testing.assert_array_equal(target.weight.data, source.weight.data)


def test_a_custom_op_in_a_module():
    cube = custom_op(lambda x: x**3, lambda g, x: 3.0 * g * x**2)

    class Cubed(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.array([2.0]))

        def forward(self, x):
            return cube(self.weight) * x

    assert grad(lambda s: functional_call(Cubed(), s, 2.0)[0])({"weight": np.array([3.0])})["weight"] == [54.0]

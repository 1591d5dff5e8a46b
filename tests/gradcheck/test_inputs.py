"""What may be handed over, what is refused with which words, and that everything is put back."""

from collections import namedtuple

import numpy as np
import pytest

import nn
from autograd import InvalidDtypeError, RequiresGradError, Tensor, tensor
from autograd.gradcheck import gradcheck

Point = namedtuple("Point", "x y")


def names(report):
    return [row.input for row in report.rows]


# --- inputs ---------------------------------------------------------------------------------------------------


def test_arrays_numbers_and_tensors():
    report = gradcheck(
        lambda a, b, c: np.sum(a * c) * b, np.ones(3, "float32"), 2.0, tensor([1.0, 2.0, 3.0], name="weights")
    )
    assert names(report) == ["a", "b", "weights"]
    assert [row.shape for row in report.rows] == [(3,), (), (3,)]


def test_containers():
    def f(p, point, *rest):
        return p["w"][0] * p["w"][1] + point.x * point.y + rest[0] ** 2 * rest[1][0]

    report = gradcheck(f, {"w": [1.0, np.ones(2)]}, Point(1.0, 2.0), 3.0, (4.0,))
    assert names(report) == ["p['w'][0]", "p['w'][1]", "point.x", "point.y", "rest[0]", "rest[1][0]"]


def test_a_numpy_function():
    assert names(gradcheck(np.multiply, 2.0, 3.0)) in (["input[0]", "input[1]"], ["x1", "x2"])


def test_computed_and_constant_tensors_are_inputs_too():
    x = tensor([1.0, 2.0], requires_grad=True)
    assert gradcheck(lambda a, b: a * b, x * 2.0, tensor([3.0, 4.0])).ok
    assert x.grad is None


def test_the_inputs_stay_as_they_are():
    x = np.arange(3.0, dtype="float32")
    t = tensor(x, requires_grad=True)
    seen = []

    def f(a, b):
        seen.append((type(a), a.dtype, b.dtype))
        return a * b

    assert gradcheck(f, x, t)
    assert set(seen) == {(Tensor, np.dtype("float64"), np.dtype("float64"))}
    assert x.tolist() == t.tolist() == [0.0, 1.0, 2.0]
    assert (t.dtype, t.grad) == (np.dtype("float32"), None)


def test_inputs_without_entries():
    report = gradcheck(lambda x: x * 2.0, np.ones((0, 3)), order=2)
    assert report.verdict == "right"
    report = gradcheck(lambda x, y: np.sum(x) * y, np.ones((0, 3)), 2.0)
    assert report.ok


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "x is int64: write its numbers as floats"),
        (np.array([1, 2]), "x is int64"),
        (True, "x is bool"),
        (1j, "x is complex128"),
        ({"a": [1.0, 2]}, r"x\['a'\]\[1\] is int64"),
        ("text", "x is str 'text'"),
        (None, "x is NoneType None"),
    ],
)
def test_an_input_without_a_gradient(value, words):
    with pytest.raises(InvalidDtypeError, match=words) as caught:
        gradcheck(lambda x: x, value)
    assert "gradcheck(lambda x: f(x, labels), x)" in str(caught.value)


def test_nothing_to_vary():
    with pytest.raises(TypeError, match="needs inputs to vary"):
        gradcheck(lambda: 1.0)
    with pytest.raises(ValueError, match="empty containers"):
        gradcheck(lambda x: 1.0, [])
    with pytest.raises(TypeError, match="needs a function as its first argument"):
        gradcheck(1.0, 2.0)
    with pytest.raises(ValueError, match="order must be 1"):
        gradcheck(lambda x: x, 2.0, order=0)
    with pytest.raises(ValueError, match="rtol must be a number"):
        gradcheck(lambda x: x, 2.0, rtol=-1)


# --- outputs --------------------------------------------------------------------------------------------------


def test_several_outputs():
    def f(x):
        return {"loss": np.sum(x * x), "parts": (x * 3.0, x[0])}, int(np.argmax(x)), x.data > 0

    report = gradcheck(f, np.array([1.0, 2.0]))
    assert [row.output for row in report.rows] == ["f[0]['loss']", "f[0]['parts'][0]", "f[0]['parts'][1]"]
    assert "not real floating-point numbers: f[1], f[2]" in str(report)


def test_the_input_itself():
    assert gradcheck(lambda x: x, np.ones(3)).verdict == "right"
    assert gradcheck(lambda x: (x, x * x, x), np.ones(3), order=2).ok


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "f is a NoneType"),
        ("text", "f is a str"),
        (3, "f is int, which has no derivative"),
        (np.arange(3), "f is int64, which has no derivative"),
        (1j, "f is a complex"),
        ([], "has no derivative"),
    ],
)
def test_an_output_without_a_derivative(result, words):
    with pytest.raises(InvalidDtypeError, match=words):
        gradcheck(lambda x: result, 1.0)


def test_what_the_function_raises_comes_through():
    with pytest.raises(ZeroDivisionError):
        gradcheck(lambda x: 1 / 0, 1.0)


# --- closures -------------------------------------------------------------------------------------------------


class Model(nn.Module):
    """Float32, with a buffer that each call changes, a frozen parameter, and a shared one."""

    def __init__(self):
        self.linear = nn.Linear(3, 2)
        self.mean = nn.Buffer(np.zeros(2, "float32"))
        self.calls = nn.Buffer(np.array(0))
        self.frozen = nn.Parameter(np.full(2, 3.0, "float32"), requires_grad=False)
        self.tied = self.linear.bias

    def forward(self, x):
        z = self.linear(x)
        self.calls.data += 1
        self.mean.data = 0.9 * self.mean.data + 0.1 * z.data.mean(axis=0)
        return z * self.frozen * (1.0 + 0.1 * float(self.calls.data)) + self.tied - self.mean.detach() * 0.0


def state(model):
    tensors = [*model.parameters(), *model.buffers()]
    return [(t, t.data, t.data.tobytes(), t.data.dtype, t._node, t.grad) for t in tensors]


@pytest.mark.parametrize("fails", [False, True])
def test_a_module_is_put_back_bit_for_bit(fails):
    model, x = Model(), np.ones((4, 3), "float32")
    model.linear.weight.data[0, 0] = -0.0
    earlier = np.sum(model(x))  # a graph of the user's own
    earlier.backward(retain_graph=True)
    before = state(model)
    calls = []

    def f():
        calls.append(1)
        if fails and len(calls) == 9:
            raise KeyError("stop")
        out = model(x)
        assert out.dtype == np.float64
        return out

    if fails:
        with pytest.raises(KeyError):
            gradcheck(f, wrt=model)
    else:
        report = gradcheck(f, wrt=model)
        assert names(report) == ["tied", "linear.weight"]
        assert "do not require a gradient: frozen" in str(report)
    for t, data, bits, dtype, node, grad in before:
        assert t.data is data
        assert (t.data.tobytes(), t.data.dtype) == (bits, dtype)
        assert t._node is node
        assert t.grad is grad
    earlier.backward()  # the graph from before is not stale


def test_a_module_as_the_function():
    model, x = nn.Linear(3, 2), np.ones((4, 3))
    before = state(model)
    report = gradcheck(model, x)  # in float64, and without the warning about mixed precision
    assert names(report) == ["x"]
    assert [b[1] is a[1] for a, b in zip(before, state(model), strict=True)] == [True, True]


def test_dicts_lists_and_single_tensors():
    a, b = tensor(2.0, requires_grad=True), tensor([3.0], requires_grad=True, name="b")
    assert names(gradcheck(lambda: a * b, wrt={"first": a, "second": b})) == ["first", "second"]
    assert names(gradcheck(lambda: a * b, wrt=[a, b])) == ["wrt[0]", "b"]
    assert names(gradcheck(lambda: a * b, wrt=b)) == ["b"]
    assert names(gradcheck(lambda: a * b, wrt={"one": a, "other": a})) == ["one = other"]
    assert a.grad is None


@pytest.mark.parametrize(
    ("wrt", "error", "words"),
    [
        ([], ValueError, "nothing to check"),
        ([1.0], TypeError, r"holds a float at wrt\[0\]"),
        (3, TypeError, "not a int"),
        ("w", TypeError, "not a str"),
        ([tensor(1.0)], RequiresGradError, "does not require a gradient"),
        ([tensor(1.0, requires_grad=True, name="a") * 2.0], RequiresGradError, "was computed"),
    ],
    ids=str,
)
def test_a_wrt_that_cannot_be_varied(wrt, error, words):
    with pytest.raises(error, match=words):
        gradcheck(lambda: 1.0, wrt=wrt)


def test_inputs_and_wrt():
    with pytest.raises(TypeError, match="either inputs or wrt="):
        gradcheck(lambda x: x, 1.0, wrt=[tensor(1.0, requires_grad=True)])

"""A failed check names the op, the node and the user's line; or says what is wrong between the nodes."""

import inspect

import numpy as np
import pytest

import nn
from autograd import Tensor, custom_op, grad, tensor
from autograd.engine.op import Op
from autograd.gradcheck import gradcheck
from nn import functional as F
from nn.teaching.zoo.planting import score

wrong_tanh = Op("tanh", np.tanh, lambda g, out: g * (1.0 + out * out)).function


def failing(f, *inputs, **facts):
    report = gradcheck(f, *inputs, raise_on_failure=False, **facts)
    assert not report.ok
    return report


def line_of(function, text):
    """The line of this file where a function has a text."""
    lines, start = inspect.getsourcelines(function)
    return f"{__file__}:{start + next(i for i, line in enumerate(lines) if text in line)}"


def test_op_node_line_and_path():
    def f(x, w, b):
        h = np.exp(x @ w) + b
        h.name = "hidden"
        h = wrong_tanh(h)
        return np.sum(h * h)

    rng = np.random.default_rng(0)
    report = failing(f, rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5))
    assert (report.op, report.node, report.line) == ("tanh", "tanh (node 3)", line_of(f, "wrong_tanh(h)"))
    [fault] = report.faults
    assert (fault.number, fault.names, fault.path) == (3, ("hidden",), ("multiply", "sum"))
    assert fault.row.analytic != pytest.approx(fault.row.numeric)
    assert f"at {report.line}" in str(report)
    assert "multiply -> sum" in str(report)


def test_the_name_of_the_result_is_the_name_of_the_node():
    def f(x):
        y = wrong_tanh(np.sin(x))
        y.name = "y"
        return y * 2.0

    assert failing(f, np.ones(3)).node == "y"


def test_the_module_path():
    class Block(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(4, 4, rng=0)

        def forward(self, x):
            return wrong_tanh(self.linear(x))

    model = nn.Sequential(nn.Linear(4, 4, rng=1), Block())
    x = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")

    def loss():
        return np.sum(model(x) ** 2)

    report = failing(loss, wrt=model)
    assert (report.op, report.faults[0].module) == ("tanh", "1")
    assert [row.input for row in report.rows] == ["0.weight", "0.bias", "1.linear.weight", "1.linear.bias"]
    assert report.line == line_of(Block.forward, "wrong_tanh")


def test_a_line_inside_of_our_own_layers_is_the_users():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.Tanh()).astype("float64")
    wrong_triple = Op("triple", lambda x: x * 3.0, lambda g: g * 2.0).function

    def f(x):
        return model(wrong_triple(x))

    report = failing(f, np.ones((2, 3)))
    assert report.line == line_of(f, "model(wrong_triple(x))")


def test_a_custom_op_of_the_user():
    def forward(x, y):
        return x * np.exp(y)

    def backward(g, x, y):
        return g * np.exp(y), g * np.exp(y)

    scaled = custom_op(forward, backward, name="scaled_exp")
    report = failing(lambda x, y: np.sum(scaled(x, y)), np.array([2.0, 3.0]), np.array([0.1, 0.2]))
    assert report.op == "scaled_exp"
    assert report.faults[0].row.input == "y"


def test_all_faulty_nodes_are_listed():
    def f(x):
        return wrong_tanh(x) + wrong_tanh(np.sin(x))

    report = failing(f, np.array([0.3, 0.4]))
    assert [fault.number for fault in report.faults] == [0, 2]


def test_one_of_several_outputs():
    wrong = Op(
        "halves", lambda x: (x[:2] * 1.0, x[2:] * 1.0), lambda g: np.concatenate([g[0], 2.0 * g[1]]), outputs=True
    ).function

    def f(x):
        a, b = wrong(np.exp(x))
        return np.sum(a) + np.sum(np.sin(b))

    assert failing(f, np.array([0.1, 0.2, 0.3, 0.4])).op == "halves"


def test_a_rule_that_is_wrong_only_in_the_gradient_of_the_gradient():
    """The rule of sine is right, but the cosine that it calls is not."""
    wrong_cosine = Op("cosine", np.cos, lambda g, x: g * np.sin(x)).function
    sine = Op("sine", np.sin, lambda g, x: g * wrong_cosine(x)).function

    def f(x):
        return np.sum(sine(x) ** 2)

    report = failing(f, np.array([0.3, 0.4]), order=2)
    assert (report.op, report.line) == ("cosine", line_of(f, "sine(x)"))
    assert "made by the rule of sine" in report.node


def test_a_constant_that_changes():
    def f(x, w):
        h = x @ w
        total = h.sum().item()
        return np.sum(np.tanh(h) * total)

    report = failing(f, np.ones((2, 3)), np.full((3, 2), 0.1))
    assert (report.op, report.node, report.faults) == (None, None, ())
    assert report.line == line_of(f, "* total")
    assert "the operand y of multiply (node 3) is a constant of the graph, yet it depends" in str(report)


def test_a_shift_that_drops_out_is_no_cause():
    """The largest entry has left the graph, and comes back as a constant; but it makes no difference."""

    def by_hand(x, exp=np.exp):
        shift = x.data.max()
        return shift + np.log(np.sum(exp(x - shift)))

    x = np.array([1.0, 30.0, -2.0])
    assert gradcheck(by_hand, x).verdict == "right"
    wrong_exp = Op("exponential", np.exp, lambda g, out: g * 1.5 * out).function
    report = failing(lambda x: by_hand(x, wrong_exp), x)
    assert (report.op, report.cause) == ("exponential", "")

    def hooked(x):
        y = x * 1.0
        y.register_hook(lambda g: 2.0 * g)
        return by_hand(y)

    report = failing(hooked, x)
    assert report.op is None
    assert "left the graph" not in str(report)
    assert "hook" in report.cause


def test_an_attribute_that_changes():
    scaled = custom_op(lambda x, *, factor: x * factor, lambda g, factor: g * factor, name="scaled")
    report = failing(lambda x: scaled(np.sin(x), factor=float(np.sum(x.data))), np.array([0.3, 0.4]))
    assert "the attribute factor of scaled (node 1) is a constant of the graph, yet it depends" in str(report)
    assert (report.op, report.faults) == (None, ())


def test_an_output_outside_of_the_graph():
    """A transform of plain numbers whose function closes over the input, for instance: no rule is accused."""
    report = failing(lambda v: np.sum(grad(lambda x: x**3 * v.item())(2.0)), 5.0)
    assert report.cause == "no rule is wrong, but the output has left the graph"
    assert str(report).startswith(f"gradient check: wrong (order 1, float64): {report.cause}\n")
    assert (report.op, report.faults) == (None, ())
    assert "pass it Tensors" in str(report)


def test_kinks_that_meet_are_right_by_their_parts():
    """Each rule gives a number between its slopes; their sum does not lie between those of the whole."""
    f = lambda x: F.hardtanh(x) + F.leaky_relu(x - 1.0)  # noqa: E731
    report = gradcheck(f, 1.0)
    assert report.verdict == "kink"
    assert "right at their recorded values, and no value has left the graph" in report.rows[0].note
    wrong_relu = Op("relu", lambda x: np.maximum(x, 0.0), lambda g, x: np.where(x > 0, g, -3.0 * (x == 0) * g)).function
    assert failing(lambda x: f(x) + wrong_relu(x - 1.0), 1.0).op == "relu"


def test_a_rule_that_leaves_the_graph():
    """Its gradient is right, and the gradient of the gradient is not: no value of the user has left the graph."""
    frozen = custom_op(lambda x: x * x, lambda g, x: g * (2.0 * plain_numbers(x)), name="frozen")
    lost = custom_op(lambda x: x * x, lambda g, x: 2.0 * plain_numbers(g) * plain_numbers(x), name="lost")
    for op in (frozen, lost):

        def f(x, op=op):
            return np.sum(np.sin(op(x)))

        report = failing(f, np.array([0.3, 0.4]), order=2)
        assert (report.op, report.node, report.line) == (op.op.name, f"{op.op.name} (node 0)", line_of(f, "op(x)))"))
        assert report.faults[0].order == 2
        assert f"the rule of {op.op.name} is right, but its own derivative is wrong" in str(report)
        assert "the value left the graph earlier" not in str(report)


def test_an_op_inside_of_a_rule_is_checked_with_the_rule():
    """The rule of hypot gives its length to an op of its own, whose rules know that it depends on both sides."""
    frozen = custom_op(lambda x: x * x, lambda g, x: g * (2.0 * plain_numbers(x)), name="frozen")
    report = failing(lambda x: np.sum(frozen(np.hypot(x, 2.0 * x))), np.array([0.3, 0.4]), order=2)
    assert [fault.op for fault in report.faults] == ["frozen"]


def plain_numbers(x):
    return x.data if isinstance(x, Tensor) else x


def test_a_hook_that_changes_the_gradient():
    def f(x):
        y = np.sin(x)
        y.register_hook(lambda g: 2.0 * g)
        return np.sum(y)

    assert "a hook on sin (node 0) may change the gradient" in str(failing(f, np.ones(2)))


def test_the_first_node_that_is_not_finite():
    def f(x):
        return np.sum(np.sqrt(np.maximum(x, 0.0) * 0.0))

    report = failing(f, np.array([1.0, 2.0]))
    assert (report.verdict, report.op, report.line) == ("nonfinite", "sqrt", line_of(f, "np.sqrt"))


def test_large_constants_that_nobody_keeps():
    """A large array beside a Tensor is not kept for rules that do not name it."""
    constant = np.random.default_rng(0).normal(size=(30, 40))

    def f(x):
        return np.sum(wrong_tanh(np.maximum((x + constant) * constant, 0.3)))

    report = failing(f, np.random.default_rng(1).normal(size=(30, 40)))
    assert [fault.op for fault in report.faults] == ["tanh"]


def test_a_long_chain():
    def f(x):
        for i in range(300):
            x = np.sin(x) if i != 150 else wrong_tanh(x)
        return x

    report = failing(f, 0.5)
    assert [fault.number for fault in report.faults] == [150]
    assert report.faults[0].path[-2:] == ("...", "sin")


def test_planted_faults_are_named(op_samples):
    """A sample of what `score.py` counts over 2,000 programs."""
    found = score(op_samples, range(7, 2000, 285))
    assert found.failures == []
    assert found.counts["named"] >= 6


def test_ties_that_are_wrong_only_together():
    """Each entry's answer lies between its slopes, their sum does not."""
    largest = custom_op(lambda x: np.max(x), lambda g, x, out: g * (x == out), name="largest")

    def f(x):
        return largest(x * np.ones(3))

    report = failing(f, 2.0)
    assert (report.verdict, report.op, report.line) == ("wrong", "largest", line_of(f, "largest(x"))
    assert "3 times what it should be, as when a mean over 3 numbers is taken for a sum" in str(report)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (-1.0, "the sign is wrong"),
        (2.0, "twice too large"),
        (8.0, "8 times what it should be, as when a mean over 8 numbers is taken for a sum"),
        (1 / 32, "1/32 of what it should be, as when a mean over 32 numbers is taken twice"),
        (0.0, "the gradient is missing"),
    ],
)
def test_a_slip_that_the_numbers_show(factor, words):
    slip = custom_op(lambda x: np.sin(x), lambda g, x: g * factor * np.cos(x), name="slip")
    assert words in str(failing(lambda x: slip(x), np.array([0.3, 0.7])))


def test_tensors_from_before_are_not_touched():
    w = tensor([1.0, 2.0], requires_grad=True)
    loss = np.sum(w * w)
    failing(lambda: np.sum(wrong_tanh(w)), wrt=[w])
    loss.backward()
    assert w.grad.tolist() == [2.0, 4.0]

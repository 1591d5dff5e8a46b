"""`nn.draw` shows what a result depends on, and nothing else: graphs against perturbed inputs and parameters."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor, no_grad, record, tensor
from autograd.engine.graph import Leaf
from autograd.view.graph.expand import expand
from autograd.view.graph.records import Argument
from autograd.view.graph.snapshot import snapshot
from autograd.view.graph.traced import Traced
from nn.inspect.drawing import call_traced

EXAMPLES = Path(__file__).parents[2] / "examples"
F32 = np.float32


def example(name):
    if not EXAMPLES.exists():
        pytest.skip("the examples are not here")
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def block(rng):
    return example("tiny_transformer")["TransformerBlock"](4, 2, rng), [(2, 3, 4)]


def transformer(rng):
    model = example("tiny_transformer")["Transformer"](5, 4, width=4, heads=2, blocks=2, rng=rng)
    return model, [np.array([[1, 2, 0, 4], [3, 3, 1, 0]])]


MODELS = {
    "adding_problem": lambda rng: (example("adding_problem")["Adder"](3, rng), [(4, 2, 2)]),
    "digits_cnn": lambda rng: (example("digits_cnn")["network"](None), [(2, 1, 8, 8)]),
    "learned_start": lambda rng: (nn.MLP([1, 3, 3, 1], "tanh", dtype="float64", rng=rng), [(4, 1)]),
    "physics_informed": lambda rng: (nn.MLP([1, 3, 3, 1], activation="tanh", rng=rng), [(4, 1)]),
    "stream_large_file": lambda rng: (nn.Linear(5, 1, rng=rng), [(4, 5)]),
    "tiny_transformer": transformer,
    "tiny_transformer, a block": block,
    "vanishing_gradients": lambda rng: (nn.MLP([2, 3, 3, 1], "sigmoid", rng=rng), [(4, 2)]),
    "xor": lambda rng: (nn.MLP([2, 2, 1], "tanh", output_activation="tanh", rng=rng), [(4, 2)]),
}


def of_example(name, rng):
    model, inputs = MODELS[name](rng)
    return model, [x if isinstance(x, np.ndarray) else rng.normal(size=x).astype(F32) for x in inputs]


class Kept(Traced):
    """Keeps all values, where `record` keeps those on the way of a gradient."""

    def _unrecorded(self, op, xs, attributes, out, result):
        super()._unrecorded(op, xs, attributes, out, result)
        for part in result if op.outputs else (result,):
            vertex = part._node if isinstance(part, Tensor) else self._find(part)
            vertex.value = np.array(part.data)
        for operand, x in zip((vertex.parents[0] if op.outputs else vertex).operands, xs, strict=False):
            if isinstance(operand, Leaf):
                operand.value = np.array(x.data if isinstance(x, Tensor) else x)


class Run:
    """The graph of one call, with all values: ``sources`` are the inputs and parameters below each node."""

    def __init__(self, model, inputs):
        nn.manual_seed(0)  # of dropout
        with record(), pytest.MonkeyPatch.context() as patch:
            patch.setattr("nn.inspect.drawing.Traced", Kept)
            traced = call_traced(model, inputs)
        self.graph = snapshot(traced, keep=("live", "off"))
        self.names = list(traced.names.values())
        self.sources = []
        for node in self.graph.nodes:
            found = {node.name} if node.kind in ("input", "parameter") else set()
            self.sources.append(found.union(*(self.sources[a.node] for _, a in node.references())))

    def values(self):
        """Of all results of ops."""
        return {(n.id, r.index): r.value for n in self.graph.nodes if n.kind == "op" for r in n.results}

    def value(self, argument):
        """Of an operand."""
        if not isinstance(argument, Argument):
            return argument.value
        return next(r.value for r in self.graph.nodes[argument.node].results if r.index == argument.index)

    @staticmethod
    def attributes(node):
        """Those of an op; what a kernel writes into, it writes into a copy."""
        return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in node.attrs.items()}


def perturbed(x, rng):
    """Other values of the same kind; integers (indices, labels, lengths) are exchanged among each other."""
    if set(np.unique(x)) <= {0, 1}:
        return 1 - x
    if x.dtype.kind == "f":
        return (rng.normal(size=x.shape) - 2.0 * x).astype(x.dtype)  # far enough for the threshold of a unit
    return np.roll(x.ravel(), 1).reshape(x.shape)


def flat(x):
    """The arrays of an input, which may be a tuple of them."""
    return [part for inner in x for part in flat(inner)] if isinstance(x, list | tuple) else [x]


def replaced(inputs, old, new):
    if isinstance(inputs, list | tuple):
        return type(inputs)(replaced(x, old, new) for x in inputs)
    return new if inputs is old else inputs


def dependences(model, inputs, rng, tries):
    """A run, and for each result of an op the names of the inputs and parameters whose values change it."""
    run = Run(model, inputs)
    before = run.values()
    changed = {place: set() for place in before}

    def note(name, other):
        after = other.values()
        assert after.keys() == before.keys()
        for place, value in before.items():
            if not np.array_equal(value, after[place], equal_nan=True):
                changed[place].add(name)

    given = [x for x in flat(list(inputs)) if isinstance(x, np.ndarray | Tensor)]
    for x, name in [*zip(given, run.names, strict=True)] * tries:
        other = perturbed(np.asarray(x), rng)
        note(name, Run(model, replaced(list(inputs), x, tensor(other) if isinstance(x, Tensor) else other)))
    for name, p in [*model.named_parameters()] * tries:
        old = p.data.copy()
        p.data = perturbed(old, rng)
        note(name, Run(model, inputs))
        p.data = old
    return run, changed


def assert_true(model, inputs, rng, exact=True, tries=1):
    """Results depend on what is drawn below them (``exact``: on nothing less), and an op on its operands gives them."""
    run, changed = dependences(model, inputs, rng, tries)
    for (i, index), names in changed.items():
        drawn = run.sources[i]
        assert names == drawn if exact else names <= drawn, (run.graph.nodes[i].op, index, names ^ drawn)
    assert {node.name for node in run.graph.nodes if node.kind == "input"} <= {*run.names}
    for node in run.graph.nodes:
        assert node.kind != "constant" or node.frame is not None  # what a module makes lies inside
        if node.kind == "op":
            found = node.record.kernel(*map(run.value, node.arguments), **run.attributes(node))
            for r in node.results:
                part = found if r.index is None else found[r.index]
                np.testing.assert_allclose(part, r.value, rtol=1e-4, atol=1e-5)  # perhaps in another memory order


@pytest.mark.parametrize("kind", ["array", "Tensor"])
@pytest.mark.parametrize("name", MODELS)
def test_examples_depend_on_what_is_drawn(name, kind, rng):
    model, inputs = of_example(name, rng)
    assert_true(model, [tensor(x) if kind == "Tensor" and x.dtype.kind == "f" else x for x in inputs], rng)


def test_modules_depend_on_what_is_drawn(case, rng):
    """Not only on that: a state of zeros hides the weights behind it, a softmax of one entry everything before."""
    model = case.make().train(case.training)
    if "Loss" in case.name:
        pytest.skip("labels are converted by plain NumPy")
    for p in model.parameters():
        p.data = rng.normal(size=p.shape)
    literature = type(model).__module__.startswith("nn.models")
    unit = type(model).__module__.startswith("nn.units")  # not every change crosses its threshold
    assert_true(model.astype("float64"), case.inputs(rng, 5), rng, exact=literature, tries=10 if unit else 1)


def parents(graph, node):
    return [graph.nodes[a.node] for _, a in node.references()]


def test_the_skip_of_a_block_starts_where_its_branch_starts(rng):
    graph = Run(*of_example("tiny_transformer, a block", rng)).graph
    [x] = [node for node in graph.nodes if node.kind == "input"]
    users = [node.op for node in graph.nodes if x in parents(graph, node)]
    assert users == ["layer_norm", "add"]


def test_the_input_of_lenet_is_not_padded(rng):
    graph = Run(nn.models.LeNet1989(rng=0), [rng.normal(size=(1, 16, 16)).astype(F32)]).graph
    [x] = [node for node in graph.nodes if node.kind == "input"]
    assert (x.name, x.results[0].shape, x.frame) == ("x", (1, 16, 16), None)
    [padded] = [n for n in graph.nodes if n.op == "set_at" and n.results[0].shape == (1, 1, 20, 20)]
    assert graph.frames[padded.frame].path == "h1"


def test_states_of_an_lstm_belong_to_it(rng):
    x = rng.normal(size=(2, 1, 3)).astype(F32)
    cell = Run(nn.LSTMCell(3, 2, rng=0), [x[0]]).graph
    states = [node for node in cell.nodes if node.kind == "constant"]
    assert [cell.frames[node.frame].label for node in states] == ["LSTMCell"] * len(states)
    assert states
    given = Run(nn.LSTM(3, 2, rng=0), [x, (np.ones((1, 1, 2), F32), np.ones((1, 1, 2), F32))]).graph
    assert [node.name for node in given.nodes if node.kind == "input"] == ["x", "hx[0]", "hx[1]"]


def test_batch_means_are_drawn_inside_of_batch_norm(rng):
    model = nn.Sequential(nn.BatchNorm1d(3, affine=False), nn.Linear(3, 2, rng=0))
    traced = call_traced(model, [rng.normal(size=(5, 3)).astype(F32)])
    graph = expand(snapshot(traced))
    means = [node for node in graph.nodes if node.op == "mean"]
    assert len(means) == 2
    for node in means:
        frame = graph.frames[node.frame]
        assert graph.frames[frame.parent].label == "BatchNorm1d"
    assert [n.name for n in graph.nodes if n.kind not in ("op", "constant")] == ["x", "1.weight", "1.bias"]


def test_values_cut_off_from_the_gradient_stay_connected():
    class Cut(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([2.0, 3.0])

        def forward(self, x, rows):
            frozen = (self.w * x).detach()
            mask = x > 0.0
            return np.where(mask[None], self.w.data[:1] * frozen, 0.0) + self.w[rows]

    run = Run(Cut(), [np.array([1.0, -1.0], F32), np.array([[1, 0]])])
    ends = {node.op: run.sources[node.id] for node in run.graph.nodes if node.kind == "op"}
    found = {op: ends[op] for op in ("where", "greater", "getitem")}
    assert found == {"where": {"w", "x"}, "greater": {"x"}, "getitem": {"w", "rows"}}
    assert not any(node.kind == "constant" and node.results[0].shape for node in run.graph.nodes)


def test_a_frozen_model_and_one_under_no_grad_are_drawn(rng):
    model = nn.MLP([2, 3, 1], rng=0).requires_grad_(False)
    x = rng.normal(size=(4, 2)).astype(F32)
    assert [node.op for node in Run(model, [x]).graph.nodes if node.kind == "op"] == ["linear", "relu", "linear"]
    with no_grad():
        drawing = nn.draw(nn.MLP([2, 3, 1], rng=0), x)
    assert [box.dashed for box in drawing.picture.boxes if box.kind == "input"] == [True]


def test_nothing_is_left_behind(rng):
    """Neither on the Tensors that were given nor on those that the model uses."""
    shift, x = tensor(rng.normal(size=2)), tensor(rng.normal(size=(3, 2)))

    class Shifted(nn.Module):
        def forward(self, x):
            return (x + shift) * 2.0

    assert "input" in nn.draw(Shifted(), x).text
    assert (x.name, x._node) == (None, None)
    y = shift * tensor(1.0, requires_grad=True)
    assert [node.kind for node in snapshot(y).nodes] == ["constant", "input", "op"]


def test_integers_that_a_layer_converts_stay_connected():
    run = Run(nn.Linear(2, 1, rng=0), [np.array([[1, 2]])])
    assert [node.kind for node in run.graph.nodes] == ["input", "parameter", "parameter", "op"]
    assert run.sources[-1] == {"x", "weight", "bias"}

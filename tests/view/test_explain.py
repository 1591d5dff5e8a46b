"""Derivatives explained: paths of numbers and of entries, matrices, and very many paths."""

import re
import time

import numpy as np
import pytest

from autograd import UnusedInputError, tensor
from autograd.engine.op import REGISTRY
from autograd.ops.fused import linear
from autograd.view import explain

FACTORS = """\
1. dE_total/dsum_1 * dsum_1/dpower_1[0] * dpower_1[0]/dsubtract_1[0] * dsubtract_1[0]/dsigmoid_2[0] * \
dsigmoid_2[0]/dadd_2[0] * dadd_2[0]/dmatmul_2[0] * dmatmul_2[0]/dsigmoid_1[0] * dsigmoid_1[0]/dadd_1[0] * \
dadd_1[0]/dmatmul_1[0] * dmatmul_1[0]/dhidden.weight[0, 0] = \
0.5 * 1 * -1.48273 * -1 * 0.186816 * 1 * 0.4 * 0.241301 * 1 * 0.05 = 0.000668396
   d matmul_1[0] / d hidden.weight[0, 0] = x[0] = 0.05
   d add_1[0] / d matmul_1[0] = 1
   d sigmoid_1[0] / d add_1[0] = sigmoid_1[0] * (1 - sigmoid_1[0]) = 0.241301
   d matmul_2[0] / d sigmoid_1[0] = output.weight[0, 0] = 0.4
   d add_2[0] / d matmul_2[0] = 1
   d sigmoid_2[0] / d add_2[0] = sigmoid_2[0] * (1 - sigmoid_2[0]) = 0.186816
   d subtract_1[0] / d sigmoid_2[0] = -1
   d power_1[0] / d subtract_1[0] = 2 * subtract_1[0] = -1.48273
   d sum_1 / d power_1[0] = 1
   d E_total / d sum_1 = 0.5
"""


def weights(shape, name):
    return tensor(np.ones(shape), requires_grad=True, name=name)


@pytest.fixture
def mazur(graphs):
    """The network with its parameters by name."""
    parameters = {}
    return graphs.mazur(parameters), parameters


def test_mazur_w1_is_the_sum_over_both_outputs(mazur):
    error, p = mazur
    found = explain(error, p["hidden.weight"], at=(0, 0))
    assert found.count == 2
    assert found.text.startswith("dE_total/dhidden.weight[0, 0] = 0.000438568: the sum over 2 paths\n\n" + FACTORS)
    assert found.text.endswith("sum: 0.000668396 - 0.000229828 = 0.000438568")
    assert sum(path.product for path in found.paths) == pytest.approx(p["hidden.weight"].grad[0, 0], rel=1e-12)


def test_the_sum_over_paths_is_the_gradient(mazur):
    error, p = mazur
    for parameter in p.values():
        for at in np.ndindex(parameter.shape):
            found = explain(error, parameter, at=at)
            assert sum(path.product for path in found.paths) == pytest.approx(parameter.grad[at], rel=1e-12)
            assert found.gradient == pytest.approx(parameter.grad[at], rel=1e-12)


def test_each_product_is_that_of_its_links(graphs):
    a = tensor(-1.5, requires_grad=True, name="a")
    b = tensor(2.0, requires_grad=True, name="b")
    d = a * b + b**3
    y = (d + (b + a).relu()) * d / b
    found = explain(y, b, most=100)
    y.backward()
    assert found.count == len(found.paths) == 6
    for path in found.paths:
        assert path.product == pytest.approx(np.prod([link.number for link in path.links]))
        assert all(link.formula for link in path.links)
    assert sum(path.product for path in found.paths) == pytest.approx(float(b.grad))
    sizes = [abs(path.product) for path in found.paths]
    assert sizes == sorted(sizes, reverse=True)


def test_very_many_paths_are_counted_at_once():
    x = tensor(1.0, requires_grad=True, name="x")
    h = x
    for _ in range(100):
        h = h * 0.5 + h * 0.4
    start = time.perf_counter()
    found = explain(h, x, most=3)
    text = found.text
    assert time.perf_counter() - start < 2
    assert found.count == 2**100 > 10**30
    assert [path.product for path in found.paths] == pytest.approx([0.5**100, 0.5**99 * 0.4, 0.5**99 * 0.4])
    h.backward()
    assert found.gradient == pytest.approx(float(x.grad))
    assert text.startswith("dh/dx = 2.65614e-05: the sum over 1,267,650,600,228,229,401,496,703,205,376 paths; ")
    assert "... 170 more" in text
    assert text.count("\n") < 120


def test_matrices_of_an_mlp():
    x = tensor(np.ones((5, 3)), name="x")
    w0, w1 = weights((4, 3), "0.weight"), weights((2, 4), "1.weight")
    loss = linear(linear(x, w0).relu(), w1).sum()
    loss.name = "loss"
    rows = {delta.name: delta for delta in explain(loss, w0).deltas}
    assert list(rows) == [*("delta(loss)", "delta(linear_2)", "delta(relu_1)", "delta(linear_1)", "delta(0.weight)")]
    back, slope, last = rows["delta(relu_1)"], rows["delta(linear_1)"], rows["delta(0.weight)"]
    assert (back.formula, back.shapes) == ("delta(linear_2) @ 1.weight", "(5, 2) @ (2, 4)")
    assert slope.formula == "delta(relu_1) * [linear_1 > 0]"
    assert (last.formula, last.shapes, last.shape) == ("delta(linear_1).T @ x", "(4, 5) @ (5, 3)", (4, 3))
    assert last.latex == r"\underset{5 \times 4}{\delta_{\mathrm{linear}_{1}}}^{\top} \, \underset{5 \times 3}{x}"
    loss.backward()
    np.testing.assert_array_equal(explain_gradient(loss, w0), w0.grad)


def explain_gradient(loss, w):
    return explain(loss, w).gradient


def test_a_bias_that_was_broadcast_is_summed():
    x = tensor(np.ones((5, 3)), name="x")
    b = tensor(np.zeros(3), requires_grad=True, name="b")
    [last] = [d for d in explain((x + b).sum(), b).deltas if d.name == "delta(b)"]
    assert last.formula == "delta(add_1), summed over axes 0"


def test_an_entry_of_a_result_with_several():
    x = tensor([1.0, 2.0], requires_grad=True, name="x")
    y = np.exp(x) * 3.0
    found = explain(y, x, at=1, of=1)
    assert found.text.startswith("dy[1]/dx[1] = 22.1672: one path")
    assert found.paths[0].links[0].formula == "exp(x[1])"
    assert explain(y, x, at=0, of=1).count == 0
    assert explain(y, x, at=0, of=1).gradient == 0


def test_everything_else_of_entries():
    rng = np.random.default_rng(0)
    x = tensor(rng.standard_normal((2, 3)), requires_grad=True, name="x")
    w = tensor(rng.standard_normal((4, 3)), requires_grad=True, name="w")
    b = tensor(rng.standard_normal(4), requires_grad=True, name="b")
    parts = np.split(linear(x, w, b).tanh() * b, 2, axis=1)
    y = (parts[0] - parts[1].mean()).softmax(axis=1)[0].max()
    y.backward()
    for t in (x, w, b):
        for at in np.ndindex(t.shape):
            found = explain(y, t, at=at, most=10_000)
            assert found.gradient == pytest.approx(t.grad[at], abs=1e-15)
            assert sum(path.product for path in found.paths) == pytest.approx(t.grad[at], abs=1e-12)
            assert found.count == len(found.paths)


def test_one_weight_of_an_mlp_over_a_batch(graphs):
    keep = []
    loss = graphs.mlp(keep=keep)
    found = explain(loss, keep[0], at=(3, 5), most=3)
    loss.backward()
    assert found.gradient == pytest.approx(keep[0].grad[3, 5])
    assert len(found.paths) == 3 < found.count <= 5 * 10  # samples times outputs
    assert "these paths add up to" in found.text


def test_what_is_not_used():
    x, w = tensor(1.0, requires_grad=True), tensor(1.0, requires_grad=True, name="w")
    with pytest.raises(UnusedInputError, match="does not depend on w"):
        explain(x * 2, w)


def test_an_intermediate_result():
    x = tensor(3.0, requires_grad=True, name="x")
    h = x * x
    h.name = "h"
    assert explain(h * 2 + h, h).gradient == 3
    assert explain(x, x).gradient == 1


def test_wrong_entries():
    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(IndexError, match=r"at=5 is not an entry of an array of shape \(2,\)"):
        explain(x.sum(), x, at=5)


def test_a_parameter_that_was_updated_since_is_still_found():
    w = tensor(3.0, requires_grad=True, name="w")
    y = w * w
    y.backward()
    w.data -= 0.1
    assert explain(y, w).gradient == 6.0


def test_a_notebook_gets_latex(mazur):
    error, p = mazur
    bundle = explain(error, p["output.weight"], at=(0, 0))._repr_mimebundle_()
    assert set(bundle) == {"text/latex", "text/plain"}
    assert bundle["text/latex"].startswith("$$\\begin{aligned}")
    link = r"\frac{\partial \mathrm{add}_{2, 0}}{\partial \mathrm{matmul}_{2, 0}}"
    assert rf"\textcolor{{gray}}{{{link}}}" in bundle["text/latex"]  # a link of 1 is grey
    assert bundle["text/latex"].count(r"\textcolor{gray}{1}") == 4  # as a formula and as a number
    assert r"0.082167" in bundle["text/latex"]


def test_nan_is_shown_and_not_hidden():
    x = tensor(0.0, requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        y = x * np.log(x)
        found = explain(y, x)
    assert found.count == 2
    assert np.isnan(found.gradient)
    assert "nan" in found.text


@pytest.mark.parametrize(
    ("op", "attrs"),
    [
        ("softmax", {"axis": -1}),
        ("softmax", {"axis": 0}),
        ("log_softmax", {"axis": -1}),
        ("logsumexp", {"axis": -1}),
        ("logsumexp", {"axis": None}),
        ("cross_entropy", {"labels": np.array([2, 0])}),
        ("cross_entropy", {"labels": np.array([2, 0]), "reduction": "mean"}),
    ],
    ids=str,
)
def test_formulas_of_entries_of_softmax_say_what_the_rule_computes(op, attrs):
    """Each formula is computed with the numbers that its names stand for."""
    data = np.random.default_rng(0).standard_normal((2, 3))
    z = tensor(data, requires_grad=True, name="z")
    out = REGISTRY[op].function(z, **attrs)
    out.name = "out"
    share = np.exp(data) / np.exp(data).sum(axis=-1, keepdims=True)
    known = {"z": data, "out": np.asarray(out.data), "softmax": lambda x: share, "exp": np.exp}
    seen = 0
    for of in np.ndindex(out.shape):
        for at in np.ndindex(z.shape):
            found = explain(out, z, at=at, of=of)
            for path in found.paths:
                [link] = path.links
                assert eval(link.formula, known) == pytest.approx(link.number, rel=1e-12)
                assert link.latex
                seen += 1
    assert seen >= 6


def test_the_steps_of_a_recurrent_layer_in_matrices():
    """A graph with ops of several results: the deltas of backpropagation through time."""
    w = tensor(np.eye(3), requires_grad=True, name="w")
    x = tensor(np.linspace(-1.0, 1.0, 18).reshape(6, 3), requires_grad=True, name="x")
    h, states = tensor(np.zeros((2, 3)), name="h0"), []
    for part in np.split(x, 3):
        h = np.tanh(part + h @ w)
        states.append(h)
    loss = np.stack(states).sum()
    loss.name = "loss"
    rows = {delta.name: delta.formula for delta in explain(loss, w).deltas}
    assert rows["delta(tanh_2)"] == "the part of delta(stack_1) that belongs to this operand + delta(matmul_3) @ w.T"
    assert rows["delta(w)"] == "tanh_2.T @ delta(matmul_3) + tanh_1.T @ delta(matmul_2) + h0.T @ delta(matmul_1)"
    [row] = [delta for delta in explain(loss, x).deltas if delta.name == "delta(x)"]
    assert row.formula == "the parts of delta(split_1), joined"
    loss.backward()
    np.testing.assert_array_equal(explain(loss, x).gradient, x.grad)


def test_the_number_of_what_was_averaged_is_written():
    x = tensor(np.arange(12.0).reshape(3, 4), requires_grad=True, name="x")
    rows = {delta.name: delta.formula for delta in explain(((x * x).mean(axis=0) ** 2).mean(), x).deltas}
    assert rows["delta(power_1)"] == "delta(mean_2) / 4, repeated along the axes that were averaged"
    assert rows["delta(multiply_1)"] == "delta(mean_1) / 3, repeated along the axes that were averaged"


def test_latex_telescopes_from_the_result_to_the_operand():
    x = tensor(2.0, requires_grad=True, name="x")
    h = x * 3.0
    y = h + 1.0
    links = r"\textcolor{gray}{\frac{\partial y}{\partial h}} \cdot \frac{\partial h}{\partial x}"
    assert rf"{links} = \textcolor{{gray}}{{1}} \cdot 3 = 3" in explain(y, x).latex
    assert "1. dy/dh * dh/dx = 1 * 3 = 3" in explain(y, x).text


def test_vectors_are_matrices_of_one_column_in_latex():
    v, matrix = tensor(np.ones(3), requires_grad=True, name="v"), tensor(np.ones((2, 3)), name="M")
    y = matrix @ v
    latex = explain(y.sum(), v).latex
    assert r"\delta_{v} &= " in latex
    assert r"\underset{2 \times 3}{M}^{\top}" in latex
    assert latex.count(r"\in \mathbb{R}^{3 \times 1}") == 1


@pytest.mark.parametrize("name", ["a^b", "a~b", "a_b_c", "x'2", "{y}", "$z$", "50%", "a&b", "#1", "\\alpha", "<l>"])
def test_latex_of_any_name_is_well_formed(name):
    """Checked with pdflatex and KaTeX when it was written; here: no special character is left bare."""
    x = tensor(np.ones((2, 2)), requires_grad=True, name=name)
    y = (np.tanh(x) * 2.0).sum()
    for latex in (explain(y, x).latex, explain(y, x, at=(0, 1)).latex):
        bare = re.sub(r"\\[#$%&{}]", "", latex).removeprefix("$$").removesuffix("$$")
        assert bare.count("{") == bare.count("}")
        assert not re.search(r"[#$%~]|\^(?!\{)|(?<!\s)&(?!=|\\quad|\\;| )", bare.replace("&&", ""))

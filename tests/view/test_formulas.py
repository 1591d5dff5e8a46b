"""The formulas on paper against the rules that compute: both must say the same."""

import numpy as np
import pytest

from autograd import tensor
from autograd.engine.op import REGISTRY
from autograd.view.chain.expression import as_latex, as_text, latex_name
from autograd.view.chain.local import matrix_formula, slope
from autograd.view.chain.names import Names
from autograd.view.chain.replay import Replay

NAMES = {
    name: getattr(np, name)
    for name in ("exp", "exp2", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "sign", "pi", "abs", "floor")
}
NAMES["sigmoid"] = lambda x: 1 / (1 + np.exp(-x))
NAMES["trunc"] = np.trunc
NAMES["i1"] = lambda x: (np.i0(x + 1e-6) - np.i0(x - 1e-6)) / 2e-6


@pytest.mark.parametrize(
    "name", [op.name for op in REGISTRY.values() if op.facts.kind == "elementwise" and any(op.facts.slope)]
)
def test_a_formula_says_what_the_rule_computes(name):
    op = REGISTRY[name]
    values = [1.3, 0.7] if name in ("arccosh", "maximum", "fmax") else [0.6, 0.7]
    if name == "ldexp":
        values[1] = np.array(3)
    operands = [tensor(v, requires_grad=True) if isinstance(v, float) else v for v in values[: len(op.operands)]]
    attributes = {"dtype": float} if name == "astype" else {}
    out = op.function(*operands, **attributes)
    known = dict(zip(op.operands, values, strict=False)) | {"out": float(out.data)}
    for slot, formula in enumerate(op.facts.slope):
        if formula is None:
            assert op.rules[slot] is None
            continue
        local = slope(Replay(out._node), Names([out._node]), out._node, slot)
        exact = 1e-8 if "i1" in formula else 1e-12
        assert eval(formula, {**NAMES, **known}) == pytest.approx(float(local.number), rel=exact)
        assert local.latex
        assert local.matrix


def test_every_elementwise_op_has_a_formula():
    for name, op in REGISTRY.items():
        if op.differentiable and op.facts.kind == "elementwise":
            for slot, rule in enumerate(op.rules):
                assert rule is None or matrix_formula(op, slot, (1,) * len(op.operands)) or name == "clip", name


MATRICES = {"x": (3, 4), "y": (4, 2), "u": (4,), "v": (4,), "w": (2, 4), "b": (2,), "X": (5, 3, 4), "Y": (5, 4, 2)}
FUNCTIONS = {
    "outer": np.outer,
    "rows": lambda a: a.reshape(-1, a.shape[-1]),
    "sum_rows": lambda a: a.sum(axis=0),
    "row_sums": lambda a: a.sum(axis=-1, keepdims=True),
    "column": lambda a: a[..., None],
    "softmax": lambda a: np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True),
    "exp": np.exp,
}


@pytest.mark.parametrize(
    ("op", "operands", "names"),
    [
        ("matmul", "xy", ("x", "y")),
        ("matmul", "xu", ("x", "y")),
        ("matmul", "uy", ("x", "y")),
        ("matmul", "uv", ("x", "y")),
        ("matmul", "Xy", ("x", "y")),
        ("matmul", "XY", ("x", "y")),
        ("dot", "xy", ("x", "y")),
        ("outer", "uv", ("x", "y")),
        ("linear", "xwb", ("x", "weight", "bias")),
        ("linear", "uwb", ("x", "weight", "bias")),
        ("linear", "Xwb", ("x", "weight", "bias")),
    ],
)
def test_formulas_of_matrices(op, operands, names):
    rng = np.random.default_rng(0)
    data = [rng.standard_normal(MATRICES[k]) for k in operands]
    tensors = [tensor(d, requires_grad=True) for d in data]
    out = REGISTRY[op].function(*tensors)
    g = rng.standard_normal(out.shape)
    out.backward(g)
    known = dict(zip(names, data, strict=True)) | FUNCTIONS | {"G": g}
    for slot, t in enumerate(tensors):
        formula = matrix_formula(REGISTRY[op], slot, [d.ndim for d in data])
        np.testing.assert_allclose(eval(formula, known), t.grad, rtol=1e-12)


@pytest.mark.parametrize("shape", ["u", "x", "X"])
@pytest.mark.parametrize(
    ("op", "attrs"),
    [
        ("softmax", {"axis": -1}),
        ("log_softmax", {"axis": -1}),
        ("logsumexp", {"axis": -1}),
        ("logsumexp", {"axis": (-1,), "keepdims": True}),
        *(("cross_entropy", {"reduction": reduction}) for reduction in ("none", "mean", "sum")),
    ],
    ids=str,
)
def test_formulas_of_softmax_and_what_is_made_of_it(op, attrs, shape):
    rng = np.random.default_rng(0)
    data = rng.standard_normal(MATRICES[shape])
    if op == "cross_entropy":
        attrs = {**attrs, "labels": rng.integers(0, 4, data.shape[:-1])}
    x = tensor(data, requires_grad=True)
    out = REGISTRY[op].function(x, **attrs)
    g = rng.standard_normal(out.shape)
    out.backward(g)
    known = {**FUNCTIONS, "x": data, "out": out.data, "G": g, "labels": attrs.get("labels")}
    known["one_hot"] = lambda labels: np.equal(np.asarray(labels)[..., None], np.arange(4))
    formula = matrix_formula(REGISTRY[op], 0, [data.ndim], attrs)
    np.testing.assert_allclose(eval(formula, known), x.grad, rtol=1e-12, atol=1e-15)


def test_along_other_axes_there_is_no_formula():
    for op, attrs in (("softmax", {"axis": 0}), ("logsumexp", {"axis": None}), ("log_softmax", {"axis": 0})):
        assert matrix_formula(REGISTRY[op], 0, [2], attrs) is None
    assert matrix_formula(REGISTRY["matmul"], 1, [2, 3]) is None
    assert matrix_formula(REGISTRY["dot"], 1, [3, 3]) is None


@pytest.mark.parametrize(
    ("formula", "names", "text", "latex"),
    [
        ("y * x ** (y - 1)", {"x": "e", "y": 2}, "2 * e", r"2 \, e"),
        ("y * x ** (y - 1)", {"x": "e", "y": 3}, "3 * e ** 2", r"3 \, e^{2}"),
        ("-x / y ** 2", {"x": 10, "y": "f"}, "-10 / f ** 2", r"\frac{-10}{f^{2}}"),
        ("out * (1 - out)", {"out": "h"}, "h * (1 - h)", r"h \, \left(1 - h\right)"),
        ("x > 0", {"x": "z1"}, "[z1 > 0]", r"\mathbf{1}[z_{1} > 0]"),
        ("1 / (2 * sqrt(x))", {"x": "v"}, "1 / (2 * sqrt(v))", r"\frac{1}{2 \, \sqrt{v}}"),
        ("exp(x)", {"x": "net_1"}, "exp(net_1)", r"e^{\mathrm{net}_{1}}"),
        ("x ** y", {"x": -2.0, "y": "n"}, "(-2) ** n", r"\left(-2\right)^{n}"),
        ("G, in words about x", {"G": "g", "x": "w"}, "g, in words about w", r"g \text{, in words about } w"),
    ],
)
def test_writing_formulas(formula, names, text, latex):
    assert as_text(formula, names) == text
    assert as_latex(formula, names) == latex


def test_names_in_latex():
    assert latex_name("E_total") == r"E_{\mathrm{total}}"
    assert latex_name("delta(W[0, 1])") == r"\delta_{W_{0, 1}}"
    assert latex_name("a_b_c_and_more%") == r"\mathrm{a\_b\_c\_and\_more\%}"

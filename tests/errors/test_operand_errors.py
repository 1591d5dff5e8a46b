"""Every op that can be given operands that do not fit: the error names the op, each operand, and where it was made."""

import inspect
import re
import sys
import traceback

import numpy as np
import pytest

import nn
from autograd import InvalidDtypeError, OperandError, no_grad, tensor
from autograd.engine.op import REGISTRY


def ones(*shape, name=None):
    return tensor(np.ones(shape), requires_grad=True, name=name)


OURS = [op for op in REGISTRY.values() if (getattr(op.kernel, "__module__", None) or "numpy").split(".")[0] != "tests"]

# Shapes of operands, and attributes, that do not fit, for each op whose kind does not tell.
MISFITS = {
    "clip": [[(2, 3), (4,), None], {}],
    "where": [[(2, 3), (4,), (2, 3)], {}],
    "masked": [[(2, 3)], {"mask": np.ones(4, bool)}],
    "matmul": [[(2, 3), (2, 3)], {}],
    "dot": [[(2, 3), (2, 3)], {}],
    "tensordot": [[(2, 3), (4, 5)], {"axes": 1}],
    "einsum": [[(2, 3), (2, 3)], {"subscripts": "ij,jk->ik"}],
    "linear": [[(2, 3), (3, 4), (4,)], {}],
    "layer_norm": [[(2, 3), (4,), (3,)], {}],
    "batch_norm": [[(2, 3), (4,), (3,)], {}],
    "rnn": [[(4, 2, 3), (5, 3), (5, 5), (5,), (5,), (3, 5)], {}],
    "lstm": [[(4, 2, 3), (20, 4), (20, 5), None, None, None, None], {}],
    "gru": [[(4, 2, 3), (15, 3), (15, 5), (15,), (12,), None], {}],
    "cross_entropy": [[(2, 3)], {"labels": np.array([0, 3])}],
    "concatenate": [[(2, 3), (4,)], {"axis": 1}],
    "stack": [[(2, 3), (2, 4)], {"axis": 0}],
    "split": [[(5,)], {"indices_or_sections": 2}],
    "reshape": [[(2, 3)], {"shape": (4,)}],
    "broadcast_to": [[(2, 3)], {"shape": (4,)}],
    "transpose": [[(2, 3)], {"axes": (0, 2)}],
    "swapaxes": [[(2, 3)], {"axis1": 0, "axis2": 2}],
    "moveaxis": [[(2, 3)], {"source": 2, "destination": 0}],
    "getitem": [[(2, 3)], {"index": (0, 3)}],
    "scatter": [[(2, 3)], {"index": np.array([0, 5]), "shape": (2, 3)}],
    "set_at": [[(2, 3), (4,)], {"index": 0}],
    "add_at": [[(2, 3), (4,)], {"index": 0}],
    "conv": [[(2, 3, 5), (4, 2, 3), None], {}],
    "conv_transpose": [[(2, 3, 5), (4, 2, 3)], {"shape": (7,)}],
    "conv_weight": [[(2, 3, 5), (3, 4, 3)], {"size": (3,)}],
    "max_pool": [[(2, 3, 2)], {"size": (3,)}],
    "window_sum": [[(2, 3, 2)], {"size": (3,)}],
    "window_spread": [[(2, 3, 2)], {"size": (3,), "shape": (7,)}],
    "inv": [[(2, 3)], {}],
    "det": [[(2, 3)], {}],
    "slogdet": [[(2, 3)], {}],
    "pinv": [[(3,)], {}],
    "solve": [[(3, 3), (2, 2)], {}],
    "cholesky": [[(2, 3)], {}],
    "eigh": [[(2, 3)], {}],
    "svd": [[(3,)], {}],
    "qr": [[(3,)], {}],
}
# Any shapes fit these.
ALWAYS = {"outer", "ravel", "astype"}


def misfit_of(op):
    """Operand shapes and attributes that do not fit; None where everything does."""
    if op.name in MISFITS:
        return MISFITS[op.name]
    if op.name in ALWAYS:
        return None
    if "axis" in op.attributes and len(op.operands) == 1:
        return [[(2, 3)], {"axis": 5}]
    return [[(2, 3), (4,)], {}] if len(op.operands) == 2 else None


CASES = [(op, *misfit_of(op)) for op in OURS if misfit_of(op)]


@pytest.mark.parametrize(("op", "shapes", "attributes"), CASES, ids=[case[0].name for case in CASES])
def test_an_operand_that_does_not_fit(op, shapes, attributes):
    line = inspect.currentframe().f_lineno + 1
    operands = [s and tensor(np.ones(s), requires_grad=True, name=f"operand_{i}") for i, s in enumerate(shapes)]
    if op.name in ("where", "ldexp"):
        i = 0 if op.name == "where" else 1
        operands[i] = operands[i].data.astype(bool if op.name == "where" else int)
    with pytest.raises(OperandError) as caught:
        op.function(*operands, **attributes)
    error, lines = caught.value, str(caught.value).splitlines()
    assert lines[0].startswith(f"{op.name}: ")
    assert len(lines[0]) > len(op.name) + 10
    for i, (shape, operand) in enumerate(zip(shapes, operands, strict=True)):
        name = f"{op.operands[0]}[{i}]" if op.variadic else op.operands[i]
        if shape is None:
            assert f"  {name} = None" in lines
        elif isinstance(operand, np.ndarray):
            assert f"  {name} = an array: shape {shape}, {operand.dtype}" in lines
        else:
            assert f"  {name} = operand_{i}: shape {shape}, float64, made at {__file__}:{line}" in lines
    assert (error.op, error.operands) == (op, tuple(operands))
    assert error.__cause__ is not None
    assert not isinstance(error.__cause__, OperandError)
    if not lines[-1].startswith("  likely fix: "):
        assert error.fix == ""


COMPOSED = {
    "average": lambda x: np.average(x, weights=np.ones(4)),
    "cross": lambda x: np.cross(x, np.ones(4)),
    "diag": lambda x: np.diag(x[None, None]),
    "cov": lambda x: np.cov(x, np.ones(4)),
    "interp": lambda x: np.interp(x, np.arange(2.0), np.ones(4)),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_a_function_made_of_several_ops(name):
    """Where NumPy would complain before any op runs, the message has the same form."""
    x = tensor(np.ones(3), requires_grad=True, name="signal")
    with pytest.raises(OperandError) as caught:
        COMPOSED[name](x)
    assert str(caught.value).startswith(f"{name}: ")
    assert re.search(
        r"^  \w+ = .*: shape \(.*3,?\), float64, made at .*test_operand_errors\.py:\d+$", str(caught.value), re.M
    )
    assert type(caught.value.__cause__) in (ValueError, TypeError)


def test_no_op_is_left_out():
    """An op with several operands, or with attributes, has a line in the table above."""
    known = {case[0].name for case in CASES} | ALWAYS
    several = [op.name for op in OURS if len(op.operands) > 1 or op.variadic or set(op.attributes) & {"axis", "shape"}]
    assert [name for name in several if name not in known] == []


def test_the_type_is_public_and_that_of_numpy_too():
    """Nobody needs to know a private name to read a traceback."""
    t = ones(2, 3)
    for call, kind in (
        (lambda: t[5], IndexError),
        (lambda: t.sum(axis=2), np.exceptions.AxisError),
        (lambda: np.linalg.inv(t), np.linalg.LinAlgError),
        (lambda: t + None, TypeError),
        (lambda: t + np.ones(2), ValueError),
    ):
        with pytest.raises(kind) as caught:
            call()
        text = traceback.format_exception_only(caught.value)[0]
        assert re.match(r"autograd\.errors\.Operand\w*Error: ", text)


def test_a_result_that_has_no_gradient():
    with pytest.raises(InvalidDtypeError) as caught:
        ones(2, name="signal") * np.array([1j, 2j])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("multiply gives complex128, which has no gradient here.")
    assert re.fullmatch(rf"  x = signal: shape \(2,\), float64, made at {re.escape(__file__)}:\d+", lines[1])
    assert lines[2] == "  y = an array: shape (2,), complex128"


def test_inside_of_a_layer():
    """The path of the module, the dotted name of its parameter, and the module itself as a note."""

    class Scale(nn.Module):
        def __init__(self):
            self.factor = nn.Parameter(np.ones(3, "float32"))

        def forward(self, x):
            return x * self.factor

    class Block(nn.Module):
        def __init__(self):
            self.linear, self.scale = nn.Linear(2, 4, rng=0), Scale()

        def forward(self, x):
            return self.scale(np.tanh(self.linear(x)))

    model = nn.Sequential(nn.Linear(3, 2, rng=0), Block())
    with pytest.raises(OperandError) as caught:
        model(np.ones((5, 3), "float32"))
    text = str(caught.value)
    assert text.startswith(
        "multiply in module 1.scale: operands could not be broadcast together with shapes (5,4) (3,)"
    )
    assert "x = the result of tanh: shape (5, 4), float32, made at " in text
    assert "y = 1.scale.factor: shape (3,), float32, made at " in text
    assert caught.value.__notes__ == ["in module 1.scale: Scale()"]


def test_a_layer_names_its_operands():
    with pytest.raises(OperandError) as caught:
        nn.Linear(3, 4, rng=0)(tensor(np.ones((3, 5), "float32"), name="x"))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("Linear(3, 4) needs an input whose last axis has size 3, but the shape is (3, 5).")
    assert lines[1].startswith("  x = x: shape (3, 5), float32, made at ")
    assert lines[2].startswith("  weight = weight: shape (4, 3), float32, made at ")
    assert caught.value.op.name == "linear"


def test_what_a_module_was_given():
    """Where a module or a loss refuses its inputs itself, they follow as notes."""
    x = tensor(np.ones((5, 2), "float32"), name="features")
    with pytest.raises(ValueError, match="the prediction has shape") as caught:
        nn.MSELoss()(nn.Linear(2, 1, rng=0)(x), np.ones(5))
    module, prediction, target = caught.value.__notes__
    assert module == "in module (outermost): MSELoss()"
    text = r"  prediction = the result of linear: shape \(5, 1\), float32, made at .*test_operand_errors\.py:\d+"
    assert re.fullmatch(text, prediction)
    assert target == "  target = an array: shape (5,), float64"
    with pytest.raises(OperandError) as caught:
        nn.LayerNorm(4)(x)
    assert caught.value.__notes__[1].startswith("  x = features: shape (5, 2), float32, made at ")


def test_without_a_graph_too():
    with no_grad(), pytest.raises(OperandError, match=r"likely fix: a \+ b\.T"):
        tensor(np.ones((2, 3)), name="a") + tensor(np.ones((3, 2)), name="b")


LOSSES = [nn.MSELoss, nn.BCEWithLogitsLoss] + [
    getattr(nn, name) for name in ("L1Loss", "HuberLoss", "BCELoss", "HingeLoss") if hasattr(nn, name)
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize(("prediction", "target"), [((5, 1), (5,)), ((5,), (5, 1)), ((5, 1), (1,)), ((5,), ())])
def test_a_loss_does_not_broadcast(loss, prediction, target):
    with pytest.raises(ValueError, match=re.escape(f"the prediction has shape {prediction}, but the target")):
        loss()(ones(*prediction), np.ones(target))


def test_parameters_come_from_the_users_line():
    """The line that created the layer, and not a line in the file of the layer."""
    layer = nn.Linear(3, 2)
    line = sys._getframe().f_lineno - 1
    with pytest.raises(OperandError) as caught:
        layer(np.ones((4, 2), "float32"))
    assert str(caught.value).count(f"test_operand_errors.py:{line}") == 2

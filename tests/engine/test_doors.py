"""Every door by which numbers come in refuses what carries more than its numbers, as operators do: a mask, the other
meaning of ``*`` of a matrix, a unit."""

import numpy as np
import pytest

import nn
import optim
from autograd import (
    OperandError,
    Tensor,
    custom_op,
    grad,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    tensor,
    value_and_grad,
    vjp,
)
from autograd.ops import arithmetic
from nn import functional as F, metrics


class Quantity(np.ndarray):
    """Numbers with a unit, as other packages have them."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        raise AssertionError("the unit was about to be lost")


def masked(x):
    return np.ma.array(x, mask=np.arange(x.size).reshape(x.shape) % 2 == 1)


def listed(x):
    return [np.ma.masked, *masked(x)]


@pytest.fixture(params=["masked", "matrix", "quantity", "masked in a list"])
def carrying(request):
    """An array of ones, or of other numbers, that carries more than its numbers."""

    def make(x):
        if request.param == "matrix":
            return np.matrix(x)
        return {"masked": masked, "quantity": lambda a: a.view(Quantity), "masked in a list": listed}[request.param](x)

    make.in_list = request.param == "masked in a list"
    return make


ONES, ROWS, LABELS = np.ones((2, 2)), np.ones((4, 2), "float32"), np.array([0, 1, 1, 0])


def square(v):
    return np.sum(v[0] * v[0]) if isinstance(v, list | tuple) else np.sum(v * v)


def leaf():
    return tensor(ONES, requires_grad=True)


def assigned(attribute, x):
    setattr(leaf(), attribute, x)


def hooked(x):
    w = leaf()
    w.register_hook(lambda g: x)
    (w * 2).sum().backward()


def loaded(x):
    w = leaf()
    state = {"param_groups": [{"params": [0]}], "state": {0: {"step": 1, "momentum_buffer": x}}}
    optim.SGD([w], lr=0.1, momentum=0.9).load_state_dict(state)


def model():
    return nn.Linear(2, 2, rng=0)


LOSS = nn.CrossEntropyLoss()

# Doors for (2, 2) numbers of float64.
NUMBERS = {
    "tensor": tensor,
    "Tensor": Tensor,
    "data =": lambda x: assigned("data", x),
    "grad =": lambda x: assigned("grad", x),
    "backward": lambda x: (leaf() * 2).backward(x),
    "gradient": lambda x: (lambda w: (w * 2).gradient(w, gradient=x))(leaf()),
    "gradient, differentiable": lambda x: (lambda w: (w * 2).gradient(w, gradient=x, create_graph=True))(leaf()),
    "hook": hooked,
    "grad": lambda x: grad(square)(x),
    "grad, nested": lambda x: grad(lambda d: square(d["a"]))({"a": x}),
    "value_and_grad": lambda x: value_and_grad(square)(x),
    "jacobian": lambda x: jacobian(square)(x),
    "hessian": lambda x: hessian(square)(x),
    "vjp": lambda x: vjp(square, x),
    "vjp, cotangent": lambda x: vjp(lambda v: v * v, ONES)[1](x),
    "jvp": lambda x: jvp(square, (x,), (ONES,)),
    "jvp, tangent": lambda x: jvp(square, (ONES,), (x,)),
    "hvp": lambda x: hvp(square, (x,), (ONES,)),
    "hvp, tangent": lambda x: hvp(square, (ONES,), (x,)),
    "gradcheck": lambda x: gradcheck(square, x),
    "minimize": lambda x: optim.minimize(square, x),
    "operator": lambda x: leaf() * x,
    "operator, reflected": lambda x: tensor(ONES).__rmul__(x),
    "operator in place": lambda x: no_grad()(leaf().__iadd__)(x),
    "comparison": lambda x: leaf() < x,
    "op": lambda x: arithmetic.square(x),
    "ufunc": lambda x: np.add(leaf(), x),
    "ufunc, where=": lambda x: np.add.reduce(leaf(), where=x),
    "matmul": lambda x: leaf() @ x,
    "at.set": lambda x: leaf().at[...].set(x),
    "at.add": lambda x: leaf().at[...].add(x),
    "where": lambda x: np.where(x, leaf(), 0.0),
    "concatenate": lambda x: np.concatenate([leaf(), x]),
    "stack": lambda x: np.stack([leaf(), x]),
    "interp": lambda x: np.interp(leaf(), x, x),
    "average": lambda x: np.average(leaf(), weights=x),
    "clip": lambda x: np.clip(leaf(), x, 5.0),
    "dot": lambda x: np.dot(leaf(), x),
    "einsum": lambda x: np.einsum("ij,ij->", leaf(), x),
    "solve": lambda x: np.linalg.solve(leaf(), x),
    "custom_op": lambda x: custom_op(lambda v: v * 2.0, lambda g: g * 2.0)(x),
    "Parameter": nn.Parameter,
    "Buffer": nn.Buffer,
    "constant_": lambda x: nn.init.constant_(nn.Parameter(ONES), x),
    "load_state_dict": lambda x: model().load_state_dict({"weight": x, "bias": np.zeros(2)}),
    "optimizer's state": loaded,
    "Standardize": nn.data.Standardize,
    "Noise": lambda x: nn.data.Noise(0.1)(x, np.random.default_rng(0)),
    "mse_loss": lambda x: F.mse_loss(ONES, x),
    "mse_loss, prediction": lambda x: F.mse_loss(x, ONES),
    "huber_loss": lambda x: F.huber_loss(leaf(), x),
    "binary_cross_entropy": lambda x: F.binary_cross_entropy(ONES, x),
    "kl_div": lambda x: F.kl_div(x, ONES),
    "cross_entropy of rows": lambda x: F.cross_entropy(leaf(), x),
    "softmax": F.softmax,
    "relu": F.relu,
    "dropout": lambda x: F.dropout(x, 0.5),
    "mean_squared_error": lambda x: metrics.mean_squared_error(x, ONES),
    "attention mask": lambda x: F.scaled_dot_product_attention(ONES[None], ONES[None], ONES[None], x),
}
# Doors for samples (4, 2) of float32.
SAMPLES = {
    "a layer": lambda x: model()(x),
    "batch norm": lambda x: nn.BatchNorm1d(2)(x),
    "Loader": nn.data.Loader,
    "Loader, one of several": lambda x: nn.data.Loader((x, LABELS)),
    "fit": lambda x: nn.fit(model(), (x, LABELS), loss=LOSS, epochs=1),
    "predict": lambda x: nn.predict(model(), x),
    "evaluate": lambda x: nn.evaluate(model(), (x, LABELS), loss=LOSS),
    "cross_validate": lambda x: nn.cross_validate(model, (x, LABELS), folds=2, loss=LOSS, epochs=1),
    "KFold": lambda x: list(nn.data.KFold(2).split(x)),
    "scores": lambda x: metrics.accuracy(x, LABELS),
    "Perceptron": lambda x: nn.Perceptron(2).fit(x, LABELS),
}
# Doors for class numbers (4,).
CLASSES = {
    "index": lambda y: leaf()[y],
    "take": lambda y: np.take(leaf(), y),
    "at[index]": lambda y: leaf().at[y].set(0.0),
    "cross_entropy": lambda y: F.cross_entropy(ROWS, y),
    "cross_entropy of a Tensor": lambda y: LOSS(model()(ROWS), y),
    "accuracy": lambda y: metrics.accuracy(LABELS, y),
    "roc_auc": lambda y: metrics.roc_auc(np.ones(4), y),
    "confusion_matrix": lambda y: metrics.confusion_matrix(LABELS, y),
    "one_hot": nn.data.one_hot,
    "Embedding": lambda y: nn.Embedding(3, 2)(y),
    "fit": lambda y: nn.fit(model(), (ROWS, y), loss=LOSS, epochs=1),
    "stratify": lambda y: nn.data.train_test_split(ROWS, test_size=2, stratify=y),
    "McCullochPitts": lambda y: nn.McCullochPitts(y, 1.0),
}
DOORS = [
    pytest.param(door, x, id=name)
    for doors, x in ((NUMBERS, ONES), (SAMPLES, ROWS), (CLASSES, LABELS))
    for name, door in doors.items()
]
# Here a list is several arrays, whose number is looked at first; or lists are not taken at all.
CONTAINERS = {"vjp, cotangent", "jvp, tangent", "hvp", "hvp, tangent", "softmax", "relu"}
LOST = r"mask would be lost|is a matrix product|differs from that of plain arrays"


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize(("door", "x"), DOORS)
def test_more_than_numbers_is_refused(door, x, carrying, request):
    if carrying.in_list and request.node.callspec.id.split("-")[-1] in CONTAINERS:
        pytest.skip("takes a list for several arrays")
    given = carrying(x)
    with pytest.raises(OperandError, match=LOST):
        door(given)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("part", ["forward", "rule"])
def test_results_of_a_users_functions(part, carrying):
    if carrying.in_list:
        pytest.skip("a list is no result")
    forward = (lambda x: carrying(x)) if part == "forward" else (lambda x: x * 1.0)
    op = custom_op(forward, lambda g: carrying(np.asarray(g)))
    with pytest.raises(OperandError, match=LOST):
        op(leaf()).backward(ONES)


@pytest.mark.parametrize(("door", "x"), DOORS)
@pytest.mark.parametrize("kind", ["recarray", "memmap"])
def test_arrays_that_are_only_numbers_pass(door, x, kind, tmp_path):
    """Files in memory, and views of classes that do not change arithmetic."""
    if kind == "memmap":
        given = np.memmap(tmp_path / "numbers", x.dtype, "w+", shape=x.shape)
        given[...] = x
    else:
        given = x.view(np.recarray)
    assert outcome(door, given) == outcome(door, x)


def outcome(door, x):
    """The error of a door that wants other numbers than these, or None."""
    try:
        door(x)
    except Exception as error:
        return type(error)
    return None

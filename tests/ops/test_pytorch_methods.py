"""Methods by PyTorch's names: what they say they are, what PyTorch itself gives, gradients of both orders; ``dim`` for
``axis``; and the words that mean something else in NumPy."""

import pydoc
import re
import warnings

import numpy as np
import pytest
from op_samples import spread, weights

from autograd import LeafUpdateError, LiveGraphError, OperandError, Tensor, compile, grad, gradcheck, no_grad, tensor
from autograd.engine.op import REGISTRY
from autograd.pytorch_methods import METHODS

T, U = spread((2, 3), 0.5, 2.5), spread((2, 3), 0.5, 2.5, seed=1)
PLACES = np.array([[0], [2]])

# The same text for us and for PyTorch: t and u of shape (2, 3), i positions of shape (2, 1).
CALLS = {
    "view": lambda t, u, i: t.view(-1, 2),
    "view of a tuple": lambda t, u, i: t.view((3, 2)),
    "view_as": lambda t, u, i: t.view_as(u.view(6)),
    "flatten": lambda t, u, i: t[:, None].flatten(start_dim=1),
    "flatten two": lambda t, u, i: t[None].flatten(start_dim=0, end_dim=1),
    "flatten a number": lambda t, u, i: t.sum().flatten(),
    "unsqueeze": lambda t, u, i: t.unsqueeze(0) * u.unsqueeze(dim=1),
    "permute": lambda t, u, i: t.unsqueeze(0).permute(2, 0, 1),
    "permute a tuple": lambda t, u, i: t.permute((1, 0)),
    "t": lambda t, u, i: t.t(),
    "expand": lambda t, u, i: t.sum(1).unsqueeze(1).expand(-1, 4),
    "expand in front": lambda t, u, i: t.expand(4, -1, -1),
    "expand a tuple": lambda t, u, i: t.expand((2, 2, 3)),
    "expand_as": lambda t, u, i: t[0].expand_as(u),
    "chunk": lambda t, u, i: t.chunk(2, dim=1),
    "chunk of many": lambda t, u, i: t.chunk(5, -1),
    "split": lambda t, u, i: t.split(2, dim=1),
    "split sizes": lambda t, u, i: t.split([1, 2], dim=-1),
    "unbind": lambda t, u, i: t.unbind(1),
    "contiguous": lambda t, u, i: t.permute(1, 0).contiguous().view(2, 3),
    "is_contiguous": lambda t, u, i: (t.is_contiguous(), t.permute(1, 0).is_contiguous()),
    "numel": lambda t, u, i: (t.numel(), t.dim()),
    "add": lambda t, u, i: t.add(u).add(1.5).add(u, alpha=2),
    "sub": lambda t, u, i: t.sub(u).sub(u, alpha=0.5),
    "mul": lambda t, u, i: t.mul(u).mul(2),
    "div": lambda t, u, i: t.div(u).div(2),
    "pow": lambda t, u, i: t.pow(2) + t.pow(u),
    "matmul": lambda t, u, i: t.matmul(u.t()),
    "mm": lambda t, u, i: t.mm(u.t()),
    "bmm": lambda t, u, i: t.unsqueeze(2).bmm(u.unsqueeze(1)),
    "clamp": lambda t, u, i: t.clamp(0.9, 2.1) + t.clamp(min=1.0) + t.clamp(max=2.0),
    "norm": lambda t, u, i: t.norm(),
    "norm 2": lambda t, u, i: t.norm(2, 1),
    "norm 1": lambda t, u, i: t.norm(p=1, dim=0, keepdim=True),
    "norm of all": lambda t, u, i: t.norm(3, dim=(0, 1)),
    "norm inf": lambda t, u, i: t.norm(float("inf"), dim=[-1]),
    "eq": lambda t, u, i: t.eq(t),
    "where": lambda t, u, i: t.where(t > 1.5, u),
    "masked_fill": lambda t, u, i: t.masked_fill(t > 1.5, -1e9),
    "masked_fill of a row": lambda t, u, i: t.masked_fill(u[0] > 1.5, 0),
    "gather": lambda t, u, i: t.gather(1, i),
    "gather few": lambda t, u, i: t.gather(0, i.T[:, :1] // 2),
    "gather many": lambda t, u, i: t.gather(dim=-1, index=i[:, [0, 0, 0, 0]]),
    "scatter": lambda t, u, i: t.scatter(1, i, u.gather(1, i)),
    "scatter a number": lambda t, u, i: t.scatter(-1, i, 5.0) + u.scatter(1, i, value=2),
    "scatter of more": lambda t, u, i: t.scatter(0, i.T[:, :1] // 2, src=u.detach()),
    "scatter_add": lambda t, u, i: t.scatter_add(1, i, u[:, :1]),
    "scatter_add of more": lambda t, u, i: t.scatter_add(1, i[:, [0, 0]], u.detach()),
    "index_select": lambda t, u, i: t.index_select(1, i[:, 0]),
    "topk": lambda t, u, i: t.topk(2),
    "topk smallest": lambda t, u, i: t.topk(1, dim=0, largest=False).values * u,
    "clone": lambda t, u, i: t.clone() * u,
    "cpu": lambda t, u, i: t.cpu() * u.to("cpu"),
    "to": lambda t, u, i: (t.to(u), t.to("cpu", u.dtype), u.to(device="cpu", non_blocking=True), t.to(dtype=u.dtype)),
    "type_as": lambda t, u, i: (t.type_as(u), t.type_as(i)),
    "dtypes": lambda t, u, i: (t.half(), t.float(), t.double(), t.int(), t.long(), t.bool()),
    "new": lambda t, u, i: (t.new_zeros(2, 3), t.new_ones((2,))),
    "retain_grad": lambda t, u, i: (t * u).retain_grad(),
    "sin": lambda t, u, i: t.sin() * u.cos(),
    # arguments
    "sum": lambda t, u, i: t.sum(dim=1, keepdim=True) + t.sum(0, keepdim=True) + t.sum(dim=(0, 1)) + t.sum(dim=[-1, 0]),
    "sum of no axes": lambda t, u, i: t.sum(dim=()),
    "sum in a dtype": lambda t, u, i: t.sum(dim=1, dtype=u.dtype),
    "mean": lambda t, u, i: t.mean(dim=-1, keepdim=True) * t.mean(-1, keepdim=True),
    "prod": lambda t, u, i: t.prod(dim=1, keepdim=True) + t.prod(dim=1),
    "softmax": lambda t, u, i: t.softmax(dim=0) + t.softmax(1),
    "log_softmax": lambda t, u, i: t.log_softmax(dim=0) + t.log_softmax(-1),
    "logsumexp": lambda t, u, i: t.logsumexp(dim=1, keepdim=True) + t.logsumexp(1) + t.logsumexp(dim=(0, 1)),
    "argmax": lambda t, u, i: (t.argmax(dim=1), t.argmax(dim=0, keepdim=True), t.argmax(dim=None), t.argmax()),
    "argmin": lambda t, u, i: (t.argmin(dim=-1), t.argmin(1, keepdim=True)),
    "cumsum": lambda t, u, i: t.cumsum(dim=1),
    "cumprod": lambda t, u, i: t.cumprod(dim=0),
    "all": lambda t, u, i: ((t * 0).all(dim=1), t.all(dim=0, keepdim=True), t.all(1, keepdim=True), t.all(dim=(0, 1))),
    "any": lambda t, u, i: ((t * 0).any(dim=1), t.any(dim=0, keepdim=True)),
    "squeeze": lambda t, u, i: t.unsqueeze(0).squeeze(dim=0) + t.unsqueeze(1).squeeze(1),
    "squeeze an axis that is longer": lambda t, u, i: t[None].squeeze(dim=1) + t[None].squeeze(dim=(0, 2)),
    "std": lambda t, u, i: t.std(dim=1, unbiased=True) + t.var(1, keepdim=True, unbiased=False),
    "var": lambda t, u, i: t.var(dim=1, correction=1) + t.std(dim=(0, 1), keepdim=True, correction=0),
}
FLAT = {
    "is_contiguous",
    "numel",
    "eq",
    "new",
    "dtypes",
    "argmax",
    "argmin",
    "all",
    "any",
    "retain_grad",
    "to",
    "type_as",
}
SMOOTH = {name: call for name, call in CALLS.items() if name not in FLAT} | {
    "scatter of more": lambda t, u, i: t.scatter(0, i.T[:, :1] // 2, u),  # where PyTorch gives no gradient
    "scatter_add of more": lambda t, u, i: t.scatter_add(1, i[:, [0, 0]], u),
}


def parts(out):
    """The results of a call, one or several."""
    return list(out) if isinstance(out, tuple) else [out]


def kind(x):
    """Shape and dtype of a result of either library, and its numbers; of what is no array the value."""
    if not hasattr(x, "dtype"):
        return x
    array = x.detach().numpy() if hasattr(x, "detach") else np.asarray(x)
    return array.shape, array.dtype, array.tolist()


def live(x):
    return getattr(x, "requires_grad", False)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CALLS)
def test_it_is_what_pytorch_gives(name, dtype):
    torch = pytest.importorskip("torch")
    call, found = CALLS[name], []
    for make, places in (
        (lambda x: tensor(x, requires_grad=True), PLACES),
        (lambda x: torch.tensor(x, requires_grad=True), torch.tensor(PLACES)),
    ):
        t, u = make(T.astype(dtype)), make(U.astype(dtype))
        out = parts(call(t, u, places))
        total = sum((x * make(weights(kind(x)[2]).astype(dtype))).sum() for x in out if live(x) and kind(x)[1] == dtype)
        if live(total):
            total.backward()
        found.append((out, [None if x.grad is None else np.asarray(x.grad) for x in (t, u)]))
    (ours, our_slopes), (theirs, their_slopes) = found
    assert len(ours) == len(theirs)
    for a, b in zip(map(kind, ours), map(kind, theirs), strict=True):
        assert type(a) is type(b) or tuple(b) == a
        if hasattr(a, "dtype") or (isinstance(a, tuple) and len(a) == 3):
            assert a[:2] == b[:2]
            np.testing.assert_allclose(a[2], b[2], rtol=2e-6 if dtype == "float32" else 1e-14)
    for a, b in zip(our_slopes, their_slopes, strict=True):
        zeros = np.zeros(T.shape, dtype)  # None: nothing depends on it
        a, b = (zeros if x is None else x for x in (a, b))
        np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-6)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_of_both_orders(name):
    def f(t, u):
        t, u = t * t, u * u  # so that linear ones have a second derivative
        return [x for x in parts(SMOOTH[name](t, u, PLACES)) if live(x)]

    gradcheck(f, np.sqrt(T), np.sqrt(U), order=2)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_what_its_line_says(name):
    """The line of `help`, which is the docstring, has a call and the same in NumPy's words."""
    call, same = METHODS[name][1].split(" is ", 1)
    names = {"t": tensor(T), "i": PLACES, "np": np, "tensor": tensor}
    assert f".{name}(" in call
    if same.startswith("refused: "):
        with pytest.raises(OperandError):
            eval(call, names)
        return
    assert getattr(Tensor, name).__doc__ == f"``{call}`` is ``{same}``."
    found, expected = (parts(eval(text, names)) for text in (call, same))
    assert [kind(x) for x in found] == [kind(x) for x in expected]
    assert [live(x) for x in found] == [live(x) for x in expected]


def test_each_method_is_one_line_of_help():
    lines = pydoc.plain(pydoc.render_doc(Tensor)).splitlines()
    for name in METHODS:
        [at] = [i for i, line in enumerate(lines) if line.startswith(f" |  {name}(")]
        assert lines[at + 1].startswith(" |      ``")
        assert lines[at + 2].strip() == "|"


def test_every_method_and_word_is_tried():
    words = {name for op in REGISTRY.values() if "dim" in (op.facts.options or {}) for name in op.facts.method}
    names = {*METHODS, *words} - {"requires_grad_", "zero_", "max", "min", "sort", "median"}  # below
    tried = {name for call in CALLS.values() for name in call.__code__.co_names}
    assert names - tried == {"long", "bool", "int", "half"} - tried == set()


# --- words with two meanings ---------------------------------------------------------------------------------------

MATRIX = tensor(T)
REFUSED = {
    "max": (lambda t: t.max(dim=1), r"max\(dim=1\).*t\.max\(axis=1\) .*t\.argmax\(axis=1\)"),
    "min": (lambda t: t.min(1, keepdim=True), r"min\(keepdim=True\).*t\.argmin\(axis=1, keepdims=True\)"),
    "std": (lambda t: t.std(dim=0), r"n - 1.*t\.std\(axis=0, ddof=1\).*t\.std\(axis=0\)"),
    "var": (lambda t: t.var(-1, keepdim=True), r"t\.var\(axis=-1, keepdims=True, ddof=1\)"),
    "sort": (lambda t: t.sort(0), r"np\.sort\(t, axis=0\).*t\.argsort\(axis=0\)"),
    "sort in place": (lambda t: t.sort(axis=0, kind="stable"), r"sorts in place.*np\.sort\(t, axis=0\)"),
    "sort down": (lambda t: t.sort(dim=1, descending=True), r"np\.flip of either puts the largest first"),
    "median": (lambda t: t.median(dim=1, keepdim=True), r"np\.median\(t, axis=1, keepdims=True\)"),
    "median of all": (lambda t: t.median(), r"np\.median\(t, axis=None\)"),
    "view of bytes": (lambda t: t.view(np.float32), r"not their bytes.*t\.astype.*t\.numpy\(\)\.view"),
    "flatten": (lambda t: t.flatten(1), r"flatten\(1\).*t\.flatten\(start_dim=1\).*t\.reshape\(len\(t\), -1\)"),
    "split": (lambda t: t.split(2), r"split\(2\).*t\.split\(2, dim=0\).*np\.split\(t, 2, axis=0\)"),
    "split an axis": (lambda t: t.split([1, 2], 1), r"t\.split\(\[1, 2\], dim=1\).*np\.split\(t, \[1, 2\], axis=1\)"),
    "split sizes": (lambda t: t.split([1, 1], dim=1), "add up to 2, but axis 1 has 3"),
    "split nothing": (lambda t: t.split(0, dim=1), "a piece of the 3 entries along axis 1 has at least 1 entry, not 0"),
    "chunk nothing": (lambda t: t.chunk(0), "a piece of the 2 entries along axis 0 has at least 1 entry, not 0"),
    "squeeze": (lambda t: t.squeeze(1), r"t\.squeeze\(dim=1\) keeps such an axis"),
    "two words": (lambda t: t.sum(0, dim=0), "mean the same: pass one"),
    "two axes of three": (lambda t: t[None].transpose(0, 1), r"t\.swapaxes\(0, 1\)"),
    "keepdim at the end": (lambda t: t.sum(1, True), r"after axis is dtype, not True\. Write keepdim=True\."),
    "keepdim of positions": (lambda t: t.argmax(1, True), r"after axis is out, not True\. Write keepdim=True\."),
    "unbiased at the end": (lambda t: t.std(0, False), r"after axis is dtype, not False\. Write unbiased=False\."),
    "two axes": (lambda t: t[None].transpose(1, 2), r"t\.swapaxes\(1, 2\)"),
    "copies of the whole": (lambda t: t.repeat(2, 1, 1), r"for whole copies, write np\.tile\(t, \(2, 1, 1\)\)\."),
    "a list of axes": (lambda t: t.mean([0, 1]), r"'list' object.* Several axes are a tuple: axis=\(0, 1\)"),
    "device": (lambda t: t.to("cuda:0"), r"no device 'cuda:0' here.*\"cpu\""),
    "device number": (lambda t: t.to(device=1), "no device '1' here"),
    "gather": (lambda t: t.gather(1, [0, 2]), r"shape \(2,\), int64.*as many axes.*\(2, 3\)"),
    "scatter": (lambda t: t.scatter(1, T > 1, 0.0), r"shape \(2, 3\), bool.*integers"),
    "scatter too little": (lambda t: t.scatter(1, PLACES, T[:1]), r"src has shape \(1, 3\).*index has shape \(2, 1\)"),
    "scatter_add along fewer axes": (lambda t: t.scatter_add(1, PLACES, T[0]), r"src has shape \(3,\)"),
    "scatter nothing": (lambda t: t.scatter(1, PLACES), "value is not numeric: <no value>"),
    "flatten backwards": (lambda t: t.flatten(start_dim=1, end_dim=0), "start_dim=1 comes after end_dim=0"),
    "topk": (lambda t: t.topk(4), "k=4, but there are 3 entries along axis -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_arguments_tell_apart_is_refused(name):
    call, words = REFUSED[name]
    with pytest.raises(OperandError, match=words):
        call(MATRIX)


def codes_of(text):
    """The calls that a message names, each up to the bracket that closes it."""
    for found in re.finditer(r"(?:[Ww]rite|and|or) (?=(t|np)\.)", text):
        depth, end = 0, found.end()
        while depth or not re.match(r"[ ,;]|\.? |\.?$", text[end:]):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield text[found.end() : end]


def test_what_errors_say_runs():
    """The code of each message, which is PyTorch's number for its words."""
    torch = pytest.importorskip("torch")
    theirs = torch.tensor(T)
    for call, expected in {
        (lambda t: t.max(dim=1)): theirs.max(1),
        (lambda t: t.min(1, keepdim=True)): theirs.min(1, keepdim=True),
        (lambda t: t.std(dim=1)): [theirs.std(1), theirs.std(1, unbiased=False)],
        (lambda t: t.sort(1)): theirs.sort(1),
        (lambda t: t.flatten(1)): [theirs.flatten(1)] * 2,
        (lambda t: t[None].transpose(1, 2)[0]): [theirs.T[None]],
    }.items():
        with pytest.raises(OperandError) as refused:
            call(MATRIX)
        codes = [*codes_of(str(refused.value).partition(chr(10))[0])]
        names = {"t": MATRIX[None] if "swapaxes" in codes[0] else MATRIX, "np": np}
        assert len(codes) == len(expected)
        for code, answer in zip(codes, expected, strict=True):
            np.testing.assert_allclose(np.asarray(eval(code, names)), answer, rtol=1e-14)


def test_axes_that_there_are_not():
    for call in (
        *(lambda: MATRIX.sum(dim=2), lambda: MATRIX.squeeze(dim=2), lambda: MATRIX.chunk(2, 2)),
        *(lambda: MATRIX.topk(1, dim=2), lambda: MATRIX.gather(2, PLACES), lambda: MATRIX.flatten(start_dim=2)),
    ):
        with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
            call()


def test_numpys_meaning_stays():
    values, more = MATRIX.max(1)
    assert [values.item(), more.item()] == T.max(1).tolist()
    np.testing.assert_array_equal(MATRIX.repeat(2).data, T.repeat(2))
    np.testing.assert_array_equal(MATRIX.std(1).data, T.std(1))
    np.testing.assert_array_equal(MATRIX.transpose(1, 0).data, T.T)
    np.testing.assert_array_equal(MATRIX.flatten("F").data, T.flatten("F"))
    with pytest.raises(OperandError, match="not equal to one"):
        np.squeeze(MATRIX, 1)


@pytest.mark.parametrize("axes", [(0, 1), (-2, -1), (0, -1)])
def test_a_matrix_whose_axes_stay_is_warned_of(axes):
    with pytest.warns(UserWarning, match=r"leaves a matrix unchanged.*t\.T or t\.swapaxes\(") as said:
        out = MATRIX.transpose(*axes)
    assert (out.shape, said[0].filename) == ((2, 3), __file__)
    with warnings.catch_warnings(action="error"):
        assert MATRIX.transpose(axes).shape == np.transpose(MATRIX, axes).shape == (2, 3)
        assert MATRIX[None].transpose(0, 1, 2).shape == (1, 2, 3)
        assert MATRIX.transpose(-1, -2).shape == MATRIX.transpose(1, -2).shape == (3, 2)


# --- leaves --------------------------------------------------------------------------------------------------------


def test_zero_changes_a_leaf():
    w = tensor([1.0, np.nan], requires_grad=True, name="w")
    y = (w * w).sum()
    with pytest.raises(LeafUpdateError, match=r"zero_ .*with no_grad\(\): w\.zero_\(\).*w = np\.zeros_like\(w\)"):
        w.zero_()
    data = w.data
    with no_grad():
        assert w.zero_() is w
    assert (w.data is data, w.data.tolist()) == (True, [0.0, 0.0])
    with pytest.raises(RuntimeError, match="changed"):
        y.backward()
    (w * w + w).sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]
    with pytest.raises(LiveGraphError, match="was computed"):
        (w * w).zero_()
    with pytest.raises(LiveGraphError):
        grad(lambda x: (x.zero_() * x).sum())(np.ones(2))


def test_requires_grad_is_asked_for():
    w = tensor([1.0])
    assert w.requires_grad_() is w
    assert w.requires_grad
    assert not w.requires_grad_(False).requires_grad
    with pytest.raises(LiveGraphError):
        (w.requires_grad_() * w).requires_grad_(False)


def test_what_changes_nothing_gives_the_tensor_itself():
    t = tensor(T)
    for out in (t.cpu(), t.to("cpu", True), t.double(), t.to(np.float64), t.contiguous(), t.type_as(t)):
        assert out is t


def test_small_print():
    assert MATRIX.T.contiguous().is_contiguous()
    assert tensor(np.zeros((0, 3, 2))).flatten(start_dim=1).shape == (0, 6)
    assert tensor(np.zeros(99)).topk(3, largest=False).indices.tolist() == [0, 1, 2]  # the first of equal ones


def test_compiled():
    def step(t, u):
        scores = t.unsqueeze(0).view(len(t), -1).matmul(u.t()).masked_fill(np.eye(2) > 0, -1e9).softmax(dim=-1)
        picked = scores.gather(1, np.array([[1], [0]])).squeeze(dim=1)
        largest = u.norm(dim=1).topk(1).values.sum()
        return (picked.pow(2).sum() / t.numel() + largest).float() + t.chunk(2)[1].mean(dim=1)

    eager = grad(lambda t, u: step(t, u).sum(), (0, 1))
    compiled = compile(eager)
    for i in range(4):
        for a, b in zip(compiled(T + i, U), eager(T + i, U), strict=True):
            np.testing.assert_array_equal(a, b)
    assert ", 0 eager calls" in compiled.explain(), compiled.explain()

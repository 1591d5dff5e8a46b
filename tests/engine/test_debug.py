"""debug(): the first number that is not finite and the array changed in place are named, with the way around them."""

import asyncio
import threading

import numpy as np
import pytest

import nn
from autograd import (
    InPlaceError,
    NonFiniteError,
    custom_op,
    debug,
    enable_grad,
    grad,
    hessian,
    jacobian,
    no_grad,
    record,
    tensor,
    vjp,
)
from autograd.engine.graph import STATE
from autograd.modes import Watch
from autograd.provenance import origin_of


def live(*values, **options):
    return tensor(np.array(values), requires_grad=True, **options)


def pull(out):
    np.sum(out).backward()


MASK = np.array([0.0, -np.inf])
HUGE = np.full((2, 2), 1e308)

# What goes wrong, in which op, with which words, and the same written as the message says.
FORWARD = {
    "log of 0": (
        lambda: np.log(live(1.0, 0.0)),
        "log",
        "log of 0",
        lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0),
    ),
    "log of a negative number": (
        lambda: np.log2(live(1.0, -1.0)),
        "log2",
        "log2 of a negative number",
        lambda x: np.log2(x + 1e-12),
    ),
    "log of softmax": (
        lambda: np.log(nn.functional.softmax(live(0.0, -2000.0))),
        "log",
        "log of 0",
        lambda x: nn.functional.log_softmax(x * 1e4),
    ),
    "log1p of -1": (lambda: np.log1p(live(0.0, -1.0)), "log1p", "log1p outside x > -1", np.log1p),
    "0/0": (lambda: live(1.0, 0.0) / live(1.0, 0.0), "divide", "0/0", lambda x: x / np.where(x != 0, x, 1.0)),
    "division by 0": (
        lambda: 1.0 / live(1.0, 0.0),
        "divide",
        "division by 0",
        lambda x: np.where(x != 0, 1.0 / np.where(x != 0, x, 1.0), 0.0),
    ),
    "reciprocal of 0": (
        lambda: np.reciprocal(live(1.0, 0.0)),
        "reciprocal",
        "division by 0",
        lambda x: np.reciprocal(x + 2.0),
    ),
    "inf/inf": (
        lambda: (
            np.where([True, True], live(1.0, 1.0), 0.0) / (live(1.0, 1.0) + np.array([0.0, np.inf])) * 0.0
            + (lambda y: y / y)(live(1.0, 1.0) + np.array([0.0, np.inf]))
        ),
        "divide",
        "inf/inf",
        nn.functional.softmax,
    ),
    "sqrt of a negative number": (
        lambda: np.sqrt(live(1.0, -1.0)),
        "sqrt",
        "sqrt of a negative number",
        lambda x: np.sqrt(np.where(x > 0, x, 1.0)),
    ),
    "0 to a negative power": (
        lambda: live(1.0, 0.0) ** -1.0,
        "power",
        "0 to a negative power",
        lambda x: np.where(x != 0, x, 1.0) ** -1.0,
    ),
    "root of a negative number": (
        lambda: live(1.0, -8.0) ** (1 / 3),
        "power",
        "a negative number to a power",
        lambda x: (np.abs(x) + 1.0) ** (1 / 3),
    ),
    "exp": (lambda: np.exp(live(1.0, 1000.0)), "exp", "overflow", lambda x: np.exp(x - np.max(x))),
    "sinh": (lambda: np.sinh(live(1.0, 1000.0)), "sinh", "overflow", np.sinh),
    "power overflows": (lambda: live(1.0, 1e200) ** 2.0, "power", "overflow", lambda x: x**2.0),
    "sum overflows": (lambda: np.sum(live(1e308, 1e308)), "sum", "overflow", np.sum),
    "matmul overflows": (
        lambda: tensor(HUGE, requires_grad=True) @ np.ones((2, 2)),
        "matmul",
        "overflow",
        lambda x: x @ HUGE[:, :1] * 1e-300,
    ),
    "float16 overflows": (
        lambda: live(*np.array([1.0, 300.0], np.float16)) * np.float16(300.0),
        "multiply",
        "the largest float16",
        lambda x: x * 300.0,
    ),
    "inf - inf": (
        lambda: (lambda s: s - np.max(s))(live(1.0) + np.array([-np.inf])),
        "subtract",
        "inf - inf",
        lambda x: (x + np.array([-1e9, 0.0])) - np.max(x),
    ),
    "0 * inf": (
        lambda: (live(1.0, 1.0) + MASK) * np.array([1.0, 0.0]),
        "multiply",
        "0 * inf",
        lambda x: np.where([True, False], x + MASK, 0.0),
    ),
    "arcsin": (
        lambda: np.arcsin(live(0.0, 2.0)),
        "arcsin",
        "arcsin outside [-1, 1]",
        lambda x: np.arcsin(np.clip(x, -0.5, 0.5)),
    ),
    "arccos": (
        lambda: np.arccos(live(0.0, -2.0)),
        "arccos",
        "arccos outside [-1, 1]",
        lambda x: np.arccos(np.clip(x, -0.5, 0.5)),
    ),
    "arccosh": (lambda: np.arccosh(live(2.0, 0.0)), "arccosh", "arccosh outside x >= 1", lambda x: np.arccosh(x + 2.0)),
    "arctanh": (
        lambda: np.arctanh(live(0.0, 1.0)),
        "arctanh",
        "arctanh outside (-1, 1)",
        lambda x: np.arctanh(x * 0.1),
    ),
    "remainder": (
        lambda: np.remainder(live(1.0, 2.0), live(1.0, 0.0)),
        "remainder",
        "remainder of a division by 0",
        lambda x: np.remainder(x, 2.0),
    ),
    "nan came in": (lambda: live(1.0, np.nan) * 2.0, "multiply", "nan came in with x", lambda x: x * 2.0),
    "nan came in, deep": (
        lambda: np.ones(2) @ live(1.0, np.nan),
        "matmul",
        "nan came in with y",
        lambda x: np.ones(2) @ x,
    ),
    "nan in a plain array": (
        lambda: live(1.0, 1.0) + np.array([1.0, np.nan]),
        "add",
        "nan came in with y",
        lambda x: x + 1.0,
    ),
    "inf came in": (lambda: live(1.0, np.inf) * 2.0, "multiply", "inf came in with x", lambda x: x * 2.0),
    "inf in a factor": (
        lambda: live(1.0, 1.0) * np.array([1.0, np.inf]),
        "multiply",
        "inf came in with y",
        lambda x: x * 2.0,
    ),
}

BACKWARD = {
    "sqrt at 0": (lambda: pull(np.sqrt(live(1.0, 0.0))), "sqrt", "infinite slope at 0", lambda x: np.sqrt(x + 1e-12)),
    "cbrt at 0": (lambda: pull(np.cbrt(live(1.0, 0.0))), "cbrt", "infinite slope at 0", lambda x: np.cbrt(x + 1.0)),
    "power at 0": (
        lambda: pull(live(1.0, 0.0) ** 0.5),
        "power",
        "infinite slope at 0",
        lambda x: np.where(x != 0, np.where(x != 0, x, 1.0) ** 0.5, 0.0),
    ),
    "arcsin at 1": (
        lambda: pull(np.arcsin(live(0.0, 1.0))),
        "arcsin",
        "infinite slope at 1",
        lambda x: np.arcsin(np.clip(x, -0.9, 0.9)),
    ),
    "arccos at -1": (
        lambda: pull(np.arccos(live(0.0, -1.0))),
        "arccos",
        "infinite slope at -1",
        lambda x: np.arccos(np.clip(x, -0.9, 0.9)),
    ),
    "arccosh at 1": (
        lambda: pull(np.arccosh(live(2.0, 1.0))),
        "arccosh",
        "infinite slope at 1",
        lambda x: np.arccosh(x + 2.0),
    ),
    "norm at 0": (
        lambda: pull(np.sqrt(np.sum(live(0.0, 0.0) ** 2))),
        "sqrt",
        "the norm at 0",
        lambda x: np.linalg.norm(x * 0.0),
    ),
    "norm at 0 by products": (
        lambda: pull(np.sqrt(np.sum((x := live(0.0, 0.0)) * x))),
        "sqrt",
        "the norm at 0",
        lambda x: np.sqrt(np.sum(x**2) + 1e-12),
    ),
    "untaken branch": (
        lambda: pull(np.where((x := live(1.0, 0.0)) > 0, np.sqrt(x), 0.0)),
        "sqrt",
        "the untaken branch of the np.where at",
        lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0),
    ),
    "untaken branch, further down": (
        lambda: pull(np.where((x := live(1.0, 0.0)) > 0, 3.0 * np.sin(np.sqrt(x)), x)),
        "sqrt",
        "the untaken branch of the np.where at",
        lambda x: np.where(x > 0, 3.0 * np.sin(np.sqrt(np.where(x > 0, x, 1.0))), 0.0),
    ),
    "0 * inf": (
        lambda: pull(np.sqrt(live(1.0, 0.0)) * np.array([1.0, 0.0])),
        "sqrt",
        "0 * inf: the incoming gradient is 0",
        lambda x: np.sqrt(x + 1e-12) * MASK[0],
    ),
    "overflow": (
        lambda: pull(live(1e-300, 1.0) ** 1.0 / live(1e-200, 1.0) * 1e200),
        "divide",
        "overflows",
        lambda x: x / 2.0,
    ),
    "a seed": (
        lambda: (live(1.0, 1.0) * 2.0).backward(np.array([1.0, np.inf])),
        "multiply",
        "it was given to backward() or returned by a hook",
        lambda x: x * 2.0,
    ),
}


@pytest.mark.parametrize("name", FORWARD)
def test_a_value_that_is_not_finite(name):
    faulty, op, words, _ = FORWARD[name]
    with debug(), pytest.raises(NonFiniteError) as caught:
        faulty()
    error = caught.value
    assert (error.op, error.backward) == (op, False)
    assert words in error.pattern
    assert f"{op} gave " in str(error)
    assert f"applied at {__file__}:" in str(error)
    assert error.fix in str(error)
    assert error.fix or "came in" in words
    assert not getattr(error, "__notes__", [])


@pytest.mark.parametrize("name", BACKWARD)
def test_a_gradient_that_is_not_finite(name):
    faulty, op, words, _ = BACKWARD[name]
    with debug(), pytest.raises(NonFiniteError) as caught:
        faulty()
    error = caught.value
    assert (error.op, error.backward) == (op, True)
    assert words in error.pattern
    assert f"applied at {__file__}:" in str(error)
    assert error.fix or "was given to" in words
    assert not getattr(error, "__notes__", [])


@pytest.mark.parametrize("name", [*FORWARD, *BACKWARD])
def test_what_is_written_as_the_message_says_is_silent(name):
    healthy = (FORWARD | BACKWARD)[name][-1]
    x = live(1.0, 0.0)
    with debug():
        pull(healthy(x))
    assert np.isfinite(x.grad).all()


def test_the_message_names_entry_values_names_and_line():
    x = live([1.0, 2.0], [0.0, 4.0], name="rates")
    line = test_the_message_names_entry_values_names_and_line.__code__.co_firstlineno + 4
    with debug(), pytest.raises(NonFiniteError) as caught:
        np.array([[8.0], [6.0]]) / x
    assert str(caught.value).splitlines()[:4] == [
        "divide gave inf at entry (1, 0): division by 0",
        "  x = an array: shape (2, 1), float64; here 6",
        f"  y = rates: shape (2, 2), float64, made at {__file__}:{live.__code__.co_firstlineno + 1}; here 0.0",
        f"  applied at {__file__}:{line}",
    ]
    assert caught.value.entry == (1, 0)


def test_the_number_of_bad_entries_and_the_range_of_operands():
    with debug(), pytest.raises(NonFiniteError) as caught:
        tensor(np.full((2, 3), 1e200), requires_grad=True) @ np.full((3, 4), 1e200)
    assert "matmul gave inf at entry (0, 0) (and 7 more)" in str(caught.value)
    assert "; from 1e+200 to 1e+200" in str(caught.value)


class Logarithm(nn.Module):
    def forward(self, x):
        return np.log(x)


def test_the_path_of_the_module():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Sequential(nn.ReLU(), Logarithm()))
    with debug(), pytest.raises(NonFiniteError) as caught:
        model(np.zeros((3, 2), np.float32))
    assert "in module 1.1" in str(caught.value)


def test_the_path_of_the_module_in_a_backward_pass():
    class Root(nn.Module):
        def forward(self, x):
            return np.sqrt(x)

    model = nn.Sequential(nn.Linear(2, 2, bias=False), Root())
    with debug(), pytest.raises(NonFiniteError) as caught:
        pull(model(np.zeros((3, 2), np.float32)))
    assert "in module 1\n" in str(caught.value)


# --- in place -----------------------------------------------------------------------------------------------------


def change(array):
    array += 1.0


IN_PLACE = {
    "a constant": (lambda x, c: (x * c, c), "multiply", "its operand y"),
    "a large constant": (lambda x, c: (np.tile(x, 50) * (big := np.ones(100)), big), "multiply", "its operand y"),
    "a result": (lambda x, c: ((y := np.exp(x)), y.data), "exp", "its result"),
    "a view of a result": (lambda x, c: ((y := np.tanh(x)), y.data[:1]), "tanh", "its result"),
    "a matrix": (lambda x, c: ((m := np.eye(2)) @ x, m), "matmul", "its operand x"),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_array_changed_in_place(name):
    compute, op, role = IN_PLACE[name]
    x, c = live(1.0, 2.0, name="x"), np.array([3.0, 4.0])
    with debug():
        out, array = compute(x, c)
        change(array)
        with pytest.raises(InPlaceError) as caught:
            pull(out)
    text = str(caught.value)
    for words in ("in place", f"kept by {op} at {__file__}:", role, "x = x + 1", "w.data = w.data - lr * g"):
        assert words in text


def test_an_array_that_no_rule_needs_may_be_changed():
    x, c = live(1.0, 2.0), np.array([3.0, 4.0])
    with debug():
        out = x + c
        change(c)
        pull(out)
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_a_training_loop_that_updates_in_place_is_silent():
    w = live(1.0, 2.0)
    with debug():
        for _ in range(3):
            w.grad = None
            pull((w * w) * 0.5)
            w.data -= 0.1 * w.grad
    np.testing.assert_allclose(w.data, [0.729, 1.458])


# --- where and when -----------------------------------------------------------------------------------------------


def test_outside_nothing_is_looked_at():
    with debug():
        pass
    assert STATE.get().watch is None
    with np.errstate(all="ignore"):
        np.log(live(0.0))
        pull(np.sqrt(live(0.0)))


def test_numpys_own_warnings_come_back():
    with debug():
        assert np.geterr()["divide"] == "ignore"
    assert np.geterr()["divide"] == "warn"
    with debug(), pytest.raises(NonFiniteError):
        np.log(live(0.0))
    assert np.geterr()["divide"] == "warn"


@pytest.mark.parametrize("mode", [no_grad, enable_grad])
def test_values_without_graph_are_looked_at_too(mode):
    with mode(), debug(), pytest.raises(NonFiniteError, match="log of 0"):
        np.log(tensor([0.0, 1.0]))
    with debug(), mode(), pytest.raises(NonFiniteError, match="log of 0"):
        np.log(tensor([0.0, 1.0]))


def test_nested_blocks():
    with debug():
        with debug(), pytest.raises(NonFiniteError):
            np.log(live(0.0))
        with pytest.raises(NonFiniteError):
            np.log(live(0.0))
    assert STATE.get().watch is None
    mode = debug()
    with mode, mode, pytest.raises(NonFiniteError):
        np.log(live(0.0))
    assert STATE.get().watch is None


def test_as_decorator():
    @debug()
    def loss(x):
        return np.log(x)

    with pytest.raises(NonFiniteError):
        loss(live(0.0))
    with np.errstate(divide="ignore"):
        np.log(live(0.0))

    @debug()
    def steps(x):
        yield np.sqrt(x)
        yield np.log(x)

    run = steps(live(0.0))
    next(run)
    with np.errstate(divide="ignore"):
        np.log(live(0.0))  # the consumer is outside
    with pytest.raises(NonFiniteError):
        next(run)


def test_beside_another_watcher():
    with record() as run, debug(), pytest.raises(NonFiniteError):
        np.log(live(2.0) * 0.0)
    assert "multiply" in str(run)
    with debug(), record(), pytest.raises(NonFiniteError):
        np.log(live(0.0))


def test_other_threads_and_tasks_are_not_in_it():
    def outside():
        try:
            with np.errstate(divide="ignore"):
                results.append(np.log(live(0.0)).item())
        except NonFiniteError as error:  # pragma: no cover - what must not happen
            results.append(error)

    results = []
    with debug():
        thread = threading.Thread(target=outside)
        thread.start()
        thread.join()
    assert results == [-np.inf]

    async def inside():
        with debug():
            await asyncio.sleep(0.001)
            with pytest.raises(NonFiniteError):
                np.log(live(0.0))

    async def beside():
        with np.errstate(divide="ignore"):
            for _ in range(3):
                assert np.log(live(0.0)).item() == -np.inf
                await asyncio.sleep(0.0005)

    async def both():
        await asyncio.gather(inside(), beside())

    asyncio.run(both())


def test_a_gradient_of_a_gradient():
    x = live(1.0, 0.0)
    with debug():
        (slope,) = np.sum(x**1.5).gradient(x, create_graph=True)
        with pytest.raises(NonFiniteError) as caught:
            pull(slope)
    assert caught.value.op == "power"
    assert caught.value.backward


def test_a_second_derivative_at_a_kink():
    x = live(1.0, 0.0)
    with debug():
        (slope,) = np.sum(np.abs(x) ** 1.5).gradient(x, create_graph=True)
        with pytest.raises(NonFiniteError, match=r"a second derivative at a kink.*where it does not exist") as caught:
            pull(slope)
    assert caught.value.backward


def test_a_differentiable_pass_is_explained_as_the_op_that_the_user_wrote():
    x = live(1.0, 0.0)
    with debug(), pytest.raises(NonFiniteError, match="the backward pass of sqrt gave inf for x") as caught:
        np.sum(np.sqrt(x)).gradient(x, create_graph=True)
    assert f"applied at {__file__}:" in str(caught.value)


@pytest.mark.parametrize("transform", [grad, hessian, jacobian])
def test_transforms(transform):
    with debug(), pytest.raises(NonFiniteError, match="infinite slope at 0"):
        transform(lambda x: np.sum(np.sqrt(x)))(np.array([1.0, 0.0]))
    with debug():
        result = transform(lambda x: np.sum(np.sqrt(x)))(np.array([1.0, 4.0]))
    assert np.isfinite(result).all()


def test_a_pull():
    with debug():
        _, pullback = vjp(np.sqrt, np.array([1.0, 0.0]))
        with pytest.raises(NonFiniteError, match="infinite slope at 0"):
            pullback(np.ones(2))


def test_a_custom_op():
    op = custom_op(lambda x: x / np.sum(x), lambda g, x: g / np.sum(x) - np.sum(g * x) / np.sum(x) ** 2, name="shares")
    with debug():
        op(live(1.0, 3.0))
        with pytest.raises(NonFiniteError, match="shares gave nan at entry"):
            op(live(0.0, 0.0))
    steep = custom_op(lambda x: x * 1.0, lambda g, x: g / x, name="steep")
    with debug(), pytest.raises(NonFiniteError, match="the backward pass of steep gave inf for x"):
        pull(steep(live(1.0, 0.0)))


def test_a_hook_that_breaks_the_gradient():
    x = live(1.0, 2.0)
    y = x * 2.0
    y.register_hook(lambda g: g * np.nan)
    with debug(), pytest.raises(NonFiniteError, match=r"the gradient that reaches multiply is nan.*returned by a hook"):
        pull(y)


def test_ops_with_several_outputs():
    with debug():
        parts = np.split(live(1.0, 2.0, 3.0, 4.0), 2)
        pull(parts[0] * parts[1])
        with pytest.raises(NonFiniteError, match="split gave nan"):
            np.split(live(1.0, np.nan), 2)


def test_a_network_that_learns_is_silent():
    rng = np.random.default_rng(0)
    model = nn.MLP([4, 8, 3])
    x, labels = rng.normal(size=(16, 4)).astype(np.float32), rng.integers(0, 3, 16)
    with debug():
        nn.CrossEntropyLoss()(model(x), labels).backward()
    assert all(np.isfinite(p.grad).all() for p in model.parameters())


def test_masks_of_infinity_are_meant():
    x = live(1.0, 2.0, 3.0)
    with debug():
        pull(nn.functional.softmax(np.where([True, False, True], x, -np.inf)) ** 2)
        pull(nn.functional.log_softmax(x + np.array([0.0, 0.0, -np.inf]))[:2])
        pull(np.exp(x.at[0].set(-np.inf)))
        pull(np.minimum(x, np.inf))
    assert np.isfinite(x.grad).all()


def test_nothing_is_kept_by_the_watcher():
    """What was seen dies with the graph; only leaves of an np.where leave their number behind, until they are met."""
    with debug():
        for _ in range(5):
            x = live(1.0, 2.0)
            pull(np.where(x.data > 1.5, np.sqrt(x), x * 3.0))
        assert STATE.get().watch._left_out == {}


def test_the_general_path_makes_the_same_nodes():
    """Inside debug() nodes are made by one general function instead of the one written for each op."""
    made = []

    class Keeper(Watch):
        def forward(self, node, operands, out):
            made.append(node)

    def compute():
        x, w = live(1.0, 2.0, 3.0), live(0.5, 1.5, 2.5)
        y = np.stack([x * w, x / 2.0, np.where([True, False, True], x, w)]) @ w
        return y + np.ones(3), x, w

    token = STATE.set(STATE.get().replace(watch=Keeper()))
    try:
        seen, *_ = compute()
    finally:
        STATE.reset(token)
    plain, *_ = compute()
    pairs = [(seen._node, plain._node)]
    for a, b in pairs:
        assert (a.op, a.shape, a.dtype, a.attrs) == (b.op, b.shape, b.dtype, b.attrs)
        assert len(a.parents) == len(b.parents) == len(a.operands) == len(b.operands)
        if a.op is not None:
            assert origin_of(a)[0].co_name == origin_of(b)[0].co_name == "compute"
            assert origin_of(a) == origin_of(b)
            assert [type(k) for k in a.kept] == [type(k) for k in b.kept]
        pairs += [(p, q) for p, q in zip(a.parents, b.parents, strict=True) if p is not None and p.op is not None]
    assert len(made) == 6

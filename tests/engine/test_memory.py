"""Memory: deep graphs come and go without recursion, nothing is kept that is not needed, and no cycles form."""

import copy
import gc
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest

import nn
import optim
from autograd import AutogradError, custom_op, enable_grad, no_grad, tensor


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


@pytest.fixture
def without_gc():
    """Nothing is freed by the garbage collector, so that what is freed was freed at once."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


POOLS = 10_000  # blocks of memory that Python may keep for itself after it has freed many objects


# --- deep graphs --------------------------------------------------------------------------------------------------

CHAINS = {
    "scalars": (grad_leaf(1.0), lambda y, x: y * 0.999 + x * 0.001, 34_000),
    "arrays": (grad_leaf(np.ones(3)), lambda y, x: np.sin(y), 30_000),
    "large arrays": (grad_leaf(np.ones(65)), lambda y, x: y + 1.0, 30_000),
    "views": (grad_leaf(np.ones((2, 2))), lambda y, x: y.T, 30_000),
    "several outputs": (grad_leaf(np.ones(2)), lambda y, x: np.concatenate(np.split(y, 2)), 10_000),
}


@pytest.mark.parametrize(("x", "step", "steps"), CHAINS.values(), ids=CHAINS)
def test_a_deep_chain(x, step, steps, without_gc):
    """Forward, backward, and gone; with recursion any of the three would need a hundred times Python's stack. The
    one of scalars has more than 100,000 nodes."""
    before = sys.getallocatedblocks()
    y = x
    for _ in range(steps):
        y = step(y, x)
    grown = sys.getallocatedblocks() - before
    y.backward(np.ones(y.shape))
    assert np.all(np.isfinite(x.grad))
    x.grad = x._node = None
    del y
    assert sys.getallocatedblocks() - before < POOLS < 0.1 * grown


def test_a_deep_graph_that_is_dropped_before_backward(without_gc):
    x = grad_leaf(1.0)
    before = sys.getallocatedblocks()
    y = x
    for _ in range(100_000):
        y = -y
    del y
    assert sys.getallocatedblocks() - before < POOLS


def test_a_deep_differentiable_pass(without_gc):
    """The graph of the gradient hangs on that of the value; both are freed together."""
    x = grad_leaf(1.0)
    before = sys.getallocatedblocks()
    y = x
    for _ in range(10_000):
        y = y * 1.0001
    [g] = (y * y).gradient(x, create_graph=True)
    [h] = g.gradient(x)
    assert h.item() == pytest.approx(2 * 1.0001**20_000)
    x._node = None
    del y, g, h
    assert sys.getallocatedblocks() - before < POOLS


# Python 3.13 frees up to ten thousand objects within each other, whatever the stack: of a thread with 512 KiB it does
# not even free 100,000 nested lists of its own.
SMALL_STACK = (1024 if sys.version_info[:2] == (3, 13) else 256) * 1024


def test_deep_graphs_on_a_small_stack():
    """The stack of a thread with 256 KiB would not last for a thousand nested frees."""
    done = []

    def job():
        x = grad_leaf(1.0)
        y = x
        for _ in range(100_000):
            y = y + 0.001
        y.backward()
        del y
        done.append(float(x.grad))

    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert done == [1.0]


def test_a_wide_and_deep_graph(without_gc):
    """Every vertex has two parents: no way through it is taken twice."""
    x = grad_leaf(1.0)
    a, b = x * 1.0, x * 1.0
    for _ in range(2_000):
        a, b = 0.5 * a + 0.5 * b, 0.5 * a - 0.5 * b + 0.5 * x  # 2**2000 paths
    (a + b).backward()
    assert np.isfinite(x.grad)


# --- training loops -----------------------------------------------------------------------------------------------


def grows(body, rounds):
    """How many blocks of memory and how many objects are there more after many rounds."""
    for _ in range(2_000):  # until Python's own pools are full
        body()
    blocks, objects = sys.getallocatedblocks(), len(gc.get_objects())
    for _ in range(rounds):
        body()
    return sys.getallocatedblocks() - blocks, len(gc.get_objects()) - objects


def test_memory_stays_flat_over_ten_thousand_steps(without_gc):
    rng = np.random.default_rng(0)
    data, target = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    w1, b1, w2 = grad_leaf(rng.normal(size=(3, 10))), grad_leaf(np.zeros(10)), grad_leaf(rng.normal(size=(10, 1)))
    losses = []

    def step():
        loss = np.mean((np.tanh(data @ w1 + b1) @ w2 - target) ** 2)
        loss.backward()
        for w in (w1, b1, w2):
            w.data -= 0.05 * w.grad
            w.grad = None
        losses[:] = [loss.item()]

    step()
    first = losses[0]
    blocks, objects = grows(step, 10_000)
    assert losses[0] < 0.5 * first
    assert (abs(blocks) < 100, abs(objects) < 20) == (True, True), (blocks, objects)


def test_memory_stays_flat_with_modules_and_an_optimizer(without_gc):
    model = nn.MLP([3, 8, 2])
    optimizer, loss_of = optim.Adam(model.parameters(), lr=0.01), nn.CrossEntropyLoss()
    x, labels = np.ones((4, 3), "float32"), np.array([0, 1, 0, 1])

    def step():
        optimizer.zero_grad()
        loss_of(model(x), labels).backward()
        optimizer.step()

    blocks, objects = grows(step, 1_000)
    assert (abs(blocks) < 100, abs(objects) < 20) == (True, True), (blocks, objects)


def test_keeping_the_losses_keeps_no_arrays():
    """A list of losses is what most leaks come from; a released graph holds no large array."""
    w = grad_leaf(np.ones(10_000))
    losses, arrays = [], []
    for _ in range(5):
        hidden = np.exp(w * 2.0)
        arrays += [weakref.ref(hidden.data), weakref.ref(hidden._node.kept[0])]
        losses.append(hidden.sum())
        del hidden
        losses[-1].backward()
    assert [a() for a in arrays] == [None] * 10


# --- no cycles ----------------------------------------------------------------------------------------------------


def _train():
    w = grad_leaf(np.ones((3, 3)))
    for _ in range(3):
        y = np.tanh(w @ w).sum() + w.T.reshape(9)[0]
        y.backward()
        w.data -= 0.1 * w.grad
    assert w.grad is not None


def _third_order():
    x, w = grad_leaf(np.ones(3)), grad_leaf(np.ones((2, 1)))
    g = np.sin(x * w + x).sum()
    for _ in range(3):
        g = sum(part.sum() for part in g.gradient(x, w, create_graph=True))
    g.backward()


def _several_outputs():
    x = grad_leaf(np.arange(6.0))
    first, _, third = np.split(x, 3)
    [g] = (first * third * first).sum().gradient(x, create_graph=True)
    (g * g).sum().backward()
    list(x)


def _hooks_and_names():
    x = grad_leaf(2.0, name="x")
    y = x * x
    y.name = "y"
    y.register_hook(lambda g: g * 2).remove()
    x.register_hook(lambda g: g * 2)
    y.backward()
    repr(y)


def _dropped_without_backward():
    x = grad_leaf(np.ones(100))
    np.exp(x * x).sum()


def _modes():
    x = grad_leaf(1.0)
    with no_grad(), enable_grad():
        x * x

    @no_grad()
    def steps():
        try:
            yield x * x
        except KeyError:
            yield x + x

    consumer = steps()
    next(consumer)
    consumer.throw(KeyError)
    consumer.close()
    for _ in steps():
        break


def _copies():
    x = grad_leaf(np.ones(3))
    (x * x).sum().backward()
    copy.deepcopy([x, x])
    pickle.loads(pickle.dumps(x))
    x.detach().numpy()


def _modules():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    loss = nn.MSELoss()(model(np.ones((4, 2), "float32")), np.zeros((4, 1), "float32"))
    loss.backward()
    optim.SGD(model.parameters(), lr=0.1).step()


blocked = custom_op(lambda x, y: x * y, (lambda g, y: g * y, None), name="blocked")


def _custom_op():
    blocked(grad_leaf(np.ones(3)), 2.0).sum().backward()


def _errors():
    x, w = grad_leaf(np.ones(3)), grad_leaf(np.ones(2))
    y = (x * x).sum()
    y.backward()
    for mistake in (
        y.backward,
        lambda: x + w,
        lambda: x[7],
        lambda: float(x * 2),
        lambda: np.asarray(x),
        lambda: np.array([x, x]),
        lambda: np.linalg.eigvals(x),
        lambda: (x * 2).backward(),
        lambda: blocked(x, "text"),
        lambda: x.gradient(w, gradient=np.ones(3)),
    ):
        try:
            mistake()
        except AutogradError:
            continue
        raise AssertionError


@pytest.mark.parametrize(
    "body",
    [
        _train,
        _third_order,
        _several_outputs,
        _hooks_and_names,
        _dropped_without_backward,
        _modes,
        _copies,
        _modules,
        _custom_op,
        _errors,
    ],
)
def test_no_reference_cycles(body, without_gc):
    """What is made of Tensors is freed at once; the garbage collector finds nothing."""
    body()
    gc.collect()
    for _ in range(3):
        body()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        found = [f"{type(o).__name__}: {str(o)[:80]}" for o in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert found == []


# --- who lives how long -------------------------------------------------------------------------------------------


def test_intermediate_tensors_die_when_they_are_dropped(without_gc):
    x = grad_leaf(np.ones(100))
    hidden = x * 2
    loss = np.exp(hidden).sum()
    alive = weakref.ref(hidden)
    del hidden
    assert alive() is None  # the graph needs its place, not the Tensor
    loss.backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp(2.0))


def test_values_that_no_rule_needs_die_with_their_tensor(without_gc):
    x = grad_leaf(np.ones(1000))
    for compute, lives in (
        (lambda h: h + 1.0, False),
        (lambda h: h.reshape(10, 100).T, False),
        (lambda h: h * 3.0, False),
        (lambda h: h * h, True),
        (np.sin, True),
    ):
        hidden = x * 2
        array = weakref.ref(hidden.data)
        y = compute(hidden).sum()
        del hidden
        assert (array() is not None) == lives
        y.backward()
        assert array() is None


def test_a_graph_does_not_keep_its_leaves_and_inputs(without_gc):
    x, w = grad_leaf(np.ones(1000)), grad_leaf(np.ones(1000))
    data, tensor_of = weakref.ref(x.data), weakref.ref(x)
    y = (x + w).sum()
    del x
    assert tensor_of() is data() is None
    y.backward()
    np.testing.assert_array_equal(w.grad, np.ones(1000))


def test_results_in_no_grad_keep_nothing(without_gc):
    x = grad_leaf(np.ones(1000))
    with no_grad():
        y = np.exp(x)
        kept = weakref.ref(y.data)
        z = y * y
        del y
    assert kept() is None
    assert z._node is None


def test_gradients_of_dropped_large_tensors_are_not_stored(without_gc):
    x = grad_leaf(np.ones(1000))
    y = np.exp(x * 2)
    node = y._node
    loss = y.sum()
    del y
    loss.backward()
    assert node.grad is None

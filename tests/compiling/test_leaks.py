"""What leaves a trace is seen: nothing that depends on arrays, random numbers or time is ever frozen in silence."""

import random
import sys
import threading
import time
from contextvars import ContextVar
from types import MappingProxyType, ModuleType, SimpleNamespace

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.compiling.recorder import Recorder

W = nn.Parameter(np.random.default_rng(0).normal(size=(6, 4)).astype("f"))


def numbers(i):
    return (np.random.default_rng(i).normal(size=(5, 6)).astype("f"),)


def hidden(x):
    return (x @ W).detach()


def run(function, make=None):
    """Results of a function with numbers that change, eager and compiled, and the compiled function."""
    compiled = autograd.compile(function)
    results = [(function(*numbers(i)), compiled(*numbers(i))) for i in range(7)]
    return results, compiled


def is_branch(x):
    h = hidden(x).data
    return (h**2).sum() if h.sum() > 0 else (h**4).sum()


def a_number(x):
    h = hidden(x).data
    return h / float(np.abs(h).max())


def a_list(x):
    return x * max(x[0].tolist())


def a_text(x):
    return x * float(f"{x[0, 0]:.3f}")


def a_numpy_scalar(x):
    return x * np.float32(x[0, 0])


def a_loop_over_entries(x):
    return x * np.vectorize(lambda t: t + 1)(x)


def an_iterator(x):
    return x * sum(x.flat)


def memory(x):
    return x * memoryview(x)[0, 0]


def pointer(x):
    return x * (x.ctypes.data > 0)


def a_mask(x):
    return x[x > 0].sum()


def a_slice(x):
    return x[: (x[:, 0] > 0).sum()].sum()


def a_shape(x):
    return np.ones((x[0] > 0).sum())


def python_random(x):
    return x * (random.random() < 2)


def numpy_random(x):
    return x * np.random.rand(6)  # noqa: NPY002


def a_seed_inside(x):
    return x * np.random.default_rng(0).normal(size=6)


def text_of_names(x):
    return x * globals()["FACTOR"]


def the_class_itself(x):
    return x if type(x) is np.ndarray else -x


FACTOR = 2.0

LEAKS = {
    is_branch: "branches on the value",
    a_number: "through float()",
    a_list: "through .tolist",
    a_text: "through its text",
    a_numpy_scalar: "of a kind that cannot be traced",
    a_loop_over_entries: "of a kind that cannot be traced",
    an_iterator: "through .flat",
    memory: "TypeError",
    pointer: "through .ctypes",
    a_slice: "a slice with a computed end",
    a_shape: "the shape of a result of ones",
    python_random: "global generator",
    numpy_random: "no traced call has made",
    a_seed_inside: "make the generator outside the function",
    text_of_names: "globals()",
}


@pytest.mark.parametrize("function", LEAKS, ids=lambda f: f.__name__)
def test_a_leak_is_seen_and_said(function, bits):
    state = np.random.get_state(), random.getstate()  # noqa: NPY002
    compiled = autograd.compile(function)
    for i in range(7):
        np.random.set_state(state[0])  # noqa: NPY002
        random.setstate(state[1])
        expected = function(*numbers(i))
        np.random.set_state(state[0])  # noqa: NPY002
        random.setstate(state[1])
        assert bits(compiled(*numbers(i))) == bits(expected)
    assert compiled._programs == []
    assert LEAKS[function] in compiled.explain()


@pytest.mark.parametrize("function", [is_branch, a_number, a_numpy_scalar, a_shape], ids=lambda f: f.__name__)
def test_strict_raises_with_the_line(function):
    compiled = autograd.compile(function, strict=True)
    with pytest.raises(autograd.CompileError, match=r"test_leaks\.py:\d+"):
        compiled(*numbers(0))


# The five leaks that a recorder of NumPy calls has by nature; compiled where each step can be noted, refused elsewhere.


def dropout_mask(x):
    return nn.functional.dropout(hidden(x), 0.5, rng=GENERATOR)


def mask_by_asarray(x):
    h = hidden(x).data
    return h * (np.asarray(h) > 0)


def condition_of_where(x):
    h = hidden(x).data
    return np.where(np.array(h > 0), h, 0.1 * h)


def largest_by_argsort(x):
    h = hidden(x).data
    return np.take_along_axis(h, np.argsort(h, axis=1)[:, -2:], axis=1)


GENERATOR = np.random.default_rng(1)


@pytest.mark.parametrize(
    "function",
    [the_class_itself, dropout_mask, mask_by_asarray, condition_of_where, largest_by_argsort],
    ids=lambda f: f.__name__,
)
def test_what_can_be_noted_is_compiled(function, bits):
    compiled = autograd.compile(function, strict=True)
    for i in range(8):
        state = GENERATOR.bit_generator.state
        expected = function(*numbers(i))
        there = GENERATOR.bit_generator.state
        GENERATOR.bit_generator.state = state
        assert bits(compiled(*numbers(i))) == bits(expected)
        assert GENERATOR.bit_generator.state == there
    assert compiled._programs[0].replays > 0


@pytest.mark.parametrize("function", [a_number, a_numpy_scalar], ids=lambda f: f.__name__)
def test_without_the_look_a_number_would_be_frozen(function, monkeypatch, bits):
    """The check is what protects: two equal traces and no verification let the number through."""
    monkeypatch.setattr(Recorder, "look", lambda *_: None)
    monkeypatch.setattr(Recorder, "hand_out", lambda *_: None)
    compiled = autograd.compile(function, verify=0)
    same = numbers(0)
    for _ in range(2):
        compiled(*same)
    assert compiled._programs
    assert bits(compiled(*numbers(1))) != bits(function(*numbers(1)))


def test_two_traces_find_what_is_not_seen(monkeypatch):
    monkeypatch.setattr(Recorder, "look", lambda *_: None)
    compiled = autograd.compile(a_number, verify=0)
    for i in range(3):
        compiled(*numbers(i))
    assert "different things in different runs" in compiled.explain()


def test_verifying_finds_what_two_traces_do_not(monkeypatch, bits):
    monkeypatch.setattr(Recorder, "look", lambda *_: None)
    a_number(*numbers(0))  # the first call does more: it looks for equal units in W
    compiled = autograd.compile(a_number)
    for i in (0, 0):
        compiled(*numbers(i))
    with pytest.warns(autograd.CompileWarning, match="differs from that of the eager run"):
        result = compiled(*numbers(1))
    assert bits(result) == bits(a_number(*numbers(1)))
    assert bits(compiled(*numbers(2))) == bits(a_number(*numbers(2)))


@pytest.mark.parametrize("looked_at", [True, False])
def test_an_array_from_a_file_is_not_frozen(looked_at, monkeypatch, tmp_path):
    file = str(tmp_path / "numbers")
    np.ones(6).tofile(file)
    if not looked_at:
        monkeypatch.setattr(Recorder, "_operand", lambda self, x: getattr(x, "_var", x))
    compiled = autograd.compile(lambda x: x * np.fromfile(file), verify=0)
    for _ in range(2):
        compiled(np.ones(6))
    np.full(6, 2.0).tofile(file)
    assert compiled(np.ones(6)).tolist() == [2.0 if looked_at else 1.0] * 6


def test_an_index_by_a_mask_is_compiled_for_the_same_count(bits):
    compiled = autograd.compile(a_mask)
    for i in range(8):
        x = np.array([1.0, -1.0, 2.0])[np.random.default_rng(i).permutation(3)]
        assert compiled(x) == 3.0
    assert compiled._programs[0].replays > 0
    assert compiled(np.array([1.0, 5.0, 2.0])) == 8.0
    assert compiled._programs[0].missed == 1
    for i in range(20):
        assert bits(compiled(*numbers(i))) == bits(a_mask(*numbers(i)))


def test_a_clock_differs_in_two_traces():
    compiled = autograd.compile(lambda x: x * (time.perf_counter() % 1.0))
    for i in range(3):
        compiled(*numbers(i))
    assert "different things in different runs" in compiled.explain()


# --- what changes outside -----------------------------------------------------------------------------------------


def test_a_counter_makes_it_run_eager_by_name():
    counts = {"calls": 0}

    def step(x):
        counts["calls"] += 1
        return x * counts["calls"]

    compiled = autograd.compile(step)
    results = [compiled(np.ones(2))[0] for _ in range(6)]
    assert results == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert "counts['calls'] changes in each run" in compiled.explain()


def test_a_list_gets_all_its_values():
    kept, seen = [], []

    def step(x):
        kept.append(x * 2)
        seen.append(x.sum())
        return x

    compiled = autograd.compile(step)
    for i in range(6):
        compiled(np.full(2, float(i)))
    assert [type(x) for x in kept] == [np.ndarray] * 6
    assert [x.tolist() for x in kept] == [[2.0 * i] * 2 for i in range(6)]
    assert seen == [2.0 * i for i in range(6)]
    assert {type(x) for x in seen} == {np.float64}
    assert "kept" in compiled.explain()


def test_a_tensor_that_is_kept_can_be_differentiated():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    kept = []

    def step(x):
        kept.append((w * x).sum())
        return kept[-1].detach()

    autograd.compile(step)(np.array([3.0, 4.0]))
    kept[0].backward()
    assert w.grad.tolist() == [3.0, 4.0]


def test_globals_closures_and_attributes_are_no_constants():
    global FACTOR

    class Scale:
        offset = 1.0

        def __init__(self):
            self.gain = 1.0

        def __call__(self, x):
            return (x * self.gain + self.offset) * FACTOR * factor

    factor, scale = 1.0, Scale()
    compiled = autograd.compile(scale)
    try:
        for i in range(16):
            if i == 4:
                scale.gain = 3.0
            if i == 8:
                Scale.offset = 5.0
            if i == 12:
                FACTOR = 7.0
            assert compiled(np.array([2.0]))[0] == scale(np.array([2.0]))[0]
        assert len(compiled._programs) == 4
    finally:
        FACTOR = 2.0


def test_an_array_that_is_written_in_place_is_read_anew():
    mask = np.ones(3)
    compiled = autograd.compile(lambda x: x * (mask > 0))
    for i in range(8):
        mask[:] = i % 2
        assert compiled(np.ones(3)).tolist() == [float(i % 2)] * 3
    assert compiled._programs[0].replays > 0


def test_an_optimizer_is_not_read_in_silence():
    w = autograd.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()
        return x * optimizer.t

    compiled = autograd.compile(step)
    assert [float(compiled(np.ones(1))[0]) for _ in range(6)] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert "reads .t of SGD" in compiled.explain()


@pytest.mark.parametrize(
    "make",
    [
        lambda: iter([1, 2]),
        lambda: np.arange(3.0).flat,
        lambda: bytearray(b"ab"),
        lambda: {"a": 1}.values(),
        lambda: MappingProxyType({"a": 1}),
        lambda: ContextVar("a"),
        lambda: np.random.PCG64(0),
        random.Random,
        threading.local,
    ],
)
def test_what_cannot_be_looked_into_is_refused(make):
    thing = make()
    compiled = autograd.compile(lambda x: (thing, x)[1])
    assert compiled(1.0) == 1.0
    assert "runs eager" in compiled.explain()


def test_draws_by_a_method_that_is_held_are_seen():
    draw = np.random.default_rng(0).normal
    compiled = autograd.compile(lambda x: x * (draw() > -100.0))
    compiled(np.ones(2))
    assert "is a method of a generator" in compiled.explain()


class Private:
    __slots__ = ("__hidden", "array")

    def __init__(self):
        self.change(1.0)

    def change(self, value):
        self.__hidden = value
        self.array = np.full(2, value)

    def __call__(self, x):
        return x * self.__hidden + self.array


def settings():
    """Places where numbers may lie, each as (a function that reads it, one that changes it)."""
    namespace = SimpleNamespace(rate=1.0)
    nested, outer = ModuleType("outer.nested"), ModuleType("outer")
    nested.rate, outer.nested = 1.0, nested
    words = {"rate": 1.0}
    read = words.__getitem__
    private = Private()
    return {
        "namespace": (lambda x: x * namespace.rate, lambda v: setattr(namespace, "rate", v)),
        "module in a module": (lambda x: x * outer.nested.rate, lambda v: setattr(nested, "rate", v)),
        "dict": (lambda x: x * words["rate"], lambda v: words.__setitem__("rate", v)),
        "method of a dict": (lambda x: x * read("rate"), lambda v: words.__setitem__("rate", v)),
        "key of a dict": (
            lambda x: x * words.get("rate", 5.0),
            lambda v: words.__setitem__("rate" if v < 3 else "other", words.popitem()[1]),
        ),
        "private slot": (private, private.change),
        "module global": (lambda x: x * sys.modules[__name__].FACTOR + FACTOR, lambda v: globals_of().update(FACTOR=v)),
    }


def globals_of():
    return vars(sys.modules[__name__])


@pytest.mark.parametrize("place", settings())
def test_a_number_is_read_wherever_it_lies(place):
    read, change = settings()[place]
    compiled = autograd.compile(read)
    try:
        for i in range(12):
            change(float(1 + i // 4))
            assert compiled(np.array([2.0])).tolist() == read(np.array([2.0])).tolist(), i
    finally:
        globals_of()["FACTOR"] = 2.0

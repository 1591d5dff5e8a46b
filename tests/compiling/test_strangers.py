"""What a stranger did to a compiled function to get a wrong result: each beside eager, with other inputs later."""

import contextlib
import copy
import functools
import importlib
import inspect
import operator
import pickle
import sys
import warnings
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sized
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.compiling import tracing
from autograd.compiling.holders import Holder
from autograd.compiling.recorder import Recorder

HERE = 2.0
SETTINGS = ModuleType("settings_of_strangers")
sys.modules["settings_of_strangers"] = SETTINGS


def beside(make, arguments, bits, steps=10, before=lambda world, i: None):
    """Results, or errors, of a function and of the same compiled; ``make()`` gives a world and a function."""
    found = []
    for compiles in (False, True):
        world, function = make()
        step = autograd.compile(function, verify=0) if compiles else function
        found.append([])
        for i in range(steps):
            before(world, i)
            try:
                found[-1].append(bits(step(*arguments(i))))
            except Exception as error:
                found[-1].append((type(error), str(error)))
            found[-1].append([bits(vars(world)[name]) for name in sorted(vars(world)) if name[0] != "_"])
    assert found[0] == found[1]
    return step


# --- errors that a call was made for ----------------------------------------------------------------------------


def by_cholesky(x, i):
    np.linalg.cholesky(x)
    return x * 2


def by_index(x, i):
    np.arange(3.0)[i]
    return x * 2


def by_writing(x, i):
    h = np.zeros(3)
    h[i] = 1.0
    return x * 2


def by_a_place_to_reduce_at(x, i):
    np.add.reduceat(x[0], i)
    return x * 2


def by_take(x, i):
    np.take(x, i)
    return x * 2


def by_errstate(x, i):
    with np.errstate(divide="raise"):
        1.0 / np.diag(x)
    return x * 2


def by_an_integer_power(x, i):
    np.arange(1, 4) ** i
    return x * 2


@pytest.mark.parametrize(
    "check", [by_cholesky, by_index, by_writing, by_take, by_a_place_to_reduce_at, by_errstate, by_an_integer_power]
)
def test_a_call_that_checks_is_done_whether_or_not_its_result_is_used(check, bits):
    def arguments(i):
        wrong = i >= 6
        x = np.eye(3) * (-1.0 if wrong and check is by_cholesky else 1.0)
        if check is by_errstate and not wrong:
            x = np.ones((3, 3))
        if wrong and check is by_errstate:
            x = np.zeros((3, 3))
        return x, np.array([0, 1, -100 if wrong else 2])

    step = beside(lambda: (SimpleNamespace(), check), arguments, bits)
    assert step._programs


def test_a_division_of_numbers_is_a_check_too(bits):
    def step(x, a):
        1.0 / a
        return x * 2

    beside(lambda: (SimpleNamespace(), step), lambda i: (np.ones(2), 0.0 if i >= 6 else 1.0), bits)


# --- numbers that are returned -----------------------------------------------------------------------------------


def test_a_number_is_not_taken_for_another_that_is_the_same_object(bits):
    def step(a):
        return {"a": float(a), "here": HERE}

    beside(lambda: (SimpleNamespace(), step), lambda i: (HERE if i < 5 else 3.0 + i,), bits)


def test_a_number_that_is_returned_to_the_function_itself(bits):
    def step(x, depth):
        if depth == 0:
            return x.sum().item()
        return step(x, depth - 1) * 2

    beside(lambda: (SimpleNamespace(), step), lambda i: (np.full(2, float(max(i, 6))), 1), bits)


# --- what a thing is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "is_row",
    [
        lambda s: hasattr(s, "__len__"),
        lambda s: isinstance(s, Sized),
        lambda s: getattr(s, "__iter__", None) is not None,
    ],
)
def test_a_number_has_no_length(is_row, bits):
    beside(
        lambda: (SimpleNamespace(), lambda x, s: x * 3.0 if is_row(s) else x * s), lambda i: (np.ones(2), 1.0 + i), bits
    )


def test_words_in_an_array_are_no_constants(bits):
    step = beside(
        lambda: (SimpleNamespace(), lambda x, names: x * len(names[0])),
        lambda i: (np.ones(2), np.array(["ab" if i < 6 else "a", "abc"])),
        bits,
    )
    assert "an array of strings" in step.explain()


def test_a_text_as_long_as_a_number_says(bits):
    step = beside(
        lambda: (SimpleNamespace(), lambda x, n: x * len("a" * n)), lambda i: (np.ones(2), np.int64(max(i, 5))), bits
    )
    assert "a call gives a str" in step.explain()


@pytest.mark.parametrize("is_changed", [False, True])
def test_lists_in_a_list_stay_the_ones_that_were_given(is_changed):
    def total(lists):
        if is_changed:
            lists.append(lists[0])
            lists[1]["part"] = lists[0]
        return np.sum(lists[0][0])

    inner, outer = [np.ones(2)], [np.ones(3)]
    given = [inner, {"part": outer}]
    autograd.compile(total)(given)
    assert given[0] is inner
    assert given[1]["part"] is (inner if is_changed else outer)
    assert len(given) == 2 + is_changed
    assert given[-1] is inner or not is_changed


def test_one_list_that_is_given_twice(bits):
    def step(a, b):
        a[0] = a[0] * 2
        return b[0] * 1

    beside(lambda: (SimpleNamespace(), step), lambda i: 2 * ([np.full(2, i + 1.0)],), bits)


# --- what else can change ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rate", None])
def test_a_name_of_a_module_that_stands_nowhere(name, bits):
    def change(world, i):
        if name is not None:
            SETTINGS.rate = 1.0 if i < 6 else 5.0
        elif i < 6:
            vars(SETTINGS).pop("scale", None)
        else:
            SETTINGS.scale = 5.0

    def step(x, name):
        return x * getattr(SETTINGS, name)

    def step_without(x, name):
        return x * getattr(SETTINGS, "scale", 1.0)

    beside(
        lambda: (SimpleNamespace(), step if name else step_without), lambda i: (np.ones(2), name), bits, before=change
    )


def test_a_name_of_a_module_that_comes_later(bits):
    def step(x):
        try:
            return x * SETTINGS.later
        except AttributeError:
            return x

    def change(world, i):
        if i == 6:
            SETTINGS.later = 5.0
        elif i == 0:
            vars(SETTINGS).pop("later", None)

    beside(lambda: (SimpleNamespace(), step), lambda i: (np.ones(2),), bits, before=change)


class First:
    def __call__(self, x):
        return x * 2


class Second:
    def __call__(self, x):
        return x * 3


def functions():
    def inner(x, *, k=2.0):
        return x * k

    def other(x, *, k=2.0):
        return x + k

    return SimpleNamespace(_inner=inner, _other=other), lambda x: inner(x)


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: ((a := SimpleNamespace(_first=First())), lambda x: a._first(x)), "class"),
        (functions, "code"),
        (functions, "defaults"),
    ],
)
def test_a_class_or_a_function_that_is_made_anew_in_place(make, change, bits):
    """As reloading a module in a notebook does."""

    def before(world, i):
        if i != 6:
            return
        if change == "class":
            world._first.__class__ = Second
        elif change == "code":
            world._inner.__code__ = world._other.__code__
        else:
            world._inner.__kwdefaults__ = {"k": 7.0}

    step = beside(make, lambda i: (np.ones(2),), bits, before=before)
    assert len(step._programs) == 2


def test_how_floating_point_errors_are_treated_around_a_call():
    @autograd.compile
    def step(x):
        with np.errstate(divide="ignore"):
            return np.log(x)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for i in range(10):
            with np.errstate(divide="ignore" if i < 6 else "warn"):
                step(np.zeros(1))
    assert seen == []
    assert len(step._programs) == 2


@pytest.mark.parametrize("action", ["error", "ignore"])
def test_what_becomes_of_warnings_inside(action, bits):
    def logarithm(x):
        with warnings.catch_warnings():
            warnings.simplefilter(action)
            try:
                return np.log(x)
            except RuntimeWarning:
                return x * 0

    step = beside(lambda: (SimpleNamespace(), logarithm), lambda i: (np.array([1.0 if i < 6 else 0.0]),), bits)
    assert "controls warnings" in step.explain()


def test_an_array_that_becomes_a_view_of_one_that_is_written(bits):
    def make():
        world = SimpleNamespace(a=np.zeros(4), b=np.ones(4))

        def step(x):
            world.a += x
            return world.b.sum() + x[x > 0].sum()

        return world, step

    def change(world, i):
        if i == 6:
            world.b = world.a[:]

    beside(make, lambda i: (np.ones(4),), bits, before=change)


def test_an_argument_that_becomes_a_view_of_one_that_is_written(bits):
    def step(x, y):
        before = np.exp(y).sum()
        x += 1.0
        return before, np.exp(y).sum()

    def arguments(i):
        x = np.full(4, float(i))[:]
        return x, x[:] if i >= 6 else np.ones(4)[:]

    assert len(beside(lambda: (SimpleNamespace(), step), arguments, bits)._programs) == 1


def test_a_view_that_must_not_be_written_when_a_change_is_taken_back(bits):
    def make():
        world = SimpleNamespace(a=np.zeros(4))
        world.b = world.a[:]
        world.b.flags.writeable = False

        def step(x):
            world.a += x
            return world.b.sum() + x[x > 0].sum()

        return world, step

    beside(make, lambda i: (np.array([1.0, 1.0 if i < 6 else -1.0]).repeat(2),), bits)


def test_keys_of_another_class(bits):
    def make():
        world = SimpleNamespace(table={1: 2})
        return world, lambda x: sum(k * v for k, v in world.table.items()) * x

    def change(world, i):
        if i == 6:
            world.table.clear()
            world.table[1.0] = 2

    beside(make, lambda i: (np.arange(2),), bits, before=change)


def test_data_that_is_returned_counts_as_handed_out():
    p = nn.Parameter(np.ones(2))
    step = autograd.compile(lambda x: (p.data, x)[0], strict=True)
    for _ in range(4):
        step(1.0)
    p.data = [2.0, 3.0]
    handed_out = step(1.0)
    loss = (p * p).sum()
    handed_out[0] = 100.0
    with pytest.raises(autograd.errors.StaleLeafError):
        loss.backward()


@pytest.mark.parametrize("make", [dict, set, list])
def test_containers_of_tensors_are_put_back_in_their_order(make):
    """Tensors of several entries cannot be compared by ``==``, so keys and items are known by what they are."""
    a, b, c = (autograd.tensor([float(i), 0.0]) for i in range(3))
    thing = make(dict.fromkeys([a, b, c], 1.0))
    holder = Holder(make.__name__, thing, "thing")
    keys, values = holder.keys(), holder.values()
    if make is list:
        thing[:] = [c, b]
    else:
        thing.clear()
        thing |= make(dict.fromkeys([c, b, a], 2.0))
    holder.put_back(keys, values)
    assert list(map(id, thing)) == list(map(id, values if make is set else [a, b, c]))
    assert make is not dict or list(thing.values()) == [1.0, 1.0, 1.0]


def test_gradients_that_are_put_back_after_a_step():
    p = nn.Parameter(np.ones(4))
    optimizer = optim.SGD([p], lr=0.1)

    @autograd.compile
    def step(x):
        p.grad = x
        optimizer.step()
        p.grad = None

    for _ in range(6):
        step(np.ones(4))
        assert p.grad is None
    assert step._programs


# --- programs -----------------------------------------------------------------------------------------------------


def test_a_constant_that_is_written_after_its_last_use():
    def step(x):
        zeros = np.zeros(2)
        y = x + zeros
        zeros[...] = 5.0
        return y

    compiled = autograd.compile(step, strict=True, verify=0)
    assert [compiled(np.ones(2)).tolist() for _ in range(4)] == [[1.0, 1.0]] * 4


def test_memory_that_views_of_the_same_result_need_longer(bits):
    def step(x):
        first, again = x + 1.0, x + 1.0
        row = again[1]
        y = (first * 2.0) * x
        return y - x, row + 0.0

    assert beside(lambda: (SimpleNamespace(), step), lambda i: (np.full((2, 2), i / 9),), bits)._programs


def test_numbers_are_drawn_around_what_was_computed_before(bits):
    def make():
        rng = np.random.default_rng(0)
        return SimpleNamespace(), lambda x: (np.exp(x).sum(), rng.normal(np.exp(x), np.exp(x)))

    assert beside(make, lambda i: (np.full(2, i / 9),), bits)._programs


def test_a_program_that_cannot_be_written_is_no_error_of_the_user(monkeypatch):
    monkeypatch.setattr("autograd.compiling.program.write", lambda plan, name: {}[name])
    compiled = autograd.compile(lambda x: x * 2)
    assert [compiled(np.ones(1)).tolist() for _ in range(4)] == [[2.0]] * 4
    assert "its program could not be generated: KeyError" in compiled.explain()


# --- what runs eager for no good reason, or is not there ----------------------------------------------------------


@dataclass
class Settings:
    rate: float
    offset: np.ndarray


def test_a_dataclass(bits):
    def make():
        world = SimpleNamespace(settings=Settings(2.0, np.ones(2)))
        return SimpleNamespace(), lambda x: x * world.settings.rate + world.settings.offset

    assert beside(make, lambda i: (np.full(2, float(i)),), bits)._programs


def test_parameters_that_are_written_by_their_data():
    def make():
        p = nn.Parameter(np.arange(1.0, 4.0))

        def step(x):
            loss = (p * p * x).sum()
            p.grad = None
            loss.backward()
            with autograd.no_grad():
                p.data[...] = p.data - 0.1 * p.grad
            return p.data.copy()

        return step

    step, eager = autograd.compile(make(), strict=True), make()
    for i in range(7):
        assert step(np.full(3, i / 7)).tolist() == eager(np.full(3, i / 7)).tolist()
    assert step._programs


class Model:
    @autograd.compile
    def twice(self, x):
        return x * 2


@autograd.compile
def thrice(x):
    return x * 3


def test_a_compiled_method_can_be_looked_into():
    model = Model()
    for _ in range(4):
        assert model.twice(np.ones(1)).tolist() == [2.0]
    assert "traced 2 times" in model.twice.explain()


def test_a_decorated_function_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(thrice)) is thrice
    assert pickle.loads(pickle.dumps(Model.twice)) is Model.twice
    again = pickle.loads(pickle.dumps(autograd.compile(np.tanh, verify=3)))
    assert again.verify == 3


def test_flags_that_are_changed():
    def step(x):
        h = x * 2
        h.flags.writeable = False
        return h

    compiled = autograd.compile(step, strict=True)
    assert [compiled(np.ones(2)).flags.writeable for _ in range(5)] == [False] * 5


def test_a_view_that_must_not_be_written():
    p = nn.Parameter(np.ones(2))
    compiled = autograd.compile(lambda x: (p.numpy(), (p.detach() * x).numpy()), strict=True)
    for _ in range(5):
        assert [x.flags.writeable for x in compiled(np.ones(2))] == [False, False]
    assert p.data.flags.writeable


def test_a_function_that_has_the_name_of_a_module():
    compiled = autograd.compile(lambda x: np.fft.rfft(x), strict=True)
    for i in range(5):
        assert compiled(np.arange(4.0) + i).tolist() == np.fft.rfft(np.arange(4.0) + i).tolist()


class Kernel(ABC):
    @abstractmethod
    def __call__(self, x): ...


class Scaled(Kernel):
    def __call__(self, x):
        return x * 2.0


def test_an_abstract_class():
    kernel = Scaled()
    compiled = autograd.compile(lambda x: kernel(x), strict=True)
    for i in range(5):
        assert compiled(np.full(2, float(i))).tolist() == [2.0 * i] * 2


def test_steps_that_leave_other_gradients_than_they_find(bits):
    def make():
        p = nn.Parameter(np.ones(2))
        optimizer = optim.SGD([p], lr=0.1)

        def step(x, last):
            (p * x).sum().backward()
            if last:
                optimizer.step()
                optimizer.zero_grad()
            return p.data.copy()

        return SimpleNamespace(), step

    step = beside(make, lambda i: (np.full(2, i / 9), i % 3 == 2), bits, steps=24)
    assert len(step._programs) == 3


def test_a_parameter_of_the_name_self():
    assert autograd.compile(lambda **words: words["self"])(self=1.0) == 1.0


def test_a_list_in_itself():
    rows = [1.0]
    rows.append(rows)
    compiled = autograd.compile(lambda rows: rows[0])
    assert [compiled(rows) for _ in range(4)] == [1.0] * 4


def test_more_numbers_than_can_be_looked_at_before_each_call():
    numbers = [float(i) for i in range(30_000)]
    compiled = autograd.compile(lambda x: x * numbers[3])
    assert [compiled(np.ones(1)).tolist() for _ in range(4)] == [[3.0]] * 4
    assert "more than 20000 entries" in compiled.explain()


# --- the same to Python, and yet another ----------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "later"), [((1,), (1.0,)), (0.0, -0.0), (frozenset({1}), frozenset({True}))])
def test_keys_that_are_equal_and_not_the_same(first, later, bits):
    def step(table):
        return [np.copysign(v, k) if isinstance(k, float) else v * next(iter(k)) for k, v in table.items()]

    beside(lambda: (SimpleNamespace(), step), lambda i: ({first if i < 6 else later: np.ones(2, bool)},), bits)


def test_a_span_of_time_in_another_unit(bits):
    def step(x, t):
        return x * (2 if t.dtype == "m8[s]" else 3)

    beside(lambda: (SimpleNamespace(), step), lambda i: (np.ones(2), np.timedelta64(3, "s" if i < 6 else "m")), bits)


@pytest.mark.parametrize("of", ["argument", "parameter"])
def test_the_name_of_a_tensor(of, bits):
    def make():
        p = nn.Parameter(np.ones(2))
        p.name = "a"
        return SimpleNamespace(_p=p), lambda x, t: x * {"a": 1.0, "b": 2.0}[(p if t is None else t).name]

    def arguments(i):
        t = autograd.tensor(np.ones(2), name="a" if i < 6 else "b")
        return np.ones(2), t if of == "argument" else None

    def change(world, i):
        if i == 6:
            world._p.name = "b"

    beside(make, arguments, bits, before=change)


@pytest.mark.parametrize("of", ["argument", "parameter"])
def test_a_gradient_that_is_laid_out_otherwise(of, bits):
    """Sums of it are rounded otherwise."""

    def make():
        world = SimpleNamespace(_p=nn.Parameter(np.ones((30, 40))))
        return world, lambda t, x: ((world._p if t is None else t).grad * x).ravel(order="K").cumsum()

    def gradient(i):
        return np.asarray(np.random.default_rng(i).normal(size=(30, 40)), order="C" if i < 6 else "F")

    def arguments(i):
        t = autograd.tensor(np.ones((30, 40)), requires_grad=True)
        t._grad = gradient(i)
        return t if of == "argument" else None, 2.0

    def change(world, i):
        world._p._grad = gradient(i)

    assert len(beside(make, arguments, bits, before=change)._programs) == 2


# --- names that code does not mention -----------------------------------------------------------------------------


SETTINGS.table = {"gain": 1.0}
exec(
    "def __getattr__(name):\n    if name in table:\n        return table[name]\n    raise AttributeError(name)",
    vars(SETTINGS),
)
gain_of = operator.attrgetter("gained")
NAME = "settings_of_strangers"


@pytest.mark.parametrize(
    "read",
    [
        lambda: gain_of(SETTINGS),
        lambda: SETTINGS.__gained__,
        lambda: SETTINGS.__dict__["".join(["gai", "ned"])],
        lambda: object.__getattribute__(SETTINGS, "".join(["gai", "ned"])),
        lambda: inspect.getattr_static(SETTINGS, "".join(["gai", "ned"])),
        lambda: SETTINGS.gain,
        lambda: sys.modules["".join(["settings_of_", "strangers"])].gained,
        lambda: importlib.import_module("".join(["settings_of_", "strangers"])).gained,
        lambda: __import__("".join(["settings_of_", "strangers"])).gained,
    ],
)
def test_a_name_of_a_module_by_other_ways(read, bits):
    def change(world, i):
        SETTINGS.table["gain"] = SETTINGS.gained = SETTINGS.__gained__ = 1.0 if i < 6 else 3.0

    beside(lambda: (SimpleNamespace(), lambda x: x * read()), lambda i: (np.ones(2),), bits, before=change)


@pytest.mark.parametrize("given", [[0], np.ones(2)])
def test_what_a_caller_of_methods_holds(given, bits):
    def make():
        held = copy.copy(given)
        call = operator.methodcaller("take" if isinstance(held, list) else "dot", held)
        return SimpleNamespace(_held=held), lambda x: call(x)

    def change(world, i):
        if i == 6:
            world._held += [1]

    beside(make, lambda i: (np.arange(1.0, 3.0),), bits, before=change)


def classes():
    class One:
        __gain__ = 1.0

    class Two:
        __gain__ = 2.0

    class Of(One):
        pass

    thing = Of()
    return SimpleNamespace(_one=One, _two=Two, _of=Of), lambda x: x * thing.__gain__


def abstract():
    class One(ABC):  # noqa: B024
        pass

    class Of:
        pass

    thing = Of()
    return SimpleNamespace(_one=One, _of=Of), lambda x: x * 2 if isinstance(thing, One) else x


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (classes, lambda world: setattr(world._one, "__gain__", 3.0)),
        (classes, lambda world: setattr(world._of, "__bases__", (world._two,))),
        (abstract, lambda world: world._one.register(world._of)),
    ],
    ids=["attribute", "bases", "registered"],
)
def test_a_class_that_changes(make, change, bits):
    beside(make, lambda i: (np.ones(2),), bits, before=lambda world, i: change(world) if i == 6 else None)


def test_a_function_that_keeps_its_results(bits):
    def make():
        world = SimpleNamespace(_gain=1.0)
        world._gain_now = functools.cache(lambda: world._gain)
        return world, lambda x: x * world._gain_now()

    def change(world, i):
        world._gain = 1.0 if i < 4 else 3.0
        if i == 6:
            world._gain_now.cache_clear()

    assert "keeps its results" in beside(make, lambda i: (np.ones(2),), bits, before=change).explain()


# --- what comes out twice, or was there ---------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [lambda x: [x], lambda x: {"a": x}])
def test_a_list_or_dict_that_is_held_and_returned(pack):
    held = pack(np.ones(2))
    step = autograd.compile(lambda x: (held, x * 2), strict=True)
    assert all(step(np.ones(2))[0] is held for _ in range(5))
    assert step._programs


@pytest.mark.parametrize("make", [lambda x: [x], lambda x: {"a": x}, autograd.tensor])
def test_one_thing_in_two_places_of_a_result(make):
    def step(x):
        y = make(x * 2)
        return y, {"again": y}

    compiled = autograd.compile(step, verify=0)
    for _ in range(5):
        first, again = compiled(np.ones(2))
        assert first is again["again"]


class Static:
    twice = autograd.compile(staticmethod(lambda x: x * 2))


def test_a_static_method():
    assert [Static().twice(np.ones(1)).tolist() for _ in range(5)] == [[2.0]] * 5
    assert [Static.twice(np.ones(1)).tolist() for _ in range(5)] == [[2.0]] * 5


# --- what a call changes beside values ----------------------------------------------------------------------------


def taken_in_turn(kind):
    def make():
        world = SimpleNamespace(_kept=kind(first=1.0, second=2.0))
        entries = world._kept if isinstance(world._kept, dict) else vars(world._kept)

        def step(x, fails):
            entries[name] = rate = entries.pop(name := next(iter(entries)))
            if fails:
                raise ValueError("half-way")
            return x * rate, list(entries)

        return world, step

    return make


@pytest.mark.parametrize("kind", [dict, OrderedDict, SimpleNamespace])
@pytest.mark.parametrize("fails", [-1, 1, 4])
def test_entries_that_change_their_order(kind, fails, bits):
    step = beside(taken_in_turn(kind), lambda i: (np.ones(2), i == fails), bits)
    assert fails != -1 or "order" in step.explain()


def inner(name, change):
    """A step that changes a Tensor, and returns what became of it."""

    def step(t, x):
        setattr(t, name, change(getattr(t, name)))
        return x * 2

    return step


@pytest.mark.parametrize(
    "step",
    [
        inner("requires_grad", lambda before: not before),
        inner("name", lambda before: "b" if before == "a" else "a"),
        inner("requires_grad", lambda before: True),
    ],
)
@pytest.mark.parametrize("held", [True, False])
def test_what_is_said_of_a_tensor(step, held, bits):
    shared = autograd.tensor(np.ones(2))

    def make():
        shared.requires_grad, shared.name = False, None
        return SimpleNamespace(now=None), (lambda t, x: step(shared, x)) if held else step

    def before(world, i):
        world.now = shared.requires_grad, shared.name

    beside(make, lambda i: (shared, np.ones(2)), bits, before=before)


def settings_of_errors(x):
    np.seterr(over="ignore" if np.geterr()["over"] == "warn" else "warn")
    return x * 2


def test_how_floating_point_errors_are_treated_from_now_on(bits):
    def before(world, i):
        world.now = np.geterr()["over"]

    with np.errstate(over="warn"):
        step = beside(lambda: (SimpleNamespace(), settings_of_errors), lambda i: (np.ones(2),), bits, 6, before)
    assert "use np.errstate" in step.explain()


def test_a_seed_inside(bits):
    dropout = nn.Dropout(0.5)

    def dropped(x):
        nn.manual_seed(3)
        return dropout(autograd.tensor(x)).data

    step = beside(lambda: (SimpleNamespace(), dropped), lambda i: (np.ones(20),), bits)
    assert "seeds the default generator" in step.explain()


def test_a_number_that_the_library_counts_with(bits):
    """How many classes there are is a check: with another number of them there is another program."""

    def count(x, y):
        return nn.metrics.confusion_matrix(x, y)

    step = beside(lambda: (SimpleNamespace(), count), lambda i: 2 * (np.arange(6) % (3 if i % 6 < 5 else 4),), bits, 20)
    assert len(step._programs) == 2


# --- rows in another order ----------------------------------------------------------------------------------------


def by_a_seed(rng, x):
    np.random.default_rng(0).shuffle(x)


def by_a_seed_and_all_caught(rng, x):
    with contextlib.suppress(Exception):
        np.random.default_rng(0).shuffle(x)


def by_a_generator(rng, x):
    rng.shuffle(x)


def by_its_method(rng, x, shuffle=None):
    shuffle(x)


def by_a_class(rng, x):
    np.random.Generator(np.random.PCG64(0)).shuffle(x)


def by_an_old_class(rng, x, make=np.random.RandomState):
    make(0).shuffle(x)


class Own(np.random.RandomState):
    pass


def by_a_class_of_ones_own(rng, x):
    Own(0).shuffle(x)


def by_an_import(rng, x):
    from numpy.random import default_rng

    default_rng(0).shuffle(x)


def by_calls(rng, x):
    last = x[0].copy()
    operator.setitem(x, 0, x[1])
    operator.setitem(x, 1, last)


SHUFFLES = [by_a_seed, by_a_seed_and_all_caught, by_a_generator, by_its_method, by_a_class, by_an_old_class]
SHUFFLES += [by_a_class_of_ones_own, by_an_import, by_calls]


@pytest.mark.parametrize("shuffle", SHUFFLES)
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.filterwarnings("ignore:you are shuffling")
def test_rows_that_are_shuffled(shuffle, given, bits):
    """NumPy takes what is no array for a list, and swaps views of the same memory."""

    def make():
        by_its_method.__defaults__ = (np.random.default_rng(0).shuffle,)
        world = SimpleNamespace(_rng=np.random.default_rng(0))

        def step(x, rng=None):
            y = x * 2.0
            shuffle(rng or world._rng, y)
            shuffle(rng or world._rng, x)
            return x, y

        generators.append(world._rng)
        return world, step

    generators = []
    beside(make, lambda i: (np.arange(8.0).reshape(4, 2), *generators[-1:] * given), bits)


def test_a_generator_that_is_given(bits):
    generators = []

    def make():
        generators.append(np.random.default_rng(0))
        return SimpleNamespace(), lambda x, rng: x * rng.normal(size=2)

    assert beside(make, lambda i: (np.ones(2), generators[-1]), bits)._programs


# --- Ctrl-C -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name"), [(tracing, "settle_tensor"), (Recorder, "external"), (Holder, "put")], ids=["out", "in", "put"]
)
@pytest.mark.parametrize("after", [1, 2, 4])
def test_ctrl_c_while_things_are_put_in_their_places(owner, name, after, monkeypatch):
    """Whenever it comes, nothing that stands for an array stays."""
    model, table = (
        nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2)),
        {"a": np.ones(2, "float32"), "b": np.zeros(2, "float32")},
    )
    original, calls = getattr(owner, name), []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == after:
            raise KeyboardInterrupt
        return original(*args)

    @autograd.compile
    def step(x):
        model(x * table["a"]).sum().backward()
        return x + table["b"]

    x = np.ones((3, 2), "float32")
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            step(x)
    tensors = [*model.parameters(), *model.buffers()]
    held = [*table.values(), *(t._data for t in tensors), *(t._grad for t in tensors if t._grad is not None)]
    assert {type(array) for array in held} == {np.ndarray}
    assert [step(x).tolist() for _ in range(6)] == [x.tolist()] * 6
    assert step._programs


# --- lists that are given and held --------------------------------------------------------------------------------


def written_as_held(world, given, x):
    world._rows[0] = x * 2
    return given[0] + 1


def written_as_given(world, given, x):
    given[0] = x * 2
    return world._rows[0] + 1


def the_very_same(world, given, x):
    return x * (2 if given is world._rows else 3)


def a_new_entry(world, given, x):
    if isinstance(world._rows, dict):
        world._rows[len(given)] = x
    return x * len(given)


@pytest.mark.parametrize("step", [written_as_held, written_as_given, the_very_same, a_new_entry])
@pytest.mark.parametrize("make_rows", [lambda: [1.0], lambda: [np.ones(2)], lambda: {0: 1.0}, lambda: {0: np.ones(2)}])
@pytest.mark.parametrize("since", [0, 6])
def test_a_list_that_is_given_and_held(step, make_rows, since, bits):
    worlds = []

    def make():
        worlds.append(SimpleNamespace(_rows=make_rows()))
        return worlds[-1], lambda given, x: step(worlds[-1], given, x)

    def arguments(i):
        return worlds[-1]._rows if i >= since else make_rows(), np.full(2, float(i))

    beside(make, arguments, bits)


def test_a_list_that_is_given_and_kept():
    world = SimpleNamespace(last=None)

    @autograd.compile
    def step(given):
        world.last = given
        return given[0] * 2

    for i in range(6):
        given = [np.full(2, float(i))]
        assert step(given).tolist() == [2.0 * i] * 2
        assert world.last is given

"""Graphs of single numbers: blocks of floats have the bits of eager's numbers, and warn and raise as these do."""

import math
import warnings
from itertools import pairwise

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.compiling import numbers, straight, tape
from autograd.engine.op import REGISTRY

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-8, -3.7, 20.0, 5e-324, 1e-310, 1e154, -1e200, 1.7e308, math.inf, math.nan]


@pytest.fixture(autouse=True, params=["Python", "tape"])
def how(request, monkeypatch):
    """Short runs are blocks too: functions of few lines, or a tape."""
    if request.param == "tape":
        pytest.importorskip("numba")
    monkeypatch.setattr(numbers, "FEW", 1)
    monkeypatch.setattr(straight, "PART", 5)
    monkeypatch.setattr(tape, "LARGE", 1 if request.param == "tape" else 10**9)
    return request.param


def bits(x):
    """Something that is equal when two results are the same to the last bit, of the same kind."""
    if isinstance(x, tuple):
        return tuple(map(bits, x))
    if isinstance(x, autograd.Tensor):
        return "Tensor", bits(x.data)
    return type(x).__name__, x.dtype.str if hasattr(x, "dtype") else "", np.asarray(x).tobytes()


def told(f, *args):
    """What a call gives, down to the bits, or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            result = bits(f(*args))
        except ArithmeticError as error:
            result = repr(error)
    return result, {(w.category, str(w.message)) for w in said}


def compare(f, rows, verify=1):
    """Compiled beside eager on each row, with a program from the third on."""
    step = autograd.compile(f, verify=verify, strict=True)
    for row in rows:
        assert told(step, *row) == told(f, *row), row
    return step


def operations(step):
    return sum(len(block.code) for program in step._programs for block in program.blocks)


def numbers_near(rng, count):
    return [[float(x) for x in row] for row in rng.normal(size=(count, 2)) * 10.0 ** rng.integers(-3, 4, (count, 2))]


SMOOTH = [op for op in REGISTRY.values() if op.rules and not op.attributes and not op.joint and not op.outputs]


@pytest.mark.parametrize(
    "op", [op for op in SMOOTH if len(op.operands) <= 2 and not op.variadic], ids=lambda op: op.name
)
def test_each_op_and_its_slopes(op, rng):
    def value_and_slopes(x, y):
        parts = [tensor(z, requires_grad=True) for z in (x, y)[: len(op.operands)]]
        out = op.function(*[part * 1.0 for part in parts])
        further = out * -3.0 - 1.0  # which is returned: of what nothing depends on, a replay knows no warning
        return out.detach(), further.detach(), *further.gradient(*parts, allow_unused=True)

    try:
        with warnings.catch_warnings(action="ignore"):
            value_and_slopes(0.5, 0.25)
    except autograd.errors.AutogradError:
        pytest.skip("it takes no numbers")
    step = autograd.compile(value_and_slopes, verify=1)
    for row in (1.4, 1.3), (1.3, 1.2), (1.2, 1.7), *numbers_near(rng, 20):
        told(step, *row)
    rows = [*numbers_near(rng, 20), *((a, b) for a in SPECIAL for b in (SPECIAL if len(op.operands) == 2 else [1.0]))]
    for row in rows:
        assert told(step, *row) == told(value_and_slopes, *row), row


class Net:
    """A network of single numbers, trained by hand."""

    def __init__(self, rng, sizes=(2, 3, 1)):
        def of(*shape):
            return [tensor(v, requires_grad=True) for v in rng.uniform(-1, 1, shape).ravel().tolist()]

        self.layers = [([of(n) for _ in range(m)], of(m)) for n, m in pairwise(sizes)]
        self.parameters = [p for rows, bias in self.layers for p in [*(w for row in rows for w in row), *bias]]
        self.inputs = [[tensor(v) for v in row] for row in rng.normal(size=(4, 2)).tolist()]
        self.labels = [1.0, -1.0, 1.0, -1.0]
        self.lr = 0.1

    def __call__(self, x, bend):
        for k, (rows, bias) in enumerate(self.layers, start=1):
            x = [sum((w * v for w, v in zip(row, x, strict=True)), b) for row, b in zip(rows, bias, strict=True)]
            x = [bend(v) for v in x] if k < len(self.layers) else x
        return x[0]

    def step(self, bend):
        losses = [(1 + -y * self(x, bend)).relu() for x, y in zip(self.inputs, self.labels, strict=True)]
        loss = sum(losses) * 0.25 + 1e-4 * sum(p * p for p in self.parameters)
        for p in self.parameters:
            p.grad = None
        loss.backward()
        for p in self.parameters:
            p.data -= self.lr * p.grad
        return loss


@pytest.mark.parametrize(
    "bend", [lambda v: v.relu(), lambda v: v.tanh(), lambda v: np.maximum(v, 0.0), lambda v: v.sigmoid()]
)
@pytest.mark.parametrize("few", [1, 10_000])
def test_a_network_of_numbers_is_one_program_however_its_numbers_bend(bend, few, rng, monkeypatch):
    monkeypatch.setattr(numbers, "FEW", few)
    seed = int(rng.integers(1000))
    one, other = (Net(np.random.default_rng(seed)) for _ in range(2))
    step = autograd.compile(lambda: one.step(bend), strict=True)
    for i in range(40):
        if i % 7 == 6:
            for net in one, other:
                net.parameters[i % len(net.parameters)].data -= 2.0  # so that units that were on go off
        assert bits(step()) == bits(other.step(bend)), i
        for p, q in zip(one.parameters, other.parameters, strict=True):
            assert bits(p.data) == bits(q.data)
            assert bits(p.grad) == bits(q.grad)
    assert len(step._programs) == 1
    assert step._programs[0].replays > 30
    assert bool(step._programs[0].blocks) is (few == 1)


def test_random_programs_of_numbers(rng):
    binary = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (b * b + 0.5), np.maximum,
              np.hypot, lambda a, b: abs(a) ** 1.5 - b, np.arctan2]  # fmt: skip
    unary = [lambda a: -a, np.tanh, np.sin, lambda a: a.relu(), abs, lambda a: 2 - a, lambda a: a**3, np.square,
             lambda a: np.sqrt(a * a + 1), lambda a: 1e-3 / (3 + abs(a)), np.sign, lambda a: a.sigmoid()]  # fmt: skip
    for _ in range(12):
        recipe = [(rng.integers(len(binary)), rng.integers(len(unary)), *rng.integers(0, 4 + i, 2)) for i in range(25)]
        leaves = [tensor(v, requires_grad=True) for v in rng.normal(size=4).tolist()]

        def f(scale, recipe=recipe, leaves=leaves):
            values = [leaf * scale for leaf in leaves]
            for two, one, i, j in recipe:
                values.append(unary[one](binary[two](values[i], values[j])))
            total = sum(values)
            return total.detach(), *total.gradient(*leaves)

        step = compare(f, [(float(x),) for x in [*rng.normal(size=8), 1e150, 1e160, -0.0]])
        assert operations(step) > 60


def test_what_overflows_warns_as_it_does_without():
    def f(x, y):
        h = tensor(x) * y
        return 1.0 / h, h - h, np.tanh(h), (h + 1.0).relu(), np.exp(-h), h < 2.0

    rows = [
        (1.0, 2.0),
        (3.0, 4.0),
        (2.0, 1.0),
        (1e200, 1e200),
        (-1e200, 1e200),
        (0.0, 1.0),
        (math.inf, 1.0),
        (2.0, 2.0),
    ]
    compare(f, rows)
    compare(lambda x, y: 1.0 / (tensor(x) * y), rows)
    compare(lambda x, y: np.exp(-(tensor(x) * y)), rows)
    assert told(f, 1e200, 1e200)[1]  # there is something to warn of
    with np.errstate(all="raise"):
        compare(f, rows[:3])
        step = compare(f, [rows[0]] * 4)
        assert told(step, *rows[3]) == told(f, *rows[3])
        assert told(step, 1e-200, 1e-200) == told(f, 1e-200, 1e-200)  # which vanishes


def test_numbers_of_python_divide_as_python_does():
    def f(x, y):
        return x / y + x * 2.0 - y

    compare(f, [(1.0, 2.0), (3.0, 4.0), (2.0, 1.0), (1.0, 0.0), (1e308, 10.0), (1e308, 1e-10)])


def test_single_precision_is_left_to_numpy(rng):
    w = tensor(np.float32(0.3), requires_grad=True)

    def f(x):
        out = ((w * x + 1.0).tanh() * w).relu()
        return out.detach(), *out.gradient(w)

    step = compare(f, [(np.float32(x),) for x in rng.normal(size=6)])
    assert not step._programs[0].blocks


def test_what_is_written_to_is_read_before_and_after(rng):
    total = np.array(0.5)

    def f(x):
        before = total * x + 1.0
        view = total.reshape(())
        same = np.asarray(total)
        few = total < 3.0
        np.add(total, before, total)
        after = view * x - same
        np.subtract(same, 0.25, out=same)
        return before, after, total * 2.0, np.where(few & (total > -1.0), x, 1.0)

    start = total.copy()
    rows = [float(x) for x in rng.normal(size=6)]
    expected = [bits(f(x)) for x in rows]
    end = total.copy()
    total[...] = start
    step = autograd.compile(f, strict=True)
    assert [bits(step(x)) for x in rows] == expected
    assert bits(total) == bits(end)


def test_what_changes_in_place_is_what_later_calls_read(rng):
    def make():
        held, other = [np.array(0.5), np.array(-1.5)], np.array([0.25, 4.0])
        view = other[:1].reshape(())

        def f(x):
            first = held[0] * x
            held[0] -= first * 0.5
            held[1] += x
            second = held[0] * x + held[1]
            held[0] *= 0.75
            held[0] /= 1.0 + x * x
            view_before = view * 2.0
            other[0] += second
            held[1] -= view
            return first, second, view_before, view * 1.0, held[0] + held[1]

        return f, [*held, other]

    (eager, plain), (f, arrays) = make(), make()
    step = autograd.compile(f, strict=True)
    for x in [*rng.normal(size=6).tolist(), 1e200, 0.5, math.inf, 1.0]:
        assert told(step, x)[0] == told(eager, x)[0]
        assert [bits(a) for a in arrays] == [bits(a) for a in plain]
    assert operations(step) > 10


@pytest.mark.parametrize("ufunc", tape._UFUNCS, ids=lambda f: f.__name__)
def test_ufuncs_of_numbers_have_the_bits_of_numpy(ufunc, rng, how):
    factors = [tensor(v) for v in (rng.normal(size=40) * 10.0 ** rng.integers(-8, 3, 40)).tolist()]

    def f(x):
        found = [x * factor for factor in factors]
        if ufunc.nin == 2:
            return tuple([ufunc(abs(a), b) for a, b in pairwise(found)])
        return tuple([ufunc(abs(a)) for a in found])

    step = autograd.compile(f, strict=True)
    with np.errstate(all="ignore"):
        for x in rng.normal(size=50).tolist():
            assert bits(step(x)) == bits(f(x))
    assert ("a tape that numba runs" in step.explain()) is (how == "tape")


def test_products_and_sums_are_rounded_twice(rng, how):
    a, b, c = (tensor(v) for v in (0.1, 0.3, -0.03))

    def f(x):
        products = [a * x, b * x, x * x * c]
        return tuple([p * x + q for p in products for q in products]), tuple(
            [q + p * p for p in products for q in products]
        )

    compare(f, [(x,) for x in rng.normal(size=60).tolist()])


def test_a_tape_is_refused_in_words(monkeypatch):
    def f(x):
        return np.hypot(x * 2.0, 1.0), np.floor(x)

    monkeypatch.setattr(tape, "LARGE", 1)
    step = compare(f, [(1.0,), (2.0,), (3.0,)])
    assert "hypot has no tape instruction" in step.explain()
    monkeypatch.setattr(tape, "find_spec", lambda name: None)
    step = compare(lambda x: x * 2.0 + 1.0, [(1.0,), (2.0,), (3.0,)])
    assert "pip install numba" in step.explain()
    monkeypatch.setattr(tape, "find_spec", lambda name: name)

    def fail():
        raise ImportError("Numba needs NumPy 2.3 or less. Got NumPy 2.4.")

    monkeypatch.setattr(tape, "_compiled", fail)
    step = compare(lambda x: x * 2.0 + 1.0, [(1.0,), (2.0,), (3.0,)])
    assert "numba cannot be used: Numba needs NumPy 2.3" in step.explain()


def test_it_says_what_it_does_with_numbers(monkeypatch):
    monkeypatch.setattr(numbers, "FEW", 2)
    step = compare(lambda x: (x * 2.0 + 1.0) / 3.0, [(1.0,), (2.0,), (3.0,), (4.0,)])
    assert "operations on single numbers" in step.explain()
    assert "((v[0] * 2.0) + 1.0) / 3.0" in step.source

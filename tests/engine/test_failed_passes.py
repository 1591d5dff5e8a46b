"""A backward pass that fails, wherever it does, leaves every gradient as it was: the next one does not add it twice."""

import dis
import sys
import threading
from itertools import count

import numpy as np
import pytest

from autograd import StaleLeafError, Tensor, custom_op, tensor


class Failure(Exception):
    pass


def leaves(shape, count=3):
    return [tensor(np.full(shape, i + 1.0), requires_grad=True) for i in range(count)]


def branches(a, b, c):
    """A graph with several consumers of its leaves and of what is computed, all of which somebody holds."""
    d = a * b
    e = np.tanh(d) + c
    f = e * a
    return [d, e, f, (f * e).sum()]


def gradients(held):
    return [None if t.grad is None else np.array(t.grad) for t in held]


def assert_same(found, expected):
    for g, h in zip(found, expected, strict=True):
        assert (g is None) == (h is None)
        if g is not None:
            np.testing.assert_array_equal(g, h)


def interrupts(make):
    """Of a new state for each try: call, interrupted by Ctrl-C one possible moment later than before, until it ends.

    Signals are looked for where a function begins, after calls and at the end of a round of a loop.
    """
    for k in count(1):
        left, last = k, {}
        call, state = make()

        def trace(frame, event, argument, last=last):
            nonlocal left
            if not frame.f_code.co_filename.endswith("backward.py") or frame.f_code.co_name == "take_back":
                return None
            frame.f_trace_opcodes = True
            if event == "opcode":
                before = last.get(frame, "")
                last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
                if before.startswith(("CALL", "RESUME", "JUMP_BACKWARD")):
                    left -= 1
                    if not left:
                        raise KeyboardInterrupt
            return trace

        sys._getframe().f_trace_opcodes = True  # without it Python 3.12 traces none the first time
        sys.settrace(trace)
        try:
            call()
        except KeyboardInterrupt:
            sys.settrace(None)
            yield state
        else:
            return
        finally:
            sys.settrace(None)


SHAPES = pytest.mark.parametrize("shape", [(), (3,), (100,)], ids=str)
PASSES = pytest.mark.parametrize("passes", [0, 1], ids=["first", "second"])


@SHAPES
@PASSES
@pytest.mark.parametrize("place", range(6))
def test_a_hook_that_raises(shape, passes, place):
    held = leaves(shape)
    held += branches(*held)
    for _ in range(passes):
        held[-1].backward(retain_graph=True)
    before = gradients(held)

    def fail(g):
        raise Failure

    handle = held[place].register_hook(fail)
    with pytest.raises(Failure):
        held[-1].backward(retain_graph=True)
    assert_same(gradients(held), before)
    handle.remove()
    held[-1].backward(retain_graph=True)
    other = leaves(shape)
    other += branches(*other)
    for _ in range(passes + 1):
        other[-1].backward(retain_graph=True)
    assert_same(gradients(held), gradients(other))


@SHAPES
@PASSES
def test_control_c_at_every_instruction(shape, passes):
    """All gradients have arrived, or none has; only at the very end of the pass it may be all."""

    def graph():
        held = leaves(shape, 2)
        held.append(held[0] * held[1])
        held.append((held[2] * held[0]).sum())
        for _ in range(passes):
            held[3].backward(retain_graph=True)
        return lambda: held[3].backward(retain_graph=True), held

    run, held = graph()
    before = gradients(held)
    run()
    after = gradients(held)
    ends = []
    for held in interrupts(graph):
        ends.append(held[0].grad is not None and np.array_equal(held[0].grad, after[0]))
        if ends[-1]:
            assert_same(gradients(held), after)
        else:
            leaves_only = 2 if passes else 4
            assert_same(gradients(held)[:leaves_only], before[:leaves_only])
    assert ends == sorted(ends)
    assert sum(ends) <= 2 < 30 < len(ends)


def test_a_rule_that_raises():
    def fail(g, x):
        raise Failure

    odd = custom_op(lambda x: x + 0.0, fail)
    x, y = leaves((3,), 2)
    z = (odd(x) * y).sum()
    with pytest.raises(Failure):
        z.backward(retain_graph=True)
    assert x.grad is y.grad is z.grad is None


def test_a_pass_that_is_refused():
    x, y = leaves((3,), 2)
    z = (x * y).sum() + (np.exp(y)).sum()
    x.data += 1.0
    with pytest.raises(StaleLeafError):
        z.backward()
    assert x.grad is y.grad is None


def test_what_others_have_put_there_stays_and_is_named():
    x, y = leaves((3,), 2)
    x.name = "weights"
    z = (x * 2.0).sum() + y.sum()

    def change(g):
        thread = threading.Thread(target=setattr, args=(x, "grad", np.full(3, 7.0)))
        thread.start()
        thread.join()
        raise Failure

    (x * 3.0).sum().backward()
    first, second = sorted((x, y), key=lambda t: t._node.seq)
    second_is_x = second is x
    first.register_hook(change)
    with pytest.raises(Failure) as caught:
        z.backward()
    if second_is_x:
        assert "not undone: .grad of weights" in caught.value.__notes__[0]
    np.testing.assert_array_equal(x.grad, np.full(3, 7.0))


def test_with_gradients_of_gradients():
    x = tensor([1.0, 2.0], requires_grad=True)
    (g,) = (x**3).sum().gradient(x, create_graph=True)
    total = (g * g).sum()
    handle = x.register_hook(lambda g: (_ for _ in ()).throw(Failure()))
    with pytest.raises(Failure):
        total.backward(retain_graph=True)
    assert x.grad is g.grad is total.grad is None
    handle.remove()
    total.backward()
    np.testing.assert_allclose(x.grad, 36 * x.data**3)
    assert isinstance(g, Tensor)

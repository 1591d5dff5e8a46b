"""Ctrl-C during a step: all parameters and their state are those before it or those after it, never a mixture."""

import dis
import os
import pickle
import signal
import sys
import threading
from itertools import count

import numpy as np
import pytest

import optim
from autograd import tensor
from optim.interrupts import undisturbed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of another kind")

FOLDER = os.path.dirname(optim.__file__)
MAKERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "schedule": lambda p: optim.SGD(p, lr=lambda t: 0.1 / (1 + t)),
    "groups": lambda p: optim.Adam([{"params": p[:1]}, {"params": p[1:], "lr": 0.5}], amsgrad=True),
    **{
        name: getattr(optim, name)
        for name in ("Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "NAdam", "RAdam", "RMSprop", "Rprop")
    },
}


@pytest.fixture(autouse=True)
def handler():
    """Python's own handler of Ctrl-C, which a process that was started in the background does not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupts(make, every=1):
    """Of a new state for each try: call, with Ctrl-C some possible moments later than before, until it ends.

    Python looks for signals where a function begins, after calls and at the end of a round of a loop.
    """
    for k in count(1, every):
        left, last = k, {}
        call, state = make()

        def trace(frame, kind, argument, last=last):
            nonlocal left
            file = frame.f_code.co_filename
            if not file.startswith(FOLDER) and not file.startswith("<chainrule: update"):
                return None
            frame.f_trace_opcodes = True
            if kind == "opcode":
                before = last.get(frame, "")
                last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
                if before.startswith(("CALL", "RESUME", "JUMP_BACKWARD")):
                    left -= 1
                    if not left:
                        sys.settrace(None)
                        signal.raise_signal(signal.SIGINT)
            return trace

        sys._getframe().f_trace_opcodes = True  # without it Python 3.12 traces none the first time
        sys.settrace(trace)
        try:
            call()
        except KeyboardInterrupt:
            sys.settrace(None)
            yield state
        else:
            assert left > 0, "the interrupt was swallowed"
            return
        finally:
            sys.settrace(None)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def parameters():
    shapes = [(), (3,), (2, 4), (20_000,)]
    p = [
        tensor(np.linspace(-1.0, 1.0, np.prod(shape, dtype=int)).reshape(shape), requires_grad=True) for shape in shapes
    ]
    for x in p:
        x.grad = np.sin(x.data) + 0.5
    return p


def bits(p, optimizer):
    return pickle.dumps(([x.data for x in p], optimizer.state_dict()))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("steps", [0, 2], ids=["first step", "third step"])
def test_all_or_nothing(name, steps):
    def make():
        p = parameters()
        optimizer = MAKERS[name](p)
        for _ in range(steps):
            optimizer.step()
        return optimizer.step, (p, optimizer)

    run, state = make()
    names = {bits(*state): "before"}
    run()
    names[bits(*state)] = "after"
    ends = [names[bits(*state)] for state in interrupts(make, 1 if name == "SGD" else 11)]
    assert ends == sorted(ends, reverse=True)
    assert set(ends) == {"before", "after"}


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_ends_where_one_of_its_steps_has_ended(search):
    """And goes on from there as if it had been asked to go so far."""

    def descend(iterations):
        p = [tensor([-1.2], requires_grad=True), tensor([1.0], requires_grad=True)]
        optimizer = optim.LBFGS(p, lr=0.5 if search else 0.01, max_iter=iterations, max_eval=100, line_search_fn=search)

        def closure():
            optimizer.zero_grad()
            loss = ((1.0 - p[0]) ** 2 + 10.0 * (p[1] - p[0] ** 2) ** 2).sum()
            loss.backward()
            return loss

        return lambda: optimizer.step(closure), (p, optimizer)

    points = set()
    for iterations in range(5):
        run, (p, _) = descend(max(iterations, 1))
        if iterations:
            run()
        points.add((p[0].item(), p[1].item()))
    assert len(points) == 5
    found = set()
    for p, optimizer in interrupts(lambda: descend(4), 4):
        found.add((p[0].item(), p[1].item()))
        sizes = {len(optimizer.state[p[0]][name]) for name in ("old_dirs", "old_stps", "ro")}
        assert len(sizes) == 1, "the three lists of the history go together"
    assert found == points


def test_looking_ahead_is_taken_back_whole():
    def make():
        p = parameters()[:3]
        optimizer = optim.SGD(p, lr=0.1, momentum=0.9)
        optimizer.step()
        before = [x.data.copy() for x in p]

        def run():
            with optimizer.look_ahead():
                pass

        return run, (p, before)

    hits = 0
    for p, before in interrupts(make):
        hits += 1
        for x, array in zip(p, before, strict=True):
            np.testing.assert_array_equal(x.data, array)
    assert hits > 5


# --- undisturbed ----------------------------------------------------------------------------------------------------


def test_the_handler_of_the_caller_is_called_once_and_is_back():
    calls, order = [], []

    def mine(number, frame):
        calls.append((number, frame is not None))
        order.append("handler")

    def run():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        order.append("end")
        return 5

    signal.signal(signal.SIGINT, mine)
    assert undisturbed(run) == 5
    assert calls == [(signal.SIGINT, True)]
    assert order == ["end", "handler"]
    assert signal.getsignal(signal.SIGINT) is mine


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_handlers_that_are_no_functions_stay(handler):
    signal.signal(signal.SIGINT, handler)
    assert undisturbed(lambda: signal.getsignal(signal.SIGINT)) is handler
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_error_passes_and_the_handler_is_back():
    with pytest.raises(ZeroDivisionError):
        undisturbed(lambda: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt) as caught:
        undisturbed(lambda: (signal.raise_signal(signal.SIGINT), 1 / 0))
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_in_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(undisturbed(lambda: "done")))
    thread.start()
    thread.join()
    assert found == ["done"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_within_another():
    def outer():
        inner = undisturbed(lambda: signal.raise_signal(signal.SIGINT))
        return [inner]

    with pytest.raises(KeyboardInterrupt):
        undisturbed(outer)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

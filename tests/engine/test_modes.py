"""no_grad and enable_grad: nesting, decorating every kind of function, and staying out of other threads and tasks."""

import asyncio
import contextlib
import contextvars
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograd import enable_grad, is_grad_enabled, no_grad, tensor


@pytest.fixture(autouse=True)
def _mode_is_restored():
    assert is_grad_enabled()
    yield
    assert is_grad_enabled()


# --- with blocks --------------------------------------------------------------------------------------------------


def test_nesting():
    seen = [is_grad_enabled()]
    with no_grad():
        seen.append(is_grad_enabled())
        with enable_grad():
            seen.append(is_grad_enabled())
            with no_grad():
                seen.append(is_grad_enabled())
            seen.append(is_grad_enabled())
        seen.append(is_grad_enabled())
    seen.append(is_grad_enabled())
    assert seen == [True, False, True, False, True, False, True]


def test_what_a_mode_does():
    x = tensor(2.0, requires_grad=True)
    with no_grad():
        y = x * x
        assert (y.requires_grad, y.is_leaf, y._node) == (False, True, None)
        with enable_grad():
            z = x * y
    assert z.requires_grad
    z.backward()  # y is a constant for it
    assert x.grad == 4.0


def test_backward_works_in_no_grad():
    x = tensor(2.0, requires_grad=True)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 4.0


def test_one_instance_may_be_entered_again():
    quiet, loud = no_grad(), enable_grad()
    with quiet:
        with loud, quiet:
            with quiet:
                assert not is_grad_enabled()
            assert not is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()
    with quiet:
        assert not is_grad_enabled()


def test_an_error_restores_the_mode():
    with pytest.raises(ZeroDivisionError), no_grad(), enable_grad():
        1 / 0  # noqa: B018
    assert is_grad_enabled()


def test_blocks_that_do_not_nest_end_in_the_mode_they_began_with():
    """A generator that suspends inside a with block overlaps with its consumer's blocks."""

    def overlapping():
        with no_grad():
            yield
        yield

    for inner in (enable_grad, no_grad):
        steps = overlapping()
        next(steps)
        with inner():
            next(steps)
        assert is_grad_enabled()


# --- functions ----------------------------------------------------------------------------------------------------


def test_a_decorated_function():
    @no_grad()
    def double(x, *, by=2):
        """Doc."""
        return x * by, is_grad_enabled()

    x = tensor(1.0, requires_grad=True)
    y, mode = double(x, by=3)
    assert (y.item(), y.requires_grad, mode) == (3.0, False, False)
    assert (double.__name__, double.__doc__) == ("double", "Doc.")
    assert str(inspect.signature(double)) == "(x, *, by=2)"


def test_a_decorated_method_and_recursion():
    class Model:
        @no_grad()
        def depth(self, n):
            assert not is_grad_enabled()
            return 0 if n == 0 else 1 + self.depth(n - 1)

        @classmethod
        @enable_grad()
        def loud(cls):
            return is_grad_enabled()

    assert Model().depth(5) == 5
    with no_grad():
        assert Model.loud()


def test_a_decorated_function_that_raises():
    @no_grad()
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        fail()


# --- generators ---------------------------------------------------------------------------------------------------


@no_grad()
def conversation(log):
    """Takes part in everything a generator can do, and notes the mode it finds itself in."""
    received = None
    try:
        while received != "stop":
            log.append(is_grad_enabled())
            try:
                received = yield received
            except ValueError as error:
                received = f"caught {error}"
        return "the end"
    finally:
        log.append(is_grad_enabled())


def test_a_generator_does_not_put_its_consumer_in_the_mode():
    log = []
    for i, _ in enumerate(conversation(log)):
        assert is_grad_enabled()
        if i == 2:
            break
    assert log[:3] == [False] * 3


def test_send_throw_and_the_return_value():
    log = []
    steps = conversation(log)
    assert next(steps) is None
    assert is_grad_enabled()
    assert steps.send("hello") == "hello"
    assert steps.throw(ValueError("oops")) == "caught oops"
    assert is_grad_enabled()
    with pytest.raises(StopIteration) as stop:
        steps.send("stop")
    assert stop.value.value == "the end"
    assert log == [False] * 4


def test_closing_runs_the_cleanup_in_the_mode():
    log = []
    steps = conversation(log)
    next(steps)
    steps.close()
    assert log == [False, False]
    with pytest.raises(StopIteration):
        next(steps)


def test_dropping_a_generator_runs_the_cleanup():
    log = []
    steps = conversation(log)
    next(steps)
    del steps
    assert log == [False, False]


def test_an_error_of_a_generator_reaches_the_consumer():
    @no_grad()
    def failing():
        yield 1
        raise KeyError("inside")

    steps = failing()
    assert next(steps) == 1
    with pytest.raises(KeyError, match="inside"):
        next(steps)
    steps = failing()
    next(steps)
    with pytest.raises(ZeroDivisionError):
        steps.throw(ZeroDivisionError)


def test_a_generator_that_refuses_to_close():
    @no_grad()
    def stubborn():
        for _ in range(2):
            with contextlib.suppress(GeneratorExit):
                yield is_grad_enabled()

    steps = stubborn()
    assert next(steps) is False
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        steps.close()


def test_delegation():
    log = []

    def outer():
        result = yield from conversation(log)
        yield (result, is_grad_enabled())

    steps = outer()
    next(steps)
    assert steps.send("stop") == ("the end", True)


def test_a_generator_sees_the_mode_of_its_consumer_below_its_own():
    @enable_grad()
    def loud():
        yield is_grad_enabled()
        yield is_grad_enabled()

    steps = loud()
    with no_grad():
        assert next(steps)
        assert not is_grad_enabled()
    assert next(steps)


# --- coroutines ---------------------------------------------------------------------------------------------------


def test_a_decorated_coroutine():
    @no_grad()
    async def slow():
        before = is_grad_enabled()
        await asyncio.sleep(0)
        return before, is_grad_enabled()

    async def main():
        task = asyncio.create_task(slow())
        direct = await slow()
        assert is_grad_enabled()
        return direct, await task

    assert inspect.iscoroutinefunction(slow)
    assert asyncio.run(main()) == ((False, False), (False, False))


def test_tasks_do_not_see_each_others_mode():
    """Two tasks take turns, each in its own mode; they share one instance of it."""
    quiet = no_grad()

    async def worker(mode, log, turn, other):
        async def step():
            await turn.wait()
            turn.clear()
            log.append(is_grad_enabled())
            other.set()

        await step()
        with mode:
            await step()
            with quiet:
                await step()
            await step()
        await step()

    async def main():
        first, second = asyncio.Event(), asyncio.Event()
        logs = [], []
        first.set()
        await asyncio.gather(worker(quiet, logs[0], first, second), worker(enable_grad(), logs[1], second, first))
        return logs

    assert asyncio.run(main()) == ([True, False, False, False, True], [True, True, False, True, True])


def test_a_task_inherits_the_mode_it_was_made_in():
    async def mode():
        return is_grad_enabled()

    async def main():
        with no_grad():
            inside = asyncio.create_task(mode())
        return await inside, await mode()

    assert asyncio.run(main()) == (False, True)


def test_asynchronous_generators_are_refused():
    async def stream():
        yield 1

    for mode in (no_grad, enable_grad):
        with pytest.raises(TypeError, match=rf"{mode.__name__}\(\) cannot decorate the asynchronous generator stream"):
            mode()(stream)


# --- threads ------------------------------------------------------------------------------------------------------


def test_threads_do_not_see_each_others_mode():
    meet = threading.Barrier(2, timeout=10)
    quiet = no_grad()

    def worker(silent):
        log = [is_grad_enabled()]
        meet.wait()
        with quiet if silent else enable_grad():
            meet.wait()
            log.append(is_grad_enabled())
            meet.wait()
        meet.wait()
        log.append(is_grad_enabled())
        return log

    with ThreadPoolExecutor(2) as pool, no_grad():
        logs = list(pool.map(worker, [True, False]))
    assert logs == [[True, False, True], [True, True, True]]


def test_threads_may_share_one_instance():
    """The ends of the two blocks come in the other order than in one thread."""
    quiet = no_grad()
    inside, leave = threading.Event(), threading.Event()
    log = []

    def other():
        with quiet:
            log.append(is_grad_enabled())
            inside.set()
            leave.wait(10)
        log.append(is_grad_enabled())

    thread = threading.Thread(target=other)
    with quiet:
        thread.start()
        inside.wait(10)
    assert is_grad_enabled()
    leave.set()
    thread.join()
    assert log == [False, True]


def test_a_copied_context_has_a_mode_of_its_own():
    def switch():
        mode = no_grad()
        mode.__enter__()
        return is_grad_enabled()

    assert contextvars.copy_context().run(switch) is False
    assert is_grad_enabled()


def test_a_decorator_without_brackets():
    """As in PyTorch."""

    @no_grad
    def quiet(x):
        return x * 2, is_grad_enabled()

    y, enabled = quiet(tensor(1.0, requires_grad=True))
    assert not enabled
    assert not y.requires_grad
    assert quiet.__name__ == "quiet"
    with pytest.raises(TypeError, match=r"no_grad\(\) takes at most the function that it decorates, not False"):
        no_grad(False)

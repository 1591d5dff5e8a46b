"""Backward passes in several threads at once, on graphs of their own that share leaves."""

import sys
import threading

import numpy as np
import pytest

from autograd import tensor


@pytest.fixture
def impatient():
    """Let threads take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_together(*jobs):
    """Run functions in threads that start together; errors come out."""
    errors = []
    meet = threading.Barrier(len(jobs), timeout=20)

    def work(job):
        try:
            meet.wait()
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("n", [1, 100, 100_000])  # NumPy lets go of the interpreter while it adds large arrays
@pytest.mark.usefixtures("impatient")
def test_no_gradient_is_lost(n):
    w, v = tensor(np.zeros(n), requires_grad=True), tensor(np.ones(n), requires_grad=True)
    rounds = 40

    def job():
        for _ in range(rounds):
            ((w + 1.0) * v).sum().backward()

    run_together(job, job, job, job)
    np.testing.assert_array_equal(w.grad, np.full(n, 4.0 * rounds))
    np.testing.assert_array_equal(v.grad, np.full(n, 4.0 * rounds))


@pytest.mark.usefixtures("impatient")
def test_differentiable_passes_in_parallel():
    x = tensor(2.0, requires_grad=True)
    results = []

    def job():
        for _ in range(30):
            [g] = (x**4).gradient(x, create_graph=True)
            [h] = (g * 1.0).gradient(x)
            results.append((g.item(), h.item()))

    run_together(job, job, job)
    assert results == [(32.0, 48.0)] * 90


def test_threads_that_use_a_leaf_for_the_first_time_agree_on_its_place():
    meet = threading.Barrier(2, timeout=20)

    class Slow(np.ndarray):
        """Both threads are in the middle of making a place for the leaf."""

        def copy(self, order="C"):
            meet.wait()
            return np.array(self)

    x = tensor([2.0], requires_grad=True)
    x._data = x._data.view(Slow)
    results = []

    def job():
        y = (x * x).sum()
        meet.wait()
        results.append(y.gradient(x)[0].item())

    run_together(job, job)
    assert results == [4.0, 4.0]


def test_backward_in_another_thread_than_forward():
    x = tensor(2.0, requires_grad=True)
    y = x * x
    run_together(y.backward)
    assert x.grad == 4.0

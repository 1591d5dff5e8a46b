"""What tests of training share."""

import signal

import pytest


@pytest.fixture
def interruptible():
    """Python's own handler of Ctrl-C, which a process that was started in the background does not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)

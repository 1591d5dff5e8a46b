"""The process that prints why the first rank has failed, without MPI."""

import os
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from nn.distributed import watcher

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes in the background as POSIX has them")
WORD = b"secret"


@pytest.fixture
def watched():
    """A watcher with three ranks: their connections, its address, and the pipe in which it prints."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        ranks = [socket.create_connection(address, 60.0) for _ in range(3)]
        for number, connection in enumerate(ranks):
            connection.sendall(WORD + b"lost rank %d" % number)
        words = [sys.executable, "-IS", watcher.__file__, str(listener.fileno())]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        process = subprocess.Popen(words, pass_fds=[listener.fileno()], **pipes)
    process.stdin.write(WORD)
    process.stdin.close()
    assert process.wait(60.0) == 0  # it goes on in the background
    yield ranks, address, process.stderr
    for connection in ranks:
        connection.close()
    process.stderr.close()
    until = time.monotonic() + 60.0
    with suppress(ConnectionError):  # it has gone
        while time.monotonic() < until:
            socket.create_connection(address, 60.0).close()
            time.sleep(0.001)
        pytest.fail("the watcher still runs")


def text_in(pipe):
    """All that is written until nobody can write any more."""
    found = b""
    while True:
        assert select.select([pipe], [], [], 60.0)[0], "the pipe stays open"
        part = os.read(pipe.fileno(), 1 << 16)
        if not part:
            return found.decode()
        found += part


def test_the_first_lost_rank_is_named(watched):
    ranks, _, printed = watched
    for number in (1, 0, 2):
        ranks[number].close()
    assert text_in(printed) == "lost rank 1\n"


def test_ranks_that_end_in_order(watched):
    ranks, _, printed = watched
    assert all(watcher._say(connection, "") for connection in ranks)
    assert not watcher._say(ranks[0], "once more")
    assert text_in(printed) == ""


def test_an_error_comes_before_those_that_it_ends(watched):
    """Also one of many lines, with characters that are not ASCII."""
    ranks, _, printed = watched
    watcher._say(ranks[0], "")
    assert watcher._say(ranks[2], "äh\0\n" * 10_000)
    assert text_in(printed) == "äh\0\n" * 10_000 + "\n"
    assert watcher._say(ranks[1], "another error")


def test_strangers_are_not_ranks(watched):
    """Neither what they say counts, nor that they stay."""
    ranks, address, printed = watched
    with socket.create_connection(address, 60.0) as leaves, socket.create_connection(address, 60.0) as stays:
        leaves.sendall(b"buy this")
        leaves.shutdown(socket.SHUT_WR)
        assert leaves.recv(1) == b""
        stays.sendall(b"\0")
        for number in (2, 1, 0):
            ranks[number].close()
        assert text_in(printed) == "lost rank 2\n"


class Alone:
    """One of two ranks, whose other knows the same."""

    rank, size = 0, 2

    def gather(self, value):
        return [value, value]

    def first(self, text):
        return text


def test_joining(capfd):
    say = watcher.join(Alone())
    assert capfd.readouterr().err == ""
    assert say("rank 0 has an error")
    assert capfd.readouterr().err == "rank 0 has an error\n"
    assert not say("and another one")


def test_without_a_watcher(monkeypatch):
    """Training goes on; then errors are printed by the rank itself."""
    monkeypatch.setattr(sys, "executable", "/does/not/exist")
    with pytest.warns(RuntimeWarning, match="if a rank is killed, only mpiexec will say so: .*No such file"):
        say = watcher.join(Alone())
    assert not say("an error")

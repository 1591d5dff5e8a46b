"""A process beside the ranks, which prints why the first of them has failed, even if that rank was killed.

Each rank is connected to it and first sends the message to print if the connection breaks. A rank that ends by itself
sends an empty byte and what to print instead: nothing, or its error. As a script, it imports nothing of chainrule.
"""

import atexit
import os
import socket
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.distributed.together import Ranks

_LONGEST = 10.0  # seconds to wait for an answer


def join(ranks: "Ranks") -> "partial[bool]":
    """Start the watcher beside rank 0, connect all ranks to it, and return the function by which this rank speaks."""
    host, address, problem, connection = socket.gethostname(), None, "", socket.socket()
    hosts = ranks.gather(host)
    if ranks.rank == 0:
        listener = socket.create_server(("127.0.0.1" if len(set(hosts)) == 1 else "", 0), backlog=ranks.size)
        address = listener.getsockname()[1], os.urandom(16)
    port, word = ranks.gather(address)[0]
    lost = f"process {os.getpid()} on {host} was killed (out of memory?) or has crashed."
    try:
        connection.settimeout(_LONGEST)
        connection.connect(("127.0.0.1" if host == hosts[0] else hosts[0], port))
        connection.sendall(word + f"chainrule: rank {ranks.rank} of {ranks.size}: {lost}".encode())
        if ranks.rank == 0:
            with listener:
                subprocess.run(
                    [sys.executable, "-IS", __file__, str(listener.fileno())], input=word, stdout=subprocess.DEVNULL,
                    pass_fds=[listener.fileno()], start_new_session=True, timeout=_LONGEST, check=True,
                )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        problem = f"{host}: {error}"
    say = partial(_say, connection)
    if problem := ranks.first(problem):
        say("")
        if ranks.rank == 0:
            warnings.warn(f"if a rank is killed, only mpiexec will say so: {problem}", RuntimeWarning, stacklevel=2)
    os.register_at_fork(after_in_child=connection.close)
    atexit.register(say, "")
    return say


def _say(connection: socket.socket, message: str) -> bool:
    """End the connection and wait until the watcher has printed a message. False if there is no watcher."""
    with suppress(OSError), connection:
        connection.sendall(b"\0" + message.encode("utf-8", "backslashreplace"))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
        return True
    return False


def watch(listener: socket.socket, word: bytes) -> None:
    """Print the first message, and return when no rank is left. A rank begins with the word; rank 0 comes first."""
    selector = DefaultSelector()  # epoll lists connections in the order in which they have ended
    selector.register(listener, EVENT_READ, bytearray())
    begun = False
    while not begun or any(key.data.startswith(word) for key in selector.get_map().values()):
        for key, _ in selector.select():
            connection: Any = key.fileobj
            if connection is listener:
                selector.register(listener.accept()[0], EVENT_READ, bytearray())
                continue
            with suppress(ConnectionError):
                if part := connection.recv(1 << 16):
                    key.data.extend(part)
                    begun = begun or key.data.startswith(word)
                    continue
            selector.unregister(connection)
            lost, ended, instead = bytes(key.data).removeprefix(word).partition(b"\0")
            message = instead if ended else lost
            if message and key.data.startswith(word):
                os.write(2, message + b"\n")
                os.dup2(1, 2)  # prints nothing more: mpiexec waits until nobody can
            connection.close()


if __name__ == "__main__":
    word = sys.stdin.buffer.read()
    if os.fork() == 0:  # in the background
        watch(socket.socket(fileno=int(sys.argv[1])), word)

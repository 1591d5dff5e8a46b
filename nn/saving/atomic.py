"""Atomic replacement of files: a reader finds either the old version or the new one, as docs/design.md explains."""

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from autograd.files import destination

try:
    import fcntl
except ImportError:  # Windows: no locks, so abandoned temporary files stay
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\.chainrule-[0-9a-f]{16}\.tmp")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file for writing that replaces ``path`` when the block ends.

    If the block raises or the process dies, at any moment, ``path`` is unchanged. An existing file keeps its
    permissions, and a symbolic link its target. If several writers run at once, the last to finish wins.

    Raises OSErrors of the file system, such as FileNotFoundError for a missing folder, and OSError for a device or a
    pipe.

    >>> from pathlib import Path
    >>> from nn.saving import replacing
    >>> with replacing("notes.txt") as file:
    ...     _ = file.write(b"two lines\\nor none")
    >>> Path("notes.txt").read_text()
    'two lines\\nor none'
    """
    target = destination(path)
    folder = target.parent
    _remove_abandoned(folder)
    temporary, descriptor = _create(folder)
    try:
        # The file stays open, and thus locked, until it has its final name. Systems that cannot rename an open file
        # have no locks either.
        with open(descriptor, "wb") as file:
            if fcntl is not None:  # elsewhere there is only a mark that forbids the replacement, too
                with suppress(FileNotFoundError):
                    os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(descriptor)
            if fcntl is not None:
                os.replace(temporary, target)
        if fcntl is None:
            _replace_closed(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync_folder(folder)


def _create(folder: Path) -> tuple[Path, int]:
    while True:
        temporary = folder / f".chainrule-{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        # Another writer may have found the file before it was locked and removed it: make another. On a file system
        # without locks, nobody removes anything.
        with suppress(OSError):
            if not _lock(descriptor) or not os.fstat(descriptor).st_nlink:
                os.close(descriptor)
                continue
        return temporary, descriptor


def _remove_abandoned(folder: Path) -> None:
    if fcntl is None:
        return
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _TEMPORARY.fullmatch(entry.name) and entry.is_file()]
    for name in names:
        # A file that has gone, belongs to another writer or cannot be locked is not ours to remove.
        with suppress(OSError):
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if _lock(descriptor):
                    os.unlink(folder / name)
            finally:
                os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Try to lock a file without waiting, until it is closed; returns whether that worked."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _replace_closed(temporary: Path, target: Path) -> None:
    """Rename a closed file on Windows, where this fails while a program has the target open: try for a second."""
    for seconds in (0.01, 0.04, 0.15, 0.3, 0.5):
        try:
            return os.replace(temporary, target)
        except PermissionError:
            time.sleep(seconds)
    raise PermissionError(errno.EACCES, "another program has the file open, or it is read-only", str(target))


def _sync_folder(folder: Path) -> None:
    """Flush the new name to disk too, where the system supports it."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""Files that are replaced as a whole: at every moment, a reader finds the old version or the new one.

The new version is written beside the old one, brought to the disk, and renamed over it, which is one step for the
file system. A writer that dies on the way leaves the old version and a temporary file. That is removed by the next
writer in the same folder: each writer holds a lock on its temporary file, which ends with its process, so a file that
can be locked belongs to nobody. (A number of a process could be in use again, also on another machine that shares the
folder.) This module knows nothing of checkpoints.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from autograd.files import destination

try:
    import fcntl
except ImportError:  # Windows: no locks, and dead temporary files stay where they are
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\.chainrule-[0-9a-f]{16}\.tmp")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write to, which takes the place of ``path`` when the block ends.

    When the block raises, or the process dies, at whatever moment, ``path`` is what it was. An existing file keeps
    its permissions, and a symbolic link its target. Of several writers at a time, the last to finish wins.

    Raises the OSError of the file system, such as FileNotFoundError for a folder that does not exist, and OSError for
    a device or a pipe.

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
        # The file stays open, and so locked, until it has its final name; where an open file cannot be renamed,
        # there are no locks either.
        with open(descriptor, "wb") as file:
            with suppress(FileNotFoundError):
                os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(descriptor)
            if fcntl is not None:
                os.replace(temporary, target)
        if fcntl is None:
            os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync_folder(folder)


def _create(folder: Path) -> tuple[Path, int]:
    """A new temporary file, open and locked."""
    while True:
        temporary = folder / f".chainrule-{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        # Another writer may have met the file before it was locked, and then removes it: make another. On a file
        # system without locks nobody removes anything.
        with suppress(OSError):
            if not _lock(descriptor) or not os.fstat(descriptor).st_nlink:
                os.close(descriptor)
                continue
        return temporary, descriptor


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of dead writers."""
    if fcntl is None:
        return
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _TEMPORARY.fullmatch(entry.name) and entry.is_file()]
    for name in names:
        # What went meanwhile, belongs to somebody else or cannot be locked is not ours to remove.
        with suppress(OSError):
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if _lock(descriptor):
                    os.unlink(folder / name)
            finally:
                os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Whether the lock on a file could be had; without waiting, and held until the file is closed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too, where the system can do that."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

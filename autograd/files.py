"""Where a file may be written, whatever its format."""

import errno
import os
import stat
from pathlib import Path

_OTHERS = (
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def destination(path: str | os.PathLike[str]) -> Path:
    """The file to write for a path: the path itself, or the target of a link there.

    The file need not exist. It is not opened: opening a pipe waits for a reader, and opening a device may act on it.

    Raises OSError for anything but a regular file, and for links that form a circle.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:  # it is made then, also at the end of a link
        return Path(os.path.realpath(path))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    for is_kind, what in _OTHERS:
        if is_kind(mode):
            raise OSError(errno.EINVAL, f"it is {what}, not a regular file", os.fspath(path))
    return Path(os.path.realpath(path))

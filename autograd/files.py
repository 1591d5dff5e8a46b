"""Where a file may be written. This module knows nothing of what is in files."""

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
    """The file to be written under a path: the one that it names itself, or that a link there leads to.

    It need not exist. Nothing is opened: opening a pipe waits for a reader, and opening a device may act on it.

    Raises OSError for what is not a file, and for links that lead in a circle.

    >>> from autograd.files import destination
    >>> destination("model.npz").name
    'model.npz'
    >>> import os
    >>> destination(os.devnull)
    Traceback (most recent call last):
    ...
    OSError: [Errno 22] it is a device, and files are written to files only: '/dev/null'
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:  # it is made then, also at the end of a link
        return Path(os.path.realpath(path))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    for is_kind, what in _OTHERS:
        if is_kind(mode):
            raise OSError(errno.EINVAL, f"it is {what}, and files are written to files only", os.fspath(path))
    return Path(os.path.realpath(path))

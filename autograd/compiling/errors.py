"""The errors and warnings about functions that cannot be compiled."""

from autograd.errors import AutogradError


class CompileError(AutogradError):
    """A function cannot be compiled, and ``strict=True`` was given; or a replay differed from the eager run.

    >>> import numpy as np
    >>> import autograd
    >>> @autograd.compile(strict=True)
    ... def f(x):
    ...     return x if x.sum() > 0 else -x
    >>> f(np.ones(2))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.compiling.errors.CompileError: f cannot be compiled: it branches on the value of an array, at ...
    """


class CompileWarning(UserWarning):
    """A function runs eagerly: a replay differed from the eager run beside it, or `fit` could not compile a step.

    >>> import autograd
    >>> issubclass(autograd.CompileWarning, UserWarning)
    True
    """


class Refused(Exception):
    """The reason why a function cannot be compiled, on its way to the message."""

"""`save` and `load`: a model, its optimizer and whatever else in one file."""

import os
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor
from nn.errors import CheckpointError, NonFiniteStateError, StateDictError
from nn.module import Module, put
from nn.saving.files import read, write
from nn.saving.finite import spoiled
from optim import Optimizer
from optim.interrupts import undisturbed


def save(
    path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None, *, allow_nonfinite: bool = False,
    **extra: Any,
) -> None:  # fmt: skip
    """Write a model, its optimizer and anything else to a file.

    The suffix of the path is the format: ``.npz``, which needs nothing, or ``.safetensors``, which needs the extra of
    that name. Nothing is pickled. Parameters and buffers have their names from `Module.state_dict` in the file, so
    ``np.load(path)["0.weight"]`` and ``safetensors.numpy.load_file(path)`` find them too. ``extra`` are named values:
    None, bools, ints, floats, texts, arrays, NumPy scalars, and plain lists, tuples and dicts of them, as deep as you
    like up to 60 levels; the state of a generator (``rng.bit_generator.state``) is one. They come back as they were,
    except that safetensors holds numbers in little-endian order only.

    The file is replaced as a whole: whatever happens, under its name there is the old version or the new one. Its
    permissions stay. A schedule is code and is not saved; the number of steps, from which it goes on, is.

    Parameters, buffers and the memory of the optimizer that are NaN, and parameters and memory that are infinite, are
    no model to go on with and are not written over one, unless ``allow_nonfinite``.

    Raises CheckpointError for another suffix, NonFiniteStateError, TypeError or ValueError with the place of a value
    that cannot be stored, ImportError when safetensors is not installed, OSError. The file is not touched then.

    >>> import nn, optim
    >>> model = nn.MLP([2, 3, 1])
    >>> adam = optim.Adam(model.parameters())
    >>> nn.save("model.npz", model, adam, epoch=3, losses=[0.7, 0.5])
    >>> nn.load("model.npz", model, adam)
    {'epoch': 3, 'losses': [0.7, 0.5]}
    """
    _check_kinds("save", path, model, optimizer)
    if not allow_nonfinite and (what := spoiled(model, optimizer)):
        raise NonFiniteStateError(
            f"{os.fspath(path)} was not written: {what}. Pass allow_nonfinite=True to save it all the same."
        )
    memory = None if optimizer is None else optimizer.state_dict()
    write(path, {"model": model.state_dict(), "optimizer": memory, "extra": extra}, short="model/")


def load(path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None) -> dict[str, Any]:
    """Load what `save` wrote into a model, and an optimizer if one is given, and return the extras.

    Parameters keep their dtype; the values are converted. A file with an optimizer can be loaded without one. For a
    part of a model: ``model.load_state_dict(nn.saving.read(path)["model"], strict=False)``.

    Raises CheckpointError, with the ``path`` and ``why``, when the file is cut off, damaged (a checksum over all of it
    is checked first), made by another program or for another format, or does not fit: then with the names of all that
    is missing, unexpected or of another shape. Raises OSError, such as FileNotFoundError, when it cannot be opened.
    Model and optimizer are as they were then.

    >>> import nn
    >>> model = nn.Linear(2, 1, rng=0)
    >>> nn.save("model.npz", model, epoch=7)
    >>> other = nn.Linear(2, 1, rng=1)
    >>> nn.load("model.npz", other)
    {'epoch': 7}
    >>> bool((other.weight.data == model.weight.data).all())
    True
    """
    _check_kinds("load", path, model, optimizer)
    tree = read(path)
    try:
        state, moments, extra = tree["model"], tree["optimizer"], tree["extra"]
        if not isinstance(extra, dict) or not all(isinstance(array, np.ndarray) for array in state.values()):
            raise TypeError("no model")
    except (AttributeError, KeyError, TypeError) as error:
        raise CheckpointError(path, "it holds something else than a model: nn.saving.read(path) returns it.") from error
    try:
        commit, _ = model._prepare(state, strict=True)
    except StateDictError as error:
        raise CheckpointError(path, str(error)) from error
    if optimizer is not None and moments is None:
        raise CheckpointError(path, "it was saved without an optimizer, and nothing was changed.")
    undisturbed(partial(_commit, path, commit, optimizer, moments))
    return extra


def _commit(path: Any, commit: list[tuple[Tensor, Any]], optimizer: Optimizer | None, moments: Any) -> None:
    """Change the optimizer, or nothing, and then the model."""
    if optimizer is not None:
        try:
            optimizer.load_state_dict(moments)
        except Exception as error:  # a state of other types than any optimizer saves fails in any way
            raise CheckpointError(path, f"{error} The model was not changed either.") from error
    put(commit)


def _check_kinds(verb: str, path: Any, model: Any, optimizer: Any) -> None:
    """Refuse arguments in another order, which other libraries have."""
    kinds = ((path, str | os.PathLike), (model, Module), (optimizer, Optimizer | None))
    for value, kind in kinds:
        if not isinstance(value, kind):
            given = ", ".join(type(x).__name__ for x, _ in kinds if x is not None)
            raise TypeError(f"nn.{verb} takes a path, a module and perhaps an optimizer, not {given}.")

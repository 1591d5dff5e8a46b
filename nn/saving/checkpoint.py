"""`save` and `load`: a model, its optimizer and extra values in one file, unless some became NaN or infinite."""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from nn.errors import CheckpointError, NonFiniteStateError, StateDictError
from nn.module import Module, put
from nn.saving.files import read, write
from optim import Optimizer
from optim.interrupts import undisturbed

# The arrays of a model by name: masks of where they were finite at some time, or None if they were finite everywhere.
Known = Mapping[str, NDArray[np.bool_] | None]


def save(
    path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None, *, allow_nonfinite: bool = False,
    **extra: Any,
) -> None:  # fmt: skip
    """Write a model, its optimizer and extra values to a file.

    The suffix of the path selects the format: ``.npz``, or ``.safetensors``, which needs the package safetensors.
    Nothing is pickled. Parameters and buffers keep their names from `Module.state_dict`, so
    ``np.load(path)["0.weight"]`` and ``safetensors.numpy.load_file(path)`` find them too. ``extra`` are named values:
    None, bools, ints, floats, strings, arrays, NumPy scalars, and plain lists, tuples and dicts of these, nested up to
    60 levels deep, such as the state of a generator (``rng.bit_generator.state``). They are restored exactly, except
    that safetensors stores all numbers in little-endian order.

    The file is replaced atomically: a crash leaves either the old version or the new one. It keeps its permissions. A
    schedule is code and is not saved; the step count, from which it resumes, is.

    NaN in parameters, buffers or optimizer state, and infinities in parameters or optimizer state, are refused, so that
    they cannot overwrite a good checkpoint, unless ``allow_nonfinite`` is True.

    Raises CheckpointError for an unknown suffix, NonFiniteStateError, TypeError or ValueError naming the value that
    cannot be stored, ImportError if safetensors is not installed, and OSError. In all cases the file is untouched.

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
            f"{os.fspath(path)} was not written: {what}. Pass allow_nonfinite=True to save it anyway."
        )
    memory = None if optimizer is None else optimizer.state_dict()
    write(path, {"model": model.state_dict(), "optimizer": memory, "extra": extra}, short="model/")


def load(path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None) -> dict[str, Any]:
    """Load a file written by `save` into a model and, optionally, an optimizer, and return the extra values.

    Parameters keep their dtype; the values are converted. A file with an optimizer can be loaded without one. To load
    part of a model, use ``model.load_state_dict(nn.saving.read(path)["model"], strict=False)``.

    Raises CheckpointError, with the ``path`` and ``why``, if the file is truncated or damaged (a checksum of the whole
    file is verified first), comes from another program or format version, or does not match the model; the message then
    names everything that is missing, unexpected or of another shape. Raises OSError, such as FileNotFoundError, if the
    file cannot be opened. In all cases the model and the optimizer are unchanged.

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
        raise CheckpointError(path, "the file does not hold a model: read it with nn.saving.read(path).") from error
    try:
        commit, _ = model._prepare(state, strict=True)
    except StateDictError as error:
        raise CheckpointError(path, str(error)) from error
    if optimizer is not None and moments is None:
        raise CheckpointError(path, "the file was saved without an optimizer. Nothing was changed.")
    undisturbed(partial(_commit, path, commit, optimizer, moments))
    return extra


def _commit(path: Any, commit: list[tuple[Tensor, Any]], optimizer: Optimizer | None, moments: Any) -> None:
    """Change the optimizer, or nothing if that fails, and then the model."""
    if optimizer is not None:
        try:
            optimizer.load_state_dict(moments)
        except Exception as error:  # a state with types that no optimizer saves can fail in any way
            raise CheckpointError(path, f"{error} The model was not changed either.") from error
    put(commit)


def _check_kinds(verb: str, path: Any, model: Any, optimizer: Any) -> None:
    """Refuse arguments in the wrong order, as in other libraries."""
    kinds = ((path, str | os.PathLike), (model, Module), (optimizer, Optimizer | None))
    for value, kind in kinds:
        if not isinstance(value, kind):
            given = ", ".join(type(x).__name__ for x in (path, model, optimizer)[: 2 + (optimizer is not None)])
            raise TypeError(f"nn.{verb} takes a path, a Module and optionally an Optimizer, not {given}.")


def known_of(model: Module) -> Known:
    """Record which numbers of a model are finite now."""
    return {name: None if _is_finite(array) else np.isfinite(array) for name, array, _ in _arrays_of(model)}


def spoiled(model: Module, optimizer: Optimizer | None = None, others: Any = None, known: Known | None = None) -> str:
    """Describe the first array with numbers that should be finite but are not; empty if there is none.

    ``others`` is a tree of further values; its arrays named like an array of the model are judged like that array.
    """
    known = known or {}
    for name, array, trained in _all_of(model, optimizer, others):
        if _is_finite(array):
            continue
        key = name.rpartition("/")[2]
        before = known.get(key)
        wrong = ~np.isfinite(array) if trained or key in known else np.isnan(array)
        if before is not None and before.shape == array.shape:
            wrong &= before | np.isnan(array) if trained else before
        if wrong.any():
            return f"{name} is not finite in {np.count_nonzero(wrong)} of its {array.size} numbers"
    return ""


def _all_of(model: Module, optimizer: Optimizer | None, others: Any) -> Iterator[tuple[str, NDArray[Any], bool]]:
    yield from _arrays_of(model)
    if optimizer is not None:
        names = {id(p): name for name, p in model.named_parameters()}
        for number, (p, state) in enumerate(optimizer.state.items()):
            name = names.get(id(p), f"parameter {number}")
            yield from ((f"the optimizer's {key} of {name}", array, True) for key, array in _inside("", state, float))
    yield from ((name, array, False) for name, array in _inside("", others))


def _arrays_of(model: Module) -> Iterator[tuple[str, NDArray[Any], bool]]:
    """The names and values of all parameters and buffers, and whether they are parameters."""
    yield from ((name, p.data, True) for name, p in model.named_parameters())
    yield from ((name, b.data, False) for name, b in model.named_buffers())


def _inside(name: str, tree: Any, *kinds: type) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays in a tree, and numbers of some kinds, each with its position."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _inside(f"{name}/{key}" if name else str(key), value, *kinds)
    elif isinstance(tree, list | tuple):
        for i, value in enumerate(tree):
            yield from _inside(f"{name}/{i}", value, *kinds)
    elif isinstance(tree, (np.ndarray, np.generic, *kinds)):
        yield name, np.asarray(tree)


def _is_finite(array: NDArray[Any]) -> bool:
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())

"""A training run as an object: its model, means, progress and complete state, and whether its data are the same."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import length_hint
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.arguments import plain
from nn.data import Loader
from nn.data.datasets import rows
from nn.data.mapped import Rows
from nn.data.sources import Arrays, Stream
from nn.defaults import generator
from nn.module import Module
from nn.saving.checkpoint import Known, spoiled
from nn.training.history import History
from optim import Optimizer

if TYPE_CHECKING:
    from autograd import Compiled
    from nn.training.team import Team

Loss = Callable[..., Any]
Metric = Callable[[Any, Any], Any]
Note = Mapping[str, Any] | None  # what a checkpoint records of the data: see docs/training.md

INTERRUPTED = "interrupted by Ctrl-C"  # why a run was stopped

_COUNTS = ("epoch", "step", "total", "samples")  # its progress

ROWS = 1000  # rows to hash of an array in a file
BLOCK = 1 << 24  # bytes to hash at a time


@dataclass(eq=False, repr=False)
class Run:
    """A training run, as callbacks see it.

    It works with ``model``, ``loss``, ``optimizer``, ``train`` and ``validation`` (loaders) and ``metrics``. ``epochs``
    is the number of epochs planned, ``epoch`` the number completed, ``step`` the number of updates so far, and
    ``history`` the rows so far; ``compiled`` is the step returned by `autograd.compile`, if it is compiled. `stop` ends
    the run after the current step or epoch.

    >>> import nn
    >>> class Limit(nn.Callback):
    ...     def on_step_end(self, run):
    ...         if run.step == 3:
    ...             run.stop("three updates are enough")
    ...     def on_fit_end(self, run):
    ...         run.note_data()
    ...         run.load_state_dict(run.state_dict())
    ...         print(run.epoch, run.step, run.spoiled() or "all finite", [name for name, _ in run.generators()])
    >>> data, loss = nn.data.moons(64), nn.CrossEntropyLoss()
    >>> history = nn.fit(nn.MLP([2, 2]), data, loss=loss, batch_size=8, callbacks=[Limit()])
    0 3 all finite ['default']
    >>> history.stopped
    'three updates are enough'
    """

    model: Module
    loss: Loss
    optimizer: Optimizer
    train: Loader
    validation: Loader | None
    metrics: Mapping[str, Metric]
    epochs: int
    epoch: int = field(default=0, init=False)
    step: int = field(default=0, init=False)
    total: float = field(default=0.0, init=False)  # sum over this epoch of losses times numbers of samples
    samples: int = field(default=0, init=False)
    history: History = field(default_factory=History, init=False)
    why: str | None = field(default=None, init=False)
    broken: bool = field(default=False, init=False)  # whether the loss or the model stopped being finite
    data: dict[str, Note] | None = field(default=None, init=False)  # the record of the data for checkpoints
    compiled: "Compiled[..., Any] | None" = field(default=None, init=False)  # the compiled step
    known: Known = field(default_factory=dict, init=False)  # which values of the model were finite at the start
    team: "Team | None" = field(default=None, init=False)  # the ranks, if there are several
    others: list[Any] = field(default_factory=list, init=False)  # states of generators of ranks from 1, as restored

    def stop(self, why: str) -> None:
        """End the run for a reason, which becomes `History.stopped`."""
        self.why = self.why or why

    def spoiled(self, others: Any = None) -> str:
        """Describe values that stopped being finite in the model, optimizer or the tree ``others``; empty if none."""
        what = spoiled(self.model, self.optimizer, others, self.known)
        return what and f"{what}, after {self.step} steps"

    def ends(self) -> bool:
        """Whether the run is to stop; all ranks get the same answer."""
        if why := self.of_all(self.why or ""):
            self.why = why
        return bool(why)  # and not self.why, which Ctrl-C may have set since

    @property
    def leads(self) -> bool:
        """Whether this process shows progress and writes files: rank 0, or the only one."""
        return self.team is None or self.team.ranks.rank == 0

    def of_all(self, text: str) -> str:
        """What a rank has to say, the same on all ranks; empty if none has."""
        return text if self.team is None else self.team.ranks.first(text)

    def note_data(self) -> None:
        """Record the data, to compare them when the run is resumed."""
        self.data = {"training": note_of(self.train), "validation": note_of(self.validation)}

    def generators(self) -> Iterator[tuple[str, "np.random.Generator"]]:
        """Iterate over all generators of the run by name: the default one, and those held by modules."""
        yield "default", generator()
        for path, module in self.model.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, np.random.Generator):
                    yield f"{path}.{name}" if path else name, value

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the rest of the run depends on, except the states of the model and the optimizer."""
        generators = {name: rng.bit_generator.state for name, rng in self.generators()}
        others = {} if self.team is None else {"others": self.team.ranks.gather(generators)[1:]}
        return {
            **others,
            **{name: getattr(self, name) for name in _COUNTS},
            "train": self.train.state_dict(),
            "validation": None if self.validation is None else self.validation.state_dict(),
            "generators": generators,
            "rows": [dict(row) for row in self.history.rows],
            "seconds": list(self.history.seconds),
            "layers": list(self.history.layers),
            "data": self.data,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state.

        Raises ValueError, before anything changes, if generators are missing or of a different kind.
        """
        found = dict(self.generators())
        saved = state["generators"]
        if found.keys() != saved.keys():
            raise ValueError(
                f"the generators of this run are {', '.join(found)}, but those of the saved run {', '.join(saved)}."
            )
        for name, rng in found.items():
            kind, other = type(rng.bit_generator).__name__, saved[name]["bit_generator"]
            if kind != other:
                raise ValueError(f"the generator {name} is a {kind}, but the saved one is a {other}.")
        self.train.load_state_dict(state["train"])
        if self.validation is not None and state["validation"] is not None:
            self.validation.load_state_dict(state["validation"])
        for name, rng in found.items():
            rng.bit_generator.state = saved[name]
        self.others = list(state.get("others", ()))
        vars(self).update((name, state[name]) for name in _COUNTS)
        self.history.rows[:] = [dict(row) for row in state["rows"]]
        self.history.seconds[:] = state["seconds"]
        self.history.layers[:] = state.get("layers", [])


def note_of(loader: Loader | None) -> Note:
    """Make a record of the data of a loader, as plain values."""
    if loader is None:
        return None
    source: Any = loader.source
    if isinstance(source, Stream):
        return {}
    samples = length_hint(source)
    arrays = source.arrays if isinstance(source, Arrays) else rows(source.data, range(samples))
    if arrays is None:
        return {"samples": samples}
    return {"arrays": [[list(a.shape), a.dtype.str, _hash(a)] for a in arrays]}


def differences(what: str, saved: Note, found: Note) -> list[str]:
    """Describe how the data differ from those recorded, as lines; unknown facts are not compared."""
    if saved is None or found is None:
        return [] if saved is found else [f"there are {'no' if found is None else 'now'} {what} data, unlike before"]
    if saved.keys() != found.keys():
        return [f"the {what} data are {_kind(found)}, but were {_kind(saved)}"]
    lines = []
    if saved.get("samples") != found.get("samples"):
        lines.append(f"the {what} data have {found['samples']} samples, but had {saved['samples']}")
    before, now = saved.get("arrays", ()), found.get("arrays", ())
    if len(before) != len(now):
        lines.append(f"the {what} data are {len(now)} arrays, but were {len(before)}")
    for i, (a, b) in enumerate(zip(before, now, strict=False)):
        name = f"array {i} of the {what} data"
        if a[:2] != b[:2]:
            lines.append(f"{name} is {tuple(b[0])} of {np.dtype(b[1])}, but was {tuple(a[0])} of {np.dtype(a[1])}")
        elif a[2] != b[2]:
            lines.append(f"{name} has different values")
    return lines


def _kind(note: Mapping[str, Any]) -> str:
    return "arrays" if "arrays" in note else "an indexable data set" if "samples" in note else "a stream"


def _hash(array: Any) -> str | None:
    """Hash an array; None for arrays of objects, whose bytes are only addresses."""
    if array.dtype.hasobject:
        return None
    digest = blake2b(digest_size=16)
    length = len(array)
    if isinstance(array, Rows | np.memmap):
        rows = np.unique(np.linspace(0, max(length - 1, 0), min(length, ROWS)).astype(int))
        digest.update(np.asarray(array[rows]).tobytes())
        return digest.hexdigest()
    values = plain(array)
    step = max(1, BLOCK * length // max(values.nbytes, 1))
    for start in range(0, length, step):
        digest.update(values[start : start + step].tobytes())
    return digest.hexdigest()

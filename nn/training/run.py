"""A training as an object: what it trains, with what, how far it is; and its state, complete to the last bit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.data import Loader
from nn.defaults import generator
from nn.module import Module
from nn.saving.finite import Known, spoiled
from nn.training.history import History
from nn.training.same_data import Note, note_of
from optim import Optimizer

if TYPE_CHECKING:
    from autograd import Compiled

Loss = Callable[..., Any]
Metric = Callable[[Any, Any], Any]

_COUNTS = ("epoch", "step", "total", "samples")  # how far it is


@dataclass(eq=False, repr=False)
class Run:
    """What callbacks see of a training.

    ``model``, ``loss``, ``optimizer``, ``train`` and ``validation`` (loaders) and ``metrics`` are what it works with;
    ``epochs`` is how many it is to make, ``epoch`` how many have ended, ``step`` how many updates were made, and
    ``history`` the rows so far; ``compiled`` is the step as `autograd.compile` returns it, where it is compiled. `stop`
    ends it after the present step or epoch.

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
    total: float = field(default=0.0, init=False)  # the losses of this epoch, each times its number of samples
    samples: int = field(default=0, init=False)
    history: History = field(default_factory=History, init=False)
    why: str | None = field(default=None, init=False)
    broken: bool = field(default=False, init=False)  # whether its loss, or what it trains, was no longer finite
    data: dict[str, Note] | None = field(default=None, init=False)  # what is known of the data, noted in checkpoints
    compiled: "Compiled[..., Any] | None" = field(default=None, init=False)  # the step, where it is
    known: Known = field(default_factory=dict, init=False)  # what was finite in the model when it began

    def stop(self, why: str) -> None:
        """End the training for a reason, which `History.stopped` tells."""
        self.why = self.why or why

    def spoiled(self, others: Any = None) -> str:
        """What training has spoiled in model, optimizer, or arrays of the tree ``others``, in words; else nothing."""
        what = spoiled(self.model, self.optimizer, others, self.known)
        return what and f"{what}, after {self.step} steps"

    def note_data(self) -> None:
        """Note what is known of the data, for those who take the training up again."""
        self.data = {"training": note_of(self.train), "validation": note_of(self.validation)}

    def generators(self) -> Iterator[tuple[str, "np.random.Generator"]]:
        """Every generator that the training draws from, by name: the default one, and those that modules hold."""
        yield "default", generator()
        for path, module in self.model.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, np.random.Generator):
                    yield f"{path}.{name}" if path else name, value

    def state_dict(self) -> dict[str, Any]:
        """Where the training is, besides the states of model and optimizer: all that its further course depends on."""
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            "train": self.train.state_dict(),
            "validation": None if self.validation is None else self.validation.state_dict(),
            "generators": {name: rng.bit_generator.state for name, rng in self.generators()},
            "rows": [dict(row) for row in self.history.rows],
            "seconds": list(self.history.seconds),
            "data": self.data,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        Raises ValueError, before anything is changed, when generators are missing or of another kind.
        """
        found = dict(self.generators())
        saved = state["generators"]
        if found.keys() != saved.keys():
            raise ValueError(
                f"the generators of the training are {', '.join(found)}, but those of the saved one {', '.join(saved)}."
            )
        for name, rng in found.items():
            kind, other = type(rng.bit_generator).__name__, saved[name]["bit_generator"]
            if kind != other:
                raise ValueError(f"the generator {name} is a {kind}, but the saved one a {other}.")
        self.train.load_state_dict(state["train"])
        if self.validation is not None and state["validation"] is not None:
            self.validation.load_state_dict(state["validation"])
        for name, rng in found.items():
            rng.bit_generator.state = saved[name]
        vars(self).update((name, state[name]) for name in _COUNTS)
        self.history.rows[:] = [dict(row) for row in state["rows"]]
        self.history.seconds[:] = state["seconds"]

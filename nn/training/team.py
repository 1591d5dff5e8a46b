"""A training run on several ranks: what must be alike at the start, and what they exchange in steps and epochs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd import __version__
from nn.data import Loader
from nn.data.sources import Stream
from nn.distributed.averaged import Averaged, word
from nn.distributed.batch_norm import SyncBatchNorm
from nn.distributed.together import Ranks
from nn.losses import CrossEntropyLoss, NLLLoss
from nn.ranks import end_all
from nn.training.run import note_of

if TYPE_CHECKING:
    from nn.training.run import Loss, Run


class Team:
    """The ranks of a training run, as seen from one of them."""

    def __init__(self, optimizer: Averaged) -> None:
        self.optimizer: Averaged = optimizer
        self.ranks: Ranks = optimizer.ranks
        self.samples: int = 0  # of the latest batch, on all ranks
        self.own: float = 0.0  # the loss of this rank

    def begin(self, run: "Run", compile: bool, **settings: Any) -> None:
        """Refuse what differs between ranks, and copy from rank 0 what may differ: values, and the order of batches."""
        if compile:
            raise ValueError("compile=True does not work on several processes: leave it out.")
        loss = run.loss
        if isinstance(loss, CrossEntropyLoss | NLLLoss) and loss.weight is not None and loss.reduction == "mean":
            name = f"{type(loss).__name__}(weight=...)"
            raise ValueError(
                f"{name} divides by the weights of one rank's samples: pass reduction='sum' on several ranks."
            )
        facts = {"the version of chainrule": __version__, "the number of steps so far": run.step, **settings}
        facts |= {
            "loss": word(loss),
            "metrics": list(run.metrics),
            "epochs": run.epochs,
            "optimizer": word(run.optimizer),
        }
        facts |= {f"module {path}": word(module) for path, module in reversed([*run.model.named_modules()])}
        self._loaders = {"training": run.train} | ({} if run.validation is None else {"validation": run.validation})
        for name, loader in self._loaders.items():
            facts[f"the {name} loader"] = f"{loader!r}, drop_last={loader.drop_last}, window={loader.window}"
            facts[f"the {name} data"] = note_of(loader)
        self.ranks.require_alike(facts)
        self.ranks.copy([*run.model.parameters(), *run.model.buffers()])
        for loader in self._loaders.values():
            loader.load_state_dict(self.ranks.gather(loader.state_dict())[0])
            loader.part = self.ranks.rank, self.ranks.size
        synced = {b for module in run.model.modules() if isinstance(module, SyncBatchNorm) for b in module.buffers()}
        self._buffers = [buffer for buffer in run.model.buffers() if buffer not in synced]
        self._part_generators(run)

    def _part_generators(self, run: "Run") -> None:
        """Let each rank draw other numbers, for dropout: those of a checkpoint of as many ranks, or new ones."""
        for name, rng in run.generators() if self.ranks.rank else ():
            if len(run.others) == self.ranks.size - 1:
                rng.bit_generator.state = run.others[self.ranks.rank - 1][name]
            else:
                seed = np.random.SeedSequence([self.ranks.rank, *rng.integers(2**63, size=4).tolist()])
                rng.bit_generator.state = type(rng.bit_generator)(seed).state

    def __enter__(self) -> None:
        """Needs nothing; `begin` comes earlier."""

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, SystemExit):  # the others would wait
            end_all(f"SystemExit: {error.code}", 1)
        for loader in self._loaders.values():
            loader.part = 0, 1

    def batches(self, loader: Loader) -> Iterator[Any]:
        """The batches of a pass. Raises ValueError, on all ranks, if some have fewer than others."""
        batches, count = iter(loader), 0
        while True:
            batch = next(batches, None)
            ended = (
                self.ranks.gather(batch is None or None, "the next batch") if isinstance(loader.source, Stream) else []
            )
            if any(ended) and not all(ended):
                raise ValueError(
                    f"rank {ended.index(True)} has run out of data after {count} batches; others have more."
                )
            if batch is None:
                return
            self.ranks.idle = loader.batch - 1 in loader._idle
            count += 1
            yield batch

    def loss(self, loss: "Loss", own: Any, samples: int) -> tuple[float, NDArray[Any] | None]:
        """The loss of the whole batch, and the factor for the gradients of this rank, of which the mean is taken."""
        present = float(not self.ranks.idle)
        share = present if summed(loss) else present * samples
        self.own = float(own) if present else 0.0
        found = np.array([present * samples, share, share * self.own])
        count, shares, total = self.ranks.sum(found, "the losses of a batch").tolist()
        self.samples = int(count)
        whole = 1.0 if summed(loss) else shares
        factor = self.ranks.size * share / whole
        return total / whole, None if factor == 1.0 else np.asarray(factor, own.dtype)

    def average(self) -> None:
        """Average the gradients; buffers, such as running statistics of plain batch normalization, become rank 0's."""
        self.optimizer.average()
        self.ranks.copy(self._buffers)


def summed(loss: Any) -> bool:
    """Whether a loss adds up samples, and does not average them."""
    return getattr(loss, "reduction", "mean") == "sum"

"""`Averaged`: an optimizer whose gradients are averaged over all ranks while the backward pass still runs."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar, overload

import numpy as np

from autograd import Tensor
from autograd.recording import RECORDER
from nn.arguments import plain
from nn.distributed.together import Ranks, ranks
from optim import Optimizer

_R = TypeVar("_R")  # what a closure returns
BUCKET = 1 << 22  # bytes of gradients that travel together
_AS_THERE = ("rules", "resolve", "slots", "present_lr", "functional", "state_dict", "load_state_dict")


class Averaged(Optimizer):
    """Wraps an optimizer so that all processes of an MPI job train one model, each on its part of the data.

    ``mpiexec -n 4 python train.py`` runs the script four times. `nn.fit` with such an optimizer deals each batch to
    the ranks (the processes), so ``batch_size`` is that of all ranks together, and the weights become those of a single
    process, up to rounding. The parameters start with the values of rank 0, and later the gradient of each is the mean
    over all ranks. It is computed in buckets of several parameters, while the backward pass still runs. On one process,
    or without MPI, it does nothing of its own.

    In a training loop of your own, each rank takes its part of the batch. `step` waits for the averages. To clip
    them, call `average` first. A rank that has n of N samples multiplies its mean loss by ``n * size() / N`` (1 for
    equal parts). Waiting for another rank for more than ``timeout`` seconds is an error that ends all ranks.

    Raises ValueError if parameters or hyper-parameters differ between ranks.

    >>> import nn, optim
    >>> model = nn.Linear(2, 1, rng=0)
    >>> optimizer = nn.distributed.Averaged(optim.SGD(model.parameters(), lr=0.1))
    >>> model([[1.0, 2.0]]).sum().backward()
    >>> optimizer.average()
    >>> norm = optim.clip_grad_norm(model.parameters(), 1.0)
    >>> optimizer.step()
    """

    def __init__(self, optimizer: Optimizer, *, timeout: float = 300.0) -> None:
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, Averaged):
            raise TypeError(f"Averaged takes an optimizer of optim, not {optimizer!r:.80}.")
        if not timeout > 0:
            raise ValueError(f"timeout is a number of seconds and must be positive, not {timeout!r}.")
        self.optimizer: Optimizer = optimizer
        vars(self).update((name, getattr(optimizer, name)) for name in _AS_THERE)
        self.ranks: Ranks = ranks()
        self.ranks.timeout = float(timeout)
        self._done = False  # whether the gradients are averages
        self._buckets: list[_Bucket] = []
        self._started = 0  # buckets on their way
        if self.ranks.size > 1:
            params = [p for group in optimizer.param_groups for p in group["params"]]
            shapes = ", ".join(f"{p.dtype} {p.shape}" for p in params)
            self.ranks.require_alike({"the optimizer": word(optimizer), "the parameters": shapes})
            self.ranks.copy(params)
            self._comm = self.ranks.duplicate()
            for bucket in _filled(reversed(params)):
                self._buckets.append(bucket)
                for p in bucket.params:
                    p._get_info().stored = partial(self._arrived, bucket)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["optimizer"], name)

    def average(self) -> None:
        """Wait until the gradients are the means over all ranks; `step` does this if you do not."""
        if (recorder := RECORDER.get()) is not None:
            recorder.refuse("nn.distributed.Averaged waits for other processes")
        for bucket in self._receive():
            bucket.hand_out(1.0 / self.ranks.size)
        self._done = True

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], _R]) -> _R: ...
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters with averaged gradients, as `Optimizer.step` does.

        ``closure`` computes the loss and the gradients of this rank; its result is averaged, too.
        """
        if closure is not None:
            return self.optimizer.step(partial(self._averaged, closure))
        if not self._done:
            self.average()
        self.optimizer.step()
        self._done = False
        return None

    def _averaged(self, closure: Callable[[], Any]) -> Any:
        loss = closure()
        self.average()
        return loss if self.ranks.size == 1 else self.ranks.sum(plain(loss), "the loss") / self.ranks.size

    def _arrived(self, bucket: "_Bucket", p: Tensor) -> None:
        """Note that a backward pass has stored a gradient, and start the buckets that are complete."""
        if bucket.request is not None:  # another pass adds to gradients that have been sent: send all of them again
            self._receive()
        self._done = False
        bucket.missing.discard(p)
        for other in self._buckets[: self._started]:
            other.request.Test()  # MPI makes progress in its calls only
        while self._started < len(self._buckets) and not (ready := self._buckets[self._started]).missing:
            self._start(ready)

    def _start(self, bucket: "_Bucket") -> None:
        bucket.fill()
        bucket.request = self._comm.Iallreduce(self.ranks.mpi.IN_PLACE, bucket.sums)
        self._started += 1

    def _receive(self) -> "list[_Bucket]":
        """Send the buckets that are left, wait for all sums, and begin anew."""
        for bucket in self._buckets[self._started :]:
            self._start(bucket)
        for bucket in self._buckets:
            self.ranks.wait(bucket.request, f"gradients, after {self.optimizer.t} steps")
            bucket.request, bucket.missing = None, set(bucket.trained)
        self._started = 0
        return self._buckets

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Refused on several processes: add the group to the optimizer before it is wrapped."""
        if self.ranks.size > 1:
            raise ValueError("add_param_group: add the group to the optimizer before you pass it to Averaged.")
        self.optimizer.add_param_group(group)

    def __repr__(self) -> str:
        return f"Averaged({self.optimizer!r})"


class _Bucket:
    """Gradients that travel together, one after the other in an array, and behind them which of them there are."""

    def __init__(self, params: list[Tensor], dtype: np.dtype[Any]) -> None:
        self.params = params
        self.trained = [p for p in params if p.requires_grad]
        self.missing = set(self.trained)  # whose gradient has not arrived yet
        self.request: Any = None
        ends = np.cumsum([p.size for p in params]).tolist()
        self.sums = np.zeros(ends[-1] + len(params), dtype)
        self.present = self.sums[ends[-1] :]
        self.parts = [self.sums[end - p.size : end].reshape(p.shape) for p, end in zip(params, ends, strict=True)]

    def fill(self) -> None:
        """Take the gradients of this rank."""
        for i, (p, part) in enumerate(zip(self.params, self.parts, strict=True)):
            self.present[i] = p._grad is not None
            part[...] = 0.0 if p._grad is None else p._grad

    def hand_out(self, scale: float) -> None:
        """Replace the gradients by the sums times a factor; one that no rank has stays None."""
        for i, (p, part) in enumerate(zip(self.params, self.parts, strict=True)):
            if self.present[i]:
                if p._grad is None or not p._grad.flags.writeable:
                    p._grad = np.empty(p.shape, p.dtype)
                np.multiply(part, scale, out=p._grad, casting="same_kind")


def _filled(params: Iterable[Tensor]) -> "list[_Bucket]":
    """Put parameters into buckets, in their order, each of one dtype that MPI can add."""
    groups: list[tuple[np.dtype[Any], list[Tensor]]] = []
    for p in params:
        dtype = np.dtype(np.float32) if p.dtype == np.float16 else p.dtype
        if not groups or groups[-1][0] != dtype or sum(q.data.nbytes for q in groups[-1][1]) >= BUCKET:
            groups.append((dtype, []))
        groups[-1][1].append(p)
    return [_Bucket(group, dtype) for dtype, group in groups]


def word(value: Any) -> str:
    """A setting in words that do not depend on the process."""
    return getattr(value, "__qualname__", None) or re.sub(r" at 0x[0-9a-f]+", "", repr(value))

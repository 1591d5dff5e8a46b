"""`DataLoader`: a `Loader` with PyTorch's arguments that yields Tensors and can prefetch batches in threads."""

import reprlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from itertools import count, islice
from threading import current_thread
from typing import Any

from numpy.typing import DTypeLike

from autograd import Tensor
from autograd.engine.tensor import constant
from nn.arguments import positive
from nn.data.datasets import BatchSampler, Drawn, IterableDataset, RandomSampler, SequentialSampler, TensorDataset, rows
from nn.data.loader import Loader
from nn.data.mapped import Rows
from nn.data.sources import Arrays, Misfit, Samples, Stream, alike, source_of, stacked
from nn.defaults import Randomness

__all__ = ["DataLoader", "default_collate"]

END = object()  # stands for a sample or a batch after the last one


class DataLoader(Loader):
    """Load a data set in batches of Tensors, with PyTorch's arguments and defaults and the state of a `Loader`.

    ``dataset`` is a `Dataset`, or any indexable object or iterable of samples. ``collate_fn`` turns a list of samples
    into a batch; the default is `default_collate`, with ``dtype``. ``generator`` is a NumPy generator or a seed.

    ``num_workers`` threads (not processes) prefetch up to ``prefetch_factor`` (2) batches each. They change neither the
    batches nor their order, unless samples share one random generator: give each sample its own, such as
    ``default_rng((seed, i))``, or use one worker. A single worker reads a stream. The threads stop when the loop ends,
    for whatever reason; errors name the sample, the batch and the worker. ``pin_memory``, ``persistent_workers`` and
    ``in_order`` have no effect.

    ``window`` is that of a `Loader`, for a `TensorDataset` or a file from `npy`; the threads then prefetch blocks.

    >>> import nn
    >>> loader = nn.data.DataLoader(nn.data.TensorDataset(*nn.data.xor()), batch_size=3, num_workers=2)
    >>> for x, y in loader:
    ...     print(x.shape, y)
    (3, 2) tensor([0., 1., 1.], dtype=float32)
    (1, 2) tensor([0.], dtype=float32)
    """

    def __init__(
        self, dataset: Any, batch_size: int = 1, shuffle: bool | None = None, sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None, num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
        timeout: float = 0, worker_init_fn: None = None, multiprocessing_context: None = None,
        generator: Randomness = None, *, prefetch_factor: int | None = None, persistent_workers: bool = False,
        in_order: bool = True, dtype: DTypeLike | None = None, window: int | None = None,
    ) -> None:  # fmt: skip
        ordered, grouped = sampler is not None, batch_sampler is not None
        by_number = hasattr(dataset, "__getitem__") and not isinstance(dataset, IterableDataset)
        if not (by_number or callable(dataset) or isinstance(dataset, Iterable)):
            raise TypeError(f"a data set has __getitem__ and __len__, or __iter__, but {dataset!r:.80} has not.")
        source = Samples(dataset, dtype) if by_number else source_of(dataset, dtype)
        if window is not None and isinstance(dataset, TensorDataset | Rows):
            source = Arrays(dataset if isinstance(dataset, Rows) else dataset.tensors, dtype)
        for wrong, why in (
            (batch_size is None, "batch_size=None is not supported: to get single samples, loop over the data set"),
            (grouped and (batch_size != 1 or drop_last), "batch_sampler excludes batch_size and drop_last: omit them"),
            (ordered + grouped + bool(shuffle) > 1, "sampler, batch_sampler and shuffle exclude each other: pass one"),
            ((ordered or grouped) and not by_number, "a stream has its own order: omit the sampler"),
            (window and not isinstance(source, Arrays), "window needs a TensorDataset or a file from npy"),
            (window and collate_fn, "window and collate_fn exclude each other: omit one"),
            (num_workers < 0, f"num_workers is a number of threads and must be 0 or more, not {num_workers!r}"),
            (timeout, "timeout is not supported: a thread that hangs cannot be stopped from outside"),
            (worker_init_fn, "worker_init_fn is not supported: workers are threads and share their state"),
            (multiprocessing_context, "multiprocessing_context is not supported: workers are threads, not processes"),
        ):
            if wrong:
                raise ValueError(f"{why}.")
        super().__init__(source, batch_size, shuffle=bool(shuffle), drop_last=drop_last, seed=0, window=window)
        source.single = True  # a batch is one object, whatever its parts
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor: int = positive("prefetch_factor", prefetch_factor or 2, "number of batches")
        self._collate = partial(default_collate, dtype=source.dtype)
        self.collate_fn: Callable[[Any], Any] = self._collate if collate_fn is None else collate_fn
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler if grouped else BatchSampler(sampler, batch_size, drop_last)
        self._drawn = getattr(self.batch_sampler, "sampler", None)
        if isinstance(self._drawn, Drawn):
            self.seed, self.epoch = self._drawn.seed, self._drawn.epoch

    def __len__(self) -> int:
        return len(self.batch_sampler)

    def _read(self, epoch: int, skip: int) -> Iterator[tuple[Any, ...]]:
        if isinstance(self._drawn, Drawn):
            self._drawn.seed, self._drawn.epoch = self.seed, epoch
        if self.window is not None:
            for found in self._windows(epoch, skip):
                batch = [array if isinstance(array, Tensor) else constant(array) for array in found]
                yield (batch if isinstance(self.dataset, TensorDataset) else batch[0],)
            return
        order, workers, stream = self.batch_sampler, self.num_workers, None
        if isinstance(self.source, Stream):
            order, workers = BatchSampler(count(), self.batch_size, False), min(workers, 1)
            stream = self.source.samples(skip * self.batch_size)
        calls = (partial(self._fetch, stream, *task) for task in islice(enumerate(order), skip, None))
        for batch in self._results(calls, workers):
            if batch is END:
                return
            yield (batch,)

    def _results(self, calls: Iterator[Callable[[dict[Any, str]], Any]], workers: int) -> Iterator[Any]:
        if not workers:
            return (call({}) for call in calls)
        return ahead(calls, workers, workers * self.prefetch_factor)

    def _blocks(self, blocks: Iterator[slice]) -> Iterator[tuple[Any, ...]]:
        return self._results((partial(self._block, block) for block in blocks), self.num_workers)

    def _block(self, block: slice, at: dict[Any, str]) -> tuple[Any, ...]:
        return self.source.take(block)

    def _fetch(self, stream: Iterator[Any] | None, number: int, index: Iterable[Any], at: dict[Any, str]) -> Any:
        """Fetch one batch, or return END; ``at`` records where each thread is; a key None tells them to stop."""
        me, numbers = current_thread(), list(index) if stream is not None else self._dealt(list(index), number)
        at[me] = whole = f"batch {number} of samples {reprlib.repr(numbers)}"
        try:
            if self.collate_fn is self._collate and (found := rows(self.dataset, numbers)):
                return [constant(self.source.in_dtype(array)) for array in found]
            samples = []
            for i in numbers:
                at[me] = f"sample {i} of batch {number}"
                sample = END if None in at else self.dataset[i] if stream is None else next(stream, END)
                if sample is END:
                    break
                samples.append(sample)
            at[me] = whole
            end = len(samples) < len(numbers) and (self.drop_last or not samples)
            return END if end else self.collate_fn(samples if stream is None else self._dealt(samples, number))
        except BaseException as error:
            if isinstance(error, Misfit) and error.place < len(numbers):
                at[me] = f"sample {numbers[error.place]} of {whole}"
            error.add_note(f"This happened at {at[me]}, in {me.name}.")
            raise


def ahead(calls: Iterator[Callable[[dict[Any, str]], Any]], workers: int, most: int) -> Iterator[Any]:
    """Yield the results of calls in order; threads run them ahead, with at most ``most`` results waiting."""
    at: dict[Any, str] = {}
    pool = ThreadPoolExecutor(workers, "DataLoader worker")
    started = (pool.submit(copy_context().run, call, at) for call in calls)
    try:
        waiting = deque(islice(started, most))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(islice(started, 1))
            yield result
    except KeyboardInterrupt as error:
        error.add_note("; ".join(f"{thread.name} was at {what}" for thread, what in at.copy().items()))
        raise
    finally:
        at[None] = ""
        pool.shutdown(current_thread() not in at, cancel_futures=True)  # the garbage collector may run in one of them


def default_collate(batch: Sequence[Any], *, dtype: DTypeLike | None = None, what: str = "sample") -> Any:
    """Combine samples into a batch: numbers and arrays become a Tensor, floating ones in ``dtype`` (default: the dtype
    of parameters), tuples, lists, dicts and named tuples part by part; strings stay. Errors name the part as ``what``.

    >>> import nn
    >>> nn.data.default_collate([("a", {"x": 0.5}), ("b", {"x": 1.5})])
    [('a', 'b'), {'x': tensor([0.5, 1.5], dtype=float32)}]
    """
    first = batch[0]
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        alike([set(sample) for sample in batch], f"{what} has different keys: {{}} and {{}}.")
        return {k: default_collate([sample[k] for sample in batch], dtype=dtype, what=f"{what}[{k!r}]") for k in first}
    if isinstance(first, list | tuple):
        alike([len(sample) for sample in batch], f"{what} has different numbers of parts: {{}} and {{}}.")
        columns = enumerate(zip(*batch, strict=True))
        parts = [default_collate(column, dtype=dtype, what=f"{what}[{i}]") for i, column in columns]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    array = Samples((), dtype).in_dtype(stacked(batch, what))
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{what} is {first!r:.80}, which a Tensor cannot hold: pass a collate_fn.")
    return array if isinstance(array, Tensor) else constant(array)

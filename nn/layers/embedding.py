"""Embeddings: rows of a table, looked up by index, as vectors for words, letters or users."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd import Tensor
from autograd.ops.arithmetic import where as _where
from autograd.ops.index import getitem as _getitem
from nn.arguments import plain, polymorphic, positive
from nn.defaults import Randomness, generator, parameter_dtype
from nn.errors import LabelError
from nn.module import Parameter
from nn.of_function import of

__all__ = ["Embedding"]


def embedding(x: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """Look up row ``x[i]`` of a table of shape (V, D) for every element of x: ``out[i, ...] = weight[x[i, ...]]``.

    ``x`` holds integers from 0 to V - 1 in any shape; the result has one more axis, of size D. The effect is that of a
    `Linear` layer without bias on one-hot rows, but without the multiplication: a row that is used several times gets
    the sum of the gradients. ``padding_idx`` is the index of a row that stands for padding (negative: from the end); it
    gets no gradient, so it never changes.

    Raises LabelError unless x holds integers that are indices of rows, and ValueError for a wrong ``padding_idx``.

    >>> import numpy as np
    >>> from nn.functional import embedding
    >>> embedding([2, 0], np.array([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]))
    array([[2. , 2.5],
           [0. , 0.5]])
    """
    rows = plain(x, "embedding: the input")
    if not rows.size and not isinstance(x, np.ndarray | Tensor):
        rows = rows.astype(np.intp)  # an empty list is of floats for NumPy
    count = weight.shape[0]
    if rows.dtype.kind not in "iu":
        raise LabelError(f"embedding: the input must hold integer row indices, not {rows.dtype}. Pass x.astype(int).")
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        where = tuple(map(int, np.argwhere((rows < 0) | (rows >= count))[0]))
        raise LabelError(
            f"embedding: element {rows[where]} at index {where} is not among the rows 0 .. {count - 1} of the table."
        )
    out = _getitem(weight, index=rows)
    number = row_of_padding(padding_idx, count)
    if number is None:
        return out
    padding = rows == number
    if not padding.any():
        return out
    row = weight.data[number] if isinstance(weight, Tensor) else weight[number]
    return _where(padding[..., None], row, out)  # the same values, as constants


class Embedding(of.Embedding, of=embedding):
    """A trainable table of vectors, one for each of V items (words, letters, users), looked up by index.

    V is num_embeddings, D is embedding_dim. The table is initialized with standard normal numbers from ``rng`` (see
    `Linear`), row ``padding_idx`` with 0. Names and initialization are those of ``torch.nn.Embedding``.
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *,
        dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.num_embeddings: int = positive("num_embeddings", num_embeddings, "number of rows")
        self.embedding_dim: int = positive("embedding_dim", embedding_dim)
        self.padding_idx: int | None = row_of_padding(padding_idx, num_embeddings)
        start = generator(rng).standard_normal((num_embeddings, embedding_dim))
        if self.padding_idx is not None:
            start[self.padding_idx] = 0.0
        self.weight: Parameter = Parameter(start.astype(parameter_dtype(dtype)))

    @classmethod
    def from_pretrained(cls, embeddings: ArrayLike, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """Make an embedding from a table of shape (V, D); with ``freeze`` it is not trained.

        >>> import nn
        >>> nn.Embedding.from_pretrained([[0.0, 1.0], [2.0, 3.0]])([1]).tolist()
        [[2.0, 3.0]]
        """
        table = Parameter(embeddings, requires_grad=not freeze)
        if table.ndim != 2:
            raise ValueError(f"embeddings must be a table of shape (V, D), not of shape {table.shape}.")
        made = cls.__new__(cls)
        made.num_embeddings, made.embedding_dim = table.shape
        made.padding_idx = row_of_padding(padding_idx, made.num_embeddings)
        made.weight = table
        return made

    def forward(self, x: Any) -> Tensor:  # as `_OfFunction` has it, for the speed of small batches
        return embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def row_of_padding(padding_idx: int | None, count: int) -> int | None:
    """The index of a row, counted from the start."""
    if padding_idx is None:
        return None
    if isinstance(padding_idx, bool) or not isinstance(padding_idx, int | np.integer):
        raise ValueError(f"padding_idx must be the index of a row or None, not {padding_idx!r}.")
    if not -count <= padding_idx < count:
        raise ValueError(f"padding_idx {padding_idx} is not among the {count} rows of the table.")
    return int(padding_idx) % count


@polymorphic
def one_hot(labels: Any, num_classes: int = -1) -> Any:
    """One-hot encode labels of any shape as integers, along a new last axis: ``out[..., c] = c == labels[...]``.

    ``num_classes`` defaults to one more than the largest label. Returns a Tensor for a Tensor, else an array. Raises
    LabelError unless the labels are integers among the classes. `nn.data.one_hot` returns floating-point numbers.

    >>> from nn.functional import one_hot
    >>> one_hot([2, 0])
    array([[0, 0, 1],
           [1, 0, 0]])
    """
    numbers = plain(labels, "one_hot: the labels")
    if numbers.dtype.kind not in "iu" and numbers.size:
        raise LabelError(
            f"one_hot: labels must be integer class indices, not {numbers.dtype}. Pass labels.astype(int)."
        )
    numbers = numbers.astype(np.int64)
    classes = int(numbers.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
        raise LabelError(f"one_hot: labels {numbers.min()} .. {numbers.max()} do not fit classes 0 .. {classes - 1}.")
    rows = (numbers[..., None] == np.arange(classes)).astype(np.int64)
    return Tensor(rows) if isinstance(labels, Tensor) else rows

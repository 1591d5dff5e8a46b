"""Products of matrices and of arrays in general."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from autograd.arrays import FLOAT32, FLOAT64, Array, Shape, expand
from autograd.engine.op import OpFunction, defop, joint
from autograd.facts import Example


# matmul: the last two axes are matrices, the others are stacks of them.
def matmul_left(g: Array, y: Array, x_shape: Shape) -> Array:
    if y.ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return np.matmul(g, y.T) if y.ndim == 2 else np.matmul(y, g[..., None])[..., 0]
    return np.matmul(g, y.swapaxes(-1, -2))


def matmul_right(g: Array, x: Array, y_shape: Shape) -> Array:
    if x.ndim == 1:
        return x[:, None] * g[..., None, :] if len(y_shape) > 1 else g[..., None] * x
    if len(y_shape) == 1:
        return np.matmul(g, x) if x.ndim == 2 else np.matmul(x.swapaxes(-1, -2), g[..., None])[..., 0]
    return np.matmul(x.swapaxes(-1, -2), g)


def product_formula(slot: int, ndims: Sequence[int], attrs: Mapping[str, Any]) -> str | None:
    """Of ``x @ y`` for vectors and matrices, for stacks of them where both have as many axes or y is a matrix."""
    left, right = ndims
    if left == right == 1:
        return ("G * y", "G * x")[slot]
    if left <= 2 and right == 1:
        return ("outer(G, y)", "x.T @ G")[slot]
    if left == 1 and right == 2:
        return ("G @ y.T", "outer(x, G)")[slot]
    if right == 2:
        return ("G @ y.T", "x.T @ G" if left == 2 else "rows(x).T @ rows(G)")[slot]
    return ("G @ y.mT", "x.mT @ G")[slot] if left == right else None


def _entry_of_right(i: Sequence[int], j: Sequence[int], attrs: Mapping[str, Any]) -> str | None:
    if not len(i) <= len(j) <= 2:
        return None
    return f"y[{j[-1]}]" if len(i) < len(j) else f"y[{j[-1]}, {i[-1]}]"


def _entry_of_left(i: Sequence[int], j: Sequence[int], attrs: Mapping[str, Any]) -> str | None:
    if not len(i) <= len(j) <= 2:
        return None
    return f"x[{j[0]}]" if len(i) < len(j) else f"x[{i[0]}, {j[0]}]"


matmul: OpFunction = defop(
    "matmul", np.matmul, (matmul_left, matmul_right), numpy=(np.matmul, np.linalg.matmul), stacked=True,
    kind="product", symbol="@", slope=(_entry_of_right, _entry_of_left), matrix=product_formula,
    cost=lambda shapes, out, attrs: prod(out) * shapes[0][-1],
    example=(Example((2, 3), (3, 2)), Example((2, 2, 3), (3,))),
    doc="The product of the matrices in the last two axes; a vector counts as a row on the left and as a column on "
    "the right.",
    doctest="tensor([[1.0, 2.0], [3.0, 4.0]]) @ [1.0, 1.0] -> tensor([3., 7.])",
)  # fmt: skip


def dot_left(g: Array, y: Array, x_shape: Shape) -> Array:
    if not x_shape or np.ndim(y) == 0:
        return g * y
    if y.ndim == 1:
        return g[..., None] * y
    free = (*range(y.ndim - 2), y.ndim - 1)
    return np.tensordot(g, y, (tuple(range(len(x_shape) - 1, g.ndim)), free))


def dot_right(g: Array, x: Array, y_shape: Shape) -> Array:
    if not y_shape or np.ndim(x) == 0:
        return g * x
    rows = tuple(range(x.ndim - 1))
    summed = np.tensordot(x, g, (rows, rows))
    return summed if len(y_shape) == 1 else np.moveaxis(summed, 0, -2)


dot: OpFunction = defop(
    "dot", lambda x, y: np.dot(x, y), (dot_left, dot_right), numpy=np.dot,
    kind="product",
    matrix=lambda slot, ndims, attrs: (
        product_formula(slot, ndims, attrs) if 1 <= min(ndims) <= max(ndims) <= 2 else None
    ),
    cost=lambda shapes, out, attrs: prod(out) * shapes[0][-1] if shapes[0] and shapes[1] else 0, method="dot",
    options={"out": None}, example=(Example((2, 3), (3, 2)), Example((3,), (3,))),
    doc="The sum of products over the last axis of x and the second-to-last axis of y, or its only one.",
    doctest="tensor([1.0, 2.0]).dot([3.0, 4.0]) -> tensor(11.)",
)  # fmt: skip
outer: OpFunction = defop(
    "outer", lambda x, y: np.outer(x, y),
    (
        lambda g, y, x_shape: np.matmul(g, np.ravel(y)).reshape(x_shape),
        lambda g, x, y_shape: np.matmul(np.ravel(x), g).reshape(y_shape),
    ),
    numpy=np.outer,
    kind="product", matrix=("G @ y", "x @ G"), cost=lambda shapes, out, attrs: prod(out), example=Example((2,), (3,)),
    doc="The products of each entry of x with each entry of y.",
    doctest="np.outer(tensor([1.0, 2.0]), [3.0, 4.0]) -> tensor([[3., 4.], [6., 8.]])",
)  # fmt: skip


def _tensordot_axes(axes: Any, x_ndim: int, y_ndim: int) -> tuple[list[int], list[int]]:
    """The contracted axes of both operands, in matching order."""
    if isinstance(axes, int | np.integer):
        return list(range(x_ndim - int(axes), x_ndim)), list(range(int(axes)))
    first, second = ([a] if isinstance(a, int | np.integer) else list(a) for a in axes)
    return [int(a) % x_ndim for a in first], [int(a) % y_ndim for a in second]


def _contract(g: Array, other: Array, g_axes: range, mine: list[int], theirs: list[int], ndim: int) -> Array:
    """The gradient of one operand: sum g over the free axes of the other, then put the axes back in order."""
    free = [i for i in range(other.ndim) if i not in theirs]
    d = np.tensordot(g, other, (list(g_axes), free))  # axes: my free ones, then theirs in ascending order
    order = [i for i in range(ndim) if i not in mine] + [mine[theirs.index(t)] for t in sorted(theirs)]
    return np.transpose(d, tuple(order.index(i) for i in range(ndim)))


def tensordot_left(g: Array, y: Array, x_shape: Shape, axes: Any) -> Array:
    mine, theirs = _tensordot_axes(axes, len(x_shape), y.ndim)
    return _contract(g, y, range(len(x_shape) - len(mine), g.ndim), mine, theirs, len(x_shape))


def tensordot_right(g: Array, x: Array, y_shape: Shape, axes: Any) -> Array:
    theirs, mine = _tensordot_axes(axes, x.ndim, len(y_shape))
    return _contract(g, x, range(x.ndim - len(theirs)), mine, theirs, len(y_shape))


tensordot: OpFunction = defop(
    "tensordot", lambda x, y, *, axes=2: np.tensordot(x, y, axes=axes), (tensordot_left, tensordot_right),
    numpy=(np.tensordot, np.linalg.tensordot),
    kind="product", slope=None,
    cost=lambda shapes, out, attrs: (
        prod(out) * prod(shapes[0][i] for i in _tensordot_axes(attrs["axes"], *map(len, shapes))[0])
    ),
    example=Example((2, 3), (3, 2), axes=1),
    doc="The sum of products over pairs of axes: the last of x and the first of y, or the given ones.",
    doctest="np.tensordot(tensor([[1.0, 2.0]]), [[3.0, 4.0]], 2) -> tensor(11.)",
)  # fmt: skip


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@lru_cache(256)
def explicit_subscripts(subscripts: str, ndims: tuple[int, ...]) -> tuple[list[str], str]:
    """Subscripts of operands and output, with implicit output and ellipses written out in letters."""
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum subscripts {subscripts!r} are for {len(terms)} operands, but {len(ndims)} were given")
    unused = [c for c in LETTERS if c not in text]
    widths = [n - len(term.replace("...", "")) for term, n in zip(terms, ndims, strict=True)]
    for i, (term, width) in enumerate(zip(terms, widths, strict=True)):
        if width < 0 or (width and "..." not in term):
            raise ValueError(f"einsum subscripts {term!r} do not fit operand {i}, which has {ndims[i]} axes")
    widest = max((w for w, term in zip(widths, terms, strict=True) if "..." in term), default=0)
    dots = "".join(unused[:widest])
    full = [t.replace("...", dots[len(dots) - w :]) for t, w in zip(terms, widths, strict=True)]
    if arrow and dots and "..." not in output:
        raise ValueError(f"einsum subscripts {subscripts!r}: the output needs '...' for the axes that the inputs have")
    if arrow:
        return full, output.replace("...", dots)
    letters = "".join(inputs.replace("...", "").replace(",", ""))
    return full, dots + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))


_BY_MATMUL = 1 << 12  # products of numbers, from where matmul is faster than NumPy's einsum


def einsum_kernel(*xs: Array, subscripts: str, optimize: Any = None) -> Array:
    """Contracts three operands or more in the cheapest order, large products of matrices by matmul, unless told how.

    NumPy leaves the order of the sums open; its own `optimize` does the same.
    """
    if optimize is not None:
        terms, output = explicit_subscripts(subscripts, tuple(map(np.ndim, xs)))
        return np.einsum(f"{','.join(terms)}->{output}", *xs, optimize=optimize)
    operands = list(xs)
    if len(xs) > 2:  # else a product of two of them would be computed in a dtype that is too narrow for all
        dtype = np.result_type(*xs)
        operands = [np.asarray(x, dtype) for x in xs]
    for places, text, how in _steps(subscripts, tuple([np.shape(x) for x in xs])):
        chosen = [operands.pop(i) for i in places]
        if how is not None and chosen[0].dtype == chosen[1].dtype and chosen[0].dtype in (FLOAT32, FLOAT64):
            operands.append(_product(how, *chosen))
        else:
            operands.append(np.einsum(text, *chosen))
    return operands[0]


@lru_cache(256)
def _steps(subscripts: str, shapes: tuple[Shape, ...]) -> list[Any]:
    """The einsums, one after the other, that make up another: which operands each takes from their list, to the end of
    which its result is put; its subscripts; and how it is a product of matrices, if it is a large one."""
    terms, output = explicit_subscripts(subscripts, tuple(map(len, shapes)))
    left, order = list(zip(terms, shapes, strict=True)), [tuple(range(len(terms)))]
    if len(terms) > 2:
        empty = [np.broadcast_to(0.0, shape) for shape in shapes]
        _, *order = np.einsum_path(f"{','.join(terms)}->{output}", *empty, optimize=True)[0]
    steps = []
    for places in order:
        places = tuple([i - k for k, i in enumerate(sorted(places))])
        chosen = [left.pop(i) for i in places]
        lengths: dict[str, int] = {}
        for term, shape in chosen:
            lengths |= {c: n for c, n in zip(term, shape, strict=True) if n != 1 or c not in lengths}
        wanted = output + "".join([term for term, _ in left])
        result = "".join([c for c in lengths if c in wanted]) if left else output
        how = None
        if len(chosen) == 2 and prod(lengths.values()) >= _BY_MATMUL:
            (x, x_shape), (y, y_shape) = chosen
            how = _matrices(x, y, result, x_shape, y_shape)
        steps.append((places, f"{','.join([term for term, _ in chosen])}->{result}", how))
        left.append((result, tuple([lengths.get(c, 1) for c in result])))  # NumPy says which letter is unknown
    return steps


@lru_cache(256)
def _matrices(x: str, y: str, output: str, x_shape: Shape, y_shape: Shape) -> Any:
    """How ``x,y->output`` is a product of matrices, or of stacks of them: whether the operands change places; the order
    of the axes of the first, and the shape in which rows and what is summed over are one axis each; the same of the
    second; shape and order of the axes of the result. None if it is another product."""
    if len(set(x)) < len(x) or len(set(y)) < len(y):  # of a repeated letter a diagonal is taken
        return None
    swapped = bool(output) and output[-1] in x  # so that the result lies in order
    if swapped:
        x, y, x_shape, y_shape = y, x, y_shape, x_shape
    sizes = {**dict(zip(x, x_shape, strict=True)), **dict(zip(y, y_shape, strict=True))}
    stack, summed = ([c for c in x if c in y and (c in output) is kept] for kept in (True, False))
    rows, columns = ([c for c in output if c not in other] for other in (y, x))
    left, right, order = stack + rows + summed, stack + summed + columns, stack + rows + columns
    if not (rows and summed and columns and sorted(x) == sorted(left) and sorted(y) == sorted(right)):
        return None
    if any(sizes[c] != n for c, n in zip(x, x_shape, strict=True)):  # a length of 1 is repeated
        return None
    lengths = [tuple(sizes[c] for c in group) for group in (stack, rows, summed, columns, order)]
    m, k, n = map(prod, lengths[1:4])
    axes = (tuple(map(term.index, letters)) for term, letters in ((x, left), (y, right), (order, output)))
    return swapped, *axes, (*lengths[0], m, k), (*lengths[0], k, n), lengths[4]


def _product(how: Any, x: Array, y: Array) -> Array:
    swapped, left, right, axes, x_shape, y_shape, shape = how
    x, y = (y, x) if swapped else (x, y)
    product = np.matmul(x.transpose(left).reshape(x_shape), y.transpose(right).reshape(y_shape))
    return product.reshape(shape).transpose(axes)


def _contracted(terms: Sequence[str], output: str, *xs: Array) -> Array:
    """The einsum of arrays or Tensors: by matmul where it is one of matrices, which takes a tenth of the time."""
    if len(xs) == 2 and (how := _matrices(*terms, output, xs[0].shape, xs[1].shape)):
        return _product(how, *xs)
    return einsum(*xs, subscripts=f"{','.join(terms)}->{output}")


def einsum_rule(g: Array, need: tuple[bool, ...], xs: Any, xs_shape: tuple[Shape, ...], subscripts: str) -> Any:
    """The gradient of an operand is the product of g and the others over the letters of the operand.

    Letters of length 1 here are summed over, since the operand was repeated along them; letters that no other has, or
    only with length 1, get the same gradient at every place.
    """
    terms, output = explicit_subscripts(subscripts, tuple(map(len, xs_shape)))
    gradients: list[Any] = []
    for i, (needed, term, shape) in enumerate(zip(need, terms, xs_shape, strict=True)):
        if not needed:
            gradients.append(None)
            continue
        others = [t for j, t in enumerate(terms) if j != i]
        letters = "".join(dict.fromkeys(term))  # a repeated letter takes a diagonal: first fill that diagonal
        sizes = dict(zip(term, shape, strict=True))
        known = "".join(c for c in letters if sizes[c] != 1 and (c in output or any(c in t for t in others)))
        d = _contracted([output, *others], known, g, *(x for j, x in enumerate(xs) if j != i))
        found = dict(zip(known, d.shape, strict=True))
        if found != sizes:
            d = expand(d.reshape(tuple(found.get(c, 1) for c in letters)), tuple(sizes[c] for c in letters))
        if letters != term:
            d = _fill_diagonals(d, letters, term, shape)
        gradients.append(d)
    return tuple(gradients)


def _fill_diagonals(d: Array, letters: str, term: str, shape: Shape) -> Array:
    """Spread the gradient of a diagonal back over the axes that it was taken from."""
    spare = iter(c for c in LETTERS if c not in term)
    target, eyes, names = "", [], []
    for position, c in enumerate(term):
        if c in target:
            name = next(spare)
            eyes.append(np.eye(shape[position], dtype=d.dtype))
            names.append(c + name)
            target += name
        else:
            target += c
    return einsum(d, *eyes, subscripts=f"{','.join([letters, *names])}->{target}")


def _combinations(shapes: list[Shape], out: Shape, attrs: Mapping[str, Any]) -> int:
    """All combinations of the letters; a sum over one operand multiplies nothing."""
    terms, _ = explicit_subscripts(attrs["subscripts"], tuple(map(len, shapes)))
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            lengths[letter] = max(length, lengths.get(letter, 1))
    return prod(lengths.values()) if len(shapes) > 1 else 0


einsum: OpFunction = defop(
    "einsum", einsum_kernel, joint(einsum_rule),
    kind="product", slope=None, cost=_combinations,
    example=(Example((2, 3), (3, 2), subscripts="ij,jk->ki"), Example((2, 3), (2,), subscripts="ij,i->j")),
    doc="Sums of products, specified by subscripts.",
    doctest="np.einsum('ij,ij->i', tensor([[1.0, 2.0]]), [[3.0, 4.0]]) -> tensor([11.])",
)  # fmt: skip

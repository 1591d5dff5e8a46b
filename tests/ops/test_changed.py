"""Whoever changes an array that an op was given, before the backward pass, is told so, or gets the right gradient."""

import numpy as np

from autograd import InPlaceError, StaleLeafError, Tensor


def own(x):
    """A copy that can be written to, also of arrays in tuples and lists."""
    if isinstance(x, np.ndarray):
        return np.array(x)
    return type(x)(map(own, x)) if type(x) in (tuple, list) else x


def arrays_in(x):
    if isinstance(x, np.ndarray):
        yield x
    elif isinstance(x, tuple | list):
        for part in x:
            yield from arrays_in(part)


def spoil(array):
    """Other values that are as good: an index stays one."""
    if array.dtype.kind == "f":
        array += 0.25
    elif array.dtype.kind == "b":
        array[...] = ~array
    else:
        array[...] = array[..., ::-1].copy() if array.ndim else array
        array[(0,) * array.ndim if array.size else ...] = 0


def gradients(out, wanted):
    if isinstance(out, tuple):
        out = sum(np.sum(part) for part in out)
    return [g.data for g in out.gradient(*wanted, gradient=np.ones(out.shape), retain_graph=True)]


def call(sample, live, how):
    """The result of a call with arrays of its own, the Tensors that are asked for, and all arrays of others in it."""
    operands, attributes = own(list(sample.inputs)), {name: own(x) for name, x in sample.attributes.items()}
    tensors, given = [], []
    for i, x in enumerate(operands):
        tensor = isinstance(x, np.ndarray) and (i in live or how == "constant")
        tensors.append(Tensor(x, requires_grad=i in live) if tensor else x)
        given += [x] if isinstance(x, np.ndarray) and (how == "leaf" or i not in live) else []
    given += [array for x in attributes.values() for array in arrays_in(x)]
    return sample.op.function(*tensors, **attributes), [tensors[i] for i in sorted(live)], given


def test_every_array_that_an_op_was_given(live_sample):
    """Operands as plain arrays beside a live one, as constants, as leaves; attributes alike."""
    noticed = 0
    for how in ("plain", "constant", "leaf"):
        for live in (set(live_sample.live),) if how == "leaf" else ({i} for i in live_sample.live):
            for i in range(len(call(live_sample, live, how)[2])):
                out, wanted, given = call(live_sample, live, how)
                before = gradients(out, wanted)
                spoil(given[i])
                try:
                    after = gradients(out, wanted)
                except (InPlaceError, StaleLeafError):
                    noticed += 1
                    continue
                for a, b in zip(before, after, strict=True):
                    np.testing.assert_array_equal(a, b)
    if live_sample.op.name in ("sin", "maximum", "matmul") and all(
        np.ndim(x) and np.size(x) for x in live_sample.inputs
    ):
        assert noticed

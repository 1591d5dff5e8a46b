"""The node that an op makes while somebody watches is the one that it makes otherwise."""

import numpy as np

from autograd.engine.graph import STATE
from autograd.modes import Watch
from autograd.provenance import origin_of


def node_of(out):
    return out[0]._node.parents[0] if isinstance(out, tuple) else out._node


def facts(value):
    """Something that compares equal for equal values."""
    if isinstance(value, tuple | list):
        return tuple(map(facts, value))
    return (str(value.dtype), value.shape, value.tobytes()) if isinstance(value, np.ndarray | np.generic) else value


class Keeper(Watch):
    def __init__(self):
        self.nodes, self.ops = [], []

    def applied(self, op, xs, data, out, result):
        self.ops.append(op)

    def forward(self, node, operands, out):
        self.nodes.append(node)


def test_watched(live_sample):
    sample, keeper = live_sample, Keeper()
    call = sample.op.function
    operands = sample.tensors()
    made = node_of(call(*operands, **sample.attributes))
    token = STATE.set(STATE.get().replace(watch=keeper))
    try:
        seen = node_of(call(*operands, **sample.attributes))
    finally:
        STATE.reset(token)
    assert keeper.nodes == [seen]
    assert keeper.ops == [sample.op]
    assert seen.parents == made.parents
    assert [type(x) for x in seen.operands] == [type(x) for x in made.operands]
    assert (seen.op, seen.shape, seen.dtype) == (made.op, made.shape, made.dtype)
    assert facts(seen.kept) == facts(made.kept)
    assert facts(tuple((seen.attrs or {}).items())) == facts(tuple((made.attrs or {}).items()))
    assert origin_of(seen)[0] is origin_of(made)[0] is test_watched.__code__

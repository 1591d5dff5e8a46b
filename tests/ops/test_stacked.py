"""Ops that say `stacked`: the rules give for a stack of gradients what they give for each of them."""

import numpy as np

from autograd.engine.backward import _stacks, fit


def test_stacked_gradients(stacked_sample):
    """Stacks of 1 to 4: a rule that took the axis in front for one of its own would fit some of them by chance."""
    sample = stacked_sample
    node = sample.op.function(*sample.tensors(), **sample.attributes)._node
    rng = np.random.default_rng(0)
    for n in range(1, 5):
        seeds = rng.normal(size=(n, *node.shape)).astype(node.dtype)
        stacks = dict(_stacks(node, seeds, node.parents))
        assert len(stacks) == len(sample.live)
        rows = [node.op.vjp(seed[()], node.kept, node.parents) for seed in seeds]
        for i, parent in enumerate(node.parents):
            if parent is not None:
                expected = np.stack([fit(row[i], parent, node.op.name) for row in rows])
                assert stacks[parent].dtype == parent.dtype
                np.testing.assert_allclose(
                    stacks[parent], expected, rtol=1e-12, atol=1e-14 * np.abs(expected).max(initial=0)
                )

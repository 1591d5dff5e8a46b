"""For tests of your own code: Hypothesis strategies for shapes, and for values where functions have a derivative.

They go with the fixture ``check_gradients`` of the pytest plugin, which is available once chainrule is installed.
Hypothesis comes with the extra ``test`` (``pip install hypothesis``) and is imported on first use.

>>> import numpy as np
>>> from hypothesis import given
>>> from autograd import gradcheck
>>> from autograd.testing import kink_free_arrays
>>> @given(kink_free_arrays())
... def test_absolute_values(x):
...     assert gradcheck(np.abs, x)
"""

from autograd.testing.strategies import broadcastable_pairs, broadcastable_shapes, kink_free_arrays, shapes

__all__ = ["broadcastable_pairs", "broadcastable_shapes", "kink_free_arrays", "shapes"]

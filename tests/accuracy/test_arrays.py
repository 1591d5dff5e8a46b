"""No op on whole arrays is left out of the accuracy suite."""

from accuracy_activations import ROWS as ACTIVATIONS
from accuracy_arrays import ROWS as ARRAYS
from accuracy_elementwise import ROWS as ELEMENTWISE
from accuracy_harness import functions_of
from accuracy_linear_algebra import ROWS as LINEAR_ALGEBRA
from accuracy_recurrent import ROWS as RECURRENT
from accuracy_reductions import ROWS as REDUCTIONS
from accuracy_windows import ROWS as WINDOWS

from autograd.engine.op import REGISTRY

TABLES = (ACTIVATIONS, ARRAYS, ELEMENTWISE, LINEAR_ALGEBRA, RECURRENT, REDUCTIONS, WINDOWS)
NAMES = {row.name for rows in TABLES for row in rows}


def test_every_op_has_a_row():
    ops = {n for n, op in REGISTRY.items() if op.differentiable and op.function.__module__ == "autograd.ops"}
    assert ops - NAMES - {"cross_entropy"} == set()  # which is a loss


def test_every_normalisation_has_a_row():
    assert functions_of("nn.layers.normalization") - NAMES == set()

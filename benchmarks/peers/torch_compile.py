"""PyTorch with `torch.compile`: the workloads of its own peer, each with one line more."""

import torch

from peers import pytorch
from peers.pytorch import *  # noqa: F403

VERSIONS = {}
KERNEL, LIBRARY = pytorch.KERNEL, pytorch.LIBRARY
pytorch.prepared = torch.compile
# It stops at `w.data -= ...` of the regression ("Encountered a set_ on a graph input"); a third of scalar_chain takes a
# minute to compile, scalar has 65,000 operations.
CANNOT = {"logistic_regression", "scalar", "scalar_chain"}

"""PyTorch with `torch.compile`: the workloads of its own peer, each with one line more."""

import torch

from peers import pytorch
from peers.pytorch import *  # noqa: F403

VERSIONS = {}
KERNEL, LIBRARY = pytorch.KERNEL, pytorch.LIBRARY
pytorch.prepared = torch.compile

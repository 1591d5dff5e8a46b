"""Networks from the literature, built from the layers of `nn`."""

from autograd.engine.tape import transparent as _transparent
from nn.models.lenet import FeatureMaps, LeNet1989

__all__ = ["FeatureMaps", "LeNet1989"]

_transparent(__name__)

"""Networks of the literature, built from the layers."""

from nn.models.lenet import FeatureMaps, LeNet1989

__all__ = ["FeatureMaps", "LeNet1989"]

"""Data: the bundled handwritten digits, splits and minibatches."""

from nn.data.bundled import Digits, digits
from nn.data.loader import Loader
from nn.data.split import train_test_split

__all__ = ["Digits", "Loader", "digits", "train_test_split"]

"""Data: loaders, files, small sets that are bundled or made, splits, scaling and augmentation."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from autograd.lazy import on_use as _on_use
from nn.data.bundled import Digits, digits
from nn.data.loader import Loader
from nn.data.mapped import NpyFile, npy
from nn.data.split import train_test_split

if _TYPE_CHECKING:
    from nn.data.augment import Compose, Cutout, Flip, Noise, Rotate, Shift
    from nn.data.folds import Fold, KFold
    from nn.data.idx import Images, mnist, read_idx
    from nn.data.labels import class_numbers, one_hot
    from nn.data.scaling import MinMax, Standardize
    from nn.data.table import Table, read_csv
    from nn.data.toy import Points, four_rows, moons, playground, xor

# What many programs do without is imported at its first use, as in `nn`.
_ON_USE = {
    "Compose": "nn.data.augment",
    "Cutout": "nn.data.augment",
    "Flip": "nn.data.augment",
    "Noise": "nn.data.augment",
    "Rotate": "nn.data.augment",
    "Shift": "nn.data.augment",
    "Fold": "nn.data.folds",
    "KFold": "nn.data.folds",
    "Images": "nn.data.idx",
    "mnist": "nn.data.idx",
    "read_idx": "nn.data.idx",
    "class_numbers": "nn.data.labels",
    "one_hot": "nn.data.labels",
    "MinMax": "nn.data.scaling",
    "Standardize": "nn.data.scaling",
    "Table": "nn.data.table",
    "read_csv": "nn.data.table",
    "Points": "nn.data.toy",
    "four_rows": "nn.data.toy",
    "moons": "nn.data.toy",
    "playground": "nn.data.toy",
    "xor": "nn.data.toy",
}

__getattr__, __dir__ = _on_use(__name__, _ON_USE)

__all__ = [
    "Compose",
    "Cutout",
    "Digits",
    "Flip",
    "Fold",
    "Images",
    "KFold",
    "Loader",
    "MinMax",
    "Noise",
    "NpyFile",
    "Points",
    "Rotate",
    "Shift",
    "Standardize",
    "Table",
    "class_numbers",
    "digits",
    "four_rows",
    "mnist",
    "moons",
    "npy",
    "one_hot",
    "playground",
    "read_csv",
    "read_idx",
    "train_test_split",
    "xor",
]

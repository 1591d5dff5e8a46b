"""Data: loaders, files, small sets that are bundled or made, splits, scaling and augmentation."""

from nn.data.augment import Compose, Cutout, Flip, Noise, Rotate, Shift
from nn.data.bundled import Digits, digits
from nn.data.folds import Fold, KFold
from nn.data.idx import Images, mnist, read_idx
from nn.data.labels import class_numbers, one_hot
from nn.data.loader import Loader
from nn.data.mapped import NpyFile, npy
from nn.data.scaling import MinMax, Standardize
from nn.data.split import train_test_split
from nn.data.table import Table, read_csv
from nn.data.toy import Points, four_rows, moons, playground, xor

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

"""Data: loaders, files, small bundled or generated data sets, splits, scaling and augmentation."""

from autograd.lazy import on_use as _on_use
from nn.data.bundled import *
from nn.data.loader import *
from nn.data.mapped import *
from nn.data.split import *

# Names that many programs never use are imported at their first use, as in `nn`.
_NAMES = {
    "augment": ("Compose", "Cutout", "Flip", "Noise", "Rotate", "Shift"),
    "convert": ("csv_to_npy",),
    "dataloader": ("DataLoader", "default_collate"),
    "datasets": (
        *("BatchSampler", "ConcatDataset", "Dataset", "IterableDataset", "RandomSampler", "Sampler", "random_split"),
        *("SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler"),
    ),
    "idx": ("Images", "mnist", "read_idx"),
    "labels": ("class_numbers", "one_hot"),
    "scaling": ("MinMax", "Standardize"),
    "table": ("Table", "read_csv"),
    "toy": ("Points", "four_rows", "moons", "playground", "xor"),
}
_ON_USE = {name: f"nn.data.{module}" for module, names in _NAMES.items() for name in names}

_on_use(__name__, _ON_USE)

# What type checkers and editors see; a test compares the names that are imported on first use with __init__.py.

from nn.data.augment import *
from nn.data.bundled import *
from nn.data.convert import *
from nn.data.dataloader import *
from nn.data.datasets import *
from nn.data.idx import *
from nn.data.labels import *
from nn.data.loader import *
from nn.data.mapped import *
from nn.data.scaling import *
from nn.data.split import *
from nn.data.table import *
from nn.data.toy import *

"""Training: `fit`, what it reports, what can be hung into it, how it is saved and taken up again."""

from nn.training.callbacks import (
    Callback as Callback,
    CSVLog as CSVLog,
    EarlyStopping as EarlyStopping,
    JSONLLog as JSONLLog,
)
from nn.training.checkpoint import Checkpoint as Checkpoint
from nn.training.cross_validation import CrossValidation as CrossValidation, cross_validate as cross_validate
from nn.training.evaluation import evaluate as evaluate, predict as predict
from nn.training.fit import fit as fit
from nn.training.history import History as History
from nn.training.plateau import ReduceOnPlateau as ReduceOnPlateau
from nn.training.run import Run as Run

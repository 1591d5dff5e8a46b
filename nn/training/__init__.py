"""Training: `fit`, what it reports, what can be hung into it, how it is saved and taken up again."""

from nn.training.callbacks import Callback, CSVLog, EarlyStopping, JSONLLog
from nn.training.checkpoint import Checkpoint
from nn.training.cross_validation import CrossValidation, cross_validate
from nn.training.evaluation import evaluate, predict
from nn.training.fit import fit as fit
from nn.training.history import History
from nn.training.plateau import ReduceOnPlateau
from nn.training.run import Run as Run

# What `nn` offers, too, beside `fit`, which it finds where it is.
__all__ = ["CSVLog", "Callback", "Checkpoint", "CrossValidation", "EarlyStopping", "History", "JSONLLog"]
__all__ += ["ReduceOnPlateau", "cross_validate", "evaluate", "predict"]

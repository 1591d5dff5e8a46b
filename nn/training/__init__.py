"""Training: `fit`, its history, callbacks, and checkpoints to resume from."""

from nn.training.callbacks import Callback, Checkpoint, CSVLog, EarlyStopping, JSONLLog
from nn.training.cross_validation import CrossValidation, cross_validate
from nn.training.evaluation import evaluate, predict
from nn.training.fit import fit as fit
from nn.training.history import History
from nn.training.plateau import ReduceOnPlateau
from nn.training.run import Run as Run

# Re-exported by `nn`, which imports `fit` itself directly.
__all__ = ["CSVLog", "Callback", "Checkpoint", "CrossValidation", "EarlyStopping", "History", "JSONLLog"]
__all__ += ["ReduceOnPlateau", "cross_validate", "evaluate", "predict"]

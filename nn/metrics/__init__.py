"""Numbers that say how good predictions are. The prediction comes first, then the truth; nothing here has a gradient.

Names and conventions are near scikit-learn's, whose functions take the truth first, and so are the numbers. Where a
number would be 0/0, its docstring says what it is instead.
"""

from nn.metrics.classification import accuracy, confusion_matrix, f1, precision, recall, top_k_accuracy
from nn.metrics.detection import DetectionScore, box_iou, detection_average_precision
from nn.metrics.ranking import (
    PrecisionRecallCurve,
    ROCCurve,
    average_precision,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)
from nn.metrics.regression import mean_absolute_error, mean_squared_error, r2, root_mean_squared_error

__all__ = [
    "DetectionScore",
    "PrecisionRecallCurve",
    "ROCCurve",
    "accuracy",
    "average_precision",
    "box_iou",
    "confusion_matrix",
    "detection_average_precision",
    "f1",
    "mean_absolute_error",
    "mean_squared_error",
    "precision",
    "precision_recall_curve",
    "r2",
    "recall",
    "roc_auc",
    "roc_curve",
    "root_mean_squared_error",
    "top_k_accuracy",
]

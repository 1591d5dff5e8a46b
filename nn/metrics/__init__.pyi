# Written by docs/make_stubs.py, for editors and type checkers.

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from nn.metrics.classification import (
    accuracy as accuracy,
    balanced_accuracy as balanced_accuracy,
    brier_score as brier_score,
    confusion_matrix as confusion_matrix,
    log_loss as log_loss,
    matthews_corrcoef as matthews_corrcoef,
    top_k_accuracy as top_k_accuracy,
)
from nn.metrics.detection import (
    DetectionScore as DetectionScore,
    box_iou as box_iou,
    detection_average_precision as detection_average_precision,
)
from nn.metrics.ranking import (
    Interpolation,
    PrecisionRecallCurve as PrecisionRecallCurve,
    ROCCurve as ROCCurve,
    precision_recall_curve as precision_recall_curve,
    roc_curve as roc_curve,
)

# fmt: off
@overload
def average_precision(
    scores: Any, target: Any, interpolation: Interpolation = None, *, average: None, zero_division: float = 0.0,
    **options: Any,
) -> NDArray[np.float64]: ...
@overload
def average_precision(
    scores: Any, target: Any, interpolation: Interpolation = None, average: Literal["macro", "weighted",
    "micro"] = "macro", zero_division: float = 0.0, **options: Any,
) -> float: ...
@overload
def f1(
    prediction: Any, target: Any, average: None, zero_division: float = 0.0, **options: Any,
) -> NDArray[np.float64]: ...
@overload
def f1(
    prediction: Any, target: Any, average: Literal["binary", "macro", "weighted", "micro"] = "binary",
    zero_division: float = 0.0, **options: Any,
) -> float: ...
@overload
def mean_absolute_error(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Literal["raw_values"],
) -> NDArray[np.float64]: ...
@overload
def mean_absolute_error(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None,
) -> float: ...
@overload
def mean_squared_error(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Literal["raw_values"],
) -> NDArray[np.float64]: ...
@overload
def mean_squared_error(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None,
) -> float: ...
@overload
def precision(
    prediction: Any, target: Any, average: None, zero_division: float = 0.0, **options: Any,
) -> NDArray[np.float64]: ...
@overload
def precision(
    prediction: Any, target: Any, average: Literal["binary", "macro", "weighted", "micro"] = "binary",
    zero_division: float = 0.0, **options: Any,
) -> float: ...
@overload
def r2(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Literal["raw_values"],
    force_finite: bool = True,
) -> NDArray[np.float64]: ...
@overload
def r2(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None, force_finite: bool =
    True,
) -> float: ...
@overload
def recall(
    prediction: Any, target: Any, average: None, zero_division: float = 0.0, **options: Any,
) -> NDArray[np.float64]: ...
@overload
def recall(
    prediction: Any, target: Any, average: Literal["binary", "macro", "weighted", "micro"] = "binary",
    zero_division: float = 0.0, **options: Any,
) -> float: ...
@overload
def roc_auc(
    scores: Any, target: Any, average: None, zero_division: float = ..., **options: Any,
) -> NDArray[np.float64]: ...
@overload
def roc_auc(
    scores: Any, target: Any, average: Literal["macro", "weighted", "micro"] = "macro", zero_division: float =
    ..., **options: Any,
) -> float: ...
@overload
def root_mean_squared_error(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Literal["raw_values"],
) -> NDArray[np.float64]: ...
@overload
def root_mean_squared_error(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None,
) -> float: ...

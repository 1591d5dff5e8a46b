"""`MLPClassifier` and `MLPRegressor`: networks of `nn` as scikit-learn estimators.

Needs scikit-learn (``pip install scikit-learn``), so no other part of the library imports this package. The estimators
work anywhere scikit-learn accepts one: in Pipeline, GridSearchCV or cross_val_score. Their parameters have the same
names and meanings as in scikit-learn's own `MLPClassifier` and `MLPRegressor`.
"""

try:
    from sklearn.utils.validation import validate_data as _  # noqa: F401 - since 1.6
except ImportError as error:
    text = "nn.sklearn needs scikit-learn 1.6 or newer: pip install 'scikit-learn>=1.6' (the extra 'sklearn')."
    raise ImportError(text) from error

from nn.sklearn.classifier import MLPClassifier
from nn.sklearn.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]

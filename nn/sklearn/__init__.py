"""`MLPClassifier` and `MLPRegressor`: networks of `nn` as estimators of scikit-learn.

Needs scikit-learn (``pip install scikit-learn``). Nothing imports this package but its users. The estimators go
wherever one goes: into a Pipeline, GridSearchCV, cross_val_score. Names and meanings of the parameters are those of
scikit-learn's own `MLPClassifier` and `MLPRegressor`.
"""

try:
    from sklearn.utils.validation import validate_data as _  # noqa: F401 - since 1.6
except ImportError as error:
    text = "nn.sklearn needs scikit-learn 1.6 or newer: pip install 'scikit-learn>=1.6' (the extra 'sklearn')."
    raise ImportError(text) from error

from nn.sklearn.classifier import MLPClassifier
from nn.sklearn.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]

"""The estimators of `nn.sklearn` beside scikit-learn's: accuracy over five folds of the digits, and time.

    OMP_NUM_THREADS=1 python benchmarks/sklearn_digits.py [SEEDS] [EPOCHS]

Both get the same folds, sizes, settings and number of epochs; pixels are scaled to 0 .. 1. In every fold one is trained
right after the other, in alternating order, so that both meet the same machine. Times are medians over the folds.
"""

import sys
import time
import warnings

import numpy as np
import sklearn
import sklearn.neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold

import autograd
import nn.sklearn

HIDDEN = (100,)


FIRST_SEED = 100  # the start values were chosen on the folds of seeds 0 to 2


def main(seeds, epochs):
    """Train, and print a table in Markdown."""
    digits = nn.data.digits()
    kinds = {"nn.sklearn": nn.sklearn.MLPClassifier, "scikit-learn": sklearn.neural_network.MLPClassifier}
    # Every epoch is made: nobody stops before the other.
    settings = {"hidden_layer_sizes": HIDDEN, "max_iter": epochs, "n_iter_no_change": 10 * epochs}
    print(f"chainrule {autograd.__version__}, scikit-learn {sklearn.__version__}, NumPy {np.__version__}; ", end="")
    print(f"digits, 64-{'-'.join(map(str, HIDDEN))}-10, {epochs} epochs of batches of 200, Adam, {5 * seeds} folds\n")
    print("| dtype | estimator | accuracy (mean, standard error) | seconds per fit (median) |")
    print("|---|---|---|---|")
    for dtype in (np.float64, np.float32):
        x = digits.x.astype(dtype)
        scores, times = {name: [] for name in kinds}, {name: [] for name in kinds}
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            folds = StratifiedKFold(5, shuffle=True, random_state=seed)
            for number, (train, test) in enumerate(folds.split(x, digits.y)):
                for name in sorted(kinds, reverse=bool(number % 2)):
                    model = kinds[name](**settings, random_state=seed)
                    start = time.perf_counter()
                    model.fit(x[train], digits.y[train])
                    times[name].append(time.perf_counter() - start)
                    scores[name].append(model.score(x[test], digits.y[test]))
        for name in kinds:
            mean, error = np.mean(scores[name]), np.std(scores[name], ddof=1) / np.sqrt(len(scores[name]))
            print(f"| {x.dtype} | {name} | {mean:.4f} +- {error:.4f} | {np.median(times[name]):.3f} |")
        difference = np.subtract(scores["nn.sklearn"], scores["scikit-learn"])
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        assert difference.mean() > -error, "less accurate by more than one standard error"


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    main(*map(int, [*sys.argv[1:], *(3, 200)[len(sys.argv) - 1 :]]))

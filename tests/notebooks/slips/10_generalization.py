"""Slips in notebook 10."""

STEP = "def step(w, g, lr, decay):\n    return "
SHRINK = "def towards_zero(w, shrink):\n    return "
DROPOUT = "def dropout(x, mask, p):\n    return "
SCALED = "def scaled(train, test):\n    return "

SLIPS = [
    (1, STEP + "w + lr * (g + decay * w)", "uphill"),
    (1, STEP + "w - lr * (g - decay * w)", "away from zero"),
    (1, STEP + "w - lr * (g + 2 * decay * w)", "you forgot the 1/2 of the penalty"),
    (1, STEP + "w - lr * (g + 0.5 * decay * w)", "you counted the 1/2 twice"),
    (1, STEP + "(1 - decay) * w - lr * g", "not multiply the penalty by the learning rate"),
    (1, STEP + "w - lr * (g + decay * np.sign(w))", "the penalty |w|"),
    (1, STEP + "w - lr * (g + decay / 2 * w**2)", "not its derivative"),
    (2, SHRINK + "w - shrink * np.sign(w)", "small weights move past zero"),
    (2, SHRINK + "w - shrink", "including the negative ones"),
    (2, SHRINK + "np.maximum(np.abs(w) - shrink, 0)", "the signs got lost"),
    (2, SHRINK + "np.maximum(w - shrink, 0)", "you set negative weights to zero"),
    (2, SHRINK + "w * (np.abs(w) > shrink)", "large ones do not move"),
    (2, SHRINK + "w * (1 - shrink)", "as L2 does"),
    (3, DROPOUT + "x * mask", "did not compensate"),
    (3, DROPOUT + "x * mask / p", "the fraction that is dropped"),
    (3, DROPOUT + "x * mask * (1 - p)", "instead of dividing"),
    (3, DROPOUT + "x * (1 - mask) / (1 - p)", "you kept the entries that should be dropped"),
    (4, "stops_after, goes_back_to = 5, 2", "counted the epochs from 0"),
    (4, "stops_after, goes_back_to = 5, 3", "as one without improvement"),
    (4, "stops_after, goes_back_to = 7, 3", "one epoch longer"),
    (4, "stops_after, goes_back_to = 6, 6", "the weights of the last epoch"),
    (4, "stops_after, goes_back_to = 8, 8", "training stops earlier"),
    (4, "stops_after, goes_back_to = 8, 3", "compared with the best"),
    (5, SCALED + "(test - test.mean(axis=0)) / test.std(axis=0)", "its own mean and deviation"),
    (5, SCALED + "nn.data.Standardize(np.vstack([train, test]))(test)", "let the test part influence"),
    (5, SCALED + "(test - train.mean(axis=0)) / train.var(axis=0)", "divided by the variance"),
    (5, SCALED + "(test - train.mean()) / train.std()", "all columns together"),
    (5, SCALED + "nn.data.Standardize(train)(train)", "you scaled the training part"),
    (5, SCALED + "test / train.std(axis=0)", "you did not subtract the mean"),
]

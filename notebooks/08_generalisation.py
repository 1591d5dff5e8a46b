# %% [markdown]
# # 08. Generalisation
#
# A model is trained on some samples, and used on others. It is good if it is right about those that it has never seen.
# This notebook shows how that fails, how to notice, and what helps: fewer powers, small weights, an early end, dropout,
# changed images. All of them make the *training* error worse.

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import grad
from nn.data import Flip, KFold, Noise, Rotate, Shift
from nn.exercises import check
from nn.metrics import accuracy

# %% [markdown]
# ## Too little, enough, too much
#
# Twelve noisy samples of a parabola, and 200 more that the fits never see. We fit polynomials of degree 1, 2 and 9 by
# least squares.

# %%
rng = np.random.default_rng(22)


def truth(x):
    """The parabola."""
    return 1 + 0.5 * x - 2 * x**2


def sample(count):
    """Places, and noisy values of the parabola there."""
    x = rng.uniform(-1, 1, count)
    return x, truth(x) + 0.2 * rng.standard_normal(count)


def powers(x, degree):
    """The columns 1, x, x^2, ..., up to a degree."""
    return np.vander(x, degree + 1, increasing=True)


def fit(x, t, degree, penalty=0.0):
    """The weights of the least squared error plus penalty times the squares of the weights; the bias is free."""
    A = powers(x, degree)
    small = np.diag(np.sqrt(penalty * np.r_[0, np.ones(degree)]))
    return np.linalg.lstsq(np.vstack([A, small]), np.r_[t, np.zeros(degree + 1)])[0]


def error(w, x, t):
    """The mean squared error of a polynomial."""
    return np.mean((powers(x, len(w) - 1) @ w - t) ** 2)


x_all, t_all = sample(1000)
train, test = (x_all[:12], t_all[:12]), sample(200)

# %%
grid = np.linspace(-1, 1, 100)
_, axes = plt.subplots(1, 3, figsize=(9.5, 3.3), sharey=True)
for ax, degree in zip(axes, [1, 2, 9], strict=True):
    w = fit(*train, degree)
    ax.fill_between(grid, truth(grid) - 0.2, truth(grid) + 0.2, color="0.9", label="parabola, noise")
    ax.plot(*train, "o", color="black", markersize=5, label="training samples")
    ax.plot(grid, powers(grid, degree) @ w)
    ax.set(ylim=(-2.5, 2), xlabel="x")
    ax.set_title(f"degree {degree}: training {error(w, *train):.3f}, test {error(w, *test):.3f}", fontsize=9)
axes[0].legend(loc="upper right", fontsize=8)
plt.show()

# %% [markdown]
# The line is wrong about both: it *underfits*, and the training error shows it. Degree 9 comes closest to the samples
# that it has seen, and is far off between them: it *overfits*, and only the test error shows it.
#
# The training error can only fall with the degree, because each polynomial is also one of the next degree. The test
# error falls, and rises again.

# %%
degrees = np.arange(10)
fits = [fit(*train, degree) for degree in degrees]
_, ax = plt.subplots()
ax.semilogy(degrees, [error(w, *train) for w in fits], "o-", label="training")
ax.semilogy(degrees, [error(w, *test) for w in fits], "s--", label="test")
ax.axhline(0.04, color="0.6", linewidth=1)
ax.annotate("variance of the noise", (9, 0.043), ha="right", color="0.4", fontsize=9)
ax.set(xlabel="degree", ylabel="mean squared error", xticks=degrees)
ax.legend()
plt.show()

# %% [markdown]
# No model can do better on new samples than the noise allows, which has the variance 0.04 here. A training error below
# that means that noise was learned: a little by degree 2, nearly all by degree 9.
#
# Overfitting is a matter of proportion. The same degree 9 is harmless when there are more samples:

# %%
for count in [12, 30, 100, 1000]:
    w = fit(x_all[:count], t_all[:count], 9)
    print(f"degree 9, {count:4} samples: test error {error(w, *test):7.4f}, largest weight {np.abs(w).max():5.1f}")

# %% [markdown]
# ## Small weights: L2
#
# The weights tell, too: to wind through all the samples, the polynomial needs large ones. So let us make large
# weights expensive, and minimise $\sum_n (f(x_n) - t_n)^2 + \lambda \sum_i w_i^2$. This is *L2 regularisation*, ridge
# regression or weight decay. The bias stays free: a curve is not less smooth because it lies higher.

# %%
strengths = 10.0 ** np.arange(-6, 3)
fits = [fit(*train, 9, strength) for strength in strengths]
_, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.5))
left.semilogx(strengths, [error(w, *train) for w in fits], "o-", label="training")
left.semilogx(strengths, [error(w, *test) for w in fits], "s--", label="test")
left.set(xlabel="strength of the penalty", ylabel="mean squared error", title="degree 9")
left.minorticks_off()
left.legend()
right.plot(*train, "o", color="black", markersize=5)
for strength, dash in [(1e-6, ":"), (1e-2, "-"), (1e2, "--")]:
    right.plot(grid, powers(grid, 9) @ fit(*train, 9, strength), dash, label=f"strength {strength:g}")
right.set(xlabel="x", ylim=(-2.5, 2))
right.legend(loc="lower center")
plt.show()

# %%
for strength in [0, 1e-6, 1e-2, 1e2]:
    print(f"strength {strength:6g}: weights {fit(*train, 9, strength)[1:].round(2)}")

# %% [markdown]
# Too weak changes nothing, too strong leaves a flat line. In between, degree 9 is nearly as good as degree 2, and
# nobody had to know that it is a parabola.
#
# ## Few weights: L1
#
# With $\lambda \sum_i |w_i|$ in place of the squares, many weights become exactly 0. Here 20 inputs may matter and
# four do. A square pulls at a weight the less the smaller it is; an absolute value pulls always the same, until the
# weight is zero.
#
# Its slope jumps at zero, where plain descent would tremble. So the step of the penalty is made on its own, and stops
# at zero.

# %%
true = np.zeros(20)
true[[2, 7, 11, 16]] = [1.5, -2.0, 1.0, 0.8]
inputs = rng.standard_normal((40, 20))
targets = inputs @ true + 0.5 * rng.standard_normal(40)


def learn(l1=0.0, l2=0.0, steps=400, lr=0.1):
    """The weights of a linear layer after descent with one of the penalties."""
    layer = nn.Linear(20, 1, bias=False, rng=0, dtype=float)
    optimizer = optim.SGD(layer.parameters(), lr=lr)
    for _ in range(steps):
        loss = 0.5 * nn.MSELoss()(layer(inputs)[:, 0], targets) + l2 * nn.penalties.l2(layer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        w = layer.weight.data
        layer.weight.data = np.sign(w) * np.maximum(np.abs(w) - lr * l1, 0)
    return layer.weight.numpy()[0]


_, axes = plt.subplots(1, 3, figsize=(9.5, 3), sharey=True)
for ax, (title, w) in zip(
    axes, {"no penalty": learn(), "L2": learn(l2=0.1), "L1": learn(l1=0.15)}.items(), strict=True
):
    ax.bar(range(20), w, width=0.6)
    ax.plot(range(20), true, "_", color="black", markersize=9)
    ax.set(title=f"{title}: {np.sum(w == 0)} weights are 0", xlabel="input", xticks=[0, 5, 10, 15])
axes[0].set_ylabel("weight (bar), truth (line)")
plt.show()

# %% [markdown]
# L2 makes all weights smaller, also the true ones, and none of them zero. L1 drops most of the inputs that do not
# matter, and keeps the four that do.
#
# ## An early end
#
# A network has one more way to overfit: it can train for too long. Here are 60 noisy points of two moons for
# training, 100 for validation, and 1000 for the test. The network is far too large for so few points.

# %%
x, y = nn.data.moons(1160, noise=0.3, seed=1)
seen, held_out, unseen = [(x[part], y[part]) for part in (slice(60), slice(60, 160), slice(160, None))]


def train_network(model, epochs=200, **options):
    """The history of a training on the 60 points."""
    return nn.fit(
        model,
        seen,
        held_out,
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda p: optim.Adam(p, lr=0.01),
        epochs=epochs,
        batch_size=60,
        seed=0,
        show=False,
        **options,
    )


long = nn.MLP([2, 64, 64, 2], rng=0)
history = train_network(long)
best = history.best("val_loss")
ax = history.plot()
ax.axvline(best["epoch"], color="0.6", linewidth=1)
ax.annotate(f"best: epoch {best['epoch']}", (best["epoch"], 0.9), xytext=(6, 0), textcoords="offset points")
ax.set_ylabel("cross-entropy")
plt.show()

# %% [markdown]
# The validation loss falls, reaches its lowest point, and rises while the training loss goes to zero. So stop there.
# `EarlyStopping` waits for some epochs without improvement, to be sure, and puts the best weights back.

# %%
early = nn.MLP([2, 64, 64, 2], rng=0)
print(train_network(early, callbacks=[nn.EarlyStopping(patience=20)]).stopped)
for name, model in [("early", early), ("long", long)]:
    found = nn.evaluate(model, unseen, loss=nn.CrossEntropyLoss(), metrics=[accuracy])
    print(f"{name:5} on the test points: loss {found['loss']:.3f}, accuracy {found['accuracy']:.3f}")

# %%
_, axes = plt.subplots(1, 2, figsize=(7.5, 3.2), sharey=True)
for ax, model, title in zip(axes, [early, long], ["stopped early", "trained long"], strict=True):
    nn.plot.decision_boundary(model, *seen, resolution=70, ax=ax).set_title(title)
    ax.get_legend().remove()
plt.show()

# %% [markdown]
# The validation points have decided when to stop, so they are no longer unseen. That is why the last word belongs to a
# third part, the test points.
#
# ## Dropout
#
# In training, each entry of a layer is set to zero with probability $p$, by a new draw every time, so that no unit can
# rely on a particular other one. What is left is divided by $1 - p$, which keeps the mean. In evaluation nothing is
# dropped, and nothing needs to be scaled.

# %%
layer = nn.Dropout(0.5, rng=1)
print("training:  ", layer(np.ones(8)))
print("evaluation:", layer.eval()(np.ones(8)))


# %%
def with_dropout(p, rng):
    """The same network with dropout behind both hidden layers."""
    return nn.Sequential(
        nn.Linear(2, 64, rng=rng),
        nn.ReLU(),
        nn.Dropout(p, rng=rng),
        nn.Linear(64, 64, rng=rng),
        nn.ReLU(),
        nn.Dropout(p, rng=rng),
        nn.Linear(64, 2, rng=rng),
    )


curves = {"without dropout": history["val_loss"]}
for p in [0.3, 0.5]:
    dropped = train_network(with_dropout(p, np.random.default_rng(0)))
    curves[f"dropout, p = {p}"] = dropped["val_loss"]
nn.plot.learning_curves(curves).set_ylabel("validation loss")
plt.show()

# %% [markdown]
# Dropout does not take away the need to stop, but makes the rise slow. It is one brake among others: weight decay
# (`optim.AdamW`) works here too.
#
# ## More samples than there are
#
# The best medicine is more data. Some can be made: an 8 that is turned a little is still an 8. Here is one digit as
# it is, and changed at random, in four ways.

# %%
digits, names = nn.data.digits()
images = digits.reshape(-1, 1, 8, 8)
changes = {
    "turned by up to 20°": Rotate(20),
    "with noise": Noise(0.2),
    "moved by a pixel": Shift(1),
    "mirrored or not": Flip(),
}
_, axes = plt.subplots(len(changes), 7, figsize=(6.4, 3.4))
for row, (title, change) in zip(axes, changes.items(), strict=True):
    changed = change(np.repeat(images[3:4], 6, axis=0), np.random.default_rng(0))
    for ax, image in zip(row, [images[3], *changed], strict=True):
        ax.imshow(image[0], cmap="gray_r", vmin=0, vmax=1)
        ax.set_axis_off()
    row[0].text(-1.5, 3.5, title, ha="right", va="center")
axes[0, 0].set_title("as it is", fontsize=9)
plt.show()

# %% [markdown]
# A network learns 200 of the digits, changed anew in every epoch, and is asked about the other 1597: as they are, and
# moved by one pixel at random. The numbers are means over two trainings.

# %%
few, others, few_names, other_names = nn.data.train_test_split(images, names, test_size=1597, stratify=names, seed=0)
moved = Shift(1)(others, np.random.default_rng(0))


def shares_right(change):
    """Accuracy on the other digits, and on the same ones moved."""
    found = []
    for seed in range(2):
        model = nn.Sequential(nn.Flatten(), nn.MLP([64, 128, 128, 10], rng=seed))
        batches = nn.data.Loader((few, few_names), 32, shuffle=True, seed=seed, augment=change)
        nn.fit(
            model, batches, loss=nn.CrossEntropyLoss(), optimizer=partial(optim.Adam, lr=3e-3), epochs=80, show=False
        )
        found.append([accuracy(nn.predict(model, part), other_names) for part in (others, moved)])
    return np.mean(found, axis=0)


print("                         as they are   moved")
for title, change in {"not changed": None, **changes}.items():
    as_they_are, when_moved = shares_right(change)
    print(f"{title:24} {as_they_are:11.3f} {when_moved:7.3f}")

# %% [markdown]
# A change is a claim about the world: *this does not matter*. Noise: true, and it helps. Small turns: true, too, but
# few of these digits are turned, so there is little to gain. A pixel to the side: the network learns what it is told,
# and for digits that are all centred it pays a little. Mirrored: false, since a mirrored 3 is no digit, and it harms.
#
# ## Every sample once
#
# With little data, a part held out is small, and what it says depends on luck. *k-fold cross-validation* cuts the data
# into k parts, and holds out each of them once. All samples are used to learn, all to judge, and the spread over the
# parts says how far to trust the mean.
#
# Which degree should our polynomial have? Asked of 30 samples, without a test set:

# %%
xs, ts = x_all[:30], t_all[:30]
scores = np.array(
    [
        [error(fit(xs[kept], ts[kept], degree), xs[out], ts[out]) for kept, out in KFold(5, seed=0).split(xs)]
        for degree in degrees
    ]
)
means, spreads = scores.mean(axis=1), scores.std(axis=1, ddof=1)
for degree in degrees:
    print(f"degree {degree}: error {means[degree]:.3f} +- {spreads[degree]:.3f}")
print("smallest mean: degree", means.argmin())

# %% [markdown]
# For networks, `nn.cross_validate` does the same. Here: how much weight decay for the two moons? What is computed from
# data, such as the scale of the inputs, is computed from the training part of each fold alone.

# %%
for decay in [0.0, 0.3, 3.0, 30.0]:
    result = nn.cross_validate(
        partial(nn.MLP, [2, 64, 64, 2]),
        (x[:160], y[:160]),
        loss=nn.CrossEntropyLoss(),
        optimizer=partial(optim.AdamW, lr=0.01, weight_decay=decay),
        folds=KFold(5, stratify=True, seed=0),
        scale=nn.data.Standardize,
        epochs=100,
        batch_size=64,
        seed=0,
        show=False,
    )
    print(f"weight decay {decay:4}: loss {result.mean['loss']:.3f} +- {result.std['loss']:.3f}")

# %% [markdown]
# ## Exercises
#
# Put your answers in place of the dots, and run the cell. `check` says whether they are right, or what may have gone
# wrong.
#
# **1.** The loss is $E + \frac{\lambda}{2} \sum_i w_i^2$, and $g$ is the gradient of $E$ by $w$. Write one step of
# descent with the rate `lr`.


# %%
def step(w, g, lr, decay):
    """The weights after one step."""
    return ...


check(
    step,
    lambda w, g, lr, decay: w - lr * (g + grad(lambda w: decay / 2 * np.sum(w**2))(w)),
    at=lambda rng: (rng.normal(size=3), rng.normal(size=3), 0.1, 0.3),
    slips={
        "the step goes uphill": lambda w, g, lr, decay: w + lr * (g + decay * w),
        "the penalty pushes the weights away from zero": lambda w, g, lr, decay: w - lr * (g - decay * w),
        "the 1/2 of the penalty was forgotten": lambda w, g, lr, decay: w - lr * (g + 2 * decay * w),
        "the 1/2 was counted twice": lambda w, g, lr, decay: w - lr * (g + decay / 2 * w),
        "the penalty is not multiplied with the rate": lambda w, g, lr, decay: w - lr * g - decay * w,
        "this is the step of the penalty |w|": lambda w, g, lr, decay: w - lr * (g + decay * np.sign(w)),
        "the penalty itself was added, not its derivative": lambda w, g, lr, decay: w - lr * (g + decay / 2 * w**2),
    },
    name="Exercise 1",
)

# %% [markdown]
# **2.** The penalty $\lambda \sum_i |w_i|$ moves each weight by `shrink` (the rate times $\lambda$) towards zero. A
# weight that is nearer than that stops at zero. Write this step.


# %%
def towards_zero(w, shrink):
    """The weights after the step of the penalty."""
    return ...


check(
    towards_zero,
    lambda w, shrink: w - np.clip(w, -shrink, shrink),
    at=lambda rng: (np.r_[rng.normal(size=4), -1.0, 0.01, -0.02], 0.1),
    slips={
        "small weights are carried past zero": lambda w, shrink: w - shrink * np.sign(w),
        "all weights are moved down, also the negative ones": lambda w, shrink: w - shrink,
        "the signs got lost": lambda w, shrink: np.maximum(np.abs(w) - shrink, 0),
        "negative weights are set to zero": lambda w, shrink: np.maximum(w - shrink, 0),
        "small weights become zero, but large ones do not move": lambda w, shrink: np.where(np.abs(w) > shrink, w, 0),
        "weights are shrunk by a factor, as L2 does": lambda w, shrink: (1 - shrink) * w,
    },
    name="Exercise 2",
)

# %% [markdown]
# **3.** Write dropout for training. `mask` has the shape of `x`; it is 0 with probability `p`, and 1 otherwise. The
# mean over all masks has to be `x`.


# %%
def dropout(x, mask, p):
    """What is left of x, scaled."""
    return ...


check(
    dropout,
    lambda x, mask, p: x * mask / (1 - p),
    at=lambda rng: (rng.normal(size=8), np.array([1.0, 0, 1, 1, 0, 1, 0, 1]), 0.2),
    slips={
        "nothing makes up for what is dropped": lambda x, mask, p: x * mask,
        "it is divided by the share that is dropped": lambda x, mask, p: x * mask / p,
        "it is multiplied with the share that is kept, in place of divided": lambda x, mask, p: x * mask * (1 - p),
        "what should be dropped is kept": lambda x, mask, p: x * (1 - mask) / (1 - p),
    },
    name="Exercise 3",
)

# %% [markdown]
# **4.** The validation losses of epochs 1 to 8 are 0.9, 0.7, 0.6, 0.65, 0.62, 0.61, 0.66, 0.5. Early stopping has a
# patience of 3 epochs. After which epoch does it stop, and the weights of which epoch does it put back?

# %%
stops_after, goes_back_to = ..., ...


def watched(losses, patience):
    """After which epoch the training stops, and which one was the best until then."""
    for epoch in range(1, len(losses) + 1):
        best = 1 + int(np.argmin(losses[:epoch]))
        if epoch - best == patience:
            return epoch, best


check(
    [stops_after, goes_back_to],
    watched([0.9, 0.7, 0.6, 0.65, 0.62, 0.61, 0.66, 0.5], patience=3),
    slips={
        "epochs were counted from 0": [5, 2],
        "the epoch of the best loss counts as waiting, too": [5, 3],
        "it waits one epoch longer than its patience": [7, 3],
        "the weights of the last epoch are kept": [6, 6],
        "the training sees epoch 8, but it has stopped before": [8, 8],
        "epoch 5 is better than epoch 4, but no improvement: it is compared with the best": [8, 3],
    },
    name="Exercise 4",
)

# %% [markdown]
# **5.** Bring two parts of a data set to the same scale: from each column take the mean, and divide by the standard
# deviation. Which mean, and which deviation, if `test` stands for samples that nobody has seen?


# %%
def scaled(train, test):
    """The test part, scaled."""
    return ...


check(
    scaled,
    lambda train, test: nn.data.Standardize(train)(test),
    at=(np.zeros((20, 3)), np.zeros((5, 3))),
    slips={
        "the test part was scaled by its own numbers": lambda train, test: (
            (test - test.mean(axis=0)) / test.std(axis=0)
        ),
        "the test part has had a say in the numbers": lambda train, test: (
            (test - np.r_[train, test].mean(axis=0)) / np.r_[train, test].std(axis=0)
        ),
        "it was divided by the variance": lambda train, test: (test - train.mean(axis=0)) / train.var(axis=0),
        "all columns were taken together": lambda train, test: (test - train.mean()) / train.std(),
        "the training part was scaled": lambda train, test: (train - train.mean(axis=0)) / train.std(axis=0),
        "the mean was not taken off": lambda train, test: test / train.std(axis=0),
    },
    name="Exercise 5",
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The derivative of the penalty is $\lambda w$: it takes a share of each weight, hence weight *decay*.
#
# ```python
# def step(w, g, lr, decay):
#     return w - lr * (g + decay * w)
# ```
#
# **2** Only the size shrinks, and not below zero.
#
# ```python
# def towards_zero(w, shrink):
#     return np.sign(w) * np.maximum(np.abs(w) - shrink, 0)
# ```
#
# **3** A share 1 - p is left in the mean.
#
# ```python
# def dropout(x, mask, p):
#     return x * mask / (1 - p)
# ```
#
# **4** Epochs 4, 5 and 6 are no better than epoch 3. The 0.5 of epoch 8 is never seen: a longer patience would have
# found it.
#
# ```python
# stops_after, goes_back_to = 6, 3
# ```
#
# **5** Those of the training part: the test part must not have a say in anything.
#
# ```python
# def scaled(train, test):
#     return (test - train.mean(axis=0)) / train.std(axis=0)
# ```
#
# </details>

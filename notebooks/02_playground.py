# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02. The playground
#
# A network is made of neurons like the one in notebook 01, called *units*, in layers: the outputs of one layer are the
# inputs of the next. The layers between the inputs and the output are called *hidden*. Training is the loop that you
# know: compute a loss, get its gradient, move every weight a little.
#
# The [TensorFlow Playground](https://playground.tensorflow.org) by Smilkov and Carter runs in the browser. It trains a
# small network on points in the plane and shows what every unit sees. One lecture uses it for its first experiment.
# Here is the same experiment in some forty lines, with the data, the initial weights and the default settings of the
# site. Look at the pictures first; later notebooks explain each setting.

# %%
import importlib.util
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import ConnectionPatch

import nn
import nn.plot
import optim
from nn.exercises import check

# %% [markdown]
# ## The data
#
# There are four data sets for classification, with labels -1 (orange) and 1 (blue), and two for regression, with
# targets from -1 to 1.

# %%
ORANGE_TO_BLUE = LinearSegmentedColormap.from_list("signs", [nn.plot.COLOURS[1], "white", nn.plot.COLOURS[0]])
SETS = ["circle", "xor", "gauss", "spiral", "regress-plane", "regress-gauss"]


def dots(ax, x, y, size=14, most=60, edges="white"):
    """Draw the first points in the colours of their labels."""
    style = {"edgecolors": edges, "linewidths": 0.3, "rasterized": True}
    ax.scatter(*x[:most].T, c=y[:most], cmap=ORANGE_TO_BLUE, vmin=-1.2, vmax=1.2, s=size, **style)
    ax.spines[:].set_visible(True)
    ax.set(xlim=(-6, 6), ylim=(-6, 6), xticks=[], yticks=[], aspect="equal")
    ax.grid(False)


figure, axes = plt.subplots(1, 6, figsize=(10, 1.9))
for ax, name in zip(axes, SETS, strict=True):
    dots(ax, *nn.data.playground(name, seed=0), size=5, most=250, edges="none")
    ax.set_title(name, fontsize=9)
plt.show()

# %% [markdown]
# ## The defaults of the site
#
# | | |
# |---|---|
# | points | 500 for classification, 1,200 for regression; half of them for training, half for testing; no noise |
# | inputs | $x_1$, $x_2$; optional: $x_1^2$, $x_2^2$, $x_1 x_2$, $\sin x_1$, $\sin x_2$ |
# | network | hidden layers of 4 and 2 units; tanh, at the output too (for regression, the output is linear) |
# | initial values | weights uniform between -0.5 and 0.5, biases 0.1 |
# | loss | $\frac12 (o - t)^2$ |
# | training | batches of 10, in the same order in every epoch; averaged gradients; learning rate 0.03 |
# | penalties | none; L2 is $\frac12 w^2$ and L1 is $\lvert w \rvert$, for weights but not for biases |
#
# One rule is unusual: if the L1 penalty would carry a weight past zero, the weight is set to zero and stays there.

# %%
FEATURES = {
    "x1": lambda x: x[:, 0],
    "x2": lambda x: x[:, 1],
    "x1^2": lambda x: x[:, 0] ** 2,
    "x2^2": lambda x: x[:, 1] ** 2,
    "x1 x2": lambda x: x[:, 0] * x[:, 1],
    "sin x1": lambda x: np.sin(x[:, 0]),
    "sin x2": lambda x: np.sin(x[:, 1]),
}


def network(inputs, hidden, activation, output_activation, seed):
    """A network with the initial values of the site."""
    rng = np.random.default_rng(seed)
    model = nn.MLP([len(inputs), *hidden, 1], activation, output_activation)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.uniform_(layer.weight, -0.5, 0.5, rng=rng)
            nn.init.constant_(layer.bias, 0.1)
    return model


class Run(NamedTuple):
    """A trained network, its inputs and training data, and its losses after every epoch."""

    model: nn.Module
    inputs: tuple
    data: tuple
    losses: dict

    def __call__(self, x):
        """The outputs for points in the plane."""
        return nn.predict(self.model, chosen(self.inputs, x))[:, 0]


def chosen(inputs, x):
    """The chosen features of some points, as inputs for a network."""
    return np.stack([FEATURES[name](x) for name in inputs], axis=1).astype("float32")


# %% [markdown]
# Now for the training. L2 is the weight decay of the optimizer, applied to the weights only. L1, with its special rule,
# is applied after the step.


# %%
def run(data="circle", hidden=(4, 2), inputs=("x1", "x2"), lr=0.03, l1=0.0, l2=0.0, noise=0.0, activation="tanh",
        epochs=100, seed=0):  # fmt: skip
    """Run an experiment of the playground, by default with the settings of the site."""
    x, y = nn.data.playground(data, noise=noise, seed=seed)
    half = len(x) // 2
    model = network(inputs, hidden, activation, None if data.startswith("regress") else "tanh", seed)
    loss_of = nn.MSELoss(half=True)
    optimizer = optim.preset("sgd-playground", optim.decay_groups(model), lr=lr, weight_decay=l2)
    weights = [p for p in model.parameters() if p.ndim == 2]
    dead = [np.zeros(w.shape, bool) for w in weights]
    features, targets = chosen(inputs, x), y[:, None]
    batches = nn.data.Loader((features[:half], targets[:half]), 10, shuffle=False)
    losses = {"training": [], "test": []}
    for _ in range(epochs):
        for a, t in batches:
            optimizer.zero_grad()
            loss_of(model(a), t).backward()
            signs = [np.sign(w.data) for w in weights]
            optimizer.step()
            if l1:
                for w, sign, zero in zip(weights, signs, dead, strict=True):
                    shrunk = w.data - lr * l1 * sign
                    zero |= w.data * shrunk < 0
                    w.data = np.where(zero, 0, shrunk).astype(w.dtype)
        for name, part in [("training", slice(half)), ("test", slice(half, None))]:
            losses[name].append(loss_of(nn.predict(model, features[part]), targets[part]).item())
    return Run(model, tuple(inputs), (x[:half], y[:half]), losses)


# %% [markdown]
# ## Task 1: four hidden units
#
# The data are a disc inside a ring. The inputs are $x_1$ and $x_2$, and one hidden layer has four units. The background
# colour shows the output at every point of the plane, and the dots are some of the training points.


# %%
def landscape(ax, values, reach=1.0):
    """Draw values on a square grid, from orange (-reach) to blue (reach)."""
    side = int(np.sqrt(values.size))
    ax.imshow(values.reshape(side, side), cmap=ORANGE_TO_BLUE, vmin=-reach, vmax=reach, origin="lower",
              extent=(-6, 6, -6, 6), interpolation="none")  # fmt: skip
    ax.set(xticks=[], yticks=[])
    ax.grid(False)


def grid(side=40):
    """A square grid of points in the plane, row by row from the bottom."""
    places = np.linspace(-6, 6, side)
    return np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)


def result(ax, experiment, title, size=14):
    """Draw the outputs of a network in the plane, the points, and the losses in the title."""
    landscape(ax, experiment(grid()))
    dots(ax, *experiment.data, size=size)
    last = {name: values[-1] for name, values in experiment.losses.items()}
    ax.set_title(f"{title}\ntraining {last['training']:.3f}, test {last['test']:.3f}", fontsize=9)


one = run(hidden=[4], epochs=120)
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), width_ratios=[1, 1.7])
result(left, one, "one hidden layer of 4")
nn.plot.learning_curves(one.losses, ax=right).set(ylabel="loss", ylim=(0, None))
plt.show()

# %% [markdown]
# What does each unit see? Like the site, we draw the plane as each input, each unit and the output sees it. The lines
# are weights: blue if positive, orange if negative, and thicker if larger.


# %%
def units(experiment):
    """Draw the plane as every unit of a network sees it, and the weights between the units."""
    values = chosen(experiment.inputs, grid(20))
    columns, weights = [values], []
    for module in experiment.model:
        values = module(values)
        if isinstance(module, nn.Linear):
            weights.append(module.weight.numpy())
        else:
            columns.append(values.numpy())
    tallest = max(column.shape[1] for column in columns)
    figure, axes = plt.subplots(
        tallest,
        len(columns),
        figsize=(1.9 * len(columns), 0.9 * tallest + 0.3),
        squeeze=False,
        gridspec_kw={"wspace": 0.5},
    )
    titles = ["inputs", *[f"layer {j}" for j in range(1, len(columns) - 1)], "output"]
    boxes = []  # the axes of each column, centred vertically
    for column, title, stack in zip(columns, titles, axes.T, strict=True):
        above = (tallest - column.shape[1]) // 2
        boxes.append(stack[above : above + column.shape[1]])
        boxes[-1][0].set_title(title, fontsize=9)
        for ax in {*stack} - {*boxes[-1]}:
            ax.set_axis_off()
        for ax, what in zip(boxes[-1], column.T, strict=True):
            landscape(ax, what, reach=max(1, np.abs(what).max()))
    for ax, name in zip(boxes[0], experiment.inputs, strict=True):
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
    for j, matrix in enumerate(weights):
        for (i, k), w in np.ndenumerate(matrix):
            figure.add_artist(ConnectionPatch(
                (1, 0.5), (0, 0.5), "axes fraction", "axes fraction", axesA=boxes[j][k], axesB=boxes[j + 1][i],
                color=nn.plot.COLOURS[0 if w > 0 else 1], linewidth=min(abs(w), 6), alpha=0.7,
            ))  # fmt: skip


units(one)
plt.show()

# %% [markdown]
# Each unit has a soft straight border. Three of them enclose the disc in a triangle. The fourth has the same output
# almost everywhere and serves as a bias.
#
# ## Tasks 2 to 4: learning rate, penalty, depth
#
# Next, we set the learning rate to 1 instead of 0.03. Then we return to 0.03 and add an L2 penalty of 0.01, 0.1 and 1.
# Finally, we add a second hidden layer of two units.

# %%
tasks = {
    "learning rate 1": run(hidden=[4], lr=1.0, epochs=120),
    "L2 0.01": run(hidden=[4], l2=0.01, epochs=120),
    "L2 0.1": run(hidden=[4], l2=0.1, epochs=120),
    "L2 1": run(hidden=[4], l2=1.0, epochs=120),
    "second layer of 2": run(hidden=[4, 2], epochs=120),
}
figure, axes = plt.subplots(1, 5, figsize=(10, 2.5))
for ax, (name, experiment) in zip(axes, tasks.items(), strict=True):
    result(ax, experiment, name, size=8)
plt.show()

# %%
curves = {"as in task 1": one.losses["training"]} | {name: tasks[name].losses["training"] for name in tasks}
ax = nn.plot.learning_curves(curves)
ax.set(ylabel="training loss", ylim=(0, 0.8))
ax.legend(ncols=2)
plt.show()

# %%
print("root mean square of the weights")
for name, experiment in {"as in task 1": one, **tasks}.items():
    all_weights = np.concatenate([p.numpy().ravel() for p in experiment.model.parameters() if p.ndim == 2])
    print(f"{name:18} {np.sqrt(np.mean(all_weights**2)):.3f}")

# %% [markdown]
# - With a **learning rate of 1**, training is fast at first. But the loss jumps from epoch to epoch and never settles.
#   The weights grow large, and large weights make sharp borders.
# - **L2 of 0.01** keeps the weights smaller and the border softer. With **0.1**, the outputs are weak, and the border
#   no longer encloses the disc. With **1**, the penalty wins: the weights go to zero, and the output is the same
#   everywhere.
# - **Two more units** in a second layer round off the corners, and the loss gets lower.

# %% [markdown]
# ## L1 freezes weights
#
# Give the network all seven inputs, and a penalty that drives weights to exactly zero. Which inputs survive?

# %%
sparse = run(inputs=tuple(FEATURES), hidden=[4], l1=0.01, epochs=100)
first = sparse.model[0].weight.numpy()
print("input    weights of the four units")
for name, row in zip(FEATURES, first.T, strict=True):
    print(f"{name:7}", "".join(f"{w:8.2f}" if w else "       ." for w in row))
zeros = sum(int(np.sum(p.numpy() == 0)) for p in sparse.model.parameters() if p.ndim == 2)
print(f"{zeros} of 32 weights are zero; test loss {sparse.losses['test'][-1]:.3f}")

# %% [markdown]
# Only the squares survive, and that makes sense: $x_1^2 + x_2^2$ is all the network needs to know.
#
# ## The other data sets, with default settings

# %%
figure, axes = plt.subplots(1, 5, figsize=(10, 2.5))
for ax, name in zip(axes, SETS[1:], strict=True):
    result(ax, run(name, epochs=20 if name.startswith("regress") else 60), name, size=8)
plt.show()

# %% [markdown]
# ## A harder one
#
# The default settings cannot solve the spiral. The lecture says "Set a suitable setting" and leaves it to the students
# to find one. Wider layers alone are not enough in 250 epochs. Better inputs are: the sines of the coordinates already
# contain the curves that the network needs.

# %%
spirals = {
    "8 and 8": run("spiral", hidden=[8, 8], epochs=250),
    "8 and 8, with sines": run("spiral", hidden=[8, 8], inputs=("x1", "x2", "sin x1", "sin x2"), epochs=250),
}
figure, axes = plt.subplots(1, 2, figsize=(7, 3.6))
for ax, (name, experiment) in zip(axes, spirals.items(), strict=True):
    result(ax, experiment, name)
plt.show()

# %%
units(spirals["8 and 8, with sines"])
plt.show()

# %% [markdown]
# ## Your turn
#
# If ipywidgets is installed, the next cell shows controls. Choose your settings and press *Run Interact* to train a
# network with them.


# %%
def play(data="spiral", layers="4, 2", sines=False, squares=False, lr=0.03, l1=0.0, l2=0.0, noise=0.0, epochs=100):
    """Train a network and show the result."""
    inputs = ["x1", "x2"] + ["sin x1", "sin x2"] * sines + ["x1^2", "x2^2", "x1 x2"] * squares
    hidden = [int(word) for word in layers.split(",") if word.strip()]
    experiment = run(data, hidden, inputs, lr=lr, l1=l1, l2=l2, noise=noise, epochs=epochs)
    left, right = plt.subplots(1, 2, figsize=(9.5, 3.4), width_ratios=[1, 1.7])[1]
    result(left, experiment, data)
    nn.plot.learning_curves(experiment.losses, ax=right).set(ylabel="loss", ylim=(0, None))
    plt.show()


if importlib.util.find_spec("ipywidgets"):
    from ipywidgets import interact_manual

    rates = [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
    interact_manual(play, data=SETS, lr=rates[1:], l1=rates, l2=rates, noise=(0.0, 0.5, 0.05), epochs=(10, 500, 10))
else:
    print("Run `pip install ipywidgets` to get controls here, or call play('xor', layers='4', lr=0.1).")

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("02.1")` gives a hint for exercise 1, and `nn.exercises.hint("02.1", 2)` a
# stronger one.
#
# **1.** The output is 0.8 and the label is -1. What is the loss of the playground, and what is its derivative with
# respect to the output?

# %%
loss, slope = ..., ...

check([loss, slope], exercise="02.1")

# %% [markdown]
# **2.** The default network has two inputs and hidden layers of 4 and 2 units. How many parameters does it have? How
# many of them are weights, to which penalties apply?

# %%
parameters, weights = ..., ...

check([parameters, weights], exercise="02.2")

# %% [markdown]
# **3.** A weight is 0.5, and the gradient of the loss with respect to it is 0.2. The learning rate is 0.03, and L2 is
# 0.1. What is the weight after one step?

# %%
after = ...

check(after, exercise="02.3")

# %% [markdown]
# **4.** Write the L1 rule of the playground. First, take a step against the gradient `g` with the learning rate `lr`.
# Then move the weight by `lr * l1` in the direction in which zero lay from the *old* weight. If this second move
# crosses zero, the weight becomes 0.


# %%
def l1_step(w, g, lr, l1):
    """The weight after one step."""
    return ...


check(l1_step, exercise="02.4")

# %% [markdown]
# **5.** The circle needs no hidden layer if the inputs are $x_1^2$ and $x_2^2$. Let both weights be -1. For which bias
# does the output change its sign on the circle of radius 2.5?

# %%
bias = ...

check(bias, exercise="02.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The difference between output and label is 1.8.
#
# ```python
# loss, slope = 0.5 * 1.8**2, 1.8
# ```
#
# **2** Every unit except the inputs has a bias, which makes 7 of them.
#
# ```python
# weights = 2 * 4 + 4 * 2 + 2 * 1
# parameters = weights + 4 + 2 + 1
# ```
#
# **3** The derivative of $\frac{\lambda}{2} w^2$ is $\lambda w$.
#
# ```python
# after = 0.5 - 0.03 * (0.2 + 0.1 * 0.5)
# ```
#
# **4** There are two moves, and only the second one is checked for crossing zero.
#
# ```python
# def l1_step(w, g, lr, l1):
#     moved = w - lr * g
#     shrunk = moved - lr * l1 * np.sign(w)
#     crossed = (moved > 0 > shrunk) or (moved < 0 < shrunk)
#     return 0.0 if crossed else shrunk
# ```
#
# **5** On the circle, $x_1^2 + x_2^2 = 6.25$, so $-6.25 + b = 0$.
#
# ```python
# bias = 2.5**2
# ```
#
# </details>

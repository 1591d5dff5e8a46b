# %% [markdown]
# # 02. The playground
#
# *About 35 minutes, with the exercises.*
#
# A network is made of neurons like the one in notebook 01, called *units*, in layers: the outputs of one layer are the
# inputs of the next. The layers between the inputs and the output are called *hidden*. The
# [TensorFlow Playground](https://playground.tensorflow.org) by Smilkov and Carter trains such networks in the browser
# and shows what every unit sees. One lecture uses it for its first experiment. Here is the same experiment, with the
# data, the initial weights and the default settings of the site.
#
# You need not understand every setting yet. Look at the pictures, and see what changes; later notebooks explain the
# details.

# %%
import numpy as np
from playground import Playground

import nn
import nn.plot
import optim
from nn.exercises import check, reveal

# %% [markdown]
# ## The data
#
# Each data set consists of 500 points in the plane, and each point has a label: 1 (blue circles) or -1 (orange
# squares). The network gets the two coordinates $x_1$ and $x_2$ of a point and should output its label. Here are 100
# points of each set.

# %%
SETS = ["circle", "xor", "gauss", "spiral"]
for ax, name in zip(nn.plot.panels(*SETS, height=2.8), SETS, strict=True):
    x, y = (a[:100] for a in nn.data.playground(name, seed=0))
    points = {"1": tuple(x[y > 0].T), "-1": tuple(x[y < 0].T)}
    nn.plot.lines(points, dots=points, ax=ax, xlabel="$x_1$").get_legend().remove()

# %% [markdown]
# ## The defaults of the site
#
# | | |
# |---|---|
# | points | 500 (1,200 for the regressions, which we leave out), without noise; half for training, half for testing |
# | inputs | $x_1$ and $x_2$; optional: $x_1^2$, $x_2^2$, $x_1 x_2$, $\sin x_1$, $\sin x_2$ |
# | network | hidden layers of 4 and 2 units; tanh, at the output too |
# | initial values | weights uniform between -0.5 and 0.5, biases 0.1 |
# | loss | $\frac12 (o - t)^2$, as in notebook 01 |
# | training | batches of 10 points, learning rate 0.03 |
# | penalties | none; optional: L2 and L1; a weight that L1 would carry past zero becomes zero and stays there |
#
# Some of these words are new. *tanh* is an activation like the sigmoid, but its values lie between -1 and 1. A *batch*
# is a small part of the training points: instead of moving the weights after each point, the network computes the mean
# loss of 10 points, and moves the weights once. When it has seen all training points, an *epoch* is over, and the next
# one begins. The test points are never used for training. They show whether the network has learned the shape, and not
# just the points. Penalties are explained below.
#
# In code, a network is one line, and training is another. `nn.fit` runs the loop of notebook 01: compute the loss,
# compute its gradient, and move every weight a little against it.


# %%
def network(inputs, hidden):
    """A network with the initial weights of the site."""
    model = nn.MLP([inputs, *hidden, 1], "tanh", "tanh")
    rng = np.random.default_rng(0)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.uniform_(layer.weight, -0.5, 0.5, rng=rng)
            nn.init.constant_(layer.bias, 0.1)
    return model


def run(data="circle", hidden=(4, 2), lr=0.03, l2=0.0, epochs=60, features=lambda x: x):
    """A network trained with these settings, and the history of its losses."""
    x, y = nn.data.playground(data, seed=0)
    inputs, labels = features(x), y[:, None]
    model = network(inputs.shape[1], hidden)
    history = nn.fit(
        model,
        nn.data.Loader((inputs[:250], labels[:250]), 10, shuffle=False),
        (inputs[250:], labels[250:]),
        loss=nn.MSELoss(half=True),
        optimizer=optim.SGD(optim.decay_groups(model), lr=lr, weight_decay=l2),
        epochs=epochs,
        show=False,
    )
    return model, history


# %% [markdown]
# ## Task 1: four hidden units
#
# The points are a disc inside a ring, and one hidden layer has four units. On the left, the shade is the output of the
# trained network at every point of the plane: blue for 1, orange for -1, and pale in between. The dots are some of the
# training points. On the right is the loss on the training points (`loss`) and on the test points (`val_loss`).

# %%
x, y = nn.data.playground("circle", seed=0)
model, history = run(hidden=[4], epochs=120)
left, right = nn.plot.panels("the output in the plane", "learning")
nn.plot.decision_boundary(model, x[:60], y[:60], soft=True, resolution=60, ax=left)
ax = nn.plot.learning_curves(history, ax=right)

# %% [markdown]
# Each hidden unit divides the plane by a straight border.
#
# **Predict.** How many straight borders are needed at least to enclose the disc?

# %%
guess = ...

reveal(guess, exercise="02.a")

# %% [markdown]
# What does each unit see? Here is the output of each hidden unit at every point of the plane. The last picture is the
# output of the network, which adds up the four with its weights and passes the sum through tanh.

# %%
places = np.linspace(-6, 6, 30, dtype="float32")
plane = np.stack(np.meshgrid(places, places[::-1]), axis=-1).reshape(-1, 2)
hidden, output = model[:2](plane).numpy(), model(plane).numpy()
maps = {f"unit {i + 1}": hidden[:, i] for i in range(4)} | {"output": output}
ax = nn.plot.matrices({name: values.reshape(30, 30) for name, values in maps.items()}, numbers=False)

# %% [markdown]
# Each unit has a soft straight border, because its sum $w_1 x_1 + w_2 x_2 + b$ is zero along a straight line. Three of
# the units enclose the disc in a triangle. The fourth has the same output almost everywhere and serves as a bias.
#
# ## Tasks 2 to 4: learning rate, penalty, depth
#
# - **Task 2**: set the learning rate to 1 instead of 0.03.
# - **Task 3**: back to 0.03, with a *penalty* for large weights. L2 adds $\frac{\lambda}{2} w^2$ to the loss for every
#   weight $w$, where you choose $\lambda$. Its derivative, $\lambda w$, is added to the gradient and pulls the weight
#   towards zero. We try 0.01, 0.1 and 1. (In `run`, this is `weight_decay`, and `decay_groups` leaves out the biases.)
# - **Task 4**: without a penalty, add a second hidden layer of two units.
#
# **Predict.** What does the strongest penalty, L2 of 1, do to the weights? Answer `"grow"`, `"stay"`, or `"vanish"`.

# %%
guess = ...

tasks = {
    "learning rate 1": run(hidden=[4], lr=1.0, epochs=120),
    "L2 0.01": run(hidden=[4], l2=0.01, epochs=120),
    "L2 0.1": run(hidden=[4], l2=0.1, epochs=120),
    "L2 1": run(hidden=[4], l2=1.0, epochs=120),
    "second layer of 2": run(hidden=[4, 2], epochs=120),
}
reveal(guess, exercise="02.b")

# %%
for ax, (net, _) in zip(nn.plot.panels(*tasks, height=2.4), tasks.values(), strict=True):
    nn.plot.decision_boundary(net, x[:60], y[:60], soft=True, resolution=40, ax=ax)

# %%
curves = {"as in task 1": history["loss"]} | {name: tasks[name][1]["loss"] for name in tasks}
ax = nn.plot.learning_curves(curves)
ax.set(ylabel="training loss", ylim=(0, 1))

print("root mean square of the weights")
for name, net in {"as in task 1": model, **{name: tasks[name][0] for name in tasks}}.items():
    weights = np.concatenate([p.numpy().ravel() for p in net.parameters() if p.ndim == 2])
    print(f"{name:18} {np.sqrt(np.mean(weights**2)):.3f}")

# %% [markdown]
# - With a **learning rate of 1**, training is fast at first. But the loss jumps from epoch to epoch and never settles.
#   The weights grow large, and large weights make sharp borders.
# - **L2 of 0.01** keeps the weights smaller and the border softer. With **0.1**, the outputs are weak, and the border
#   no longer encloses the disc. With **1**, the penalty wins: the weights go to zero, and the output is the same
#   everywhere.
# - **Two more units** in a second layer round off the corners, and the loss gets lower.
#
# ## The other data sets, with default settings

# %%
for ax, name in zip(nn.plot.panels(*SETS[1:]), SETS[1:], strict=True):
    net, _ = run(name)
    x, y = nn.data.playground(name, seed=0)
    nn.plot.decision_boundary(net, x[:60], y[:60], soft=True, resolution=40, ax=ax)

# %% [markdown]
# ## A harder one
#
# The default settings cannot solve the spiral. The lecture says "Set a suitable setting" and leaves it to the students
# to find one. Wider layers alone are not enough in 250 epochs. Better inputs are: the sines of the coordinates already
# contain the curves that the network needs.


# %%
def with_sines(x):
    """The coordinates and their sines, as four inputs."""
    return np.concatenate([x, np.sin(x)], axis=1)


without, _ = run("spiral", hidden=[8, 8], epochs=250)
wise, _ = run("spiral", hidden=[8, 8], epochs=250, features=with_sines)
spirals = {"8 and 8 units": without, "8 and 8 units, with sines": lambda x: wise(with_sines(x))}
x, y = nn.data.playground("spiral", seed=0)
for ax, (_, net) in zip(nn.plot.panels(*spirals, height=4), spirals.items(), strict=True):
    nn.plot.decision_boundary(net, x[:60], y[:60], soft=True, resolution=60, ax=ax)

# %% [markdown]
# ## Your turn
#
# The folder `playground` beside this notebook holds the whole playground. It starts from the same initial weights as
# above, trains with `nn.fit`, and shows each input and each unit as a picture of the plane. The lines are weights: blue
# if positive, orange if negative, and thicker if larger. Here is a recording of the default network. Press *play*, and
# watch how the borders of the units turn until they enclose the disc.

# %%
Playground("circle").record(epochs=100, frames=16)

# %% [markdown]
# With a kernel and ipywidgets (`pip install ipywidgets`), the next cell shows controls. Press *play*, and change
# whatever you like meanwhile. Can you solve the spiral without sines? Can you solve `xor` with two hidden units?

# %%
Playground("xor", hidden=[3], lr=0.1)

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
# **4.** A network is trained on 240 points, in batches of 12, for 30 epochs. How many times are its weights moved?

# %%
steps = ...

check(steps, exercise="02.4")

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
# **4** Each epoch takes one step for each batch.
#
# ```python
# steps = 30 * 240 // 12
# ```
#
# **5** On the circle, $x_1^2 + x_2^2 = 6.25$, so $-6.25 + b = 0$.
#
# ```python
# bias = 2.5**2
# ```
#
# </details>

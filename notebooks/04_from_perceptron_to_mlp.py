# %% [markdown]
# # 04. From the perceptron to the multi-layer perceptron
#
# *About 45 minutes, with the exercises.*
#
# A neuron computes a weighted sum of its inputs and fires if the sum is large enough. We follow this idea through its
# history: weights set by hand (1943), weights learned from mistakes (1958), weights learned by gradient descent (1960),
# a problem that none of these units could solve, and the hidden layer that solves it.
#
# Four points are enough to tell the story: all pairs of 0 and 1.

# %%
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, tensor
from nn.exercises import check, reveal

X, XOR = nn.data.xor()
AND, OR = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
X

# %% [markdown]
# ## A unit with weights set by hand
#
# The McCulloch-Pitts unit outputs 1 where $\sum_i w_i x_i > T$, and 0 elsewhere: all or nothing. With suitable weights
# and a suitable threshold it works as a logic gate.

# %%
both = nn.McCullochPitts([1, 1], threshold=1.5)  # AND
either = nn.McCullochPitts([1, 1], threshold=0.5)  # OR
opposite = nn.McCullochPitts([-1], threshold=-0.5)  # NOT

print("and", both(X).tolist())
print("or ", either(X).tolist())
print("not", opposite([[0], [1]]).tolist())

# %% [markdown]
# The points where the sum equals the threshold form a straight line. On the orange side of the line the unit outputs 1.
# The markers show the correct answers: orange squares stand for 1, blue circles for 0.


# %%
def planes(pictures, letters="xxxx"):
    """Draw decision boundaries side by side: for each title a score function, points and labels."""
    axes = nn.plot.panels(*pictures, height=2.8)
    for ax, (score, points, labels), a in zip(axes, pictures.values(), letters, strict=False):
        nn.plot.decision_boundary(score, points, labels, resolution=50, legend=False, ax=ax)
        ax.set(xlabel=f"${a}_1$", ylabel=f"${a}_2$")


planes({"and": (both, X, AND), "or": (either, X, OR)})

# %% [markdown]
# ## Learning from mistakes
#
# Rosenblatt's perceptron is the same unit, but it finds its own weights. It looks at one sample after another. Whenever
# its output $y$ differs from the label $t$, it corrects itself:
#
# $$w \leftarrow w + \eta\,(t - y)\,x, \qquad b \leftarrow b + \eta\,(t - y).$$
#
# The bias $b$ takes the place of the threshold. The library records every update:

# %%
perceptron = nn.Perceptron(2)
record = perceptron.fit(X, AND)
for update in record.updates:
    print(f"sample {X[update.sample]}, t - y = {update.error:2.0f}: w = {update.weight}, b = {update.bias:2.0f}")
print(record)

# %% [markdown]
# Each update rotates and shifts the line. Here is the line after some of the updates:


# %%
def score_after(count):
    """The score of the perceptron after a number of updates."""
    update = record.updates[count - 1]
    return lambda x: x @ update.weight + update.bias


planes({f"after {count} updates": (score_after(count), X, AND) for count in [2, 5, 8, 11]})

# %% [markdown]
# Novikoff proved in 1962 that the perceptron always stops if some line separates the classes. His theorem does not say
# *which* line it finds. The final line above runs right through one of the points, because the perceptron stops as soon
# as it makes no mistake.
#
# Textbooks differ in two details: whether a score of exactly 0 means 1 or 0, and whether the labels are 0 and 1 or -1
# and 1. These details change the number of updates and the size of the weights, but not the story;
# `nn.Perceptron` has the arguments `labels` and `at_zero` for them.
#
# The bias needs no rule of its own: a bias is a weight on an input that is always 1. Here is a unit with a bias, and a
# unit without one that has the same weights and a third input of 1. Their outputs and gradients are the same:

# %%
biased, plain = nn.Linear(2, 1, rng=0), nn.Linear(3, 1, bias=False)
plain.weight.data[:] = [[*biased.weight.numpy()[0], biased.bias.item()]]
extended = np.column_stack([X, np.ones(4, X.dtype)])
print("outputs:  ", biased(X).numpy()[:, 0].round(4), plain(extended).numpy()[:, 0].round(4))

np.tanh(biased(X)).sum().backward()
np.tanh(plain(extended)).sum().backward()
print("gradients:", np.append(biased.weight.grad, biased.bias.grad).round(4), plain.weight.grad[0].round(4))

# %% [markdown]
# The perceptron rule is gradient descent in disguise. With labels $t = \pm 1$ and the score $z = w^\top x + b$, the
# *perceptron loss* $\max(0, -tz)$ is zero for a correct answer, and for a wrong one its gradient is $-t\,x$: a step
# with learning rate 1 adds $t\,x$ to the weights. The *hinge loss* $\max(0, 1 - tz)$ also punishes correct answers
# that are too close to the line.

# %%
scores, yes = np.array([-2.0, -0.5, 0.5, 2.0]), np.ones(4)
print("score          ", scores)
print("perceptron loss", nn.PerceptronLoss(reduction="none")(scores, yes))
print("hinge loss     ", nn.HingeLoss(reduction="none")(scores, yes))

weights = tensor([-1.0, 0.5], requires_grad=True)
nn.PerceptronLoss()(weights @ np.array([2.0, 1.0]), 1.0).backward()
print("gradient of the perceptron loss for x = (2, 1), t = 1:", weights.grad)

# %% [markdown]
# ## Exclusive or
#
# Now let the label be 1 where exactly one of the inputs is 1 (XOR). No straight line separates these classes, so the
# perceptron can never stop.
#
# **Predict.** What do its weights do? Answer `"grow"` if they grow without end, `"settle"` if they come to rest, or
# `"return"` if they come back to values that they have had before.

# %%
guess = ...

perceptron = nn.Perceptron(2)
record = perceptron.fit(X, XOR)
reveal(guess, exercise="04.a")

# %% [markdown]
# Here are all its updates:

# %%
for update in record.updates:
    print(f"sample {X[update.sample]}: w = {update.weight}, b = {update.bias:.0f}")
print(record)

# %% [markdown]
# ## Learning from the weighted sum
#
# Widrow and Hoff's ADALINE has the same structure as the perceptron. But it learns from the sum $z = w^\top x + b$
# *before* the threshold: it minimizes the mean of $(t - z)^2$, and applies the threshold $z > 0.5$ only to give its
# answer.
#
# This is linear regression. It has a best solution even when no line separates the classes, and a system of linear
# equations finds that solution.
#
# **Predict.** Which sum $z$ does the best ADALINE compute for the point (0, 1), if it learns XOR?

# %%
guess = ...

adaline = nn.Adaline(2)
adaline.solve(X, XOR)
z = X @ adaline.weight.numpy() + adaline.bias.item()
reveal(guess, z[1].round(6), exercise="04.b")

# %% [markdown]
# For XOR, setting the derivatives with respect to $b$, $w_1$ and $w_2$ to zero gives
#
# $$4b + 2w_1 + 2w_2 = 2, \qquad 2b + 2w_1 + w_2 = 1, \qquad 2b + w_1 + 2w_2 = 1.$$

# %%
b, w1, w2 = np.linalg.solve([[4, 2, 2], [2, 2, 1], [2, 1, 2]], [2, 1, 1])
print(f"by hand: w = ({w1:g}, {w2:g}), b = {b:g}")
print(f"Adaline: w = {adaline.weight.tolist()}, b = {adaline.bias.item()}, answers {adaline(X).tolist()}")

# %% [markdown]
# The best ADALINE can do is to ignore its inputs and always output one half. Gradient descent finds the same solution:
# from other initial weights, the mean squared error falls to 1/4 and no further. If ADALINE updates its weights after
# every sample (the *delta rule*) with a constant learning rate, it comes close to the solution and keeps oscillating
# around it.

# %%
errors = {}
for name, batch in [("all samples at once", True), ("one sample at a time", False)]:
    adaline = nn.Adaline(2)
    adaline.weight.data[:] = [1.0, -0.5]
    errors[name] = adaline.fit(X, XOR, epochs=300, lr=0.1, batch=batch).errors[1:]
    print(f"{name}: w = {adaline.weight.numpy().round(3)}, b = {adaline.bias.item():.3f}")
ax = nn.plot.lines(errors, range(1, 301), xlabel="epoch", ylabel="mean squared error")

# %% [markdown]
# ## A hidden layer, set by hand
#
# A single unit cannot compute XOR, but three units can: "one or the other, but not both". We already have the first two
# of them.

# %%
hidden = np.stack([either(X), both(X)], axis=1)
output = nn.McCullochPitts([1, -1], threshold=0.5)
print("xor", output(hidden).tolist())

# %% [markdown]
# The same works with ReLU units, which have a useful derivative. Both hidden units add up the inputs, but the second
# one becomes active only when the sum exceeds 1.
#
# $$h = \mathrm{relu}\left(\begin{pmatrix}1 & 1\\ 1 & 1\end{pmatrix} x + \begin{pmatrix}0\\ -1\end{pmatrix}\right),
# \qquad y = \mathrm{relu}\left(\begin{pmatrix}1 & -2\end{pmatrix} h\right)$$

# %%
by_hand = nn.MLP([2, 2, 1], activation="relu", output_activation="relu")
by_hand[0].weight.data[:] = [[1, 1], [1, 1]]
by_hand[0].bias.data[:] = [0, -1]
by_hand[2].weight.data[:] = [[1, -2]]
by_hand[2].bias.data[:] = 0

hidden = by_hand[:2](X).numpy()
for x, h, y in zip(X, hidden, by_hand(X).numpy(), strict=True):
    print(f"x = {x}   h = {h}   y = {y}")

# %% [markdown]
# This is the graph of the network, for all four points at once:

# %%
draw(by_hand(tensor(X, name="x")), grads="off")

# %% [markdown]
# Why does it work? The hidden layer moves the points. In the plane of $h_1$ and $h_2$ (on the right), two of them
# coincide at (1, 0), and a straight line is enough to separate the classes. In the plane of the inputs, that line
# becomes a strip.

# %%
planes(
    {
        "before the hidden layer": (lambda x: by_hand(x) - 0.5, X, XOR),
        "after the hidden layer": (lambda h: by_hand[2:](h) - 0.5, hidden, XOR),
    },
    letters="xh",
)

# %% [markdown]
# ## A hidden layer, learned
#
# The perceptron rule cannot correct a hidden unit, because there is no label for its output. Backpropagation can: if
# the units are smooth, the loss has a gradient with respect to every weight. The optimizer is gradient descent with
# momentum, which notebook 09 explains. We train sigmoid units with labels 0 and
# 1, and tanh units with labels -1 and 1.


# %%
def learn(activation, seed, steps=500, weights=None):
    """The trained network, and its loss at each step. `weights` collects the weights before each step."""
    low, lr = (0, 1.0) if activation == "sigmoid" else (-1, 0.1)
    targets = np.where(XOR[:, None] == 1, 1, low).astype(X.dtype)
    model = nn.MLP([2, 2, 1], activation=activation, output_activation=activation, rng=seed)
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for step in range(steps):
        if weights is not None:
            weights[step] = model.state_dict()
        loss = nn.MSELoss()(model(X), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


sigmoid, sigmoid_losses = learn("sigmoid", seed=1)
tanh, tanh_losses = learn("tanh", seed=1)
stuck, stuck_losses = learn("tanh", seed=2)
curves = {"sigmoid": sigmoid_losses, "tanh": tanh_losses, "tanh, other initial weights": stuck_losses}
ax = nn.plot.lines(curves, range(500), xlabel="step", ylabel="mean squared error")

# %%
planes({"sigmoid": (lambda x: sigmoid(x) - 0.5, X, XOR), "tanh": (tanh, X, XOR), "tanh, stuck": (stuck, X, XOR)})

# %% [markdown]
# Watch the second network learn. Where does the straight line become a strip?

# %%
weights = {}
learner, _ = learn("tanh", seed=1, steps=101, weights=weights)


def boundary(step, ax):
    """What the network answers in the plane, before a step."""
    learner.load_state_dict(weights[step])
    nn.plot.decision_boundary(learner, X, np.where(XOR, 1, -1), resolution=50, legend=False, ax=ax)


nn.plot.frames(boundary, range(0, 101, 5), name="step", start=-1, size=(3.4, 3.0))

# %% [markdown]
# The third network is stuck. It gets two points right, and for the other two it outputs 0, which is neither class. It
# still moves downhill, ever more slowly, towards a loss of 1/2, and has not reached it after 20,000 steps. With only
# two hidden units, success depends on the initial weights. We draw new initial weights from each of ten seeds.
#
# **Predict.** How many of the ten networks learn XOR?

# %%
guess = ...

right = [learn("tanh", seed, steps=200)[1][-1] < 0.1 for seed in range(10)]
reveal(guess, sum(right), exercise="04.c")

# %%
print(f"{sum(right)} of {len(right)} seeds learn XOR")

# %% [markdown]
# ## Depth needs nonlinearity
#
# Without activation functions, additional layers are useless. Three linear layers are equivalent to a single one:
# $W_3(W_2(W_1 x)) = Vx$ with $V = W_3 W_2 W_1$.

# %%
deep = nn.Sequential(nn.Linear(2, 5, rng=0), nn.Linear(5, 4, rng=1), nn.Linear(4, 1, rng=2))
first, second, third = (layer.weight.numpy() for layer in deep)
V = third @ second @ first
c = deep(np.zeros(2, "float32")).numpy()
print("V =", V.round(3), " c =", c.round(3))
print("the same as one layer:", np.allclose(deep(X).numpy(), X @ V.T + c, atol=1e-6))

# %% [markdown]
# ## What one hidden layer can approximate
#
# The universal approximation theorem (Cybenko 1989) says: for any continuous function on a cube and any
# $\varepsilon > 0$, there is a sum $\sum_{i=1}^N u_i f(w_i^\top x + b_i)$ whose distance from the function is nowhere
# larger than $\varepsilon$. In its early forms, the theorem requires $f$ to be bounded, like the sigmoid and tanh. That
# excludes ReLU. Leshno and others showed in 1993 that every piecewise continuous $f$ works, as long as it is not a
# polynomial.
#
# For ReLU in one dimension we can even write the weights down. We choose $N$ points and let one unit become active at
# each of them. The output weight of a unit is the change of slope at its point. For comparison, we train tanh networks
# of the same widths, with L-BFGS, an optimizer that needs few steps for such small problems.


# %%
def curve(x):
    """The function to approximate, on [0, 1]."""
    return np.sin(2 * np.pi * x) + 0.5 * np.sin(6 * np.pi * x)


def piecewise_linear(width):
    """A network with one hidden ReLU layer that equals the curve at width + 1 points."""
    knots = np.linspace(0, 1, width + 1)
    slopes = np.diff(curve(knots)) * width
    model = nn.MLP([1, width, 1], dtype=float)
    model[0].weight.data[:] = 1
    model[0].bias.data[:] = -knots[:-1]
    model[2].weight.data[:] = np.diff(slopes, prepend=0)
    model[2].bias.data[:] = curve(knots[0])
    return model


def trained(width):
    """A network with one hidden tanh layer, trained on the curve."""
    model = nn.MLP([1, width, 1], "tanh", rng=0, dtype=float)
    optimizer = optim.LBFGS(model.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = nn.MSELoss()(model(2 * grid - 1), curve(grid))
        value.backward()
        return value

    optimizer.step(loss)
    return lambda x: model(2 * x - 1)


grid = np.linspace(0, 1, 201)[:, None]
widths = [1, 2, 4, 8, 16, 32]
lines = [piecewise_linear(width) for width in widths]
nets = [trained(width) for width in widths]

# %% [markdown]
# The tolerance $\varepsilon$ bounds the *largest* error. For the piecewise linear network this error falls like $1/N^2$
# once there are enough units. The trained networks are better when there are only a few units, but with more units they
# hardly improve. The theorem says that good weights exist. It does not say that gradient descent finds them, or how
# many units are needed.


# %%
def largest_error(model):
    """The largest distance between the model and the curve."""
    return np.abs(model(grid).numpy() - curve(grid)).max()


errors = {
    "ReLU, set by hand": [largest_error(model) for model in lines],
    "tanh, trained": [largest_error(model) for model in nets],
}
left, right = nn.plot.panels("the curve and three networks", "largest error")
shown = {f"{width} ReLU units": lines[widths.index(width)] for width in [4, 8, 16]}
nn.plot.lines({"curve": curve, **shown}, grid, ax=left, xlabel="x")
ax = nn.plot.lines(errors, widths, log="xy", ax=right, xlabel="units in the hidden layer", xticks=widths)

# %% [markdown]
# ## Exercises
#
# Replace the dots with your answers and run the cell. `check` tells you whether an answer is right, and if it is not,
# what may have gone wrong.
#
# If you are stuck, `nn.exercises.hint("04.1")` gives a hint for exercise 1, and `nn.exercises.hint("04.1", 2)` a
# stronger one.
#
# **1.** NAND outputs 1 unless both inputs are 1. Choose weights and a threshold for a McCulloch-Pitts unit.

# %%
w1, w2, threshold = ..., ..., ...
answers = ... if w1 is ... else nn.McCullochPitts([w1, w2], threshold)(X)

check(answers, exercise="04.1")

# %% [markdown]
# **2.** A perceptron has the weights (1, -1) and the bias 0. It sees the sample (2, 1) with the label 0, and learns
# with a rate of 0.5. What are $w_1$, $w_2$ and $b$ after this update?

# %%
after = [..., ..., ...]

check(after, exercise="04.2")

# %% [markdown]
# **3.** An ADALINE with the weights (1, -0.5) and the bias 0 sees the same sample, (2, 1) with the label 0, and learns
# with a rate of 0.1. What are $w_1$, $w_2$ and $b$ after this update?

# %%
after = [..., ..., ...]

check(after, exercise="04.3")

# %% [markdown]
# **4.** Two linear layers without an activation, $W_2 (W_1 x + b_1) + b_2$, are equivalent to one layer $V x + c$.
# Compute `V` and `c`.

# %%
W_1, b_1 = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([1.0, 3.0])
W_2, b_2 = np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([-1.0, 0.5])
V, c = ..., ...

check([V, c], exercise="04.4")

# %% [markdown]
# **5.** Two hidden ReLU units without biases are enough to compute the distance $|x_1 - x_2|$:
# $y = w^\top \mathrm{relu}(V x)$. Find `V` (two rows, one for each unit) and `w`. On our four points, this network
# computes XOR once more.

# %%
V, w = ..., ...


def distance(x):
    """The network with your weights."""
    return ... if V is ... else np.dot(w, np.maximum(np.dot(V, x), 0))


check(distance, exercise="04.5")

# %% [markdown]
# **6.** Learn XOR in fewer than 100 steps. Choose a network with two inputs and one output, and an optimizer. The check
# trains them on the four points with the mean squared error and the labels 0 and 1. After 99 steps, an output above 0.5
# counts as 1.

# %%
model = ...
optimizer = ...

check([model, optimizer], exercise="04.6")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Both weights are negative, and the threshold lies between the sum for one active input and the sum for two.
#
# ```python
# w1, w2, threshold = -1, -1, -1.5
# ```
#
# **2** The score is 2 - 1 + 0 = 1, so the output is 1 and t - y = -1.
#
# ```python
# after = [1 - 0.5 * 2, -1 - 0.5 * 1, 0 - 0.5]
# ```
#
# **3** The sum is 2 - 0.5 + 0 = 1.5, so t - z = -1.5.
#
# ```python
# after = [1 - 0.1 * 1.5 * 2, -0.5 - 0.1 * 1.5 * 1, 0 - 0.1 * 1.5]
# ```
#
# **4** The matrix of the first layer stands on the right.
#
# ```python
# V, c = W_2 @ W_1, W_2 @ b_1 + b_2
# ```
#
# **5** Use one unit for each sign of the difference.
#
# ```python
# V, w = [[1, -1], [-1, 1]], [1, 1]
# ```
#
# **6** With eight hidden units, training rarely gets stuck, and Adam takes large steps from the start.
#
# ```python
# model = nn.MLP([2, 8, 1], "tanh", rng=0)
# optimizer = optim.Adam(model.parameters(), lr=0.05)
# ```
#
# </details>

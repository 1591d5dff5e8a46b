# %% [markdown]
# # 04. From the perceptron to the multi-layer perceptron
#
# A neuron adds up its inputs with weights, and answers if the sum is large enough. We follow this idea through its
# history: weights set by hand (1943), weights learned from mistakes (1958), weights learned by descent (1960), the
# problem that none of them could solve, and the hidden layer that solves it.
#
# Four points are enough to tell the story: all pairs of 0 and 1.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, jacobian, tensor
from nn.exercises import check

X, XOR = nn.data.xor()
AND, OR = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
X

# %% [markdown]
# ## A unit with weights set by hand
#
# The unit of McCulloch and Pitts answers 1 where $\sum_i w_i x_i > T$, and 0 elsewhere: all or none. With the right
# weights and threshold it is a logical gate.

# %%
both = nn.McCullochPitts([1, 1], threshold=1.5)  # AND
either = nn.McCullochPitts([1, 1], threshold=0.5)  # OR
opposite = nn.McCullochPitts([-1], threshold=-0.5)  # NOT

print("and", both(X).tolist())
print("or ", either(X).tolist())
print("not", opposite([[0], [1]]).tolist())

# %% [markdown]
# Where the sum equals the threshold there is a straight line. On one side of it, drawn in orange, the unit answers 1.
# The points are what it should answer: orange squares are 1, blue circles are 0.


# %%
def planes(pictures):
    """Planes side by side, by title: the score that decides between 0 and 1, points, and their labels."""
    _, axes = plt.subplots(1, len(pictures), figsize=(2.5 * len(pictures), 2.7))
    for ax, (title, (score, points, labels)) in zip(axes, pictures.items(), strict=True):
        nn.plot.decision_boundary(score, points, labels, resolution=50, ax=ax)
        ax.set(title=title, xticks=[0, 1], yticks=[0, 1])
        ax.get_legend().remove()
    return axes


planes({"and": (both, X, AND), "or": (either, X, OR)})
plt.show()

# %% [markdown]
# ## Learning from mistakes
#
# Rosenblatt's perceptron is the same unit, but it finds its weights itself. It looks at one sample after the other;
# when its answer $y$ is not the label $t$, it corrects itself:
#
# $$w \leftarrow w + \eta\,(t - y)\,x, \qquad b \leftarrow b + \eta\,(t - y).$$
#
# The bias $b$ takes the place of the threshold. The library keeps a record of every correction:

# %%
perceptron = nn.Perceptron(2)
record = perceptron.fit(X, AND)
print("epoch    sample   label - answer    w1    w2     b")
for update in record.updates:
    print(
        f"{update.epoch:5} {X[update.sample]!s:>9} {update.error:16.0f} {update.weight[0]:5.0f} "
        f"{update.weight[1]:5.0f} {update.bias:5.0f}"
    )
print(record)

# %% [markdown]
# Each correction turns and moves the line. Here it is after some of them:


# %%
def score_after(count):
    """The score of the perceptron after so many updates."""
    update = record.updates[count - 1]
    return lambda x: x @ update.weight + update.bias


planes({f"after {count} updates": (score_after(count), X, AND) for count in [2, 5, 8, 11]})
plt.show()

# %% [markdown]
# Novikoff proved in 1962 that this always ends, if there is a line that separates the classes. It says nothing about
# *which* line: the one above passes close to a point, and the unit is content as soon as it makes no mistake.
#
# Textbooks differ in two details: whether a score of exactly 0 means 1 or 0, and whether the labels are 0 and 1 or -1
# and 1. The details change the number of corrections and the length of the weights, not the story.

# %%
print("labels     at 0    updates and weights")
for labels in [(0, 1), (-1, 1)]:
    for at_zero in [1, 0]:
        unit = nn.Perceptron(2, labels=labels, at_zero=at_zero)
        record = unit.fit(X, np.where(AND, *labels[::-1]))
        found = f"w = {unit.weight.tolist()}, b = {unit.bias.item()}"
        print(f"{labels!s:9} {labels[at_zero]:5} {len(record.updates):10}    {found}")

# %% [markdown]
# ## Exclusive or
#
# Now the labels are 1 where exactly one of the inputs is 1. No straight line separates these classes, so the perceptron
# can never stop. In fact it walks in a circle:

# %%
perceptron = nn.Perceptron(2)
record = perceptron.fit(X, XOR)
for update in record.updates:
    print(f"epoch {update.epoch}, sample {X[update.sample]}: w = {update.weight}, b = {update.bias:.0f}")
print(record)

# %% [markdown]
# ## Learning from the sum
#
# Widrow and Hoff's ADALINE has the same shape. But it learns from the sum $z = w^\top x + b$ *before* the threshold: it
# makes the mean of $(t - z)^2$ small, and only its answer is $z > 0.5$.
#
# This is a linear regression. There is a best line also when no line is right, and one linear system finds it. For
# exclusive or, setting the derivatives by $b$, $w_1$ and $w_2$ to zero gives
#
# $$4b + 2w_1 + 2w_2 = 2, \qquad 2b + 2w_1 + w_2 = 1, \qquad 2b + w_1 + 2w_2 = 1.$$

# %%
b, w1, w2 = np.linalg.solve([[4, 2, 2], [2, 2, 1], [2, 1, 2]], [2, 1, 1])
adaline = nn.Adaline(2)
adaline.solve(X, XOR)
print(f"by hand: w = ({w1:g}, {w2:g}), b = {b:g}")
print(f"Adaline: w = {adaline.weight.tolist()}, b = {adaline.bias.item()}, answers {adaline(X).tolist()}")

# %% [markdown]
# The best it can do is to ignore its inputs and to say "one half" always. Descent finds the same: from other weights,
# the mean squared error falls to 1/4 and no further. One sample at a time (the *delta rule*), with a constant rate, it
# comes near, and keeps trembling.

# %%
errors = {}
for name, batch in [("all samples at once", True), ("one sample at a time", False)]:
    adaline = nn.Adaline(2)
    adaline.weight.data[:] = [1.0, -0.5]
    errors[name] = adaline.fit(X, XOR, epochs=300, lr=0.1, batch=batch).errors[1:]
    print(f"{name}: w = {adaline.weight.numpy().round(3)}, b = {adaline.bias.item():.3f}")
ax = nn.plot.learning_curves(errors)
ax.set(ylabel="mean squared error", ylim=(0, None))
plt.show()

# %% [markdown]
# ## A hidden layer, set by hand
#
# One unit cannot do it, but three can: "one of them, and not both". The first two are units that we have already.

# %%
hidden = np.stack([either(X), both(X)], axis=1)
output = nn.McCullochPitts([1, -1], threshold=0.5)
print("xor", output(hidden).tolist())

# %% [markdown]
# The same with ReLU units, which have a useful slope: both hidden units add up the inputs, and the second one starts to
# answer only when the sum is above 1.
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
# The graph of this network, for all four points at once:

# %%
draw(by_hand(tensor(X, name="x")), grads="off")

# %% [markdown]
# Why does it work? The hidden layer moves the points. In the plane of $h_1$ and $h_2$, two of them fall together, and
# now a straight line is enough. In the plane of the inputs, this line becomes a strip.

# %%
_, ax = planes(
    {
        "what goes in": (lambda x: by_hand(x) - 0.5, X, XOR),
        "after the hidden layer": (lambda h: by_hand[2:](h) - 0.5, hidden, XOR),
    }
)
ax.set(xlabel="$h_1$", ylabel="$h_2$", xticks=[0, 1, 2])
ax.annotate("two points", (1, 0), (1.0, 0.3), arrowprops={"arrowstyle": "->"})
plt.show()

# %% [markdown]
# ## A hidden layer, learned
#
# The perceptron's rule knows no way to correct a hidden unit: there is no label for it. Backpropagation does: with
# smooth units the loss has a gradient in every weight. Sigmoid units learn labels 0 and 1, tanh units -1 and 1.


# %%
def learn(activation, seed, steps=500):
    """The network after some steps, and its loss at each."""
    low, lr = (0, 1.0) if activation == "sigmoid" else (-1, 0.1)
    targets = np.where(XOR[:, None] == 1, 1, low).astype(X.dtype)
    model = nn.MLP([2, 2, 1], activation=activation, output_activation=activation, rng=seed)
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for _ in range(steps):
        loss = nn.MSELoss()(model(X), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


sigmoid, sigmoid_losses = learn("sigmoid", seed=1)
tanh, tanh_losses = learn("tanh", seed=1)
stuck, stuck_losses = learn("tanh", seed=2)
nn.plot.learning_curves(
    {"sigmoid": sigmoid_losses, "tanh": tanh_losses, "tanh, other first weights": stuck_losses}
).set(xlabel="step", ylabel="mean squared error")
plt.show()

# %%
planes({"sigmoid": (lambda x: sigmoid(x) - 0.5, X, XOR), "tanh": (tanh, X, XOR), "tanh, stuck": (stuck, X, XOR)})
plt.show()

# %% [markdown]
# The third one is stuck: two points are right, and for the other two it says 0, neither the one nor the other. It
# still goes downhill, ever more slowly, towards a loss of 1/2, and is above it after 20,000 steps. With only two
# hidden units, luck decides. How often? Other first weights are drawn for every seed:

# %%
right = [learn("tanh", seed, steps=200)[1][-1] < 0.1 for seed in range(10)]
print(f"{sum(right)} of {len(right)} first weights lead to exclusive or")

# %% [markdown]
# ## Depth needs a bend
#
# Without activations, layers are of no use. Three linear layers are one linear layer: $W_3(W_2(W_1 x)) = Vx$ with
# $V = W_3 W_2 W_1$.

# %%
deep = nn.Sequential(nn.Linear(2, 5, rng=0), nn.Linear(5, 4, rng=1), nn.Linear(4, 1, rng=2))
first, second, third = (layer.weight.numpy() for layer in deep)
V = third @ second @ first
c = deep(np.zeros(2, "float32")).numpy()
print("V =", V.round(3), " c =", c.round(3))
print("the same as one layer:", np.allclose(deep(X).numpy(), X @ V.T + c, atol=1e-6))

# %% [markdown]
# Seen through derivatives: the Jacobian of the linear layers is $V$ everywhere. With a ReLU between them it depends on
# where you are. That is the bend.

# %%
bent = nn.Sequential(deep[0], nn.ReLU(), deep[1], nn.ReLU(), deep[2])
for point in np.float32([[1, 1], [-1, 1], [-1, -1]]):
    print(f"at {point}: linear {jacobian(deep)(point).round(3)}, with ReLU {jacobian(bent)(point).round(3)}")

# %% [markdown]
# ## How far one hidden layer reaches
#
# The theorem of universal approximation (Cybenko 1989): for any continuous function on a cube and any $\varepsilon > 0$
# there is a sum $\sum_{i=1}^N u_i f(w_i^\top x + b_i)$ that is nowhere further from it than $\varepsilon$. In its early
# forms $f$ has to be bounded, like the sigmoid and tanh, which leaves out ReLU; Leshno and others showed in 1993 that
# every piecewise continuous $f$ will do that is not a polynomial.
#
# For ReLU in one dimension we can even write the weights down: one unit starts at each of $N$ places, and its weight is
# by how much the slope changes there.


# %%
def curve(x):
    """What is to be approximated, on [0, 1]."""
    return np.sin(2 * np.pi * x) + 0.5 * np.sin(6 * np.pi * x)


def broken_line(width):
    """A network with a hidden layer of ReLU that meets the curve at width + 1 places."""
    places = np.linspace(0, 1, width + 1)
    slopes = np.diff(curve(places)) * width
    model = nn.MLP([1, width, 1], dtype=float)
    model[0].weight.data[:] = 1
    model[0].bias.data[:] = -places[:-1]
    model[2].weight.data[:] = np.diff(slopes, prepend=0)
    model[2].bias.data[:] = curve(places[0])
    return model


def trained(width, seed):
    """A network with a hidden layer of tanh that has learned the curve."""
    model = nn.MLP([1, width, 1], "tanh", rng=seed, dtype=float)
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
lines = [broken_line(width) for width in widths]
nets = [[trained(width, seed) for seed in range(3)] for width in widths]

# %% [markdown]
# Tolerance means the *largest* error. For the broken line it falls as $1/N^2$ as soon as there are units enough. The
# trained networks are ahead with few units, but then hardly improve: the theorem says that good weights exist, not that
# descent finds them, and nothing about how many units it takes.


# %%
def largest_error(model):
    """How far the model is from the curve, at its worst place."""
    return np.abs(model(grid).numpy() - curve(grid)).max()


_, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6))
left.plot(grid, curve(grid), color="black", linewidth=4, alpha=0.25, label="curve")
for width, dash in [(4, ":"), (8, "--"), (16, "-")]:
    left.plot(grid, lines[widths.index(width)](grid).numpy(), dash, label=f"{width} ReLU units")
left.set(xlabel="x")
left.legend()
right.loglog(widths, [largest_error(model) for model in lines], "o-", label="ReLU, set by hand")
right.loglog(widths, [min(map(largest_error, models)) for models in nets], "s--", label="tanh, trained, best of 3")
right.set(xlabel="units in the hidden layer", ylabel="largest error", xticks=widths, xticklabels=widths)
right.legend()
plt.show()

# %% [markdown]
# ## Exercises
#
# Put your answers in place of the dots, and run the cell. `check` says whether they are right, or what may have gone
# wrong.
#
# **1.** NAND answers 1 unless both inputs are 1. Choose weights and a threshold for a unit of McCulloch and Pitts.

# %%
w1, w2, threshold = ..., ..., ...

answers = ... if w1 is ... else nn.McCullochPitts([w1, w2], threshold)(X)
check(
    answers,
    [1, 1, 1, 0],
    slips={
        "this is AND, and all signs have to be turned": [0, 0, 0, 1],
        "this is NOR: a single 1 should not silence the unit yet, so the threshold has to be lower": [1, 0, 0, 0],
        "the threshold is so low that the unit always answers": [1, 1, 1, 1],
    },
    name="Exercise 1",
)

# %% [markdown]
# **2.** A perceptron has the weights (1, -1) and the bias 0. It sees the sample (2, 1) with the label 0, and learns
# with the rate 0.5. What are $w_1$, $w_2$ and $b$ afterwards?

# %%
after = [..., ..., ...]

unit = nn.Perceptron(2)
unit.weight.data[:] = [1, -1]
unit.fit([[2, 1]], [0], epochs=1, lr=0.5)
check(
    after,
    [*unit.weight.tolist(), unit.bias.item()],
    start=[1, -1, 0],
    factors={"the rate": 0.5},
    slips={
        "the bias was left as it was": [0, -1.5, 0],
        "the correction was not multiplied with the inputs": [0.5, -1.5, -0.5],
        "the answer was taken to be right": [1, -1, 0],
    },
    name="Exercise 2",
)

# %% [markdown]
# **3.** An ADALINE with the weights (1, -0.5) and the bias 0 sees the same sample, (2, 1) with the label 0, and learns
# with the rate 0.1. And now?

# %%
after = [..., ..., ...]

unit = nn.Adaline(2)
unit.weight.data[:] = [1, -0.5]
unit.fit([[2, 1]], [0], epochs=1, lr=0.1)
check(
    after,
    [*unit.weight.tolist(), unit.bias.item()],
    start=[1, -0.5, 0],
    factors={"the rate": 0.1},
    slips={
        "the answer after the threshold was used, as the perceptron does, in place of the sum": [0.8, -0.6, -0.1],
        "the bias was left as it was": [0.7, -0.65, 0],
        "the correction was not multiplied with the inputs": [0.85, -0.65, -0.15],
    },
    name="Exercise 3",
)

# %% [markdown]
# **4.** Two linear layers without activation, $W_2 (W_1 x + b_1) + b_2$, are one layer $V x + c$. Compute `V` and `c`.

# %%
W_1, b_1 = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([1.0, 3.0])
W_2, b_2 = np.array([[2.0, 1.0], [1.0, 0.0]]), np.array([-1.0, 0.5])

V, c = ..., ...


def layers(x):
    """The two layers."""
    return W_2 @ (W_1 @ x + b_1) + b_2


check(
    [V, c],
    [jacobian(layers)(np.zeros(2)), layers(np.zeros(2))],
    slips={
        "the two matrices have changed places": [W_1 @ W_2, W_1 @ b_2 + b_1],
        "the bias of the first layer did not pass through the second": [W_2 @ W_1, b_1 + b_2],
        "the bias of the second layer is missing": [W_2 @ W_1, W_2 @ b_1],
    },
    name="Exercise 4",
)

# %% [markdown]
# **5.** Two hidden ReLU units are enough for the distance $|x_1 - x_2|$: $y = w^\top \mathrm{relu}(V x)$, without
# biases. Find `V` (two rows, one for each unit) and `w`. On the four points it is exclusive or, once more.

# %%
V, w = ..., ...


def distance(x):
    """The network with your weights."""
    return ... if V is ... else np.dot(w, np.maximum(np.dot(V, x), 0))


check(
    distance,
    lambda x: abs(x[0] - x[1]),
    at=(np.zeros(2),),
    slips={
        "the second unit is subtracted, and the bend is gone": lambda x: x[0] - x[1],
        "only the case x1 > x2 is covered": lambda x: max(x[0] - x[1], 0),
        "only the case x2 > x1 is covered": lambda x: max(x[1] - x[0], 0),
    },
    name="Exercise 5",
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Both weights pull down, and the threshold lies between one input and two.
#
# ```python
# w1, w2, threshold = -1, -1, -1.5
# ```
#
# **2** The score is 2 - 1 + 0 = 1, so the answer is 1, and t - y = -1.
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
# **4** The layer that comes first stands on the right.
#
# ```python
# V, c = W_2 @ W_1, W_2 @ b_1 + b_2
# ```
#
# **5** One unit for each sign of the difference.
#
# ```python
# V, w = [[1, -1], [-1, 1]], [1, 1]
# ```
#
# </details>

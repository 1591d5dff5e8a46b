# %% [markdown]
# # 06. Backpropagation in matrix form
#
# Slides and papers write backpropagation as a recursion over layers. This notebook derives it, runs it beside the
# graph, recomputes a famous example to its last digit, and builds layers with a `backward` method by hand.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, explain, grad, tensor
from nn.exercises import check

# %% [markdown]
# ## Delta
#
# A layer computes the sums $u = W y + b$ from the outputs $y$ of the layer below, and bends them: $y' = f(u)$. Call
#
# $$\delta = \frac{\partial E}{\partial u}$$
#
# how much the error changes with a layer's sums. Its other names are *local sensitivity* and *error signal*. If we have
# it, the gradients of the layer follow at once: $u_j = \sum_i w_{ji} y_i + b_j$, so
#
# $$\frac{\partial E}{\partial w_{ji}} = \delta_j\, y_i \qquad\qquad \frac{\partial E}{\partial b_j} = \delta_j$$
#
# And $\delta$ goes down from layer to layer. The output $y'_i$ reaches the error through *all* sums of the next layer:
# as many paths as units, and over paths we add. Then it has to pass the bend:
#
# $$\delta_i = \Big(\sum_j \delta^{\text{next}}_j\, w^{\text{next}}_{ji}\Big)\, f'(u_i)$$
#
# The sum is a product with the *transposed* weights: forward they take $i$ to $j$, backward $j$ to $i$.
#
# ## For a whole batch
#
# In this library the samples are the rows of $Y$, and a weight has shape (out, in). The same formulas, read row by row:
#
# | | |
# |---|---|
# | forward | $U = Y W^\top + b$, $\quad Y' = f(U)$ |
# | last layer, $\frac12$ squared error | $\Delta = (Y' - T) \odot f'(U)$ |
# | any other layer | $\Delta = (\Delta^{\text{next}}\, W^{\text{next}}) \odot f'(U)$ |
# | weight | $\partial E / \partial W = \Delta^\top Y$ |
# | bias | $\partial E / \partial b =$ sum of the rows of $\Delta$ |
#
# That is a program of ten lines:


# %%
def backpropagate(weights, biases, x, t):
    """The gradients of half the squared error of tanh layers, by the recursion."""
    outputs = [x]
    for W, b in zip(weights, biases, strict=True):
        outputs.append(np.tanh(outputs[-1] @ W.T + b))
    delta = (outputs[-1] - t) * (1 - outputs[-1] ** 2)
    gradients = []
    for layer in reversed(range(len(weights))):
        gradients.insert(0, (delta.T @ outputs[layer], delta.sum(axis=0)))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return gradients


# %% [markdown]
# The same network, built from layers, and the graph's own gradients beside ours:

# %%
rng = np.random.default_rng(0)
x, t = rng.normal(size=(6, 3)), rng.uniform(-1, 1, (6, 2))
model = nn.MLP([3, 5, 4, 2], "tanh", "tanh", dtype="float64", rng=0)
loss = nn.functional.mse_loss(model(tensor(x, name="x")), t, reduction="sum", half=True)
loss.name = "loss"
loss.backward()

layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
weights, biases = [layer.weight.numpy() for layer in layers], [layer.bias.numpy() for layer in layers]
ours = backpropagate(weights, biases, x, t)
for number, (layer, (dW, db)) in enumerate(zip(layers, ours, strict=True), 1):
    same = np.allclose(dW, layer.weight.grad, rtol=1e-12) and np.allclose(db, layer.bias.grad, rtol=1e-12)
    print(f"layer {number}: weight {dW.shape}, bias {db.shape}, equal to the graph: {same}")

# %%
nn.draw(model, x, depth=1, values="off")

# %% [markdown]
# The graph knows nothing of layers. It applies the rule of each operation, one after the other; and what comes out,
# written down, is the recursion. `explain` writes it down:

# %%
print(explain(loss, layers[0].weight))

# %% [markdown]
# ## Samples as columns
#
# Many slides have the samples in columns: $X$ is $n_0 \times m$, and $Z = W X + b$. Everything is transposed, and
# nothing changes:
#
# | | samples as rows | samples as columns |
# |---|---|---|
# | forward | $U = Y W^\top + b$ | $Z = W A + b$ |
# | delta | $(\Delta_{l+1} W_{l+1}) \odot f'(U)$ | $W_{l+1}^\top dZ_{l+1} \odot f'(Z)$ |
# | weight | $\Delta^\top Y$ | $dZ\, A^\top$ |
# | bias | sum of the rows | sum of the columns |
#
# With an average over $m$ samples each of the last two has a factor $1/m$. Here is the second layout, as the slides
# have it, for cross-entropy behind a sigmoid, against the first:

# %%
m = 7
X, Y = rng.normal(size=(3, m)), (rng.random((1, m)) < 0.5).astype(float)
net = nn.MLP([3, 5, 1], "tanh", dtype="float64", rng=1)
nn.functional.binary_cross_entropy_with_logits(net(X.T), Y.T).backward()

W1, b1, W2, b2 = (p.numpy() for p in net.parameters())
A1 = np.tanh(W1 @ X + b1[:, None])
A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2[:, None])))
dZ2 = A2 - Y
dZ1 = W2.T @ dZ2 * (1 - A1**2)
columns = [dZ1 @ X.T / m, dZ1.sum(axis=1) / m, dZ2 @ A1.T / m, dZ2.sum(axis=1) / m]
for (name, p), gradient in zip(net.named_parameters(), columns, strict=True):
    print(f"{name:9} {gradient.shape!s:7} equal: {np.allclose(p.grad, gradient, rtol=1e-11)}")

# %% [markdown]
# Look at `dZ2 = A2 - Y`: no slope of the sigmoid. The derivative of the cross-entropy by the output is
# $(a - y) / (a (1 - a))$, and the slope of the sigmoid, $a (1 - a)$, cancels it. The same happens with softmax: that is
# one reason to have the two as one layer. The other is that $\log$ of a probability that was rounded to 0 is minus
# infinity.
#
# ## A worked example, to its last digit
#
# Matt Mazur's "A Step by Step Backpropagation Example" is perhaps the most copied example of all: two inputs, two
# hidden sigmoid units, two outputs, one sample. The biases stay as they are.

# %%
inputs, targets, rate = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.5
hidden_bias, output_bias = 0.35, 0.60


def first_weights():
    """Mazur's w1 to w4, and w5 to w8: a row for each unit."""
    return np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])


def error_of(V, W):
    """Half the squared error, of arrays or Tensors."""
    hidden = 1 / (1 + np.exp(-(V @ inputs + hidden_bias)))
    output = 1 / (1 + np.exp(-(W @ hidden + output_bias)))
    return np.sum((targets - output) ** 2) / 2


V, W = (tensor(a, requires_grad=True, name=name) for a, name in zip(first_weights(), "VW", strict=True))
h = (V @ tensor(inputs, name="x") + hidden_bias).sigmoid()
o = (W @ h + output_bias).sigmoid()
E = ((o - targets) ** 2).sum() / 2
h.name, o.name, E.name = "h", "o", "E"
E.backward()
draw(E, direction="TB")

# %% [markdown]
# All published numbers of the first pass:

# %%
published = {
    "out h1": (h[0], 0.593269992),
    "out h2": (h[1], 0.596884378),
    "out o1": (o[0], 0.751365070),
    "out o2": (o[1], 0.772928465),
    "error": (E, 0.298371109),
    "dE/dw5": (W.grad[0, 0], 0.082167041),
    "dE/dw1": (V.grad[0, 0], 0.000438568),
}
for name, (value, printed) in published.items():
    print(f"{name:7} {float(np.round(value.item(), 9)):.9f}  published {printed:.9f}")

# %% [markdown]
# ## One step, in two orders
#
# Now the update. The recursion takes the hidden deltas from the *old* output weights: first all gradients, then all
# steps. It is easily done in the wrong order, when the output layer is updated as soon as its gradient is known.


# %%
def train(steps, output_first=False):
    """The weights after some steps, both layers at once or the output layer first; and the error after each step."""
    V, W = first_weights()
    errors = []
    for _ in range(steps):
        hidden = 1 / (1 + np.exp(-(V @ inputs + hidden_bias)))
        output = 1 / (1 + np.exp(-(W @ hidden + output_bias)))
        delta = (output - targets) * output * (1 - output)
        changed = W - rate * np.outer(delta, hidden)
        behind = changed if output_first else W
        V = V - rate * np.outer((delta @ behind) * hidden * (1 - hidden), inputs)
        W = changed
        errors.append(error_of(V, W))
    return V, W, errors


_, _, once = train(10_000)
V_first, W_first, first = train(10_000, output_first=True)
print(f"{'after':>12} {'at once':>14} {'output first':>14}")
for n in (1, 9_999, 10_000):
    print(f"{n:6} steps {once[n - 1]:14.11f} {first[n - 1]:14.11f}")

# %% [markdown]
# The published error after one step, .291027924, is that of the *wrong* order. Done at once it is .291027774, a
# difference in the seventh digit. Yet the published new weights are those of the right order, and so is the published
# error in the end, .0000351085, which belongs to 9,999 steps at once. And the published last outputs belong to 10,000
# steps in the other order:

# %%
V, W, _ = train(1)
hidden = 1 / (1 + np.exp(-(V_first @ inputs + hidden_bias)))
last = 1 / (1 + np.exp(-(W_first @ hidden + output_bias)))
published = {
    "w1..w4, a step at once": (V.ravel(), [0.149780716, 0.199561432, 0.249751144, 0.299502287]),
    "w5..w8, a step at once": (W.ravel(), [0.358916480, 0.408666186, 0.511301270, 0.561370121]),
    "outputs, output first": (last, [0.015912196, 0.984065734]),
}
for name, (computed, printed) in published.items():
    print(f"{name:22}", *(f"{value:.9f}" for value in computed))
    print(f"{'published':22}", *(f"{value:.9f}" for value in printed))

# %% [markdown]
# Both orders learn, and their errors never differ by more than a two-thousandth of themselves. Nobody would have
# noticed without counting digits. That is the reason to count them.

# %%
shown = np.unique(np.logspace(0, 4, 60).astype(int))
_, ax = plt.subplots(figsize=(6.4, 3.4))
ax.loglog(shown, np.array(once)[shown - 1], label="error")
ax.loglog(shown, np.abs(np.array(once) - first)[shown - 1], "--", label="difference of the two orders")
ax.set_xlabel("steps")
ax.legend()
plt.show()
print("largest difference, relative:", np.max(np.abs(np.array(first) / once - 1)).round(4))

# %% [markdown]
# ## Layers by hand
#
# Before there were graphs, a network was a list of layers, each with two methods: `forward` keeps what it will need,
# and `backward` takes the delta of its output and returns the delta of its input. Deriving these is a classic exercise:
#
# | layer | forward | delta of the input | parameters |
# |---|---|---|---|
# | fully connected | $Y = X W^\top + b$ | $\Delta W$ | $dW = \Delta^\top X$, $db$ = sum of the rows of $\Delta$ |
# | sigmoid | $Y = \sigma(X)$ | $\Delta \odot Y \odot (1 - Y)$ | |
# | ReLU | $Y = \max(X, 0)$ | $\Delta \odot [X > 0]$ | |
# | squared error | $\frac12 \lVert Y - T \rVert^2$ | $Y - T$ | |
# | softmax with cross-entropy | $-\sum T \log P$ | $P - T$ | |


# %%
class Connected:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, delta):
        self.dW, self.db = delta.T @ self.x, delta.sum(axis=0)
        return delta @ self.weight


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, delta):
        return delta * self.y * (1 - self.y)


class ReLU:
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, delta):
        return delta * self.positive


class SoftmaxCrossEntropy:
    """The sum over the batch; t is 1 at the right class."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.p))

    def backward(self):
        return self.p - self.t


# %% [markdown]
# A network is then a list, and a training step is a loop forward and a loop backward. We give the layers the weights of
# a model of the library, and compare.

# %%
model = nn.Sequential(
    nn.Linear(4, 6, rng=0), nn.Sigmoid(), nn.Linear(6, 5, rng=1), nn.ReLU(), nn.Linear(5, 3, rng=2)
).astype(np.float64)
x, labels = rng.normal(size=(8, 4)), rng.integers(0, 3, 8)

makers = {
    nn.Linear: lambda module: Connected(module.weight.numpy(), module.bias.numpy()),
    nn.Sigmoid: lambda module: Sigmoid(),
    nn.ReLU: lambda module: ReLU(),
}
by_hand = [makers[type(module)](module) for module in model]
end = SoftmaxCrossEntropy()

y = x
for layer in by_hand:
    y = layer.forward(y)
value = end.forward(y, np.eye(3)[labels])
delta = end.backward()
for layer in reversed(by_hand):
    delta = layer.backward(delta)

loss = nn.functional.cross_entropy(model(x), labels, reduction="sum")
loss.backward()
print(f"loss by hand {value:.12f}, of the graph {loss.item():.12f}")
for layer, module in zip(by_hand, model, strict=True):
    if isinstance(layer, Connected):
        far = max(np.abs(layer.dW - module.weight.grad).max(), np.abs(layer.db - module.bias.grad).max())
        print(f"{module}: differences below 1e-14: {far < 1e-14}")

# %% [markdown]
# The same numbers. A row of layers can be cut anywhere, because all that passes a cut is `y` forward and `delta`
# backward:

# %%
ax = nn.plot.matrices({"dW by hand": by_hand[0].dW, "weight.grad": model[0].weight.grad}, digits=2)
print("cut in two:", np.array_equal(model[2:](model[:2](x)).numpy(), model(x).numpy()))

# %% [markdown]
# What the graph adds: the row may branch and join again (here, a layer that is used twice would overwrite what it
# kept), there are gradients of gradients, and there is no `backward` that somebody could get wrong.
#
# ## A program from slides
#
# A lecture has a complete program in NumPy: samples in columns, tanh units, a sigmoid output, rate 1.2, 10,000 steps
# for points of the plane. Put right (in the listing one gradient is computed twice, and some names are never bound) it
# is our formulas from above, in a loop:

# %%
points, labels = nn.data.moons(100, noise=0.05, seed=0)
X, Y = points.astype(float).T, labels[None].astype(float)
m = X.shape[1]


def step(W1, b1, W2, b2, rate=1.2):
    """All four parameters after a step on the mean cross-entropy."""
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = A2 - Y
    dZ1 = W2.T @ dZ2 * (1 - A1**2)
    gradients = dZ1 @ X.T / m, dZ1.mean(axis=1, keepdims=True), dZ2 @ A1.T / m, dZ2.mean(axis=1, keepdims=True)
    return [p - rate * g for p, g in zip((W1, b1, W2, b2), gradients, strict=True)]


net = nn.MLP([2, 4, 1], "tanh", dtype="float64", rng=0)
weights = [p.numpy().reshape(len(p), -1).copy() for p in net.parameters()]
for _ in range(10_000):
    weights = step(*weights)

W1, b1, W2, b2 = weights
ax = nn.plot.decision_boundary(lambda grid: (W2 @ np.tanh(W1 @ grid.T + b1) + b2)[0], points, labels)

# %% [markdown]
# And in layers, as one writes it today, in PyTorch or here. The gradients are the same, so the first steps give the
# same weights; only nobody has to derive them.

# %%
optimizer = optim.SGD(net.parameters(), lr=1.2)
weights = [p.numpy().reshape(len(p), -1).copy() for p in net.parameters()]
for _ in range(100):
    weights = step(*weights)
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(net(X.T), Y.T).backward()
    optimizer.step()

far = max(np.abs(p.numpy().reshape(w.shape) - w).max() for p, w in zip(net.parameters(), weights, strict=True))
print("after 100 steps no weight differs by more than 1e-10:", far < 1e-10)

# %% [markdown]
# The listing in PyTorch of the same slides runs as it is, but for the imports: 64 samples, 1000-100-10 units, summed
# squared error, Adam. (Its printed form is of 2017: `size_average=False` has become `reduction="sum"`, and
# `loss.data[0]` is `loss.item()`.)

# %%
rng = np.random.default_rng(0)
x, y = rng.normal(size=(64, 1000)).astype("float32"), rng.normal(size=(64, 10)).astype("float32")
model = nn.Sequential(nn.Linear(1000, 100, rng=0), nn.ReLU(), nn.Linear(100, 10, rng=1))
optimizer = optim.Adam(model.parameters(), lr=1e-4)
losses = []
for _ in range(10):
    loss = nn.MSELoss(reduction="sum")(model(x), y)
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print(f"{sum(p.size for p in model.parameters()):,} parameters, loss {losses[0]:.0f} -> {losses[-1]:.0f}")

# %% [markdown]
# Larger ones are only larger. The MLP of the same slides for images of 28 by 28, with 300 hidden units and 10 classes,
# has 238,510 parameters, and learns 1000 samples by heart in ten rounds of ten batches:

# %%
patterns, digits = rng.random((10, 784)), rng.integers(10, size=1000)
images = (patterns[digits] + rng.random((1000, 784)) - 1).astype("float32")  # a pattern for each class, and noise
model = nn.MLP([784, 300, 10], "tanh", rng=0)
history = nn.fit(
    model,
    (images, digits),
    loss=nn.CrossEntropyLoss(),
    optimizer=lambda parameters: optim.SGD(parameters, lr=0.5),
    epochs=10,
    batch_size=100,
    metrics=[nn.metrics.accuracy],
    seed=0,
    show=False,
)
print(f"{sum(p.size for p in model.parameters()):,} parameters, accuracy {history[-1]['accuracy']:.3f}")

# %% [markdown]
# ## Exercises
#
# **1.** Write $\delta$ of an output unit for $E = \frac12 (y - t)^2$ and $y = \sigma(u)$, from `y` and `t`.


# %%
def output_delta(y, t): ...


check(
    output_delta,
    lambda y, t: grad(lambda u: (1 / (1 + np.exp(-u)) - t) ** 2 / 2)(np.log(y / (1 - y))),
    at=lambda random: random.uniform(0.1, 0.9, 2),
    name="Exercise 1",
    slips={
        "the slope of the sigmoid is missing": lambda y, t: y - t,
        "there is a minus where a times belongs: y - (1 - y)": lambda y, t: (y - t) * (y - (1 - y)),
        "you took the slope of tanh": lambda y, t: (y - t) * (1 - y**2),
    },
)

# %% [markdown]
# **2.** Write the deltas of a tanh layer for a batch (rows), from those of the next layer, the weight of the next layer
# of shape (out, in), and the outputs `y` of the layer itself.


# %%
def hidden_delta(next_delta, next_weight, y): ...


check(
    hidden_delta,
    lambda d, W, y: grad(lambda u: np.sum(d * (np.tanh(u) @ W.T)))(np.arctanh(y)),
    at=lambda random: (random.normal(size=(4, 3)), random.normal(size=(3, 3)), random.uniform(-0.9, 0.9, (4, 3))),
    name="Exercise 2",
    slips={
        "the weight is transposed, which it is only for samples in columns": lambda d, W, y: (d @ W.T) * (1 - y**2),
        "the slope of tanh is missing": lambda d, W, y: d @ W,
        "you took the slope of the sigmoid": lambda d, W, y: (d @ W) * y * (1 - y),
    },
)

# %% [markdown]
# **3.** A batch of five, three classes, softmax and the *mean* cross-entropy. Write the gradient of the scores from the
# probabilities `p` and the targets `t` (rows with a single 1), both of shape (5, 3).


# %%
def score_gradient(p, t): ...


def a_batch(random):
    scores = random.normal(size=(5, 3))
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), np.eye(3)[random.integers(0, 3, 5)]


check(
    score_gradient,
    lambda p, t: grad(lambda s: -np.sum(t * (s - np.log(np.sum(np.exp(s), axis=1, keepdims=True)))) / 5)(np.log(p)),
    at=a_batch,
    factors={"N": 5},
    name="Exercise 3",
    slips={"this is the derivative by the probabilities, before the softmax": lambda p, t: -t / p / 5},
)

# %% [markdown]
# **4.** Three hidden outputs $h = (0.2, 0.6, 0.9)$ go to two outputs with softmax and cross-entropy: $o = (0.7, 0.3)$,
# and the right class is the first. What is the gradient of the weight from the *second* hidden unit to the *first*
# output?

# %%
answer_4 = ...

h, o = np.array([0.2, 0.6, 0.9]), np.array([0.7, 0.3])
table = grad(lambda W: np.log(np.sum(o * np.exp(W @ h))) - (W @ h)[0])(np.zeros((2, 3)))  # a row for each output
check(
    answer_4,
    table[0, 1],
    name="Exercise 4",
    slips={
        "you took the weight from the first hidden unit to the second output": table[1, 0],
        "you took the other output": table[1, 1],
        "you took the other hidden unit": table[0, 0],
        "the target is missing": 0.6 * 0.7,
    },
)

# %% [markdown]
# **5.** Mazur's network again. What is the new value of $w_1$, which goes from $x_1 = 0.05$ to the first hidden unit,
# after one step with rate 0.5? Its old value is 0.15, the deltas of the outputs are 0.138498562 and -0.038098237, the
# weights from the first hidden unit to the outputs are 0.40 and 0.50, and its output is 0.593269992. Give six digits.

# %%
answer_5 = ...


def mazur(V, W):
    hidden = 1 / (1 + np.exp(-(V @ np.array([0.05, 0.10]) + 0.35)))
    output = 1 / (1 + np.exp(-(W @ hidden + 0.60)))
    return np.sum((output - np.array([0.01, 0.99])) ** 2) / 2


check(
    answer_5,
    0.15 - 0.5 * grad(mazur)(np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]]))[0, 0],
    start=0.15,
    rtol=0.01,
    name="Exercise 5",
    factors={"the learning rate": 0.5, "the input": 0.05},
    slips={
        "the updated output weights were used too early": 0.149817639,
        "only one of the two paths was counted": 0.149665802,
        "the slope of the hidden unit is missing": 0.149091242,
    },
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The derivative of the error by $y$ is $y - t$, and $\sigma' = y (1 - y)$.
#
# ```python
# def output_delta(y, t):
#     return (y - t) * y * (1 - y)
# ```
#
# **2** Samples are rows, so the sum over the next units is a product from the right.
#
# ```python
# def hidden_delta(next_delta, next_weight, y):
#     return (next_delta @ next_weight) * (1 - y**2)
# ```
#
# **3** $P - T$, and the mean over the batch of five.
#
# ```python
# def score_gradient(p, t):
#     return (p - t) / 5
# ```
#
# **4** $h_2 (o_1 - t_1)$.
#
# ```python
# answer_4 = 0.6 * (0.7 - 1)
# ```
#
# **5** $\delta = (0.138498562 \cdot 0.40 - 0.038098237 \cdot 0.50) \cdot 0.593269992 \cdot (1 - 0.593269992)$, and the
# step is
# $0.5 \cdot \delta \cdot 0.05$.
#
# ```python
# answer_5 = 0.149781
# ```
#
# </details>

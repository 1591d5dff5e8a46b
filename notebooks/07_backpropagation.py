# %% [markdown]
# # 07. Backpropagation in matrix form
#
# *About 45 minutes, with the exercises.*
#
# Slides and papers present backpropagation as a recursion over layers. This notebook derives the recursion, compares it
# with the graph, recomputes a famous example to the last digit, and implements layers with hand-written `backward`
# methods.

# %%
import numpy as np

import nn
import nn.plot
import optim
from autograd import draw, explain, steps, tensor
from nn.exercises import check, reveal

# %% [markdown]
# ## Delta
#
# A layer takes the outputs $y$ of the layer below, computes the sums $u = W y + b$, and applies an activation function:
# $y' = f(u)$. Let
#
# $$\delta = \frac{\partial E}{\partial u}$$
#
# be the derivative of the error with respect to the sums of a layer. It is also called *local sensitivity* or *error
# signal*. Once we know $\delta$, the gradients of the layer follow immediately. Since $u_j = \sum_i w_{ji} y_i + b_j$,
#
# $$\frac{\partial E}{\partial w_{ji}} = \delta_j\, y_i \qquad\qquad \frac{\partial E}{\partial b_j} = \delta_j$$
#
# $\delta$ itself is passed down from layer to layer. The output $y'_i$ influences the error through *all* sums of the
# next layer. There are as many paths as units in that layer, and the contributions of all paths add up. The result is
# multiplied by the derivative of the activation function:
#
# $$\delta_i = \Big(\sum_j \delta^{\text{next}}_j\, w^{\text{next}}_{ji}\Big)\, f'(u_i)$$
#
# The sum is a product with the *transposed* weight matrix. The forward pass uses the weights to get from $i$ to $j$,
# and the backward pass uses them to get from $j$ to $i$.
#
# ## For a whole batch
#
# In this library the samples are the rows of $Y$, and a weight has the shape (out, in). For a whole batch, the formulas
# become:
#
# | | |
# |---|---|
# | forward | $U = Y W^\top + b$, $\quad Y' = f(U)$ |
# | last layer, $\frac12$ squared error | $\Delta = (Y' - T) \odot f'(U)$ |
# | any other layer | $\Delta = (\Delta^{\text{next}}\, W^{\text{next}}) \odot f'(U)$ |
# | weight | $\partial E / \partial W = \Delta^\top Y$ |
# | bias | $\partial E / \partial b =$ sum of the rows of $\Delta$ |
#
# In code, this takes ten lines:


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
# Here is the same network, built from layers. We compare the gradients from the graph with ours:

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
    print(f"layer {number}: weight {dW.shape}, bias {db.shape}, same as the graph: {same}")

# %%
nn.draw(model, x, depth=1, values="off")

# %% [markdown]
# The graph knows nothing about layers. It applies the gradient rule of one operation after another, and if you write
# the result down, you get the recursion. `explain` does this for you:

# %%
print(explain(loss, layers[0].weight))

# %% [markdown]
# ## Samples as columns
#
# Many slides put the samples in columns: $X$ is $n_0 \times m$, and $Z = W X + b$. Then all matrices are transposed,
# but the computation is the same:
#
# | | samples as rows | samples as columns |
# |---|---|---|
# | forward | $U = Y W^\top + b$ | $Z = W A + b$ |
# | delta | $(\Delta_{l+1} W_{l+1}) \odot f'(U)$ | $W_{l+1}^\top dZ_{l+1} \odot f'(Z)$ |
# | weight | $\Delta^\top Y$ | $dZ\, A^\top$ |
# | bias | sum of the rows | sum of the columns |
#
# If the loss is an average over $m$ samples, the last two lines get a factor of $1/m$. The next cell computes
# cross-entropy after a sigmoid with samples in columns, as on the slides, and compares the gradients with those of our
# layout.
#
# **Predict.** The output of the sigmoid is $a = 0.8$, and the target is $y = 1$. The derivative of the cross-entropy
# with respect to $a$ is $(a - y) / (a (1 - a))$. What is its derivative with respect to the sum $z$, before the
# sigmoid?

# %%
guess = ...

reveal(guess, exercise="07.a")

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
    print(f"{name:9} {gradient.shape!s:7} same: {np.allclose(p.grad, gradient, rtol=1e-11)}")

# %% [markdown]
# Look at `dZ2 = A2 - Y`: the derivative of the sigmoid does not appear. The derivative of the cross-entropy with
# respect to the output is $(a - y) / (a (1 - a))$, and the derivative of the sigmoid, $a (1 - a)$, cancels the
# denominator. The same happens with softmax. This is one reason to combine the activation and the loss in a single
# layer. The other reason is numerical: if a probability is rounded to 0, its logarithm is minus infinity.
#
# ## A worked example, to the last digit
#
# Matt Mazur's "A Step by Step Backpropagation Example" is perhaps the most copied example of all. It has two inputs,
# two hidden sigmoid units, two outputs and one sample. The biases are never updated.

# %%
inputs, targets, rate = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.5
hidden_bias, output_bias = 0.35, 0.60


def first_weights():
    """Mazur's w1 to w4 and w5 to w8, with one row per unit."""
    return np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])


def error_of(V, W):
    """Half the squared error, for arrays or Tensors."""
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
# The next cell plays both passes. Each number that moves along an arrow is a contribution to a gradient. At which arrow
# is it multiplied by the transposed weights?

# %%
steps(E)

# %% [markdown]
# These are all the published numbers of the first pass:

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
# Now for the update. The recursion computes the hidden deltas from the *old* output weights, so all gradients must be
# computed before any weight is updated. It is easy to get this order wrong by updating the output layer as soon as its
# gradient is known.
#
# **Predict.** Suppose that we make this mistake in each of 10,000 steps. Does the network still learn, `"yes"` or
# `"no"`?


# %%
guess = ...


def train(steps, output_first=False):
    """The weights after some steps, both layers at once or the output layer first, and the error after each step."""
    V, W = first_weights()
    errors = []
    for _ in range(steps):
        hidden = 1 / (1 + np.exp(-(V @ inputs + hidden_bias)))
        output = 1 / (1 + np.exp(-(W @ hidden + output_bias)))
        delta = (output - targets) * output * (1 - output)
        changed = W - rate * np.outer(delta, hidden)
        used = changed if output_first else W
        V = V - rate * np.outer((delta @ used) * hidden * (1 - hidden), inputs)
        W = changed
        errors.append(error_of(V, W))
    return V, W, errors


_, _, once = train(10_000)
V_first, W_first, first = train(10_000, output_first=True)
reveal(guess, exercise="07.b")

# %%
print(f"{'after':>12} {'at once':>14} {'output first':>14}")
for n in (1, 9_999, 10_000):
    print(f"{n:6} steps {once[n - 1]:14.11f} {first[n - 1]:14.11f}")

# %% [markdown]
# The published error after one step, .291027924, is the one that the *wrong* order gives. If all weights are updated at
# once, the error is .291027774; the two differ in the seventh digit. Yet the published new weights are those of the
# right order. The published final error, .0000351085, also comes from the right order, but after 9,999 steps. The
# published final outputs, in turn, come from 10,000 steps in the wrong order:

# %%
V, W, _ = train(1)
hidden = 1 / (1 + np.exp(-(V_first @ inputs + hidden_bias)))
last = 1 / (1 + np.exp(-(W_first @ hidden + output_bias)))
published = {
    "w1..w4, step at once": (V.ravel(), [0.149780716, 0.199561432, 0.249751144, 0.299502287]),
    "w5..w8, step at once": (W.ravel(), [0.358916480, 0.408666186, 0.511301270, 0.561370121]),
    "outputs, output first": (last, [0.015912196, 0.984065734]),
}
for name, (computed, printed) in published.items():
    print(f"{name:22}", *(f"{value:.9f}" for value in computed))
    print(f"{'published':22}", *(f"{value:.9f}" for value in printed))

# %% [markdown]
# Both orders learn, and their errors never differ by more than one part in two thousand. Without comparing the digits,
# nobody would have noticed, and that is why it is worth comparing them.

# %%
shown = np.unique(np.logspace(0, 4, 60).astype(int))
error, difference = np.array(once)[shown - 1], np.abs(np.array(once) - first)[shown - 1]
ax = nn.plot.lines({"error": error, "difference between the orders": difference}, shown, log="xy", xlabel="steps")
print("largest relative difference:", np.max(np.abs(np.array(first) / once - 1)).round(4))

# %% [markdown]
# ## Layers by hand
#
# Before there were graphs, a network was a list of layers, each with two methods. `forward` stores the values it will
# need later. `backward` takes the delta of the output and returns the delta of the input. Deriving these methods is a
# classic exercise:
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
    """The sum over the batch, for one-hot targets t."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.p))

    def backward(self):
        return self.p - self.t


# %% [markdown]
# A network is now a list of layers, and a training step is one loop forward and one loop backward. We copy the weights
# of a library model into these layers and compare.

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
print(f"loss by hand {value:.12f}, from the graph {loss.item():.12f}")
for layer, module in zip(by_hand, model, strict=True):
    if isinstance(layer, Connected):
        far = max(np.abs(layer.dW - module.weight.grad).max(), np.abs(layer.db - module.bias.grad).max())
        print(f"{module}: differences below 1e-14: {far < 1e-14}")

# %% [markdown]
# The numbers are the same. Such a list of layers can be split at any position, because only `y` crosses the split in
# the forward pass and only `delta` in the backward pass:

# %%
ax = nn.plot.matrices({"dW by hand": by_hand[0].dW, "weight.grad": model[0].weight.grad}, digits=2)
print("split in two:", np.array_equal(model[2:](model[:2](x)).numpy(), model(x).numpy()))

# %% [markdown]
# The graph offers more than that. Its paths may branch and join again, whereas a layer here would overwrite its stored
# values if it were used twice. It can compute gradients of gradients. And there is no `backward` method to get wrong.
#
# ## A program from the slides
#
# One lecture contains a complete NumPy program: samples in columns, tanh units, a sigmoid output, a learning rate of
# 1.2, and 10,000 steps on points in the plane. The printed listing computes one gradient twice and never defines some
# of its names. Once corrected, it consists of our formulas from above in a loop:

# %%
points, labels = nn.data.moons(100, noise=0.05, seed=0)
X, Y = points.astype(float).T, labels[None].astype(float)
m = X.shape[1]


def step(W1, b1, W2, b2, rate=1.2):
    """All four parameters after one step on the mean cross-entropy."""
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
# Today we would write this with layers, in PyTorch or in this library. The gradients are the same, so the first steps
# lead to the same weights, but nobody has to derive the gradients.

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
# The PyTorch listing on the same slides runs here unchanged except for the imports: 64 samples, layers of 1000, 100 and
# 10 units, summed squared error, Adam. (The printed version dates from 2017. Since then, `size_average=False` has
# become `reduction="sum"`, and `loss.data[0]` has become `loss.item()`.)

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
# Larger networks work the same way. The MLP on these slides is for images of 28 by 28 pixels, with 300 hidden units and
# 10 classes.
#
# **Predict.** How many parameters does it have?

# %%
guess = ...

reveal(guess, sum(p.size for p in nn.MLP([784, 300, 10]).parameters()), exercise="07.c")

# %% [markdown]
# It memorizes 1000 samples in ten epochs of ten batches:

# %%
patterns, digits = rng.random((10, 784)), rng.integers(10, size=1000)
images = (patterns[digits] + rng.random((1000, 784)) - 1).astype("float32")  # one pattern per class, plus noise
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
# If you are stuck, `nn.exercises.hint("07.1")` gives a hint for exercise 1, and `nn.exercises.hint("07.1", 2)` a
# stronger one.
#
# **1.** Let $E = \frac12 (y - t)^2$ and $y = \sigma(u)$. Write $\delta$ of this output unit in terms of `y` and `t`.


# %%
def output_delta(y, t): ...


check(output_delta, exercise="07.1")

# %% [markdown]
# **2.** Write the deltas of a tanh layer for a batch with samples in rows. You are given the deltas of the next layer,
# its weight of shape (out, in), and the outputs `y` of the tanh layer.


# %%
def hidden_delta(next_delta, next_weight, y): ...


check(hidden_delta, exercise="07.2")

# %% [markdown]
# **3.** A batch has five samples and three classes, and the loss is the *mean* cross-entropy after softmax. Write the
# gradient with respect to the scores in terms of the probabilities `p` and the one-hot targets `t`, both of shape (5,
# 3).


# %%
def score_gradient(p, t): ...


check(score_gradient, exercise="07.3")

# %% [markdown]
# **4.** Three hidden units with the outputs $h = (0.2, 0.6, 0.9)$ are connected to two output units with softmax and
# cross-entropy. The outputs are $o = (0.7, 0.3)$, and the correct class is the first. What is the gradient of the
# weight from the *second* hidden unit to the *first* output unit?

# %%
answer_4 = ...

check(answer_4, exercise="07.4")

# %% [markdown]
# **5.** Back to Mazur's network. The weight $w_1$ connects $x_1 = 0.05$ with the first hidden unit. Its old value is
# 0.15. What is its new value after one step with a learning rate of 0.5? The deltas of the outputs are 0.138498562 and
# -0.038098237, the weights from the first hidden unit to the outputs are 0.40 and 0.50, and the output of that unit is
# 0.593269992. Give six digits.

# %%
answer_5 = ...

check(answer_5, exercise="07.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** The derivative of the error with respect to $y$ is $y - t$, and $\sigma' = y (1 - y)$.
#
# ```python
# def output_delta(y, t):
#     return (y - t) * y * (1 - y)
# ```
#
# **2** The samples are rows, so the sum over the units of the next layer is a matrix product with the weight on the
# right.
#
# ```python
# def hidden_delta(next_delta, next_weight, y):
#     return (next_delta @ next_weight) * (1 - y**2)
# ```
#
# **3** The gradient is $P - T$, divided by 5 for the mean over the batch.
#
# ```python
# def score_gradient(p, t):
#     return (p - t) / 5
# ```
#
# **4** The gradient is $h_2 (o_1 - t_1)$.
#
# ```python
# answer_4 = 0.6 * (0.7 - 1)
# ```
#
# **5** First, $\delta = (0.138498562 \cdot 0.40 - 0.038098237 \cdot 0.50) \cdot 0.593269992 \cdot (1 - 0.593269992)$.
# The step is then $0.5 \cdot \delta \cdot 0.05$.
#
# ```python
# answer_5 = 0.149781
# ```
#
# </details>

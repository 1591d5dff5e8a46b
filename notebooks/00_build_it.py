# %% [markdown]
# # 00. Build it
#
# *About 60 minutes, with the exercises.*
#
# Libraries like PyTorch and this one differentiate programs: you write how a number is computed, and they return the
# derivative with respect to every input. In this notebook you build such an *autodiff engine* yourself, from nothing
# but Python and NumPy. It takes 60 lines. At the end it trains a neural network, next to this library and PyTorch, and
# all three find the same numbers.
#
# You need to know Python functions and classes, and what a derivative is. Matrices appear in the second half.
#
# - **Seven gaps** in the engine are yours to fill: the dots `...` in functions whose names begin with `my_`. A check
#   after each gap tests your piece against the library. If a piece is missing or wrong, the notebook goes on with a
#   finished one, so you can leave a gap open and come back. The solutions are at the very end.
# - **Two sittings.** After section 5, the engine for single numbers is finished. Sections 6 to 8, on arrays and
#   networks, can wait for another day: run all cells above them again, and go on.
# - **Predict, then see.** Before an important output, a cell asks for your guess. Replace its dots and run it. Wrong
#   guesses help too: you will remember the surprise. To start without the stored outputs, choose *Clear Outputs of All
#   Cells* in the menu *Edit*.
#
# The finished engine is in [tiny_engine.py](tiny_engine.py). Do not read it yet. To run this notebook elsewhere, copy
# that file and [workbench.py](workbench.py) along with it.

# %%
from importlib.util import find_spec

import numpy as np
from workbench import example, ordering, part

import nn
import nn.plot
import optim
from autograd import draw, grad, tensor
from nn.exercises import reveal

# %% [markdown]
# ## 1. Numbers that remember
#
# To differentiate a result, we must know how it was computed. A plain number does not tell. So we wrap each number in a
# `Value`, which remembers the operation that produced it and the operands. The attribute `grad` will hold the
# derivative; for now, it is `None`.


# %%
class Value:
    """A number, how it was computed, and the gradient of the result with respect to it."""

    __array_ufunc__ = None  # with this, `array * value` calls our __rmul__

    def __init__(self, data, op=None, operands=(), name=None):
        self.data = np.asarray(data, dtype=float)
        self.op, self.operands, self.name, self.grad = op, operands, name, None

    def __add__(self, other):
        return apply("+", self, other)

    def __sub__(self, other):
        return apply("-", self, other)

    def __mul__(self, other):
        return apply("*", self, other)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        return apply("tanh", self)


FORWARD = {"+": np.add, "-": np.subtract, "*": np.multiply, "tanh": np.tanh}


def apply(op, *operands):
    """Compute an operation, and remember it."""
    operands = tuple(v if isinstance(v, Value) else Value(v) for v in operands)
    return Value(FORWARD[op](*(v.data for v in operands)), op, operands)


# %% [markdown]
# Python calls `__mul__` for `*` and `__add__` for `+`, so we can compute with `Value`s as with numbers. Names help us
# recognize them later.

# %%
a = Value(2.0, name="a")
b = Value(-3.0, name="b")
c = a * b
s = c + a
y = s * c
c.name, s.name, y.name = "c", "s", "y"

print("y is", y.data)
print("it was computed by", y.op, "from", [v.name for v in y.operands])

# %% [markdown]
# Each operand remembers its own operands, so the values form a *graph*. The library can draw graphs, but only those of
# its own Tensors. We therefore replay our graph with Tensors, operation by operation, and copy our gradients onto them.
# The picture then shows **our** graph with the gradients of **our** engine; the library only draws it.


# %%
def replay(value, made):
    """The Tensor that the library computes by the same operations. `made` collects one for each Value."""
    if value not in made:
        if value.op is None:
            made[value] = tensor(value.data, requires_grad=True)
        else:
            made[value] = FORWARD[value.op](*[replay(v, made) for v in value.operands])
        made[value].name = value.name
    return made[value]


def picture(result, direction="LR"):
    """Our graph, drawn by the library."""
    made = {}
    output = replay(result, made)
    for value, twin in made.items():
        assert np.allclose(twin.data, value.data)
        twin.grad = value.grad
    return draw(output, grads="live", direction=direction)


picture(y)

# %% [markdown]
# Two arrows leave `c`, because it is used twice. This will become important.
#
# ## 2. One step back
#
# We want the derivative of the result with respect to every value in the graph. The chain rule lets us compute it one
# operation at a time. Take an operation $y = f(a, b)$ in the middle of a long computation, and suppose that we
# already know $g$, the derivative of the final result with respect to $y$. Then the operands receive
#
# $$g \, \frac{\partial y}{\partial a} \qquad\text{and}\qquad g \, \frac{\partial y}{\partial b}.$$
#
# This is the *rule* of the operation. It does not depend on the rest of the program. As a function, a rule takes `g`,
# the result `y` and the operands, and returns one gradient for each operand. The rules of `+` and `-` pass `g` on;
# the second operand of `-` receives it with the opposite sign.

# %%
RULES = {
    "+": lambda g, y, a, b: (g, g),
    "-": lambda g, y, a, b: (g, -g),
    None: lambda g, y: (),  # an input has no operands
}

# %% [markdown]
# **Exercise 1.** Write the rule of the product, $y = a b$. What does `a` receive, and what does `b` receive?


# %%
def my_product_rule(g, y, a, b):
    return ..., ...


RULES["*"] = part(my_product_rule, lambda g, y, a, b: grad(lambda a, b: g * (a * b), argnums=(0, 1))(a, b))

# %% [markdown]
# **Exercise 2.** Write the rule of $y = \tanh a$. The derivative of tanh is $1 - \tanh^2 a$, and there is no need to
# compute tanh again. The comma makes the answer a tuple with one entry, because there is one operand.


# %%
def my_tanh_rule(g, y, a):
    return (...,)


RULES["tanh"] = part(
    my_tanh_rule,
    lambda g, y, a: (grad(lambda a: g * np.tanh(a))(a),),
    at=lambda random: (random.normal(), np.tanh(a := random.normal()), a),
)

# %% [markdown]
# <details>
# <summary>A slip on a slide</summary>
#
# It is easy to evaluate the derivative at the wrong place. Alasdair Newson's lecture (Télécom Paris) derives the
# gradient of one neuron, $y = f(wx + b)$, and says that the derivative of $f$ is "evaluated at $f(wx + b)$". But it has
# to be evaluated at the *input* of $f$, which is $wx + b$. For tanh, we can express this derivative through the output,
# as $1 - y^2$. But $f'(y)$ is a different number.
#
# </details>

# %% [markdown]
# Now we can apply the rules to our graph. This function returns what one value sends to each of its operands:


# %%
def contributions(value):
    """The operands of a value, each with the gradient that the value sends to it."""
    gradients = RULES[value.op](value.grad, value.data, *[v.data for v in value.operands])
    return list(zip(value.operands, gradients, strict=True))


y.grad = 1.0  # the derivative of y with respect to itself
for operand, gradient in contributions(y):
    print(f"y sends {gradient} to {operand.name}")

# %% [markdown]
# ## 3. In which order?
#
# `y` has sent $-4$ to `c`. May `c` now send its own contributions to `a` and `b`? Not yet: `s` will send something to
# `c` as well, and `c` must pass on the sum of both. In general, **a value may send only after every value that was
# computed from it has sent.**
#
# To guarantee this, we list the values so that each one comes after its operands, and go through the list backwards.
# Such a list is called a *topological order* of the graph.
#
# **Exercise 3.** Write a function that returns a topological order of the graph of a result: every value exactly once,
# and each after its operands. The result itself comes last. One way is a recursive function that first visits the
# operands of a value and then appends the value, unless it is already in the list.


# %%
def my_topological_order(result): ...


topological_order = part(my_topological_order, "ordered", tried=ordering)
print("topological order:", [v.name for v in topological_order(y)])

# %% [markdown]
# ## 4. The backward pass
#
# The backward pass
#
# 1. sets `grad` of every value in the graph to 0,
# 2. sets `grad` of the result to 1,
# 3. goes through the topological order backwards; each value adds its contributions to the gradients of its operands.
#
# **Exercise 4.** Write it. Use `topological_order` and `contributions`.


# %%
def my_backward(result): ...


def gradients_by(backward):
    """The function that computes the two gradients of an example with this backward pass."""

    def gradients(a, b):
        a, b = Value(a), Value(b)
        backward(example(a, b))
        return a.grad, b.grad

    return gradients


backward = part(my_backward, grad(example, argnums=(0, 1)), tried=gradients_by, at=(0.0, 0.0))

# %% [markdown]
# **Predict.** In our graph, $c = -6$, $s = c + a = -4$ and $y = s c$. What is the derivative of $y$ with respect to
# $c$?

# %%
guess = ...

backward(y)
reveal(guess, c.grad, exercise="00.a")

# %% [markdown]
# <details>
# <summary>Why?</summary>
#
# `c` is used twice. Directly in $y = s c$, where it receives $s = -4$, and through $s = c + a$, which receives $c = -6$
# and passes it on. The sum is $-10$. If you guessed $-4$ or $-6$, you have seen only one of the two paths.
#
# </details>

# %% [markdown]
# Here is the whole graph with the gradients that our engine has found:

# %%
picture(y)

# %% [markdown]
# Is the engine right for *other* programs too? The next cell generates 100 random programs from our four operations,
# differentiates each with our engine and with the library, and prints the largest difference.


# %%
def random_program(random):
    """The result of ten random operations on three random numbers."""
    values = [Value(number) for number in random.normal(size=3)]
    for _ in range(10):
        op = random.choice(["+", "-", "*", "tanh"])
        chosen = random.choice(len(values), size=1 if op == "tanh" else 2)
        values.append(apply(op, *[values[i] for i in chosen]))
    return values[-1]


random, largest, compared = np.random.default_rng(0), 0.0, 0
for _ in range(100):
    result = random_program(random)
    backward(result)
    twins = {}
    replay(result, twins).backward()
    for value, twin in twins.items():
        if value.op is None:
            largest = max(largest, abs(value.grad - twin.grad) / max(1.0, abs(twin.grad)))
            compared += 1
print(f"{compared} gradients, largest relative difference: {largest:.0e}")

# %% [markdown]
# What is a gradient good for? It tells us how to make the result smaller: a small step *against* it.
#
# **Exercise 5.** Write one step of gradient descent. Move the `data` of every parameter against its gradient, by the
# learning rate `lr` times the gradient.


# %%
def my_descend(parameters, lr): ...


def moved(descend):
    """The function that returns a parameter after one step, or None if the step did nothing."""

    def after(start, gradient, lr):
        p = Value(start)
        p.grad = gradient
        descend([p], lr)
        return None if p.data == start else p.data

    return after


def moved_by_the_library(start, gradient, lr):
    p = tensor(start, requires_grad=True)
    p.grad = np.array(gradient)
    optim.SGD([p], lr=lr).step()
    return p


descend = part(
    my_descend,
    moved_by_the_library,
    tried=moved,
    at=lambda random: (random.normal(), random.normal(), random.uniform(0.1, 0.5)),
)

# %% [markdown]
# ## 5. The same algorithm on a slide
#
# Alasdair Newson's lecture on neural networks (Télécom Paris) summarizes the algorithm in six lines, where
# $v_1, \dots, v_V$ is a topological order.
#
# ```
# 1   θ ← initialize the parameters
# 2   for i = 1 to V:
# 3       compute the v_j's as a function of Ch(v_i)           (forward pass)
# 4   for i = V to 1:
# 5       θ_i = θ_i - α dL/dθ_i                                (gradient of parameters)
# 6       dv_i = Σ dv_j · ∂v_j/∂v_i, sum over j in Ch(v_i)     (backward pass)
# ```
#
# According to an earlier slide, a node "receives the gradients from the children nodes" and passes them back to its
# parents. So the *children* $\mathrm{Ch}(v)$ are the values computed from $v$, and the *parents* $\mathrm{Pa}(v)$ are
# its operands. First we run both loops as they are *meant*, step by step, on our graph.


# %%
def children(value, order):
    """The values that are computed from this one."""
    return [v for v in order if value in v.operands]


def share(child, value):
    """What a child adds to the gradient of a value: dv_j · ∂v_j/∂v_i."""
    return sum(gradient for operand, gradient in contributions(child) if operand is value)


order = topological_order(y)
print("forward    value   parents   children")
for v in order:
    parents, users = (" ".join(u.name for u in group) for group in (v.operands, children(v, order)))
    print(f"{v.name:>4} {v.data:12g}   {parents or '-':9} {users or '-'}")

print("\nbackward")
for v in reversed(order):
    shares = [(child, share(child, v)) for child in children(v, order)]
    v.grad = sum(amount for _, amount in shares) if shares else 1.0
    terms = " + ".join(f"({amount:g} from {child.name})" for child, amount in shares)
    print(f"{v.name:>4} {v.grad:12g}   {'= ' + terms if terms else 'the result'}")

# %% [markdown]
# These are the gradients in the picture. Line 6 computes the same sums as our backward pass from the other end: our
# values *send* contributions to their operands, and the values on the slide *collect* them from their children.
#
# Taken literally, the listing has four slips. We find them by executing it as printed.
#
# **Predict.** Line 3 computes each value from its *children*. For how many of our five values does that work?

# %%
guess = ...

known = set()
for v in order:
    users = children(v, order)
    if users and all(user in known for user in users):
        known.add(v)
reveal(guess, len(known), exercise="00.b")

# %% [markdown]
# <details>
# <summary>Find 1: children for parents</summary>
#
# For none. The children of a value are computed from it, so they are not known yet. Line 3 should say: compute $v_i$ as
# a function of $\mathrm{Pa}(v_i)$. Line 6 uses $\mathrm{Ch}$ correctly, so the listing uses one symbol with two
# opposite meanings.
#
# </details>

# %% [markdown]
# **Predict.** Assume a correct forward pass. Line 6 now sums over the children, starting with the last value, `y`. What
# is the gradient of `a`?

# %%
guess = ...

for v in reversed(order):
    v.grad = sum(share(child, v) for child in children(v, order))
reveal(guess, a.grad, exercise="00.c")

# %% [markdown]
# <details>
# <summary>Find 2: no starting value</summary>
#
# The result has no children, so its sum is empty and $dv_V = 0$. Every other gradient is then 0 as well. The listing
# lacks $dv_V = 1$, which is step 2 of our backward pass.
#
# </details>

# %% [markdown]
# Line 5 updates a parameter *inside* the backward loop, even before line 6 has computed its gradient. We give the
# listing the benefit of the doubt and swap these two lines. The next cell trains two weights,
# $E = (w_2 \tanh(w_1 x) - t)^2$, and compares both gradients with the correct ones.
#
# **Predict.** How many of the two gradients are wrong?

# %%
guess = ...


def two_weights():
    w1, w2 = Value(0.8, name="w1"), Value(-0.5, name="w2")
    d = (w1 * 1.5).tanh() * w2 - 1.0
    return w1, w2, d * d


def as_listed(w1, w2, E, lr):
    """Lines 4 to 6, with a start at 1, and with the update after the gradient but still inside the loop."""
    order = topological_order(E)
    for v in reversed(order):
        v.grad = 1.0 if v is E else sum(share(child, v) for child in children(v, order))
        if v in (w1, w2):
            descend([v], lr)
    return w1.grad, w2.grad


w1, w2, E = two_weights()
backward(E)
correct = [w1.grad, w2.grad]
listed = as_listed(*two_weights(), lr=0.5)
wrong = sum(not np.isclose(one, other) for one, other in zip(correct, listed, strict=True))
reveal(guess, wrong, exercise="00.d")

# %% [markdown]
# <details>
# <summary>Find 3: updates that come too early</summary>
#
# One: the gradient of $w_1$. It contains the factor $w_2$, and the loop has already changed $w_2$ when it is computed.
# All gradients have to be complete before the first update.
#
# This slip also explains a well-known number. A popular worked example prints the error .291027924, which results only
# if the output weights change before the hidden gradients are computed.
# [Notebook 07](07_backpropagation.ipynb) reproduces both versions.
#
# </details>

# %% [markdown]
# The fourth find needs no experiment. Here is the corrected listing; our training loop in section 7 follows it. Which
# line repairs the fourth slip?
#
# ```
# θ ← initialize the parameters
# repeat:
#     for i = 1 to V:      compute v_i from Pa(v_i)
#     dv_V = 1
#     for i = V-1 to 1:    dv_i = Σ dv_j · ∂v_j/∂v_i, sum over j in Ch(v_i)
#     for every parameter: θ = θ - α dθ
# ```

# %% [markdown]
# <details>
# <summary>Find 4: a single step</summary>
#
# Lines 2 to 6 run once, so each parameter takes a single step. Training repeats them, as `repeat` says.
#
# </details>

# %% [markdown]
# ## 6. Arrays
#
# A network has thousands of numbers. With one `Value` for each, the engine would be slow and the graph unreadable. But
# `data` may just as well be an array. Networks need two more operations, the matrix product and the sum of all entries:

# %%
FORWARD |= {"@": np.matmul, "sum": np.sum}
RULES["sum"] = lambda g, y, a: (g * np.ones_like(a),)  # every entry counts once
Value.__matmul__ = lambda self, other: apply("@", self, other)
Value.sum = lambda self: apply("sum", self)

# %% [markdown]
# NumPy *broadcasts*, and this needs care: if we add `b` of shape (3,) to `X` of shape (4, 3), it uses `b` again in
# each of the four rows.
#
# **Predict.** Which shape does the gradient have that the rule of `+` sends to `b`? Answer with a tuple.

# %%
guess = ...

X, b = Value(np.zeros((4, 3))), Value(np.zeros(3))
Y = X + b
Y.grad = np.ones((4, 3))
(_, for_X), (_, for_b) = contributions(Y)
reveal(guess, for_b.shape, exercise="00.e")

# %% [markdown]
# <details>
# <summary>Why is that a problem?</summary>
#
# The rule passes on `g` unchanged, in the shape of the result, (4, 3). But `b` has three entries, so its gradient must
# have three entries too. Each of them was used four times, once per row, so its four contributions must be added. The
# same happened to `c` above, which was used twice.
#
# </details>

# %% [markdown]
# **Exercise 6.** Write a function that sums a gradient `g` over every axis along which NumPy has repeated an array of
# the given shape. There are two cases: NumPy adds missing axes in front, as from (3,) to (4, 3), and it stretches axes
# of length 1, as from (4, 1) to (4, 3). The answer must have the given shape. `sum` accepts a tuple of axes, and with
# `keepdims=True` it keeps the summed axes, with length 1.


# %%
def my_unbroadcast(g, shape): ...


SHAPES = [(3,), (4, 1), (1, 3), (4, 3), (1, 1), ()]

unbroadcast = part(
    my_unbroadcast,
    lambda g, shape: grad(lambda x: np.sum(g * np.broadcast_to(x, g.shape)))(np.zeros(shape)),
    at=lambda random: (random.normal(size=(4, 3)), SHAPES[random.integers(len(SHAPES))]),
)


def contributions(value):
    """The operands of a value, each with the gradient that the value sends to it."""
    gradients = RULES[value.op](value.grad, value.data, *[v.data for v in value.operands])
    pairs = zip(value.operands, gradients, strict=True)
    return [(v, unbroadcast(np.asarray(g), v.data.shape)) for v, g in pairs]


(_, for_X), (_, for_b) = contributions(Y)
print("X receives shape", for_X.shape, "and b receives", for_b)

# %% [markdown]
# **Exercise 7.** The last rule: $Y = A B$ for matrices. If `A` has the shape (n, k) and `B` the shape (k, m), then `g`
# has the shape (n, m). The shapes suggest the rule: which product of `g` with one of the two matrices, transposed with
# `.T` where necessary, has the shape of `A`? Which one has the shape of `B`?


# %%
def my_matmul_rule(g, y, a, b):
    return ..., ...


RULES["@"] = part(
    my_matmul_rule,
    lambda g, y, a, b: grad(lambda a, b: np.sum(g * (a @ b)), argnums=(0, 1))(a, b),
    at=[np.zeros((4, 3)), np.zeros((4, 3)), np.zeros((4, 2)), np.zeros((2, 3))],
)

# %% [markdown]
# ## 7. A network that learns
#
# The engine is complete. With it, a multi-layer perceptron is a short loop: each layer multiplies by its weights, adds
# its biases, and applies tanh.


# %%
def mlp(x, layers):
    """A multi-layer perceptron of tanh units. Each layer is a pair of weights and biases."""
    for weights, biases in layers:
        x = (x @ weights + biases).tanh()
    return x


# %% [markdown]
# The data are 200 points in two interleaved half circles, with the targets $-1$ and $1$. The network has 2 inputs, 8
# hidden units and 1 output. The loss is the mean squared error.

# %%
points, labels = nn.data.moons(200, noise=0.1, seed=0)
points, targets = points.astype(float), np.where(labels == 1, 1.0, -1.0)[:, None]

random = np.random.default_rng(1)
W1, b1 = random.normal(size=(2, 8)), np.zeros(8)
W2, b2 = random.normal(size=(8, 1)) / 3, np.zeros(1)


def start():
    """A network with the same weights every time."""
    return [(Value(W1, name="W1"), Value(b1, name="b1")), (Value(W2, name="W2"), Value(b2, name="b2"))]


def mean_squared_error(outputs, targets):
    difference = outputs - targets
    return (difference * difference).sum() * (1 / outputs.data.size)


# %% [markdown]
# **Predict.** How many `Value`s are in the graph of the loss of this network, with all 200 points? Count inputs,
# targets, parameters, constants and every result in between.

# %%
guess = ...

layers = start()
loss = mean_squared_error(mlp(Value(points, name="points"), layers), Value(targets, name="targets"))
loss.name = "loss"
backward(loss)
reveal(guess, len(topological_order(loss)), exercise="00.f")

# %% [markdown]
# <details>
# <summary>Count them</summary>
#
# There are 7 inputs: the points, the targets, two weights, two biases and the factor 1/200. Each layer adds 3 results
# (`@`, `+`, `tanh`), and the loss adds 4 (`-`, `*`, `sum`, `*`). That makes 17. The number of points does not matter:
# they are all in the same arrays. With one `Value` per number, there would be thousands.
#
# </details>

# %%
picture(loss, direction="TB")

# %% [markdown]
# Small arrays are printed in full, larger ones as mean, standard deviation, range and histogram. Every gradient has the
# shape of its value, and `b1` and `b2` show that `unbroadcast` does its work.
#
# Now the network learns, on the engine that you have built:

# %%
layers = start()
parameters = [p for layer in layers for p in layer]
history = []
for _ in range(500):
    loss = mean_squared_error(mlp(Value(points), layers), targets)
    backward(loss)
    descend(parameters, lr=0.2)
    history.append(loss.data.item())

answers = np.sign(mlp(Value(points), layers).data)
print(f"loss {history[0]:.3f} -> {history[-1]:.3f}, {np.mean(answers == targets):.1%} correct")

left, right = nn.plot.panels("learning", "the answers")
nn.plot.lines({"loss": history}, range(500), ax=left, xlabel="step")
ax = nn.plot.decision_boundary(lambda x: mlp(Value(x), layers).data, points, labels, ax=right)

# %% [markdown]
# How did it get there? The next cell trains once more, keeps the weights now and then, and makes a picture of each.
# Move the slider, or press *play*.

# %%
layers = start()
parameters = [p for layer in layers for p in layer]
kept = {}
for step in range(501):
    if step in (0, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 250, 300, 350, 400, 500):
        kept[step] = [(Value(w.data), Value(b.data)) for w, b in layers]
    backward(mean_squared_error(mlp(Value(points), layers), targets))
    descend(parameters, lr=0.2)


def boundary(step, ax):
    """What the network answers in the plane, after some steps."""
    nn.plot.decision_boundary(
        lambda x: mlp(Value(x), kept[step]).data, points[::2], labels[::2], resolution=40, legend=False, ax=ax
    )


nn.plot.frames(boundary, kept, name="step", start=-1)

# %% [markdown]
# ## 8. The library, and PyTorch
#
# We train the same network with this library. So that the numbers can be compared, it starts from the same weights. The
# library stores the weights of a layer with one row per unit, hence the transposes.

# %%
model = nn.MLP([2, 8, 1], "tanh", "tanh", dtype="float64")
for layer, (w, b) in zip((model[0], model[2]), [(W1, b1), (W2, b2)], strict=True):
    layer.weight.data, layer.bias.data = w.T.copy(), b.copy()

# %% [markdown]
# The training loop takes ten lines:

# %%
ours = []
optimizer = optim.SGD(model.parameters(), lr=0.2)
criterion = nn.MSELoss()
for _ in range(500):
    optimizer.zero_grad()
    outputs = model(points)
    loss = criterion(outputs, targets)
    loss.backward()
    optimizer.step()
    ours.append(loss.item())

# %% [markdown]
# One line is new, `zero_grad()`. Our backward pass starts from 0 each time, but this library and PyTorch *add* to the
# existing gradients. This is useful if a batch does not fit into memory, and a common mistake is to forget the reset.
#
# In PyTorch, the ten lines are the same. If PyTorch is not installed, this cell is skipped, and the last column of the
# table stays empty. The stored output comes from a run with PyTorch.

# %%
theirs = None
if find_spec("torch"):
    import torch

    hidden, output = torch.nn.Linear(2, 8), torch.nn.Linear(8, 1)
    model = torch.nn.Sequential(hidden, torch.nn.Tanh(), output, torch.nn.Tanh()).double()
    with torch.no_grad():
        for parameter, initial in zip(model.parameters(), [W1.T, b1, W2.T, b2], strict=True):
            parameter.copy_(torch.tensor(initial))

    theirs = []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    criterion = torch.nn.MSELoss()
    for _ in range(500):
        optimizer.zero_grad()
        outputs = model(torch.tensor(points))
        loss = criterion(outputs, torch.tensor(targets))
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())

# %%
print("step    your engine     chainrule       PyTorch")
for i in (0, 1, 10, 100, 499):
    third = f"{theirs[i]:13.10f}" if theirs else ""
    print(f"{i:4}  {history[i]:13.10f} {ours[i]:13.10f} {third}")

# %% [markdown]
# All three engines compute the same numbers. The two libraries have hundreds of operations instead of six, and much
# that 60 lines cannot offer: second derivatives, convolutions, checkpoints, helpful error messages, speed. But they
# work as your engine does: values remember how they were computed, every operation has a rule, and the backward pass
# goes through the graph in reverse topological order.
#
# | where to go next | |
# |---|---|
# | the chain rule with numbers, on one neuron | [notebook 01](01_one_neuron.ipynb) |
# | shapes, broadcasting and transposes | [notebook 03](03_tensors.ipynb) |
# | how to find a wrong rule | [notebook 05](05_gradient_checking.ipynb) |
# | the whole engine in one file | [tiny_engine.py](tiny_engine.py) |

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Each factor receives `g` times the other factor.
#
# ```python
# def my_product_rule(g, y, a, b):
#     return g * b, g * a
# ```
#
# **2** `y` is already $\tanh a$.
#
# ```python
# def my_tanh_rule(g, y, a):
#     return (g * (1 - y**2),)
# ```
#
# **3** A value is appended after its operands, and only once.
#
# ```python
# def my_topological_order(result):
#     order = []
#
#     def visit(value):
#         if value not in order:
#             for operand in value.operands:
#                 visit(operand)
#             order.append(value)
#
#     visit(result)
#     return order
# ```
#
# **4** Contributions are *added*, because a value may be used several times.
#
# ```python
# def my_backward(result):
#     order = topological_order(result)
#     for value in order:
#         value.grad = np.zeros_like(value.data)
#     result.grad = np.ones_like(result.data)
#     for value in reversed(order):
#         for operand, gradient in contributions(value):
#             operand.grad = operand.grad + gradient
# ```
#
# **5** The gradient points uphill, so the step goes the other way.
#
# ```python
# def my_descend(parameters, lr):
#     for p in parameters:
#         p.data = p.data - lr * p.grad
# ```
#
# **6** First the axes in front, then those of length 1.
#
# ```python
# def my_unbroadcast(g, shape):
#     g = g.sum(axis=tuple(range(g.ndim - len(shape))))
#     return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
# ```
#
# **7** (n, m) times (m, k) gives (n, k), and (k, n) times (n, m) gives (k, m).
#
# ```python
# def my_matmul_rule(g, y, a, b):
#     return g @ b.T, a.T @ g
# ```
#
# </details>

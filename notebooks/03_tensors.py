# %% [markdown]
# # 03. Tensors and broadcasting
#
# *About 35 minutes, with the exercises.*
#
# Networks compute with arrays: a batch of samples, a matrix of weights. The chain rule stays the same, but its sums
# over paths are now hidden in the shapes. One rule helps throughout: **a gradient has the same shape as the array it
# belongs to**, because it holds one derivative for each entry.

# %%
import numpy as np

import nn
import nn.plot
from autograd import draw, explain, grad, tensor
from nn.exercises import check, reveal

# %% [markdown]
# ## One derivative per entry
#
# A loss is a single number. Its gradient with respect to an array says, for every entry, how the loss changes when this
# entry grows.

# %%
x = tensor([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]], requires_grad=True, name="x")
loss = (x**2).sum()
loss.backward()
ax = nn.plot.matrices({"x": x, "d loss / d x": x.grad})

# %% [markdown]
# If the result is not a single number, `backward()` does not know where to start. Should it differentiate one of the
# entries, or their sum? It asks you to decide.

# %%
try:
    (x**2).backward()
except ValueError as error:
    print(error)

# %% [markdown]
# The backward pass therefore always carries an array $G$ from the right: the derivative of the loss with respect to
# each entry of a result. An elementwise operation multiplies $G$ by its own derivative, entry by entry. In this example
# that gives $G \cdot 2x$.
#
# ## Broadcast forward, sum backward
#
# It gets more interesting when an array meets a larger one. NumPy then *broadcasts*: it behaves as if the row `b` were
# repeated until its shape fits.

# %%
X = tensor(np.arange(12.0).reshape(4, 3), name="X")
b = tensor([10.0, 20.0, 30.0], requires_grad=True, name="b")
Y = X + b
ax = nn.plot.matrices({"X": X, "b": b, "X + b": Y})

# %% [markdown]
# **Predict.** The next cell multiplies `Y` by the array `G` entry by entry, and adds everything up. The first column of
# `G` is 1, 1, 2, 0. What is the derivative of the loss with respect to `b[0]`, which is 10?

# %%
guess = ...

G = np.array([[1.0, 2.0, 0.0], [1.0, -1.0, 0.0], [2.0, 0.0, 3.0], [0.0, 0.0, 1.0]])
loss = (Y * G).sum()
loss.name = "loss"
reveal(guess, loss.gradient(b, retain_graph=True)[0][0], exercise="03.a")

# %% [markdown]
# If `b[0]` grows, four entries of the result grow with it. There are four paths from `b[0]` to the loss, and the
# derivatives along them add up:

# %%
print(explain(loss, b, at=0))

# %% [markdown]
# So the gradient of `b` is the sum of $G$ over the axis along which `b` was repeated. **Whatever is broadcast in the
# forward pass is summed in the backward pass.** The reverse holds as well: `sum` adds up entries in the forward pass,
# and its gradient is broadcast back to them.

# %%
loss.backward()
ax = nn.plot.matrices({"G": G, "d loss / d b": b.grad})

# %% [markdown]
# Here the backward pass adds up the rows of $G$ one after the other. Every row is what one sample contributes.


# %%
def added(rows, ax):
    """The first rows of G, and their sum."""
    taken = np.where(np.arange(4)[:, None] < rows, G, 0)
    nn.plot.matrices({"G": G, "added so far": taken, "gradient of b": taken.sum(axis=0)}, ax=ax)


nn.plot.frames(added, range(5), name="rows added", start=4, size=(5.6, 2.2))

# %% [markdown]
# An axis can be broadcast in two ways: either it was missing (NumPy adds missing axes in front), or it had length 1.
# When a column meets a row, both happen.

# %%
column = tensor([[1.0], [2.0], [3.0], [4.0]], requires_grad=True, name="column")
row = tensor([10.0, 20.0, 30.0], requires_grad=True, name="row")
((column + row) * G).sum().backward()
ax = nn.plot.matrices({"G": G, "column": column.grad, "row": row.grad})

# %% [markdown]
# Here is the rule as code. The engine implements it in a single place, so the gradient rules of the operations need not
# deal with shapes:


# %%
def unbroadcast(g, shape):
    """Sum g over the axes along which an array of this shape was broadcast."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] > 1)
    return g.sum(axis=stretched, keepdims=True)


print(unbroadcast(G, (3,)), unbroadcast(G, (4, 1)).ravel(), unbroadcast(G, ()))

# %% [markdown]
# ## A common trap
#
# Broadcasting also works where nobody wants it.
#
# **Predict.** Four predictions have the shape (4, 1), and four targets the shape (4,). Which shape does their
# difference have? Answer with a tuple.

# %%
guess = ...

prediction = np.array([[1.0], [2.0], [3.0], [4.0]])
target = np.array([1.0, 2.0, 3.0, 4.0])
reveal(guess, (prediction - target).shape, exercise="03.b")

# %% [markdown]
# The difference is a column minus a row: every prediction is compared with every target.

# %%
ax = nn.plot.matrices({"prediction": prediction, "target": target, "prediction - target": prediction - target})

# %% [markdown]
# The predictions are perfect, but the mean squared difference is not zero, and training would move away from the
# solution. NumPy raises no error and gives no warning. This is why the losses in `nn` insist on equal shapes:

# %%
try:
    nn.MSELoss()(prediction, target)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Matrix products
#
# A layer computes $Y = X W$ for 4 samples with 3 features each and 2 outputs. $G$ has the shape of $Y$. What are the
# gradients of $X$ and $W$? The shapes leave hardly any choice. $W$ has the shape (3, 2). To get there from (4, 3) and
# (4, 2) with a matrix product, we have to sum over the four samples:
#
# $$\frac{\partial L}{\partial W} = X^\top G \qquad\qquad \frac{\partial L}{\partial X} = G\, W^\top$$

# %%
rng = np.random.default_rng(0)
X = tensor(rng.integers(-2, 3, (4, 3)).astype(float), requires_grad=True, name="X")
W = tensor(rng.integers(-2, 3, (3, 2)).astype(float), requires_grad=True, name="W")
Y = X @ W
loss = (Y**2).sum() / 2
Y.name, loss.name = "Y", "loss"
loss.backward()
ax = nn.plot.matrices({"X": X, "W": W, "G = Y": Y, "X.T @ G": X.T @ Y, "W.grad": W.grad})

# %%
print(explain(loss, W))

# %% [markdown]
# The sum over samples in $X^\top G$ has the same reason as before: every sample uses the same $W$, so there is one path
# through each sample.
#
# ## Sums, means, maxima
#
# | forward | backward |
# |---|---|
# | `sum` | every entry gets $G$ |
# | `mean` over $N$ entries | every entry gets $G / N$ |
# | `max` | the largest entry gets $G$, the others get 0 |

# %%
values = np.array([[1.0, 5.0, 2.0], [4.0, 0.0, 3.0]])
gradients = {f"gradient of x.{f.__name__}()": grad(f)(values) for f in (np.sum, np.mean, np.max)}
ax = nn.plot.matrices({"x": values, **gradients})

# %% [markdown]
# ## Picking entries
#
# The gradient of an indexing operation goes back to the entries that were picked. All other entries get zero. If an
# entry is picked twice, there are two paths to it.
#
# **Predict.** `x` has four entries, and the loss is the sum of `x[[0, 2, 2]]` times 10, 1 and 5. What is the gradient
# of `x`? Answer with a list.

# %%
guess = ...

x = tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True, name="x")
picked = x[[0, 2, 2]]
(picked * np.array([10.0, 1.0, 5.0])).sum().backward()
reveal(guess, x.grad.tolist(), exercise="03.c")

# %%
ax = nn.plot.matrices({"x": x, "x[[0, 2, 2]]": picked, "G": np.array([10.0, 1.0, 5.0]), "x.grad": x.grad})

# %% [markdown]
# Assigning to entries is harder, because the graph still needs the old values. Tensors therefore do not support item
# assignment. Instead, `at` creates a new Tensor, and gradients flow back only to the entries that were not replaced:

# %%
try:
    x[1] = 0.0
except TypeError as error:
    print(error)

x.grad = None
y = x.at[1].set(0.0)
(y**2).sum().backward()
ax = nn.plot.matrices({"x": x, "y": y, "x.grad": x.grad})

# %% [markdown]
# As in NumPy, slices, `reshape`, `.T` and `.numpy()` are *views*: they do not copy any numbers. The array that
# `x.numpy()` returns is read-only. To change the values of a leaf between two steps, as an optimizer does, write to
# `x.data`. If you do so too early, between the forward pass and `backward()`, you get an error:

# %%
loss = (x**2).sum()
x.data -= 0.1
try:
    loss.backward()
except RuntimeError as error:
    print(error)

# %% [markdown]
# ## All together
#
# A layer with a bias and a ReLU, applied to a batch of four samples. Look for the sums in the graph: where is the batch
# summed over?

# %%
X = tensor(rng.normal(size=(4, 3)).round(1), name="X")
W = tensor(rng.normal(size=(3, 2)).round(1), requires_grad=True, name="W")
b = tensor(np.zeros(2), requires_grad=True, name="b")
loss = np.mean((X @ W + b).relu())
loss.name = "loss"
loss.backward()
draw(loss, direction="TB")

# %%
print(explain(loss, b))

# %% [markdown]
# ## Exercises
#
# If you are stuck, `nn.exercises.hint("03.1")` gives a hint for exercise 1, and `nn.exercises.hint("03.1", 2)` a
# stronger one.
#
# **1.** `X` has the shape (5, 4), `w` the shape (4,) and `c` the shape (5, 1). The loss is `np.sum(X * w + c)`. What
# are the shapes of the gradients of `w` and `c`? Answer with two tuples.

# %%
shape_of_w = ...
shape_of_c = ...

check([shape_of_w, shape_of_c], exercise="03.1")

# %% [markdown]
# **2.** Let `loss = np.sum(C * (X + b))` with the matrix `C` below, `X` of shape (4, 3) and `b` of shape (3,). What is
# the gradient of `b`? Write it as an expression in `C`.

# %%
C = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0], [4.0, 0.0, 1.0], [1.0, 1.0, 2.0]])
answer_2 = ...

check(answer_2, exercise="03.2")

# %% [markdown]
# **3.** The weight of a layer has the shape (out, in), as in `nn.Linear`, so $Y = X W^\top$. Write the gradient of $W$
# for a given $G$.


# %%
def weight_gradient(G, X): ...


check(weight_gradient, exercise="03.3")

# %% [markdown]
# **4.** Let `loss = np.mean(a**2)`, where `a` has eight entries. Write the gradient of `a`.


# %%
def mean_square_gradient(a): ...


check(mean_square_gradient, exercise="03.4")

# %% [markdown]
# **5.** `x` has four entries, and `loss = np.sum(x[[3, 1, 3]])`. What is the gradient of `x`?

# %%
answer_5 = ...

check(answer_5, exercise="03.5")

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Each gradient has the shape of its own array.
#
# ```python
# shape_of_w = (4,)
# shape_of_c = (5, 1)
# ```
#
# **2** `b` was broadcast over the four rows, so the gradient is summed over them.
#
# ```python
# answer_2 = C.sum(axis=0)
# ```
#
# **3** The result has the shape (out, in). It comes from arrays of shape (batch, out) and (batch, in), so the batch is
# summed over.
#
# ```python
# def weight_gradient(G, X):
#     return G.T @ X
# ```
#
# **4** The mean contributes a factor of 1/8 to every entry.
#
# ```python
# def mean_square_gradient(a):
#     return 2 * a / 8
# ```
#
# **5** There are two paths to entry 3.
#
# ```python
# answer_5 = [0, 1, 0, 2]
# ```
#
# </details>

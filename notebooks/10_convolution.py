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
# # 10. Convolution
#
# In an image the same thing can be anywhere. A convolutional layer looks at every place with the same small weights. We
# build it up from a row of numbers to LeNet, the network that read zip codes in 1989, and train it on real digits.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
import nn.plot
import optim
from autograd import jacobian
from nn.exercises import check
from nn.functional import avg_pool2d, conv1d, conv2d, max_pool2d

# %% [markdown]
# ## Along a row
#
# A kernel of three numbers moves along a signal. At every place it is multiplied with the three numbers below it, and
# the products are added. The kernel $(-1, 0, 1)$ answers where the signal rises or falls.

# %%
signal = np.float64([0, 0, 0, 2, 2, 2, 2, 5, 5, 5, 1, 1, 1, 1])
kernel = np.float64([-1, 0, 1])


def along(x, k, **options):
    """A kernel moved along one row of numbers."""
    return conv1d(x[None], k[None, None], **options)[0]


figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.8), sharey=True)
axes[0].step(range(14), signal, where="mid", color=nn.plot.COLOURS[0])
axes[0].set_title("signal")
axes[1].axhline(0, color="0.8")
axes[1].plot(
    range(14), along(signal, kernel, padding=1), "o-", markersize=4, color=nn.plot.COLOURS[1], label="correlation"
)
axes[1].plot(
    range(14),
    along(signal, kernel, padding=1, flip=True),
    "s:",
    markersize=4,
    color=nn.plot.COLOURS[2],
    label="convolution",
)
axes[1].set_title("moved kernel (-1, 0, 1)")
axes[1].legend()
plt.show()

# %% [markdown]
# There are two curves, because there are two words. What this field calls convolution is a *correlation*:
# $y_p = \sum_k w_k x_{p+k}$. The *convolution* of mathematics mirrors the kernel first: $y_p = \sum_k w_k x_{p-k}$. The
# last value of each curve answers to the zeros that pad the signal.
#
# A network learns its kernels, and learns them mirrored if need be. So the difference matters only when you bring your
# own: `flip=True`.

# %%
print("np.correlate:", np.correlate(signal, kernel, "valid"))
print("as it is:    ", along(signal, kernel))
print("np.convolve: ", np.convolve(signal, kernel, "valid"))
print("flip=True:   ", along(signal, kernel, flip=True))

# %% [markdown]
# ## A linear layer with two savings
#
# The sums are linear, so there is a matrix. Here it is, for 7 numbers and a kernel of 3; it is the Jacobian. Most
# entries are zero (a unit sees only its neighbourhood), and all rows have the same three weights (they are shared).
# That is why the matrix has 35 entries and 3 parameters.

# %%
matrix = jacobian(lambda x: along(x, np.float64([1, 2, 3])))(np.zeros(7))
nn.plot.matrices({"the matrix of the kernel (1, 2, 3)": matrix})
plt.show()

# %% [markdown]
# A shared weight gets a gradient from every place, and they add up. For $L = \sum_p y_p$ the gradient of the first
# weight is the sum of all numbers that it ever met. Its form is a correlation again: of the input with the gradient
# above.

# %%
x, g = signal[:6], np.float64([1, -1, 2, 0])
by_engine = jacobian(lambda k: along(x, k))(kernel).T @ g
print("engine:", by_engine, " by hand:", np.correlate(x, g, "valid"))

# %% [markdown]
# ## Over an image
#
# In two dimensions nothing changes but the number of axes. Four kernels on a real digit, one of 1,797 that come with
# the library:

# %%
images, labels = nn.data.digits()
images = images.reshape(-1, 1, 8, 8)
kernels = {
    "horizontal edges": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "vertical edges": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}


def show(image, title="", ax=None):
    """Grey where the numbers are positive, blue where they are negative."""
    reach = np.abs(image).max()
    ax.imshow(np.where(image < 0, np.nan, image), cmap="Greys", vmin=0, vmax=reach)
    ax.imshow(np.where(image < 0, -image, np.nan), cmap="Blues", vmin=0, vmax=reach)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=9)
    ax.grid(False)
    ax.spines[:].set_visible(True)


digit = images[3:4]
figure, axes = plt.subplots(1, 5, figsize=(10, 2.3))
show(digit[0, 0], "a three", axes[0])
for ax, (name, kernel) in zip(axes[1:], kernels.items(), strict=True):
    show(conv2d(digit, np.float32(kernel)[None, None], padding=1)[0, 0], name, ax)
plt.show()

# %% [markdown]
# Move the digit, and the answer moves with it, without having learned anything about the new place:

# %%
edges = np.float32(kernels["vertical edges"])[None, None]
padded = np.pad(digit, ((0, 0), (0, 0), (2, 2), (2, 2)))
moved = np.roll(padded, (1, 2), axis=(2, 3))
answer = np.roll(conv2d(padded, edges), (1, 2), axis=(2, 3))
print(np.array_equal(answer[..., 2:, 2:], conv2d(moved, edges)[..., 2:, 2:]))

# %% [markdown]
# ## Stride, padding, size
#
# The kernel may move by more than one pixel (*stride* $s$), and start outside of the image, on *padding* of zeros ($p$
# on each side). With $n$ pixels and a kernel of $k$, the output has
#
# $$\left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# pixels: count the places where the kernel can start. We check the formula against the layers themselves.

# %%
settings = [(n, k, s, p) for n in range(5, 29) for k in range(1, 6) for s in range(1, 4) for p in range(3)]
sizes = [nn.Conv2d(1, 1, k, stride=s, padding=p)(np.zeros((1, 1, n, n), "float32")).shape[2] for n, k, s, p in settings]
right = sum(size == (n + 2 * p - k) // s + 1 for size, (n, k, s, p) in zip(sizes, settings, strict=True))
print(f"right for {right} of {len(settings)} settings")
print("28 pixels, kernel 5:", {f"stride {s}, padding {p}": (28 + 2 * p - 5) // s + 1 for s in (1, 2) for p in (0, 2)})

# %% [markdown]
# *Pooling* makes an image smaller without weights: every square gives its largest number, or its mean.

# %%
table = np.float64([[1, 2, 0, 1], [5, 3, 1, 0], [0, 2, 9, 4], [1, 1, 3, 8]])
pooled = {"largest": max_pool2d(table[None], 2)[0], "mean": avg_pool2d(table[None], 2)[0]}
nn.plot.matrices({"image": table, **pooled})
plt.show()

# %% [markdown]
# ## LeNet, 1989
#
# LeCun and others at Bell Labs wanted to read handwritten zip codes. Their network, on images of 16 by 16:
#
# - **H1**: 12 maps of 8 by 8 units, kernels of 5 by 5, stride 2. The 25 weights are shared over a map, but every unit
#   has a bias of its own;
# - **H2**: 12 maps of 4 by 4 units, each seeing 8 of the 12 maps before;
# - **H3**: 30 units, connected to all; then **10 outputs**.

# %%
lenet = nn.models.LeNet1989(rng=0)
nn.summary(lenet, np.zeros((1, 1, 16, 16), "float32"))

# %% [markdown]
# Count the connections, with the bias as one more input: H1 has 768 units, and each sees 25 pixels and a bias. That
# makes 19,968 connections, but only 1,068 parameters.

# %%
h1 = 768 * (25 + 1), 12 * 25 + 768
h2 = 192 * (8 * 25 + 1), 12 * 8 * 25 + 192
h3 = 30 * (192 + 1), 30 * (192 + 1)
out = 10 * (30 + 1), 10 * (30 + 1)
connections, parameters = np.sum([h1, h2, h3, out], axis=0).tolist()
print("       connections  parameters")
for name, row in {"H1": h1, "H2": h2, "H3": h3, "output": out, "total": (connections, parameters)}.items():
    print(f"{name:6} {row[0]:11,} {row[1]:11,}")

assert [h1, h2, h3, out] == [(19_968, 1_068), (38_592, 2_592), (5_790, 5_790), (310, 310)]
assert connections == lenet.connections == 64_660
assert parameters == sum(p.size for p in lenet.parameters()) == 9_760
print("units:", 256 + 768 + 192 + 30 + 10)

# %% [markdown]
# Without sharing and neighbourhoods, H1 alone would have $768 \cdot 256 = 196{,}608$ weights. (A slide has 199,608, a
# slip of one digit.)
#
# Now we train it. Our digits have 8 by 8 pixels, so every pixel becomes four. As in the paper, the image and the
# targets are between -1 and 1, all units are tanh, and the loss is the squared error.

# %%
large = 2 * np.kron(images, np.ones((2, 2), "float32")) - 1
x_train, x_test, y_train, y_test = nn.data.train_test_split(large, labels, test_size=0.2, stratify=labels, seed=0)


def target(y):
    """1 at the right digit, -1 elsewhere."""
    return (2 * nn.data.one_hot(y, 10) - 1).astype("float32")


first = lenet.h1.weight.numpy().copy()
history = nn.fit(
    lenet,
    (x_train, target(y_train)),
    loss=nn.MSELoss(),
    optimizer=lambda p: optim.Adam(p, lr=0.003),
    epochs=20,
    seed=0,
    show=False,
)
answers = nn.predict(lenet, x_test).argmax(axis=1)
print(f"loss {history['loss'][0]:.3f} -> {history['loss'][-1]:.3f}")
print(f"{np.mean(answers == y_test):.1%} of the test digits right")

# %% [markdown]
# Which digits are taken for which?

# %%
figure, ax = plt.subplots(figsize=(4.6, 4.4))
nn.plot.confusion_matrix(answers, y_test, ax=ax)
plt.show()

# %% [markdown]
# The twelve kernels of H1, before and after. From noise, strokes and edges have formed.

# %%
figure, axes = plt.subplots(2, 12, figsize=(10, 2.1))
for row, kernels_then in zip(axes, [first, lenet.h1.weight.numpy()], strict=True):
    for ax, kernel in zip(row, kernels_then[:, 0], strict=True):
        show(kernel, ax=ax)
axes[0, 0].set_ylabel("before")
axes[1, 0].set_ylabel("after")
plt.show()

# %% [markdown]
# And what the twelve maps say to one image, a four. Each map is 8 by 8.

# %%
four = x_test[y_test == 4][:1]
maps = np.tanh(lenet.h1(four)).numpy()[0]
figure, axes = plt.subplots(1, 13, figsize=(10, 1.2))
show(four[0, 0] + 1, "image", axes[0])
for i, (ax, unit_map) in enumerate(zip(axes[1:], maps, strict=True), 1):
    show(unit_map, f"{i}", ax)
plt.show()

# %% [markdown]
# ## The net of the convnetjs demo
#
# A demo that trains in the browser, on 24 by 24 crops of MNIST:
#
# | layer | output | parameters |
# |---|---|---|
# | conv 5x5, 8 filters, stride 1, padding 2, ReLU | 8 x 24 x 24 | $8 \cdot 25 + 8 = 208$ |
# | pool 2, stride 2 | 8 x 12 x 12 | |
# | conv 5x5, 16 filters, stride 1, padding 2, ReLU | 16 x 12 x 12 | $16 \cdot 8 \cdot 25 + 16 = 3{,}216$ |
# | pool 3, stride 3 | 16 x 4 x 4 | |
# | softmax, 10 classes | 10 | $10 \cdot 256 + 10 = 2{,}570$ |
#
# A lecture asks to replace a part of it by one fully connected layer of 32 units. We replace all that is convolutional.


# %%
def convnet():
    rng = np.random.default_rng(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(3),
        nn.Flatten(), nn.Linear(256, 10, rng=rng),
    )  # fmt: skip


def fully_connected():
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(576, 32, rng=rng), nn.ReLU(), nn.Linear(32, 10, rng=rng))


def count(model):
    """How many parameters a model has."""
    return sum(p.size for p in model.parameters())


assert count(convnet()) == 208 + 3_216 + 2_570 == 5_994
assert count(fully_connected()) == 576 * 32 + 32 + 32 * 10 + 10 == 18_794
nn.summary(convnet(), np.zeros((1, 1, 24, 24), "float32"))

# %% [markdown]
# Which one is better? We take our own digits, every pixel as nine, and only 500 of them to learn from. The trainer is
# that of the demo: AdaDelta, batches of 20, decay 0.001. The test comes twice: as it is, and moved by one of the
# original pixels to the right.

# %%
big = np.kron(images, np.ones((3, 3), "float32"))
x_train, x_test, y_train, y_test = nn.data.train_test_split(big, labels, test_size=0.2, stratify=labels, seed=0)
x_train, y_train = x_train[:500], y_train[:500]
moved = np.roll(x_test, 3, axis=3)
moved[..., :3] = 0
print("                  parameters   test   moved")
for name, model in {"convolutional": convnet(), "fully connected": fully_connected()}.items():
    optimizer = optim.preset("adadelta-convnetjs", optim.decay_groups(model))
    nn.fit(
        model,
        (x_train, y_train),
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        batch_size=20,
        epochs=8,
        seed=0,
        show=False,
    )
    scores = [nn.metrics.accuracy(nn.predict(model, x), y_test) for x in (x_test, moved)]
    print(f"{name:17} {count(model):10,} {scores[0]:6.1%}  {scores[1]:6.1%}")

# %% [markdown]
# ## Exercises
#
# Put your answers in place of the dots, and run the cell. `check` says whether they are right, or what may have gone
# wrong.
#
# **1.** The *convolution* of mathematics, without padding: of the signal (2, 0, 1, 3) with the kernel (1, 2).

# %%
result = ...

check(
    result,
    np.convolve([2, 0, 1, 3], [1, 2], "valid"),
    slips={
        "the kernel was not mirrored: this is the correlation": np.correlate([2, 0, 1, 3], [1, 2], "valid"),
        "the kernel went beyond the ends": np.convolve([2, 0, 1, 3], [1, 2]),
        "the kernel moved by two": [4, 5],
    },
    name="Exercise 1",
)

# %% [markdown]
# **2.** How long is the output of a convolution over `n` numbers with a kernel of length `k`, the stride `s`, and `p`
# zeros on each side?


# %%
def size(n, k, s, p):
    """How many numbers come out."""
    return ...


check(
    size,
    lambda n, k, s, p: nn.Conv1d(1, 1, k, s, p)(np.zeros((1, n), "float32")).shape[1],
    at=lambda rng: (
        int(rng.integers(8, 30)),
        int(rng.integers(1, 8)),
        int(rng.integers(2, 4)),
        int(rng.integers(1, 4)),
    ),
    slips={
        "the first place is not counted: plus 1": lambda n, k, s, p: (n + 2 * p - k) // s,
        "the padding is on both sides": lambda n, k, s, p: (n + p - k) // s + 1,
        "the kernel has to fit in as a whole: there is no half place": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
        "the kernel was left out": lambda n, k, s, p: (n + 2 * p) // s + 1,
        "the 1 belongs behind the division": lambda n, k, s, p: (n + 2 * p - k + 1) // s,
        "the padding was left out": lambda n, k, s, p: (n - k) // s + 1,
    },
    name="Exercise 2",
)

# %% [markdown]
# **3.** How many parameters has `nn.Conv2d(3, 16, 5)`, which makes 16 maps from colour images?

# %%
parameters_of_conv = ...

check(
    parameters_of_conv,
    sum(p.size for p in nn.Conv2d(3, 16, 5).parameters()),
    slips={
        "the biases are missing": 1200,
        "a kernel goes through all three colours": 16 * 25 + 16,
        "a kernel of 5 has 25 weights in the plane": 16 * 15 + 16,
        "there is one bias for each map, not for each kernel in the plane": 16 * 3 * 26,
    },
    name="Exercise 3",
)

# %% [markdown]
# **4.** In $y_p = w_1 x_p + w_2 x_{p+1}$ the input is (1, 3, 2) and the gradient of the loss by $y$ is (1, -2). What
# is the gradient by $w$?

# %%
gradient = ...

check(
    gradient,
    jacobian(lambda w: conv1d(np.float64([[1, 3, 2]]), w[None, None])[0])(np.zeros(2)).T @ [1, -2],
    slips={
        "the weights are shared: both places count, not only the first": [1, 3],
        "the mean over the places was taken": [-2.5, -0.5],
        "only the second place counts": [-6, -4],
        "the gradient above was left out": [4, 5],
        "the kernel was mirrored": np.convolve([1, 3, 2], [1, -2], "valid"),
    },
    name="Exercise 4",
)

# %% [markdown]
# **5.** The layer H1 of LeNet, once more: how many connections would it have if its kernels were 3 by 3, with padding
# so that there are still 12 maps of 8 by 8 units?

# %%
connections_of_h1 = ...

check(
    connections_of_h1,
    nn.models.LeNet1989().h1.bias.size * (9 + 1),
    slips={
        "the biases are missing": 768 * 9,
        "these are the parameters: every unit has connections of its own": 12 * 9 + 768,
        "the stride is 2, and a map has 8 by 8 units": 12 * 256 * 10,
        "there are twelve maps": 64 * 10,
        "the kernel is still that of 5 by 5": 768 * 26,
    },
    name="Exercise 5",
)

# %% [markdown]
# <details>
# <summary>Solutions</summary>
#
# **1** Mirrored, the kernel is (2, 1): $2 \cdot 2 + 0$, $0 + 1$, $2 \cdot 1 + 3$.
#
# ```python
# result = [4, 1, 5]
# ```
#
# **2** Count the places where the kernel can start: the first, and one more for every whole stride that is left.
#
# ```python
# def size(n, k, s, p):
#     return (n + 2 * p - k) // s + 1
# ```
#
# **3** 16 kernels of 3 by 5 by 5, and 16 biases.
#
# ```python
# parameters_of_conv = 16 * 3 * 5 * 5 + 16
# ```
#
# **4** The first weight met 1 and 3, the second 3 and 2.
#
# ```python
# gradient = [1 * 1 - 2 * 3, 1 * 3 - 2 * 2]
# ```
#
# **5** 768 units, each with 9 pixels and a bias.
#
# ```python
# connections_of_h1 = 12 * 8 * 8 * (3 * 3 + 1)
# ```
#
# </details>

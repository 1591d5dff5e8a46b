"""Values that leave the graph, change under it, or have no derivative: functions that gradients cannot be right for."""

from functools import partial

from nn.teaching.zoo.exercise import exercise

_checked = partial(exercise, "from autograd import gradcheck")

EXERCISES = (
    _checked(
        name="a value read into Python",
        story="Features are divided by their total, which was read into a plain number for a printout.",
        program="""\
def shares(x):
    total = np.sum(x).item()
    y = x / total
    return np.sum(y * y)

report = gradcheck(shares, np.array([1.0, 2.0, 4.0]))
""",
        wrong="np.sum(x).item()",
        right="np.sum(x)",
        finds="wrong",
        points_at="y = x / total",
        says="has left the graph before (.item()",
        hints=(
            "Every rule is right, says the report. What else can make a gradient wrong?",
            "If x changes, total changes with it. Does the graph know?",
        ),
        why="A number taken out by .item(), float() or .numpy() is a constant for the graph. Print it, but go on "
        "computing with the Tensor.",
    ),
    _checked(
        name="detached branch",
        story="A residual connection: the input is added to what the layer makes of it. Somebody saved memory.",
        program="""\
def block(x, w):
    h = np.tanh(x @ w)
    return np.sum((h + x.detach()) ** 2)

rng = np.random.default_rng(0)
report = gradcheck(block, rng.normal(size=(2, 3)), rng.normal(size=(3, 3)))
""",
        wrong="x.detach()",
        right="x",
        finds="wrong",
        points_at="h + x.detach()",
        says="is a constant of the graph, yet it changes with the inputs",
        hints=(
            "The gradient of w is right, that of x is not. On how many paths does x reach the result?",
            "What does detach() do to a path?",
        ),
        why="detach() cuts one of the two paths, so x gets only the part of its gradient that comes through the layer. "
        "It is for values that shall not learn: targets, and states carried over from earlier steps.",
    ),
    exercise(
        "import nn\nfrom autograd import gradcheck",
        name="a copy of the parameter",
        story="A model keeps its weights twice: as a parameter, and as the array that it computes with.",
        program="""\
class Scale(nn.Module):
    def __init__(self):
        self.factor = nn.Parameter(np.array([1.0, 2.0]))
        self.values = self.factor.numpy()

    def forward(self, x):
        return x * self.values

model = Scale()
x = np.array([0.5, -0.5])
report = gradcheck(lambda: np.sum(model(x) ** 2), wrt=model)
""",
        wrong="self.values = self.factor.numpy()",
        right="self.values = self.factor",
        finds="independent",
        points_at="",
        says="the output does not depend on the input",
        hints=(
            "The verdict is 'independent'. Does forward use the parameter?",
            "What does the optimizer change, and what does forward use?",
        ),
        why="forward has to use the Parameter itself; an array made of it knows nothing of gradients, nor of later "
        "steps.",
    ),
    _checked(
        name="input changed in place",
        story="Rows are centred before they are compared. The second call gives another result than the first.",
        program="""\
def spread(x):
    x.data[...] -= x.data.mean(axis=1, keepdims=True)
    return np.sum(x * x)

report = gradcheck(spread, np.array([[1.0, 2.0, 6.0], [0.0, 1.0, 5.0]]))
""",
        wrong="x.data[...] -= x.data.mean(axis=1, keepdims=True)",
        right="x = x - np.mean(x, axis=1, keepdims=True)",
        finds="mutates",
        points_at="report = gradcheck(spread",
        says="f changed its input x in place",
        hints=("What does the caller's array hold after the call?", "Which of the two operations does the graph see?"),
        why="Writing into .data changes the caller's array and is not recorded. Compute a new Tensor.",
    ),
    _checked(
        name="two names for one memory",
        story="The first layer and the last one start with the same weights: one array, seen twice.",
        program="""\
weights = np.random.default_rng(0).normal(size=(3, 3))
first, last = weights, weights.T

def network(first, last):
    return np.sum(np.tanh(np.ones(3) @ first) @ last)

report = gradcheck(network, first, last)
""",
        wrong="first, last = weights, weights.T",
        right="first, last = weights, weights.T.copy()",
        finds="overlapping",
        points_at="report = gradcheck(network",
        says="first and last share memory",
        hints=(
            "Does weights.T make a new array?",
            "A transposed array is a view. If an optimizer changes the one, what happens to the other?",
        ),
        why="A step for one of them moves the other, which no gradient accounts for. Copy it; or, for tied weights, "
        "keep one Tensor and write w.T where it is used the second time.",
    ),
    _checked(
        name="new noise in every call",
        story="A little noise on the input against overfitting; the gradient check fails, each time with other "
        "numbers.",
        program="""\
rng = np.random.default_rng(0)

def loss(w):
    noise = rng.normal(size=3)
    return np.sum(np.tanh(w + 0.1 * noise))

report = gradcheck(loss, np.array([0.1, 0.2, 0.3]))
""",
        wrong="noise = rng.normal(size=3)",
        right="noise = np.random.default_rng(0).normal(size=3)",
        finds="nondeterministic",
        points_at="report = gradcheck(loss",
        says="with the same inputs",
        hints=(
            "Call the function twice with the same weights.",
            "A finite difference is made of two calls. What differs between them besides the step?",
        ),
        why="Finite differences compare two calls, so the noise has to be the same in both: draw it before, or make "
        "the generator inside the function. The gradient of the noisy loss itself is right.",
    ),
    exercise(
        "import nn\nfrom autograd import gradcheck",
        name="dropout still switched on",
        story="The trained network is examined, and answers differently every time.",
        program="""\
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 1, rng=1))
x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
model.train()
report = gradcheck(lambda: np.mean(model(x)), wrt=model)
""",
        wrong="model.train()",
        right="model.eval()",
        finds="nondeterministic",
        points_at="report = gradcheck(lambda",
        says="is a random layer in training mode",
        hints=("Which layer draws random numbers, and when?", "Which mode is the model in?"),
        why="Dropout and batch normalisation behave differently in training. Call model.eval() before validating, "
        "predicting or checking, and model.train() before going on.",
    ),
    _checked(
        name="the branch that was not taken",
        story="A distance, with 0 treated separately, since the square root has no slope there. The gradient is nan.",
        program="""\
def distance(x):
    squared = x * x
    return np.sum(np.where(squared > 0.0, np.sqrt(squared), 0.0))

report = gradcheck(distance, np.array([3.0, 0.0]))
""",
        wrong="np.sqrt(squared)",
        right="np.sqrt(np.where(squared > 0.0, squared, 1.0))",
        finds="nonfinite",
        op="sqrt",
        points_at="np.sqrt(squared)",
        says="the rules give nan",
        hints=(
            "np.where chooses between two results. Were both computed?",
            "The branch that was not taken gets the gradient 0. What is 0 times the slope of the root at 0?",
        ),
        why="Both branches are computed, forward and backward, and 0 times infinity is nan. Make the input of the "
        "dangerous function harmless where it is not used: the 'double where'.",
    ),
    _checked(
        name="a step in the loss",
        story="Training for accuracy itself: predictions are rounded to 0 or 1 and compared. Nothing is ever learned.",
        program="""\
rng = np.random.default_rng(0)
x, t = rng.normal(size=(6, 2)), np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])

def loss(w):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    return np.mean((np.round(p) - t) ** 2)

report = gradcheck(loss, np.array([0.5, -1.0]))
""",
        wrong="np.round(p) - t",
        right="p - t",
        finds="independent",
        points_at="",
        says="independent",
        hints=(
            "Change a weight a little. By how much does the loss change?",
            "Which function in the loss is flat nearly everywhere?",
        ),
        why="A step is flat, so its gradient is 0 everywhere and says nothing. Train for a smooth loss, and count the "
        "hits afterwards.",
    ),
    _checked(
        name="a small difference of large numbers",
        story="The variance as mean of squares minus square of the mean, for times in picoseconds.",
        program="""\
def variance(x):
    return np.mean(x * x) - np.mean(x) ** 2

x = 1e11 + np.array([1.0, 2.0, 4.0])
report = gradcheck(variance, x)
""",
        wrong="np.mean(x * x) - np.mean(x) ** 2",
        right="np.mean((x - np.mean(x)) ** 2)",
        finds="rounding",
        points_at="report = gradcheck(variance",
        says="rounding errors are as large as the value of the function",
        hints=(
            "How many digits does x * x have, and how many of them does float64 keep?",
            "Does the variance change when the same number is subtracted from all entries?",
        ),
        why="Both terms are near 1e22 and agree in all digits that float64 has; what is left is rounding. Subtract the "
        "mean first: the formula is the same, the numbers are small.",
    ),
    exercise(
        "from autograd import custom_op, gradcheck",
        name="beside both slopes",
        story="A ReLU with a slope of its own at 0, where many sparse inputs lie: half of the larger one, it was meant "
        "to be.",
        program="""\
def slope(g, x):
    return g * np.where(x == 0.0, -0.5, x > 0.0)

my_relu = custom_op(lambda x: np.maximum(x, 0.0), slope, name="my_relu")
report = gradcheck(lambda x: np.sum(my_relu(x)), np.array([0.0, 1.0]))
""",
        wrong="-0.5",
        right="0.5",
        finds="kink",
        op="my_relu",
        points_at="np.sum(my_relu(x))",
        says="does not lie between the two slopes",
        hints=(
            "Which slope does the function have to the left of 0, and which to the right?",
            "Is the number that the rule gives at 0 between them?",
        ),
        why="At a kink any number between the slopes of both sides is a subgradient, and any method that works with "
        "those works with it; -0.5 lies outside of 0 to 1.",
    ),
)

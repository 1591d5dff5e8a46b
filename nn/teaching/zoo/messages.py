"""Mistakes that NumPy would let pass or report in its own words: what the errors of the engine say."""

from functools import partial

from nn.teaching.zoo.exercise import exercise

_of_tensors = partial(exercise, "from autograd import tensor")

EXERCISES = (
    _of_tensors(
        name="transposed weight",
        story="A layer by hand, with a weight in the layout of nn.Linear: (out, in).",
        program="""\
rng = np.random.default_rng(0)
x = tensor(rng.normal(size=(5, 3)), name="x")
weight = tensor(rng.normal(size=(4, 3)), requires_grad=True, name="weight")
scores = x @ weight
print(scores.shape)
""",
        wrong="x @ weight\n",
        right="x @ weight.T\n",
        finds="OperandError",
        points_at="scores = x @ weight",
        says="likely fix: x @ weight.T",
        hints=(
            "Write the two shapes side by side: which two numbers have to be equal?",
            "The last axis of x has to be as long as the first of what it is multiplied by.",
        ),
        why="For weights of shape (out, in) the layer computes x W^T. The message names both operands and the lines "
        "that made them, and proposes a change only after having tried it.",
    ),
    _of_tensors(
        name="lost axis",
        story="Rows are divided by their sums.",
        program="""\
counts = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True, name="counts")
shares = counts / counts.sum(axis=1)
print(shares.shape)
""",
        wrong="counts.sum(axis=1)",
        right="counts.sum(axis=1, keepdims=True)",
        finds="OperandError",
        points_at="shares = counts / counts.sum(axis=1)",
        says="likely fix: keepdims=True in the sum that made y",
        hints=(
            "Which shape has the sum?",
            "Broadcasting puts it to the last axis of counts. To which axis does it belong?",
        ),
        why="A reduction drops its axis, and broadcasting aligns the last axes. With as many rows as columns it would "
        "have divided by the wrong sums without a word: write keepdims=True always when dividing by a sum.",
    ),
    _of_tensors(
        name="backward of many numbers",
        story="The loss of every sample, and then backward().",
        program="""\
w = tensor([0.5, -0.5], requires_grad=True, name="w")
x, t = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([1.0, 0.0, 1.0])
losses = (x @ w - t) ** 2
losses.backward()
print(w.grad)
""",
        wrong="losses.backward()",
        right="losses.mean().backward()",
        finds="NonScalarBackwardError",
        points_at="losses.backward()",
        says="Reduce it first (for example .sum() or .mean())",
        hints=("The gradient of what, exactly?", "Make one number of the three losses."),
        why="A gradient is that of one number. Which number is meant (the sum, the mean, a weighted sum) is for you to "
        "say.",
    ),
    _of_tensors(
        name="an array of Tensors",
        story="Losses are collected in a list and then made into an array, to take the mean.",
        program="""\
w = tensor(2.0, requires_grad=True, name="w")
losses = [(w - t) ** 2 for t in (1.0, 2.0, 4.0)]
total = np.mean(np.array(losses))
total.backward()
""",
        wrong="np.array(losses)",
        right="np.stack(losses)",
        finds="StackingError",
        points_at="total = np.mean(np.array(losses))",
        says="Write np.stack([...])",
        hints=(
            "np.array makes plain numbers. What happens to the graph?",
            "Which function of NumPy puts arrays side by side along a new axis?",
        ),
        why="np.array cannot keep a graph, so the engine refuses it; np.stack is differentiable.",
    ),
    _of_tensors(
        name="assignment into a Tensor",
        story="The first entry of a prediction is known, and put in its place.",
        program="""\
x = tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
y = np.exp(x)
y[0] = 0.0
np.sum(y).backward()
print(x.grad)
""",
        wrong="y[0] = 0.0",
        right="y = y.at[0].set(0.0)",
        finds="ItemAssignmentError",
        points_at="y[0] = 0.0",
        says="Write t = t.at[0].set(value)",
        hints=(
            "The rule of exp needs its result on the way back.",
            "What should the gradient of the entry that was replaced be?",
        ),
        why="Overwriting a value that a rule still needs makes a wrong gradient. .at[0].set() gives a new Tensor, and "
        "the entry that was replaced gets the gradient 0.",
    ),
    _of_tensors(
        name="integers",
        story="Three numbers, written as one writes numbers.",
        program="""\
x = tensor([1, 2, 3], requires_grad=True, name="x")
np.sum(x ** 2).backward()
print(x.grad)
""",
        wrong="[1, 2, 3]",
        right="[1.0, 2.0, 3.0]",
        finds="InvalidDtypeError",
        points_at="x = tensor([1, 2, 3]",
        says="Write the numbers as floats",
        hints=("Which dtype does np.array([1, 2, 3]) have?", "What is a small step from 1 to the next integer?"),
        why="Derivatives are about small steps, which integers do not have; a gradient stored as an integer would be "
        "cut to a whole number.",
    ),
    exercise(
        "from autograd import no_grad, tensor",
        name="cut off",
        story="A loss is computed where no graph is recorded, to save memory.",
        program="""\
w = tensor([0.5, -0.5], requires_grad=True, name="w")
x = np.array([1.0, 2.0])
with no_grad():
    prediction = np.sum(w * x)
loss = (prediction - 1.0) ** 2
loss.backward()
print(w.grad)
""",
        wrong="with no_grad():\n    prediction",
        right="prediction",
        finds="RequiresGradError",
        points_at="loss.backward()",
        says="were not cut off by detach(), no_grad()",
        hints=("Does the prediction remember w?", "What is computed inside of the with block, and what outside?"),
        why="Inside of no_grad() results are plain numbers for the graph. It is for evaluation and for updates.",
    ),
    exercise(
        "import nn",
        name="a layer that nobody calls",
        story="A second layer was added to the model, and forgotten in forward. The gradient of its weight is asked "
        "for.",
        program="""\
class Net(nn.Module):
    def __init__(self):
        self.first = nn.Linear(2, 2, rng=0)
        self.second = nn.Linear(2, 2, rng=1)

    def forward(self, x):
        return np.tanh(self.first(x))

net = Net()
loss = np.sum(net(np.ones((3, 2), "float32")))
gradients = loss.gradient(*net.parameters())
print([g.shape for g in gradients])
""",
        wrong="return np.tanh(self.first(x))",
        right="return self.second(np.tanh(self.first(x)))",
        finds="UnusedInputError",
        points_at="gradients = loss.gradient(*net.parameters())",
        says="was not used to compute this Tensor",
        hints=("Which input does the message name, counting the parameters from 0?", "Which layers does forward call?"),
        why="gradient() is strict about inputs that play no part; backward() would have left .grad at None, and the "
        "optimizer would never have moved the layer.",
    ),
)

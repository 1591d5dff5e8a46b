"""Training loops and losses: programs that run, and learn the wrong thing. The check is done on what the loop uses."""

from functools import partial

from nn.teaching.zoo.exercise import exercise

_of_nn = partial(exercise, "import nn")

EXERCISES = (
    exercise(
        "from autograd import custom_op, gradcheck, tensor",
        name="gradients not cleared",
        story="A training loop that gets faster and faster, and then flies away. Its gradient is wrapped as the rule "
        "of an op, so that the check sees what the loop sees.",
        program="""\
x, t = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
w = tensor(0.5, requires_grad=True)

def loss_of(w):
    return np.mean((x * w - t) ** 2)

def gradient_of_the_loop(at):
    w.data = np.array(at)
    loss_of(w).backward()
    return w.grad

for step in range(3):
    print(f"step {step}: gradient {gradient_of_the_loop(0.5):.4f}")

loop = custom_op(loss_of, lambda g, w: g * gradient_of_the_loop(w), name="loop")
report = gradcheck(lambda w: loop(w), 0.5)
""",
        wrong="    w.data = np.array(at)\n",
        right="    w.data = np.array(at)\n    w.grad = None\n",
        finds="wrong",
        op="loop",
        points_at="loop(w)",
        says="4 times what it should be",
        hints=(
            "The weight is the same in all three steps. Why is the gradient not?",
            "backward() adds to .grad what is there already.",
        ),
        why="Gradients add up in .grad, which is wanted when one step uses several losses. Forget them before each "
        "step: optimizer.zero_grad(), model.zero_grad(), or w.grad = None.",
    ),
    _of_nn(
        name="softmax twice",
        story="A classifier that ends in probabilities, trained with cross-entropy. It learns, slowly, and never gets "
        "sure.",
        program="""\
model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.Softmax())
x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
labels = np.array([0, 1, 2, 0, 1, 2])
loss = nn.CrossEntropyLoss()(model(x), labels)
loss.backward()
print(f"loss: {loss:.4f}")
""",
        wrong="nn.Linear(4, 3, rng=0), nn.Softmax()",
        right="nn.Linear(4, 3, rng=0)",
        finds="ActivationWarning",
        points_at="loss = nn.CrossEntropyLoss()(model(x), labels)",
        says="but was given the output of softmax",
        hints=(
            "What do the rows that the model returns add up to?",
            "Read the documentation of CrossEntropyLoss: what does it expect?",
        ),
        why="The loss takes the scores before any softmax. Of probabilities it takes the softmax once more, so the "
        "best that it can ever see for 3 classes is e / (e + 2) = 0.58. For predictions apply softmax after training.",
    ),
    _of_nn(
        name="sigmoid twice",
        story="The same with two classes.",
        program="""\
model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
answers = np.array([[0.0], [1.0], [1.0], [0.0]])
loss = nn.BCEWithLogitsLoss()(model(x), answers)
print(f"loss: {loss:.4f}")
""",
        wrong="nn.Linear(2, 1, rng=0), nn.Sigmoid()",
        right="nn.Linear(2, 1, rng=0)",
        finds="ActivationWarning",
        points_at="loss = nn.BCEWithLogitsLoss()(model(x), answers)",
        says="but was given the output of sigmoid",
        hints=(
            "What are 'logits'?",
            "The name of the loss says what it wants, and the last layer makes something else of it.",
        ),
        why="Logits are scores before the sigmoid, and this loss applies it itself, in a form that does not overflow.",
    ),
    _of_nn(
        name="a column against a row",
        story="A regression whose predictions have the shape (5, 1), and whose targets have the shape (5,).",
        program="""\
model = nn.Linear(2, 1, rng=0)
x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
target = np.arange(5.0)
loss = nn.MSELoss()(model(x), target)
loss.backward()
""",
        wrong="target = np.arange(5.0)",
        right="target = np.arange(5.0).reshape(5, 1)",
        finds="LossShapeError",
        points_at="loss = nn.MSELoss()(model(x), target)",
        says="pass target.reshape(5, 1)",
        hints=(
            "Which shape has a column minus a row, by NumPy's rules?",
            "How many differences should there be for 5 samples?",
        ),
        why="(5, 1) - (5,) broadcasts to (5, 5): every prediction would be compared with every target, and the network "
        "would learn their mean. The losses refuse that.",
    ),
    exercise(
        "from autograd import tensor",
        name="step before backward",
        story="Two lines of a training loop in the wrong order.",
        program="""\
w = tensor([0.5, -0.5], requires_grad=True, name="w")
x, t, rate = np.array([1.0, 2.0]), 1.0, 0.1
velocity = np.array([0.1, 0.1])
error = np.sum(x * w * w) - t
w.data -= rate * velocity
(error * error).backward()
velocity = w.grad
""",
        wrong="w.data -= rate * velocity\n(error * error).backward()",
        right="(error * error).backward()\nw.data -= rate * velocity",
        finds="StaleLeafError",
        points_at="(error * error).backward()",
        says="w (shape (2,), float64) was changed after multiply had used it",
        hints=(
            "At which weights was the error computed, and which weights does the backward pass meet?",
            "In which order do forward pass, backward pass and step belong?",
        ),
        why="The rule of w * w needs the w of the forward pass. Elsewhere the new value would be used without a word: "
        "the stale weight of the 2-2-2 example, the other way round.",
    ),
    exercise(
        "from autograd import tensor",
        name="state carried over",
        story="A recurrent cell reads a long text in pieces and keeps its state from piece to piece.",
        program="""\
rng = np.random.default_rng(0)
w = tensor(rng.normal(size=(3, 3)), requires_grad=True, name="w")
state = tensor(np.zeros(3))
for piece in range(2):
    x = rng.normal(size=3)
    state = np.tanh(state @ w + x)
    np.sum(state * state).backward()
""",
        wrong="    np.sum(state * state).backward()\n",
        right="    np.sum(state * state).backward()\n    state = state.detach()\n",
        finds="GraphReleasedError",
        points_at="np.sum(state * state).backward()",
        says="detach() what you carry over from one pass to the next",
        hints=("Which pass fails, the first or the second?", "How far back does the graph of the second state reach?"),
        why="The second backward pass would go through the first piece again, whose values were given back. Cut the "
        "graph between pieces with detach(): truncated backpropagation through time.",
    ),
    exercise(
        "import optim\nfrom autograd import tensor",
        name="scaled after it was made",
        story="Small random weights to begin with. The optimizer refuses them.",
        program="""\
w = tensor(np.random.default_rng(0).normal(size=3), requires_grad=True) * 0.1
optimizer = optim.SGD([w], lr=0.1)
np.sum(w * w).backward()
optimizer.step()
""",
        wrong="tensor(np.random.default_rng(0).normal(size=3), requires_grad=True) * 0.1",
        right="tensor(np.random.default_rng(0).normal(size=3) * 0.1, requires_grad=True)",
        finds="ParameterError",
        points_at="optimizer = optim.SGD([w], lr=0.1)",
        says="was computed from other Tensors",
        hints=(
            "Is w a start of the graph, or the result of something?",
            "Which Tensor does the first line keep: the one that was made, or ten percent of it?",
        ),
        why="w is the result of a multiplication, not a leaf of the graph. An optimizer would change a copy. Scale the "
        "array first, then make the Tensor.",
    ),
    _of_nn(
        name="classes numbered from one",
        story="Star ratings from 1 to 3, to be predicted as classes.",
        program="""\
model = nn.Linear(2, 3, rng=0)
x = np.ones((4, 2), "float32")
stars = np.array([1, 3, 2, 3])
loss = nn.CrossEntropyLoss()(model(x), stars)
print(f"loss: {loss:.4f}")
""",
        wrong="nn.CrossEntropyLoss()(model(x), stars)",
        right="nn.CrossEntropyLoss()(model(x), stars - 1)",
        finds="LabelError",
        points_at="loss = nn.CrossEntropyLoss()(model(x), stars)",
        says="label 3 at index (1,) is not among the 3 classes 0 .. 2",
        hints=("How many columns do the scores have?", "How are the columns of the scores numbered?"),
        why="Classes are numbered from 0, as the columns of the scores are. (A label one too low would be -1, which "
        "indexing takes for the last class without a word; the loss refuses that, too.)",
    ),
)

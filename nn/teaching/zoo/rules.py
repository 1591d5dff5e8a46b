"""Gradients worked out by hand: slips in a rule. The check names the op and the line where it is applied."""

from functools import partial

from nn.teaching.zoo.exercise import exercise

_wrong = partial(exercise, "from autograd import custom_op, gradcheck", finds="wrong")

EXERCISES = (
    _wrong(
        name="forgotten factor",
        story="The energy of a signal, with a rule for its square. Training works, but takes twice as long as it "
        "should.",
        program="""\
square = custom_op(lambda x: x * x, lambda g, x: g * x, name="square")

def energy(signal):
    return np.mean(square(signal))

report = gradcheck(energy, np.array([0.5, -1.0, 2.0]))
""",
        wrong="lambda g, x: g * x,",
        right="lambda g, x: g * 2.0 * x,",
        op="square",
        points_at="np.mean(square(signal))",
        says="half of what it should be",
        hints=("Compare the two numbers of the report: what is their ratio?", "What is the derivative of x^2?"),
        why="The derivative of x^2 is 2x. A constant factor is the slip that training hides best: the direction is "
        "right, so only the learning rate seems odd.",
    ),
    _wrong(
        name="wrong sign",
        story="The reciprocal, whose rule was copied from a table of derivatives, from the line below it.",
        program='''\
reciprocal = custom_op(lambda x: 1.0 / x, lambda g, out: g * out * out, name="reciprocal")

def resistance(r):
    """Resistors in parallel."""
    return reciprocal(np.sum(reciprocal(r)))

report = gradcheck(resistance, np.array([100.0, 220.0, 470.0]))
print(report)
shares = reciprocal
report = gradcheck(lambda r: np.sum(shares(r)), np.array([1.0, 2.0]))
''',
        wrong="lambda g, out: g * out * out,",
        right="lambda g, out: -g * out * out,",
        op="reciprocal",
        points_at="np.sum(shares(r))",
        says="the sign is wrong",
        hints=(
            "The first check passes: two wrongs make a right. Which op is used twice there, and once in the second?",
            "If r grows, does 1/r grow?",
        ),
        why="The derivative of 1/x is -1/x^2. Where the rule is used an even number of times on every path, the signs "
        "cancel and a check of the whole cannot see it; so check ops one by one, too.",
    ),
    _wrong(
        name="missing transpose",
        story="A matrix product of your own. All matrices here are square, so no shape complains.",
        program="""\
product = custom_op(
    lambda x, w: x @ w,
    (lambda g, w: g @ w, lambda g, x: x.T @ g),
    name="product",
)

rng = np.random.default_rng(0)
x, w = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))

def layer(x, w):
    return np.sum(np.tanh(product(x, w)))

report = gradcheck(layer, x, w)
""",
        wrong="lambda g, w: g @ w,",
        right="lambda g, w: g @ w.T,",
        op="product",
        points_at="np.tanh(product(x, w))",
        says="for its operand x",
        hints=(
            "Only one of the two operands has a wrong gradient. Which one does the report name?",
            "Let x be (N, in), w (in, out), and g (N, out). Which product of g and w has the shape of x?",
            "Try matrices that are not square: the engine then refuses the shape of the gradient.",
        ),
        why="For z = x w the gradients are g w^T and x^T g. With square matrices a forgotten transposition fits "
        "everywhere: test with lengths that are all different.",
    ),
    _wrong(
        name="bias gradient from the first sample",
        story="A bias is added to every row of a batch. Its gradient has the right shape, and learns from one sample.",
        program="""\
add_bias = custom_op(
    lambda x, b: x + b,
    (lambda g: g, lambda g: g[0]),
    name="add_bias",
)

rng = np.random.default_rng(0)
x, b = rng.normal(size=(4, 3)), rng.normal(size=3)
report = gradcheck(lambda x, b: np.mean(np.tanh(add_bias(x, b)) ** 2), x, b)
""",
        wrong="lambda g: g[0]",
        right="lambda g: np.sum(g, axis=0)",
        op="add_bias",
        points_at="add_bias(x, b)",
        says="for its operand b",
        hints=(
            "The gradient of x is right, that of b is not. What happens to b on the way forward?",
            "One number of b reaches several numbers of the result. How do the gradients of several paths combine?",
        ),
        why="What broadcasting repeats on the way forward is added up on the way back. (The engine does that by itself "
        "when a rule returns the gradient of the full shape: `lambda g: g` is right, too.)",
    ),
    _wrong(
        name="softmax without its mixed terms",
        story="The derivative of softmax, taken over from the sigmoid: p (1 - p).",
        program="""\
def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)

my_softmax = custom_op(softmax, lambda g, out: g * out * (1.0 - out), name="my_softmax")

def loss(scores):
    return -np.log(my_softmax(scores)[2])

report = gradcheck(loss, np.array([1.0, 0.2, -0.5]))
""",
        wrong="lambda g, out: g * out * (1.0 - out)",
        right="lambda g, out: out * (g - np.sum(g * out))",
        op="my_softmax",
        points_at="-np.log(my_softmax(scores)[2])",
        says="dloss/dscores[0]: the rules give 0",
        hints=(
            "Two of the three numbers of the gradient are 0. Does the first score not matter for the third "
            "probability?",
            "Each probability depends on all scores: the derivative is a matrix, of which p (1 - p) is the diagonal.",
        ),
        why="dp_i/dx_j is p_i (1 - p_i) for i = j, and -p_i p_j otherwise; multiplied by g this is p (g - sum(g p)).",
    ),
    _wrong(
        name="forgotten mean over the batch",
        story="A squared error averaged over the batch, whose rule knows nothing of the average. "
        "A learning rate found with batches of 8 diverges with batches of 64.",
        program="""\
squared_error = custom_op(
    lambda p, t: np.mean((p - t) ** 2),
    (lambda g, p, t: g * 2.0 * (p - t), None),
    name="squared_error",
)

rng = np.random.default_rng(0)
x, t, w = rng.normal(size=(8, 2)), rng.normal(size=8), np.array([0.5, -0.5])

def loss(w):
    return squared_error(x @ w, t)

report = gradcheck(loss, w)
""",
        wrong="g * 2.0 * (p - t)",
        right="g * 2.0 * (p - t) / p.size",
        op="squared_error",
        points_at="return squared_error(x @ w, t)",
        says="8 times what it should be",
        hints=(
            "By which factor is it off, and what in the program is that number?",
            "What does np.mean divide by, and where is that in the rule?",
        ),
        why="The mean divides by the number of entries, and so does its derivative. Without it the gradient grows with "
        "the batch, and every learning rate holds for one size of batch only.",
    ),
    _wrong(
        name="repeated index",
        story="The embedding of a sentence in which one word occurs twice.",
        program="""\
words = np.array([1, 0, 3, 1])

def back(g, table_shape):
    d = np.zeros(table_shape)
    d[words] = g
    return d

look_up = custom_op(lambda table: table[words], back, name="look_up")

rng = np.random.default_rng(0)
report = gradcheck(lambda table: np.sum(np.tanh(look_up(table))), rng.normal(size=(4, 2)))
""",
        wrong="d[words] = g",
        right="np.add.at(d, words, g)",
        op="look_up",
        points_at="look_up(table)",
        says="the rule of look_up is wrong",
        hints=("Which row of the table does the worst entry belong to?", "What does d[[1, 1]] = [5, 7] leave in d[1]?"),
        why="An assignment keeps the last of several values for one place; gradients of several uses add up. np.add.at "
        "adds each of them.",
    ),
    _wrong(
        name="off by one",
        story="Differences of neighbours, as in a total variation, and a gradient that goes to the wrong neighbour.",
        program="""\
def back(g, x_shape):
    d = np.zeros(x_shape)
    d[:-1] += g
    d[:-1] -= g
    return d

steps = custom_op(lambda x: x[1:] - x[:-1], back, name="steps")

def variation(x):
    return np.sum(steps(x) ** 2)

report = gradcheck(variation, np.array([0.0, 1.0, 0.5, 2.0]))
""",
        wrong="d[:-1] += g",
        right="d[1:] += g",
        op="steps",
        points_at="np.sum(steps(x) ** 2)",
        says="the rules give 0",
        hints=(
            "The gradient is 0 everywhere. Which two lines cancel each other?",
            "Each difference uses two neighbours, x[i + 1] with a plus and x[i] with a minus.",
        ),
        why="The gradient of x[1:] goes back to x[1:]. The rule of a slice puts the numbers where the slice took them.",
    ),
    _wrong(
        name="input in place of output",
        story="The derivative of tanh is 1 - t^2. What was t?",
        program="""\
my_tanh = custom_op(np.tanh, lambda g, x: g * (1.0 - x * x), name="my_tanh")

def neuron(x, w):
    return my_tanh(np.sum(x * w))

report = gradcheck(neuron, np.array([0.5, -1.0]), np.array([2.0, 1.5]))
""",
        wrong="lambda g, x: g * (1.0 - x * x)",
        right="lambda g, out: g * (1.0 - out * out)",
        op="my_tanh",
        points_at="return my_tanh(np.sum(x * w))",
        says="the rule of my_tanh is wrong",
        hints=(
            "For small inputs the gradient is nearly right. Which two things are nearly equal there?",
            "A rule may ask for x, the operand, or for out, the result.",
        ),
        why="The derivative is 1 - tanh(x)^2: t is the result. Near 0 tanh(x) is x, so tests at small numbers pass.",
    ),
    _wrong(
        name="statistics taken for constants",
        story="Normalisation of a batch by hand. The mean and the deviation were computed, so they are numbers, are "
        "they not?",
        program="""\
def normalise(x):
    return (x - np.mean(x, axis=0)) / np.std(x, axis=0)

def back(g, x):
    return g / np.std(x, axis=0)

norm = custom_op(normalise, back, name="norm")

rng = np.random.default_rng(0)
x, w = rng.normal(size=(5, 2)), np.array([1.0, -2.0])
report = gradcheck(lambda x: np.sum(np.tanh(norm(x) @ w)), x)
""",
        wrong="return g / np.std(x, axis=0)",
        right="""z = (x - np.mean(x, axis=0)) / np.std(x, axis=0)
    return (g - np.mean(g, axis=0) - z * np.mean(g * z, axis=0)) / np.std(x, axis=0)""",
        op="norm",
        points_at="norm(x) @ w",
        says="the rule of norm is wrong",
        hints=(
            "If one sample moves, what else moves besides its own row?",
            "There are three paths from x to the result: directly, through the mean, and through the deviation.",
        ),
        why="Mean and deviation depend on every sample, so each sample influences all rows. Written in NumPy's "
        "functions on Tensors, without a rule of your own, this cannot go wrong.",
    ),
    _wrong(
        name="mask of the gradient",
        story="A ReLU that lets a gradient pass where the gradient is positive.",
        program="""\
my_relu = custom_op(lambda x: np.maximum(x, 0.0), lambda g, x: g * (g > 0.0), name="my_relu")

w = np.array([1.0, -2.0, 3.0])
report = gradcheck(lambda x: np.sum(my_relu(x) * w), np.array([0.5, 1.0, -1.5]))
""",
        wrong="g * (g > 0.0)",
        right="g * (x > 0.0)",
        op="my_relu",
        points_at="my_relu(x)",
        says="the rule of my_relu is wrong",
        hints=(
            "A rule is linear in g: twice the gradient in, twice the gradient out, also for -1 times.",
            "Which entries did the ReLU let pass on the way forward?",
        ),
        why="Which entries pass was decided on the way forward, by x. (A mask by the sign of g is used on purpose in "
        "'guided backpropagation' pictures, which therefore are no gradients.)",
    ),
    _wrong(
        name="swapped branches of where",
        story="A leaky ReLU whose rule chooses between the two slopes.",
        program="""\
leaky = custom_op(
    lambda x: np.where(x > 0.0, x, 0.1 * x),
    lambda g, x: g * np.where(x > 0.0, 0.1, 1.0),
    name="leaky",
)
report = gradcheck(lambda x: np.sum(leaky(x) ** 2), np.array([0.5, -1.0]))
""",
        wrong="np.where(x > 0.0, 0.1, 1.0)",
        right="np.where(x > 0.0, 1.0, 0.1)",
        op="leaky",
        points_at="leaky(x) ** 2",
        says="the rule of leaky is wrong",
        hints=("By which factor is each number off?", "Read both calls of np.where side by side."),
        why="np.where(condition, a, b) takes a where the condition holds, forward and backward alike.",
    ),
    _wrong(
        name="every winner takes all",
        story="The largest of several numbers, with a rule that gives the whole gradient to each that equals the "
        "result.",
        program="""\
largest = custom_op(lambda x: np.max(x), lambda g, x, out: g * (x == out), name="largest")

def peak(height):
    return largest(height * np.ones(3))

report = gradcheck(peak, 2.0)
""",
        wrong="lambda g, x, out: g * (x == out)",
        right="lambda g, x, out: g * (x == out) / np.sum(x == out)",
        op="largest",
        points_at="largest(height * np.ones(3))",
        says="3 times what it should be",
        hints=(
            "All three numbers are equal here. By which factor is the gradient off?",
            "If all of them rise by 1, by how much does the largest rise?",
        ),
        why="Ties share the gradient (the engine gives equal parts), or one of them gets it: the sum over the winners "
        "has to be the gradient that arrived.",
    ),
    _wrong(
        name="stale weight",
        story="The well-known worked example of a 2-2-2 network (M. Mazur, 'A Step by Step Backpropagation Example') "
        "publishes an error of .291027924 after one step. A correct step gives .291027774.",
        program="""\
x, t, rate = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.5
W1 = np.array([[0.15, 0.20], [0.25, 0.30]])
W2 = np.array([[0.40, 0.45], [0.50, 0.55]])

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))

def error_of(W1, W2):
    h = sigmoid(W1 @ x + 0.35)
    o = sigmoid(W2 @ h + 0.60)
    return 0.5 * np.sum((t - o) ** 2)

def gradients(g, W1, W2):
    h = sigmoid(W1 @ x + 0.35)
    o = sigmoid(W2 @ h + 0.60)
    delta_o = (o - t) * o * (1.0 - o)
    dW2 = np.outer(delta_o, h)
    W2 = W2 - rate * dW2
    delta_h = (W2.T @ delta_o) * h * (1.0 - h)
    return g * np.outer(delta_h, x), g * dW2

dW1, dW2 = gradients(1.0, W1, W2)
print(f"error after one step: {error_of(W1 - rate * dW1, W2 - rate * dW2):.9f}")

error = custom_op(error_of, gradients, name="error")
report = gradcheck(lambda W1, W2: error(W1, W2), W1, W2)
""",
        wrong="    W2 = W2 - rate * dW2\n",
        right="",
        op="error",
        points_at="error(W1, W2)",
        says="for its operand W1",
        hints=(
            "The gradient of the output weights is right, that of the hidden weights is a little off.",
            "With which output weights was the error made, and with which is it sent back?",
        ),
        why="The gradient belongs to one point: all weights as they were on the way forward. Changing the output "
        "weights first sends the error back through other weights. First all gradients, then all steps.",
    ),
)

"""The backward pass step by step: records, text, and the page in a real browser."""

import json
import re
from html import unescape

import numpy as np
import pytest

import nn
from autograd import GraphReleasedError, RequiresGradError, explain, tensor
from autograd.view import ValuesNotKeptError, steps
from autograd.view.animation import MOST, MOST_STEPS
from autograd.view.picture.values import exact

MAZUR = """\
backward from E_total (gradient 1): 10 nodes
1. E_total = sum_1 * 0.5, value 0.298371, gradient 1
   to sum_1: local derivative 0.5; adds 1 * 0.5 = 0.5
   waiting: sum_1
2. sum_1 = sum(power_1), value 0.596742, gradient 0.5
   to power_1: G, repeated along the axes that were summed; adds [0.5, 0.5]
   waiting: power_1
3. power_1 = subtract_1 ** 2, value [0.549622, 0.0471201], gradient [0.5, 0.5]
   to subtract_1: local derivative 2 * subtract_1 = [-1.48273, 0.434143]; adds [-0.741365, 0.217072]
   waiting: subtract_1
4. subtract_1 = target - sigmoid_2, value [-0.741365, 0.217072], gradient [-0.741365, 0.217072]
   to sigmoid_2: local derivative -1; adds [0.741365, -0.217072]
   waiting: sigmoid_2
5. sigmoid_2 = sigmoid(add_2), value [0.751365, 0.772928], gradient [0.741365, -0.217072]
   to add_2: local derivative sigmoid_2 * (1 - sigmoid_2) = [0.186816, 0.17551]; adds [0.138499, -0.0380982]
   waiting: add_2
6. add_2 = matmul_2 + output.bias, value [1.10591, 1.22492], gradient [0.138499, -0.0380982]
   to matmul_2: local derivative 1; adds [0.138499, -0.0380982]
   to output.bias: local derivative 1; adds [0.138499, -0.0380982]
   waiting: matmul_2
7. matmul_2 = output.weight @ sigmoid_1, value [0.505906, 0.624921], gradient [0.138499, -0.0380982]
   to output.weight: outer(G, sigmoid_1); adds [[0.082167, 0.0826676], [-0.0226025, -0.0227402]]
   to sigmoid_1: output.weight.T @ G; adds [0.0363503, 0.0413703]
   waiting: sigmoid_1
"""


def test_mazur_in_words(graphs):
    assert steps(graphs.mazur()).text.startswith(MAZUR)


def test_before_and_after_backward_the_steps_are_the_same():
    a, b = tensor(-4.0, requires_grad=True, name="a"), tensor(2.0, requires_grad=True, name="b")
    y = (a * b + b**3).tanh() / 2 + a
    before = steps(y).text
    assert a.grad is None  # nothing was stored
    y.backward()
    grad = a.grad.copy()
    assert steps(y).text == before
    assert a.grad == grad
    with pytest.raises(GraphReleasedError):
        y.backward()


def test_looking_leaves_the_graph_alive_and_calls_no_hook():
    x = tensor([1.0, 2.0], requires_grad=True)
    calls = []
    x.register_hook(calls.append)
    y = (x * x).sum()
    list(steps(y))
    assert calls == []
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_the_gradients_are_those_of_backward(graphs):
    keep = []
    loss = graphs.mlp(sizes=(6, 5, 3), rows=2, keep=keep)
    found = steps(loss).gradients
    loss.backward()
    for parameter in keep:
        np.testing.assert_array_equal(found[parameter.name], parameter.grad)


def test_contributions_add_up():
    x = tensor(3.0, requires_grad=True, name="x")
    first, second = next(iter(steps(x * x))).sends
    assert (first.before, first.after, first.complete) == (None, 3.0, False)
    assert (second.before, second.after, second.complete) == (3.0, 6.0, True)


def test_an_op_with_several_outputs():
    x = tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True, name="x")
    a, b = np.split(x, 2)
    y = (a * b).sum()
    found = steps(y).gradients["x"]
    y.backward()
    np.testing.assert_array_equal(found, x.grad)


def test_the_gradient_to_start_from():
    x = tensor([1.0, 2.0], requires_grad=True, name="x")
    found = steps(x * 2.0, gradient=[1.0, 10.0]).gradients["x"]
    np.testing.assert_array_equal(found, [2.0, 20.0])


def test_values_that_are_gone_are_named():
    x = tensor(np.ones(100), requires_grad=True, name="x")
    y = np.tanh(x * np.full(100, 2.0))  # nothing refers to this array any more
    y = y.sum()
    y.backward()
    with pytest.raises(ValuesNotKeptError, match=r"result of tanh.*record\(\)"):
        str(steps(y))


def test_released_values_of_a_network_are_computed_again():
    x = tensor(np.linspace(-1.0, 1.0, 300).reshape(100, 3), name="x")
    target, model = tensor(np.zeros((100, 2))), nn.MLP([3, 40, 2], "tanh", dtype="float64", rng=0)
    loss = nn.functional.mse_loss(model(x), target)
    expected = {step.number: step.value for step in steps(loss)}
    loss.backward()
    after = list(steps(loss))
    assert len(after) == len(expected)
    for step in after:
        if expected[step.number] is not None:
            np.testing.assert_array_equal(step.value, expected[step.number])
    for name, p in model.named_parameters():
        np.testing.assert_allclose(steps(loss).gradients[name], p.grad, rtol=1e-12)
        np.testing.assert_allclose(explain(loss, p).gradient, p.grad, rtol=1e-12)


def test_a_changed_leaf_is_not_read():
    w = tensor(np.ones(100), requires_grad=True, name="w")
    y = (w * w).sum()
    w.data -= 1.0
    with pytest.raises(ValuesNotKeptError, match=r"w .* was changed"):
        list(steps(y))
    small = tensor(3.0, requires_grad=True, name="w")
    y = small * small
    small.data -= 1.0
    assert steps(y).gradients == {"w": 6.0}  # the value of the forward pass was kept


def test_without_a_graph_it_says_so():
    with pytest.raises(RequiresGradError):
        steps(tensor(1.0))


def test_a_large_graph_is_cut_in_words_and_quick(graphs):
    all_steps = steps(graphs.chain(4_000))
    assert sum(1 for _ in all_steps) == len(all_steps) == 4_000
    assert "... 3,940 more steps" in all_steps.text


def animation_of(page):
    """The data in a page, and the numbers of its boxes."""
    data = json.loads(page.partition('<script type="application/json">')[2].partition("</script>")[0])
    return data, {int(number) for number in re.findall(r'data-node="(\d+)"', page)}


def test_a_page_of_many_modules_closes_them(graphs):
    shown = steps(graphs.blocks(60))
    animation, boxes = animation_of(shown.html)
    assert len(boxes) <= MOST
    assert animation["counts"]["nodes"] == 302
    assert len(animation["moments"]) == 2 * len(shown) == 482  # every op has its turn, in the box of its call
    assert {m["node"] for m in animation["moments"]} <= boxes
    facts = {key: [animation["texts"][i] for i in lines] for key, lines in animation["facts"].items()}
    box, operations = next((key, lines) for key, lines in facts.items() if lines[0].endswith("@ blocks.7.weight"))
    assert len(operations) == 4
    inner = [m for m in animation["moments"] if m["pass"] == "forward" and m["inner"]]
    assert len(inner) == 3 * 60  # of the four ops of a block one gives its result
    result = next(step for step in shown if operations[-1].startswith(f"{step.node} = "))
    tip = re.search(rf'data-node="{box}".*?<title>(.*?)</title>', shown.html, re.DOTALL)[1]
    assert unescape(tip).endswith(f"grad {exact(result.gradient)}")  # what the box shows in the end


def test_a_page_of_a_long_loop_shows_its_end(graphs):
    animation, boxes = animation_of(steps(graphs.chain(1000)).html)
    assert len(boxes) <= MOST
    assert re.fullmatch(r"\d+ nodes left out", *animation["left out"])
    assert len(animation["moments"]) == 2000
    animation, boxes = animation_of(steps(graphs.chain(5000)).html)
    assert len(animation["moments"]) == 2 * MOST_STEPS
    assert animation["counts"]["operations"] == 5000
    assert (
        animation["moments"][MOST_STEPS - 1]["node"]
        == animation["moments"][MOST_STEPS]["node"]
        == animation["start"]["node"]
    )


def test_a_notebook_gets_the_page_in_a_frame(graphs):
    bundle = steps(graphs.micrograd())._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    still, _, frame = bundle["text/html"].partition("<iframe srcdoc=")
    assert unescape(still) == f"<pre>{bundle['text/plain']}</pre>", "what is shown where frames are forbidden"
    assert unescape(frame.split('"')[1]).startswith("<!DOCTYPE html>")


def test_saving(graphs, tmp_path):
    shown = steps(graphs.micrograd())
    assert shown.save(tmp_path / "a.html").read_text(encoding="utf-8") == shown.html
    assert shown.save(tmp_path / "a.txt").read_text(encoding="utf-8") == shown.text + "\n"
    with pytest.raises(ValueError, match="suffix"):
        shown.save(tmp_path / "a.png")


def test_the_page_needs_no_network(graphs):
    page = steps(graphs.micrograd()).html
    for trace in ("http:", "https:", "src="):
        assert trace not in page.replace("http://www.w3.org/", "")


def test_of_a_closed_op_with_several_results_the_first_is_shown(graphs):
    x = tensor(np.ones(4), requires_grad=True, name="x")
    for i in range(60):
        with graphs.call("Split", f"splits.{i}"):
            parts = np.split(x * 1.0, 2)
        x = np.concatenate(parts[::-1])
    animation, _ = animation_of(steps(x.sum()).html)
    joins = [m for m in animation["moments"] if m["pass"] == "backward" and "= concatenate(" in m["text"]]
    assert len(joins) == 60
    for m in joins:
        assert [(s["index"], s["inner"]) for s in m["sends"]] == [(-1, True), (-1, False)]  # [1] and [0], in this order

"""Names of variables and of attributes of modules: read when a picture is made, in the frame that makes it."""

import gc
import weakref

import numpy as np

import nn
from autograd import explain, record, steps, tensor
from autograd.view import draw


def leaf(value=3.0):
    return tensor(value, requires_grad=True)


def test_an_unnamed_sum_is_called_like_its_variable():
    x = leaf()
    y = x * x
    z = y + 1
    assert draw(z).text.splitlines()[:3] == ["z = y + 1  value 10", "└─ y = x * x  value 9", "   └─ x: input  value 3"]
    assert [step.node for step in steps(z)] == ["z", "y"]
    assert steps(z).gradients == {"x": 6.0}
    assert explain(z, x).text.startswith("dz/dx = 6")
    assert "z = y + 1" in steps(z).html


def test_a_given_name_comes_first_and_numbers_do_not_depend_on_variables():
    x = tensor(3.0, requires_grad=True, name="speed")
    first = x * 2.0
    last = first * 3.0 * 4.0
    assert [step.node for step in steps(last)] == ["last", "multiply_2", "first"]
    del first
    assert [step.node for step in steps(last)] == ["last", "multiply_2", "multiply_1"]
    assert draw(last).picture.boxes[0].title == "speed"


def test_names_belong_to_the_frame_that_asks():
    def made():
        inner = leaf() * 2.0
        return inner

    def drawn(t):
        return draw(t).picture.boxes[-1].title

    outer = made()
    assert drawn(outer) == "t"
    assert draw(outer).picture.boxes[-1].title == "outer"
    again = outer  # the first name that the frame gave
    assert draw(again).picture.boxes[-1].title == "outer"


def test_nothing_happens_when_ops_run():
    x = leaf()
    y = x * 2.0
    draw(y)
    assert (x.name, y.name) == (None, None)
    z = y
    del y
    assert draw(z).picture.boxes[-1].title == "z"


def test_a_leaf_keeps_its_variable_when_its_data_has_changed():
    w = leaf()
    y = w * 2.0
    w.data -= 0.5
    assert draw(y).picture.boxes[0].title == "w"


def test_one_of_several_results_has_a_name():
    low, high = np.split(leaf([1.0, 2.0]), 2)
    text = draw(low * high).text
    assert "[0] low (1,)" in text
    assert "low * high" in text


def test_attributes_of_modules_are_names():
    class Attention(nn.Module):
        def __init__(self):
            self.scale = tensor(0.5)
            self.norm = nn.BatchNorm1d(2)
            self.norm.eval()

        def forward(self, x):
            self.scores = x * self.scale
            return self.norm(self.scores)

    model = Attention()
    traced = nn.draw(model, np.ones((1, 2), "float32"))
    out = model(leaf([[1.0, 2.0]]).astype("float32"))
    assert {"scores", "scale"} <= {box.title for box in draw(out).picture.boxes}
    assert {"scores", "scale", "norm.running_var"} <= {box.title for box in traced.picture.boxes}


def test_a_recording_uses_the_names_at_its_end():
    x = leaf()
    with record() as run:
        y = x * 2.0
        for _ in range(2):
            y = y + 1.0
    assert [entry.name for entry in run] == ["x", "multiply_1", "add_1", "y"]
    assert run["add_2"].value == run["y"].value == 8.0


def test_views_keep_no_variable_alive():
    x, other = leaf(), leaf(np.ones(3)) * 2.0
    y = x * 2.0
    gone = weakref.ref(other)
    shown = (draw(y), steps(y), explain(y, x))
    del other
    gc.collect()
    assert gone() is None
    assert shown[1].text.startswith("backward from y")

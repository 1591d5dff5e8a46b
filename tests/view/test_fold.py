"""How large graphs become small pictures."""

import gc
import re
import time

import numpy as np
import pytest

import nn
from autograd import tensor
from autograd.view import draw
from autograd.view.graph.fold import close, leave_out
from autograd.view.graph.repeats import fold_repeats
from autograd.view.graph.shrink import shrink
from autograd.view.graph.snapshot import _Recorder, snapshot


def sound(graph):
    """Ids count up, arguments come first, frames follow those around them."""
    for i, node in enumerate(graph.nodes):
        assert node.id == i
        assert all(argument.node < i for _, argument in node.references())
        assert node.frame is None or 0 <= node.frame < len(graph.frames)
    for i, frame in enumerate(graph.frames):
        assert frame.id == i
        assert frame.parent is None or frame.parent < i
    assert sorted(node.made for node in graph.nodes if node.made >= 0) == list(
        range(sum(node.made >= 0 for node in graph.nodes))
    )
    reached = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node.id in reached:
            reached.update(argument.node for _, argument in node.references())
    assert len(reached) == len(graph.nodes)
    return graph


def names(graph):
    return [node.name or node.path or node.op or node.kind for node in graph.nodes]


def test_module_calls_close_into_one_box(graphs):
    keep = []
    full = snapshot(graphs.mlp(keep=keep))
    assert names(sound(close(full, 0))) == ["x", "model", "loss"]
    opened = sound(close(full, 1))
    assert names(opened) == ["x", "layers.0", "acts.0", "layers.1", "loss"]
    assert [frame.path for frame in opened.frames] == ["model"]
    layer = opened.nodes[1]
    assert (layer.kind, layer.op, layer.note) == ("module", "Linear", "1 op, 4,160 parameters")
    assert layer.results[0].shape == (5, 64)
    assert close(full, 2) is full


def test_depth_is_what_the_user_sees(graphs):
    drawing = draw(graphs.mlp(), depth=1, renderer="own")
    assert [box.title for box in drawing.picture.boxes] == ["x", "layers.0", "acts.0", "layers.1", "loss"]
    assert [group.title for group in drawing.picture.groups] == ["model: MLP"]
    assert "layers.0</text>" in drawing.svg
    assert "layers.0: Linear  1 op, 4,160 parameters, (5, 64)" in drawing.text
    assert "subgraph cluster_0" in drawing.dot
    assert "subgraph g0" in drawing.mermaid


def test_a_frame_around_a_single_op_becomes_a_line_in_it(graphs):
    drawing = draw(graphs.mlp(), renderer="own")
    assert [group.title for group in drawing.picture.groups] == ["model: MLP", "layers.0: Linear", "layers.1: Linear"]
    relu = next(box for box in drawing.picture.boxes if box.heading == "relu")
    assert relu.details == ("acts.0: ReLU", "(5, 64)")


@pytest.mark.parametrize("count", [12, 20])
def test_equal_blocks_fold(graphs, count):
    drawing = draw(graphs.blocks(count), renderer="own")
    assert f"[net: Network > blocks.0 to blocks.{count - 1}: Block x {count} (the first is shown)]" in drawing.text
    assert f"Block x {count}" in drawing.svg
    assert len(drawing.picture.boxes) == 7
    closed = draw(graphs.blocks(count), depth=1, renderer="own")
    assert [box.heading for box in closed.picture.boxes] == ["input", f"Block x {count}", "sum"]
    assert f"blocks.0 to blocks.{count - 1}: Block x {count} [net: Network]  4 ops, 9 parameters, (4, 3)" in closed.text


def test_open_blocks_of_closed_calls_fold_too(graphs):
    drawing = draw(graphs.blocks(30), depth=2)
    assert "[net: Network > blocks.0 to blocks.29: Block x 30 (the first is shown)]" in drawing.text
    assert [box.title for box in drawing.picture.boxes if box.kind == "module"] == ["blocks.0.mix", "blocks.0.squash"]


def test_few_blocks_are_all_shown(graphs):
    assert " x 3" not in draw(graphs.blocks(3)).text


def test_closed_equal_neighbours_fold_from_two_on(graphs):
    assert "Block x 2" in draw(graphs.blocks(2), depth=1).text
    assert " x 2" not in draw(graphs.mlp((8, 8, 8, 8, 2)), depth=1).text.replace(" x 3", "")


def test_a_different_block_breaks_the_run(graphs):
    x = tensor(np.ones((2, 2)), requires_grad=True)
    for i in range(30):
        with graphs.call("Block", f"blocks.{i}"):
            x = (x * 2).exp() if i == 14 else (x * 2).tanh()
    drawing = draw(x.sum(), max_nodes=10)
    assert "blocks.0 to blocks.13: Block x 14" in drawing.text
    assert "blocks.15 to blocks.29: Block x 15" in drawing.text
    assert "exp" in drawing.text


def test_neighbours_with_other_wiring_do_not_fold():
    x = tensor(1.0, requires_grad=True, name="x")
    y = x
    for i in range(40):
        y = (y * x).tanh() if i % 2 else (x * y).tanh()
    graph = sound(fold_repeats(snapshot(y)))
    assert [frame.repeat for frame in graph.frames] == [19]  # of two multiplications and two tanh each
    z, before = x, x.tanh()
    for i in range(40):
        z, before = (z * before if i == 20 else z * x).tanh(), z
    graph = sound(fold_repeats(snapshot(z)))
    assert [frame.repeat for frame in graph.frames] == [19, 19]


def test_loops_without_modules_fold(graphs):
    drawing = draw(graphs.chain(2000), renderer="own")
    assert "repeated x 999 (the first is shown)" in drawing.text
    assert len(drawing.picture.boxes) == 5


def test_the_steps_of_a_recurrent_network_fold(graphs):
    rng = np.random.default_rng(0)
    w, u = (graphs.Parameter(rng.standard_normal((3, 3)), requires_grad=True, name=name) for name in "wu")
    h, states = tensor(np.zeros(3), name="h0"), []
    with graphs.call("RNN", "rnn"):
        for _ in range(20):
            x = tensor(rng.standard_normal(3), requires_grad=True)
            with graphs.call("Cell", "rnn.cell"):
                h = np.tanh(w @ h + u @ x)
            states.append(h)
    graph = sound(shrink(snapshot(np.stack(states).sum()), depth=None, max_nodes=300))
    assert [(frame.label, frame.repeat) for frame in graph.frames] == [("RNN", 1), ("Cell", 20)]
    leaves = {node.name or node.kind: node.repeat for node in graph.nodes if node.made < 0}
    assert leaves == {"w": 1, "u": 1, "h0": 1, "input": 20}
    assert names(graph)[-2:] == ["stack", "sum"]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_loop_over_the_parts_of_a_split_folds(graphs, backwards):
    """As recurrent layers do: all inputs are split at once, each step takes its own part."""
    w = graphs.Parameter(np.ones((3, 3)), requires_grad=True, name="w")
    x = tensor(np.ones((30, 3)), requires_grad=True, name="x")
    h, states = tensor(np.zeros((1, 3)), name="h0"), []
    parts = np.split(x, 30)
    for part in reversed(parts) if backwards else parts:
        h = np.tanh(part + h @ w)
        states.append(h)
    del part  # a variable that would name one of the parts
    drawing = draw(np.stack(states).sum(), renderer="own")
    graph = sound(shrink(snapshot(np.stack(states).sum()), depth=None, max_nodes=300))
    assert [frame.repeat for frame in graph.frames] == [30]
    assert names(graph) == ["x", "split", "h0", "w", "matmul", "add", "tanh", "stack", "sum"]
    stack = graph.nodes[-2]
    assert len(list(stack.references())) == 1  # one arrow for the 30 states
    [split] = [box for box in drawing.picture.boxes if box.heading.startswith("split")]
    assert split.details == ("[0] to [29] (1, 3)",)
    assert [row.label for row in split.rows] == ["[0] value", "[1] value", "[2] value", "[3] value"]


def test_a_loop_that_takes_parts_out_of_order_does_not_fold_as_one():
    h = tensor(np.zeros((1, 3)), requires_grad=True, name="h0")
    parts = np.split(tensor(np.ones((30, 3)), requires_grad=True, name="x"), 30)
    for i in [*range(15), *range(29, 14, -1)]:
        h = np.tanh(parts[i] + h)
    assert [frame.repeat for frame in sound(fold_repeats(snapshot(h.sum()))).frames] == [15, 15]


def test_parallel_heads_fold(graphs):
    x = tensor(np.ones((4, 6)), requires_grad=True, name="x")
    heads = []
    for i in range(30):
        q = graphs.Parameter(np.ones((6, 2)), requires_grad=True, name=f"heads.{i}.q")
        with graphs.call("Head", f"heads.{i}"):
            heads.append((x @ q).softmax(axis=-1))
    graph = sound(shrink(snapshot(np.concatenate(heads, axis=1).sum()), depth=None, max_nodes=300))
    assert [(frame.path, frame.repeat) for frame in graph.frames] == [("heads.0 to heads.29", 30)]
    assert len(graph.nodes) == 6


def test_what_is_farthest_from_the_output_is_left_out(graphs):
    full = snapshot(graphs.tangle(400))
    graph = sound(leave_out(full, 50))
    assert len(graph.nodes) == 50
    hidden = graph.nodes[0]
    assert hidden.kind == "hidden"
    assert hidden.op == f"{len(full.nodes) - 49:,} nodes left out"
    assert not list(hidden.references())
    drawing = draw(graphs.tangle(400), max_nodes=50, renderer="own")
    assert len(drawing.picture.boxes) == 50
    assert all("nodes left out" in form for form in (drawing.svg, drawing.text, drawing.dot, drawing.mermaid))


@pytest.mark.parametrize("most", [1, 2, 3, 7, 30, 100])
@pytest.mark.parametrize("name", ["tangle", "blocks", "chain", "mlp"])
def test_no_more_than_max_nodes(graphs, name, most):
    out = getattr(graphs, name)() if name == "mlp" else getattr(graphs, name)(60)
    graph = sound(shrink(snapshot(out), depth=None, max_nodes=most))
    assert len(graph.nodes) <= max(most, 2)
    assert draw(out, max_nodes=most, renderer="own").svg


def test_modules_close_before_anything_is_left_out(graphs):
    drawing = draw(graphs.mlp((4, 5, 6, 7, 8, 9, 2)), max_nodes=14)
    kinds = {box.kind for box in drawing.picture.boxes}
    assert "module" in kinds
    assert "hidden" not in kinds


@pytest.mark.parametrize("seed", range(5))
def test_folding_keeps_every_graph_sound(graphs, seed):
    graph = snapshot(graphs.tangle(300, seed))
    for step in (fold_repeats, lambda g: leave_out(g, 80)):
        graph = sound(step(graph))


@pytest.mark.parametrize(("count", "limit"), [(5_000, 2.0), pytest.param(100_000, 10.0, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ["chain", "tangle", "blocks"])
def test_large_graphs_are_drawn_in_time(graphs, name, count, limit):
    out = getattr(graphs, name)(count // 4 if name == "blocks" else count)
    start = time.process_time()  # not the clock on the wall: a busy machine is no bug
    drawing = draw(out)
    svg = drawing.svg
    assert time.process_time() - start < limit
    assert gc.isenabled()
    assert len(svg) < 1_000_000
    assert drawing.text


def test_a_large_picture_says_what_was_left_out(graphs):
    assert draw(graphs.chain(1000)).picture.notes[-1] == "1,001 nodes folded into 5 boxes"
    note = draw(graphs.tangle(500), max_nodes=40).picture.notes[-1]
    assert re.fullmatch(r"\d+ nodes folded into 40 boxes, \d+ nodes left out", note)
    assert not any("boxes" in note for note in draw(graphs.chain(20)).picture.notes)


def test_a_graph_of_20000_nodes_says_what_was_left_out(graphs):
    out = graphs.tangle(24_000)
    total = len(snapshot(out).nodes)
    assert total > 20_000
    drawing = draw(out, renderer="own")
    assert len(drawing.picture.boxes) == 300
    [hidden] = [box for box in drawing.picture.boxes if box.kind == "hidden"]
    gone = int(hidden.heading.split()[0].replace(",", ""))
    assert drawing.picture.notes[-1] == f"{total:,} nodes folded into 300 boxes, {gone:,} nodes left out"
    counts = [line.split() for line in hidden.details if line[0].isdigit()]
    assert sum(int(count.replace(",", "")) for count, *_ in counts) == gone
    assert {word for _, word in counts} >= {"add", "multiply", "tanh"}


@pytest.mark.parametrize(("name", "count", "most"), [("chain", 20_000, 20), ("blocks", 3000, 40)])
def test_records_are_made_of_few_nodes(graphs, monkeypatch, name, count, most):
    made = []
    node = _Recorder.node
    monkeypatch.setattr(_Recorder, "node", lambda self, i: made.append(i) or node(self, i))
    out = getattr(graphs, name)(count)
    assert draw(out, renderer="own").picture.boxes
    assert len(made) <= most


def test_a_sum_of_many_terms_folds(graphs):
    terms = [np.tanh(tensor(0.5, requires_grad=True) * 2) for _ in range(5000)]
    drawing = draw(np.stack(terms).sum(), renderer="own")
    assert "repeated x 5000 (the first is shown)" in drawing.text
    assert len(drawing.picture.boxes) == 5


def test_a_step_with_a_parameter_is_no_step_with_a_number():
    """They differ in nothing but the kind of the leaf, so only the pattern of six steps repeats."""
    w = nn.Parameter(np.array(1.1))
    x = tensor(np.ones(3), requires_grad=True)
    for step in "pppnnn" * 8:
        x = x * (w if step == "p" else tensor(1.5))
    assert "multiply [repeated x 8 (the first is shown)]" in str(draw(x))

"""Makes a graph smaller: closes module calls into one node each, or leaves out the nodes farthest from the output."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autograd.view.graph.columns import Nodes, rebuild
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Result


def close(graph: Graph, depth: int) -> Graph:
    """Show each module call at nesting depth ``depth`` as one node (0: all outermost calls)."""
    nodes = Nodes.of(graph.nodes)
    columns = nodes.columns
    around = np.full(len(graph.frames) + 1, -1)  # of each frame the closed call around it, if any; last that of none
    for frame, level in zip(graph.frames, graph.levels(), strict=True):
        outer = -1 if frame.parent is None else around[frame.parent]
        around[frame.id] = outer if outer >= 0 else (frame.id if level >= depth else -1)
    home = around[columns.frame]
    inside = np.flatnonzero(home >= 0)
    if not len(inside):
        return graph
    inside = inside[np.argsort(home[inside], kind="stable")]
    calls = np.split(inside, np.flatnonzero(np.diff(home[inside])) + 1)
    stand_in = np.full(len(nodes), -1)
    for call in calls:
        stand_in[call] = call[-1]
    source = columns.operands[0]
    made = columns.made.tolist()
    known = made, stand_in.tolist(), set(source[home[source] != home[columns.users()]].tolist()), set(graph.outputs)
    closed = [_closed(nodes, graph.frames[home[call[0]]], call.tolist(), *known) for call in calls]
    alias = np.where(stand_in < 0, np.arange(len(nodes)), stand_in)
    return rebuild(graph, {node.id: node for node in closed}, graph.outputs, graph.frames, alias)


def _closed(
    nodes: Nodes, frame: FrameRecord, inside: list[int], made: list[int], stand_in: list[int], used: set[int],
    outputs: set[int],
) -> GraphNode:  # fmt: skip
    """One node for a module call: its outside arguments, its last result, and its contents in a few words.

    ``stand_in`` says which node each closed one becomes, ``used`` are those whose results are used outside.
    """
    home = inside[-1]
    shown = [i for i in inside if i in outputs] or [i for i in inside if i in used] or inside[-1:]
    last = max(shown, key=made.__getitem__)
    references = [a for i in inside for a in nodes.columns.references(i)]
    arguments: dict[tuple[int, int | None], Argument] = {}
    for a in references:
        there = stand_in[a.node]
        if there != home:
            key = (a.node, a.index) if there < 0 else (there, None)
            arguments[key] = Argument(*key, a.flows or (key in arguments and arguments[key].flows))
    return GraphNode(
        home,
        "module",
        frame.label,
        arguments=tuple(arguments.values()),
        results=tuple(replace(r, index=None) for r in nodes[last].results[:1]),
        frame=frame.parent,
        made=max(made[i] for i in inside),
        output=not outputs.isdisjoint(inside),
        path=frame.path,
        note=_contents(nodes, inside),
        repeat=frame.repeat,
        live=any(a.flows for a in references),
        alarm=_alarm_of(nodes, inside),
        vertices=tuple(dict.fromkeys(v for i in (last, *inside) for v in nodes.vertices(i))),
    )


def _contents(nodes: Nodes, inside: Sequence[int]) -> str:
    kinds = nodes.columns.kind
    ops = sum(kinds[i] == "op" for i in inside)
    parameters = sum(math.prod(r.shape) for i in inside if kinds[i] == "parameter" for r in nodes[i].results)
    text = f"{ops:,} op{'s' * (ops != 1)}"
    return f"{text}, {parameters:,} parameter{'s' * (parameters != 1)}" if parameters else text


def _alarm_of(nodes: Nodes, inside: Sequence[int]) -> str:
    """What begins inside."""
    node = next((nodes[i] for i in inside if i in nodes.columns.alarm), None)
    return "" if node is None else f"{node.path or node.op or node.name}: {node.alarm}"


def leave_out(graph: Graph, most: int) -> Graph:
    """Keep the nodes nearest to the outputs, so that with one node for all the others there are at most ``most``.

    Nearness is the longest path to an output, so omitted nodes lie behind the kept ones, and no cycle can arise.
    """
    count = len(graph.nodes)
    if count <= most:
        return graph
    nodes = Nodes.of(graph.nodes)
    first, sources = nodes.columns.first.tolist(), nodes.columns.operands[0].tolist()
    distance = [0] * count
    for i in range(count - 1, -1, -1):
        behind = distance[i] + 1
        for source in sources[first[i] : first[i + 1]]:
            if distance[source] < behind:
                distance[source] = behind
    order = np.lexsort((-np.arange(count), np.array(distance)))
    gone = order[max(most - 1, 1) :].tolist()
    stand_in = np.arange(count)
    stand_in[gone] = count
    results = tuple(Result(None, None, (), r.dtype) for r in nodes[gone[0]].results[:1])
    text = f"{len(gone):,} node{'s' * (len(gone) != 1)} left out"
    vertices = tuple(v for i in gone for v in nodes.vertices(i))
    note, alarm = _kinds(nodes, gone), _alarm_of(nodes, gone)
    hidden = GraphNode(count, "hidden", text, results=results, note=note, vertices=vertices, alarm=alarm)
    return rebuild(graph, {count: hidden}, graph.outputs, graph.frames, stand_in)


def _kinds(nodes: Nodes, gone: Sequence[int]) -> str:
    """The omitted nodes in words: the most frequent ops and kinds of leaves."""
    words = zip(nodes.columns.kind, nodes.columns.op, strict=True)
    word = [op if kind in ("op", "module") else kind for kind, op in words]
    most = sorted(Counter(word[i] for i in gone).items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{count:,} {word}" for word, count in most[:4]]
    if len(most) > 4:
        lines.append(f"{sum(count for _, count in most[4:]):,} others")
    return "\n".join(lines)

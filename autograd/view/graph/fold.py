"""Makes a graph smaller: closes module calls into one node each, or leaves out the nodes farthest from the output."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Result, operands_first


def rebuild(nodes: Mapping[int, GraphNode], outputs: tuple[int, ...], frames: tuple[FrameRecord, ...]) -> Graph:
    """A graph of some nodes, whose arguments are keys of ``nodes``: ordered and numbered afresh, unused frames gone."""
    order = operands_first(outputs, lambda i: [argument.node for _, argument in nodes[i].references()])
    number = {i: n for n, i in enumerate(order)}
    ops = sorted((i for i in order if nodes[i].made >= 0), key=lambda i: nodes[i].made)
    ranks = {i: rank for rank, i in enumerate(ops)}
    kept, frame_number = _used_frames(frames, (nodes[i].frame for i in order))

    def moved(a: Argument) -> Argument:
        return Argument(number[a.node], a.index, a.flows)

    renumbered = tuple(
        nodes[i].rewired(moved)._replace(id=n, frame=frame_number[nodes[i].frame], made=ranks.get(i, -1))
        for n, i in enumerate(order)
    )
    return Graph(renumbered, tuple(kept), tuple(number[i] for i in outputs))


def _used_frames(
    frames: tuple[FrameRecord, ...], homes: Iterable[int | None]
) -> tuple[list[FrameRecord], dict[int | None, int | None]]:
    """The frames that still hold something, numbered afresh so that each follows the one around it."""
    used: set[int] = set()
    for home in homes:
        while home is not None and home not in used:
            used.add(home)
            home = frames[home].parent
    number: dict[int | None, int | None] = {None: None}
    kept: list[FrameRecord] = []
    waiting = [frame for frame in frames if frame.id in used]
    while waiting:  # a frame may be younger than those it holds, when it was put around equal neighbours
        later = []
        for frame in waiting:
            if frame.parent in number:
                number[frame.id] = len(kept)
                kept.append(frame._replace(id=len(kept), parent=number[frame.parent]))
            else:
                later.append(frame)
        waiting = later
    return kept, number


def _closings(graph: Graph, depth: int) -> list[tuple[FrameRecord, list[GraphNode], GraphNode]]:
    """The module calls at nesting depth ``depth`` with their contents, and the node whose result each shows."""
    levels = graph.levels()
    closed: dict[int | None, int | None] = {None: None}  # each frame -> the closed call around it, if any
    for frame in graph.frames:
        around = closed[frame.parent]
        closed[frame.id] = around if around is not None else (frame.id if levels[frame.id] >= depth else None)
    members: dict[int, list[GraphNode]] = {}
    for node in graph.nodes:
        home = closed[node.frame]
        if home is not None:
            members.setdefault(home, []).append(node)
    leaving: dict[int, list[GraphNode]] = {}  # nodes whose results are used outside of their closed call
    if members:
        for node in graph.nodes:
            for _, argument in node.references():
                source = graph.nodes[argument.node]
                if closed[source.frame] is not None and closed[source.frame] != closed[node.frame]:
                    leaving.setdefault(closed[source.frame], []).append(source)  # type: ignore[arg-type]
    found = []
    for home, inside in members.items():
        shown = [node for node in inside if node.output] or leaving.get(home, inside[-1:])
        found.append((graph.frames[home], inside, max(shown, key=lambda node: node.made)))
    return found


def close(graph: Graph, depth: int) -> Graph:
    """Show each module call at nesting depth ``depth`` as one node (0: all outermost calls)."""
    calls = _closings(graph, depth)
    if not calls:
        return graph
    stand_in = {node.id: inside[-1].id for _, inside, _ in calls for node in inside}
    nodes = {node.id: _redirected(node, stand_in) for node in graph.nodes if node.id not in stand_in}
    closed = [_closed_node(*call, stand_in) for call in calls]
    nodes |= {node.id: node for node in closed}
    return rebuild(nodes, tuple(dict.fromkeys(stand_in.get(i, i) for i in graph.outputs)), graph.frames)


def _redirected(node: GraphNode, stand_in: Mapping[int, int]) -> GraphNode:
    """A node whose arguments lead to the nodes that stand for the original ones."""

    def moved(a: Argument) -> Argument:
        return Argument(stand_in[a.node], None, a.flows) if a.node in stand_in else a

    return node.rewired(moved)


def _closed_node(
    frame: FrameRecord, inside: list[GraphNode], last: GraphNode, stand_in: Mapping[int, int]
) -> GraphNode:
    """One node for a module call: its outside arguments, its last result, and its contents in a few words."""
    home = inside[-1].id
    arguments: dict[tuple[int, int | None], Argument] = {}
    for node in inside:
        for _, argument in node.references():
            source = stand_in.get(argument.node, argument.node)
            if source == home:
                continue
            key = (source, None if argument.node in stand_in else argument.index)
            arguments[key] = Argument(*key, argument.flows or (key in arguments and arguments[key].flows))
    results = tuple(Result(None, r.name, r.shape, r.dtype, r.value, r.grad) for r in last.results[:1])
    return GraphNode(
        home,
        "module",
        frame.label,
        arguments=tuple(arguments.values()),
        results=results,
        frame=frame.parent,
        made=max(node.made for node in inside),
        output=any(node.output for node in inside),
        path=frame.path,
        note=_contents(inside),
        repeat=frame.repeat,
        live=any(a.flows for node in inside for _, a in node.references()),
        alarm=_alarm_of(inside),
        vertices=tuple(dict.fromkeys(v for node in (last, *inside) for v in node.vertices)),
    )


def _contents(inside: Sequence[GraphNode]) -> str:
    ops = sum(node.kind == "op" for node in inside)
    parameters = sum(math.prod(r.shape) for node in inside if node.kind == "parameter" for r in node.results)
    text = f"{ops:,} op{'s' * (ops != 1)}"
    return f"{text}, {parameters:,} parameter{'s' * (parameters != 1)}" if parameters else text


def _alarm_of(nodes: Sequence[GraphNode]) -> str:
    """What begins inside."""
    return next((f"{node.path or node.op or node.name}: {node.alarm}" for node in nodes if node.alarm), "")


def leave_out(graph: Graph, most: int) -> Graph:
    """Keep the nodes nearest to the outputs, so that with one node for all the others there are at most ``most``.

    Nearness is the longest path to an output, so omitted nodes lie behind the kept ones, and no cycle can arise.
    """
    if len(graph.nodes) <= most:
        return graph
    distance = [0] * len(graph.nodes)
    for node in reversed(graph.nodes):
        for _, argument in node.references():
            distance[argument.node] = max(distance[argument.node], distance[node.id] + 1)
    order = sorted(graph.nodes, key=lambda node: (distance[node.id], -node.id))
    keep = max(most - 1, 1)
    nodes = {node.id: node for node in order[:keep]}
    gone = order[keep:]
    stand_in = {node.id: -1 for node in gone}
    for i, node in nodes.items():
        nodes[i] = _redirected(node, stand_in)
    results = tuple(Result(None, None, (), r.dtype) for r in gone[0].results[:1])
    text = f"{len(gone):,} node{'s' * (len(gone) != 1)} left out"
    vertices = tuple(v for node in gone for v in node.vertices)
    note, alarm = _kinds(gone), _alarm_of(gone)
    nodes[-1] = GraphNode(-1, "hidden", text, results=results, note=note, vertices=vertices, alarm=alarm)
    return rebuild(nodes, tuple(dict.fromkeys(i if i in nodes else -1 for i in graph.outputs)), graph.frames)


def _kinds(gone: list[GraphNode]) -> str:
    """The omitted nodes in words: the most frequent ops and kinds of leaves."""
    counts = Counter(node.op if node.kind in ("op", "module") else node.kind for node in gone)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{count:,} {word}" for word, count in most[:4]]
    if len(most) > 4:
        lines.append(f"{sum(count for _, count in most[4:]):,} others")
    return "\n".join(lines)

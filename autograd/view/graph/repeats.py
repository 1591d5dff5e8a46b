"""Finds equal neighbours (layers of the same shape in a row, the steps of a loop) and shows one for all.

Two stretches of the program are equal if they apply the same ops to operands of the same shapes, wired alike, in module
calls of the same classes; values, names and gradients may differ.
"""

from collections.abc import Hashable, Iterator
from typing import NamedTuple

import numpy as np

from autograd.progress import over
from autograd.view.graph.fold import rebuild
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Number

_MOST_COMPARISONS = 60_000_000  # of one integer with another, by NumPy: a fraction of a second

Token = tuple[bool, int]  # (is a module call, its number) or (False, number of a node)
Run = list[list[Token]]  # equal neighbours: the tokens of each copy
Port = tuple[int, int | None]  # a node outside of a group, and which of its results the group takes


def fold_repeats(graph: Graph, *, closed_only: bool = False) -> Graph:
    """Fold runs of three or more equal neighbours into the first of them, marked with their number.

    With ``closed_only``, only module calls shown as one node are folded, even just two, because this hides nothing
    more.
    """
    return _Folder(graph, closed_only).run()


class _Wiring(NamedTuple):
    """How the ops of a group are wired, in a form that equal groups share, and their inputs from outside."""

    form: tuple[Hashable, ...]
    ports: tuple[Port, ...]
    place: dict[int, int]


def _link(before: _Wiring | None, after: _Wiring | None) -> tuple[Hashable, ...] | None:
    """How a group is connected to the one before it: their shared inputs, and inputs from each other."""
    if before is None or after is None or len(before.ports) != len(after.ports):
        return None
    return tuple(_step(before, prior, port) for prior, port in zip(before.ports, after.ports, strict=True))


def _step(before: _Wiring, prior: Port, port: Port) -> Hashable:
    """Where a group takes something from, as seen from the group before it."""
    node, index = port
    if node in before.place:
        return "carried", before.place[node], index
    if node == prior[0] and index is not None and prior[1] is not None:
        return "result", index - prior[1]  # a loop over the parts of a split takes the next one
    return "same" if node == prior[0] else "other"


class _Folder:
    """One folding: the place of each node, the equal ones, and which node stands for which."""

    def __init__(self, graph: Graph, closed_only: bool) -> None:
        self.graph = graph
        self.closed_only = closed_only
        self.alias: dict[int, int] = {}  # node -> the node of the first copy that stands for it
        self.gone: set[int] = set()  # frames of copies that are not shown
        self.nodes = {node.id: node for node in graph.nodes}
        self.frames: list[FrameRecord] = list(graph.frames)
        self.signatures: dict[Hashable, int] = {}
        self.signed: dict[int, int] = {}
        self.tokens = self.tokens_by_frame()
        self.signature_of = self.sign_frames()
        self.reach = self.consumers()

    def run(self) -> Graph:
        work: list[int | None] = [None]
        while work:
            frame = work.pop()
            tokens = self.tokens.get(frame, [])
            for run in self.find_runs(tokens):
                self.fold(run, frame)
            work.extend(i for is_frame, i in tokens if is_frame and i not in self.gone)
        return self.rebuilt() if self.alias else self.graph

    def least(self, period: int) -> int:
        return 2 if self.closed_only and period == 1 else 3

    def tokens_by_frame(self) -> dict[int | None, list[Token]]:
        """The ops and module calls directly in each frame, in the order in which the program ran."""
        tokens: dict[int | None, list[Token]] = {None: []}
        seen: set[int] = set()
        for node in sorted((n for n in self.graph.nodes if n.made >= 0), key=lambda n: n.made):
            tokens.setdefault(node.frame, [])
            inner, token = node.frame, (False, node.id)
            tokens[inner].append(token)
            while inner is not None and inner not in seen:
                seen.add(inner)
                outer = self.graph.frames[inner].parent
                tokens.setdefault(outer, []).append((True, inner))
                inner = outer
        return tokens

    def sign(self, key: Hashable) -> int:
        return self.signatures.setdefault(key, len(self.signatures))

    def sign_frames(self) -> dict[int, int]:
        """A number for the contents of each frame: equal contents, equal number. Innermost frames first."""
        levels = self.graph.levels()
        signed: dict[int, int] = {}
        for frame in sorted(self.graph.frames, key=lambda f: -levels[f.id]):
            tokens = self.tokens.get(frame.id, [])
            inside = tuple(signed[i] if is_frame else self.sign_node(i) for is_frame, i in tokens)
            signed[frame.id] = self.sign((frame.label, frame.repeat, inside))
        return signed

    def sign_node(self, i: int) -> int:
        """A number for an op and the shapes it works on: equal ops, equal number."""
        if i in self.signed:
            return self.signed[i]
        node = self.nodes[i]
        key: list[Hashable] = [node.kind, node.op, node.note, node.repeat]
        for argument in node.arguments:
            if isinstance(argument, Number):
                key.append(repr(argument.value))
            else:
                source = self.nodes[argument.node]
                key.append(source.kind if _belongs(source) else None)
                key += [r.shape for r in source.results if r.index == argument.index]
        if node.attrs:
            key.append(tuple(sorted((k, _mark(v)) for k, v in node.attrs.items())))
        for r in node.results:
            key += (r.index, r.shape, r.dtype.char)
        self.signed[i] = self.sign(tuple(key))
        return self.signed[i]

    def consumers(self) -> dict[int, tuple[int, int]]:
        """For each leaf, the first and the last op that uses it (in the order of the program)."""
        reach: dict[int, tuple[int, int]] = {}
        leaves = {node.id for node in self.graph.nodes if node.made < 0}
        for node in self.graph.nodes:
            for _, argument in node.references():
                if argument.node in leaves:
                    low, high = reach.get(argument.node, (node.made, node.made))
                    reach[argument.node] = (min(low, node.made), max(high, node.made))
        return reach

    def ops(self, group: list[Token]) -> list[GraphNode]:
        """The ops of each token, those of nested calls included, in the order of the program."""
        if not any(is_frame for is_frame, _ in group):
            return [self.nodes[i] for _, i in group]
        inside = [[self.nodes[i] for is_frame, i in self.within(token) if not is_frame] for token in group]
        return [node for nodes in inside for node in sorted(nodes, key=lambda node: node.made)]

    def within(self, token: Token) -> Iterator[Token]:
        """A token and all contents of its module calls."""
        stack = [token]
        while stack:
            is_frame, i = token = stack.pop()
            yield token
            if is_frame:
                stack.extend(self.tokens.get(i, []))

    def find_runs(self, tokens: list[Token]) -> list[Run]:
        """Stretches in which a group of tokens comes again and again; the longest first, none overlapping."""
        marks = np.array([self.signature_of[i] if is_frame else self.sign_node(i) for is_frame, i in tokens], np.int64)
        count = len(tokens)
        found: list[tuple[int, int, int]] = []  # (-covered, period, start)
        longest = min(count // 2, max(1, _MOST_COMPARISONS // max(count, 1)))
        for period in range(1, longest + 1):
            same = np.concatenate(([False], marks[period:] == marks[:-period], [False]))
            edges = np.flatnonzero(same[1:] != same[:-1])
            starts, stops = edges[::2], edges[1::2]
            copies = (stops - starts) // period + 1
            enough = copies >= self.least(period)
            if enough.any():
                covered = (copies[enough] * period).tolist()
                found += [(-c, period, s) for c, s in zip(covered, starts[enough].tolist(), strict=True)]
        found.sort()
        taken = np.zeros(count, bool)
        runs: list[Run] = []
        for covered, period, start in found:
            stop = start - covered
            if taken[start:stop].any():
                continue
            groups = [tokens[i : i + period] for i in range(start, stop, period)]
            for run in self.split(groups):
                runs.append(run)
                first = start + groups.index(run[0]) * period
                taken[first : first + len(run) * period] = True
        return runs

    def split(self, groups: list[list[Token]]) -> list[Run]:
        """Groups with the same ops, cut where the wiring differs."""
        if self.closed_only and any(is_frame or self.nodes[i].kind != "module" for is_frame, i in groups[0]):
            return []
        share = len(groups) * len(groups[0]) / len(self.nodes)
        wirings = [self.wiring(group) for group in over(groups, 50 * share)]  # of 100 steps of `draw`
        runs: list[Run] = []
        start = 0
        while start < len(groups) - 1:
            stop = start + 1
            model, link = wirings[start], _link(wirings[start], wirings[start + 1])
            while stop < len(groups) and model is not None and link is not None:
                wiring = wirings[stop]
                if wiring is None or wiring.form != model.form or _link(wirings[stop - 1], wiring) != link:
                    break
                stop += 1
            if stop - start >= self.least(len(groups[0])):
                runs.append(groups[start:stop])
                start = stop
            else:
                start += 1
        return runs

    def wiring(self, group: list[Token]) -> _Wiring | None:
        """The wiring of the ops of a group; None if they did not run one right after the other."""
        ops = self.ops(group)
        low, high = ops[0].made, ops[-1].made
        if high - low + 1 != len(ops):
            return None
        place = {node.id: i for i, node in enumerate(ops)}
        leaves: dict[int, int] = {}
        ports: dict[Port, int] = {}
        form: list[Hashable] = []
        for node in ops:
            for _, a in node.references():
                if a.node in place:
                    form.append(("inside", place[a.node], a.index))
                elif _belongs(self.nodes[a.node]) and self.alone(a.node, ops):
                    form.append(("leaf", leaves.setdefault(a.node, len(leaves))))
                else:
                    form.append(("outside", ports.setdefault((a.node, a.index), len(ports))))
            form.append(None)
        return _Wiring(tuple(form), tuple(ports), place)

    def fold(self, run: Run, frame: int | None) -> None:
        count = len(run)
        first = self.ops(run[0])
        copies = [(copy, self.ops(copy)) for copy in run]
        everywhere = {node.id for _, nodes in copies for node in nodes}
        models = [(m.id, [(a.node, self.alone(a.node, first)) for _, a in m.references()]) for m in first]
        extra: dict[int, dict[Argument, None]] = {}
        for copy, nodes in copies[1:]:
            for token in copy:
                if token[0]:
                    self.gone.update(i for is_frame, i in self.within(token) if is_frame)
            for node, (model, references) in zip(nodes, models, strict=True):
                self.alias[node.id] = model
                if node.alarm:
                    self.nodes[model] = self.nodes[model]._replace(alarm=node.alarm)
                for (_, argument), (wanted, alone) in zip(node.references(), references, strict=True):
                    if argument.node in everywhere:
                        continue
                    if alone and self.alone(argument.node, nodes):
                        self.alias[argument.node] = wanted
                        if not _belongs(self.nodes[wanted]):
                            self.nodes[wanted] = self.nodes[wanted]._replace(repeat=count)
                    elif argument.node != wanted:  # of the next part of a split the first arrow tells
                        extra.setdefault(model, {})[argument] = None
        for i, arguments in extra.items():
            self.nodes[i] = self.nodes[i]._replace(extra=(*self.nodes[i].extra, *arguments))
        standing = {self.alias.get(output) for output in self.graph.outputs}  # for outputs that are not shown
        for i in {node.id for node in first} & standing:
            self.nodes[i] = self.nodes[i]._replace(output=True)
        self.mark(run, frame, count)

    def alone(self, i: int, ops: list[GraphNode]) -> bool:
        """Whether a leaf is used by some neighbouring ops only."""
        first, last = self.reach.get(i, (-1, -1))
        return ops[0].made <= first and last <= ops[-1].made

    def mark(self, run: Run, frame: int | None, count: int) -> None:
        """Write "x N" on the shown part: the module call, the node, or a new frame around several of them."""
        head, tail = run[0], run[-1]
        if len(head) == 1:
            is_frame, i = head[0]
            if is_frame:
                path = _range(self.frames[i].path, self.frames[tail[0][1]].path)
                self.frames[i] = self.frames[i]._replace(repeat=count * self.frames[i].repeat, path=path)
            else:
                node = self.nodes[i]
                path = _range(node.path, self.nodes[tail[0][1]].path)
                self.nodes[i] = node._replace(repeat=count * node.repeat, path=path)
            return
        new = len(self.frames)
        self.frames.append(FrameRecord(new, frame, "repeated", None, count, call=False))
        for is_frame, i in head:
            if is_frame:
                self.frames[i] = self.frames[i]._replace(parent=new)
            else:
                self.nodes[i] = self.nodes[i]._replace(frame=new)
        ops = self.ops(head)
        for i in self.reach:  # parameters that only this copy uses move in with it
            node = self.nodes[i]
            if node.kind == "parameter" and node.frame == frame and self.alone(i, ops):
                self.nodes[i] = node._replace(frame=new)

    def rebuilt(self) -> Graph:
        def target(i: int) -> int:
            while i in self.alias:
                i = self.alias[i]
            return i

        def moved(a: Argument) -> Argument:
            return Argument(target(a.node), a.index, a.flows)

        nodes: dict[int, GraphNode] = {}
        for i, node in self.nodes.items():
            if i in self.alias:
                continue
            if any(a.node in self.alias for _, a in node.references()):
                wired = node.rewired(moved)
                arguments = self.once(node, wired.arguments)
                extra = tuple(a for a in wired.extra if a not in arguments and a.node != i)
                node = wired._replace(arguments=arguments, extra=extra)
            nodes[i] = node
        return rebuild(nodes, tuple(dict.fromkeys(map(target, self.graph.outputs))), tuple(self.frames))

    def once(self, node: GraphNode, arguments: tuple[Argument | Number, ...]) -> tuple[Argument | Number, ...]:
        """The copy that is shown, of those that an op joins (the steps that it stacks)."""
        if len(arguments) <= len(node.operands):
            return arguments
        folded = [isinstance(a, Argument) and a.node in self.alias for a in node.arguments]
        return tuple(a for i, a in enumerate(arguments) if not (folded[i] and a in arguments[:i]))


def _belongs(leaf: GraphNode) -> bool:
    """Whether a leaf is part of the op that uses it (a parameter, a number), not a value that travels."""
    return leaf.kind == "parameter" or (leaf.kind == "constant" and leaf.results[0].shape == ())


def _mark(value: object) -> str:
    """An attribute for comparison; which entry an index takes is no difference between the steps of a loop."""
    return f"array{value.shape}" if isinstance(value, np.ndarray) else repr(value)


def _range(first: str | None, last: str | None) -> str | None:
    return f"{first} to {last}" if first and last and first != last else first

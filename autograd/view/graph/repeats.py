"""Finds equal neighbours (layers of the same shape in a row, the steps of a loop) and shows one for all.

Two stretches of the program are equal if they apply the same ops to operands of the same shapes, wired alike, in module
calls of the same classes; values, names and gradients may differ.
"""

from collections.abc import Hashable
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from autograd.view.graph.columns import Array, Nodes, rebuild, spans
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Number

_MOST_COMPARISONS = 60_000_000  # of one integer with another, by NumPy: a fraction of a second


def fold_repeats(graph: Graph, *, closed_only: bool = False) -> Graph:
    """Fold runs of three or more equal neighbours into the first of them, marked with their number.

    With ``closed_only``, only module calls shown as one node are folded, even just two, because this hides nothing
    more.
    """
    return _Folder(graph, closed_only).run()


class _Folder:
    """One folding: which node stands for which, and the records that it changes.

    Ops have the number of their rank in the program; a token is an op, or a module call, which has the number of its
    frame plus that of all ops. Every token has a number for what it looks like (``signs``), and the ranks of its first
    op (``low``) and after its last one (``high``). The references of ops are in the order of the program, too.
    """

    def __init__(self, graph: Graph, closed_only: bool) -> None:
        self.graph, self.closed_only = graph, closed_only
        self.nodes = Nodes.of(graph.nodes)
        self.frames: list[FrameRecord] = list(graph.frames)
        self.changed: dict[int, GraphNode] = {}
        self.alias = np.arange(len(self.nodes))  # the node of the first copy that stands for a node
        self.gone: set[int] = set()  # tokens of copies that are not shown
        columns = self.nodes.columns
        self.ops = np.argsort(columns.made, kind="stable")[np.count_nonzero(columns.made < 0) :]
        self.count = len(self.ops)
        taken, self.first = spans(columns.first[self.ops], columns.first[1:][self.ops])
        self.source, self.index, self.flows = columns.operands[:, taken]
        self.rank = columns.made[self.source]
        self.user = np.repeat(np.arange(self.count), np.diff(self.first))
        self.since, self.until = np.full((2, len(self.nodes)), -1)  # of each leaf, the first and the last op with it
        leaf = self.rank < 0
        self.until[self.source[leaf]] = self.user[leaf]  # of several values NumPy keeps the last one
        self.since[self.source[leaf][::-1]] = self.user[leaf][::-1]
        self.inside = np.zeros(self.count, bool)  # whether an op is in the run that is folded
        self.tokens = self.tokens_by_frame()
        self.low, self.high, self.signs = self.signed()

    def tokens_by_frame(self) -> dict[int, list[int]]:
        """The ops and module calls directly in each frame (-1: in none), in the order of the program."""
        tokens: dict[int, list[int]] = {-1: []}
        for token, frame in enumerate(self.nodes.columns.frame[self.ops].tolist()):
            while frame not in tokens:
                tokens[frame] = [token]
                parent = self.frames[frame].parent
                token, frame = self.count + frame, -1 if parent is None else parent
            tokens[frame].append(token)
        return tokens

    def signed(self) -> list[Array]:
        """For each token its first op, the end, and a number: equal ops or contents, equal number."""
        looks, more = self.nodes.columns.look[self.ops].tolist(), [-1] * len(self.frames)
        low, high, signs = [*range(self.count), *more], [*range(1, self.count + 1), *more], [*looks, *more]
        known: dict[Hashable, int] = {}
        for frame in reversed(self.frames):  # inner frames have larger numbers
            if inside := self.tokens.get(frame.id):
                i = self.count + frame.id
                low[i], high[i] = low[inside[0]], high[inside[-1]]
                whole = all(high[a] == low[b] for a, b in pairwise(inside))  # else it equals no other
                key = (frame.label, frame.repeat, *(signs[token] for token in inside)) if whole else i
                signs[i] = known.setdefault(key, -2 - len(known))
        return [np.array(column, int) for column in (low, high, signs)]

    def run(self) -> Graph:
        work = [-1]
        while work:
            frame = work.pop()
            tokens = self.tokens[frame]
            for run in self.find_runs(np.array(tokens, int)):
                self.fold(run, frame)
            work.extend(i - self.count for i in tokens if i >= self.count and i not in self.gone)
        return self.graph if (self.alias == np.arange(len(self.alias))).all() else self.rebuilt()

    def node(self, i: int) -> GraphNode:
        found: GraphNode = self.changed[i] if i in self.changed else self.nodes[i]
        return found

    def least(self, period: int) -> int:
        return 2 if self.closed_only and period == 1 else 3

    def find_runs(self, tokens: Array) -> list[Array]:
        """Stretches in which a group of tokens comes again and again; the longest first, none overlapping.

        Each is an array with the tokens of one copy in each row.
        """
        marks, count = self.signs[tokens], len(tokens)
        if count < 2:
            return []
        if self.closed_only:  # other tokens equal none
            kinds = self.nodes.columns.kind
            closed = [i < self.count and kinds[self.ops[i]] == "module" for i in tokens.tolist()]
            marks = np.where(closed, marks, marks.min() - 1 - np.arange(count))
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
        runs: list[Array] = []
        for (covered, period), stretches in groupby(found, itemgetter(0, 1)):
            free = [start for _, _, start in stretches if not taken[start : start - covered].any()]
            places = np.array(free, int)[:, None, None] + np.arange(-covered).reshape(1, -1, period)
            for stretch, cuts in zip(places, self.cut(tokens[places]) if free else (), strict=True):
                if taken[stretch].any():
                    continue
                for start, stop in cuts:
                    taken[stretch[start:stop]] = True
                    runs.append(tokens[stretch[start:stop]])
        return runs

    def cut(self, stretches: Array) -> list[list[tuple[int, int]]]:
        """Where each stretch of groups with the same tokens is to be cut, because the wiring differs."""
        _, copies, period = stretches.shape
        least = self.least(period)
        equal, linked = self.compared(stretches.reshape(-1, period))
        found = []
        for i in range(0, len(equal), copies):
            cuts, start = [], 0
            while start < copies - 1:
                stop = start + 1
                while stop < copies and equal[i + stop] and (stop == start + 1 or linked[i + stop]):
                    stop += 1
                if stop - start >= least:
                    cuts.append((start, stop))
                start = stop if stop - start >= least else start + 1
            found.append(cuts)
        return found

    def compared(self, groups: Array) -> tuple[list[bool], list[bool]]:
        """For each group of tokens, whether it is wired like the one before, and linked to it like that to its own one.

        A group takes each operand from inside, from a leaf of its own, or from a port: another node outside. The link
        to the group before says where each port leads as seen from there: to one of its ops, to the same node as its
        own port, to another result of that (a loop over the parts of a split takes the next one), or elsewhere.
        """
        low, high = self.low[groups[:, 0]], self.high[groups[:, -1]]
        solid = (self.high[groups[:, :-1]] == self.low[groups[:, 1:]]).all(1)
        flat, begin = spans(self.first[low], np.maximum(self.first[high], self.first[low]))
        counts = np.diff(begin)
        row = np.repeat(np.arange(len(groups)), counts)
        slot = np.arange(len(flat)) - begin[row]
        source, index, rank = self.source[flat], self.index[flat], self.rank[flat]
        width = 2 + int(index.max(initial=-1))
        leader = slot.copy()  # the first operand that is the same
        port = source * width + index
        order = np.lexsort((port, row))
        new = np.concatenate(([True], (np.diff(port[order]) != 0) | (np.diff(row[order]) != 0)))[: len(order)]
        leader[order] = slot[order][np.flatnonzero(new)][np.cumsum(new) - 1]
        inside = (rank >= low[row]) & (rank < high[row])
        alone = self.nodes.columns.belongs[source] & self.alone(source, low[row], high[row])
        place = (rank - low[row]) * width + index
        wiring = np.select([inside, alone], [4 * place, 4 * leader + 1], 4 * leader + 2)

        old = begin[np.maximum(row - 1, 0)] + slot  # the same operand of the group before
        fitting = np.concatenate(([False], counts[1:] == counts[:-1])) & solid & np.concatenate(([False], solid[:-1]))
        old[~fitting[row]] = 0
        user = self.user[flat] - low[row]
        differs = (wiring != wiring[old]) | (user != user[old])
        equal = fitting & (np.bincount(row[differs], minlength=len(groups)) == 0)
        before = low[row - 1]
        carried = (rank >= before) & (rank < high[row - 1])
        same = source == source[old]
        parts = same & (index >= 0) & (index[old] >= 0)
        links = [4 * ((rank - before) * width + index), 4 * (index - index[old]) + 1, np.array(2)]
        link = np.where(inside | alone, 0, np.select([carried, parts, same], links, 3))
        linked = np.bincount(row[link != link[old]], minlength=len(groups)) == 0
        return equal.tolist(), linked.tolist()

    def alone(self, i: Array, low: Array, high: Array) -> Array:
        """Whether leaves are used by some neighbouring ops only."""
        alone: Array = (low <= self.since[i]) & (self.until[i] < high)
        return alone

    def fold(self, run: Array, frame: int) -> None:
        low, high = self.low[run[:, :1]], self.high[run[:, -1:]]
        ranks = low + np.arange(high[0, 0] - low[0, 0])
        self.inside[ranks] = True
        self.alias[self.ops[ranks[1:]]] = self.ops[ranks[0]]
        self.gone.update(run[1:, run[0] >= self.count].ravel().tolist())
        flat = self.first[low] + np.arange(self.first[high[0, 0]] - self.first[low[0, 0]])
        source, rank = self.source[flat], self.rank[flat]
        outside = (rank < 0) | ~self.inside[rank]
        own = outside & self.alone(source, low, high)
        leaves = source[0][own[0]].tolist()
        own[1:] &= own[0]
        wanted = np.broadcast_to(source[0], source.shape)
        self.alias[source[1:][own[1:]]] = wanted[1:][own[1:]]
        for i in set(source[0][own[1:].any(0)].tolist()):
            if not self.nodes.columns.belongs[i]:
                self.change(i, repeat=len(run))
        extra: dict[int, dict[Argument, None]] = {}
        other = outside & ~own & (source != wanted)  # of the next part of a split the first arrow tells
        for place, slot in zip(flat[other].tolist(), np.nonzero(other)[1].tolist(), strict=True):
            index = int(self.index[place])
            argument = Argument(int(self.source[place]), None if index < 0 else index, bool(self.flows[place]))
            extra.setdefault(int(self.ops[self.user[flat[0, slot]]]), {})[argument] = None
        for i, arguments in extra.items():
            self.change(i, extra=(*self.node(i).extra, *arguments))
        self.inside[ranks] = False
        self.mark(run, frame, leaves)

    def change(self, i: int, **fields: Any) -> None:
        self.changed[i] = self.node(i)._replace(**fields)

    def mark(self, run: Array, frame: int, leaves: list[int]) -> None:
        """Write "x N" on the shown part: the module call, the node, or a new frame around several of them."""
        copies, count = len(run), self.count
        head, tail = run[0].tolist(), int(run[-1, 0])
        if len(head) == 1 and head[0] >= count:
            call = self.frames[head[0] - count]
            path = _range(call.path, self.frames[tail - count].path)
            self.frames[call.id] = call._replace(repeat=copies * call.repeat, path=path)
        elif len(head) == 1:
            i = int(self.ops[head[0]])
            node = self.node(i)
            path = node.path and _range(node.path, self.node(int(self.ops[tail])).path)
            self.change(i, repeat=copies * node.repeat, path=path)
        else:
            new, home = len(self.frames), None if frame < 0 else frame
            self.frames.append(FrameRecord(new, home, "repeated", None, copies, call=False))
            for token in head:
                if token >= count:
                    self.frames[token - count] = self.frames[token - count]._replace(parent=new)
                else:
                    self.change(int(self.ops[token]), frame=new)
            for i in leaves:  # parameters that only this copy uses move in with it
                if self.node(i).kind == "parameter" and self.node(i).frame == home:
                    self.change(i, frame=new)

    def rebuilt(self) -> Graph:
        columns = self.nodes.columns
        while ((target := self.alias[self.alias]) != self.alias).any():
            self.alias = target
        for i in self.graph.outputs:
            if target[i] != i:
                self.change(int(target[i]), output=True)
        for i, alarm in columns.alarm.items():
            if target[i] != i:
                self.change(int(target[i]), alarm=alarm)
        source, output, _ = columns.operands
        operands, sizes, user = target[source], np.diff(columns.first), columns.users()
        folded = np.bincount(user[operands != source], minlength=len(sizes)) > 0
        folded &= target == np.arange(len(sizes))
        pairs = columns.first[np.flatnonzero(folded & (sizes == 2))]
        pairs = pairs[(operands[pairs] == operands[pairs + 1]) & (output[pairs] == output[pairs + 1])]
        joins = [user[pairs], np.flatnonzero(folded & (sizes > 2)), user[folded[user] & (operands == user)]]

        def moved(a: Argument) -> Argument:
            return Argument(int(target[a.node]), a.index, a.flows)

        for i in {*np.concatenate(joins).tolist(), *self.changed}:
            node = self.node(i)
            if any(target[a.node] != a.node for _, a in node.references()):
                wired = node.rewired(moved)
                arguments = self.once(node, wired.arguments)
                extra = tuple(a for a in wired.extra if a not in arguments and a.node != i)
                self.changed[i] = wired._replace(arguments=arguments, extra=extra)
        return rebuild(self.graph, self.changed, self.graph.outputs, self.frames, target)

    def once(self, node: GraphNode, arguments: tuple[Argument | Number, ...]) -> tuple[Argument | Number, ...]:
        """The copy that is shown, of those that an op joins (the steps that it stacks)."""
        if len(arguments) <= len(node.operands):
            return arguments
        folded = [isinstance(a, Argument) and self.alias[a.node] != a.node for a in node.arguments]
        kept: dict[Argument | Number, None] = {}
        again = [(copy and a in kept) or kept.setdefault(a) for a, copy in zip(arguments, folded, strict=True)]
        return tuple(a for a, dropped in zip(arguments, again, strict=True) if not dropped)


def _range(first: str | None, last: str | None) -> str | None:
    return f"{first} to {last}" if first and last and first != last else first

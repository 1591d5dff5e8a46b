"""Writes a picture as an indented tree for terminals and doctests: each node above its operands."""

from collections import deque
from collections.abc import Iterator

from autograd.view.picture.boxes import Box, Picture

_DEEPEST = 16  # levels of indentation; what lies deeper continues below, at the left margin


def write_tree(picture: Picture) -> str:
    """The picture as text."""
    return _Tree(picture).write()


class _Tree:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.operands: list[list[tuple[int, str, bool, int]]] = [[] for _ in picture.boxes]
        used = [0] * len(picture.boxes)
        for link in picture.links:
            text = f"{link.label} (local derivative {link.local})".lstrip() if link.local else link.label
            operand = (link.source, text, link.flows, link.slot if link.local else 0)
            if operand not in self.operands[link.target]:
                self.operands[link.target].append(operand)
                used[link.source] += 1
        self.shared = [count > 1 for count in used]
        self.marks: dict[int, int] = {}
        self.written: set[int] = set()
        self.lines: list[str] = []
        self.below: deque[int] = deque()

    def write(self) -> str:
        for box in self.picture.boxes:
            if box.output and box.id not in self.written:
                self.branch(box.id)
        while self.below:
            self.branch(self.below.popleft())
        notes = [*(f"{key.text}" for key in self.picture.legend if key.look == "gradient"), *self.picture.notes]
        if notes:
            self.lines.append(f"({'; '.join(notes)})")
        return "\n".join(self.lines)

    def branch(self, root: int) -> None:
        """One tree, without recursion. An entry is a box, the output of it that is used, and how its line begins."""
        stack: list[tuple[int, str, bool, str, str, int | None]] = [(root, "", True, "", "", None)]
        while stack:
            i, label, flows, first, rest, parent = stack.pop()
            text = self.mark(i) + self.describe(self.picture.boxes[i], parent) + (f" {label}" if label else "")
            if not flows and not self.picture.boxes[i].dashed:
                text += ", no gradient this way"
            if i in self.written:
                self.lines.append(f"{first}{text} (above)")
                continue
            if len(rest) >= 3 * _DEEPEST and self.operands[i]:
                if i not in self.below:
                    self.marks.setdefault(i, len(self.marks) + 1)
                    self.below.append(i)
                self.lines.append(f"{first}{self.mark(i)}{self.describe(self.picture.boxes[i], parent)} (below)")
                continue
            self.written.add(i)
            self.lines.append(first + text + self.numbers(self.picture.boxes[i]))
            for n, (operand, index, carries, _) in enumerate(reversed(self.operands[i])):
                elbow, bar = ("└─ ", "   ") if n == 0 else ("├─ ", "│  ")
                stack.append((operand, index, carries, rest + elbow, rest + bar, i))

    def mark(self, i: int) -> str:
        if self.shared[i] and i not in self.marks:
            self.marks[i] = len(self.marks) + 1
        return f"#{self.marks[i]} " if i in self.marks else ""

    def describe(self, box: Box, parent: int | None) -> str:
        """Name and op, and the module calls that begin here (seen from the output)."""
        text = box.heading
        if box.title:
            text = f"{box.title}{' = ' if box.kind == 'op' else ': '}{box.heading}"
        around = set(self.frames(None if parent is None else self.picture.boxes[parent].group))
        entered = [i for i in self.frames(box.group) if i not in around]
        if entered:
            text += f" [{' > '.join(self.picture.groups[i].title for i in reversed(entered))}]"
        return text

    def frames(self, group: int | None) -> Iterator[int]:
        """A frame and those around it, from the inside out."""
        while group is not None:
            yield group
            group = self.picture.groups[group].parent

    @staticmethod
    def numbers(box: Box) -> str:
        parts = [", ".join(box.details)] if box.details else []
        for row in box.rows:
            nested = row.lines[0].startswith("[")
            joined = " ".join(line.strip() for line in row.lines) if nested else ", ".join(row.lines)
            parts.append(f"{row.label} {joined}{f' {row.bars}' if row.bars else ''}{' (!)' if row.alarm else ''}")
        if box.dashed and box.kind != "hidden":
            parts.append("no gradient")
        return "".join(f"  {part}" for part in parts)

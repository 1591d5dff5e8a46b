"""Our own placing of boxes: nothing overlaps, arrows lead forward and cross no box and no title of a frame."""

import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, strategies as st

from autograd.view.layout.arrange import Rectangle, arrange
from autograd.view.picture.boxes import Link


def apart(a, b):
    return (
        a.x + a.width <= b.x + 0.2
        or b.x + b.width <= a.x + 0.2
        or a.y + a.height <= b.y + 0.2
        or b.y + b.height <= a.y + 0.2
    )


def inside(inner, outer):
    return (
        inner.x >= outer.x - 0.2
        and inner.y >= outer.y - 0.2
        and inner.x + inner.width <= outer.x + outer.width + 0.2
        and inner.y + inner.height <= outer.y + outer.height + 0.2
    )


def points(path, steps=16):
    """Points along a path, close together."""
    x, y = path[0]
    for step in path[1:]:
        corners = [(x, y), *((step[i], step[i + 1]) for i in range(0, len(step), 2))]
        for n in range(steps + 1):
            t = n / steps
            level = corners
            while len(level) > 1:
                level = [(p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])) for p, q in pairwise(level)]
            yield level[0]
        x, y = corners[-1]


def within(point, box, slack=0.6):
    x, y = point
    return box.x + slack < x < box.x + box.width - slack and box.y + slack < y < box.y + box.height - slack


@st.composite
def pictures(draw):
    """Boxes of random sizes in random frames, with random arrows that lead forward."""
    count = draw(st.integers(1, 14))
    frames = draw(st.integers(0, 4))
    parents = [draw(st.sampled_from([None, *range(i)])) for i in range(frames)]
    sizes = [(draw(st.integers(30, 200)), draw(st.integers(20, 120))) for _ in range(count)]
    owners = [draw(st.sampled_from([None, *range(frames)])) for _ in range(count)]
    links = []
    for target in range(1, count):
        sources = draw(st.lists(st.integers(0, target - 1), max_size=3))
        links += [Link(source, target, slot, "", draw(st.booleans())) for slot, source in enumerate(sources)]
    titles = [draw(st.integers(10, 300)) for _ in range(frames)]
    return sizes, owners, links, parents, titles, draw(st.sampled_from(["LR", "TB"]))


@given(pictures())
def test_nothing_overlaps(picture):
    sizes, owners, links, parents, titles, direction = picture
    layout = arrange(sizes, owners, links, parents, titles, direction)
    assert [(box.width, box.height) for box in layout.boxes] == sizes
    for a, b in combinations(layout.boxes, 2):
        assert apart(a, b)

    def around(frame):
        while frame is not None:
            yield frame
            frame = parents[frame]

    for box, owner in zip(layout.boxes, owners, strict=True):
        mine = set(around(owner))
        for i, frame in enumerate(layout.groups):
            if i in mine:
                assert inside(box, frame)
            elif frame.width:
                assert apart(box, frame)
    for i, j in combinations(range(len(parents)), 2):
        if layout.groups[i].width and layout.groups[j].width:
            nested = i in around(j) or j in around(i)
            assert nested or apart(layout.groups[i], layout.groups[j])
    for rectangle in [*layout.boxes, *layout.groups]:
        assert rectangle.x >= -0.3
        assert rectangle.y >= -0.3
        assert rectangle.x + rectangle.width <= layout.width + 0.3
        assert rectangle.y + rectangle.height <= layout.height + 0.3


def acyclic_between_frames(picture):
    """Whether no value leaves a frame and comes back into it, as it is with calls of modules."""
    _, owners, links, parents, *_ = picture

    def chain(owner):
        found = [None]
        while owner is not None:
            found.append(owner)
            owner = parents[owner]
        return found

    after = {}
    for link in links:
        for a in chain(owners[link.source]):
            for b in chain(owners[link.target]):
                if a is not None and a in chain(owners[link.target]):
                    continue
                if b is not None and b in chain(owners[link.source]):
                    continue
                start = ("frame", a) if a is not None else ("box", link.source)
                stop = ("frame", b) if b is not None else ("box", link.target)
                after.setdefault(start, set()).add(stop)
    for start in after:
        seen, stack = set(), list(after[start])
        while stack:
            item = stack.pop()
            if item == start:
                return False
            if item not in seen:
                seen.add(item)
                stack.extend(after.get(item, ()))
    return True


@given(pictures().filter(acyclic_between_frames))
def test_arrows_cross_no_box(picture):
    sizes, owners, links, parents, titles, direction = picture
    layout = arrange(sizes, owners, links, parents, titles, direction)
    starts = zip(layout.groups, layout.titles, titles, strict=True)
    words = [Rectangle(frame.x + x, frame.y + 6, width, 12) for frame, x, width in starts if frame.width]
    assert all(inside(title, frame) for title, frame in zip(words, [g for g in layout.groups if g.width], strict=True))
    for route in layout.routes:
        for point in points(route.path):
            assert not any(within(point, box) for box in layout.boxes)
            assert not any(within(point, title) for title in words)
    ends = {(round(route.path[-1][-2]), round(route.path[-1][-1])) for route in layout.routes if route.arrow}
    assert len(ends) <= len({(link.source, link.target, link.slot) for link in links})
    if links:
        assert ends
    along = (lambda box: box.x) if direction == "LR" else (lambda box: box.y)
    for link in links:
        if owners[link.source] == owners[link.target]:
            assert along(layout.boxes[link.source]) < along(layout.boxes[link.target])


def test_a_cycle_is_drawn_too():
    """Frames that values leave and enter again (coroutines can do that) must not break the layout."""
    links = [Link(0, 1, 0, "", True), Link(1, 2, 0, "", True)]
    layout = arrange([(40, 20)] * 3, [0, None, 0], links, [None], [30.0])
    assert all(apart(a, b) for a, b in combinations(layout.boxes, 2))


def test_an_empty_picture():
    layout = arrange([], [], [])
    assert layout.boxes == ()


def test_straight_chains_are_straight():
    links = [Link(i, i + 1, 0, "", True) for i in range(5)]
    layout = arrange([(40, 20 + 10 * i) for i in range(6)], [None] * 6, links)
    middles = {round(box.y + box.height / 2, 1) for box in layout.boxes}
    assert len(middles) == 1
    assert all(len(route.path) == 2 for route in layout.routes)


@pytest.mark.parametrize("shared", [False, True])
def test_time_grows_with_the_number_of_boxes_only(shared):
    """Also when one value is used by every box of a long chain."""
    count = 3000
    links = [Link(i, i + 1, 0, "", True) for i in range(count - 1)]
    links += [Link(0, i, 1, "", True) for i in range(2, count) if shared]
    start = time.process_time()
    arrange([(60, 40)] * count, [None] * count, links)
    assert time.process_time() - start < 5

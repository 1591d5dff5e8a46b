"""docs/optim.md: its examples run, its tables say what is so."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import optim
from autograd import tensor
from optim.presets import PRESETS

PAGE = Path(__file__).parents[2] / "docs" / "optim.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not here")
TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""


def table(first):
    """The rows of the table whose first heading this is, as lists of cells without their code marks."""
    lines = TEXT[TEXT.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def test_the_examples_run():
    blocks = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    report, text = [], "\n".join(blocks).replace("\\\n", "")
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    runner.run(doctest.DocTestParser().get_doctest(text, {}, "optim.md", None, 0), out=report.append)
    assert runner.summarize(verbose=False).attempted > 15
    assert not report, "".join(report)


ROWS = table("method") if TEXT else []


def quick(row):
    return int(row[2]) < 3000


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row[0]}-{row[1]}", marks=() if quick(row) else pytest.mark.slow) for row in ROWS]
)
def test_steps_to_the_end_of_rosenbrocks_valley(row):
    method, settings, steps = row
    hyper = eval(f"dict({settings})", vars(optim.schedules))
    found = optim.minimize(
        lambda x: (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2, np.array([-1.2, 1.0]), eval(method),
        max_steps=20_000, tolerance=0.0, target=1e-6, **hyper,
    )  # fmt: skip
    assert found.converged
    assert found.values[-1] <= 1e-6 < found.values[-2]
    assert found.steps == pytest.approx(int(steps), rel=0.01, abs=1)  # another NumPy may round differently


def test_every_optimizer_is_in_the_table_of_steps():
    exported = [getattr(optim, name) for name in optim.__all__]
    names = {cls.__name__.lower() for cls in exported if isinstance(cls, type) and issubclass(cls, optim.Optimizer)}
    assert {eval(row[0]) for row in ROWS} == names - {"optimizer"} | {"newton"}


def test_every_preset_is_in_the_table():
    assert [(row[0], row[1]) for row in table("name")] == [(n, p.optimizer.__name__) for n, p in PRESETS.items()]


def test_every_schedule_is_in_the_table():
    named = {row[0].partition("(")[0] for row in table("schedule")}
    assert named == set(optim.schedules.__all__) - {"Schedule"}


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("row", table("style") if TEXT else [], ids=lambda row: row[0])
def test_the_conversion_of_momentum(row, nesterov):
    """The settings and the velocity of the table, for twenty steps on 2·w² + cos(w)."""
    style, settings, velocity = eval(row[0]), row[3], row[4]
    a, m = 0.03, 0.8
    rate, momentum = eval(settings, {"a": a, "m": m})
    ways, buffers = [], []
    for hyper in ({"lr": a, "momentum": m}, {"lr": rate, "momentum": momentum, "momentum_style": style}):
        w = tensor([1.0, -3.0], requires_grad=True)
        optimizer = optim.SGD([w], **hyper, nesterov=nesterov)
        for _ in range(20):
            optimizer.zero_grad()
            (2 * w * w + np.cos(w)).sum().backward()
            optimizer.step()
        ways.append(w.data)
        buffers.append(optimizer.state[w]["momentum_buffer"])
    np.testing.assert_allclose(ways[1], ways[0], rtol=1e-11)
    np.testing.assert_allclose(buffers[1], eval(velocity, {"a": a, "m": m, "v": buffers[0]}), rtol=1e-9)


def test_the_pictures_show_what_the_page_says():
    folder = PAGE.parent / "pictures"
    assert re.findall(r"\]\(pictures/(\w+)\.svg\)", TEXT) == ["schedules", "rosenbrock"]
    schedules, valley = ((folder / f"{name}.svg").read_text(encoding="utf-8") for name in ("schedules", "rosenbrock"))
    for name in set(optim.schedules.__all__) - {"Schedule"}:
        assert f"{name}(" in schedules, name
    said = {f"{eval(method)}, {settings}".removesuffix(", "): steps for method, settings, steps in ROWS}
    drawn = dict(re.findall(r">([^<>]*): (\d+) steps<", valley))
    assert len(drawn) == 4
    assert drawn.items() <= said.items()

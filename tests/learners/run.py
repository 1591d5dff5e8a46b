"""What the tools of this library and of PyTorch say about sixty mistakes that learners make (bugs.toml).

    python tests/learners/run.py [--show WORD] [--no-torch] [--write FILE] [--before FILE] [--save]

Every program is run with both libraries. The tools are

- *loop*: the errors and warnings of 30 training steps;
- *doctor*: `nn.doctor` on model, loss, optimizer and batch;
- *debug*: the same loop inside `autograd.debug()`; in PyTorch, inside `torch.autograd.set_detect_anomaly(True)`;
- *gradcheck*: the gradients of the loss with respect to all parameters, compared with finite differences.

A tool *names* a mistake if its message matches ``names`` of the table, *hints* at it if it matches ``hints``, and is
*silent* if it says nothing. It *misleads* if it reports something that matches neither, or says that all is well.

score.txt was made by ``--no-torch --write old.json`` with the version before, then by ``--before old.json --save``.
"""

from __future__ import annotations

import argparse
import json
import re
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
BUGS = tomllib.loads((HERE / "bugs.toml").read_text(encoding="utf-8"))["bug"]
MARKS = {"names": "N", "hints": "h", "silent": ".", "misleads": "X"}
ALL_IS_WELL = re.compile(r"No problems found|can be trained")

HEALTHY = """
model = NET()
loss_fn = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters())
"""
LOOP = """
for _ in range(30):
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""


def data() -> tuple[Any, Any, Any]:
    """Sixty-four samples of five features, with three classes and a number for each."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 5)).astype("float32")
    t = (x @ rng.standard_normal((5, 1))).astype("float32")
    return x, (np.abs(t[:, 0]) > 1).astype(int) + (t[:, 0] > 0), t


def ours() -> dict[str, Any]:
    """The names that a program uses, from this library."""
    import nn
    import optim
    from autograd import no_grad, tensor

    nn.manual_seed(0)
    x, y, t = data()
    return {"nn": nn, "optim": optim, "tensor": tensor, "no_grad": no_grad, "x": tensor(x), "y": y, "t": tensor(t)}


def theirs() -> dict[str, Any]:
    """The same names from PyTorch."""
    import torch

    torch.manual_seed(0)
    x, y, t = map(torch.tensor, data())
    names = {"nn": torch.nn, "optim": torch.optim, "tensor": torch.tensor, "no_grad": torch.no_grad}
    return names | {"x": x, "y": y, "t": t}


def prepared(names: dict[str, Any], bug: dict[str, str]) -> dict[str, Any]:
    """The set-up of a bug, made with the names of a library."""
    nn = names["nn"]
    names |= {"np": np, "NET": lambda: nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 3))}
    exec(HEALTHY + bug.get("setup", ""), names)
    return names


def said(work: Callable[[], Any]) -> str:
    """The warnings and the error of some work, and what it returns if that is text."""
    texts = []
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            found = work()
            texts += [found] if isinstance(found, str) else []
        except Exception as error:
            texts.append(f"{type(error).__name__}: {error}")
    texts += [f"{w.category.__name__}: {w.message}" for w in caught]
    return " ".join(" ".join(texts).split())


def loop(make: Callable[[], dict[str, Any]], bug: dict[str, str]) -> str:
    return said(lambda: exec(bug.get("loop", LOOP), prepared(make(), bug)))


def doctor(bug: dict[str, str]) -> str:
    """The findings, or the sentence of a report without any."""

    def work() -> str:
        names = prepared(ours(), bug)
        parts = (names["model"], names["loss_fn"], names["optimizer"], (names["x"], names["y"]))
        report = names["nn"].doctor(*parts)
        return " ".join(map(str, report)) or ("No problems found" if "No problems" in str(report) else "")

    try:
        prepared(ours(), bug)
    except Exception:
        return ""  # it never comes to the doctor
    return said(work)


def debugged(bug: dict[str, str]) -> str:
    from autograd import debug

    def work() -> None:
        with debug():
            exec(bug.get("loop", LOOP), prepared(ours(), bug))

    return said(work)


def anomaly(bug: dict[str, str]) -> str:
    import torch

    def work() -> None:
        with torch.autograd.set_detect_anomaly(True):
            exec(bug.get("loop", LOOP), prepared(theirs(), bug))

    return re.sub(r"UserWarning: Anomaly Detection .*? will run slower\.", "", said(work)).strip()


def gradcheck(bug: dict[str, str]) -> str:
    from autograd import gradcheck

    def work() -> str:
        names = prepared(ours(), bug)
        x, y = names["x"], names["y"]
        report = gradcheck(lambda: names["loss_fn"](names["model"](x), y), wrt=names["model"], raise_on_failure=False)
        return "" if report.ok else str(report)

    return said(work)


def their_gradcheck(bug: dict[str, str]) -> str:
    import torch

    def work() -> str:
        names = prepared(theirs(), bug)
        model = names["model"].double()
        x, y = names["x"].double(), names["y"]
        y = y.double() if y.is_floating_point() else y
        torch.autograd.gradcheck(lambda *p: names["loss_fn"](model(x), y), tuple(model.parameters()))
        return ""

    return said(work)


def verdict(text: str, bug: dict[str, str]) -> str:
    """How much a message helps with a bug."""
    if ALL_IS_WELL.search(text):
        return "misleads"
    if not text.strip():
        return "silent"
    if re.search(bug["names"], text):
        return "names"
    return "hints" if bug.get("hints") and re.search(bug["hints"], text) else "misleads"


def examined(bug: dict[str, str], torch: bool) -> dict[str, str]:
    """What each tool says about a bug."""
    found = {"loop": loop(ours, bug), "doctor": doctor(bug), "debug": debugged(bug), "gradcheck": gradcheck(bug)}
    if torch:
        found |= {
            "torch loop": loop(theirs, bug),
            "torch anomaly": anomaly(bug),
            "torch gradcheck": their_gradcheck(bug),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", help="print what the tools say about the bugs with this word in their name")
    parser.add_argument("--no-torch", action="store_true", help="without PyTorch")
    parser.add_argument("--write", help="write the verdicts as JSON, for --before")
    parser.add_argument("--before", help="verdicts of an earlier version")
    parser.add_argument("--save", action="store_true", help="write score.txt")
    options = parser.parse_args()
    verdicts = {}
    for bug in BUGS:
        if options.show and options.show not in bug["name"]:
            continue
        found = examined(bug, not options.no_torch)
        verdicts[bug["name"]] = {tool: verdict(text, bug) for tool, text in found.items()}
        if options.show is not None:
            for tool, text in found.items():
                print(f"{bug['name']} | {tool} | {verdicts[bug['name']][tool]} | {text[:300]}")
    if options.write:
        Path(options.write).write_text(json.dumps(verdicts), encoding="utf-8")
    before = json.loads(Path(options.before).read_text(encoding="utf-8")) if options.before else {}
    text = table(verdicts, before)
    if options.save:
        (HERE / "score.txt").write_text(text, encoding="utf-8")
    elif options.show is None:
        print(text, end="")


def table(verdicts: dict[str, dict[str, str]], before: dict[str, dict[str, str]]) -> str:
    """The verdicts as text: a line for each bug, and the counts of each tool."""
    rows = {
        name: {**{f"old {k}": v for k, v in before.get(name, {}).items()}, **found} for name, found in verdicts.items()
    }
    tools = list(next(iter(rows.values())))
    wide = max(map(len, rows))
    lines = ["N names, h hints, . silent, X misleads", "", f"{'':{wide}}  " + "  ".join(tools)]
    for name, found in rows.items():
        lines.append(f"{name:{wide}}  " + "  ".join(f"{MARKS[found[tool]]:^{len(tool)}}" for tool in tools))
    lines.append("")
    for mark in MARKS:
        counts = Counter(tool for found in rows.values() for tool in tools if found[tool] == mark)
        lines.append(f"{mark:{wide}}  " + "  ".join(f"{counts[tool]:^{len(tool)}}" for tool in tools))
    lines += ["", "named by at least one tool"]
    for group, title in (("old ", "before"), ("", "now"), ("torch ", "PyTorch")):
        own = [tool for tool in tools if tool.startswith(group) and (group or not tool.startswith(("old ", "torch ")))]
        lines += [f"{title:7} {sum(any(found[t] == 'names' for t in own) for found in rows.values())}"] * bool(own)
    return "\n".join(line.rstrip() for line in lines) + "\n"


if __name__ == "__main__":
    main()

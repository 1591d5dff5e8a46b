"""Turns measurements into tables in markdown."""

import os
import platform
from pathlib import Path
from statistics import median
from typing import Any

from cases import CASES, EXACT, FLOAT, RANDOM
from workloads import ABOUT, CHAIN, COMPILED, COMPILED_PROMISES, PROMISES, SHAPES, WORKLOADS, op_names

TITLES = {"chainrule": "chainrule", "numpy_by_hand": "NumPy by hand", "pytorch": "PyTorch"}
TITLES |= {"hips_autograd": "HIPS autograd", "micrograd": "micrograd"}
TITLES |= {"compiled": "chainrule, compiled", "jax_jit": "jax.jit", "torch_compile": "torch.compile"}
TITLES |= {"pytensor_numba": "PyTensor", "casadi_graph": "CasADi"}
REFERENCES = [
    "numpy_by_hand",
    "chainrule",
    "pytorch",
    "hips_autograd",
    "micrograd",
]  # the first one there is: what values must be

Results = dict[str, Any]  # of a task: for each peer its first values and its bursts


def write(measured: Results, peers: list[str], versions: dict[str, str], notes: list[str], rounds: int) -> str:
    """The whole report."""
    workloads = [name for name in WORKLOADS if name in measured]
    cases = [name for name in CASES if name in measured]
    parts = [head(versions, rounds), "\n".join(f"- {note}" for note in notes)]
    if len(measured) > len(workloads) + len(cases):
        parts += [ops_table(measured, peers, shape) for shape in SHAPES]
    if workloads:
        parts += [steps_table(measured, peers, workloads), agreement(measured, peers, workloads)]
        if "chainrule" in peers:
            parts += [ratios_table(measured, peers, workloads)]
    if cases:
        parts += [cases_table(measured, cases)]
    if any("compiled" in measured[name] for name in workloads + cases):
        parts += [compiled_table(measured), ready_table(measured)]
    if "chainrule" in peers and workloads + cases:
        parts += [promises_table(measured)]
    return "\n\n".join(part for part in parts if part)


def head(versions: dict[str, str], rounds: int) -> str:
    """How, on what and with which versions."""
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    where = f"{processor()}, {platform.system()}, one thread per process"
    return f"# Results\n\nMeasured with `benchmarks/run.py` in {rounds} rounds on {where}. {used}."


def processor() -> str:
    """The model of the processor and its number of threads."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2] for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    return f"{model.strip()} ({os.cpu_count()} threads)"


def table(title: str, header: list[str], rows: list[list[str]], text: str = "") -> str:
    """A table under its title; the first column to the left, the others to the right."""
    lines = [f"## {title}", "", *([text, ""] if text else [])]
    lines += [f"| {' | '.join(header)} |", f"|---|{'--:|' * (len(header) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


# --- figures ------------------------------------------------------------------------------------------------------


def medians(result: Results, peer: str) -> list[float]:
    """The time of a step in each round, in seconds; nothing for a peer that has no such workload."""
    return [burst["median"] for burst in result.get(peer, {}).get("bursts", [])]


def ratios(result: Results, peer: str, other: str) -> list[float]:
    """How many times the time of another peer, round by round."""
    return [a / b for a, b in zip(medians(result, peer), medians(result, other), strict=False)]


def spread(found: list[float]) -> str:
    """The median of ratios, with the smallest and the largest."""
    return f"{median(found):.2f} ({min(found):.2f} to {max(found):.2f})" if found else "-"


def promises() -> list[tuple[str, str, float]]:
    """What chainrule promises: of what, beside which peer, and its time at most as a ratio to that of the peer."""
    return PROMISES + [(name, "pytorch", case.promise) for name, case in CASES.items() if case.promise is not None]


def promised_ratios(measured: Results) -> list[tuple[str, str, str, float, list[float]]]:
    """Each promise (of which workload, "" or compiled, beside whom, the limit) with what was measured."""
    found = [(name, "", peer, limit) for name, peer, limit in promises()]
    found += [(name, ", compiled", peer, limit) for name, peer, limit in COMPILED_PROMISES]
    us = {"": "chainrule", ", compiled": "compiled"}
    return [(name, by, peer, x, ratios(measured.get(name, {}), us[by], peer)) for name, by, peer, x in found]


def missed(measured: Results) -> list[str]:
    """Promises that were measured and not reached."""
    return [
        f"{name}{by}: {spread(r)} of {TITLES[peer]}, promised {limit}"
        for name, by, peer, limit, r in promised_ratios(measured)
        if r and median(r) > limit
    ]


def deviation(result: Results, peer: str) -> float | None:
    """The largest relative difference of the first values from those of the reference."""
    reference = next(name for name in REFERENCES if name in result)
    if peer == reference or peer not in result:
        return None
    pairs = zip(result[peer]["values"], result[reference]["values"], strict=True)
    return max([abs(a - b) / max(abs(b), 1e-3) for a, b in pairs], default=0.0)


# --- tables -------------------------------------------------------------------------------------------------------


def ops_table(measured: Results, peers: list[str], shape: str) -> str:
    """What an op costs on operands of a shape."""
    columns = [(peer, mode) for peer in peers for mode in ("forward", "backward")]
    header = ["op", *(f"{TITLES[peer]}, {'f + b' if mode == 'backward' else 'f'}" for peer, mode in columns)]
    rows, wrong = [], []
    for op in op_names(shape):
        row = [op]
        for peer, mode in columns:
            result = measured[f"{op}/{shape}/{mode}"]
            times = medians(result, peer)
            row.append(f"{median(times) / CHAIN * 1e9:,.0f}" if times else "-")
            if (deviation(result, peer) or 0.0) > 1e-9:
                wrong.append(f"{op} of {TITLES[peer]}")
        if set(row[1:]) != {"-"}:
            rows.append(row)
    text = (
        "Forward pass (f), and forward and backward pass together (f + b), "
        f"for chains of {CHAIN} applications of the op; float64."
    )
    if wrong:
        text += f" **Values differ**: {', '.join(wrong)}."
    return table(f"Nanoseconds per op: {'single numbers' if not SHAPES[shape] else shape}", header, rows, text)


def steps_table(measured: Results, peers: list[str], workloads: list[str]) -> str:
    """The times."""
    rows = []
    for name in workloads:
        times = [medians(measured[name], peer) for peer in peers]
        rows.append([f"`{name}`", *(f"{median(t) * 1e3:.3g}" if t else "-" for t in times), ABOUT[name]])
    header = ["workload", *(TITLES[peer] for peer in peers), "description"]
    return table("Milliseconds per training step", header, rows, "Medians.").replace("--:|\n", ":--|\n", 1)


def ratios_table(measured: Results, peers: list[str], workloads: list[str]) -> str:
    """The times of chainrule compared with each peer."""
    others = [peer for peer in peers if peer != "chainrule"]
    rows = []
    for name in workloads:
        found = [ratios(measured[name], "chainrule", other) for other in others]
        rows.append([f"`{name}`", *map(spread, found)])
    text = "Below 1, chainrule is faster. Medians of the ratios of all rounds, with the smallest and the largest ratio."
    header = ["workload", *(f"to {TITLES[other]}" for other in others)]
    return table("Time of chainrule as a ratio", header, rows, text)


def agreement(measured: Results, peers: list[str], workloads: list[str]) -> str:
    """Whether all peers have computed the same."""
    rows = []
    for name in workloads:
        row = [f"`{name}`"]
        for peer in peers:
            found = deviation(measured[name], peer)
            verdict = "" if found is None or found <= WORKLOADS[name].rtol else " **too much**"
            row.append("-" if found is None else f"{found:.0e}{verdict}")
        rows.append([*row, f"{WORKLOADS[name].rtol:.0e}"])
    text = "The largest relative difference between the first losses (and gradients) and those of handwritten NumPy."
    return table("Do all libraries compute the same?", ["workload", *(TITLES[p] for p in peers), "allowed"], rows, text)


def cases_table(measured: Results, cases: list[str]) -> str:
    """The second table: shapes that users bring, beside PyTorch and, for some, beside NumPy by hand."""
    shown = "chainrule", "numpy_by_hand", "pytorch"
    rows = []
    for name in cases:
        result, rtol = measured[name], CASES[name].rtol
        times = [medians(result, peer) for peer in shown]
        off = [found for peer in shown if (found := deviation(result, peer)) is not None]
        verdict = f"{max(off):.0e}{'' if max(off) <= rtol else ' **too much**'}" if off and rtol != RANDOM else "-"
        ours, by_hand = (ratios(result, peer, "pytorch") for peer in shown[:2])
        rows.append([f"`{name}`", *(f"{median(t) * 1e3:.3g}" if t else "-" for t in times)])
        rows[-1] += [spread(ours), f"{median(by_hand):.2f}" if by_hand else "-", verdict]
        rows[-1].append(CASES[name].about)
    text = (
        "Milliseconds for a forward and backward pass, a step with Adam, or as the description says. Layers and "
        f"training in float32, the others in float64; values may differ by {FLOAT:.0e} and {EXACT:.0e}."
    )
    header = ["case", *(TITLES[peer] for peer in shown), "chainrule / PyTorch", "by hand / PyTorch", "values differ by"]
    header.append("description")
    return table("Common layers and shapes", header, rows, text).replace("--:|\n", ":--|\n", 1)


BESIDE = ["compiled", *(peer for peer in TITLES if peer not in ("compiled", "hips_autograd", "micrograd"))]


def compiled_table(measured: Results) -> str:
    """The third table: `autograd.compile` beside eager and beside libraries that compile."""
    rows = []
    for name in filter(measured.__contains__, COMPILED):
        result, rtol = measured[name], (WORKLOADS.get(name) or CASES[name]).rtol
        times = [medians(result, peer) for peer in BESIDE]
        off = max((found for peer in BESIDE if (found := deviation(result, peer)) is not None), default=0.0)
        rows.append([f"`{name}`", *(f"{median(t) * 1e3:.3g}" if t else "-" for t in times)])
        rows[-1] += [spread(ratios(result, "compiled", peer)) for peer in ("chainrule", "pytorch", "jax_jit")]
        rows[-1].append(f"{off:.0e}{'' if off <= rtol else ' **too much**'}")
    header = ["workload", *(TITLES[peer] for peer in BESIDE)]
    header += ["compiled / eager", "compiled / PyTorch", "compiled / jax.jit", "values differ by"]
    text = "Milliseconds per step, and ratios of the compiled chainrule step to other libraries."
    return table("Compiled", header, rows, text)


def ready_table(measured: Results) -> str:
    """What comes before the first figure."""
    found = {name: measured[name] for name in COMPILED if name in measured}
    rows = [
        [f"`{name}`", *(f"{result[peer]['ready']:.2g}" if peer in result else "-" for peer in BESIDE)]
        for name, result in found.items()
    ]
    text = "This includes creating the network, tracing, compilation, and the first steps, whose losses are compared."
    header = ["workload", *(TITLES[peer] for peer in BESIDE)]
    return table("Compiled: seconds until the first losses", header, rows, text)


def promises_table(measured: Results) -> str:
    """Each promised ratio, and whether it was reached."""
    rows = []
    for name, by, peer, limit, found in promised_ratios(measured):
        verdict = ("yes" if median(found) <= limit else "**no**") if found else "not measured"
        rows.append([f"`{name}`{by}", TITLES[peer], f"{limit:.2f}", spread(found), verdict])
    text = "The time of chainrule divided by that of the other library."
    return table("Guaranteed ratios", ["workload", "compared with", "at most", "measured", "reached"], rows, text)

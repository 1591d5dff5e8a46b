"""Fills the tables of docs/scaling.md from the results in benchmarks/scaling.json and benchmarks/data_in_files.json.

python docs/make_scaling.py            # after benchmarks/scaling.py --json and benchmarks/data_in_files.py --json
python docs/make_scaling.py --check    # fails if the page is out of date
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "benchmarks"))

import scaling  # noqa: E402 - found there

PAGE = ROOT / "docs" / "scaling.md"
BLOCK = "(?<=<!-- {}: made by docs/make_scaling.py -->\n).*?(?=<!-- end -->)"


def table(head, rows):
    """A table in Markdown."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def steps(found):
    """The times of steps, and how busy the machine was."""
    head = ["network", "batch", "ranks", "one rank, ms", "all ranks, ms", "efficiency", "arithmetic, ms"]
    head += ["communication, ms", "sum, ms"]
    rows = []
    for row in found["rows"]:
        times = [f"{1e3 * row[key]:.1f}" for key in ("alone", "together", "arithmetic", "communication", "expected")]
        kept = "per rank kept" if row["scaling"] == "weak" else "divided"
        rows.append([row["network"], kept, str(row["ranks"]), *times[:2], f"{row['efficiency']:.2f}", *times[2:]])
    note = f"Medians of {found['rounds']} rounds on {found['cores']} cores. While nothing was measured, other programs "
    note += f"used {found['others']:.0%} of the processor time."
    if found["others"] > 0.1:
        note += " So these efficiencies are not those of idle cores."
    return f"{note}\n\n{table(head, rows)}"


def communication(found):
    """Latency and bandwidth of sums over all ranks."""
    rows = []
    for ranks, sums in found["sums"].items():
        latency, bandwidth = scaling.communication(sums, int(ranks))
        rows.append([ranks, f"{1e6 * latency:.0f} µs", f"{bandwidth / 2**20:,.0f} MB/s"])
    return table(["ranks", "latency", "bandwidth"], rows)


def files(found):
    """How fast data in files are read, and with how much memory."""
    rows = [
        [way, "-" if way == "imports only" else f"{row['mb_per_second']:,.0f} MB/s", f"{row['peak_mb']:.0f} MB"]
        for way, row in found["ways"].items()
    ]
    csv = found["csv"]
    rows.append(
        [
            f"`csv_to_npy` ({csv['megabytes']:.0f} MB of CSV)",
            f"{csv['mb_per_second']:.0f} MB/s",
            f"{csv['peak_mb']:.0f} MB",
        ]
    )
    size = found["gigabytes"] * 2**30 / found["ways"]["windows"]["samples"]
    note = f"{found['gigabytes']:g} GB in {found['shards']} shards, samples of {size:.0f} bytes, batches of "
    note += f"{found['batch']}, windows of {found['window']:,} samples ({found['window'] * size / 2**20:.0f} MB). The "
    note += f"load of the {found['cores']} cores was {found['load_before']:.1f} at the start and "
    note += f"{found['load_after']:.1f} at the end."
    return f"{note}\n\n{table(['way', 'speed', 'peak memory'], rows)}"


def made():
    """The page with its tables."""
    names = ("scaling", "data_in_files")
    runs, data = (json.loads((ROOT / "benchmarks" / f"{name}.json").read_text(encoding="utf-8")) for name in names)
    page = PAGE.read_text(encoding="utf-8")
    for name, text in (("steps", steps(runs)), ("sums", communication(runs)), ("files", files(data))):
        page, count = re.subn(BLOCK.format(name), lambda _, text=text: f"\n{text}\n\n", page, count=1, flags=re.DOTALL)
        assert count == 1, name
    return page


if __name__ == "__main__":
    new = made()
    if "--check" in sys.argv:
        sys.exit(
            "docs/scaling.md is out of date: run docs/make_scaling.py" if new != PAGE.read_text(encoding="utf-8") else 0
        )
    PAGE.write_text(new, encoding="utf-8")

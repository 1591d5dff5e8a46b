"""Damaged and hostile checkpoints: is each one refused, and with nothing changed in memory?

    python tests/nn/saving/mutate.py 20000

writes checkpoints in both formats, changes them in all the ways below, and loads each result. Damage must always be
refused. A *forged* file has a right checksum over its changed content, so that the readers of the formats meet it: it
may load, where the change leaves a checkpoint that makes sense (other weights, say), or be refused; it may not raise
anything else, nor change anything when it is refused. The score is in score.txt.
"""

import io
import pickle
import resource
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np

import nn
import optim
from nn.errors import CheckpointError
from nn.saving import checksum, npz, safetensors

FORMATS = {".npz": npz, ".safetensors": safetensors}


def subject(seed):
    """A model and an optimizer with a past."""
    model = nn.MLP([2, 3, 2], rng=seed)
    adam = optim.Adam(model.parameters(), lr=0.01 * (seed + 1))
    for _ in range(2):
        adam.zero_grad()
        (model(np.ones((4, 2), "float32")) ** 2).sum().backward()
        adam.step()
    return model, adam


def fingerprint(model, adam):
    """Everything that loading could change."""
    return pickle.dumps((model.state_dict(), adam.state_dict(), [id(p.data) for p in model.parameters()]))


# --- damage: what disks, networks and editors do -------------------------------------------------------------------


def run_of(data, rng):
    """A random part of the data, short ones more often."""
    start = int(rng.integers(len(data)))
    return start, min(len(data), start + 1 + int(2 ** rng.uniform(0, 9)))


def flip(data, rng, other):
    i, bit = int(rng.integers(len(data))), int(rng.integers(8))
    return data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1 :]


def cut(data, rng, other):
    return data[: int(rng.integers(len(data)))]


def behead(data, rng, other):
    return data[int(rng.integers(1, len(data))) :]


def overwrite(data, rng, other):
    start, stop = run_of(data, rng)
    return data[:start] + rng.bytes(stop - start) + data[stop:]


def clear(data, rng, other):
    start, stop = run_of(data, rng)
    return data[:start] + bytes(stop - start) + data[stop:]


def remove(data, rng, other):
    start, stop = run_of(data, rng)
    return data[:start] + data[stop:]


def insert(data, rng, other):
    start, stop = run_of(data, rng)
    return data[:start] + rng.bytes(stop - start) + data[start:]


def repeat(data, rng, other):
    start, stop = run_of(data, rng)
    return data[:stop] + data[start:]


def exchange(data, rng, other):
    a, b, c = sorted(int(i) for i in rng.integers(len(data), size=3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def splice(data, rng, other):
    """The beginning of one checkpoint and the end of another, as after a write that was cut off."""
    i = int(rng.integers(len(data)))
    return data[:i] + other[i:]


def append(data, rng, other):
    return data + rng.bytes(int(rng.integers(1, 100)))


DAMAGE = (flip, cut, behead, overwrite, clear, remove, insert, repeat, exchange, splice, append)


# --- forgery: a change below a right checksum ----------------------------------------------------------------------

CONTENT = (flip, cut, overwrite, clear, remove, insert, repeat, exchange)
WORDS = [
    b"-1",
    b"0",
    b"1e999",
    b"NaN",
    b"null",
    b'"$array"',
    b'{"$tuple":',
    b"[[[[",
    b"9" * 5000,
    b"|O",
    b"\xff",
    b"'",
    b")",
]


def word(data, rng, other):
    """A word with a meaning, where there was another."""
    start = int(rng.integers(len(data) + 1))
    return data[:start] + WORDS[rng.integers(len(WORDS))] + data[start + int(rng.integers(6)) :]


def forge(form, data, rng, other):
    """Change some content, and write the checksums anew."""
    change = [word, *CONTENT][rng.integers(1 + len(CONTENT))]
    if form is npz:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(member.filename, archive.read(member)) for member in archive.infolist()]
        which = 0 if rng.random() < 0.5 else int(rng.integers(len(members)))
        name, content = members[which]
        members[which] = (name, change(content, rng, content))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content)
            archive.comment = b"chainrule.digest:" + checksum.BLANK
        forged = bytearray(buffer.getvalue())
    else:
        size = 8 + int.from_bytes(data[:8], "little")
        header, body = data[8:size], data[size:]
        if rng.random() < 0.8:
            header = change(header, rng, header)
        else:
            body = change(body, rng, body)
        forged = bytearray(len(header).to_bytes(8, "little") + header + body)
    place = form.find_checksum(bytes(forged))
    if 0 <= place <= len(forged) - len(checksum.BLANK):
        checksum.put(forged, place)
    return bytes(forged)


# --- the trial -----------------------------------------------------------------------------------------------------


def trial(count, folder, formats=FORMATS, seed=0):
    """Try ``count`` files; returns how many came to which end, by format and kind of change."""
    ends = Counter()
    model, adam = subject(0)
    for suffix in formats:
        form, path = FORMATS[suffix], Path(folder, "mutant" + suffix)
        sources = []
        for k in (1, 2):
            extra = {"losses": [0.5, float("nan")], "rng": np.random.default_rng(k).bit_generator.state, 3: (1, None)}
            nn.save(path, *subject(k), history=extra, table=np.arange(6.0).reshape(2, 3))
            sources.append(path.read_bytes())
        before = fingerprint(model, adam)
        for i in range(count // len(formats)):
            rng = np.random.default_rng([seed, i])
            data, other = sources if i % 2 else sources[::-1]
            if i % 4:
                change = DAMAGE[rng.integers(len(DAMAGE))]
                kind, mutant = change.__name__, change(data, rng, other)
            else:
                kind, mutant = "forged", forge(form, data, rng, other)
            if mutant in (data, other):
                ends[suffix, kind, "the same file"] += 1
                continue
            path.write_bytes(mutant)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # NumPy's about odd headers
                    nn.load(path, model, adam)
            except CheckpointError:
                ends[suffix, kind, "refused" if fingerprint(model, adam) == before else "CHANGED"] += 1
            except Exception as error:
                ends[suffix, kind, f"RAISED {type(error).__name__}"] += 1
            else:
                ends[suffix, kind, "loaded" if kind == "forged" else "LOADED"] += 1
                model, adam = subject(0)
                before = fingerprint(model, adam)
    return ends


def every_bit(folder, suffix):
    """Flip every single bit of one checkpoint; returns how many bits, and how many of the files were refused."""
    path = Path(folder, "bits" + suffix)
    model = nn.Linear(2, 1, rng=0)
    nn.save(path, model, step=1)
    data = path.read_bytes()
    refused = 0
    for i in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        path.write_bytes(flipped)
        try:
            nn.load(path, model)
        except CheckpointError:
            refused += 1
    return 8 * len(data), refused


def report(ends):
    lines = []
    for suffix, kind in sorted({key[:2] for key in ends}):
        found = ", ".join(f"{n:,} {end}" for (s, k, end), n in sorted(ends.items()) if (s, k) == (suffix, kind))
        lines.append(f"{suffix:<13}{kind:<10}{found}")
    totals = Counter()
    for (_, _, end), n in ends.items():
        totals[end] += n
    lines.append(f"{'all':<23}" + ", ".join(f"{n:,} {end}" for end, n in sorted(totals.items())))
    return "\n".join(lines)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"python tests/nn/saving/mutate.py {number}\n")
    with tempfile.TemporaryDirectory() as place:
        print(report(trial(number, place)))
        for ending in FORMATS:
            bits, caught = every_bit(place, ending)
            print(f"every bit of a {ending} file: {bits:,} flipped, {caught:,} refused")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")

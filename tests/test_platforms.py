"""Windows and macOS, simulated: consoles, line ends, files in use, missing modules, paths, C types.

docs/platforms.md says what each of these stands for, and what nobody has tried on a real machine.
"""

import ast
import errno
import io
import ntpath
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd
import nn
import nn.cli
import optim
from autograd import diff, draw, explain, gradcheck, provenance, record, steps, tensor
from autograd.compiling import frames
from nn.saving import atomic
from nn.training.live import Progress

PACKAGES = [Path(module.__file__).parent for module in (autograd, nn, optim)]
ROOT = PACKAGES[0].parent
TEXTS = [
    file for package in PACKAGES for kind in ("toml", "txt", "html", "css", "js") for file in package.rglob(f"*.{kind}")
]


def loaded(module, path=None):
    """Another copy of a module, from its file or from the same file under another name."""
    spec = spec_from_file_location("another_copy", path or module.__file__)
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


# --- encodings ----------------------------------------------------------------------------------------------------


def _opened(source):
    """The calls that open a file as text: their names, their lines, and whether they say encoding and line ends."""
    if not any(word in source for word in ("open(", "_text(")):
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        constants = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        binary = any(set(text) <= set("rwxab+") and "b" in text for text in constants)
        given = {keyword.arg for keyword in node.keywords}
        if name in ("read_text", "write_text") or (name == "open" and owner != "os" and not binary):
            yield name, node.lineno, "encoding" in given or "utf-8" in constants, "newline" in given


@pytest.mark.parametrize("folder", ["autograd", "nn", "optim", "docs", "examples", "notebooks"])
def test_no_text_file_is_opened_in_the_encoding_of_the_system(folder):
    if not (ROOT / folder).exists():
        pytest.skip(f"there is no {folder}")
    library = folder in ("autograd", "nn", "optim")
    for file in (ROOT / folder).rglob("*.py"):
        for name, line, encoded, ended in _opened(file.read_text(encoding="utf-8")):
            assert encoded, f"{file}:{line} says no encoding"
            assert ended or name != "write_text" or not library, f"{file}:{line} has the line ends of the system"


def test_the_search_for_opened_files_finds_them():
    source = "open(p)\nopen(p, 'rb')\nPath(p).write_text(s, encoding='utf-8')\nos.open(p, 0)\nq.read_text('utf-8')"
    assert [*_opened(source)] == [
        ("open", 1, False, False), ("write_text", 3, True, False), ("read_text", 5, True, False)
    ]  # fmt: skip


def test_texts_that_are_printed_are_ascii():
    assert len(TEXTS) > 10
    assert [file for file in TEXTS if file.suffix in (".toml", ".txt") and not file.read_bytes().isascii()] == []


def console(monkeypatch, encoding="cp1252"):
    written = io.BytesIO()
    for stream in ("stdout", "stderr"):
        text = io.TextIOWrapper(written, encoding, errors="strict", newline="\n", write_through=True)
        monkeypatch.setattr(sys, stream, text)
    return lambda: written.getvalue().decode(encoding)


def shown():
    """One of everything that people print."""
    x = tensor([1.0, 2.0], requires_grad=True, name="x")
    y = (np.exp(x) * x).sum()
    y.backward()
    model, loss, batch = nn.MLP([2, 8, 2], rng=0), nn.CrossEntropyLoss(), nn.data.moons(40, seed=0)
    adam = optim.Adam(model.parameters())
    with record() as recording:
        (x * 2.0).sum()
    yield from (x, y, draw(y), steps(y), explain(y, x), diff(recording, recording))
    yield gradcheck(lambda v: (v**2).sum(), np.ones(3), raise_on_failure=False)
    yield from (model, adam, nn.summary(model, batch.x), nn.doctor(model, loss, adam, batch))
    yield from (nn.gradient_flow(model, loss, batch), nn.data.Table({"a": np.arange(3)}), nn.data.Loader(batch, 8))
    history = nn.fit(model, batch, loss=loss, optimizer=adam, epochs=1, compile=True, show=True)
    yield from (history, history.compiled)


def test_everything_can_be_printed_on_cp1252(monkeypatch):
    out = console(monkeypatch)
    kinds = set()
    for thing in shown():
        print(thing)
        print(repr(thing))
        kinds.add(type(thing))
    assert len(kinds) >= 14
    assert "epoch 1/10" not in out()
    assert out().count("epoch") >= 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["train", "--data", "digits", "--epochs", "1", "--hidden", "4", "--out", "run"], 0),
        (["zoo"], 0),
        (["zoo", "3", "--solution"], 0),
        (["train", "--help"], 0),
        (["train", "--data", "none.csv"], 2),
    ],
)
def test_commands_print_ascii(arguments, code, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(nn.cli, "PLAIN", "strict")  # nothing may have to be replaced
    monkeypatch.setattr("nn.cli.training._pictures", lambda *_: "no plots")  # which take a second
    out = console(monkeypatch, "ascii")
    assert nn.cli.main(arguments) == code
    assert out()


def test_a_table_in_another_encoding(tmp_path):
    """As Excel on Windows saves it."""
    (tmp_path / "t.csv").write_bytes("größe,y\n1,2\n".encode("cp1252"))
    with pytest.raises(nn.errors.DataFileError, match=r"not utf-8-sig text .* pass its encoding to read_csv"):
        nn.data.read_csv(tmp_path / "t.csv")
    assert nn.data.read_csv(tmp_path / "t.csv", encoding="cp1252").names == ["größe", "y"]


# --- line ends ----------------------------------------------------------------------------------------------------


def test_files_have_the_same_bytes_everywhere(monkeypatch, tmp_path):
    """Where text mode writes CR LF for a line end, unless it is told which."""
    real = io.open

    def as_on_windows(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *rest):
        text = "b" not in mode and set(mode) & set("wxa")
        return real(file, mode, buffering, encoding, errors, "\r\n" if text and newline is None else newline, *rest)

    monkeypatch.setattr(io, "open", as_on_windows)
    (tmp_path / "self").write_text("a\n", encoding="utf-8")
    assert (tmp_path / "self").read_bytes() == b"a\r\n", "the simulation works"
    y = (tensor([1.0, 2.0], requires_grad=True) ** 2).sum()
    for suffix in ("svg", "html", "dot", "txt", "md"):
        draw(y, renderer="own").save(tmp_path / f"graph.{suffix}")
    steps(y).save(tmp_path / "steps.html")
    history = nn.training.History([{"epoch": 1, "loss": 0.5}])
    for suffix in ("csv", "json", "jsonl"):
        history.save(tmp_path / f"log.{suffix}")
    files = [file for file in tmp_path.iterdir() if file.name != "self"]
    assert len(files) == 9
    assert [file.name for file in files if b"\r" in file.read_bytes() or b"\n" not in file.read_bytes()] == []


# --- files that somebody else has open ----------------------------------------------------------------------------


@pytest.fixture
def windows(monkeypatch):
    """`replacing` as on Windows, whose target is in use for so many attempts; and how long it has waited."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    module = loaded(atomic)
    real, waits = os.replace, []

    def use(attempts):
        def replace(a, b):
            if len(waits) < attempts:
                raise PermissionError(errno.EACCES, "Access is denied", str(a), 5, str(b))
            real(a, b)

        monkeypatch.setattr(module, "os", SimpleNamespace(**vars(os) | {"replace": replace}))
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=waits.append))
        return module.replacing, waits

    return use


@pytest.mark.parametrize("attempts", [0, 1, 4, 5])
def test_a_file_in_use_is_waited_for(windows, tmp_path, attempts):
    replacing, waits = windows(attempts)
    path = tmp_path / "file"
    path.write_bytes(b"old")
    if attempts == 5:
        words = "another program has the file open, or it is read-only"
        with pytest.raises(PermissionError, match=words) as caught, replacing(path) as file:
            file.write(b"new")
        assert caught.value.filename == str(path)
    else:
        with replacing(path) as file:
            file.write(b"new")
    assert len(waits) == attempts
    assert sum(waits) <= 1.0
    assert path.read_bytes() == (b"old" if attempts == 5 else b"new")
    assert os.listdir(tmp_path) == ["file"]


def test_a_mark_against_writing_is_not_copied(windows, tmp_path):
    """A read-only file can neither be replaced there nor be removed."""
    replacing, _ = windows(0)
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with replacing(path) as file:
        assert [stat.st_mode & 0o200 for stat in map(os.stat, tmp_path.glob("*.tmp"))] == [0o200]
        file.write(b"new")


def test_a_log_that_a_spreadsheet_shows(monkeypatch, tmp_path):
    """The training goes on, and the rows come with the next epoch; but a log that can never be written is an error."""
    log, busy = nn.CSVLog(tmp_path / "log.csv"), {2}
    save = nn.training.History.save

    def locked(self, path):
        if len(self) in busy:
            raise PermissionError(errno.EACCES, "another program has the file open", str(path))
        save(self, path)

    monkeypatch.setattr(nn.training.History, "save", locked)
    options = {"loss": lambda p, y: nn.MSELoss()(p[:, 0], y), "callbacks": [log], "seed": 0}
    with pytest.warns(UserWarning, match=r"log\.csv'\. The rows so far are written after the next epoch") as caught:
        nn.fit(nn.Linear(2, 1, rng=0), nn.data.xor(), epochs=3, **options)
    assert caught[0].filename == __file__
    assert len((tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()) == 4
    busy.add(1)
    with pytest.raises(PermissionError):
        nn.fit(nn.Linear(2, 1, rng=0), nn.data.xor(), epochs=3, **options)


# --- commands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "error", "code", "words"),
    [
        ((errno.EPIPE,), BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
        ((errno.EPIPE, errno.EINVAL), OSError(errno.EINVAL, "Invalid argument"), 1, ""),
        (
            (errno.EPIPE,),
            PermissionError(errno.EACCES, "another program has the file open", "run/last.npz"),
            1,
            "chainrule zoo: error: [Errno 13] another program has the file open: 'run/last.npz'\n",
        ),
    ],
)
def test_a_reader_that_left_and_other_errors_of_files(gone, error, code, words, monkeypatch, capsys):
    def fail():
        raise error

    replaced = []
    monkeypatch.setattr("nn.cli.zoo._list", fail)
    monkeypatch.setattr("nn.cli._GONE", gone)
    mine = SimpleNamespace(
        devnull=os.devnull, O_WRONLY=os.O_WRONLY, open=lambda *_: 7, dup2=lambda *to: replaced.append(to)
    )
    monkeypatch.setattr(nn.cli, "os", mine)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    assert nn.cli.main(["zoo"]) == code
    assert capsys.readouterr().err == words
    assert replaced == ([] if words else [(7, 1)])


def test_a_program_without_a_console(monkeypatch):
    """Python starts as pythonw.exe without standard streams."""
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    for show in (None, True, False):
        with Progress(show) as progress:
            progress.begin(1, 1, 0, 1)
            progress.end({"loss": 1.0})
        assert progress.stream is None


# --- modules and functions that Windows does not have -------------------------------------------------------------

WITHOUT = """
import os, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("preadv", "pread", "register_at_fork", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "confstr", "getuid",
             "geteuid", "fork", "mkfifo"):
    delattr(os, name)
import numpy as np
import autograd, nn, optim
np.save("x.npy", np.arange(40.0).reshape(20, 2))
x = nn.data.npy("x.npy")
assert x._file is None
assert x[[7, 3, -1]].tolist() == [[14.0, 15.0], [6.0, 7.0], [38.0, 39.0]]
loader = nn.data.Loader((x, np.arange(20) % 2), 8, shuffle=True, seed=0)
options = dict(loss=nn.CrossEntropyLoss(), seed=0, callbacks=[nn.Checkpoint("run"), nn.CSVLog("log.csv")])
whole = nn.fit(nn.MLP([2, 4, 2], rng=0), loader, epochs=2, **options)
again = nn.fit(nn.MLP([2, 4, 2], rng=1), loader, epochs=3, resume="run/last.npz", **options)
assert again["loss"][:2] == whole["loss"]
autograd.draw((autograd.tensor(2.0, requires_grad=True) ** 2), renderer="own").save("graph.svg")
print(sorted(os.listdir()), sorted(os.listdir("run")))
"""


def test_without_what_windows_lacks(tmp_path):
    command = [sys.executable, "-W", "error", "-c", WITHOUT]
    run = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert run.stderr == ""
    assert run.stdout == "['graph.svg', 'log.csv', 'run', 'x.npy'] ['best.npz', 'last.npz']\n"


# --- paths --------------------------------------------------------------------------------------------------------


def test_long_paths_with_backslashes(monkeypatch):
    monkeypatch.setattr(provenance, "os", SimpleNamespace(sep=ntpath.sep, path=ntpath))
    folder = "C:\\Users\\somebody\\Documents\\a folder with a long name\\another one\\the project"
    assert provenance.place(f"{folder}\\src\\train.py", 7) == "...\\the project\\src\\train.py:7"
    assert provenance.place("D:\\work\\train.py", 7) == "D:\\work\\train.py:7"


def test_an_entry_of_the_path_that_is_not_in_normal_form():
    """The names of files in code objects are as the entry of sys.path is written, here with `/./`."""
    house = str(ROOT / "x")[:-1] + os.path.join(".", "")
    copy = loaded(frames, os.path.join(house, "autograd", "compiling", "frames.py"))
    assert copy._kind(os.path.join(house, "autograd", "transforms.py")) == "ours"
    assert copy._kind(os.path.join(house, "autograd", "compiling", "recorder.py")) == "room"
    assert copy._kind(os.path.join(house, "autograd", "values.py")) == "hands"
    assert copy._kind(os.path.join(house, "mine", "train.py")) == "user"
    assert os.path.join(house, "nn", "equal_units.py") in copy.LOOKING_AFTER


# --- C types ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", "bBhHiIlLqQ")
def test_integers_of_every_c_type(letter):
    """int64 is a C long on Linux and macOS, and a long long on Windows."""
    scores, labels = np.eye(3), np.array([0, 2, 1])
    expected = nn.functional.cross_entropy(scores, labels)
    assert nn.functional.cross_entropy(scores, labels.astype(letter)) == expected
    assert nn.data.one_hot(labels.astype(letter), 3).tolist() == np.eye(3)[labels].tolist()
    assert nn.metrics.accuracy(labels.astype(letter), labels) == 1.0


def test_without_a_wider_long_double(monkeypatch):
    """As on Windows, and on macOS with Apple's processors: fewer things are seen, and no right rule is called wrong."""
    monkeypatch.setattr(import_module("autograd.gradcheck.noise"), "_LONG", 4.0)
    for x in ([[30.0, 0.0, 0.0]], [[1.0, 2.0, 3.0]]):
        assert gradcheck(lambda s: nn.functional.cross_entropy(s, np.array([0])), np.array(x))

"""Checkpoints: what goes in comes out, and what is no whole checkpoint is refused with nothing changed."""

import copy
import errno
import io
import json
import os
import pickle
import stat
import sys
import threading
import zipfile
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

import autograd
import nn
import optim
from nn.errors import CheckpointError
from nn.saving import checksum, npz, read, replacing, safetensors, write
from nn.saving.files import FORMAT

posix = pytest.mark.skipif(os.name == "nt", reason="needs pipes, locks or permissions of POSIX")

SUFFIXES = [
    ".npz",
    pytest.param(
        ".safetensors", marks=pytest.mark.skipif(not find_spec("safetensors"), reason="safetensors is not installed")
    ),
]
suffixes = pytest.mark.parametrize("suffix", SUFFIXES)


def script(name):
    spec = spec_from_file_location(f"saving_{name}", Path(__file__).parent / "saving" / f"{name}.py")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trained(steps=3, seed=0, make=optim.Adam, **options):
    model = nn.MLP([3, 4, 2], rng=seed)
    optimizer = make(model.parameters(), **options)
    train(model, optimizer, steps)
    return model, optimizer


def train(model, optimizer, steps):
    x = np.linspace(-1, 1, 15, dtype="float32").reshape(5, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        ((model(x) - 1) ** 2).mean().backward()
        optimizer.step()


def bits(model, optimizer):
    return pickle.dumps((model.state_dict(), optimizer.state_dict()))


def same(a, b):
    """Equal in value and type, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


# --- what goes in comes out ------------------------------------------------------------------------------------------


@suffixes
@pytest.mark.parametrize(
    ("make", "options"),
    [
        (optim.SGD, {"lr": 0.1}),
        (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
        (optim.Adam, {"lr": 0.02, "amsgrad": True}),
        (optim.AdamW, {"betas": (0.8, 0.9)}),
        (optim.RMSprop, {"centered": True}),
    ],
)
def test_training_goes_on_as_if_nothing_had_happened(tmp_path, suffix, make, options):
    model, optimizer = trained(make=make, **options)
    nn.save(tmp_path / f"m{suffix}", model, optimizer)
    other, another = trained(steps=1, seed=1, make=make, lr=0.5)
    assert nn.load(tmp_path / f"m{suffix}", other, another) == {}
    assert bits(other, another) == bits(model, optimizer)
    train(model, optimizer, 3)
    train(other, another, 3)
    assert bits(other, another) == bits(model, optimizer)


EXTRAS = {
    "nothing": None,
    "flags": [True, False],
    "numbers": (0, -7, 2**127, 0.1, -0.0, 1e-320, float("nan"), float("inf"), -float("inf")),
    "texts": ["", "é\u0000\ud800\n", "$array"],
    "nested": {"a": [{}, [], (), {"b": ({"c": 1},)}]},
    "keys": {1: "int", "1": "str", None: 0, False: 1, 2.5: 2},
    "tags": {"$array": "x", "$dict": {"$tuple": []}},
    "empty": np.zeros((0, 3), "float32"),
    "zero dimensions": np.array(2.5),
    "scalars": [np.float32(0.1), np.int8(-3), np.bool_(True)],
    "half": np.arange(3, dtype="float16"),
    "bytes": np.arange(3, dtype="uint8"),
    "masks": np.array([[True, False]]),
    "../../etc/passwd": np.ones(2),
    "a/b": np.ones(3),
    "__metadata__": np.ones(1),
    "": np.ones(1),
    "strided": np.arange(12.0)[::3],
    "rng": np.random.default_rng(0).bit_generator.state,
    "old rng": np.random.MT19937(0).state,
}


@suffixes
def test_extras_come_back_as_they_were(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    model, _ = trained()
    nn.save(path, model, **EXTRAS)
    loaded = nn.load(path, model)
    assert list(loaded) == list(EXTRAS)
    for name, value in EXTRAS.items():
        assert same(loaded[name], value), name
    loaded["half"][0] = 1  # it can be written to
    generator = np.random.default_rng(1)
    generator.bit_generator.state = loaded["rng"]
    assert generator.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize(
    "array",
    [np.array(1j), np.array(["ä", "bc"]), np.array([b"x"]), np.array(["2020-01-01"], "M8[D]"), np.ones(2, ">f8")],
    ids=lambda array: str(array.dtype),
)
def test_npz_keeps_every_dtype(tmp_path, array):
    write(tmp_path / "t.npz", array)
    assert same(read(tmp_path / "t.npz"), array)


@suffixes
def test_order_in_memory(tmp_path, suffix):
    """Release 0.8.0 of safetensors stores such arrays wrong; .npz keeps the order too."""
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    write(tmp_path / f"t{suffix}", [array, array.T, array[:, ::2]])
    one, two, three = read(tmp_path / f"t{suffix}")
    assert (one == array).all()
    assert (two == array.T).all()
    assert (three == array[:, ::2]).all()
    assert one.flags.f_contiguous == (suffix == ".npz")


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text()
    | npst.arrays(npst.floating_dtypes() | npst.integer_dtypes() | npst.complex_number_dtypes(), npst.array_shapes()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.just("$array"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(trees)
def test_any_tree(tmp_path_factory, tree):
    path = tmp_path_factory.getbasetemp() / "tree.npz"
    write(path, tree)
    assert same(read(path), tree)


@suffixes
def test_a_file_depends_on_nothing_but_its_content(tmp_path, suffix):
    model, optimizer = trained()
    nn.save(tmp_path / f"a{suffix}", model, optimizer, x=1)
    nn.save(tmp_path / f"b{suffix}", copy.deepcopy(model), copy.deepcopy(optimizer), x=1)
    a, b = ((tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
    assert len(a) == len(b)
    if suffix == ".npz":  # the metadata of safetensors are in any order
        assert a == b


def test_numpy_reads_the_file(tmp_path):
    model, _ = trained()
    nn.save(tmp_path / "m.npz", model, table=np.arange(3))
    with np.load(tmp_path / "m.npz") as archive:
        assert (archive["0.weight"] == model[0].weight.data).all()
        assert (archive["extra/table"] == np.arange(3)).all()


def test_others_read_safetensors(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    model, _ = trained()
    nn.save(tmp_path / "m.safetensors", model)
    state = package.load_file(tmp_path / "m.safetensors")
    assert state.keys() == model.state_dict().keys()
    other = nn.MLP([3, 4, 2])
    other.load_state_dict(state)
    assert same(other.state_dict(), model.state_dict())


def test_dtype_shared_buffer_and_frozen(tmp_path):
    class Net(nn.Module):
        def __init__(self):
            self.a = nn.Linear(2, 2, dtype="float64")
            self.b = nn.Linear(2, 2)
            self.b.weight = self.a.weight
            self.b.bias.requires_grad = False
            self.count = nn.Buffer(np.array(3))

    nn.save(tmp_path / "m.npz", net := Net())
    assert read(tmp_path / "m.npz")["model"].keys() == {"a.weight", "a.bias", "b.bias", "count"}
    other = Net()
    other.count.data = np.array(0)
    nn.load(tmp_path / "m.npz", other.astype("float32"))
    assert other.a.weight.dtype == "float32"
    assert other.b.weight is other.a.weight
    assert not other.b.bias.requires_grad
    assert other.count.item() == 3
    for name, array in net.state_dict().items():
        assert (other.state_dict()[name] == array.astype("float32")).all()


@pytest.mark.parametrize("kind", [str, Path, os.fspath])
def test_paths(tmp_path, kind):
    model, _ = trained()
    nn.save(kind(tmp_path / "m.npz"), model, one=1)
    assert nn.load(kind(tmp_path / "m.npz"), model) == {"one": 1}


# --- what cannot be saved ----------------------------------------------------------------------------------------


def loop():
    found = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (print, TypeError, r"extra\['x'\] is of type builtins.builtin_function_or_method"),
        ({"a": [1, {2}]}, TypeError, r"extra\['x'\]\['a'\]\[1\] is of type builtins.set"),
        (nn.Parameter([1.0]), TypeError, r"nn.parameter.Parameter; .*of a Tensor: t.numpy\(\)"),
        (np.random.default_rng(0), TypeError, "rng.bit_generator.state"),
        (1j, TypeError, "builtins.complex"),
        (b"x", TypeError, "builtins.bytes"),
        (np.ma.array([1, 2], mask=[0, 1]), TypeError, "MaskedArray"),
        (np.array([None]), TypeError, r"extra\['x'\] is an array of dtype object"),
        (np.zeros(2, "i4,f4"), TypeError, "an array of dtype"),
        ({(1, 2): 3}, TypeError, r"a dict with the key \(1, 2\)"),
        (2**5000, ValueError, "an int of 5001 bits; at most 4096"),
        (loop(), ValueError, "contains itself"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_saved(tmp_path, value, error, words):
    path = tmp_path / "m.npz"
    model, _ = trained()
    nn.save(path, model, x=1)
    with pytest.raises(error, match=words):
        nn.save(path, model, x=value)
    assert nn.load(path, model) == {"x": 1}
    assert os.listdir(tmp_path) == ["m.npz"]


def test_dtypes_that_safetensors_lacks(tmp_path):
    pytest.importorskip("safetensors")
    with pytest.raises(TypeError, match=r"extra/x is complex128, which .safetensors cannot store. Save it as"):
        nn.save(tmp_path / "m.safetensors", trained()[0], x=np.ones(2, complex))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name", ["model", "model.pt", "model.npz.zip", ".npz"])
def test_the_suffix_is_the_format(tmp_path, name):
    for call in (nn.save, nn.load):
        with pytest.raises(CheckpointError, match=r"suffix must be \.npz or \.safetensors"):
            call(tmp_path / name, trained()[0])


def test_without_safetensors(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install safetensors "):
        nn.save(tmp_path / "m.safetensors", trained()[0])
    assert not os.listdir(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.save(tmp_path / "no" / "m.npz", trained()[0])
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "m.npz", trained()[0])


@pytest.mark.parametrize("call", [nn.save, nn.load])
def test_arguments_in_another_order(tmp_path, call):
    model, adam = trained()
    path = tmp_path / "m.npz"
    for arguments, found in (
        ((model, path), "MLP, PosixPath"),
        ((path, model.state_dict()), "PosixPath, dict"),
        ((path, model, adam.state_dict()), "PosixPath, MLP, dict"),
    ):
        with pytest.raises(TypeError, match=f"a path, a Module and optionally an Optimizer, not {found}"):
            call(*arguments)


# --- what does not fit --------------------------------------------------------------------------------------------


@suffixes
def test_everything_that_does_not_fit_is_named(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    nn.save(path, nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False)))
    model = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    before = bits(model, optimizer)
    with pytest.raises(CheckpointError) as caught:
        nn.load(path, model)
    assert caught.value.path == path
    for words in ("missing: 1.weight (2, 5), 1.bias (2,)", "unexpected: 2.weight (2, 4)"):
        assert words in caught.value.why
    for words in ("0.weight is (4, 3) in the state, (5, 3) in the module", "0.bias is (4,) in the state, (5,)"):
        assert words in caught.value.why
    assert bits(model, optimizer) == before
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (lambda model: None, "saved without an optimizer"),
        (lambda model: optim.SGD(model.parameters(), lr=0.1), "this state was saved by SGD"),
        (lambda model: optim.Adam([model[0].weight]), r"groups of \[1\] parameters, but the optimizer of \[4\]"),
    ],
)
def test_an_optimizer_that_does_not_fit_changes_no_model(tmp_path, saved, words):
    model, _ = trained(seed=1)
    nn.save(tmp_path / "m.npz", model, saved(model))
    other, adam = trained()
    before = bits(other, adam)
    arrays = [p.data for p in other.parameters()]
    with pytest.raises(CheckpointError, match=words):
        nn.load(tmp_path / "m.npz", other, adam)
    assert bits(other, adam) == before
    assert all(p.data is array for p, array in zip(other.parameters(), arrays, strict=True))
    nn.load(tmp_path / "m.npz", other)  # without the optimizer it fits


def test_a_tree_that_is_no_model(tmp_path):
    odd = ({"model": model, "optimizer": None, "extra": {}} for model in (1, {"w": [[1], [1, 2]]}, {"w": "x"}))
    for tree in (1, [], {"model": {}}, *odd):
        write(tmp_path / "t.npz", tree)
        with pytest.raises(CheckpointError, match="does not hold a model"):
            nn.load(tmp_path / "t.npz", nn.ReLU())


# --- files of others and of enemies ---------------------------------------------------------------------------------


def archive(members, compression=zipfile.ZIP_STORED, digest=True):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, compression)
        if digest:
            file.comment = b"chainrule.digest:" + checksum.BLANK
    data = bytearray(buffer.getvalue())
    if digest:
        checksum.put(data, npz.find_checksum(data))
    return bytes(data)


def array_file(header="", content=b"", array=None):
    """The bytes of an .npy file, with a header of one's own."""
    buffer = io.BytesIO()
    if array is not None:
        np.save(buffer, array)
        return buffer.getvalue()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + content


def manifest(tree, **changes):
    return json.dumps({"format": FORMAT, "program": "chainrule 0", "tree": tree} | changes)


def forged(tree, *arrays, **changes):
    text = tree if isinstance(tree, str) else manifest(tree, **changes)
    return archive([("chainrule.json", text), *arrays])


def npy_header(shape, descr="<f8"):
    return array_file(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}\n")


ONE = {"$array": "a"}
NPZ = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello", "not a checkpoint"),
    "pickle": (pickle.dumps({"a": 1}), "a Python pickle"),
    "an .npy file": (array_file(array=np.ones(3)), "a single array from np.save"),
    "torch.save": (archive([("m/data.pkl", b"x")], digest=False), "a torch.save file"),
    "np.savez": (archive([("a.npy", array_file(array=np.ones(1)))], digest=False), r"load_state_dict\(np.load"),
    "half a file": (archive([("a.npy", b"x")])[:30], "without its end"),
    "a digest, but no archive": (b"PK" * 50, "without its end"),
    "another version": (forged(None, format=2, program="chainrule 9.0"), "chainrule 9.0 wrote the file in format 2"),
    "no manifest": (archive([]), "KeyError"),
    "a manifest of another kind": (forged("[]"), "TypeError"),
    "no JSON": (forged("{"), "JSONDecodeError"),
    "no text": (archive([("chainrule.json", b"\xff\xfe\xfd")]), "UnicodeDecodeError"),
    "NaN": (forged('{"format": 1, "program": "", "tree": NaN}'), "NaN is not JSON"),
    "a key twice": (forged('{"format": 1, "format": 1, "program": "", "tree": 1}'), "duplicate keys"),
    "deep JSON": (forged("[" * 100_000), "RecursionError"),
    "deep tree": (forged(json.loads("[" * 200 + "]" * 200)), "nested deeper"),
    "a long number": (forged('{"format": 1, "program": "", "tree": ' + "9" * 5000 + "}"), "ValueError"),
    "an unknown tag": (forged({"$code": "print(1)"}), r"\$code cannot hold"),
    "a float of other words": (forged({"$float": "1.0"}), r"\$float cannot hold a value of type str"),
    "a tuple of a float's words": (forged({"$tuple": "nan"}), r"\$tuple cannot hold a value of type str"),
    "a dict of a float's words": (forged({"$dict": "nan"}), r"\$dict cannot hold a value of type str"),
    "a tag and a key": (forged({"$tuple": [], "a": 1}), "ValueError"),
    "a key that is a list": (forged({"$dict": [[[], 1]]}), "TypeError"),
    "an array that is missing": (forged(ONE), "the array 'a' is missing"),
    "an array used twice": (forged([ONE, ONE], ("a.npy", array_file(array=np.ones(1)))), "used twice"),
    "an array too many": (forged(1, ("a.npy", array_file(array=np.ones(1)))), "nothing refers to the arrays 'a'"),
    "another file": (forged(1, ("run.sh", b"")), "'run.sh' is not an array"),
    "objects": (forged(ONE, ("a.npy", npy_header("(1,)", "|O"))), "ValueError"),
    "a huge shape": (forged(ONE, ("a.npy", npy_header("(1000000, 1000000, 1000000)"))), "needs 8000000000000000000"),
    "a huge empty shape": (forged(ONE, ("a.npy", npy_header("(1000000000000,)", "<U0"))), "needs 0 bytes"),
    "a negative shape": (forged(ONE, ("a.npy", npy_header("(-1, -1)"))), "ValueError"),
    "a header of code": (forged(ONE, ("a.npy", array_file("print('gotcha')"))), "ValueError"),
    "a version of .npy": (forged(ONE, ("a.npy", b"\x93NUMPY\x02\x00\x00\x00\x00\x00")), "version other than 1.0"),
    "compressed": (archive([("chainrule.json", b"0" * 10_000_000)], zipfile.ZIP_DEFLATED), "the archive is compressed"),
}


@pytest.mark.parametrize("kind", NPZ)
def test_an_npz_file_that_is_no_checkpoint(tmp_path, kind):
    data, words = NPZ[kind]
    path = tmp_path / "m.npz"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=words):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path):
    part = array_file(array=np.ones(1))
    (tmp_path / "m.npz").write_bytes(forged(ONE, ("a.npy", part), ("a.npy", part)))
    with pytest.raises(CheckpointError, match="duplicate names"):
        read(tmp_path / "m.npz")


def test_a_member_that_declares_more_than_there_is(tmp_path):
    """The directory of a zip archive says how long a member is; nothing of that length may be allocated."""
    data = bytearray(forged(ONE, ("a.npy", array_file(array=np.ones(1)))))
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = (2**31).to_bytes(4, "little") * 2
    place = npz.find_checksum(data)
    data[place:] = checksum.BLANK
    checksum.put(data, place)
    (tmp_path / "m.npz").write_bytes(data)
    with pytest.raises(CheckpointError, match="declare more bytes than the file has"):
        read(tmp_path / "m.npz")


def header(text, body=b"", digest=True):
    data = bytearray(len(text).to_bytes(8, "little") + text.encode() + body)
    if digest:
        checksum.put(data, safetensors.find_checksum(data))
    return bytes(data)


META = '"__metadata__":{{"chainrule":{},"chainrule.digest":"' + "0" * 32 + '"}}'
MANY = '"a":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8]}'
SAFE = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello", "not a checkpoint"),
    "of another program": (header("{}", digest=False), "safetensors.numpy.load_file"),
    "a long header": (b"\xff" * 8 + b"{}", "the file has no checksum"),
    "a huge shape": (header(f"{{{META.format(json.dumps(manifest(ONE)))},{MANY}}}", bytes(8)), "SafetensorError"),
    "a key twice": (header(f"{{{META.format(json.dumps(manifest(1)))},{MANY},{MANY}}}", bytes(8)), "duplicate keys"),
    "no text": (header(f"{{{META.format(1)}}}"), "not strings"),
}


@pytest.mark.parametrize("kind", SAFE)
def test_a_safetensors_file_that_is_no_checkpoint(tmp_path, kind):
    pytest.importorskip("safetensors")
    data, words = SAFE[kind]
    path = tmp_path / "m.safetensors"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=words):
        read(path)


@posix
def test_what_is_no_file(tmp_path):
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.npz")
    for name, words in (("folder", "this is a folder"), ("pipe", "this is not a regular file")):
        with pytest.raises(CheckpointError, match=words):
            read(tmp_path / f"{name}.npz")


def test_a_checkpoint_of_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    for zipped in (True, False):
        torch.save({"w": torch.ones(2)}, tmp_path / "m.npz", _use_new_zipfile_serialization=zipped)
        with pytest.raises(CheckpointError, match=r"torch\.save"):
            read(tmp_path / "m.npz")


def test_mutants(tmp_path):
    """A sample of saving/mutate.py, whose score is in saving/score.txt."""
    mutate = script("mutate")
    formats = [suffix for suffix in mutate.FORMATS if suffix == ".npz" or find_spec("safetensors")]
    ends = mutate.trial(600, tmp_path, formats)
    assert sum(ends.values()) == 600
    wrong = {end for *_, end in ends} - {"refused", "loaded", "the same file"}
    assert not wrong, mutate.report(ends)
    assert sum(n for (*_, end), n in ends.items() if end == "refused") > 500


# --- whole or not at all ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_writers(tmp_path):
    """A sample of saving/kill.py, whose score is in saving/score.txt."""
    counts = script("kill").trial(3, tmp_path)
    assert counts["kills"] == counts["whole versions"] == 3
    assert counts["versions lost"] == counts["files left over"] == 0


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "notes"
    path.write_text("old")

    def write_half():
        with replacing(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["notes"]


def test_a_disk_that_is_full(tmp_path, monkeypatch):
    model, _ = trained()
    nn.save(tmp_path / "m.npz", model, version=1)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        nn.save(tmp_path / "m.npz", model, version=2)
    assert os.listdir(tmp_path) == ["m.npz"]
    assert nn.load(tmp_path / "m.npz", model) == {"version": 1}


@posix
def test_a_file_system_without_locks(tmp_path, monkeypatch):
    """Saving works there; what dead writers left cannot be told from what living ones write, and stays."""
    dead = tmp_path / ".chainrule-0123456789abcdef.tmp"
    dead.touch()

    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with replacing(tmp_path / "a") as file:
        file.write(b"a")
    assert set(tmp_path.iterdir()) == {dead, tmp_path / "a"}


@posix
def test_temporary_files_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    dead = tmp_path / ".chainrule-0123456789abcdef.tmp"
    others = [tmp_path / ".chainrule-notes.tmp", tmp_path / ".chainrule-0123456789abcdef.tmp.bak"]
    for file in (dead, *others):
        file.write_bytes(b"half")
    with replacing(tmp_path / "a") as a:
        a.write(b"a")
        [living] = set(tmp_path.iterdir()) - {dead, *others}
        with replacing(tmp_path / "b") as b:
            b.write(b"b")
        assert living.exists()
    assert set(tmp_path.iterdir()) == {tmp_path / "a", tmp_path / "b", *others}
    assert (tmp_path / "a").read_bytes() == b"a"


def test_many_writers_of_one_file(tmp_path):
    """Threads that write at the same time neither fail nor mix."""
    path, errors = tmp_path / "shared", []

    def write_often(letter):
        try:
            for _ in range(30):
                with replacing(path) as file:
                    file.write(letter * 5000)
                assert len(set(path.read_bytes())) == 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write_often, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert os.listdir(tmp_path) == ["shared"]


@posix
def test_permissions_and_links(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        with replacing(tmp_path / "fresh"):
            pass
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o640


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError), replacing(tmp_path / "folder") as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == ["folder"]


# --- numbers that are too large -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "array", "words"),
    [
        ("float32", np.array([[1.0, 1e300]]), r"weight holds 1e\+300 in the state, too large for float32"),
        ("float32", np.array([[-3.5e38, np.inf]]), r"weight holds -3.5e\+38 in the state, too large for float32"),
        ("float16", np.array([[7e4, 1.0]], "float32"), "weight holds 70000.0 in the state, too large for float16"),
        ("float16", np.array([[70_000, 1]]), "weight holds 70000 in the state, too large for float16"),
    ],
)
def test_numbers_that_the_dtype_cannot_hold(tmp_path, dtype, array, words):
    model = nn.Linear(2, 1, bias=False, rng=0).astype(dtype)
    before = model.weight.data.copy()
    with pytest.raises(nn.errors.StateDictError, match=f"out of range: {words}"):
        model.load_state_dict({"weight": array})
    write(tmp_path / "m.npz", {"model": {"weight": array}, "optimizer": None, "extra": {}}, short="model/")
    with pytest.raises(CheckpointError, match=f"out of range: {words}"):
        nn.load(tmp_path / "m.npz", model)
    np.testing.assert_array_equal(model.weight.data, before)


def test_numbers_that_fit(tmp_path):
    """The largest number, infinity and NaN of the file, and numbers that are rounded to 0."""
    model = nn.Linear(4, 1, bias=False)
    largest = np.finfo("float32").max
    model.load_state_dict({"weight": np.array([[float(largest), np.inf, np.nan, 1e-300]])})
    np.testing.assert_array_equal(model.weight.data, np.array([[largest, np.inf, np.nan, 0.0]], "float32"))


def test_integers_that_do_not_fit():
    module = nn.Module()
    module.count = nn.Buffer(np.array(3, "int8"))
    with pytest.raises(
        nn.errors.StateDictError, match="out of range: count holds 300 in the state, too large for int8"
    ):
        module.load_state_dict({"count": np.array(300)})
    module.load_state_dict({"count": np.array(-128)})
    assert module.count.item() == -128


def test_the_memory_of_an_optimizer_is_kept_in_a_wider_dtype():
    model, _ = trained()
    lbfgs = optim.LBFGS(model.parameters())
    saved = lbfgs.state_dict()
    saved["state"][0]["d"] = np.full(saved["state"][0]["d"].size, 1e300)
    lbfgs.load_state_dict(saved)
    assert np.isfinite(lbfgs.state_dict()["state"][0]["d"]).all()
    adam = optim.Adam(model.parameters())
    saved = adam.state_dict()
    saved["state"][0]["exp_avg_sq"] = np.full(model[0].weight.shape, 1e300)
    adam.load_state_dict(saved)
    assert np.isfinite(adam.state[model[0].weight]["exp_avg_sq"]).all()


# --- the words, letter by letter ------------------------------------------------------------------------------------


STORED = (
    "only numbers, strings, None, arrays, and plain lists, tuples and dicts of these can be stored (of a Tensor: "
    "t.numpy(); of a generator: rng.bit_generator.state)."
)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({1, 2}, f"the value is of type builtins.set; {STORED}"),
        ([0, print], f"1 is of type builtins.builtin_function_or_method; {STORED}"),
        ({"a": {"b": [1j]}}, f"a['b'][0] is of type builtins.complex; {STORED}"),
        ({"a": (0, 2**4096)}, "a[1] is an int of 4097 bits; at most 4096 can be stored."),
        ({"a": np.array([None])}, "a is an array of dtype object; only numbers, strings and dates can be stored."),
        ({"a": {b"": 1}}, "a is a dict with the key b''; keys must be strings, numbers or None."),
        ({"a": {"b": loop()}}, "a['b'][0][0] is nested deeper than 64 levels, or contains itself."),
    ],
)
def test_words_of_what_cannot_be_saved(tmp_path, tree, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        write(tmp_path / "t.npz", tree)
    assert str(caught.value) == f"cannot be saved: {words}"


def test_the_deepest_and_the_largest_that_can_be_saved(tmp_path):
    tree = [2**4096 - 1, -(2**4096) + 1]
    for _ in range(63):
        tree = [tree]
    write(tmp_path / "t.npz", tree)
    assert read(tmp_path / "t.npz") == tree
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        write(tmp_path / "t.npz", [tree])


ZIP = "this is not a checkpoint but a torch.save file. In PyTorch, save the state dict with safetensors."
BY_HAND = (
    "the file has no checksum: another program made it, or it is damaged. If you trust its source, use "
    "model.load_state_dict("
)
PICKLE = "a Python pickle, perhaps from an old torch.save. Pickles are never opened, because they can run code"
OTHERS = {
    ".npz": {
        b"": "the file is empty.",
        b"\x80\x04": f"this is not a checkpoint but {PICKLE}.",
        b"\x93NUMPY\x01": "this is not a checkpoint but a single array from np.save.",
        b"\x89HDF\r\n": "this is not a checkpoint but an HDF5 file.",
        b"\x1f\x8b\x08": "this is not a checkpoint but a gzip file.",
        b"PK\x03\x04 and no end": "the file is damaged: it is a zip archive without its end.",
        b"PK" + bytes(2**16 + 22) + b"PK\x05\x06" + bytes(18): f"{BY_HAND}np.load(path))",
        b"PK\x05\x06" + bytes(2**16 + 19): "the file is damaged: it is a zip archive without its end.",
        b"PKPK\x05\x06/data.pkl": ZIP,
        b"{}": "this is not a checkpoint, or the beginning of the file is damaged or missing.",
    },
    ".safetensors": {
        b"PK\x05\x06": "this is not a checkpoint, or the beginning of the file is damaged or missing.",
        bytes(8) + b"{}": f"{BY_HAND}safetensors.numpy.load_file(path))",
        bytes(7) + b"{}": "this is not a checkpoint, or the beginning of the file is damaged or missing.",
    },
}


@pytest.mark.parametrize(("suffix", "data"), [(suffix, data) for suffix, kinds in OTHERS.items() for data in kinds])
def test_words_of_what_is_no_checkpoint(tmp_path, suffix, data):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        read(path)
    assert caught.value.why == OTHERS[suffix][data]
    assert caught.value.path == path


def test_words_of_damage_and_of_other_versions(tmp_path):
    path = tmp_path / "m.npz"
    write(path, [1.5])
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)
    for tree, why in (
        (None, "the file is damaged: its checksum does not match its content."),
        (
            forged(None, format=2, program="chainrule 9.0"),
            f"chainrule 9.0 wrote the file in format 2, but chainrule {autograd.__version__} reads format 1.",
        ),
    ):
        if tree is not None:
            path.write_bytes(tree)
        with pytest.raises(CheckpointError) as caught:
            read(path)
        assert caught.value.why == why
    with pytest.raises(CheckpointError) as caught:
        read(tmp_path / "m.pt")
    assert caught.value.why == "the suffix must be .npz or .safetensors, not '.pt'."
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(CheckpointError) as caught:
        read(tmp_path / "folder.npz")
    assert caught.value.why == "this is a folder."


def test_a_file_that_does_not_fit_into_memory(tmp_path, monkeypatch):
    write(tmp_path / "m.npz", 1)

    def full(path):
        raise MemoryError

    monkeypatch.setattr(Path, "read_bytes", full)
    with pytest.raises(CheckpointError) as caught:
        read(tmp_path / "m.npz")
    assert caught.value.why == "the file does not fit into memory."


def test_the_manifest_letter_by_letter(tmp_path):
    write(
        tmp_path / "m.npz", {"model": {"w": np.ones(2)}, "x": [np.int8(3), (float("-inf"), {1: None})]}, short="model/"
    )
    with zipfile.ZipFile(tmp_path / "m.npz") as file:
        assert file.namelist() == ["chainrule.json", "w.npy", "x/0.npy"]
        assert {info.compress_type for info in file.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        found = json.loads(file.read("chainrule.json"))
        assert file.comment.startswith(b"chainrule.digest:")
        assert len(file.comment) == len("chainrule.digest:") + 32
    assert found == {
        "format": 1,
        "program": f"chainrule {autograd.__version__}",
        "tree": {
            "model": {"w": {"$array": "w"}},
            "x": [{"$scalar": "x/0"}, {"$tuple": [{"$float": "-inf"}, {"$dict": [[1, None]]}]}],
        },
    }


def test_which_names_arrays_have(tmp_path):
    """Plain names are the places; others, which could mean something to a file system, are numbers."""
    one = np.ones(1)
    keys = [
        "a.b",
        "a-b",
        "a_b",
        "a b",
        "..",
        ".",
        "",
        "a/b",
        "/a",
        "é",
        "x" * 200,
        "x" * 201,
        "__metadata__",
        "__metadata__x",
    ]
    write(tmp_path / "m.npz", dict.fromkeys(keys, one) | {"a": {"b": one}})
    with zipfile.ZipFile(tmp_path / "m.npz") as file:
        names = [name.removesuffix(".npy") for name in file.namelist()[1:]]
    expected = ["a.b", "a-b", "a_b", None, None, None, None, "a/b", None, None, "x" * 200, None, None, None, None]
    assert names == [name or f"array-{i}" for i, name in enumerate(expected)]
    assert read(tmp_path / "m.npz").keys() == {*keys, "a"}


def test_words_of_arguments_in_another_order(tmp_path):
    for verb in ("save", "load"):
        with pytest.raises(TypeError) as caught:
            getattr(nn, verb)(nn.ReLU(), str(tmp_path / "m.npz"))
        assert str(caught.value) == f"nn.{verb} takes a path, a Module and optionally an Optimizer, not ReLU, str."
    with pytest.raises(TypeError, match=r"optionally an Optimizer, not str, NoneType\.$"):
        nn.save(str(tmp_path / "m.npz"), None)


@suffixes
def test_words_of_what_does_not_fit(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    write(path, [1])
    with pytest.raises(CheckpointError) as caught:
        nn.load(path, nn.ReLU())
    assert caught.value.why == "the file does not hold a model: read it with nn.saving.read(path)."
    model, adam = trained()
    nn.save(path, model)
    with pytest.raises(CheckpointError) as caught:
        nn.load(path, model, adam)
    assert caught.value.why == "the file was saved without an optimizer. Nothing was changed."
    nn.save(path, model, optim.SGD(model.parameters()))
    with pytest.raises(CheckpointError) as caught:
        nn.load(path, model, adam)
    assert caught.value.why.endswith("saved by SGD. Nothing was loaded. The model was not changed either.")


def test_the_checksum_lies_within_the_header():
    """Its mark among the arrays, or reaching into them by one byte, is none."""
    mark = b'"chainrule.digest":"'
    content = b"{" + mark + b"0" * 32
    for length, place in ((len(mark), -1), (len(mark) + 1, 8 + 1 + len(mark))):
        assert safetensors.find_checksum(length.to_bytes(8, "little") + content) == place


def test_names_are_shortened_only_when_asked(tmp_path):
    write(tmp_path / "m.npz", {"Xa": np.ones(1)})
    with zipfile.ZipFile(tmp_path / "m.npz") as file:
        assert file.namelist()[1:] == ["Xa.npy"]


def test_nothing_is_ever_pickled():
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        npz.dump("{}", {"a": np.array([None])})

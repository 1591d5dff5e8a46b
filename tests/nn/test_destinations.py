"""What may be written to: files, also through links; devices, pipes and sockets are refused before they are touched."""

import os
import socket
import stat

import numpy as np
import pytest

import nn
from autograd import tensor
from autograd.files import destination
from autograd.view import draw, steps
from nn.saving import replacing

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such files")


def model():
    return nn.Linear(2, 1, rng=0)


def replace(path):
    with replacing(path) as file:
        file.write(b"new")


def result():
    x = tensor([1.0, 2.0], requires_grad=True, name="x")
    return (x * x).sum()


def checkpoint(path):
    nn.fit(
        model(), (np.ones((4, 2)), np.ones((4, 1))), loss=nn.MSELoss(), epochs=1, callbacks=[nn.Checkpoint(path.parent)]
    )


HISTORY = nn.History([{"epoch": 1, "loss": 0.5}])
WRITERS = {
    "nn.save": ("m.npz", lambda path: nn.save(path, model())),
    "write": ("m.npz", lambda path: nn.saving.write(path, [1])),
    "replacing": ("m", replace),
    "csv": ("m.csv", HISTORY.save),
    "json": ("m.json", HISTORY.save),
    "checkpoint": ("last.npz", checkpoint),
    "svg": ("m.svg", lambda path: draw(result()).save(path)),
    "txt": ("m.txt", lambda path: draw(result()).save(path)),
    "steps": ("m.html", lambda path: steps(result()).save(path)),
}


def pipe(path):
    os.mkfifo(path)


def sock(path):
    with socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.bind(str(path))


def device(path):
    """The device that swallows all, under a name of its own, where that may be made."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("making a device is not permitted")


def link_to_device(path):
    path.symlink_to(os.devnull)


KINDS = {"pipe": (pipe, "a pipe"), "socket": (sock, "a socket"), "device": (device, "a device")}
KINDS["link to a device"] = (link_to_device, "a device")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_no_file_is_refused(tmp_path, monkeypatch, writer, kind):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    name, write = WRITERS[writer]
    make, what = KINDS[kind]
    path = tmp_path / name
    make(path if kind != "socket" else os.path.relpath(path))
    before = os.stat(path)
    with pytest.raises(OSError, match=f"it is {what}.*, not a regular file"):
        write(path)
    link = tmp_path / f"link-{name}" if writer != "checkpoint" else None
    if link:
        link.symlink_to(path)
        with pytest.raises(OSError, match=f"it is {what}"):
            write(link)
        assert link.is_symlink()
    assert os.stat(path).st_ino == before.st_ino
    assert not [other for other in os.listdir(tmp_path) if other.startswith(".chainrule")]


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_link_is_written_through(tmp_path, writer, exists):
    name, write = WRITERS[writer]
    folder = tmp_path / "there"
    folder.mkdir()
    target, link, second = folder / f"target-{name}", tmp_path / f"first-{name}", tmp_path / name
    if exists:
        target.write_bytes(b"old")
    link.symlink_to(target)
    second.symlink_to(link)
    write(second)
    assert second.is_symlink()
    assert link.is_symlink()
    assert target.is_file()
    assert target.read_bytes() not in (b"", b"old")


def test_links_in_a_circle(tmp_path):
    a, b = tmp_path / "a.npz", tmp_path / "b.npz"
    a.symlink_to(b)
    b.symlink_to(a)
    with pytest.raises(OSError, match="symbolic links"):
        nn.save(a, model())
    assert a.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b.npz"]


def test_a_folder(tmp_path):
    (tmp_path / "m.npz").mkdir()
    with pytest.raises(IsADirectoryError):
        nn.save(tmp_path / "m.npz", model())
    with pytest.raises(IsADirectoryError):
        destination(tmp_path)


def test_what_looks_like_a_temporary_file_but_is_none_stays(tmp_path):
    names = [".chainrule-0123456789abcdef.tmp", ".chainrule-0123456789abcdee.tmp"]
    os.mkfifo(tmp_path / names[0])
    (tmp_path / names[1]).mkdir()
    nn.save(tmp_path / "m.npz", model())
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "m.npz"])

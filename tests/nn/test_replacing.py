"""How a file is replaced: what is called in which order, and what becomes of temporary files."""

import os
import re
import stat
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from nn.saving import atomic, replacing

fcntl = pytest.importorskip("fcntl")
NAME = re.compile(r"\.chainrule-[0-9a-f]{16}\.tmp")


def test_the_new_version_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    calls = []
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fsync(descriptor):
        status = os.fstat(descriptor)
        kind = "folder" if stat.S_ISDIR(status.st_mode) else f"{status.st_size} bytes"
        calls.append(("fsync", kind, path.read_bytes()))

    replace = os.replace
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append(("replace", b)), replace(a, b)))
    with replacing(path) as file:
        file.write(b"newer")
    assert calls == [("fsync", "5 bytes", b"old"), ("replace", path), ("fsync", "folder", b"newer")]


def test_the_temporary_file(tmp_path):
    before = os.umask(0)
    try:
        with replacing(tmp_path / "file") as file:
            [name] = os.listdir(tmp_path)
            assert NAME.fullmatch(name)
            assert file.mode == "wb"
            with open(tmp_path / name, "rb") as other, pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.umask(before)
    assert os.listdir(tmp_path) == ["file"]
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666


def test_no_descriptor_stays_open(tmp_path):
    (tmp_path / ".chainrule-0123456789abcdef.tmp").touch()
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    for _ in range(3):
        with replacing(tmp_path / "file") as file:
            file.write(b"x")
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_a_temporary_file_that_another_has_locked_or_removed(tmp_path, monkeypatch):
    """Another writer may meet the new file before it is locked: then another one is made."""
    lock, met = atomic._lock, []

    def meets(descriptor):
        if len(met) == 2:
            return lock(descriptor)
        met.append(descriptor)
        if len(met) == 1:
            return False  # the other has it
        [*others] = [name for name in os.listdir(tmp_path) if NAME.fullmatch(name)]
        for name in others:
            os.unlink(tmp_path / name)  # the other has removed it
        return True

    monkeypatch.setattr(atomic, "_lock", meets)
    with replacing(tmp_path / "file") as file:
        file.write(b"x")
        assert len(os.listdir(tmp_path)) == 1
    assert os.listdir(tmp_path) == ["file"]
    assert len(met) == 2


def test_locks(tmp_path):
    (tmp_path / "file").touch()
    with open(tmp_path / "file", "wb") as first, open(tmp_path / "file", "wb") as second:
        assert atomic._lock(first.fileno()) is True
        assert atomic._lock(second.fileno()) is False
        first.close()
        assert atomic._lock(second.fileno()) is True


def test_a_link_with_the_name_of_a_temporary_file_stays(tmp_path):
    (tmp_path / "precious").write_bytes(b"text")
    link = tmp_path / ".chainrule-0123456789abcdef.tmp"
    link.symlink_to(tmp_path / "precious")
    with replacing(tmp_path / "file"):
        pass
    assert link.is_symlink()
    assert (tmp_path / "precious").read_bytes() == b"text"


@pytest.mark.parametrize("fails", [False, True])
def test_where_there_are_no_locks(tmp_path, monkeypatch, fails):
    """As on Windows, where an open file cannot be renamed."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    spec = spec_from_file_location("atomic_without_locks", atomic.__file__)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.fcntl is None
    assert module._lock(0) is True
    dead = tmp_path / ".chainrule-0123456789abcdef.tmp"
    dead.touch()
    opened = []
    replace = os.replace

    def closed_first(a, b):
        assert opened[0].closed
        replace(a, b)

    monkeypatch.setattr(os, "replace", closed_first)
    path = tmp_path / "file"
    path.write_bytes(b"old")
    try:
        with module.replacing(path) as file:
            opened.append(file)
            file.write(b"new")
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert path.read_bytes() == (b"old" if fails else b"new")
    assert sorted(os.listdir(tmp_path)) == [dead.name, "file"], "what another has left cannot be told from his work"


def test_where_folders_cannot_be_opened(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_DIRECTORY")
    with replacing(tmp_path / "file") as file:
        file.write(b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_temporary_file_that_is_gone_does_not_hide_the_error(tmp_path):
    def fail():
        with replacing(tmp_path / "file"):
            [name] = os.listdir(tmp_path)
            os.unlink(tmp_path / name)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert os.listdir(tmp_path) == []

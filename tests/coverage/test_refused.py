"""Refused functions, and refused ways of calling the others: NotDifferentiable with the name and the reason."""

import warnings
from pathlib import Path

import pytest
from coverage_samples import lookup

from autograd import NotDifferentiable


@pytest.mark.filterwarnings("ignore:Polyfit may be poorly conditioned")
def test_refused(refusal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotDifferentiable) as caught:
        refusal.call(*refusal.tensors())
    message = str(caught.value)
    name = refusal.name.rpartition(".")[2] if refusal.name != "polyfit" else "lstsq"
    owner = lookup(refusal.name.rpartition(".")[0]).__name__ if refusal.name.endswith(".reduce") else name
    assert owner in message.partition(" ")[0] or name in message.partition(" ")[0]
    assert refusal.why in message
    assert list(Path().iterdir()) == []


def test_plain_operands_are_nobodys_business(refusal, tmp_path, monkeypatch):
    """With arrays NumPy does what it always does: a refusal is about Tensors only."""
    monkeypatch.chdir(tmp_path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            refusal.call(*(x.copy() for x in refusal.live))
    except NotDifferentiable:
        pytest.fail("arrays alone were refused")
    except (TypeError, ValueError):  # the error NumPy raises
        pass

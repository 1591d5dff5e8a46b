"""HIPS autograd's and MyGrad's lists of differentiable functions against ours: none is missing unexplained."""

from fnmatch import fnmatch
from pathlib import Path

import pytest
from coverage_names import UNTIL
from coverage_samples import lookup

from autograd.numpy_functions.protocol import STATUS

HERE = Path(__file__).parent

# Why a function of theirs (a pattern of names) is not among the NumPy functions that we differentiate.
COMPLEX = "complex numbers have no gradient here"
THEIR_OWN = "theirs, not NumPy's; write it with NumPy: "
EXPLAINED = {
    "hips": {
        "fft.*fft": COMPLEX,
        "fft.*fft[2n]": COMPLEX,
        "linalg.eig": COMPLEX,
        "angle": "of real numbers it is 0 or pi: a constant",
        "imag": "of real numbers it is 0: a constant",
        "array": "np.array does not ask us what to do; np.stack does",
        "full": "np.full does not ask us what to do; np.broadcast_to does",
        "array_from_args": "what their array is made of",
        "concatenate_args": "what their concatenate is made of",
        "make_diagonal": "what their diagonal is made of",
        "fft.truncate_pad": "what their fft is made of",
        "scipy.special.erf": "answered, though it is not NumPy's",
        "scipy.special.expit": "answered, though it is not NumPy's",
        "scipy.*": "SciPy's other functions are not taken over: make one differentiable with custom_op",
    },
    "mygrad": {
        "add_sequence": THEIR_OWN + "sum(xs)",
        "multiply_sequence": THEIR_OWN + "math.prod(xs)",
        "multi_matmul": THEIR_OWN + "np.linalg.multi_dot",
        "sliding_window_view": THEIR_OWN + "np.lib.stride_tricks.sliding_window_view, which is differentiable",
        "arccot*": THEIR_OWN + "np.arctan(1 / x), np.arctanh(1 / x)",
        "arccsc*": THEIR_OWN + "np.arcsin(1 / x), np.arcsinh(1 / x)",
        "arcsec": THEIR_OWN + "np.arccos(1 / x)",
        "cot*": THEIR_OWN + "1 / np.tan(x), 1 / np.tanh(x)",
        "csc*": THEIR_OWN + "1 / np.sin(x), 1 / np.sinh(x)",
        "sec*": THEIR_OWN + "1 / np.cos(x), 1 / np.cosh(x)",
        "nnet.*": "layers and losses, which are the business of the package nn",
    },
}


def names(peer):
    lines = (HERE / f"{peer}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_ours(name):
    try:
        return STATUS.get(lookup(name)) == "differentiable"
    except AttributeError:
        return name in UNTIL  # which this NumPy has dropped


@pytest.mark.parametrize("peer", EXPLAINED)
def test_none_is_missing_unexplained(peer):
    listed = names(peer)
    assert len(listed) > {"hips": 200, "mygrad": 90}[peer], "the list is cut short"
    missing = [name for name in listed if not is_ours(name)]
    assert [name for name in missing if not any(fnmatch(name, pattern) for pattern in EXPLAINED[peer])] == []


@pytest.mark.parametrize(("peer", "pattern"), [(peer, pattern) for peer in EXPLAINED for pattern in EXPLAINED[peer]])
def test_an_explanation_is_needed(peer, pattern):
    """It explains something, and nothing that we have."""
    explained = [name for name in names(peer) if fnmatch(name, pattern)]
    assert explained
    assert [name for name in explained if is_ours(name)] == []

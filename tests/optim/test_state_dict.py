"""State dicts: refused whole when they do not fit, merged with schedules, passed through text."""

import copy

import numpy as np
import pytest

from autograd import tensor
from optim import Adam, NAdam, StateError


def leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def trained(cls=Adam, **hyper):
    p, b = leaf(np.ones((2, 3)), name="p"), leaf(1.0)
    optimizer = cls([p, b], **hyper)
    p.grad, b.grad = np.ones((2, 3)), np.ones(())
    optimizer.step()
    return optimizer


def changed(state, path, value):
    state = copy.deepcopy(state)
    *path, last = path
    place = state
    for key in path:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return state


WRONG = {
    "no state": (("state",), None, "it has no key 'state'"),
    "another optimizer": (("optimizer",), "SGD", "was saved by SGD"),
    "other groups": (("param_groups", 0, "params"), [0], r"groups of \[1\] parameters, but the optimizer of \[2\]"),
    "another shape": (("state", 0, "exp_avg"), np.ones(3), r"exp_avg of parameter 0 \(p, shape \(2, 3\), float64\)"),
    "a slot missing": (("state", 1, "exp_avg_sq"), None, "has no exp_avg_sq"),
    "a slot too many": (("state", 1, "velocity"), np.ones(()), "has velocity, which Adam does not use"),
    "a wrong number": (("param_groups", 0, "lr"), -3.0, "Adam: lr must be"),
    "a foreign setting": (("param_groups", 0, "centered"), True, "has centered=True"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_state_is_refused_whole(what):
    path, value, message = WRONG[what]
    optimizer = trained(lr=0.1)
    before = str(optimizer.state_dict())
    state = changed(trained(lr=0.2).state_dict(), path, value)
    with pytest.raises(StateError, match=message) as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value).endswith("Nothing was loaded.")
    assert str(optimizer.state_dict()) == before


def test_saved_numbers_replace_numbers_but_not_functions():
    constant, scheduled = trained(lr=0.1, betas=(0.8, 0.9)), trained(lr=halving, betas=(halving, 0.5))
    assert scheduled.state_dict()["param_groups"][0].get("lr") is None
    scheduled.load_state_dict(constant.state_dict())
    group = scheduled.param_groups[0]
    assert (group["lr"], group["betas"]) == (halving, (halving, 0.9))
    constant.load_state_dict(trained(lr=halving, betas=(0.7, 0.5)).state_dict())
    assert (constant.param_groups[0]["lr"], constant.param_groups[0]["betas"]) == (0.1, (0.7, 0.5))


def halving(t):
    return 0.5 / 2**t


def test_a_state_may_pass_through_text_keys_and_lists():
    """As after JSON, or a file of named arrays."""
    optimizer, other = trained(lr=0.1), trained(lr=0.2)
    other.step()
    state = other.state_dict()
    state["state"] = {str(k): {n: np.asarray(x).tolist() for n, x in s.items()} for k, s in state["state"].items()}
    state["param_groups"] = [
        {k: list(v) if isinstance(v, tuple) else v for k, v in g.items()} for g in state["param_groups"]
    ]
    optimizer.load_state_dict(state)
    assert str(optimizer.state_dict()) == str(other.state_dict())


def test_numbers_of_the_state_are_saved():
    optimizer, other = trained(NAdam), trained(NAdam)
    other.step()
    assert optimizer.state_dict()["state"][0]["mu_product"] != other.state_dict()["state"][0]["mu_product"]
    optimizer.load_state_dict(other.state_dict())
    assert str(optimizer.state_dict()) == str(other.state_dict())


def test_kernels_are_made_afresh_in_copies():
    optimizer = trained(lr=0.1)
    twin = copy.deepcopy(optimizer)
    assert optimizer._kernels
    assert not twin._kernels

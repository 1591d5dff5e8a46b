"""Parameters, groups, gradients and state, as any optimizer handles them."""

import inspect
import threading
from typing import Annotated

import numpy as np
import pytest

from autograd import Tensor, tensor
from optim import (
    SGD,
    Adam,
    AdamW,
    HyperparameterError,
    Lion,
    Optimizer,
    ParameterError,
    RMSprop,
    UpdateError,
    decay_groups,
)
from optim.hyperparameters import NON_NEGATIVE, NonNegative


def leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


# --- parameters and groups --------------------------------------------------------------------------------------


class Model:
    def parameters(self):
        return [leaf([1.0])]


PARAMETERS = {
    "nothing": (list, "the list of parameters is empty"),
    "a Tensor": (lambda: leaf([1.0, 2.0]), r"write \[tensor\]"),
    "a model": (Model, r"pass model.parameters\(\), not the Model itself"),
    "a dict": (lambda: {"params": [leaf(1.0)]}, r"for one group, write \[dict\]"),
    "a number": (lambda: 3, "pass a list of parameters, not a int"),
    "several models": (lambda: [Model(), Model()], r"not a Model. Pass .*\[\*a.parameters\(\), \*b.parameters\(\)\]"),
    "names": (lambda: [("w", leaf(1.0))], r"parameter 0 must be a Tensor, not a tuple. Pass model.parameters\(\)"),
    "an array": (lambda: [leaf(1.0), np.ones(3)], "parameter 1 must be a Tensor, not a ndarray.$"),
    "a computed Tensor": (lambda: [leaf(1.0) * 2], "was computed from other Tensors"),
    "integers": (lambda: [tensor([1, 2])], "must be real floating-point"),
    "a mixture": (lambda: [leaf(1.0), {"params": [leaf(1.0)]}], "not both"),
    "a group without parameters": (lambda: [{"lr": 1.0}], r"needs the key 'params', but this one only has \['lr'\]"),
}


@pytest.mark.parametrize("what", PARAMETERS)
def test_wrong_parameters_are_refused(what):
    make, message = PARAMETERS[what]
    with pytest.raises(ParameterError, match=message):
        SGD(make(), lr=0.1)


def test_shared_parameters_are_refused_within_and_across_groups():
    w, b = leaf([1.0], name="w"), leaf([2.0])
    for params in ([w, b, w], [{"params": [w]}, {"params": [b, w]}]):
        with pytest.raises(ParameterError, match=r"parameter 2 \(w, shape \(1,\), float64\) was given before"):
            SGD(params, lr=0.1)


def test_parameters_may_come_from_a_generator():
    w, b = leaf([1.0]), leaf([2.0])
    assert SGD((p for p in (w, b)), lr=0.1).param_groups[0]["params"] == [w, b]


def test_an_unknown_hyperparameter_is_refused():
    with pytest.raises(HyperparameterError, match=r"SGD has no hyper-parameter rate \(given as 0.5\); it has lr, mom"):
        SGD([{"params": [leaf(1.0)], "rate": 0.5}])


def test_a_refused_group_leaves_the_optimizer_alone():
    optimizer = SGD([leaf(1.0)], lr=0.1)
    with pytest.raises(HyperparameterError):
        optimizer.add_param_group({"params": [leaf(1.0)], "lr": -1})
    assert len(optimizer.param_groups) == len(optimizer.state) == 1


def test_a_parameter_put_into_a_group_by_hand():
    w, b = leaf([1.0]), leaf([2.0])
    optimizer = SGD([w], lr=0.5, momentum=0.9)
    optimizer.param_groups[0]["params"].append(b)
    b.grad = np.ones(1)
    optimizer.step()
    assert b.item() == 1.5
    assert len(optimizer.state_dict()["state"]) == 2


def test_decay_groups_of_weights_and_others():
    w, b = leaf(np.ones((2, 3))), leaf(np.ones(2))
    first, second = SGD(decay_groups([b, w]), lr=0.1, weight_decay=0.5).param_groups
    assert (first["params"], first["weight_decay"]) == ([w], 0.5)
    assert (second["params"], second["weight_decay"]) == ([b], 0.0)
    assert len(decay_groups(Model())) == 1


# --- hyper-parameters that change -------------------------------------------------------------------------------


def run(optimizer, p, gradients):
    seen = []
    for g in gradients:
        p.grad = np.array(g)
        optimizer.step()
        seen.append(p.item())
    return seen


def test_a_schedule_is_a_function_of_the_steps_done():
    p = leaf(0.0)
    optimizer = SGD([p], lr=lambda t: [1.0, 0.5, 0.25][t])
    assert run(optimizer, p, [1.0, 1.0, 1.0]) == [-1.0, -1.5, -1.75]


def test_a_schedule_that_leaves_its_range_changes_nothing():
    p, q = leaf(0.0), leaf(0.0)
    p.grad = q.grad = np.array(1.0)
    optimizer = SGD([{"params": [p]}, {"params": [q], "lr": lambda t: -1.0 if t else 1.0}], lr=0.1)
    optimizer.step()
    with pytest.raises(HyperparameterError, match=r"got -1\.0 at step 1"):
        optimizer.step()
    assert (p.item(), q.item(), optimizer.t) == (-0.1, -1.0, 1)


def test_values_in_groups_may_be_changed_at_any_time():
    p = leaf(0.0)
    optimizer = SGD([p], lr=1.0)
    run(optimizer, p, [1.0])
    optimizer.param_groups[0]["lr"] = 0.5
    assert run(optimizer, p, [1.0]) == [-1.5]
    optimizer.param_groups[0]["momentum"] = 0.5  # a state that was not needed so far
    assert run(optimizer, p, [1.0, 1.0]) == [-2.0, -2.75]


def test_a_momentum_that_starts_at_zero():
    p, q = leaf(0.0), leaf(0.0)
    scheduled = SGD([p], lr=1.0, momentum=lambda t: 0.0 if t < 2 else 0.5)
    assert run(scheduled, p, [1.0, 2.0, 4.0]) == [-1.0, -3.0, -8.0]
    assert run(SGD([q], lr=1.0), q, [1.0, 2.0]) == [-1.0, -3.0]


def test_a_rate_may_be_an_array_or_tensor_of_one_number():
    for lr in (np.float32(0.5), np.array(0.5), tensor([0.5]), leaf(0.5), 1):
        p = leaf([1.0], dtype=np.float32)
        optimizer = SGD([p], lr=lr)
        p.grad = np.ones(1)
        optimizer.step()
        assert p.dtype == np.float32
        assert p.item() in (0.5, 0.0)


def test_a_betas_function_of_either_form():
    p, q, r = leaf(1.0), leaf(1.0), leaf(1.0)
    results = [
        run(Adam([x], betas=betas), x, [1.0, 2.0, 3.0])
        for x, betas in ((p, (0.5, 0.9)), (q, lambda t: (0.5, 0.9)), (r, (lambda t: 0.5, 0.9)))
    ]
    assert results[0] == results[1] == results[2]


# --- gradients and data that users have set ---------------------------------------------------------------------


def test_a_gradient_that_is_the_parameter():
    """With f = w**2 / 2 one may write w.grad = w.data. Lion reads the gradient after it has written the parameter."""
    w, x = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    first, second = Lion([w], lr=0.7), Lion([x], lr=0.7)
    for _ in range(5):
        w.grad, x.grad = w.data, x.data.copy()
        first.step()
        second.step()
    np.testing.assert_array_equal(w.data, x.data)
    np.testing.assert_array_equal(first.state[w]["exp_avg"], second.state[x]["exp_avg"])


def test_a_gradient_of_reversed_memory():
    w = leaf(np.arange(100_000.0))
    expected = w.data - 0.5 * w.data[::-1]
    w.grad = w.data[::-1]
    SGD([w], lr=0.5).step()
    np.testing.assert_array_equal(w.data, expected)


def test_read_only_data_is_replaced():
    array = np.ones(3)
    array.flags.writeable = False
    w = Tensor(array, requires_grad=True)
    w.grad = np.ones(3)
    SGD([w], lr=0.5).step()
    np.testing.assert_array_equal(w.data, 0.5)
    np.testing.assert_array_equal(array, 1.0)


def test_a_parameter_may_change_its_dtype():
    w = leaf([1.0, 2.0])
    optimizer = Adam([w], lr=0.1)
    w.grad = np.ones(2)
    optimizer.step()
    w.data = w.data.astype(np.float32)
    optimizer.step()  # the gradient is still float64
    assert {x.dtype for x in (w.data, optimizer.state[w]["exp_avg"], optimizer.state[w]["exp_avg_sq"])} == {
        np.dtype(np.float32)
    }
    np.testing.assert_allclose(w.data, [0.8, 1.8], rtol=1e-6)


def test_zero_grad_forgets_or_fills():
    w, b = leaf([1.0]), leaf([1.0])
    optimizer = SGD([w, b], lr=0.1)
    w.grad = np.ones(1)
    optimizer.zero_grad(set_to_none=False)
    assert (w.grad.tolist(), b.grad) == ([0.0], None)
    optimizer.zero_grad()
    assert w.grad is None


def test_a_closure_computes_the_gradients():
    w = leaf(2.0)
    optimizer = SGD([w], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 4.0
    assert w.item() == 1.0


def test_micro_batches_add_up():
    w, v = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    a, b = SGD([w], lr=0.1, momentum=0.9), SGD([v], lr=0.1, momentum=0.9)
    for _ in range(3):
        a.zero_grad()
        (w * w).sum().backward()
        (w * 3).sum().backward()
        a.step()
        b.zero_grad()
        ((v * v).sum() + (v * 3).sum()).backward()
        b.step()
    np.testing.assert_array_equal(w.data, v.data)


@pytest.mark.parametrize("cls", [SGD, Adam, Lion, RMSprop])
def test_a_parameter_used_twice_is_updated_once_with_the_sum(cls):
    shared, single = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    a, b = cls([shared], lr=0.1), cls([single], lr=0.1)
    for _ in range(3):
        a.zero_grad()
        (np.tanh(shared) * shared.sum() + shared).sum().backward()
        a.step()
        v = single.data
        first = (1 - np.tanh(v) ** 2) * v.sum()  # through tanh, through the sum, and straight
        single.grad = first + np.tanh(v).sum() + 1.0
        b.step()
    np.testing.assert_allclose(shared.data, single.data, rtol=1e-13)
    assert a.state[shared]["step"] == 3


def test_every_parameter_counts_its_own_updates():
    """Adam's corrections are those of the parameter: its first step has length lr, whenever it comes."""
    first, late = leaf([0.0]), leaf([0.0])
    optimizer = Adam([first, late], lr=0.5)
    for t in range(5):
        first.grad = np.ones(1)
        late.grad = np.ones(1) if t == 4 else None
        optimizer.step()
    assert late.item() == pytest.approx(-0.5)
    assert (optimizer.state[first]["step"], optimizer.state[late]["step"], optimizer.t) == (5, 1, 5)


def test_two_optimizers_take_turns_on_one_model():
    w = leaf([4.0, -3.0])
    first, second = Adam([w], lr=0.5), SGD([w], lr=0.25, momentum=0.5)
    for optimizer in (first, second) * 20:
        optimizer.zero_grad()
        second.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert (first.t, second.t) == (20, 20)
    assert np.abs(w.data).max() < 0.5


def test_optimizers_in_threads_do_not_meet():
    def work(seed, out):
        rng = np.random.default_rng(seed)
        w = leaf(rng.normal(size=(300, 300)).astype(np.float32))
        optimizer = Adam([w], lr=0.1, amsgrad=True)
        for _ in range(10):
            w.grad = rng.normal(size=w.shape).astype(np.float32)
            optimizer.step()
        out[seed] = w.data

    alone, together = {}, {}
    for seed in range(4):
        work(seed, alone)
    threads = [threading.Thread(target=work, args=(seed, together)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        np.testing.assert_array_equal(together[seed], alone[seed])


# --- optimizers of one's own ------------------------------------------------------------------------------------


class Own(Optimizer):
    rules = {"lr": NON_NEGATIVE}  # noqa: RUF012

    def __init__(self, params, lr=0.1, odd=None):
        self.odd = odd
        super().__init__(params, lr=lr)

    def coefficients(self, hyper, step):
        return {"lr": self.odd or hyper["lr"]}

    @staticmethod
    def update(p, g, *, lr):
        return (p - lr * g,)


class Fast(SGD):
    def __init__(self, params, lr: NonNegative = 1.0, *, note: Annotated[str, "of no rule"] = "", **others):
        self.note = note
        super().__init__(params, lr=lr, **others)


class Noted(SGD):
    def __init__(self, params, lr: Annotated[float, "of no rule"] = 1.0, **others):
        super().__init__(params, lr=lr, **others)


@pytest.mark.parametrize("make", [Fast, Noted])
def test_annotations_of_a_constructor_leave_the_other_rules_as_they_are(make):
    assert make.rules == SGD.rules
    w = leaf([1.0])
    optimizer = make([w], momentum=0.5)
    for _ in range(3):
        w.grad = np.ones(1)
        optimizer.step()
    assert w.item() == 1.0 - 1.0 - 1.5 - 1.75
    with pytest.raises(HyperparameterError, match=f"{make.__name__}: lr must be a number with 0 <= lr < inf"):
        make([w], lr=-1.0)


class Few(SGD):
    rules = {"lr": NON_NEGATIVE}  # noqa: RUF012


def test_a_subclass_that_leaves_rules_out_is_told_which():
    with pytest.raises(HyperparameterError, match=r"Few has no hyper-parameter momentum .*; it has lr\."):
        Few([leaf([1.0])])


def test_a_signature_says_the_rules_in_words():
    assert "Number(low=0.0, high=inf, low_open=False)" in str(inspect.signature(SGD))
    assert "Choice(words=('pytorch', 'classical', 'ema'))" in str(inspect.signature(SGD))


def test_a_coefficient_that_is_no_float_is_refused():
    w = leaf([1.0])
    w.grad = np.ones(1)
    with pytest.raises(UpdateError, match="the coefficient lr must be a Python float, not 3"):
        Own([w], odd=3).step()
    Own([w]).step()
    assert w.item() == 0.9


def halving(t):
    return 0.5 / 2**t


def test_repr_of_several_groups_and_of_schedules():
    optimizer = SGD([{"params": [leaf(1.0)]}, {"params": [leaf([1.0, 2.0])], "lr": halving}], lr=0.1)
    lines = repr(optimizer).splitlines()
    assert lines[0] == "SGD("
    assert lines[1].startswith("  1 parameter of 1 number, lr=0.1, momentum=0.0")
    assert lines[2].startswith("  1 parameter of 2 numbers, lr=halving")
    assert "betas=(halving, 0.999)" in repr(AdamW([leaf(1.0)], betas=(halving, 0.999)))


def test_a_variance_rounded_below_zero_counts_as_zero():
    w = leaf([1.0], dtype=np.float32)
    optimizer = RMSprop([w], lr=1e-6, alpha=0.5, eps=1.0, centered=True)
    for _ in range(40):
        w.grad = np.array([0.14915255], np.float32)
        optimizer.step()
    assert np.isfinite(w.data).all()

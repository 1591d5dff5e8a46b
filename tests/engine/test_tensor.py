"""What a Tensor is: construction, conversion, copying, and the manners of an array."""

import copy
import io
import math
import pickle

import numpy as np
import pytest

import nn
from autograd import (
    ArrayConversionError,
    AutogradError,
    BooleanValueError,
    InvalidDtypeError,
    ItemAssignmentError,
    LiveGraphError,
    Tensor,
    grad,
    is_grad_enabled,
    no_grad,
    tensor,
)


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


# --- construction -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [1.5, 2, True, 1j, [1.0, 2.0], [[1], [2]], (), [], np.arange(3), np.float32(2), np.zeros((2, 0)), range(3)],
    ids=repr,
)
def test_dtypes_and_shapes_follow_numpy(data):
    t, expected = tensor(data), np.array(data)
    assert (t.dtype, t.shape, t.ndim, t.size) == (expected.dtype, expected.shape, expected.ndim, expected.size)
    assert type(t.shape) is tuple
    assert type(t.data) is np.ndarray
    np.testing.assert_array_equal(t.data, expected)
    assert not t.requires_grad
    assert t.is_leaf
    assert t.grad is t.name is None


def test_tensor_copies_and_the_class_shares():
    a = np.ones(3)
    assert not np.shares_memory(tensor(a).data, a)
    assert Tensor(a).data is a
    t = tensor(a)
    for other in (tensor(t), Tensor(t)):
        np.testing.assert_array_equal(other.data, a)
    assert not np.shares_memory(tensor(t).data, t.data)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", ">f4", float, np.float32])
def test_real_floating_dtypes_may_require_a_gradient(dtype):
    t = tensor([1, 2], dtype=dtype, requires_grad=True)
    assert t.dtype == np.dtype(dtype).newbyteorder("=")  # a Tensor is in the byte order of the machine
    (t * t).sum().backward()
    np.testing.assert_array_equal(t.grad, [2, 4])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "int64: an integer cannot change by a small step"),
        (np.uint8(3), "uint8: an integer cannot change by a small step"),
        (True, "bool: a boolean cannot change by a small step"),
        (1j, "complex128. Work with the real and imaginary parts"),
    ],
)
def test_other_dtypes_may_not(data, message):
    with pytest.raises(InvalidDtypeError, match=r"real floating-point data") as caught:
        tensor(data, requires_grad=True)
    assert message in str(caught.value)
    t = tensor(data)
    with pytest.raises(InvalidDtypeError):
        t.requires_grad = True
    assert not t.requires_grad
    with pytest.raises(InvalidDtypeError):
        Tensor(data, requires_grad=True)


@pytest.mark.parametrize(
    "data", ["text", None, object(), b"bytes", np.datetime64("2020-01-01"), [1, "a"], {}], ids=repr
)
def test_what_is_no_number(data):
    with pytest.raises(InvalidDtypeError, match="a Tensor holds numbers"):
        tensor(data)


def test_ragged_lists_are_numpys_error():
    with pytest.raises(ValueError, match="inhomogeneous"):
        tensor([[1.0], [1.0, 2.0]])


def test_a_misspelt_attribute_is_an_error():
    t = tensor(1.0)
    with pytest.raises(AttributeError):
        t.requires_gard = True
    with pytest.raises(AttributeError):
        t.shape = (1,)
    with pytest.raises(AttributeError):
        t.is_leaf = False


def test_array_attributes_of_ndarray_that_differ_say_so():
    with pytest.raises(AttributeError):
        tensor(1.0).flat  # noqa: B018


# --- requires_grad ------------------------------------------------------------------------------------------------


def test_requires_grad_of_a_leaf_can_change():
    t = tensor([1.0, 2.0])
    assert not (t * 2).requires_grad
    t.requires_grad = True
    y = t * 2
    assert (y.requires_grad, y.is_leaf, t.is_leaf) == (True, False, True)
    t.requires_grad = False
    assert not (t * 2).requires_grad
    y.sum().backward()  # a graph that was made before is not changed
    np.testing.assert_array_equal(t.grad, [2, 2])


def test_requires_grad_of_a_computed_tensor_cannot():
    y = grad_leaf(1.0) * 2
    y.requires_grad = True
    with pytest.raises(LiveGraphError, match=r"result of multiply.*\.detach\(\)"):
        y.requires_grad = False


def test_a_detached_result_can_be_a_new_leaf():
    d = (grad_leaf(1.0) * 2).detach()
    d.requires_grad = True
    assert type(d.data) is np.ndarray
    (d * d).backward()
    d.data -= 0.5 * d.grad
    assert (d.item(), d.grad) == (0.0, 4.0)
    with no_grad():
        r = grad_leaf(1.0) * 3
    r.requires_grad = True
    r.data[...] = 5
    assert r.item() == 5.0


def test_detach_shares_memory_and_nothing_else():
    t = grad_leaf([1.0, 2.0], name="t")
    t.grad = [3.0, 4.0]
    d = t.detach()
    assert np.shares_memory(d.data, t.data)
    assert (d.requires_grad, d.is_leaf, d.grad, d.name) == (False, True, None, None)
    assert type((t[0] * 2).detach().data) is np.ndarray


# --- the manners of a sequence ------------------------------------------------------------------------------------


def test_len_iter_and_contains():
    t = grad_leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(t) == 2
    rows = list(t)
    assert [r.data.tolist() for r in rows] == [[1, 2], [3, 4]]
    assert all(r.requires_grad for r in rows)
    first, second = t
    (first * second).sum().backward()
    np.testing.assert_array_equal(t.grad, [[3, 4], [1, 2]])
    assert 2.0 in t
    assert tensor(4.0) in t
    assert 5.0 not in t
    assert next(reversed(t)).data.tolist() == [3, 4]
    assert list(tensor(np.zeros((0, 3)))) == []
    for call in (len, iter, list):
        with pytest.raises(TypeError, match="0-d"):
            call(tensor(1.0))


def test_hash_is_identity():
    a, b = tensor(1.0), tensor(1.0)
    assert hash(a) != hash(b) or a is b
    assert {a: 1, b: 2}[a] == 1
    assert len({a, b, a}) == 2


def test_membership_of_a_list_is_ambiguous_for_larger_tensors():
    a, b = tensor([1.0, 2.0]), tensor([1.0, 2.0])
    assert a in [a]  # identity comes first
    with pytest.raises(ValueError, match=r"truth value|ambiguous"):
        assert b in [a]


def test_indexing_with_tensors():
    t = grad_leaf([10.0, 20.0, 30.0])
    assert t[tensor(1)].item() == 20.0
    assert t[tensor([0, 2])].tolist() == [10.0, 30.0]
    assert t[tensor([True, False, True])].tolist() == [10.0, 30.0]
    assert [10, 20, 30][tensor(2)] == 30
    with pytest.raises(TypeError, match="index"):
        [1, 2][tensor(1.0)]
    with pytest.raises(TypeError, match="index"):
        [1, 2][tensor([1])]


# --- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [2.5, [2.5], [[2.5]]])
def test_one_number(data):
    t = tensor(data)
    assert (float(t), int(t), bool(t), t.item()) == (2.5, 2, True, 2.5)
    assert type(t.item()) is float
    assert type(float(t)) is float
    assert f"{t:.3f}" == "2.500"


@pytest.mark.parametrize("data", [[1.0, 2.0], []], ids=str)
def test_no_single_number(data):
    t = tensor(data)
    with pytest.raises(BooleanValueError, match=rf"shape \({len(data)},\) has no single truth value.*np\.any"):
        bool(t)
    for convert in (float, int):
        with pytest.raises(TypeError, match="one entry"):
            convert(t)
    with pytest.raises(ValueError, match=r"size 1|one element|scalar"):
        t.item()


def test_truth_of_a_live_number():
    """Control flow is no part of the graph, as in NumPy code; nothing is stored."""
    assert grad_leaf(1.0)
    assert not grad_leaf(0.0) * 2


@pytest.mark.parametrize("make", [lambda: grad_leaf(2.0), lambda: grad_leaf(2.0) * 3, lambda: grad_leaf([2.0]) * 3])
def test_a_live_number_is_read_with_item(make):
    t = make()
    for convert, name in ((float, "float"), (int, "int")):
        with pytest.raises(LiveGraphError, match=rf"^{name}\(\) of a Tensor.*\.item\(\).*np\.stack"):
            convert(t)
    assert type(t.item()) is float


def test_inside_a_transform_no_message_recommends_a_way_out_of_the_graph():
    """There, .item() and its kind would lose the gradient without a word."""
    for convert in (float, int, complex, math.sin, np.asarray, np.float64, np.array, lambda t: np.zeros(2).fill(t)):
        for function in (lambda x, convert=convert: convert(x * 2.0), lambda x, convert=convert: convert(x)):
            with pytest.raises((LiveGraphError, ArrayConversionError, ValueError)) as caught:
                grad(function)(2.0)
            error = caught.value if isinstance(caught.value, AutogradError) else caught.value.__cause__
            assert "np.stack" in str(error)
            for trap in (".item()", ".numpy()", ".detach()", ".data", ".tolist()"):
                assert trap not in str(error)


def test_the_cause_of_the_error_numpy_raises_speaks_of_the_assignment():
    a, t = np.zeros(2), grad_leaf([1.0, 2.0]) * 3
    with pytest.raises(ValueError, match="setting an array element") as caught:
        a[0] = t[0]
    assert isinstance(caught.value.__cause__, LiveGraphError)
    assert str(caught.value.__cause__).startswith("an array holds plain numbers: storing a Tensor (getitem) that")
    with pytest.raises(ArrayConversionError, match=r"\.at\[\] instead of assignment"):
        a[:] = t
    assert a.tolist() == [0.0, 0.0]


def test_a_released_number_is_a_number():
    y = grad_leaf(2.0) * 3
    y.backward()
    assert (float(y), int(y), f"{y:.1f}") == (6.0, 6, "6.0")
    a = np.zeros(2)
    a[0] = y
    assert a[0] == 6.0


def test_format():
    for t in (tensor(2.0), grad_leaf(2.0), grad_leaf(2.0) * 3, grad_leaf([2.0]) * 3):
        assert f"{t:7.2f}" == f"{t.item():7.2f}"
    assert f"{tensor([1.0, 2.0])}" == "tensor([1., 2.])"
    assert f"{tensor(1.0)!s:>14}" == "    tensor(1.)"


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tensor(1.0), "tensor(1.)"),
        (lambda: tensor([1, 2]), "tensor([1, 2])"),
        (lambda: tensor(True), "tensor(True)"),
        (lambda: tensor([1.0], dtype="float32"), "tensor([1.], dtype=float32)"),
        (lambda: grad_leaf([1.0], name="w"), "tensor([1.], name='w', requires_grad=True)"),
        (lambda: grad_leaf(1.0) * 2, "tensor(2., op=multiply)"),
        (lambda: np.split(grad_leaf([1.0, 2.0]), 2)[1], "tensor([2.], op=split)"),
        (lambda: tensor(np.eye(2)), "tensor([[1., 0.],\n        [0., 1.]])"),
        (lambda: tensor([]), "tensor([])"),
    ],
)
def test_repr(make, text):
    assert repr(make()) == str(make()) == text


def test_repr_of_a_large_tensor_is_short():
    assert len(repr(tensor(np.zeros((1000, 1000))))) < 2000


# --- plain values -------------------------------------------------------------------------------------------------


def test_numpy_is_a_read_only_view():
    t = grad_leaf([1.0, 2.0])
    a = t.numpy()
    assert np.shares_memory(a, t.data)
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 5.0
    t.data[0] = 7.0
    assert a[0] == 7.0
    assert (t[0] * t[1]).numpy() == 14.0
    assert t.data.flags.writeable


def test_tolist():
    assert tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert grad_leaf(1.5).tolist() == 1.5


def test_dlpack():
    t = tensor([1.0, 2.0])
    a = np.from_dlpack(t)
    np.testing.assert_array_equal(a, t.data)
    assert np.shares_memory(a, t.data)
    assert t.__dlpack_device__() == t.data.__dlpack_device__()


def test_astype():
    t = grad_leaf([1.5, 2.5])
    y = t.astype("float32")
    assert (y.dtype, y.requires_grad) == (np.float32, True)
    y.sum().backward()
    assert t.grad.dtype == np.float64
    for dtype in (int, bool):
        c = t.astype(dtype)
        assert (c.dtype, c.requires_grad) == (np.dtype(dtype), False)


# --- calling styles -----------------------------------------------------------------------------------------------


def test_reshape_and_transpose_take_numbers_or_a_tuple():
    a = np.arange(24.0).reshape(2, 3, 4)
    t = grad_leaf(a)
    for found, expected in (
        (t.reshape(6, 4), a.reshape(6, 4)),
        (t.reshape((6, 4)), a.reshape(6, 4)),
        (t.reshape([6, 4]), a.reshape(6, 4)),
        (t.reshape(-1), a.reshape(-1)),
        (t.reshape(2, -1), a.reshape(2, -1)),
        (t[0, 0, :1].reshape(()), a[0, 0, :1].reshape(())),
        (t[0, 0, :1].reshape(), a[0, 0, :1].reshape(())),
        (t.transpose(), a.transpose()),
        (t.transpose(2, 0, 1), a.transpose(2, 0, 1)),
        (t.transpose((2, 0, 1)), a.transpose(2, 0, 1)),
        (t.transpose([-1, 0, 1]), a.transpose(2, 0, 1)),
        (t.transpose(None), a.transpose()),
        (t[0, 0].transpose(0), a[0, 0]),
        (t.T, a.T),
        (t.mT, a.mT),
        (t.ravel(), a.ravel()),
        (t.flatten(), a.flatten()),
        (t.swapaxes(0, 2), a.swapaxes(0, 2)),
        (t[:1].squeeze(), a[:1].squeeze()),
        (t[:1].squeeze(0), a[:1].squeeze(0)),
        (t.sum(0), a.sum(0)),
        (t.sum(axis=(0, -1), keepdims=True), a.sum(axis=(0, -1), keepdims=True)),
    ):
        np.testing.assert_array_equal(found.data, expected)
        t.grad = None
        found.sum().backward()
        assert t.grad.shape == a.shape
    with pytest.raises(ValueError, match=r"axis|dimension|ndim"):
        tensor([1.0]).mT  # noqa: B018


def test_at():
    x, v = grad_leaf([1.0, 2.0, 3.0]), grad_leaf(10.0)
    y = x.at[1].set(v)
    np.testing.assert_array_equal(y.data, [1, 10, 3])
    np.testing.assert_array_equal(x.data, [1, 2, 3])
    (y * [1.0, 10.0, 100.0]).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 100])
    assert v.grad == 10
    z = x.at[[0, 0, 2]].add([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(z.data, [4, 2, 6])


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (0, "t.at[0]"),
        (slice(1, None), "t.at[1:]"),
        (slice(None, None, 2), "t.at[::2]"),
        (slice(None, 3, None), "t.at[:3]"),
        ((0, 1), "t.at[index]"),
        (np.array([0]), "t.at[index]"),
        (..., "t.at[index]"),
    ],
)
def test_item_assignment_names_the_way_to_write_it(index, text):
    for t in (tensor([1.0, 2.0]), grad_leaf([1.0, 2.0])):
        with pytest.raises(ItemAssignmentError) as caught:
            t[index] = 5.0
        assert f"{text}.set(value)" in str(caught.value)
        assert "t.data" in str(caught.value)
        np.testing.assert_array_equal(t.data, [1, 2])
    with pytest.raises((TypeError, AttributeError)):
        del t[index]


# --- copies -------------------------------------------------------------------------------------------------------


def through_pickle(t, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(t, protocol))


COPIES = pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, through_pickle, lambda t: through_pickle(t, 2)],
    ids=["copy", "deepcopy", "pickle", "pickle 2"],
)


@COPIES
@pytest.mark.parametrize("shape", [(), (3,), (100,)], ids=str)
def test_a_leaf_copies_with_all_it_has(duplicate, shape):
    t = grad_leaf(np.full(shape, 2.0, "float32"), name="w")
    (t * t).sum().backward()
    twin = duplicate(t)
    assert type(twin) is Tensor
    assert (twin.name, twin.requires_grad, twin.dtype, twin.is_leaf) == ("w", True, np.float32, True)
    np.testing.assert_array_equal(twin.data, t.data)
    np.testing.assert_array_equal(twin.grad, t.grad)
    assert not np.shares_memory(twin.data, t.data)
    assert not np.shares_memory(twin.grad, t.grad)
    (twin * 3).sum().backward()  # works on, apart from the first
    np.testing.assert_array_equal(twin.grad, np.full(shape, 7.0))
    np.testing.assert_array_equal(t.grad, np.full(shape, 4.0))
    twin.data -= 1
    twin.name = "other"
    assert t.name == "w"
    np.testing.assert_array_equal(t.data, np.full(shape, 2.0))


@COPIES
def test_constants_and_subclasses_copy(duplicate):
    c = duplicate(tensor([1, 2]))
    assert (c.requires_grad, c.grad, c.name, c.dtype) == (False, None, None, np.int64)
    p = duplicate(nn.Parameter(np.ones(2), name="p"))
    assert type(p) is nn.Parameter
    assert (p.requires_grad, p.name) == (True, "p")


class Tagged(nn.Parameter):
    """A subclass with attributes: in its ``__dict__``, and in slots."""

    __slots__ = ("__dict__", "__private", "group", "unset")

    def __init__(self, data, group):
        super().__init__(data)
        self.group = group
        self.__private = [1]
        self.notes = {"seen": [0], "self": self}

    def private(self):
        return self.__private


class Masked(Tensor):
    def __init__(self, data, mask):
        super().__init__(data, requires_grad=True)
        self.mask = mask


@COPIES
def test_what_a_subclass_adds_is_copied(duplicate):
    t = Tagged([1.0, 2.0], group=("a", 1))
    twin = duplicate(t)
    assert type(twin) is Tagged
    assert (twin.group, twin.private(), twin.notes["seen"]) == (("a", 1), [1], [0])
    assert not hasattr(twin, "unset")
    shallow = duplicate is copy.copy
    assert (twin.notes is t.notes) is shallow
    assert (twin.private() is t.private()) is shallow
    assert twin.notes["self"] is (t if shallow else twin)
    m = duplicate(Masked([1.0, 2.0], np.array([True, False])))
    assert type(m) is Masked
    assert m.mask.tolist() == [True, False]


def test_models_of_such_parameters_copy():
    model = nn.Linear(2, 1, rng=0)
    model.weight = Tagged(model.weight.data, group="w")
    for twin in (copy.deepcopy(model), through_pickle(model)):
        assert twin.weight.group == "w"
        assert twin.weight.notes["self"] is twin.weight


def test_a_state_without_attributes_is_read():
    """Files of version 0.1.0 have none."""
    state = tensor([1.0], requires_grad=True, name="w").__getstate__()
    t = Masked.__new__(Masked)
    t.__setstate__({key: state[key] for key in ("data", "grad", "requires_grad", "name")})
    assert (t.item(), t.name, vars(t)) == (1.0, "w", {})


@COPIES
def test_a_live_result_does_not_copy_and_a_released_one_does(duplicate):
    y = grad_leaf(2.0) * 3
    y.name = "y"
    with pytest.raises(LiveGraphError, match=r"(copy|deepcopy|pickling).*\(multiply\).*\.detach\(\).*backward\(\)"):
        duplicate(y)
    y.backward()
    twin = duplicate(y)
    assert (twin.item(), twin.grad, twin.name) == (6.0, 1.0, "y")
    assert (twin.requires_grad, twin.is_leaf) == (False, True)
    [part] = np.split(grad_leaf([2.0]), 1)
    with pytest.raises(LiveGraphError, match="split"):
        duplicate(part)
    part.backward()
    assert duplicate(part).item() == 2.0


def test_shared_tensors_stay_shared():
    t = grad_leaf(1.0)
    for duplicate in (copy.deepcopy, through_pickle):
        first, second = duplicate([t, t])
        assert first is second
        assert first is not t


def test_a_pickle_file_holds_no_graph():
    t = grad_leaf(np.ones(1000))
    (np.exp(t) * t).sum()
    file = io.BytesIO()
    pickle.dump(t, file)
    assert file.tell() < 9000


def test_copying_records_nothing():
    t = grad_leaf([1.0, 2.0])
    assert is_grad_enabled()
    assert copy.copy(t).is_leaf
    y = t.copy()  # the method is an op, as for arrays it gives new data
    assert not y.is_leaf
    assert not np.shares_memory(y.data, t.data)


@COPIES
def test_an_argument_of_a_transform_does_not_copy(duplicate):
    """It is a leaf, but the copy would be another one, and the gradient 0."""
    with pytest.raises(
        LiveGraphError, match=r"silently cut it off from its graph\. For a copy within the graph, write t\.copy"
    ):
        grad(lambda x: (duplicate(x) ** 2).sum())(np.array([1.0, 2.0]))
    assert grad(lambda x: (x.copy() ** 2).sum())(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    with no_grad():
        assert grad(lambda x: (np.copy(x) ** 2).sum())(np.array([1.0])).tolist() == [2.0]


def test_pickles_that_know_the_class_by_its_former_name():
    data = pickle.dumps(tensor([1.0, 2.0], name="x"), protocol=0)
    former = data.replace(b"autograd.engine.tensor", b"autograd.tensor")
    assert former != data
    t = pickle.loads(former)
    assert (type(t), t.tolist(), t.name) == (Tensor, [1.0, 2.0], "x")

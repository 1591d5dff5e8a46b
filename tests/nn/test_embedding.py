"""What is particular to an embedding: rows used twice, the row of padding, numbers of every kind."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import tensor
from nn.functional import embedding


@given(rows=st.lists(st.integers(0, 4), max_size=12), padding=st.none() | st.integers(-5, 4))
def test_a_row_gets_the_sum_of_the_gradients_of_its_places(rows, padding):
    table = nn.Embedding(5, 2, padding, dtype="float64")
    g = np.arange(2.0 * len(rows)).reshape(-1, 2)
    (table(rows) * g).sum().backward()
    expected = np.zeros((5, 2))
    for row, part in zip(rows, g, strict=True):
        if padding is None or row != padding % 5:
            expected[row] += part
    np.testing.assert_array_equal(table.weight.grad, expected)


def test_it_is_a_linear_layer_on_one_hot_rows():
    table, rows = nn.Embedding(5, 3), np.array([4, 0, 4])
    linear = nn.Linear(5, 3, bias=False)
    linear.weight.data = table.weight.data.T.copy()
    np.testing.assert_array_equal(table(rows).data, linear(np.eye(5, dtype="float32")[rows]).data)


def test_the_row_of_padding_is_looked_up_as_it_is():
    table = nn.Embedding(3, 2, padding_idx=-1)
    assert table.padding_idx == 2
    np.testing.assert_array_equal(table.weight.data[2], 0)
    table.weight.data = np.ones((3, 2), "float32")
    out = table([2, 1])
    np.testing.assert_array_equal(out.data, 1)
    out.sum().backward()
    np.testing.assert_array_equal(table.weight.grad, [[0, 0], [1, 1], [0, 0]])


def test_padding_as_in_pytorch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Embedding(5, 3, padding_idx=1)
    ours = nn.Embedding(5, 3, padding_idx=1)
    ours.load_state_dict(theirs.state_dict())
    rows = np.array([[1, 2], [2, 1], [0, 4]])
    for out in (ours(rows), theirs(torch.tensor(rows))):
        (out**2).sum().backward()
    np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", "uint64"])
def test_integers_of_every_kind(kind):
    table, rows = nn.Embedding(5, 3), np.array([3, 1], kind)
    for x in (rows, tensor(rows), rows.tolist()):
        np.testing.assert_array_equal(table(x).data, table.weight.data[[3, 1]])
    np.testing.assert_array_equal(table(3).data, table.weight.data[3])


def test_an_empty_list_has_no_rows():
    assert nn.Embedding(5, 3)([]).shape == (0, 3)
    with pytest.raises(nn.LabelError, match=r"integer [a-z]+ indices, not float64"):
        embedding(np.array([]), np.ones((5, 3)))


def test_start_values():
    table = nn.Embedding(200, 50, rng=0)
    assert abs(table.weight.data.mean()) < 0.05
    assert abs(table.weight.data.std() - 1) < 0.05
    np.testing.assert_array_equal(nn.Embedding(200, 50, rng=0).weight.data, table.weight.data)


def test_a_given_table():
    values = np.arange(6.0).reshape(3, 2)
    frozen = nn.Embedding.from_pretrained(values)
    assert not frozen.weight.requires_grad
    np.testing.assert_array_equal(frozen([2]).data, [[4, 5]])
    assert repr(frozen) == "Embedding(3, 2)"
    trained = nn.Embedding.from_pretrained(values, freeze=False, padding_idx=0)
    trained([0, 1]).sum().backward()
    np.testing.assert_array_equal(trained.weight.grad, [[0, 0], [1, 1], [0, 0]])
    with pytest.raises(ValueError, match=r"a table of shape \(V, D\), not of shape \(3,\)"):
        nn.Embedding.from_pretrained(np.ones(3))


def test_settings():
    with pytest.raises(ValueError, match="num_embeddings, the number of rows, must be"):
        nn.Embedding(0, 3)
    with pytest.raises(ValueError, match="embedding_dim, the number of features, must be"):
        nn.Embedding(3, 0)
    for wrong in (3, -4, 1.0, True):
        with pytest.raises(ValueError, match="padding_idx"):
            nn.Embedding(3, 2, wrong)


def test_functions_on_arrays():
    out = embedding([1, 1, 0], np.array([[1.0], [2.0]]), padding_idx=0)
    np.testing.assert_array_equal(out, [[2.0], [2.0], [1.0]])


def test_functions_count_padding_from_the_end_too():
    weight = tensor([[1.0], [2.0]], requires_grad=True)
    embedding([0, 1, 1], weight, padding_idx=-1).sum().backward()
    np.testing.assert_array_equal(weight.grad, [[1.0], [0.0]])
    with pytest.raises(ValueError, match="padding_idx 2 is not among the 2 rows"):
        embedding([0], weight, padding_idx=2)

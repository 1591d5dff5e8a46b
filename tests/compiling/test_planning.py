"""What a plan leaves out, does once or does beforehand, and where it must not: the bits are eager's in each case."""

import numpy as np
import pytest

import autograd
import optim
from autograd import tensor
from autograd.compiling.calls import Call, Memory, Var
from autograd.compiling.rewriting import is_product_by_dot


def compiled_twice(function, arguments, bits):
    """A compiled function that was replayed beside eager with changing arguments, and its program's lines."""
    compiled = autograd.compile(function, strict=True)
    for i in range(6):
        assert bits(compiled(*arguments(i))) == bits(function(*arguments(i)))
    return compiled, [line.strip() for line in compiled.source.splitlines()]


def count(lines, word):
    return sum(line.startswith((f"{word}(", f"{word}_2(")) or f"= {word}(" in line for line in lines)


def numbers(i, *shape):
    return (np.random.default_rng(i).normal(size=shape or (3, 4)),)


def test_the_same_call_is_made_once(bits):
    compiled, lines = compiled_twice(lambda x: (np.exp(x[:, None]) + 1) * (np.exp(x[:, None]) + 1), numbers, bits)
    assert count(lines, "exp") == 1
    assert "3 reused" in compiled.explain()


@pytest.mark.parametrize("place", ["operand", "result", "argument"])
def test_what_is_written_in_between_is_made_again(place, bits):
    def f(x, k):
        y = x * 2 if place != "argument" else x
        a = np.exp(y)
        if place == "result":
            a += k
        else:
            y += k
        return a.sum() + np.exp(y).sum()

    _, lines = compiled_twice(f, lambda i: (*numbers(i), float(i)), bits)
    assert count(lines, "exp") == 2


def test_an_optimizer_in_between_makes_it_another_call(bits):
    def make():
        w = tensor(np.ones(3), requires_grad=True)
        optimizer = optim.SGD([w], lr=0.5)

        def step(x):
            optimizer.zero_grad()
            before = np.exp(w.data * 1)
            (w * x).sum().backward()
            optimizer.step()
            return before - np.exp(w.data * 1)

        return step

    eager, compiled = make(), autograd.compile(make())
    for i in range(7):
        x = np.arange(3.0) + i
        assert bits(compiled(x)) == bits(eager(x))
    assert compiled._programs


def test_large_results_are_not_kept_for_a_second_use(bits):
    _, lines = compiled_twice(lambda x: np.exp(x).sum() + np.exp(x).max(), lambda i: numbers(i, 10_000), bits)
    assert count(lines, "exp") == 2


def test_a_result_that_is_handed_out_is_an_array_of_its_own(bits):
    compiled, _ = compiled_twice(lambda x: (np.exp(x), np.exp(x), np.exp(x)[1:], np.exp(x)[1:]), numbers, bits)
    results = compiled(*numbers(0))
    assert not any(np.shares_memory(a, b) for i, a in enumerate(results) for b in results[:i])


def test_what_depends_on_nothing_is_done_beforehand_with_what_it_writes(bits):
    def f(x):
        table = np.zeros((4, 4))
        table.reshape(-1)[::5] = 3.0
        table[0] += np.arange(4.0)
        return x @ table

    compiled, lines = compiled_twice(f, numbers, bits)
    assert not count(lines, "zeros")
    assert len([line for line in lines if "(" in line]) == 3  # def, the product, return
    assert "beforehand" in compiled.explain()


def test_a_table_that_is_read_between_two_changes_is_made_each_time(bits):
    def f(x):
        table = np.zeros(4)
        first = x * table
        table += 2.0
        return first + x * table

    _, lines = compiled_twice(f, numbers, bits)
    assert count(lines, "zeros") == 1


def test_a_table_that_is_handed_out_is_made_each_time(bits):
    def f(x):
        table = np.zeros(4)
        table += 2.0
        return x * table, table

    compiled, _ = compiled_twice(f, numbers, bits)
    compiled(*numbers(0))[1][:] = 7.0
    assert compiled(*numbers(0))[1].tolist() == [2.0] * 4


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("number", [0.1, -0.0, 3, 1e-50, np.inf, np.nan], ids=repr)
def test_numbers_beside_arrays(dtype, number, bits):
    def f(x):
        return np.stack([x * number, number - x, np.maximum(x, number)]), np.stack([x < number, x == number])

    with np.errstate(all="ignore"):
        compiled_twice(f, lambda i: ((np.arange(5) - 2 + i).astype(dtype),), bits)


def test_numbers_in_arrays_without_axes_are_read_where_they_lie(bits):
    def f(x, w):
        scaled = np.exp(x * w[()])
        w -= 0.5 * scaled.sum().copy().reshape(()) * w
        return scaled, w.copy()

    _, lines = compiled_twice(f, lambda i: (*numbers(i), np.array(0.1 * i)), bits)
    text = "\n".join(line for line in lines if not line.startswith("#"))
    assert "multiply(x, w, " in text
    assert "subtract(w, mul" in text
    assert not any(word in text for word in ("[()]", "reshape", "sum_2.copy"))
    assert text.count(" * ") == 1  # of two numbers


@pytest.mark.parametrize("way", ["written", "returned", "number", "stepped"])
def test_numbers_are_taken_out_where_the_array_changes_or_others_read_them(way, bits):
    def f(x, w):
        number, product = w[()], 0.5 * w
        if way == "written":
            w += 1.0
        if way == "stepped":
            np.multiply(w, 3.0, out=w)
        first = x * number - product
        if way == "number":
            return first + (number + product) * 2.0, number.item(), float(product)
        return (first, number, product) if way == "returned" else (first, w.copy())

    _, lines = compiled_twice(f, lambda i: (*numbers(i), np.array(0.1 * i)), bits)
    assert "part = w[()]" in lines


def test_products_by_dot_have_the_bits_of_matmul():
    rng = np.random.default_rng(0)
    asked = 0
    for _ in range(400):
        n, m, k = rng.integers(1, 70, 3)
        dtype = rng.choice(["float32", "float64"])
        x, y = rng.normal(size=(n, m)).astype(dtype), rng.normal(size=(m, k)).astype(dtype)
        if rng.random() < 0.5:
            x, y = np.asfortranarray(x), np.ascontiguousarray(y)
        a, b = (Var(i, z, Memory(z, True, False), False, None) for i, z in enumerate((x, y)))
        if is_product_by_dot(Call("function", np.matmul, (a, b), {}, None, None, ("", 0), ())):
            asked += 1
            assert np.dot(x, y, np.empty((n, k), dtype)).tobytes() == np.matmul(x, y).tobytes()
    assert asked > 300

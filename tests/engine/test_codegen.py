"""The functions written for ops: their text is known, and is what runs."""

import inspect
import linecache
import traceback

import numpy as np
import pytest

from autograd import OperandError, Tensor, custom_op, tensor
from autograd.engine.codegen import write_function, write_operator, write_vjp
from autograd.engine.op import REGISTRY, defop

OPS = [op for op in REGISTRY.values() if not op.variadic]


def assert_is_the_text_of(function):
    linecache.checkcache()  # which drops what lies in no file, unless it is told not to
    text = inspect.getsource(function)
    assert text.startswith(f"def {function.__name__}(")
    [code] = [c for c in compile(text, "text", "exec").co_consts if inspect.iscode(c)]
    for attribute in ("co_code", "co_consts", "co_names", "co_varnames", "co_linetable"):
        if attribute != "co_consts" or "for _p in" not in text:  # code objects compare by their names too
            assert getattr(code, attribute) == getattr(function.__code__, attribute)


def with_its_body(function):
    """A function as its first call makes it."""
    function.__globals__["__write"]()
    return function


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_the_text_of_a_function_is_what_runs(op):
    for write in (write_function, write_operator):
        function = write(op)
        assert_is_the_text_of(function)
        assert_is_the_text_of(with_its_body(function))
    if op.differentiable:
        assert_is_the_text_of(write_vjp(op))


def test_methods_and_operators_of_tensors():
    t = tensor([1.0, 2.0])
    t * t, 2.0 - t, t.sum()
    for function in (Tensor.__mul__, Tensor.__rsub__, Tensor.sum):
        assert_is_the_text_of(function)
        assert "__compute(" in inspect.getsource(function)


def test_two_ops_of_one_name_have_texts_of_their_own():
    first = custom_op(lambda x: x * 2.0, lambda g: g * 2.0, name="mine")
    second = custom_op(lambda x, y: x * y, (None, lambda g, x: g * x), name="mine")
    assert (first(2.0), second(2.0, 3.0)) == (4.0, 6.0)
    for function, head in ((first, "def mine(x):"), (second, "def mine(x, y):")):
        assert inspect.getsource(function).splitlines()[0] == head
        assert_is_the_text_of(function)


def test_ops_of_one_kind_share_one_file_when_they_share_the_name():
    """Making the same op again and again fills nothing."""

    def make():
        return with_its_body(defop("_again", lambda x: x, lambda g: g)).__code__.co_filename

    assert make() == make()


def test_a_traceback_shows_the_line_of_the_function():
    x, y = tensor([1.0, 2.0]), tensor([1.0, 2.0, 3.0])
    with pytest.raises(OperandError) as caught:
        np.multiply(x, y)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.name, last.line) == ("multiply", "raise __explain(__op, (x, y,), None, __error) from __error")
    cause = traceback.extract_tb(caught.value.__cause__.__traceback__)[-1]
    assert cause.line == "out = __compute(_x, _y)"


def test_a_traceback_of_a_rule_shows_the_line_that_called_it():
    def fails(g):
        raise ZeroDivisionError

    y = custom_op(lambda x: x, fails, name="failing")(tensor(1.0, requires_grad=True))
    with pytest.raises(ZeroDivisionError) as caught:
        y.backward()
    [line] = [f.line for f in traceback.extract_tb(caught.value.__traceback__) if f.name == "failing_vjp"]
    assert line == "return _rule0(g),"

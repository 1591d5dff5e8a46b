"""Every item of the lectures is computed again, and its numbers are those in print, to the last digit."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from lecture_items.base import ITEMS, agrees, changed
from lecture_items.run import value_of

import nn


@pytest.fixture(autouse=True)
def float32():
    yield
    nn.set_default_dtype("float32")


@pytest.mark.parametrize("item", [item for item in ITEMS if item.compute], ids=str)
def test_item(item):
    for name, text, value in value_of(item):
        assert agrees(text, value), f"{item.id}, {name}: in print {text}, computed {np.asarray(value).tolist()}"


@pytest.mark.parametrize("item", [item for item in ITEMS if item.numbers], ids=str)
def test_a_number_with_another_last_digit_is_noticed(item):
    for name, text, value in value_of(item):
        for other in changed(text):
            assert not agrees(other, value), f"{item.id}, {name}: {other} passes for {np.asarray(value).tolist()}"


def test_how_numbers_are_compared():
    assert agrees(".291027924", 0.29102792391)
    assert not agrees(".291027924", 0.29102777369)
    assert agrees("3.510855e-5", 3.5108554e-5)
    assert agrees("1,068, 2,592", [1068, 2592])
    assert not agrees("1,068", 1068.4)
    assert not agrees("=0.5", 0.5000001)
    assert not agrees("1, 2", [1, 2, 3])
    assert not agrees(".5", np.nan)
    assert changed(".10, 3") == ["0.11, 3", "0.09, 3", ".10, 4", ".10, 2"]
    assert changed("=0.5") == ["=0.6", "=0.4"]


def test_the_score_in_the_file_is_that_of_today():
    spec = spec_from_file_location("perturb_lectures", Path(__file__).parent / "perturb.py")
    perturb = module_from_spec(spec)
    spec.loader.exec_module(perturb)
    assert perturb.report() == (Path(__file__).parent / "score.txt").read_text(encoding="utf-8")
    assert not perturb.score()[2]

"""The table of what the lectures say, section by section. The tests run it, docs/make_lectures.py writes it down.

It is loaded under the name ``lecture_items`` (tests/lectures/conftest.py).
"""

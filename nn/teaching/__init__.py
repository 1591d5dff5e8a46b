"""For teaching: answers to exercises that are checked, and programs with one mistake each."""

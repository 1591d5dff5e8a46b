"""Tools for teaching: a checker for answers to exercises, and programs with one bug each."""

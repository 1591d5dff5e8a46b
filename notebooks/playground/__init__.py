"""The TensorFlow Playground, computed by this library: notebook 02 and docs/playground.md show it."""

from playground.experiment import Playground as Playground

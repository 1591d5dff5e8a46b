"""The score of nn/teaching/zoo/score.txt: ``python tests/gradcheck/score.py`` (about ten minutes)."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from nn.teaching.zoo.planting import score

if __name__ == "__main__":
    spec = spec_from_file_location("op_samples", Path(__file__).parents[1] / "ops" / "samples.py")
    samples = sys.modules["op_samples"] = module_from_spec(spec)
    spec.loader.exec_module(samples)
    print(score(samples.SAMPLES, range(2000)))

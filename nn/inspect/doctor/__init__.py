"""What is wrong with a training before it runs: `doctor`."""

from nn.inspect.doctor.examine import doctor
from nn.inspect.doctor.report import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "doctor"]

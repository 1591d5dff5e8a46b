"""`doctor`: find the mistakes in a training setup before it runs."""

from nn.inspect.doctor.examine import doctor
from nn.inspect.doctor.report import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "doctor"]

"""What is wrong with a training before it runs: `doctor`; and where its gradient gets lost: `gradient_flow`."""

from nn.diagnosis.doctor import doctor
from nn.diagnosis.flow import FlowRow, GradientFlow, gradient_flow
from nn.diagnosis.report import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "FlowRow", "GradientFlow", "doctor", "gradient_flow"]

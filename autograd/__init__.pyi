# What type checkers and editors see.

from autograd import testing as testing
from autograd.compiling import *
from autograd.custom import custom_op as custom_op
from autograd.debugging import debug as debug
from autograd.engine.tensor import Tensor as Tensor, tensor as tensor
from autograd.errors import *
from autograd.gradcheck import GradcheckError as GradcheckError, GradcheckReport as GradcheckReport
from autograd.gradcheck.check import gradcheck as gradcheck
from autograd.modes import enable_grad as enable_grad, is_grad_enabled as is_grad_enabled, no_grad as no_grad
from autograd.pytree import register_container as register_container
from autograd.transforms import *
from autograd.view import *

__engine__: str
__version__: str

"""Checks of the structure of a model: Tensors that `Module.parameters` cannot find, and its mode."""

from types import FunctionType

from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import TrialStep
from nn.module import Module


@finds("hidden-modules")
def hidden(trial: TrialStep) -> Found | None:
    """Tensors that the gradient reaches but `Module.parameters` does not, and iterators."""
    if trial.one_way:
        return Found({"iterators": len(trial.one_way)}, trial.one_way, "iterators")
    if not trial.hidden:
        return None
    held = sum(id(leaf) in trial.training.trained for _, leaf in trial.hidden)
    numbers = sum(leaf.size for _, leaf in trial.hidden)
    measured = {"hidden": len(trial.hidden), "numbers": numbers, "held_by_optimizer": held}
    return Found(measured, [place for place, _ in trial.hidden], "held" if held else "")


@finds("eval-mode", places=True)
def eval_mode(trial: TrialStep) -> Found | None:
    """Modules in evaluation mode, if the mode makes a difference and they are not frozen."""
    resting = ((path or type(module).__name__, module) for path, module, training in trial.modes if not training)
    where = [name for name, module in resting if _minds(module)]
    return Found({"modules": len(where)}, where)


def _minds(module: Module) -> bool:
    """Whether the computation of a module depends on its mode: its class reads `training`, and it is not frozen."""
    own = list(module.parameters())
    frozen = bool(own) and not any(p.requires_grad for p in own)
    if frozen or getattr(module, "p", None) == 0.0 or getattr(module, "dropout", None) == 0.0:
        return False
    kinds = type(module).__mro__[: type(module).__mro__.index(Module)]
    functions = (f for kind in kinds for f in vars(kind).values() if isinstance(f, FunctionType))
    return any("training" in f.__code__.co_names for f in functions)

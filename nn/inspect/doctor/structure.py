"""Checks of the structure of a model: Tensors that `Module.parameters` cannot find, and its mode."""

from types import FunctionType

from nn.inspect.doctor.checks import Found, finds, listed
from nn.inspect.doctor.trial_step import TrialStep
from nn.module import Module


@finds("hidden-modules")
def hidden(trial: TrialStep) -> Found | None:
    """Tensors that the gradient reaches but `Module.parameters` does not, and iterators."""
    if trial.one_way:
        return Found(
            "The model holds an iterator (a generator, map, zip or filter), which is empty after one pass. The model "
            "was not run, to leave the iterator intact, and the checks that need a run were skipped.",
            trial.one_way,
            {"iterators": len(trial.one_way)},
            "iterators",
        )
    if not trial.hidden:
        return None
    held = sum(id(leaf) in trial.training.trained for _, leaf in trial.hidden)
    where = [place for place, _ in trial.hidden]
    what = f"The model computes with {listed(len(where), 'Tensor')} that model.parameters() does not find."
    if held:
        what += f" The optimizer nevertheless holds {held} of them."
    numbers = sum(leaf.size for _, leaf in trial.hidden)
    return Found(what, where, {"hidden": len(where), "numbers": numbers, "held_by_optimizer": held})


@finds("eval-mode", places=True)
def eval_mode(trial: TrialStep) -> Found | None:
    """Modules in evaluation mode, if the mode makes a difference and they are not frozen."""
    resting = ((path or type(module).__name__, module) for path, module, training in trial.modes if not training)
    where = [name for name, module in resting if _minds(module) and not _is_frozen(module)]
    what = f"In evaluation mode: {listed(len(where), 'module')} that would compute something else in training mode."
    return Found(what, where, {"modules": len(where)})


def _minds(module: Module) -> bool:
    """Whether the computation of a module depends on its mode: whether its class reads `training`."""
    if getattr(module, "p", None) == 0.0 or getattr(module, "dropout", None) == 0.0:
        return False
    kinds = type(module).__mro__[: type(module).__mro__.index(Module)]
    functions = (f for kind in kinds for f in vars(kind).values() if isinstance(f, FunctionType))
    return any("training" in f.__code__.co_names for f in functions)


def _is_frozen(module: Module) -> bool:
    own = list(module.parameters())
    return bool(own) and not any(p.requires_grad for p in own)

"""The check that the `autograd` found by Python is chainrule's engine.

HIPS autograd installs under the same import name, and no installer says so: the later of the two overwrites
files of the earlier. `optim` and `nn` import this module before anything else, so that such an environment
fails with its remedy and not with a name missing somewhere deeper. (HIPS autograd first, chainrule second is
the one order in which our own `autograd/__init__.py` survives; it looks out for itself.)

Nothing here may rely on a name inside `autograd`: in the case that matters, it is not ours.
"""

from os import path
from types import ModuleType

import autograd


def complaint(found: ModuleType) -> str:
    """The message that says what `found`, imported as `autograd`, is, and how to get chainrule's engine instead."""
    file = getattr(found, "__file__", None)
    if file is None:
        where = ", ".join(found.__path__)
        what = (
            "a damaged install: the folder has lost its __init__.py, as happens when HIPS autograd is "
            "installed over chainrule and then removed. To repair it"
        )
    elif path.exists(path.join(path.dirname(file), "tracer.py")):
        where = file
        what = "which is HIPS autograd, another library with the same import name. To keep chainrule"
    else:
        where = file
        what = (
            "which is neither chainrule's nor HIPS autograd. If that file is your own, give it another name; "
            "otherwise, to keep chainrule"
        )
    return (
        f"chainrule needs its own `autograd`, but Python found {where}, {what}, run\n\n"
        "    pip uninstall -y autograd && pip install --force-reinstall --no-deps chainrule\n\n"
        "(If you installed chainrule from a folder or a file, replace the last word with its path.)"
    )


if getattr(autograd, "__engine__", None) != "chainrule":
    raise ImportError(complaint(autograd), name="autograd", path=getattr(autograd, "__file__", None))

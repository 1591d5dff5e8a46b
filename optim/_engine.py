"""The check, made first, that the `autograd` found by Python is chainrule's: HIPS autograd has the same import name.

The later of the two to be installed overwrites files of the earlier, so nothing here may rely on a name inside
`autograd`. If HIPS autograd comes first, our own `autograd/__init__.py` survives and looks out for itself.
"""

from os import path
from types import ModuleType

import autograd


def complaint(found: ModuleType) -> str:
    """The message that says what `found`, imported as `autograd`, is, and how to get chainrule's engine instead."""
    file = getattr(found, "__file__", None)
    where = file or ", ".join(found.__path__)
    if file is None:
        what = (
            "a damaged install: the folder has lost its __init__.py, as happens when HIPS autograd is "
            "installed over chainrule and then removed. To repair it"
        )
    elif path.exists(path.join(path.dirname(file), "tracer.py")):
        what = "which is HIPS autograd, another library with the same import name. To keep chainrule"
    else:
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

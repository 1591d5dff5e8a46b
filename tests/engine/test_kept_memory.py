"""The C library keeps what is freed, once there are large arrays, unless somebody has said otherwise."""

import os
import subprocess
import sys

import pytest

from autograd.memory import may_keep

GLIBC = may_keep({})

PROGRAM = """
import resource, sys
sys.path[:] = {path!r}
import numpy as np
from autograd import tensor
x = tensor(np.ones({shape}, np.float32), requires_grad=True)
def step():
    x.grad = None
    y = x * 2.0
    (y * y + x).sum().backward()
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20)
"""


def faults(shape, **variables):
    """How many pages a step faults in, in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    program = PROGRAM.format(path=sys.path, shape=shape)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=kept | variables
    )
    return float(done.stdout)


@pytest.mark.skipif(not GLIBC, reason="another C library")
def test_a_step_on_large_arrays_faults_no_pages_in():
    assert faults((512, 512)) < 20
    assert faults((512, 512), CHAINRULE_KEEP_MEMORY="0") > 200
    assert faults((512, 512), MALLOC_TRIM_THRESHOLD_="131072") > 200  # which stops glibc from learning a threshold


@pytest.mark.parametrize(
    "environment",
    [
        {"CHAINRULE_KEEP_MEMORY": "0"},
        {"MALLOC_ARENA_MAX": "1"},
        {"MALLOC_MMAP_THRESHOLD_": "1000000"},
        {"GLIBC_TUNABLES": "glibc.rtld.nns=4:glibc.malloc.trim_threshold=128"},
    ],
)
def test_what_the_user_has_set_stays(environment):
    assert not may_keep(environment)
    assert may_keep({"CHAINRULE_KEEP_MEMORY": "1", "GLIBC_TUNABLES": "glibc.rtld.nns=4"}) is GLIBC

"""Hands the tables of set-ups to the tests as a package that they can import: doctor_setups (see ../conftest.py)."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

spec = spec_from_file_location("doctor_setups", Path(__file__).parent / "setups" / "__init__.py")
package = sys.modules[spec.name] = module_from_spec(spec)
spec.loader.exec_module(package)

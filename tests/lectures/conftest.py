"""Loads the table of items under a name that test modules can import: lecture_items."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

if "lecture_items" not in sys.modules:
    spec = spec_from_file_location("lecture_items", Path(__file__).parent / "items" / "__init__.py")
    table = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(table)

"""Tables of words and numbers that modules read from TOML files beside them."""

from typing import Any


def table_of(module: str) -> dict[str, Any]:
    """The table of a module, from the TOML file beside it with the same name."""
    import tomllib  # at the first table: modules that are always there, such as the remedies, have one each
    from importlib.resources import files

    package, _, name = module.rpartition(".")
    return tomllib.loads(files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8"))

"""Facts about NumPy's functions and methods, from names.toml; those not listed there are not compiled."""

from autograd.tables import table_of

_LISTS = {name: frozenset(words.split()) for name, words in table_of(__name__).items()}

METADATA, METHODS, WRITERS, DRAWS = (_LISTS[name] for name in ("metadata", "methods", "writers", "draws"))
FUNCTIONS, WRITING, OF_NOTHING = (_LISTS[name] for name in ("functions", "writing", "of_nothing"))
SHAPED, VALUES, CHECKING, ABOUT_FORM = (_LISTS[name] for name in ("shaped", "values", "checking", "about_form"))

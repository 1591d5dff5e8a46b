"""What is known of NumPy's functions and methods: which depend on values in their numbers alone, as names.toml has it.

What is not named there is not compiled.
"""

from autograd.tables import table_of

_LISTS = {name: frozenset(words.split()) for name, words in table_of(__name__).items()}

METADATA, METHODS, WRITERS, DRAWS = (_LISTS[name] for name in ("metadata", "methods", "writers", "draws"))
FUNCTIONS, WRITING, OF_NOTHING = (_LISTS[name] for name in ("functions", "writing", "of_nothing"))
SHAPED, VALUES, CHECKING, ABOUT_FORM = (_LISTS[name] for name in ("shaped", "values", "checking", "about_form"))

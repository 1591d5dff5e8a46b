"""Set-ups for the doctor: healthy ones, sick ones with the finding expected, and those of notebooks and examples.

Each is a function without arguments that returns model, loss, optimizer and batch.
"""

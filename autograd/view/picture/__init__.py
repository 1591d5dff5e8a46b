"""The contents of a picture: boxes with their words, numbers and colours, before they are placed."""

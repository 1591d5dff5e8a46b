"""The commands of `chainrule`, one file each: their options, and the functions that they call."""

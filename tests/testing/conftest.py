"""The example is somebody else's package: its tests are run by test_plugin.py, in a process of their own."""

collect_ignore = ["example"]

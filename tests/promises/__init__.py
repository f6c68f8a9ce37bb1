"""What every option of a kind promises, a file for each kind: `promise(option)` raises AssertionError where it is broken.

Options are found in conf/, so that a new one is held to its kind's promise before anybody has thought of it. `BROKEN`
holds options that look as they should and break the promise, each in its own way: a promise that lets them pass is none.
"""

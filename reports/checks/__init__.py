"""Checks of a sweep, each with a code as a linter's have: what was found, how, why it matters, and what to do.

A file holds one concept, `every` lists them all, and `python -m reports.checks` explains them. A *warning* is what a reader of the
table must know, since it misleads without; a *note* says what could be better about the sweep.
"""

from reports.checks.every import Looked as Looked
from reports.checks.every import look as look
from reports.checks.every import look_at_failures as look_at_failures

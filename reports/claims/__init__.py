"""Claims and their verdicts: a file for each kind, with its rule, its formula and its error rates.

A rule that a wide interval can pass is no test: what is not decided is *undecided*, and a claim without a margin is at best *compatible*.
"""

from reports.claims.deciding import cannot as cannot
from reports.claims.judging import Verdict as Verdict
from reports.claims.judging import in_one_sentence as in_one_sentence
from reports.claims.judging import judge as judge
from reports.claims.judging import rules as rules

"""The recorded format, stated once: what the laboratory writes into MLflow, and reports read.

A cell's run holds its config, two tables (curves: a row per evaluation and seed; seeds: a row per seed) and, for networks, the errors
of every row; the sweep's run holds the list of its cells. A record of another format is reported, never misread.
"""

FORMAT = 2  # of the record; format 1 had one table, which repeated in every row what is measured once

# Artifacts of a cell's run, and of a sweep's.
CURVES, SEEDS, CONFIG, ERROR = "curves.parquet", "seeds.parquet", "config.yaml", "error.txt"
ROWS = "rows.parquet"
NETWORKS = "networks"  # a folder for each seed whose weights are kept: a model of MLflow
KEPT_FILE = "network.npz"  # in its folder data/
THINNED = "rows.left_out"  # tag of a sweep's run: at which evaluations errors of rows are not kept, if there are any
KEPT = "kept"  # tag of a cell's run: what it has beside its tables
SWEEP, REPORT, VERDICTS = "sweep.json", "report", "verdicts.json"

# Columns of the two tables that are no measurements.
AT = ("seed", "step", "epoch")  # of curves
OWN = "selected"  # of seeds: the step that counts
SELECTED = "selected/"  # of seeds: the step that each selection rule takes, by the rule's name
DIVERGED = "diverged_at"  # of seeds: the step of the first infinite loss, −1 where there was none
BEGAN = "training_began"  # of seeds: when, in milliseconds since 1970, by the clock of the machine that trained; −1: not known
HISTOGRAM = "histogram/"  # of seeds: shares of weights, by the lower end of each bin

REFERENCES = {  # of seeds: test errors of what needs no network, and their names in tables
    "reference/majority_error": "majority class",
    "reference/mean_error": "mean of the targets",
    "reference/linear_error": "linear model",
}

RULES = ("last", "best_validation", "oracle")
PARTS = ("train", "validation", "test")
HELD_OUT = PARTS[1:]  # parts of which the error of every row is recorded

IN_COMMON = "train_in_common"  # of a cell in a sweep's list: the share of training rows that two seeds have in common, on average

# Of the table of rows: its columns are seed, part, row (its number in the dataset), and the errors.
WRONG = "wrong"  # in classification: packed bits in the order of "at", from the lowest bit of the first byte on
OUTPUTS = "outputs/"  # the network's, by the selection rule whose step they are from
ROW_AT = "errors"  # key of the file's description, JSON: "at", steps and then rules; "own", the one of them that counts

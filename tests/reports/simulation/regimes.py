"""The regimes in which coverage is measured, and the table of reports/new_data.py made anew.

    python -c "from tests.reports.simulation.regimes import table; table(datasets=840)"

takes about a quarter of an hour on one core; the tests do the same with fewer datasets.
"""

from experiments.data.splits import Holdout, KFold, Own
from tests.reports.simulation.coverage import Regime, Share, new_data, same_data
from tests.reports.simulation.learners import Networks, Ridge

COUNTS = (5, 10, 30)  # seeds
REGIMES = {
    "networks, 150/150/750 of 1,797": Regime(Networks(), 1797, Holdout(150, 150, 750)),  # the default study's sizes
    "networks, 150/150/750 of 1,050": Regime(Networks(), 1050, Holdout(150, 150, 750)),
    "networks, 200/100/100 of 400": Regime(Networks(), 400, Holdout(200, 100, 100)),
    "networks, 200/25/25 of 250": Regime(Networks(), 250, Holdout(200, 25, 25)),
    "networks, 5-fold of 250": Regime(Networks(), 250, KFold(5, 0)),
    "networks, 150/150 of 600, 750 own": Regime(Networks(), 1350, Own(150, 150), own_test=750),
    "ridge, 200/100/100 of 400": Regime(Ridge(), 400, Holdout(200, 100, 100)),
    "ridge, 300/0/100 of 400": Regime(Ridge(), 400, Holdout(300, 0, 100)),
    "ridge, 5-fold of 400": Regime(Ridge(), 400, KFold(5, 0)),
    "ridge, 200/100 of 400, 800 own": Regime(Ridge(), 1200, Own(200, 100), own_test=800),
    "ridge, 200/100 of 400, 50 own": Regime(Ridge(), 450, Own(200, 100), own_test=50),
}


def table(datasets: int) -> None:
    """Print a line for every regime and number of seeds; the question on the same data takes a sixth as many datasets of 240 seeds."""
    print("regime, seeds: same data t | new data t | V − C | V − U | V | width of V / ideal, ideal")
    for name, regime in REGIMES.items():
        same = same_data(regime, COUNTS, datasets // 6, seeds=240)
        for n, found in new_data(regime, COUNTS, datasets).items():
            shares = (same[n].covered, found.t_covered, found.without_rows, found.without_training, found.covered)
            width = f"{found.width / found.ideal:.2f} {found.ideal:.4f}"
            print(f"{name}, {n}:", *map(shown, shares), width, sep=" | ", flush=True)


def shown(share: Share) -> str:
    """The share and its Monte Carlo standard error."""
    return f"{share.value:.3f} ± {share.error:.3f}"

"""What a sweep would cost is known before it starts, from its settings alone; one that is too dear is refused, with the way to insist."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from experiments.config.building import Draft, build, draft
from experiments.config.composition import Job, override_values, without_unused_keys
from experiments.config.grids import expand
from experiments.costs import machine
from experiments.costs.cost import cost, seconds
from experiments.costs.limits import TooDear, check, check_jobs
from experiments.costs.loads import load, loads_of, size_of_data
from experiments.data import splits
from experiments.recording import journal
from experiments.recording.plan import planned
from experiments.run import CONF
from experiments.study.execution import Execution
from experiments.study.experiment import Experiment, listed_seeds
from experiments.training.tasks import tasks
from experiments.training.workers import Workers
from tests.experiments.test_files import write_small_files
from tests.experiments.test_mistakes import every_fourth_is_fast

ALONE = Workers(workers=1)
NO_LIMIT = {"max_hours": None, "max_memory": None, "max_disk": None}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    """An empty one, and a machine whose size is known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.costs.limits.memory_of_machine", lambda: 16e9)
    monkeypatch.setattr("experiments.costs.limits.free_disk", lambda: 100e9)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield


@pytest.fixture
def nothing_is_drawn(monkeypatch):
    """Whoever draws data or a split, or builds a cell, fails."""

    def fail(*arguments):
        pytest.fail("the cost should have been asked first")

    monkeypatch.setattr(Draft, "build", fail)
    monkeypatch.setattr(splits, "stratified_order", fail)


def job(*overrides):
    node = compose("config", ["study=none", *overrides], return_hydra_config=True)
    config = OmegaConf.masked_copy(node, [key for key in node if key != "hydra"])
    return without_unused_keys(Job(override_values(overrides), config, dict(node.hydra.runtime.choices)))


def asked(*overrides):
    (found,) = loads_of([draft(job(*overrides).config)])
    return found


def in_all(*overrides):
    return cost([asked(*overrides)], ALONE, Execution())


MONSTERS = {  # what is typed, and what is said to be dear
    "seeds=1000000": "seeds=1000000",
    "epochs=100000000000": "epochs=100000000000",
    "network.hidden=[100000000]": "network.hidden=[100000000]",
    "dataset=teacher dataset.examples=100000000000": "dataset.examples=100000000000",
    "dataset=teacher dataset.inputs=100000000000": "dataset.inputs=100000000000",
    "evaluate_at.count=10000 seeds=500000 epochs=10000": "seeds=500000",
    "network.hidden=[100000,100000,100000,100000]": "network.hidden=[100000,100000,100000, …]",
    "dataset=teacher dataset.examples=1000000000 split=k_fold split.folds=1000000000": "dataset.examples=1000000000",
    "dataset=teacher dataset.examples=10000000000 batch_size=10000000000": "dataset.examples=10000000000",
    "dataset=openml dataset.name=x seeds=100000000": "seeds=100000000",
    "dataset=diabetes theory=descent theory.steps=100000 seeds=100000": "seeds=100000",
    "dataset=diabetes theory=l2_path theory.epochs=1000000 seeds=100000": "seeds=100000",
    "dataset=diabetes theory=dropout_linear theory.epochs=1000000 seeds=100000": "seeds=100000",
    "dataset=diabetes theory=mixup_linear theory.epochs=1000000 seeds=100000": "seeds=100000",
    "dataset=diabetes theory=sam_quadratic theory.steps=1000000 seeds=100000": "seeds=100000",
    "epochs=100000000000 seeds=1000000 network.hidden=[100000000] evaluate_at.count=10000": "network.hidden=[100000000]",
    "noise@noise.weights=gaussian network.hidden=[20000,20000] epochs=100000": "network.hidden=[20000,20000]",
    "seeds=999999999999999999999999999999": "seeds=999999999999999999999999999999",
    "dataset=two_moons dataset.examples=9" + 400 * "9": "dataset.examples=9999999999… (401 digits)",
    "network.hidden=[9" + 400 * "9" + "]": "network.hidden",
}


@pytest.mark.parametrize("typed", every_fourth_is_fast(MONSTERS))
def test_a_monster_is_refused_before_anything_is_drawn(typed, nothing_is_drawn):
    with pytest.raises(TooDear) as refusal:
        planned([job(*typed.split())], Execution())
    said = str(refusal.value)
    assert "mostly because of" in said
    assert MONSTERS[typed] in said.partition("mostly because of")[2]
    assert "execution.max_" in said
    assert "=null" in said


def test_the_refusal_says_what_there_is_what_it_would_take_and_how_to_insist(nothing_is_drawn):
    with pytest.raises(
        TooDear, match=r"TB of memory and .* mostly because of network\.hidden=\[100000000\]"
    ) as refusal:
        planned([job("network.hidden=[100000000]")], Execution())
    assert "execution.max_memory=90% allows (this machine has 16 GB)" in str(refusal.value)
    assert "or lift the limit: execution.max_hours=null execution.max_memory=null" in str(refusal.value)


def test_a_list_of_a_million_seeds_is_counted(nothing_is_drawn):
    config = job().config
    own = draft(config)
    many = own._replace(parts={**own.parts, "seeds": list(range(1_000_000))})
    (listed,) = loads_of([many])
    assert listed.seeds == asked("seeds=1000000").seeds == 1_000_000


def test_many_cells_are_named_where_none_is_dear_by_itself():
    with pytest.raises(TooDear, match="mostly because of 2,000 cells"):
        check([asked("epochs=20000", "seeds=100")] * 2000, Execution(), ALONE)


def test_a_dry_run_tells_and_plans_nothing(nothing_is_drawn, capsys):
    plan = planned([job("seeds=1000000")], Execution(dry_run=True))
    assert plan.cells == []
    assert "mostly because of seeds=1000000" in capsys.readouterr().err


def test_who_insists_is_let_pass():
    small = job("dataset=iris", "network=linear", "epochs=2", "seeds=2")
    tiny = {"max_hours": 1e-6, "max_memory": "0.001GB", "max_disk": 1e-6}
    for key, value in tiny.items():
        with pytest.raises(TooDear, match=f"lift the limit: execution.{key}=null"):
            planned([small], Execution(**{**NO_LIMIT, key: value}))
    assert len(planned([small], Execution(**NO_LIMIT)).new) == 1


def test_what_is_known_costs_nothing(monkeypatch):
    """A sweep that would be too dear if all were new is looked up first, where the journal has enough seeds."""
    small = job("dataset=iris", "network=linear", "epochs=2", "seeds=3")
    (cell,) = planned([small], Execution()).cells
    dear = Execution(max_hours=1e-6, max_memory=None, max_disk=None)
    with pytest.raises(TooDear):
        planned([small], dear)
    journal.now_recorded([cell.identity.cell, *cell.identity.seeds.values()], "local", "run")
    with pytest.raises(TooDear):
        planned([small], Execution(max_hours=1e-6, max_memory=None, max_disk=None, force=True))
    start = cost([], ALONE, dear).time / 3600
    assert planned([small], Execution(max_hours=start + 1e-6, max_memory=None, max_disk=None)).new == []
    with pytest.raises(TooDear):
        planned([job("dataset=iris", "network=linear", "epochs=2", "seeds=30000000")], dear)


def test_the_size_of_data_that_must_be_loaded_first_counts_when_they_are_there(monkeypatch, tmp_path):
    monkeypatch.setattr("experiments.recording.plan.loads_of", lambda drafts: [load(one, None) for one in drafts])
    enough = cost([asked("dataset=digits")], ALONE, Execution()).time / 3600
    unknown = cost([load(draft(job("dataset=digits").config), None)], ALONE, Execution()).time / 3600
    assert unknown < enough
    with pytest.raises(TooDear):
        planned([job("dataset=digits")], Execution(max_hours=(enough + unknown) / 2))


@pytest.mark.parametrize("key", ["epochs", "seeds"])
def test_twice_as_many_take_twice_as_long(key):
    once, twice = (asked("dataset=digits", f"{key}={count}") for count in (1000, 2000))
    assert seconds(twice, 1e9) == pytest.approx(2 * seconds(once, 1e9), rel=0.02)


def test_wider_networks_take_more_time_and_memory():
    narrow, wide = (in_all(f"network.hidden=[{width}]", "epochs=1000") for width in (500, 200000))
    assert wide.time > 20 * narrow.time
    assert wide.memory > 2 * narrow.memory


def test_every_pass_of_a_step_counts():
    """FGSM and SAM go forward and back once more each, mixup does not."""
    once, mixup, fgsm, both = (
        asked("dataset=digits", "network.hidden=[500]", *more).step
        for more in ([], ["augmentation=mixup"], ["augmentation=fgsm"], ["augmentation=fgsm", "ascent=sam"])
    )
    assert mixup == once
    assert fgsm == pytest.approx(2 * once, rel=0.02)
    assert both == pytest.approx(3 * once, rel=0.02)


def test_measuring_costs_as_often_as_it_is_done():
    often, seldom = (asked(f"epochs={n}", "evaluate_at=even", "evaluate_at.every=10") for n in (100, 20))
    assert (often.evaluations, seldom.evaluations) == (11, 3)
    assert often.beside > 3 * seldom.beside / 2
    assert (
        asked("epochs=10", "evaluate_at=listed", "evaluate_at.at=[90]").evaluations == 10_000
    )  # refused when it is built


def test_what_is_kept_counts_on_disk():
    cells = [asked("dataset=diabetes", "network.hidden=[50]", "seeds=1000")]
    plain, rows, weights = (cost(cells, ALONE, Execution(keep=keep)).disk for keep in ([], ["rows"], ["weights"]))
    assert rows - plain == pytest.approx(
        1000 * 442 / 2 * 23 * 4, rel=0.01
    )  # a float a row and evaluation: of 25, the first fall together
    assert weights - plain == pytest.approx(1000 * (10 * 50 + 50 + 50 + 1) * 4)


def test_the_data_of_many_cells_are_held_once():
    data = ["dataset=teacher", "dataset.examples=1000000", "dataset.inputs=100"]
    one, ten = (cost([asked(*data)] * count, ALONE, Execution()).memory for count in (1, 10))
    assert ten < one + 0.1e9


def test_a_cluster_has_time_and_memory_of_its_own():
    away = Workers(backend="dask", address="tcp://head:8786")
    cells = [asked("epochs=100000000000", "network.hidden=[100000]")]
    assert cost(cells, away, Execution()).time < 60
    assert cost(cells, away, Execution()).memory < 4e9


@pytest.mark.parametrize("study", sorted(file.stem for file in (CONF / "study").glob("*.yaml")))
def test_every_study_of_conf_may_start(study, nothing_is_drawn, monkeypatch):
    """Its first job as often as it has jobs, on a laptop of 8 GB."""
    monkeypatch.setattr("experiments.costs.limits.memory_of_machine", lambda: 8e9)
    with pytest.raises(pytest.fail.Exception, match="asked first"):  # it comes to building the cells
        planned([job(f"study={study}")] * 40, Execution())


SIZED = sorted(file.stem for file in (CONF / "dataset").glob("*.yaml") if file.stem != "openml")
FILES = {
    "csv": ["dataset.path=table.csv", "dataset.target=y", "dataset.task=regression", "dataset.categorical=[c]"],
    "parquet": ["dataset.path=table.parquet", "dataset.target=c", "dataset.task=classification"],
    "npz": ["dataset.path=arrays.npz", "dataset.task=regression"],
    "idx": ["dataset.images=images.idx", "dataset.labels=labels.idx.gz", "split=holdout"],
}


@pytest.mark.parametrize(
    "dataset", [pytest.param(name, marks=[pytest.mark.slow] if name == "mnist1d" else []) for name in SIZED]
)
def test_a_datasets_rule_states_its_size(dataset, tmp_path):
    write_small_files(tmp_path)
    config = job(f"dataset={dataset}", *FILES.get(dataset, []), "split.train=0.3", "epochs=1", "batch_size=1").config
    stated, data = size_of_data(draft(config).dataset), build(config).dataset
    assert stated is not None
    if dataset in FILES:
        assert stated.examples == pytest.approx(data.size.examples, rel=0.5)
    else:
        assert stated == data.size


@pytest.mark.parametrize("dataset", sorted(FILES))
def test_files_that_are_missing_or_broken_have_no_size(dataset, tmp_path):
    node = draft(job(f"dataset={dataset}", *FILES[dataset]).config).dataset
    assert size_of_data(node) is None
    for name in ("table.csv", "table.parquet", "arrays.npz", "images.idx"):
        (tmp_path / name).write_bytes(b"\0")
    assert size_of_data(node) is None or dataset == "csv"


def test_jobs_are_counted_before_they_are_listed():
    def check(counts):
        return check_jobs(Execution(), counts)

    for typed in (
        "penalty.strength=range(1,10000000)",
        "penalty.strength=range(0,1,1e-300)",
        f"seeds=range(0,1{400 * '0'})",
    ):
        with pytest.raises(TooDear, match=f"values of {typed.split('=')[0]}"):
            expand([{}], [typed], None, check)
    with pytest.raises(TooDear, match="values of epochs"):
        expand([{"epochs": "range(1,10000000)"}], [], None, check)
    thousands = ["epochs=range(1,1000)", "batch_size=range(1,1000)", "seeds=range(1,1000)"]
    with pytest.raises(TooDear, match="997,002,999 jobs"):
        expand([{}], thousands, None, check)
    assert len(expand([{"epochs": "range(1,10)"}], ["seeds=range(1,10)"], None, check)) == 81


def test_a_constructor_draws_one_split(monkeypatch):
    from experiments.data.datasets import iris

    seen = []
    drawn = splits.stratified_order
    monkeypatch.setattr(splits, "stratified_order", lambda *given: seen.append(given) or drawn(*given))
    Experiment(iris(), seeds=1_000_000)
    assert len(seen) <= 1


def test_seeds_are_checked_without_being_listed_and_told_in_short():
    with pytest.raises(ValueError, match="a seed must be less than"):
        listed_seeds(10**30)
    with pytest.raises(ValueError, match="each seed may be listed only once") as error:
        listed_seeds([0] * 1_000_000)
    assert len(str(error.value)) < 200


WRONG = {"max_hours": [0, -1, float("nan"), float("inf"), "x"], "max_memory": [0, "0%", "much", True, "nan", [1]]}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_limit_that_is_none_is_refused(key, value):
    with pytest.raises(ValueError, match=rf"(?i)execution\.{key} is"):
        Execution(**{key: value})


def test_memory_is_what_the_control_group_allows(monkeypatch, tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "memory.max").write_text("3000000000\n")
    monkeypatch.setattr(machine, "GROUPS", {"": (tmp_path, "memory.max")})
    monkeypatch.setattr(machine, "own_groups", lambda: [("", "/box/inner")])
    assert machine.memory_of_machine() == 3e9


def test_a_long_wait_is_told_at_once(nothing_is_drawn, capsys):
    with pytest.raises(pytest.fail.Exception, match="asked first"):
        planned([job("epochs=20000", "seeds=100")], Execution())
    assert "the sweep will take about" in capsys.readouterr().err


@pytest.mark.parametrize("batches", ["shuffled", "with_replacement", "in_order"])
@pytest.mark.parametrize("settings", [("batch_size=32",), ("batches.drop_last=true",), ("batch_size=null",)], ids=str)
def test_the_steps_of_an_estimate_are_those_that_are_trained(batches, settings):
    overrides = ["dataset=wine", f"batches={batches}", *settings, "split.train=70", "epochs=3", "penalty=l2"]
    (task,) = tasks([build(job(*overrides).config)])
    assert asked(*overrides).steps == task.steps[-1]

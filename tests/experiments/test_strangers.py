"""What a stranger sends, a config or a folder of configs, is data: nothing of it runs."""

import pkgutil
import sys
import types
from importlib import import_module

import pytest
from hydra._internal.utils import create_config_search_path
from hydra.types import RunMode
from omegaconf import OmegaConf

import backprop
import experiments
from backprop.choices import is_choice
from experiments import CONF
from experiments.config.building import build
from experiments.config.errors import ConfigurationError
from experiments.config.loader import GuardedLoader
from experiments.config.targets import BUILT, TRUST, our_object, target_object, trust, trusted
from experiments.data.datasets import Dataset
from tests.conftest import command
from tests.experiments.test_mistakes import every_fourth_is_fast

DEEP = 3  # attributes after a module's name


def modules_of(package):
    yield package.__name__
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__") and "plugins" not in module.name:
            yield module.name


def reachable(names, deep):
    """Dotted names, and what they stand for, that attributes lead to: the way that Hydra's own look-up takes."""
    for name, thing in names:
        yield name, thing
        if deep and isinstance(thing, types.ModuleType | type):
            below = [(f"{name}.{key}", value) for key, value in vars(thing).items()]
            yield from reachable(below, deep - 1 if isinstance(thing, types.ModuleType) else 0)


@pytest.mark.slow
def test_whatever_is_reached_by_dotted_names_from_our_modules_is_ours_or_refused():
    ours = [(name, import_module(name)) for package in (backprop, experiments) for name in modules_of(package)]
    loaded, tried, built = set(sys.modules), 0, set()
    for name, thing in reachable(ours, DEEP):
        tried += 1
        found = our_object(name)
        if found is None:
            with pytest.raises(ConfigurationError, match="_target_ is"):
                target_object(name, "penalty")
            continue
        built.add(name)
        assert found is thing
        assert found.__module__.startswith(BUILT)
        assert is_choice(found) or (
            isinstance(found, types.FunctionType) and found.__annotations__["return"] is Dataset
        )
    assert tried > 20_000
    assert {"backprop.penalties.L2", "experiments.data.datasets.digits", "experiments.data.splits.KFold"} <= built
    assert "backprop.losses.Hinge" in built
    assert "backprop.losses.hinge.Hinge" not in built  # a choice of a folder has one name
    assert set(sys.modules) == loaded  # nothing was imported for it


EVIL = [
    *(
        "os.system",
        "builtins.open",
        "experiments.data.datasets.files.np.load",
        "experiments.data.datasets.files.gzip.os.abort",
    ),
    *("experiments.data.datasets.files.np.testing.runstring", "experiments.data.datasets.files.gzip.builtins.open"),
    *(
        "backprop.choices.choice",
        "backprop.training.train",
        "backprop.estimators.BackpropClassifier",
        "backprop.classroom.graph.Graph",
    ),
    *(
        "experiments.sweeps.clean",
        "experiments.recording.store.delete_run",
        "experiments.data.datasets.Dataset",
        "experiments.data.datasets.one_hot",
    ),
    *(
        "experiments.data.datasets.files.read_tables",
        "experiments.study.study.re.compile",
        "experiments.data.splits.Path",
        "experiments",
    ),
    *(
        "evil",
        "evil.thing",
        "",
        ".",
        "..",
        "backprop.penalties.",
        ".L2",
        "backprop.penalties.L2.__init__",
        "backprop.penalties..L2",
    ),
    *(
        "backprop.penalties.L2 ",
        "backprop/penalties.L2",
        "backprop.penalties.__builtins__",
        3,
        None,
        ["os.system"],
        {"a": 1},
    ),
]


@pytest.fixture
def evil(tmp_path, monkeypatch):
    """A module that leaves a mark where it is imported."""
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\ndef thing(**k): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize("target", EVIL, ids=str)
@pytest.mark.parametrize("place", ["penalty", "dataset", "noise", "network", "theory"])
def test_other_targets_are_refused_wherever_they_stand_and_never_imported(evil, target, place):
    inside = (
        {"_target_": "backprop.noise.Noise", "hidden": {"_target_": target}}
        if place == "noise"
        else {"_target_": target}
    )
    node = {
        "_target_": "experiments.study.experiment.Experiment",
        "dataset": {"_target_": "experiments.data.datasets.iris"},
        place: inside,
    }
    if place == "network":
        node[place] = {"_target_": "backprop.network.MLP", "hidden": [{"_target_": target}]}
    with pytest.raises(ConfigurationError):
        build(OmegaConf.create(node))
    assert not (evil / "ran").exists()


@pytest.mark.parametrize("key", ["_args_", "_partial_", "_recursive_", "_convert_"])
def test_hydras_own_words_for_making_objects_are_no_fields(key):
    node = {"dataset": {"_target_": "experiments.data.datasets.iris", key: ["x"]}}
    with pytest.raises(ConfigurationError, match=f"iris has no field '{key}'"):
        build(OmegaConf.create(node))


def test_a_user_allows_classes_by_name_outside_of_any_config(monkeypatch):
    monkeypatch.setenv(TRUST, "mine.A, mine.B")
    trust(["mine.C"])
    assert trusted() == {"mine.A", "mine.B", "mine.C"}


@pytest.fixture
def theirs(tmp_path):
    """A folder of configs that somebody has sent, and the key of ours that each file sets."""
    folder = tmp_path / "theirs"
    (folder / "study").mkdir(parents=True)
    (folder / "study" / "fine.yaml").write_text(STUDY + "hydra: {sweeper: {params: {epochs: [1, 2]}}}\n")
    return folder


STUDY = '# @package _global_\nstudy: {name: fine, question: "Is it fine?", baseline: {}, choose: []}\n'
CALLBACK = "{mark: {_target_: evil.thing}}"
HANDLER = "{version: 1, handlers: {h: {(): evil.thing}}, root: {handlers: [h]}}"
SETS = {
    "a key": ("study/bad.yaml", STUDY + f"hydra: {{callbacks: {CALLBACK}}}\n"),
    "a logger": ("study/bad.yaml", STUDY + f"hydra: {{job_logging: {HANDLER}}}\n"),
    "another logger": ("study/bad.yaml", STUDY + f"hydra: {{hydra_logging: {HANDLER}}}\n"),
    "a launcher": ("study/bad.yaml", STUDY + "hydra: {launcher: {_target_: evil.thing}}\n"),
    "a sweeper": ("study/bad.yaml", STUDY + "hydra: {sweeper: {_target_: evil.thing}}\n"),
    "a folder": ("study/bad.yaml", STUDY + "hydra: {sweep: {dir: /tmp/elsewhere}}\n"),
    "the environment": ("study/bad.yaml", STUDY + "hydra: {job: {env_set: {PATH: evil}}}\n"),
    "a package": ("study/bad.yaml", f"# @package hydra.callbacks\n{CALLBACK[1:-1]}\n"),
    "an option of Hydra's": (
        "study/bad.yaml",
        "# @package _global_\ndefaults: [{override /hydra/job_logging: loud}]\n" + STUDY.split("\n", 1)[1],
    ),
    "a place in the defaults": (
        "study/bad.yaml",
        "# @package _global_\ndefaults: [{/study@hydra.callbacks: marks}]\n" + STUDY.split("\n", 1)[1],
    ),
}


def guarded(folder):
    path = create_config_search_path(f"file://{CONF}")
    path.prepend("command-line", f"file://{folder}", None)
    path.get_path().sort(key=lambda one: one.provider not in ("hydra", "main", "command-line"))
    return GuardedLoader(path)


@pytest.mark.parametrize("case", every_fourth_is_fast(SETS))
def test_a_file_of_others_may_not_set_keys_of_hydras_own(theirs, evil, case):
    file, text = SETS[case]
    (theirs / file).write_text(text)
    (theirs / "hydra" / "job_logging").mkdir(parents=True)
    (theirs / "hydra" / "job_logging" / "loud.yaml").write_text(HANDLER)
    (theirs / "study" / "marks.yaml").write_text(CALLBACK[1:-1])
    with pytest.raises(ConfigurationError, match=r"sets hydra\.|no option"):
        guarded(theirs).load_configuration("config", ["study=bad"], RunMode.MULTIRUN)
    fine = guarded(theirs)  # what composes the master config, and each job of a sweep over studies
    master = fine.load_configuration("config", ["study=fine"], RunMode.MULTIRUN)
    assert master.hydra.sweeper.params == {"epochs": [1, 2]}
    with pytest.raises(ConfigurationError, match=r"sets hydra\.|no option"):
        fine.load_sweep_config(master, ["study=bad"])


def test_the_command_line_may_set_what_a_file_of_others_may_not(theirs):
    typed = ["study=fine", "hydra.launcher.workers=1", "hydra.sweep.dir=elsewhere", "+hydra.job.env_set.A=b"]
    config = guarded(theirs).load_configuration("config", typed, RunMode.MULTIRUN)
    assert config.hydra.sweep.dir == "elsewhere"


@pytest.mark.slow
def test_a_study_that_was_sent_runs_but_none_of_its_code(lab, theirs, evil):
    sent = ["--config-dir", str(theirs), "study=fine", "dataset=wine", "seeds=2", "network.hidden=[3]"]
    done = command(lab, *sent)
    assert done.returncode == 0, done.stderr
    (theirs / "study" / "bad.yaml").write_text(SETS["a key"][1])
    for study in ("study=bad", "study=fine,bad"):
        done = command(lab, *sent, study)
        assert done.returncode == 2
        assert "sets hydra.callbacks" in done.stderr
    own = "execution: {allow_targets: [evil.thing]}\npenalty: {_target_: evil.thing}\n"
    (theirs / "study" / "bad.yaml").write_text(STUDY + own)
    done = command(lab, *sent, "study=bad")
    assert done.returncode == 2
    assert "allow it by name on the command line" in done.stderr
    (theirs / "study" / "bad.yaml").write_text(
        STUDY + "hydra: {sweeper: {params: {execution.allow_targets: '[evil.thing]'}}}\n"
    )
    done = command(lab, *sent, "study=bad")
    assert done.returncode == 2
    assert "cannot be an axis" in done.stderr
    assert not (evil / "ran").exists()

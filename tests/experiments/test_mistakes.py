"""Natural sweeps run, and every mistake gets one message that says the way out, before anything is trained or written."""

import logging
import os
import signal
import sys

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

from experiments import CONF
from experiments.run import main
from tests.conftest import command

DRY = "execution.dry_run=true"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process, from a folder of its own: its exit code, and what it printed."""
    interrupt, before = signal.getsignal(signal.SIGTERM), os.environ.copy()

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["experiments.run", *arguments])
        GlobalHydra.instance().clear()
        code = 0
        try:
            main()
        except SystemExit as left:
            code = left.code
        return code, " ".join("".join(capsys.readouterr()).split())

    yield run
    os.environ.clear()
    os.environ.update(before)
    signal.signal(signal.SIGTERM, interrupt)
    GlobalHydra.instance().clear()
    HydraConfig.instance().cfg = None
    logging.root.handlers.clear()


def every_fourth_is_fast(cases):
    """Composing takes most of a second: CI tries all of them."""
    slow = pytest.mark.slow
    return [pytest.param(case, id=str(case), marks=[] if n % 4 == 0 else [slow]) for n, case in enumerate(cases)]


APPLY = [
    (["penalty=none,l2", "penalty.strength=0.01,0.1"], 3),
    (["regularizer=none,l2,dropout", "penalty.strength=0.01,0.1", "noise.hidden.rate=0.2,0.5"], 5),
    (["optimizer=sgd,momentum", "optimizer.momentum=0.5,0.9", "optimizer.learning_rate=0.1,0.2"], 6),
    (["penalty=none,l1,elastic_net", "penalty.l1_ratio=0.2,0.8"], 4),
    (["noise@noise.hidden=none,dropout,gaussian", "noise.hidden.rate=0.2,0.3"], 4),
    (["schedule=constant,step,cosine", "schedule.decay=0.1,0.5", "schedule.final=0,0.1"], 5),
    (["study=smoke", "penalty.method=gradient,decoupled"], 5),
    (["dataset=iris,linear_system", "dataset.inputs=3,4"], 3),
]


@pytest.mark.parametrize("case", every_fourth_is_fast(APPLY))
def test_a_key_that_an_option_lacks_does_not_apply_to_it(run, case):
    arguments, cells = case
    study = [] if arguments[0].startswith("study") else ["study=none"]
    code, said = run(*study, *arguments, "epochs=1", "seeds=1", "split={train: 60, validation: 20, test: 20}", DRY)
    assert code == 0, said
    assert f"cells: {cells} new" in said


CLAIM = "kind: exact, value: 0, margin: 1"
WRONG = {  # what is typed, and what the message must say
    "penalty=none,l2 penalty.strenght=0.1,1": "no key 'penalty.strenght' here to override. Did you mean 'penalty.strength'?",
    "penalty=none penalty.strength=0.1": "penalty=l1 and penalty=l2 and penalty=spectral_norm, which is not chosen here",
    "network.hidden=16,64": "MLP.hidden is 16; it must be a list, such as [16] (to sweep over several: [16],[...])",
    "loss._target_=mine.X": "+loss._target_=MODULE.CLASS execution.allow_targets=[MODULE.CLASS]",
    "penalty={a:1}": "penalty is a kind; name one of its options: penalty=OPTION",
    "hydra/sweeper=nope": "hydra/sweeper has no option 'nope', only basic, lab",
    "hydra/launcher=submitit_slum": "hydra/launcher has no option 'submitit_slum', only basic, ",
    "hydra.launcher.wrokers=2": "Did you mean 'hydra.launcher.workers'?",
    "split=files split.train=train_{seed}.txt": """quotes inside the shell's: 'split.train="train_{seed}.txt"'""",
    "~dataset": "~dataset: a key cannot be deleted",
    "~epochs": "~epochs: a key cannot be deleted",
    "~optimizer.learning_rate": "give optimizer.learning_rate another value",
    "~penalty": "or choose the option none",
    "hydra.sweeper.grids=[3]": "hydra.sweeper.grids[0] is 3; it must be a mapping of axes",
    "hydra.sweeper.grids=[{penalty:[]}]": "the sweep has no jobs: there are no values for penalty.",
    "hydra.sweeper.grids=[{hydra.verbose:true}]": "hydra.verbose controls how a sweep is run",
    "execution.force=true,false": "execution.force controls how a sweep is run",
    "study=smoke,nope": "study has no option 'nope', only",
    "study.choose=[penalty.strenght]": "study.choose names 'penalty.strenght', which is no key of this config. Did you mean",
    "+study.baseline.regulariser=none": "study.baseline names 'regulariser', which is no key of this config. Did you mean 'regularizer'",
    "study.name=..": "study.name is '..'; it must begin with a letter or a digit",
    "study.name=a/b": "study.name is 'a/b'",
    "study.smallest_effect=nan": "study.smallest_effect is nan",
    "study=3": "a kind cannot be null or a number",
    "execution.keep=[weights:0,99]": "execution.keep has weights:99, but no cell of this sweep has the seed 99; name seeds that",
    f"epochs={10**30}": "it must be a whole number in [1, inf), of at most 18 digits",
    "study.worth=0.01": "study.worth is now called study.smallest_effect",
    "schedule=inverse schedule.halving=3": "schedule.halving is now called schedule.half_life",
    "noise@noise.hidden=dropout noise.hidden.per=batch": "noise.hidden.per is now called noise.hidden.shared_over",
    "epochs=": "epochs is ''; it must be a whole number",
    "a.b=3": "no key 'a.b' here to override",
    f"+study.claims=[{{{CLAIM}, cell: {{penalty: none}}, metric: test/eror}}]": "'test/eror', which nothing here measures. Did you "
    "mean 'test/error'? There are gap/error, gap/loss",
    f"+study.claims=[{{{CLAIM}, cell: {{penalty: nnoe}}, metric: test/loss}}]": "study.claims[0].cell names penalty=nnoe; here "
    "penalty is none. Did you mean 'none'?",
    f"+study.claims=[{{{CLAIM}, cell: {{penalyt: none}}, metric: test/loss}}]": "'penalyt', which is no key of this config. Did you "
    "mean 'penalty'?",
    '+study.measures=["last_mean(test/loss)"]': "it must have the form last_mean(METRIC, COUNT)",
    "measures=[norms,gradient]": "measures has no option 'gradient', only balanced_error, coefficients, ",
    "measures=[norms] measures.gradients.when=end": "measures.gradients.when is a key of measures=[gradients], which is not chosen here",
    "theory=descent measures=[norms]": "measures is for networks, and theory=descent trains none",
    "+measures.mine._target_=mine.Mine": "measures.mine._target_ is 'mine.Mine'; a config may name choices",
    "study=l2_path study.smallest_effect=0.1": "not set by this study; add it with a plus: +study.smallest_effect=VALUE",
    "study.baseline={penalty: l1}": "study.baseline is not set by this study; add it with a plus: +study.baseline=VALUE",
    "study.claims=[]": "study.claims is not set by this study; add it with a plus: +study.claims=VALUE",
    "study.choose_on=second_half": "nothing measures validation_second_half/error of this cell; choose the step on the other half",
    "study.baseline_tries=2": "study.baseline names none to be tried so often",
    "dataset=diabetes selection=calibrated_validation": "ScaledLoss is of classes, and loss is SquaredError",
}


@pytest.mark.parametrize("typed", every_fourth_is_fast(WRONG))
def test_a_mistake_gets_one_message_that_says_the_way_out(run, tmp_path, typed):
    arguments = typed.split() if "split=files" in typed else [typed] if "{" in typed else typed.split()
    study = [] if arguments[0].startswith("study=") else ["study=none"]
    code, said = run(*study, *arguments, DRY)
    assert WRONG[typed] in said
    assert code == 2
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


STUDIES = {  # a study's file, and what the message must say
    "study: {name: x, question: [": "is not YAML: while parsing a flow node",
    "study: {question: What}": "study lacks name; give it: study.name=VALUE",
    "study: {name: x}": "study lacks question",
    "study: {name: x, question: Q, choose: 3}": "Study.choose is 3; it must be a list",
    "study: {name: x, question: Q, baseline: [a]}": "Study.baseline is ['a']; it must be a mapping",
    "study: {name: x, question: 5}": "Study.question is 5; it must be a text",
    "study: {name: x, question: Q, chose: []}": "study has no field 'chose', only",
    "study: {name: x, question: Q, claims: 7}": "Study.claims is 7; it must be a list",
    "study: {name: x, question: Q, claims: [{kind: exact}]}": "lacks ['cell', 'margin', 'metric', 'value']",
    "study: {name: x, question: Q, figures: [{title: T}]}": "lacks ['x']",
    "study: {name: x, question: Q, claims: [{kind: exact, cell: {a: 1}, metric: m, value: .nan, margin: 1}]}": "value is nan",
    "study: {name: x, question: Q, claims: [{kind: exact, cell: {a: 1}, metric: m, value: 1, margin: .inf}]}": "margin is inf",
    "study: 3": "study is 3; it must be a mapping",
    "study: null": "study is None; it must be a mapping",
    "study: [a]": "In 'study/mine': a list stands where a mapping of keys and values must be",
    "hydra: {sweeper: {grids: {a: 1}}}": "In 'study/mine'",
    "hydra: {sweeper: {params: [a]}}": "In 'study/mine'",
    "- a": "study",
    "\0": "is not YAML",
}


@pytest.mark.parametrize("text", every_fourth_is_fast(STUDIES))
def test_a_broken_study_file_gets_a_message(run, tmp_path, text):
    (tmp_path / "mine" / "study").mkdir(parents=True)
    (tmp_path / "mine" / "study" / "mine.yaml").write_text(f"# @package _global_\n{text}\n")
    code, said = run("--config-dir", "mine", "study=mine", DRY)
    assert STUDIES[text] in said
    assert code == 2
    assert "Traceback" not in said


def test_cfg_and_multirun_go_together(run):
    code, said = run("--cfg", "job", "--multirun", "study=none")
    assert code == 0
    assert "epochs: 100" in said


@pytest.mark.slow
@pytest.mark.parametrize("study", sorted(file.stem for file in (CONF / "study").glob("*.yaml")))
def test_every_study_names_only_what_there_is_and_can_be_decided(run, study):
    code, said = run(f"study={study}", DRY)
    assert code == 0, said
    assert "cannot be tested" not in said
    assert "to know of a claim" not in said


@pytest.mark.slow
def test_claims_that_a_part_of_a_study_cannot_test_are_said_before_training(run):
    """Three of the four claims of l2_path are on cells that this command leaves out; the first is tested."""
    code, said = run("study=l2_path", "theory.strength=0.001,0.1", "seeds=1", DRY)
    assert code == 0, said
    assert (
        "3 claims cannot be tested by this sweep: So it does with strength 10 (no cell is at theory.strength=10);"
        in said
    )
    assert (
        "to know of a claim before training: Gradient descent with strength 0.1 ends at the ridge solution: 1 seed"
        in said
    )


@pytest.mark.slow
def test_a_union_of_grids_that_share_a_word_ends_in_a_page(lab):
    grids = "hydra.sweeper.grids=[{noise@noise.hidden:dropout},{noise@noise.inputs:dropout},{penalty:none},{constraint:none}]"
    small = [
        "study=none",
        "dataset=wine",
        "network.hidden=[5]",
        "epochs=2",
        "seeds=2",
        "evaluate_at.count=3",
        "split.train=60",
    ]
    done = command(lab, *small, grids)
    assert done.returncode == 0, done.stderr
    assert {"hidden=dropout", "inputs=dropout", "penalty=none", "constraint=none"} <= set(done.stdout.split())

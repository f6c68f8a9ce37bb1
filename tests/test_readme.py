"""The README says what is so: its commands are the ones that CI and the tests run, its links exist."""

import re

import pytest

from tests.conftest import ROOT, command

README = (ROOT / "README.md").read_text(encoding="utf-8")


def lines() -> list[str]:
    """The two lines to start with: the first block of shell commands."""
    return [
        line
        for line in re.search(r"```sh\n(.*?)```", README, re.S)[1].splitlines()
        if line and not line.startswith("#")
    ]


def test_ci_calls_the_readmes_test_line():
    install_and_run, install_and_test = lines()
    assert install_and_run.endswith("python -m experiments.run")
    assert install_and_test.endswith("python -m pytest")
    assert install_and_test in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_file_and_picture_it_names_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_dependency_is_justified():
    import tomllib

    names = [
        re.match(r"[\w-]+", line)[0]
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ]
    for name in names:
        assert f"`{name}`" in README, name


@pytest.mark.slow
def test_its_other_commands_run(lab):
    """Every command after the first block, on small sizes."""
    commands = re.findall(r"^(?:\.venv/bin/)?python -m (experiments\.run|reports\.build)(.*)$", README, re.M)
    assert len(commands) >= 3
    import shlex

    for module, arguments in commands:
        small = ["epochs=1", "seeds=2"] if module == "experiments.run" else []
        done = command(lab, *shlex.split(arguments, comments=True), *small, module=module)
        assert done.returncode == 0, done.stderr

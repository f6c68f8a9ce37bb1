"""The documents say what is so: their commands are the ones that CI and the tests run, their links lead somewhere."""

import re

import pytest

from tests.conftest import ROOT, command

DOCUMENTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "conf/README.md", "reports/checks/README.md")
}
README = DOCUMENTS["README.md"]


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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_picture_and_section_it_links_exists(name):
    prose = re.sub(r"```.*?```", "", DOCUMENTS[name], flags=re.S)
    for target, section in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", prose):
        if not target.startswith("http"):
            file = (ROOT / name).parent / target if target else ROOT / name
            assert file.exists(), target
            assert not section or section in sections(file.read_text(encoding="utf-8")), section


def sections(document: str) -> list[str]:
    """What GitHub calls them in an address."""
    return [
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)", document, re.M)
    ]


def test_the_readme_is_read_in_minutes():
    assert len(README.splitlines()) <= 90
    assert len(re.findall(r"^- \*\*[A-Z]\w+\*\*: ", README, re.M)) == 10  # the glossary


def test_every_dependency_is_justified():
    import tomllib

    names = [
        re.match(r"[\w-]+", line)[0]
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ]
    for name in names:
        assert f"`{name}`" in DOCUMENTS["CONTRIBUTING.md"], name


@pytest.mark.slow
def test_their_other_commands_run(lab):
    """Every command that stands at the beginning of a line, on small sizes."""
    import shlex

    every = "\n".join(DOCUMENTS.values())
    commands = re.findall(r"^(?:\.venv/bin/)?python -m (experiments\.run|reports\.build)(.*)$", every, re.M)
    assert len(commands) >= 8

    for module, arguments in commands:
        small = ["epochs=1", "seeds=2"] if module == "experiments.run" else []
        done = command(lab, *shlex.split(arguments, comments=True), *small, module=module)
        assert done.returncode == 0, done.stderr

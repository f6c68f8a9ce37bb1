"""What stands in two places is the same in both: versions, licences, the tools that are run before a commit."""

import tomllib

import yaml

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"title", "abstract", "message", "authors"} <= citation.keys()
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])


def test_the_changelog_has_this_version():
    assert PROJECT["version"] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_runs_before_a_commit_is_what_the_tests_ask():
    asked = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repo in asked["repos"] for hook in repo["hooks"]]
    assert [entry.removesuffix(" --force-exclude") for entry in entries] == ["ruff check", "ruff format", "mypy"]

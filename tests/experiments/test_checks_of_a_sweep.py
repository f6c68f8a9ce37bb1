"""From a command to the page: what checks find carries its code wherever it is said, and what is muted is counted."""

import pytest

from reports.schema.store import open_store
from tests.conftest import command


@pytest.mark.slow
def test_codes_reach_the_terminal_the_page_and_the_store(lab):
    small = [
        "study=none",
        "dataset=iris",
        "seeds=2",
        "epochs=2",
        "corruption=label_noise",
        "corruption.parts=[train,test]",
    ]
    done = command(lab, *small, "regularizer=none,l2", "batch_size=10,1000", "study.mute=[L015]")
    assert done.returncode == 1  # 1,000 rows are more than there are
    assert "since all their cells failed: none batch_size=1000, l2 batch_size=1000 (L014)." in " ".join(
        done.stdout.split()
    )
    assert "note: Muted by study.mute: L015 (1)." in done.stderr
    (page,) = (lab / "runs" / "reports").glob("*/index.html")
    text = page.read_text(encoding="utf-8")
    for code in ("L014", "L015", "L023"):
        assert f'id="{code}"' in text
    client = open_store(f"sqlite:///{lab / 'runs' / 'mlflow.db'}")
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.kind = 'sweep'")
    note = runs[0].data.tags["mlflow.note.content"]
    assert "(L023)" in note
    assert "- Muted by study.mute: L015 (1)." in note


@pytest.mark.slow
def test_a_code_that_is_none_is_refused_before_anything_is_trained(lab):
    refused = command(lab, "study=none", "study.mute=[L1]")
    assert refused.returncode == 2
    assert "Did you mean 'L001'?" in refused.stderr


def test_in_a_notebook_one_code_is_no_list_of_its_letters():
    from experiments.notebook import Experiment, datasets, run

    with pytest.raises(ValueError, match=r"study.mute is 'L001'; it must be a list of codes of checks"):
        run({"a": Experiment(datasets.iris(), seeds=2)}, mute="L001")

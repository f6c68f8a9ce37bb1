"""When a claim was stated: every sweep's run has, in a tag, a hash of each claim of its study; its start is when they were stated."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reports.schema.names import as_number, as_override

TAG = "claims"  # of a sweep's run: the hashes of its study's claims
NOT_JUDGED = ("says", "source")  # prose: a claim reworded is the same claim
LENGTH, MOST = 16, 400  # hexadecimal digits of a hash; hashes in a tag, which MLflow cuts at 8000 characters


def digest(claim: Any) -> str:
    """A hash of what is judged of a claim, however its numbers are written and its keys are ordered.

    >>> one = {"kind": "exact", "cell": {"penalty.strength": 0.001}, "value": 1, "says": "It is one"}
    >>> other = {"cell": {"penalty.strength": "1e-3"}, "value": 1.0, "kind": "exact"}
    >>> digest(one) == digest(other), digest(one) == digest(other | {"value": 2})
    (True, False)
    """
    judged = (
        {key: value for key, value in claim.items() if key not in NOT_JUDGED} if isinstance(claim, Mapping) else claim
    )
    return hashlib.sha256(json.dumps(canonical(judged), sort_keys=True).encode()).hexdigest()[:LENGTH]


def canonical(value: Any) -> Any:
    """The value with numbers as floating-point numbers, also those written as text."""
    if isinstance(value, Mapping):
        return {str(key): canonical(below) for key, below in value.items()}
    if isinstance(value, list):
        return [canonical(below) for below in value]
    return as_number(as_override(value))


def as_tag(claims: Iterable[Any]) -> str:
    """The hashes of a study's claims, for the tag of its sweep's run; of more than MOST claims the first."""
    return " ".join(list(dict.fromkeys(map(digest, claims)))[:MOST])


def in_tag(text: Any) -> set[str]:
    """The hashes in a tag, which may be a stranger's: what is no hash is left out.

    >>> in_tag("0123456789abcdef x'; -- 0123"), in_tag(None)
    ({'0123456789abcdef'}, set())
    """
    return set(re.findall(rf"\b[0-9a-f]{{{LENGTH}}}\b", text)) if isinstance(text, str) else set()


def first_stated(client: Any, claims: Iterable[Any]) -> dict[str, int]:
    """For each claim, by its hash, when the earliest sweep of the store began that stated it, in milliseconds since 1970.

    Sweeps that are marked as deleted count, and so do those that were interrupted.
    """
    waiting, found = set(map(digest, claims)), dict[str, int]()
    for run in sweeps_with_claims(client) if waiting else ():
        began = run.info.start_time
        for name in waiting & in_tag(run.data.tags.get(TAG)) if is_time(began) else ():
            found[name] = began
            waiting.discard(name)
        if not waiting:
            break
    return found


def sweeps_with_claims(client: Any) -> Iterator[Any]:
    """The runs of sweeps that stated claims, the earliest first."""
    from mlflow.entities import ViewType

    experiments = [one.experiment_id for one in client.search_experiments(ViewType.ALL)]
    token = None
    while True:
        wanted = f"tags.kind = 'sweep' and tags.{TAG} != ''"
        order = ["attributes.start_time ASC"]
        page = client.search_runs(experiments, wanted, ViewType.ALL, order_by=order, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def is_time(value: Any) -> bool:
    return isinstance(value, int) and value > 0

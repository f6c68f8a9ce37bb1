"""Steps to measure at are whole, in order, from the first to the last of any training, and the same when asked again."""

from experiments.study.evaluate_at import EvaluateAt, Geometric

TRAININGS = ((1, 1), (300, 1), (700, 7))  # steps in all, and of an epoch


def promise(rule: EvaluateAt) -> None:
    for total, per_epoch in TRAININGS:
        if max(getattr(rule, "at", [0])) * per_epoch > total:
            continue  # a list that is longer than such a training
        steps = rule(total, per_epoch)
        assert all(type(step) is int for step in steps), f"{rule} has steps that are not whole: {steps}"
        assert steps == sorted(set(steps)), f"{rule} measures twice, or out of order: {steps}"
        assert (steps[0], steps[-1]) == (0, total), f"{rule} leaves out an end of {total} steps: {steps}"
        assert rule(total, per_epoch) == steps, f"{rule} measures at other steps the second time"


class WithoutTheLast(Geometric):
    """Stops one short."""

    def __call__(self, total: int, per_epoch: int) -> list[int]:
        return Geometric.__call__(self, total, per_epoch)[:-1]


class FromTheFirstStep(Geometric):
    """Leaves out the network before training."""

    def __call__(self, total: int, per_epoch: int) -> list[int]:
        return Geometric.__call__(self, total, per_epoch)[1:]


BROKEN = [WithoutTheLast(), FromTheFirstStep()]

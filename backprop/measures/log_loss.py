"""The cross-entropy of the probabilities that a classifier states, whatever loss it was trained by."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.losses import LOG_LINKS
from backprop.measures.confidence import two_columns
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.metrics import answers


@choice
class LogLoss:
    """train/log_loss, … of each part: −(1/n) Σₙ log p(yₙ | xₙ), in nats, p by the loss's own link: softmax, or the sigmoids' shares.

    So cells with different losses compare. Of training labels that a corruption has changed, against the changed ones.
    """

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        loss = type(subject.loss).__name__
        if subject.loss.task != "classification":
            raise ValueError(
                f"LogLoss is of classes, and loss is {loss}, which is for {subject.loss.task}; leave the measure out."
            )
        if subject.loss.link == "none":
            raise ValueError(
                f"LogLoss needs probabilities of classes, and loss is {loss}, whose outputs are none; take "
                "loss=softmax_cross_entropy, or leave the measure out."
            )
        return tuple(f"{part}/log_loss" for part in subject.parts)

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        parts, link = seen.subject.parts, LOG_LINKS[seen.recipe.loss.link]
        found = {f"{part}/log_loss": np.full(len(seen.of), np.nan) for part in parts}
        with np.errstate(all="ignore"):
            for r, s, z in answers(seen.layout, seen.parameters, seen.data, seen.of):
                scores, y = two_columns(z[0].astype(float), seen.data[s].y[0])
                costs = -np.where(y > 0.5, link(scores), 0).sum(axis=-1)
                for part in parts:
                    found[f"{part}/log_loss"][r] = costs[seen.data[s].rows[part]].mean()
        return found

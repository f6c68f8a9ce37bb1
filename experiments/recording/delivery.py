"""Delivers records to a store that may be locked or down for a while: what cannot be recorded now waits, in order."""

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from experiments.recording.store import unavailable

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
PATIENCE = 180  # seconds that a store may be down before the sweep gives up; its results stay on disk
PAUSE = 5  # seconds between tries


class StoreUnavailable(Exception):
    """The store did not answer; nothing is lost, and the message says how to go on."""


class WriteQueue:
    """Records that wait for the store."""

    def __init__(self, console: "Console"):
        self.console = console
        self.waiting: deque[Callable[[], None]] = deque()
        self.next_try = 0.0

    def add(self, record: Callable[[], None]) -> None:
        """Queues a record, and writes all that wait, oldest first, as long as the store answers."""
        self.waiting.append(record)
        while self.waiting and time.monotonic() >= self.next_try:
            try:
                self.waiting[0]()
                self.waiting.popleft()
            except Exception as error:
                self.on_unavailable(error)

    def finish(self) -> None:
        """Writes all waiting records. Raises StoreUnavailable where the store does not come back."""
        while self.waiting:
            retry(self.waiting[0], self.console)
            self.waiting.popleft()

    def on_unavailable(self, error: Exception) -> None:
        if not unavailable(error):
            raise error
        self.next_try = time.monotonic() + PAUSE
        self.console.print(f"the store does not answer; results wait on disk ({first_line(error)})", markup=False)


def retry(call: Callable[[], T], console: "Console") -> T:
    """Repeats a call until the store answers; returns its value. Raises StoreUnavailable after PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except Exception as error:
            if not unavailable(error):
                raise
            if time.monotonic() > end:
                raise StoreUnavailable(
                    f"the store did not answer for {PATIENCE} s ({first_line(error)}); what was trained lies in "
                    "runs/journal.db, and the same command records it without training it again"
                ) from error
            console.print(f"waiting for the store ({first_line(error)})", markup=False)
            time.sleep(PAUSE)


def first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]

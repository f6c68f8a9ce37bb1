"""What tests of reports share."""

import pytest

import reports.contents
import reports.page
from reports.figures.figure import Picture, specification


@pytest.fixture
def undrawn(monkeypatch):
    """Specifications without their pictures, which take most of the time; and without Vega's bundle."""
    monkeypatch.setattr(reports.page, "script", lambda: "")
    monkeypatch.setattr(
        reports.contents, "draw", lambda figure: Picture(figure, specification(figure), "<svg></svg>", b"")
    )

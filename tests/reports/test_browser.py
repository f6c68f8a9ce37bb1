"""The page and MLflow's UI in a real browser: Debian's chromium, driven by Playwright."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from tests.conftest import environment

CHROMIUM = shutil.which("chromium")
MLFLOWS_OWN = (
    "/mlflow/users/current",
    "ResizeObserver loop completed",
)  # what its UI says of itself, whatever it shows
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Opens an address at a width; the page's errors and those on its console must stay empty."""
    wrong, pages = [], []

    def open_page(address, width=1200, offline=True):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(f"{said.text} ({said.location['url']})") if said.type == "error" else None,
        )
        if offline:
            page.on(
                "request",
                lambda asked: (
                    wrong.append(asked.url) if not asked.url.startswith(("file:", "data:", "blob:")) else None
                ),
            )
        page.goto(address)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    wrong = [one for one in wrong if not any(known in one for known in MLFLOWS_OWN)]
    assert not wrong, "\n".join(wrong)


def address_of(smoke):
    folder, done = smoke
    return (folder / re.search(r"Report: (\S+)", done.stderr)[1]).resolve().as_uri()


def test_the_page_shows_table_and_figures_and_every_figure_can_be_saved(smoke, visit):
    page = visit(address_of(smoke))
    assert page.locator("h1").inner_text().endswith("?")
    assert page.locator("main table").first.locator("tbody tr").count() == 2 + 2  # two arms, two references
    figures = page.locator("figure")
    assert figures.count() >= 5
    assert page.locator("figure .vega-embed svg").count() >= figures.count()
    for index in range(figures.count()):
        figures.nth(index).locator("summary").click()
        assert figures.nth(index).locator(".vega-actions a").all_inner_texts()[:2] == ["Save as SVG", "Save as PNG"]
        figures.nth(index).locator("summary").click()


def test_hovering_shows_the_values(smoke, visit):
    page = visit(address_of(smoke))
    page.locator('[data-figure="differences"] .mark-symbol path').first.hover(force=True)
    shown = page.locator("#vg-tooltip-element")
    shown.wait_for(state="visible")
    assert "difference" in shown.inner_text()
    assert "l2" in shown.inner_text()


def test_the_page_fits_a_phone(smoke, visit):
    page = visit(address_of(smoke), width=390)
    page.locator("figure .vega-embed svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_mlflows_ui_opens_on_the_charts_of_the_sweep(smoke, visit):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = [sys.executable, "-m", "experiments.ui", "--port", str(port)]
    server = subprocess.Popen(
        run,
        cwd=smoke[0],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        address = server.stdout.readline().strip()
        assert address.startswith(f"http://127.0.0.1:{port}/#/experiments/")
        for line in server.stdout:
            if "startup complete" in line:
                break
        page = visit(address, width=1600, offline=False)
        page.get_by_text("curve/test").first.wait_for(timeout=60_000)
        page.get_by_role("link", name="l2 strength=0.1").first.wait_for(timeout=60_000)
        page.locator(".js-plotly-plot").first.wait_for(timeout=60_000)
        page.get_by_role("link", name="l2 strength=0.1").first.click()
        page.get_by_text("penalty.strength").first.wait_for(timeout=60_000)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        server.stdout.close()

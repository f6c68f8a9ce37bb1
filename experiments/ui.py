"""python -m experiments.ui [--port PORT]: MLflow's UI of the store in use, on this machine alone, at the newest study's charts."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

PATIENCE = 10  # seconds for MLflow's servers to end when they are asked to


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.ui", description=__doc__)
    parser.add_argument("--port", type=int, default=5000)
    port = parser.parse_args().port
    from experiments.recording import store
    from reports.door import front_door

    with front_door():
        client = store.existing_store(
            writing=True
        )  # the UI's server asks MLflow for artifacts, which must know where they are
        newest = store.runs_of_kind(client, "sweep")
        for note in store.of_other_formats(newest):
            print(note, file=sys.stderr)
        print(address(port, newest[0].info.experiment_id if newest else "0"), flush=True)
        server = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store.tracking_uri()]
        sys.exit(served([*server, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]))


def served(server: Sequence[str]) -> int:
    """Runs MLflow's server until it ends, or this process is asked to end. Its own processes end with it: they are a group."""
    for asked in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(asked) is not signal.SIG_IGN:  # as nohup sets
            signal.signal(asked, signal.default_int_handler)
    process = subprocess.Popen(server, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}, start_new_session=True)
    try:
        return process.wait()
    finally:
        end_group(process)


def end_group(leader: "subprocess.Popen[bytes]") -> None:
    """Asks all processes of a group to end, then ends those that do not."""
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            leader.wait(PATIENCE)
        os.killpg(leader.pid, signal.SIGKILL)


def address(port: int, experiment_id: str) -> str:
    """Where an experiment's runs open as charts; MLflow's plain address opens a page about traces."""
    view = "workflowType=machine_learning&compareRunsMode=CHART"
    return f"http://127.0.0.1:{port}/#/experiments/{experiment_id}/runs?{view}"


if __name__ == "__main__":
    main()

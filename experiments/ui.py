"""python -m experiments.ui [--port PORT]: MLflow's UI of the store in use, on this machine alone, at the newest study's charts."""

import argparse
import os
import subprocess
import sys


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.ui", description=__doc__)
    parser.add_argument("--port", type=int, default=5000)
    port = parser.parse_args().port
    from experiments import store
    from reports.load import NoSuchSweep

    try:
        client = store.existing_store()
        newest = store.runs_of_kind(client, "sweep")
    except NoSuchSweep as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(address(port, newest[0].info.experiment_id if newest else "0"), flush=True)
    server = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store.tracking_uri()]
    server += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    try:
        sys.exit(subprocess.run(server, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}).returncode)
    except KeyboardInterrupt:
        sys.exit(130)


def address(port: int, experiment_id: str) -> str:
    """Where an experiment's runs open as charts; MLflow's plain address opens a page about traces."""
    view = "workflowType=machine_learning&compareRunsMode=CHART"
    return f"http://127.0.0.1:{port}/#/experiments/{experiment_id}/runs?{view}"


if __name__ == "__main__":
    main()

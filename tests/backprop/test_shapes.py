"""The shapes in signatures are checked: in a process of its own, for the checks slow training down a hundredfold."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_the_shapes_in_signatures_hold_throughout_training():
    files = [
        str(HERE / name)
        for name in ("test_gradients.py", "test_worked_examples.py", "test_noise.py", "test_training.py")
    ]
    shapes = "--jaxtyping-packages=backprop,beartype.beartype"
    run = [sys.executable, "-m", "pytest", "-q", "-x", shapes, "-p", "no:cacheprovider", "-k", "not alone", *files]
    done = subprocess.run(run, capture_output=True, text=True, cwd=HERE.parent.parent, timeout=400)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_wrong_shape_is_caught():
    wrong = "import numpy as np; from backprop.operations import affine; affine(np.ones((2, 3, 5)), np.ones((2, 5, 7)), np.ones((7,)))"
    hook = "from jaxtyping import install_import_hook; install_import_hook('backprop', 'beartype.beartype'); "
    done = subprocess.run([sys.executable, "-c", hook + wrong], capture_output=True, text=True, timeout=60)
    assert "TypeCheckError" in done.stderr

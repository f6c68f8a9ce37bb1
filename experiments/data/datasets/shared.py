"""Large arrays in shared memory, which has no file on disk and is freed when the last process that uses it ends."""

import os
import weakref
from typing import Any

import numpy as np

from backprop.arrays import Array

LARGE = 2**24  # bytes; from here on, a copy for every worker costs too much


def held(array: Array, dtype: Any) -> Array:
    """The array in row-major order and this type; a large one in memory that joblib's workers share.

    Where the system has no such memory (Linux does), it is an ordinary array, which joblib copies for its workers.
    """
    if isinstance(array.base, np.memmap) and array.dtype == dtype and array.flags.c_contiguous:
        return array
    if array.size * np.dtype(dtype).itemsize < LARGE:
        return np.ascontiguousarray(array, dtype)
    try:
        file = os.memfd_create("features")
    except (AttributeError, OSError):
        return np.ascontiguousarray(array, dtype)
    path = f"/proc/{os.getpid()}/fd/{file}"  # workers open it by this name
    np.memmap(path, dtype, "w+", shape=array.shape)[...] = array
    seen = np.memmap(path, dtype, "r", shape=array.shape)
    weakref.finalize(seen, os.close, file)
    return np.asarray(seen)

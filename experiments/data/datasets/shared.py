"""Large arrays in memory that all processes see: it lies in no folder, and is freed with the last process that looks at it."""

import os
import weakref
from typing import Any

import numpy as np

from backprop.arrays import Array

LARGE = 2**24  # bytes from which a copy for every worker would be felt


def held(array: Array, dtype: Any) -> Array:
    """The array in rows one after the other, in this type; a large one where joblib's workers see the same memory.

    Where the system has no such memory (Linux does) it is an array like any other, and joblib copies it for its workers.
    """
    if isinstance(array.base, np.memmap) and array.dtype == dtype and array.flags.c_contiguous:
        return array
    if array.size * np.dtype(dtype).itemsize < LARGE:
        return np.ascontiguousarray(array, dtype)
    try:
        file = os.memfd_create("features")
    except (AttributeError, OSError):
        return np.ascontiguousarray(array, dtype)
    path = f"/proc/{os.getpid()}/fd/{file}"  # by this name workers open it
    np.memmap(path, dtype, "w+", shape=array.shape)[...] = array
    seen = np.memmap(path, dtype, "r", shape=array.shape)
    weakref.finalize(seen, os.close, file)
    return np.asarray(seen)

"""The memory and the free disk of this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from experiments import RUNS

GROUPS = {  # by controller: the folder of its control groups, and the file with the limit in bytes; version 2, version 1
    "": (Path("/sys/fs/cgroup"), "memory.max"),
    "memory": (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
}


def memory_of_machine() -> float:
    """Bytes of memory: the machine's, or the limit of a control group if that is lower; 0 if unknown."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0.0
    return float(min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *of_control_groups()]))


def of_control_groups() -> Iterator[int]:
    """The memory limits of this process's control groups: a container may have less memory than its machine."""
    for controllers, path in own_groups():
        for kind, (root, name) in GROUPS.items():
            place = root / path.lstrip("/")
            for folder in [place, *place.parents] if kind in controllers.split(",") else []:
                file = folder / name
                text = file.read_text().strip() if folder.is_relative_to(root) and file.is_file() else ""
                if text.isdigit():  # "max" is no limit
                    yield int(text)


def own_groups() -> list[tuple[str, str]]:
    """The control groups of this process: pairs of controllers and path; version 2 names no controllers."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [(controllers, path) for _, controllers, path in (line.split(":", 2) for line in lines)]


def free_disk() -> float:
    """Free bytes on the disk with the records."""
    return float(shutil.disk_usage(RUNS if RUNS.exists() else Path.cwd()).free)

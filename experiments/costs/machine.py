"""What there is to spend: the memory and the disk of this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from experiments import RUNS

GROUPS = {  # by what they control: where Linux shows them, and the file that has the bytes; version 2, version 1
    "": (Path("/sys/fs/cgroup"), "memory.max"),
    "memory": (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
}


def memory_of_machine() -> float:
    """Bytes: the machine's, or as many as its control group may take; 0 where nobody tells."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0.0
    return float(min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *of_control_groups()]))


def of_control_groups() -> Iterator[int]:
    """What Linux lets this process and those around it take: a container's memory is less than its machine's."""
    for controllers, own in own_groups():
        for kind, (root, name) in GROUPS.items():
            place = root / own.lstrip("/")
            for folder in [place, *place.parents] if kind in controllers.split(",") else []:
                file = folder / name
                text = file.read_text().strip() if folder.is_relative_to(root) and file.is_file() else ""
                if text.isdigit():  # else it says "max"
                    yield int(text)


def own_groups() -> list[tuple[str, str]]:
    """The control groups of this process, each with what it controls: nothing is named where it is all."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [(controllers, own) for _, controllers, own in (line.split(":", 2) for line in lines)]


def free_disk() -> float:
    """Bytes, where the records lie."""
    return float(shutil.disk_usage(RUNS if RUNS.exists() else Path.cwd()).free)

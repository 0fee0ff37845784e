"""Where the bundled program starts: as `castmerge` or, double-clicked, with the app of its own folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from merge.cli import main

# Programs that it opens, such as the browser, get their own libraries, not those of the bundle.
for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
    if name in os.environ:
        before = os.environ.get(f"{name}_ORIG")
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before

main(sys.argv[1:] or ["open", str(Path(sys.executable).resolve().parent)])

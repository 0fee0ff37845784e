"""`castmerge open`: a local web page for people who never open a terminal.

It uses the same session code as the command line and has no rules of its own. `server` starts and ends it,
`guard` decides which requests are answered, `routes` lists the calls, and `campaign` has the shared state:
the chosen workbook and template, their check, and the run.

Add a call in `routes`, next to those of its subject, and its code in the module of that subject.
"""

from __future__ import annotations

from merge.app.campaign import CampaignOptions, ReadOptions
from merge.app.server import Opened, open_app

__all__ = ["CampaignOptions", "Opened", "ReadOptions", "open_app"]

"""castmerge's dependencies: `python -m tests.support.dependencies` lists name, version and licence of each.

Fails if a licence isn't one that a company may install without asking, or if a version differs from
`constraints.txt`. `--constraints` prints that file again, `--sbom` a CycloneDX list.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

FREE = re.compile(
    r"\b(MIT|MIT-0|0BSD|BSD|BSD-[23]-Clause|Apache|Apache-2\.0|PSF|PSF-2\.0|ISC|MPL|MPL-2\.0|LGPL|Python)\b"
)
"""Licenses of libraries that may be installed next to any other, including the LGPL."""


@dataclass(frozen=True)
class Brought:
    """One package."""

    name: str
    version: str
    licence: str


def closure(name: str) -> dict[str, Brought]:
    """All dependencies of a package on this system, without the package itself."""
    found: dict[str, Brought] = {}
    waiting = list(_needs(distribution(name)))
    while waiting:
        wanted = canonicalize_name(waiting.pop())
        if wanted in found:
            continue
        try:
            package = distribution(wanted)
        except PackageNotFoundError:
            continue
        found[wanted] = Brought(wanted, package.version, _licence(package))
        waiting += _needs(package)
    return dict(sorted(found.items()))


def _needs(package: Distribution) -> Iterator[str]:
    for text in package.requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _licence(package: Distribution) -> str:
    said = package.metadata
    classified = [
        text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or [] if "License" in text
    ]
    written = next(
        (text for name in ("License-Expression", "License") for text in said.get_all(name) or []), ""
    )
    return (written or "; ".join(classified) or "?").splitlines()[0][:60]


def constraints(found: dict[str, Brought]) -> str:
    """The text of `constraints.txt`."""
    lines = [f"{each.name}=={each.version}" for each in found.values()]
    return "\n".join(["# Versions that the tests ran with: pip install -c constraints.txt .", *lines, ""])


def sbom(found: dict[str, Brought]) -> str:
    """A software bill of materials in CycloneDX 1.5."""
    components = [
        {
            "type": "library",
            "name": each.name,
            "version": each.version,
            "purl": f"pkg:pypi/{each.name}@{each.version}",
            "licenses": [{"license": {"name": each.licence}}],
        }
        for each in found.values()
    ]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}
    return json.dumps(bom, indent=2)


def faults(found: dict[str, Brought], pinned: str) -> Iterator[str]:
    """The violations found."""
    versions = dict(re.findall(r"^([a-z0-9-]+)==(\S+)$", pinned, re.MULTILINE))
    for each in found.values():
        if not FREE.search(each.licence):
            yield f"{each.name} {each.version}: its licence is {each.licence!r}"
        if versions.get(each.name) != each.version:
            known = versions.get(each.name, "nothing of it")
            yield f"{each.name} {each.version}: constraints.txt says {known}"


def main() -> int:
    """Print the list and the violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--constraints", action="store_true")
    parser.add_argument("--sbom", action="store_true")
    asked = parser.parse_args()
    found = closure("castmerge")
    if asked.constraints or asked.sbom:
        sys.stdout.write(constraints(found) if asked.constraints else sbom(found))
        return 0
    for each in found.values():
        print(f"{each.name:24} {each.version:14} {each.licence}")
    wrong = list(faults(found, (ROOT / "constraints.txt").read_text(encoding="utf-8")))
    for line in wrong:
        print(line, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

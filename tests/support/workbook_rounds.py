"""Rounds of damaged workbooks: `python tests/workbook_rounds.py --seconds 900 --seed 7 [FOLDER …]`.

Each round takes a real workbook, damages it in one to three ways, and writes results into its first
worksheets. Either the results are written and nothing else differs, or they are refused with a message and
the file isn't changed. The only error is a MergeError, no file is left next to the workbook, and nothing
takes minutes. With `--whole` each workbook is used once, undamaged, with all its worksheets.
"""

from __future__ import annotations

import argparse
import io
import os
import pickle
import random
import re
import resource
import shutil
import signal
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from tests.support.paths import ROOT

sys.path.insert(0, str(ROOT))

from merge.errors import MergeError
from merge.workbook import open_package
from merge.workbook.read.worksheet import read_worksheet
from tests.support.check_inputs import (
    Sheets,
    differences,
    header_row_of,
    put_results,
    seen_by_calamine,
    seen_by_openpyxl,
)

PATIENCE = 60.0
"""The time limit for one sheet, in seconds."""
_MEMORY = 3 << 30
_ATTRIBUTE = re.compile(rb"\s([\w:]+)=\"([^\"]*)\"")
_ELEMENT = re.compile(rb"<([\w:]+)(?:\s[^<>]*)?/>|<([\w:]+)(?:\s[^<>]*)?>[^<>]*</\2>")
_TAG = re.compile(rb"</?[\w:]+[^<>]*>")
_ODD = (
    b"", b"0", b"-1", b"1", b"99999999999", b"1048577", b"A1", b"XFE1", b"ZZZ9", b"A1:B2", b"B2:A1", b"$A$1",
    b"A:A", b"1:1", b"A1:XFD1048576", b"1e400", b"NaN", b"true", b"rId1", b"../../x", b"\xc3\xa9", b"&#65;",
    b"&amp;", b" ",
)  # fmt: skip

Seen = TypeVar("Seen")
Parts = dict[str, bytes]
Damage = Callable[[Parts, random.Random], None]


def _xml_parts(parts: Parts) -> list[str]:
    return [name for name in parts if name.endswith((".xml", ".rels"))]


def _some(parts: Parts, chance: random.Random) -> str:
    """A random part; parts that matter for a write are more likely."""
    names = _xml_parts(parts)
    weights = [1 if name.startswith(("docProps", "xl/theme", "xl/charts")) else 8 for name in names]
    return chance.choices(names, weights)[0]


def _odd_attribute(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    found = list(_ATTRIBUTE.finditer(parts[name]))
    if found:
        one = chance.choice(found)
        parts[name] = parts[name][: one.start(2)] + chance.choice(_ODD) + parts[name][one.end(2) :]


def _lost_attribute(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    found = list(_ATTRIBUTE.finditer(parts[name]))
    if found:
        one = chance.choice(found)
        parts[name] = parts[name][: one.start()] + parts[name][one.end() :]


def _lost_element(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    found = list(_ELEMENT.finditer(parts[name]))
    if found:
        one = chance.choice(found)
        parts[name] = parts[name][: one.start()] + parts[name][one.end() :]


def _doubled_element(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    found = list(_ELEMENT.finditer(parts[name]))
    if found:
        one, where = chance.choice(found), chance.choice(found)
        parts[name] = parts[name][: where.end()] + one[0] + parts[name][where.end() :]


def _lost_tag(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    found = list(_TAG.finditer(parts[name]))
    if found:
        one = chance.choice(found)
        parts[name] = parts[name][: one.start()] + parts[name][one.end() :]


def _foreign_xml(parts: Parts, chance: random.Random) -> None:
    """Well-formed XML that Excel never writes; in relationships it makes openpyxl fail."""
    name = _some({name: content for name, content in parts.items() if name.endswith(".xml")} or parts, chance)
    found = list(_TAG.finditer(parts[name]))
    odd = (
        b"<!-- x -->",
        b"<![CDATA[x]]>",
        b"<?x y?>",
        b"<odd xmlns='urn:odd'/>",
        b"text",
        b"\n\n  ",
        b"<c/>",
        b"<row/>",
    )
    if found:
        one = chance.choice(found)
        parts[name] = parts[name][: one.end()] + chance.choice(odd) + parts[name][one.end() :]


def _other_quotes(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    parts[name] = _ATTRIBUTE.sub(
        lambda it: b" %b='%b'" % (it[1], it[2].replace(b"'", b"&apos;")), parts[name]
    )


def _roomy(parts: Parts, chance: random.Random) -> None:
    """Add spaces wherever XML allows them."""
    name = _some(parts, chance)
    blank = chance.choice((b" ", b"\n", b"\r\n\t"))
    parts[name] = re.sub(rb"(<[\w:]+(?:\s[^<>]*[^/<>])?)(/?>)", rb"\1" + blank + rb"\2", parts[name])


def _other_encoding(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", parts[name].decode("utf-8-sig", "replace"))
    encoding = chance.choice(("utf-16", "utf-8-sig", "utf-16-le", "latin-1"))
    head = "" if encoding != "latin-1" else "<?xml version='1.0' encoding='iso-8859-1'?>"
    parts[name] = (head + text).encode(encoding, "xmlcharrefreplace")


def _lost_part(parts: Parts, chance: random.Random) -> None:
    del parts[chance.choice(list(parts))]


def _swapped_parts(parts: Parts, chance: random.Random) -> None:
    first, second = chance.choice(list(parts)), chance.choice(list(parts))
    parts[first], parts[second] = parts[second], parts[first]


def _cut_part(parts: Parts, chance: random.Random) -> None:
    name = chance.choice(list(parts))
    parts[name] = parts[name][: chance.randrange(len(parts[name]) + 1)]


def _garbled_part(parts: Parts, chance: random.Random) -> None:
    name = _some(parts, chance)
    content = bytearray(parts[name])
    for _ in range(min(len(content), chance.randint(1, 8))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    parts[name] = bytes(content)


DAMAGES: Sequence[Damage] = (
    _odd_attribute, _odd_attribute, _odd_attribute, _lost_attribute, _lost_attribute, _lost_element,
    _doubled_element, _lost_tag, _foreign_xml, _other_quotes, _roomy, _other_encoding, _lost_part,
    _swapped_parts, _cut_part, _garbled_part,
)  # fmt: skip


def damaged(original: bytes, chance: random.Random) -> bytes:
    """The workbook with a fault in its zip file or in its parts."""
    if chance.random() < 0.2:
        return _damaged_zip(original, chance)
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    for _ in range(chance.randint(1, 3)):
        chance.choice(DAMAGES)(parts, chance)
        if not _xml_parts(parts):
            break
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def _damaged_zip(original: bytes, chance: random.Random) -> bytes:
    content = bytearray(original)
    directory = content.rfind(b"PK\x05\x06")
    match chance.randrange(4):
        case 0:
            for _ in range(chance.randint(1, 6)):
                content[chance.randrange(len(content))] = chance.randrange(256)
        case 1:  # the directory has the sizes and offsets that everything depends on
            start = int.from_bytes(content[directory + 16 : directory + 20], "little")
            content[chance.randrange(min(start, len(content) - 1), len(content))] = chance.randrange(256)
        case 2:
            del content[chance.randrange(len(content)) :]
        case _:
            at = chance.randrange(len(content))
            content[at:at] = chance.randbytes(chance.randint(1, 40))
    return bytes(content)


@dataclass
class Tally:
    """The results of the rounds."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def _apart(look: Callable[[], Seen]) -> Seen | None:
    """Run another reader in its own process, because some damage makes it use up the memory or crash."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        with suppress(BaseException), os.fdopen(writing, "wb") as pipe:
            pickle.dump(look(), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(child, 0)
    try:
        found: Seen | None = pickle.loads(content) if status == 0 else None  # noqa: S301 - from our own child process
    except (EOFError, pickle.UnpicklingError):
        return None
    return found


def _calamine(path: Path) -> Sheets | None:
    return _apart(lambda: seen_by_calamine(path))


def _openpyxl(path: Path, sheet: str) -> Mapping[str, str] | None:
    return _apart(lambda: seen_by_openpyxl(path, sheet))


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def find_problems(path: Path, tally: Tally, *, thorough: bool = True, most: int = 1000) -> list[str]:
    """Read the workbook, write into at most `most` of its worksheets, and return the problems."""
    faults: list[str] = []
    try:
        with _bounded(PATIENCE):
            read_worksheet(path)
    except MergeError as error:
        tally.reasons[f"read: {error.message[:60]}"] += 1
    try:
        with open_package(path) as package:
            sheets = [(it.name, it.part) for it in package.sheets if it.kind == "worksheet"]
    except MergeError as error:
        tally.counts["refused"] += 1
        return [] if error.hint else [f"no cure: {error}"]
    for sheet, part in list(dict(sheets).items())[:most]:
        faults += _check_sheet(path, sheet, part, tally, thorough=thorough)
    return faults


def _check_sheet(path: Path, sheet: str, part: str, tally: Tally, *, thorough: bool) -> list[str]:
    before = path.with_name("before.xlsx")
    shutil.copyfile(path, before)
    around = sorted(it.name for it in path.parent.iterdir())
    try:
        with _bounded(PATIENCE):
            asked = put_results(path, sheet, header_row_of(path, sheet, _calamine))
    except MergeError as error:
        tally.counts["refused"] += 1
        tally.reasons[f"write: {error.message[:60]}"] += 1
        faults = [] if error.hint else [f"{sheet}: no cure: {error}"]
        if "couldn't save the workbook safely" in error.message:
            faults.append(f"{sheet}: {error.message}")
        if path.read_bytes() != before.read_bytes():
            faults.append(f"{sheet}: refused, but changed")
    else:
        tally.counts["written"] += 1
        faults = [
            f"{sheet}: {it}"
            for it in differences(
                before, path, part, asked, thorough=thorough, reader=_calamine, formulas=_openpyxl
            )
        ]
    left = sorted(it.name for it in path.parent.iterdir())
    return faults if left == around else [*faults, f"{sheet}: left behind: {set(left) - set(around)}"]


def play(
    original: Path,
    seed: int,
    folder: Path,
    tally: Tally,
    *,
    whole: bool = False,
    thorough: bool = True,
) -> None:
    """One round: damage a workbook as the seed determines, write, and check."""
    content = original.read_bytes()
    path = folder / "round.xlsx"
    try:
        path.write_bytes(content if whole else damaged(content, random.Random(seed)))
        faults = find_problems(path, tally, thorough=thorough, most=1000 if whole else 3)
    except Exception:  # noqa: BLE001 - other exceptions are what the rounds search for
        faults = [traceback.format_exc(limit=-4)]
    tally.counts["rounds"] += 1
    tally.faults += [f"{original.name}, seed {seed}: {fault}" for fault in faults]


def workbooks(folders: Sequence[Path]) -> list[Path]:
    """Every file of these folders that is a valid zip file."""
    found = [path for folder in folders for path in sorted(folder.glob("*.xls[xm]"))]
    return [path for path in found if zipfile.is_zipfile(path) and not _broken(path)]


def _broken(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is not None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return True


def main() -> int:
    """Play the rounds and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true")
    chosen = parser.parse_args()
    tally, seed = Tally(), chosen.seed
    originals = workbooks(chosen.folders)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    ends = time.process_time() + chosen.seconds
    with TemporaryDirectory() as folder:
        while originals and (chosen.whole or time.process_time() < ends):
            original = originals.pop(0) if chosen.whole else random.Random(seed).choice(originals)
            thorough = chosen.whole or seed % 4 == 0
            play(original, seed, Path(folder), tally, whole=chosen.whole, thorough=thorough)
            seed += 1
    print(dict(tally.counts))
    for reason, times in tally.reasons.most_common(40):
        print(f"{times:6}  {reason}")
    for fault in tally.faults:
        print("FAULT", fault)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())

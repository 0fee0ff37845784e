"""The relationships of a sheet's hyperlinks: read, changed and added to (ECMA-376 part 2)."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from operator import ne

from merge.errors import WorkbookError
from merge.workbook.package.relationships import RelationshipsXml
from merge.workbook.xml.parse import DOCUMENT_RELATIONSHIPS, RELATIONSHIPS, SAVE_AGAIN, Source, attribute
from merge.workbook.xml.splice import refuse_other_encodings, start_tag

_CHUNK = 1 << 18
_MOST_DIGITS = 9
_RELATIONSHIP = re.compile(rb"<(?:[\w.-]+:)?Relationship(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_RELATIONSHIP_ID = re.compile(rb"\sId\s*=\s*[\"']rId([1-9]\d{0,5})[\"']")
_TARGET = re.compile(rb"\sTarget\s*=\s*(\"[^\"]*\"|'[^']*')")
_USUAL = re.compile(
    rb"<Relationship Id=\"rId([1-9]\d{0,5})\" Type=\"(?:%b)/hyperlink\""
    rb" Target=\"([^\"<>&]*(?:&(?:amp|quot|lt|gt);[^\"<>&]*)*)\" TargetMode=\"External\"/>"
    % "|".join(map(re.escape, DOCUMENT_RELATIONSHIPS.values())).encode()
)
"""A link as Excel and castmerge write it."""
_REMEMBERED = 16_384
"""Addresses that share a relationship; one that comes again later gets another."""
_MOST_NUMBERS = 1_000_000
NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<Relationships xmlns="%b"/>'
    % RELATIONSHIPS.encode()
)


def _number_of(rel_id: str) -> int:
    """Return the number of an id such as rId7, as Excel, LibreOffice and castmerge write them; else 0."""
    digits = rel_id[3:] if rel_id.startswith("rId") and rel_id.isascii() else ""
    number = int(digits) if digits.isdecimal() and digits[0] != "0" and len(digits) <= _MOST_DIGITS else 0
    return number if number < _MOST_NUMBERS else 0


class LinkRelationships:
    """The relationships of a sheet. Those of our links get new addresses, and new links get new ones.

    A sheet has up to 65,530, so addresses that are there are only kept as their hashes.

    Attributes:
        types: what the types of relationships begin with
    """

    def __init__(self, relationships: Source, namespace: str, place: str) -> None:
        self._place = place
        self.types = DOCUMENT_RELATIONSHIPS[namespace]
        self._hashes = array("q", [0])
        """Of the address of each numbered relationship as XML spells it; 0 if there is none."""
        self._others: dict[str, str] = {}
        self._highest = 0
        self._sound = True
        lines = RelationshipsXml(OtherRelationships(relationships, self._note), place)
        for line in lines:
            number = _number_of(line.rel_id)
            if number and line.is_link:
                self._note([(b"%d" % number, attribute(line.target).encode())])
            else:
                self._sound &= line.rel_id not in self._others and not self._hash(number)
                self._others[line.rel_id] = line.target
            digits = line.rel_id.removeprefix("rId")
            if line.rel_id.startswith("rId") and len(digits) <= _MOST_DIGITS and digits.isdecimal():
                self._highest = max(self._highest, int(digits))
        self._sound &= lines.sound
        self._highest = max(self._highest, len(self._hashes) - 1)
        self._prefix = lines.prefix
        self._template = (
            f'<{self._prefix}Relationship Id="rId%d" Type="{self.types}/hyperlink" '
            'Target="%b" TargetMode="External"/>'
        ).encode()
        self._uses = array("L", [0]) * len(self._hashes)
        self._changed = array("L", [0]) * len(self._hashes)
        self._numbers: dict[int, int] | None = None
        self._urls = bytearray(1)
        self._new = [bytearray()]
        self._added = 0

    def _note(self, links: Sequence[tuple[bytes, bytes]]) -> None:
        """Note the numbers and addresses of links that are there."""
        numbers = [int(number) for number, _ in links]
        self._hashes.extend([0] * (max(numbers, default=0) + 1 - len(self._hashes)))
        for number, (_, target) in zip(numbers, links, strict=True):
            self._sound &= not self._hashes[number] and f"rId{number}" not in self._others
            self._hashes[number] = hash(target) or 1

    def _hash(self, number: int) -> int:
        return self._hashes[number] if number < len(self._hashes) else 0

    @property
    def has_changed(self) -> bool:
        """Whether there are new addresses."""
        return bool(self._added) or len(self._urls) > 1

    def use(self, rel_id: str) -> int:
        """Note that a hyperlink has this relationship; return its number, or 0 if it is an unusual one."""
        number = _number_of(rel_id)
        if number >= len(self._hashes) or not self._hashes[number]:
            return 0
        self._uses[number] += 1
        return number

    def give_up(self, number: int) -> None:
        """Note that a hyperlink with this relationship is gone."""
        if number:
            self._uses[number] -= 1

    def use_all(self, numbers: Sequence[int]) -> bool:
        """Note that hyperlinks have these relationships; False if one of them is an unusual one."""
        if max(numbers, default=0) >= len(self._hashes) or not all(map(self._hashes.__getitem__, numbers)):
            return False
        for number in numbers:
            self._uses[number] += 1
        return True

    def leads_to(self, number: int, url: str) -> bool:
        """Whether this is the address of a numbered relationship."""
        return self._hashes[number] == (hash(attribute(url).encode()) or 1)

    def address_is(self, rel_id: str, url: str) -> bool:
        """Whether this is the address of any relationship."""
        number = _number_of(rel_id)
        if self._hash(number):
            return self.leads_to(number, url)
        return self._others.get(rel_id) == url

    def change(self, number: int, url: str) -> bool:
        """Give a relationship a new address; False if it isn't that of a single link, or can't have it."""
        return bool(number) and "#" not in url and self.change_all([number], [attribute(url).encode()])

    def change_all(self, numbers: Sequence[int], targets: Sequence[bytes]) -> bool:
        """Give relationships new addresses; False if not all of those that change are of a single link."""
        hashes = [hash(target) or 1 for target in targets]
        old = [*map(self._hashes.__getitem__, numbers)]
        changes = [*compress(zip(numbers, targets, hashes, old, strict=True), map(ne, old, hashes))]
        if any(self._uses[number] != 1 for number, *_ in changes):
            return False
        for number, target, wanted, before in changes:
            if self._numbers is not None:
                self._numbers.pop(before, None)
                self._numbers[wanted] = number
            self._hashes[number] = wanted
            self._changed[number] = len(self._urls)
            self._urls += target + b"\0"
        return True

    def of_all(self, targets: Sequence[bytes]) -> list[int]:
        """Return the number of the relationship with each address, which is added if there is none."""
        if self._numbers is None:
            self._numbers = {each: number for number, each in enumerate(self._hashes) if each}
        known = self._numbers
        numbers: list[int] = []
        for target, each in zip(targets, map(hash, targets), strict=True):
            number = known.get(each or 1, 0)
            if not number:
                if len(known) >= _REMEMBERED:
                    known.clear()
                self._added += 1
                number = known[each or 1] = self._highest + self._added
                self._new[-1] += target + b"\0"
            elif number < len(self._uses):
                self._uses[number] += 1
            numbers.append(number)
        if len(self._new[-1]) > _CHUNK:
            self._new.append(bytearray())
        return numbers

    def pieces(self, before: Source) -> Iterator[bytes]:
        """Yield the relationships with the new ones, in pieces.

        Raises:
            WorkbookError: the existing ones are damaged.
        """
        if not self._sound:
            raise WorkbookError("its relationships are damaged", place=self._place, hint=SAVE_AGAIN)
        rest = before.read(_CHUNK)
        refuse_other_encodings(rest, self._place)
        while chunk := before.read(_CHUNK):
            rest += chunk
            end = max(rest.rfind(b"</"), 0) or rest.rfind(b"<")
            yield self._with_changes(rest[:end])
            rest = rest[end:]
        rest = rest.rstrip()
        end = rest.rfind(b"</")
        if end < 0:
            root = start_tag(rest, rest.rfind(b"<"))
            rest = rest[:-2].rstrip() + b">"
            tail = b"</%b>" % root[1:-2].split(maxsplit=1)[0]
        else:
            rest, tail = rest[:end], rest[end:]
        yield self._with_changes(rest)
        first = self._highest + 1
        for urls in self._new:
            targets = urls.split(b"\0")[:-1]
            yield b"".join(map(self._template.__mod__, enumerate(targets, first)))
            first += len(targets)
        yield tail

    def _with_changes(self, lines: bytes) -> bytes:
        """Return relationships with their new addresses."""

        def line(found: re.Match[bytes]) -> bytes:
            tag = found[0]
            number = _RELATIONSHIP_ID.search(tag)
            start = self._changed[int(number[1])] if number and int(number[1]) < len(self._changed) else 0
            target = _TARGET.search(tag) if start else None
            if target is None:
                return tag
            return tag[: target.start(1)] + b'"%b"' % self._url(start) + tag[target.end(1) :]

        if not any(self._changed):
            return lines
        usual = _USUAL.findall(lines)
        if self._prefix or len(usual) != lines.count(b"<"):
            return _RELATIONSHIP.sub(line, lines)
        numbers = [int(number) for number, _ in usual]
        starts = map(self._changed.__getitem__, numbers)
        targets = [self._url(it) if it else old for it, (_, old) in zip(starts, usual, strict=True)]
        return b"".join(map(self._template.__mod__, zip(numbers, targets, strict=True)))

    def _url(self, start: int) -> bytes:
        return bytes(self._urls[start : self._urls.index(0, start)])


class OtherRelationships:
    """Relationships without the usual links, which are taken out a few hundred at a time.

    Args:
        source: the part
        take: gets the number and the address of each of these links
    """

    def __init__(
        self, source: Source, take: Callable[[list[tuple[bytes, bytes]]], None] = lambda _: None
    ) -> None:
        self._source = source
        self._take = take
        self._rest = b""
        self._declaration = len(b"<?xml")
        self._is_plain = True

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next bytes of the others."""
        while chunk := self._source.read(_CHUNK):
            data = self._rest + chunk
            # In a comment, a link isn't one.
            self._is_plain &= b"<!" not in data and b"<?" not in data[self._declaration :]
            self._declaration = 0
            end = data.rfind(b">") + 1
            data, self._rest = data[:end], data[end:]
            if self._is_plain:
                pieces = _USUAL.split(data)
                self._take([*zip(pieces[1::3], pieces[2::3], strict=True)])
                data = b"".join(pieces[::3])
            if data:
                return data
        rest, self._rest = self._rest, b""
        return rest

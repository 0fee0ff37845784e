"""The texts of a template for the page: in pieces, rendered for a row, and saved one at a time."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merge.app.check import Check
from merge.app.errors import AppError
from merge.app.folder import TEMPLATES, Folder
from merge.app.rows import Rows
from merge.errors import CellError, TemplateError
from merge.input.template_file import JINJA, read_template
from merge.model import JSON, Problem
from merge.project.json_text import parse_json, quote, string_spans, strings
from merge.project.places import place_label
from merge.project.scripts import is_script, is_shown, plain_text, spoken_text
from merge.project.speech_time import speech_in_clips, speech_in_scripts
from merge.project.tree import items_of
from merge.reports.page_files import save_text
from merge.reports.page_text import page_text
from merge.settings import Settings
from merge.sheet.columns import Header, with_placeholders
from merge.sheet.values import TemplateValue
from merge.sheet.values.numbers_and_dates import DateValue, TimeValue
from merge.template.bind_json import bind
from merge.template.document import JsonTemplate, project_path
from merge.template.filters import FilterSet
from merge.template.merge_marks import merged_segments
from merge.template.pieces import CodePiece, ColumnPiece, Piece, TextPiece, join_pieces, split_pieces
from merge.template.render_json import FilledIn
from merge.template.row_values import RowValues

_FORMAT_LABELS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("excel", "As in Excel", ("text", "number", "date", "amount")),
    ("date_long", "Long date, such as December 1, 2026", ("date",)),
    ("date_short", "Short date", ("date",)),
    ("spoken", "In spoken words", ("number", "date", "amount")),
    ("first_word", "First word only", ("text",)),
    ("upper", "In capitals", ("text",)),
)
_EDITED = re.compile(r".*\(edited\)(?: \(\d+\))?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_MOST_SAMPLES = 50
_MODE = 0o600
_MARK = "\ufeff"
"""Byte order mark, which Windows editors put at the beginning of a file."""


@dataclass(frozen=True, slots=True)
class _Text:
    """One text of the template.

    Attributes:
        path: its JSON path
        source: the text in the file
        copies: the paths of the same script elsewhere in its scene
        speaker: the avatar that speaks it, or ""
        language: of the avatar, or ""
    """

    path: str
    source: str
    copies: tuple[str, ...] = ()
    speaker: str = ""
    language: str = ""

    @property
    def kind(self) -> str:
        """`script`, `text` or `name`."""
        return "script" if is_script(self.path) else "text" if is_shown(self.path) else "name"


class TemplateTexts:
    """The texts of one template, bound to the rows of a check.

    Args:
        path: the template
        checked: the check with the columns and rows
    """

    def __init__(self, path: Path, checked: Check) -> None:
        if checked.rows is None:
            raise AppError("input", "the workbook can't be read yet", hint="Choose a workbook first")
        self._path = path
        self._rows: Rows = checked.rows
        self._settings: Settings = checked.settings
        self._content = path.read_bytes()

    @property
    def version(self) -> str:
        """The version of the file, to notice changes by other programs."""
        return hashlib.sha256(self._content).hexdigest()[:20]

    @property
    def _header(self) -> Header:
        return with_placeholders(self._rows.sheet.header, self._settings.columns)

    def to_json(self, row: int | None, *, saved_as: str | None = None) -> JSON:
        """All texts for the page.

        Args:
            row: the row to render them for, or None
            saved_as: the file that a change was saved as, if it is a new one
        """
        editable = self._path.suffix.lower() != JINJA
        why = "" if editable else "This template is a Jinja text file. To change it, use a text editor."
        found = self._texts() if editable else []
        labels = Counter(place_label(text.path) for text in found)
        texts: list[JSON] = [
            self._text_json(text, row, several=labels[place_label(text.path)] > 1) for text in found
        ]
        formats: list[JSON] = [
            {"id": name, "label": label, "for": list(kinds)} for name, label, kinds in _FORMAT_LABELS
        ]
        return {
            "file": self._path.name,
            "version": self.version,
            "saved_as": saved_as,
            "editable": editable,
            "why": why,
            "columns": self._columns(),
            "formats": formats,
            "texts": texts,
        }

    def _texts(self) -> list[_Text]:
        tree = read_template(self._path).tree
        speakers = {
            said.path: said
            for number, scene in items_of(tree, "scenes")
            for said in (*speech_in_scripts(number, scene), *speech_in_clips(number, scene))
        }
        found: dict[tuple[str, str], _Text] = {}
        for path, source in strings(tree):
            if path != "$.name" and not is_script(path) and not is_shown(path):
                continue
            scene = path.partition("]")[0]
            key = (scene, source) if is_script(path) and source.strip() else (path, source)
            if key in found:
                found[key] = replace(found[key], copies=(*found[key].copies, path))
                continue
            said = speakers.get(path)
            found[key] = _Text(
                path, source, speaker=said.avatar if said else "", language=said.language if said else ""
            )
        return list(found.values())

    def _text_json(self, text: _Text, row: int | None, *, several: bool) -> JSON:
        """One text; `several` of the scene's texts are scripts, which only their avatars tell apart."""
        pieces = split_pieces(text.source, self._header)
        scene = text.path.partition("scenes[")[2].partition("]")[0]
        label = place_label(text.path)
        return {
            "path": text.path,
            "label": f"{label} of {text.speaker}" if text.speaker and several else label,
            "scene": int(scene) if scene else None,
            "kind": text.kind,
            "language": text.language,
            "pieces": list(map(_piece_json, pieces)),
            "live": self.live(text.path, text.source, row) if row is not None else None,
        }

    def _columns(self) -> list[JSON]:
        found: list[JSON] = []
        for index, shown in enumerate(self._rows.columns):
            kind, sample = self._kind_and_sample(index)
            match shown:
                case {"header": str(header), "letter": str(letter)}:
                    found.append({"header": header, "letter": letter, "sample": sample, "kind": kind})
                case _:
                    continue
        return found

    def _kind_and_sample(self, index: int) -> tuple[str, str]:
        column = self._rows.sheet.header.columns[index]
        for number in list(self._rows.facts)[:_MOST_SAMPLES]:
            value = self._values(number)[column.number]
            try:
                text = str(value)
            except CellError:
                continue
            if text:
                return _kind_of(value, text), text
        return "text", ""

    def _values(self, number: int) -> RowValues:
        return self._rows.values(number)

    def live(self, path: str, source: str, row: int) -> JSON:
        """Render a text for a row.

        Args:
            path: its JSON path
            source: the text, perhaps not saved yet
            row: the row's number
        """
        if row not in self._rows.facts:
            return None
        try:
            plain = self._rendered(path, source, row, marks=False)
            marked = self._rendered(path, source, row, marks=True)
        except TemplateError as error:
            return {
                "row": row,
                "pieces": [],
                "problems": [_problem(Problem(error.message, "", error.hint), row)],
            }
        if isinstance(plain, tuple):
            return {"row": row, "pieces": [], "problems": [_problem(each, row) for each in plain]}
        read = spoken_text if is_script(path) else plain_text
        text = read(plain)
        segments = merged_segments(
            text, read(marked) if isinstance(marked, str) else "", self._rows.texts(row)
        )
        return {"row": row, "pieces": _alternating(segments), "problems": []}

    def _rendered(self, path: str, source: str, row: int, *, marks: bool) -> str | tuple[Problem, ...]:
        template = JsonTemplate(self._path.name, _only(path, source))
        filters = FilterSet(self._settings.locale)
        binding = bind(template, self._header, self._settings.constants, filters, marks=marks)
        filled_in = binding.renderer.render(binding.names.context(self._values(row)))
        if isinstance(filled_in, FilledIn):
            return filled_in.strings.get(path, source)
        return tuple(problem for problem in filled_in if path in problem.path or not problem.path)

    def joined(self, path: str, pieces: JSON) -> str:
        """The source of a text from pieces that the page sent.

        Raises:
            AppError: there's no such text, or these aren't pieces
            InputError: a fallback has characters that can't be in one
        """
        return join_pieces(_pieces_in(pieces), self._text(path).source)

    def _text(self, path: str) -> _Text:
        found = next((text for text in self._texts() if text.path == path), None)
        if found is None:
            raise AppError("conflict", "the template has been changed", hint="Look at its texts again")
        return found

    def save(self, path: str, source: str, folder: Folder) -> str:
        """Save one text; everything else in the file is unchanged, to the last digit.

        The first change goes into a copy.

        Returns:
            The name of the file.

        Raises:
            AppError: there's no such text, or the file can't be written
        """
        whole = self._content.decode()
        content = whole.removeprefix(_MARK)
        mark = whole[: len(whole) - len(content)]
        spans = string_spans(content)
        inside = project_path(parse_json(content, place=self._path.name))
        text = self._text(path)
        for each in sorted((path, *text.copies), key=lambda it: -spans[f"{inside}{it[1:]}"][0]):
            start, end = spans[f"{inside}{each[1:]}"]
            content = f"{content[:start]}{quote(source)}{content[end:]}"
        stem = self._path.name[: -len(self._path.suffix)]
        if _EDITED.fullmatch(stem):
            save_text(self._path, f"{mark}{content}", _MODE)
            return self._path.name
        return folder.put(
            f"{stem} (edited).json", f"{mark}{content}".encode("utf-8", "replace"), TEMPLATES
        ).name


def _kind_of(value: TemplateValue, text: str) -> str:
    if isinstance(value, DateValue | TimeValue):
        return "date"
    if isinstance(value, int | float):
        return "amount" if any(unicodedata.category(letter) == "Sc" for letter in text) else "number"
    return "text"


def _only(path: str, source: str) -> dict[str, JSON]:
    """A project with only one text, and a name."""
    steps = [name or int(index) for name, index in _STEP.findall(path)]
    tree: JSON = source
    for step in reversed(steps):
        tree = {step: tree} if isinstance(step, str) else [*([None] * step), tree]
    return {"name": "preview", **tree} if isinstance(tree, dict) else {"name": "preview"}


def _piece_json(piece: Piece) -> JSON:
    match piece:
        case TextPiece(text):
            return {"text": text}
        case ColumnPiece(header, fallback, format_name):
            return {"column": header, "fallback": fallback, "format": format_name}
        case CodePiece(code):
            return {"code": code}


def _pieces_in(sent: JSON) -> Sequence[Piece]:
    return list(_read_pieces(sent if isinstance(sent, list) else [None]))


def _read_pieces(sent: Sequence[JSON]) -> Iterator[Piece]:
    for each in sent:
        match each:
            case {"text": str(text)}:
                yield TextPiece(text)
            case {"column": str(header)} if isinstance(each, dict):
                yield ColumnPiece(header, _text_of(each, "fallback"), _text_of(each, "format") or "excel")
            case {"code": str(code)}:
                yield CodePiece(code)
            case _:
                raise AppError("input", "castmerge couldn't read what the page sent", hint="Reload the page")


def _text_of(sent: Mapping[str, JSON], name: str) -> str:
    value = sent.get(name)
    return value if isinstance(value, str) else ""


def _alternating(segments: Sequence[tuple[str, bool]]) -> list[JSON]:
    """Texts that are alternately not merged and merged; the first may be empty."""
    texts = [""]
    for text, merged in segments:
        if (len(texts) - 1) % 2 == merged:
            texts[-1] += text
        else:
            texts.append(text)
    return list(texts)


def _problem(problem: Problem, row: int) -> JSON:
    return {
        "place": problem.place if "!" in problem.place else "",
        "message": page_text(problem.message),
        "hint": page_text(problem.hint),
        "row": row,
    }

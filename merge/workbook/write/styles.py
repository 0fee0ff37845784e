"""The workbook's cell formats: those for links and dates are appended to it (ECMA-376 part 1, 18.8)."""

from __future__ import annotations

import re

from merge.model import Color
from merge.workbook.write.cell_xml import CellStyle
from merge.workbook.xml.parse import attribute, local, number, parse
from merge.workbook.xml.splice import (
    Edit,
    Span,
    append_child,
    apply,
    get_attribute,
    named,
    outline,
    prefix_of,
    set_attribute,
    start_tag,
)

DATE_FORMATS = {CellStyle.DATE: "yyyy-mm-dd hh:mm", CellStyle.UTC: 'yyyy-mm-dd hh:mm "UTC"'}
"""A time that is converted to UTC says so."""
_FIRST_OWN_FORMAT = 164
_TEXT_FORMAT = "49"
_BUILTIN_DATES = frozenset(str(n) for n in (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_MOST_FORMATS = 64_000
"""Excel 2007 and later keep about 64,000 different cell formats."""
_LINK_COLOR = {"theme": "10"}
_LINK_COLOR_WITHOUT_THEME = {"rgb": "FF0563C1"}
_FONT_ORDER = tuple(
    "b i strike condense extend outline shadow u vertAlign sz color name family charset scheme".split()  # noqa: SIM905 - one line reads better
)
_NOT_A_DATE_LETTER = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]*\]|_.|\*.")


_BEFORE_COLORS = frozenset(("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles"))
"""The elements that the schema puts before `dxfs` (CT_Stylesheet, 18.8.39)."""
_COLORS = {
    Color.GREEN: ("006100", "C6EFCE"),
    Color.RED: ("9C0006", "FFC7CE"),
    Color.YELLOW: ("7F4F00", "FFEB9C"),
    Color.BLUE: ("1F4E79", "DDEBF7"),
    Color.GRAY: ("404040", "E7E6E6"),
}
"""Text and background; contrast at least 5 to 1."""


class Stylesheet:
    """The formats of one workbook, and those that results need in addition.

    Args:
        data: the styles part; None if the workbook has none
        place: the sheet, for messages
        themed: whether the workbook has a theme, and with it a color for links
    """

    def __init__(self, data: bytes | None, place: str, *, themed: bool) -> None:
        self._data = data or b"<styleSheet/>"
        self._place = place
        self._color = _LINK_COLOR if themed else _LINK_COLOR_WITHOUT_THEME
        spans = outline(self._data, place, "cellXfs", "fonts", "numFmts", "dxfs")
        self._root = spans[0]
        self._prefix = prefix_of(start_tag(self._data, self._root.start))
        self._formats, self._formats_of = self._list(spans, "cellXfs", "xf")
        self._fonts, self._fonts_of = self._list(spans, "fonts", "font")
        self._codes, self._codes_of = self._list(spans, "numFmts", "numFmt")
        self._colors, self._colors_of = self._list(spans, "dxfs", "dxf")
        self._old_counts = (len(self._formats), len(self._fonts), len(self._codes), len(self._colors))
        self._before_colors = max((it.end for it in spans if it.name in _BEFORE_COLORS), default=0)
        self._derived: dict[tuple[int, CellStyle], int] = {}
        self._kinds: dict[int, CellStyle | None] = {}

    @property
    def can_grow(self) -> bool:
        """Whether formats can be appended. If not, dates are written as text and links look plain."""
        return self._formats_of is not None and bool(self._formats) and len(self._formats) < _MOST_FORMATS

    def is_plain(self, style: int) -> bool:
        """Whether a format is General or Text and not that of a link."""
        return self._kind(style) is CellStyle.PLAIN

    def fitting(self, style: int, kind: CellStyle) -> int:
        """Return a format like `style` that suits a kind of value; it is appended if it doesn't exist yet.

        For a plain value, the format of a link or a date is replaced by the default one.
        """
        if kind in {CellStyle.PLAIN, CellStyle.WRAPPED}:
            style = style if self._kind(style) in {CellStyle.PLAIN, None} else 0
        if kind is CellStyle.PLAIN:
            return style
        if self._kind(style) is (CellStyle.DATE if kind in DATE_FORMATS else kind) or not self.can_grow:
            return style
        derived = self._derived.get((style, kind))
        if derived is None:
            derived = self._derived[style, kind] = self._find_or_append(self._derive(style, kind))
        return derived

    def differential(self, color: Color) -> int:
        """Return the number of a color for conditional formats (`dxf`); it is appended if needed.

        Text and background are both set, so that a cell is readable in light and dark mode.
        """
        text, background = _COLORS[color]
        p = self._prefix
        font = f'<{p}font><{p}color rgb="FF{text}"/></{p}font>'
        fill = f'<{p}fill><{p}patternFill><{p}bgColor rgb="FF{background}"/></{p}patternFill></{p}fill>'
        dxf = f"<{p}dxf>{font}{fill}</{p}dxf>".encode()
        if dxf not in self._colors:
            self._colors.append(dxf)
        return self._colors.index(dxf)

    def result(self) -> bytes | None:
        """Return the part with the appended formats, or None if there are none."""
        old_formats, old_fonts, old_codes, old_colors = self._old_counts
        edits: list[Edit] = []
        edits += self._grown(self._formats_of, self._formats, old_formats)
        edits += self._grown(self._fonts_of, self._fonts, old_fonts)
        if self._codes_of is not None:
            edits += self._grown(self._codes_of, self._codes, old_codes)
        elif self._codes:
            name = f"{self._prefix}numFmts".encode()
            whole = b'<%b count="%d">%b</%b>' % (name, len(self._codes), b"".join(self._codes), name)
            edits.append(Edit(self._root.inside, self._root.inside, whole))
        if self._colors_of is not None:
            edits += self._grown(self._colors_of, self._colors, old_colors)
        elif self._colors:
            name = f"{self._prefix}dxfs".encode()
            whole = b'<%b count="%d">%b</%b>' % (name, len(self._colors), b"".join(self._colors), name)
            edits.append(Edit(self._before_colors, self._before_colors, whole))
        return apply(self._data, edits) if edits else None

    def _list(self, spans: list[Span], parent: str, name: str) -> tuple[list[bytes], Span | None]:
        above = next(named(spans, parent, self._root.name), None)
        return [self._data[it.start : it.end] for it in named(spans, name, parent)], above

    def _grown(self, parent: Span | None, items: list[bytes], old_count: int) -> list[Edit]:
        if parent is None or len(items) == old_count:
            return []
        child = append_child(self._data, parent, b"".join(items[old_count:]))
        if parent.self_closed:
            # The edit that opens an empty list replaces its tag, so the count is set in there.
            opened = start_tag(child.replacement, 0)
            counted = set_attribute(opened, "count", str(len(items)))
            return [child._replace(replacement=counted + child.replacement[len(opened) :])]
        tag = set_attribute(start_tag(self._data, parent.start), "count", str(len(items)))
        return [Edit(parent.start, parent.inside, tag), child]

    def _xf(self, style: int) -> bytes:
        return self._formats[style] if style < len(self._formats) else b""

    def _kind(self, style: int) -> CellStyle | None:
        """Return the kind of values that a format is for; None for other formats, which suit text too."""
        if style not in self._kinds:
            self._kinds[style] = self._kind_of(self._xf(style))
        return self._kinds[style]

    def _kind_of(self, xf: bytes) -> CellStyle | None:
        tag = start_tag(xf, 0) if xf else b""
        number_format = get_attribute(tag, "numFmtId") or "0"
        if self._is_date(number_format):
            return CellStyle.DATE
        font = self._font(get_attribute(tag, "fontId") or "0")
        if re.search(rb"<(?:\w+:)?u[\s/>]", font):
            return CellStyle.LINK
        quoted = get_attribute(tag, "quotePrefix") in {"1", "true"}
        return CellStyle.PLAIN if number_format in {"0", _TEXT_FORMAT} and not quoted else None

    def _font(self, number_text: str | None) -> bytes:
        position = number(number_text, -1)
        return self._fonts[position] if 0 <= position < len(self._fonts) else b""

    def _is_date(self, number_format: str) -> bool:
        own = {get_attribute(code, "numFmtId"): get_attribute(code, "formatCode") for code in self._codes}
        code = own.get(number_format)
        if code is None:
            return number_format in _BUILTIN_DATES
        return bool(set("dmyhs") & set(_NOT_A_DATE_LETTER.sub("", code).lower()) - set("e"))

    def _derive(self, style: int, kind: CellStyle) -> bytes:
        xf = self._xf(style) or self._xf(0)
        tag = start_tag(xf, 0)
        if kind is CellStyle.WRAPPED:
            return _wrapping(xf)
        if kind in DATE_FORMATS:
            changed = set_attribute(tag, "numFmtId", self._date_format(DATE_FORMATS[kind]))
            return set_attribute(changed, "applyNumberFormat", "1") + xf[len(tag) :]
        font = self._link_font(self._font(get_attribute(tag, "fontId") or "0"))
        if font is None:
            return xf
        changed = set_attribute(tag, "fontId", str(font))
        return set_attribute(changed, "applyFont", "1") + xf[len(tag) :]

    def _find_or_append(self, xf: bytes) -> int:
        if xf in self._formats:
            return self._formats.index(xf)
        self._formats.append(xf)
        return len(self._formats) - 1

    def _date_format(self, code: str) -> str:
        """Return the id of a number format, which is appended if there's none."""
        own = {get_attribute(it, "formatCode"): get_attribute(it, "numFmtId") or "" for it in self._codes}
        if own.get(code):
            return own[code]
        free = str(max([_FIRST_OWN_FORMAT - 1, *(number(taken) for taken in own.values())]) + 1)
        name = f"{self._prefix}numFmt"
        self._codes.append(f'<{name} numFmtId="{free}" formatCode="{attribute(code)}"/>'.encode())
        return free

    def _link_font(self, font: bytes) -> int | None:
        """Find or append a font like this one for links; None if the workbook has no fonts."""
        if self._fonts_of is None or not font:
            return None
        root = start_tag(self._data, self._root.start)
        wrapped = parse(self._data[: self._root.start] + root + font + b"</%b>" % _name(root), self._place)
        parts = {local(it): {str(key): str(value) for key, value in it.items()} for it in wrapped[0]}
        parts |= {"u": {}, "color": self._color}
        body = "".join(self._font_part(name, parts[name]) for name in _FONT_ORDER if name in parts)
        link_font = f"<{self._prefix}font>{body}</{self._prefix}font>".encode()
        if link_font in self._fonts:
            return self._fonts.index(link_font)
        self._fonts.append(link_font)
        return len(self._fonts) - 1

    def _font_part(self, name: str, attributes: dict[str, str]) -> str:
        tag = f"<{self._prefix}{name}/>".encode()
        for key, value in attributes.items():
            tag = set_attribute(tag, key, value)
        return tag.decode()


def _wrapping(xf: bytes) -> bytes:
    """Return a cell format that wraps text and aligns it at the top, so a low row shows its beginning."""
    tag = start_tag(xf, 0)
    changed = set_attribute(tag, "applyAlignment", "1")
    found = re.search(rb"<(?:[\w.-]+:)?alignment(?=[\s/>])", xf)
    if found:
        alignment = start_tag(xf, found.start())
        before, after = xf[len(tag) : found.start()], xf[found.start() + len(alignment) :]
    else:
        alignment = f"<{prefix_of(tag)}alignment/>".encode()
        before, after = b"", xf[len(tag) :]
    if get_attribute(alignment, "vertical") is None:
        alignment = set_attribute(alignment, "vertical", "top")
    alignment = set_attribute(alignment, "wrapText", "1")
    if tag.endswith(b"/>"):
        return changed[:-2].rstrip() + b">" + alignment + b"</%b>" % _name(tag)
    return changed + before + alignment + after


def _name(tag: bytes) -> bytes:
    return tag[1:].rstrip(b"/>").split(maxsplit=1)[0]

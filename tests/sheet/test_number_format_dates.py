"""Dates, times and durations in number formats."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.sheet.number_format import (
    format_value,
    has_date_part,
    is_date_format,
    is_elapsed_format,
)


@given(days=st.integers(min_value=61, max_value=2958465), seconds=st.integers(min_value=0, max_value=86399))
def test_dates_match_the_calendar(days: int, seconds: int) -> None:
    """From March 1900, a serial number is the calendar day and the time of day, to the second."""
    moment = datetime(1899, 12, 30) + timedelta(days=days, seconds=seconds)

    assert format_value(days + seconds / 86400, "yyyy-mm-dd hh:mm:ss") == f"{moment:%Y-%m-%d %H:%M:%S}"
    assert format_value(days, "dddd, mmmm d") == f"{moment:%A, %B} {moment.day}"


@given(days=st.integers(min_value=0, max_value=2957003))
def test_1904_dates_are_1462_days_later(days: int) -> None:
    """A serial number of the 1904 system shows the day that is 1462 days later."""
    code = "ddd yyyy-mm-dd"

    assert format_value(days, code, date1904=True) == format_value(days + 1462, code)


@given(minutes=st.integers(min_value=0, max_value=10**6))
def test_elapsed_time_is_the_whole_duration(minutes: int) -> None:
    """Elapsed hours and minutes add up to the duration, however long."""
    assert format_value(minutes / 1440, "[h]:mm") == f"{minutes // 60}:{minutes % 60:02d}"


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(45000.75, "YYYY-MM-DD HH:MM:SS", "2023-03-15 18:00:00", id="capitals"),
        pytest.param(45000.75, "yyy-m-d", "2023-3-15", id="three-letters-of-a-year"),
        pytest.param(45000.75, "mmmmmm ddddd", "March Wednesday", id="many-letters"),
        pytest.param(45000.75, "e-mm-dd", "2023-03-15", id="era-and-a-dash"),
        pytest.param(45000.75, "gggyyyy", "2023", id="era-name"),
        pytest.param(45000.75, "h:mm a/p", "6:00 p", id="short-am-pm"),
        pytest.param(45000.75, "h AM/PM, m/d", "6 PM, 3/15", id="month-after-am-pm"),
        pytest.param(45000.75, "m/d h:m:s", "3/15 18:0:0", id="month-and-minute"),
        pytest.param(45000.75, "mm:dd", "03:15", id="month-only"),
        pytest.param(45000.75, "h:mmm", "18:Mar", id="three-letters-are-a-month"),
        pytest.param(45000.75, "dd.mm.yyyy", "15.03.2023", id="points"),
        pytest.param(45000.75, "yyyy@;0", "2023", id="text-sign"),
        pytest.param(45000.75, "General yyyy", " 2023", id="general-within"),
        pytest.param(0.75, "h:mm:ss.00 AM/PM", "6:00:00.00 PM", id="hundredths"),
        pytest.param(36.5, "[ss].00", "3153600.00", id="elapsed-hundredths"),
        pytest.param(0.5, "ss." + "0" * 12, "00." + "0" * 12, id="more-places-than-a-double"),
        pytest.param(1.25, "[hhh]", "030", id="padded-hours"),
        pytest.param(1.25, "[m]", "1800", id="minutes"),
        pytest.param(45000.75, "b1yyyy", "2023", id="gregorian-calendar"),
        pytest.param(45000, "b2yyyy-mm-dd", "1444-08-23", id="islamic-calendar"),
        pytest.param(60, "b2d", "29", id="islamic-leap-day"),
        pytest.param(45000, "[$-1070000]d/m/yyyy", "15/3/2566", id="thai-calendar"),
        pytest.param(45000, "[$-2060401]yyyy", "١٤٤٤", id="islamic-calendar-by-language"),
    ],
)
def test_parts_of_a_date_are_shown(value: float, code: str, shown: str) -> None:
    """Every letter of a date format shows its part."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(0.9999999, "h:mm:ss", "0:00:00", id="midnight"),
        pytest.param(45000.9999999, "yyyy-mm-dd h:mm:ss", "2023-03-16 0:00:00", id="into-the-next-day"),
        pytest.param(45000.9999999, "yyyy-mm-dd", "2023-03-15", id="a-date-without-time-is-not-rounded"),
        pytest.param(45000.9999999999, "yyyy-mm-dd", "2023-03-16", id="but-for-a-double's-noise"),
        pytest.param(59.7 / 86400, "m:ss", "1:00", id="into-the-minute"),
        pytest.param(59.7 / 86400, "m:ss.0", "0:59.7", id="tenths-are-kept"),
        pytest.param(59.96 / 86400, "m:ss.0", "1:00.0", id="tenths-carry"),
        pytest.param(59.4 / 86400, "h:mm", "0:00", id="minutes-are-truncated"),
        pytest.param(2.9999999999, "[h]:mm:ss", "72:00:00", id="elapsed"),
    ],
)
def test_time_is_rounded_to_its_last_shown_part(value: float, code: str, shown: str) -> None:
    """Seconds, or their decimals, are rounded and carried; minutes without seconds are truncated."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "date1904"),
    [
        pytest.param(-1, False, id="before-1900"),
        pytest.param(2958466, False, id="after-9999"),
        pytest.param(2958465.9999999, False, id="rounded-beyond-9999"),
        pytest.param(2957004, True, id="after-9999-from-1904"),
        pytest.param(-2957004, True, id="beyond-9999-backwards"),
        pytest.param(1e300, False, id="far-beyond"),
    ],
)
def test_dates_out_of_range_are_number_signs(value: float, date1904: bool) -> None:
    """Eight number signs are shown where Excel fills the cell with them."""
    assert format_value(value, "yyyy-mm-dd h:mm", date1904=date1904) == "########"


def test_the_1904_system_has_negative_dates() -> None:
    """Before 1904 Excel shows the mirrored date with a minus; durations don't depend on the system."""
    assert format_value(-1, "d-mmm-yy", date1904=True) == "-2-Jan-04"
    assert format_value(-1.5, "[h]:mm", date1904=True) == "-36:00"
    assert format_value(1.5, "[h]:mm", date1904=True) == "36:00"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("[$-407]dddd, d. mmmm yyyy", "Mittwoch, 15. März 2023", id="german"),
        pytest.param("[$-40C]ddd d mmm yy", "mer. 15 mars 23", id="french"),
        pytest.param("[$-407]ddd", "Mi", id="short-without-a-full-stop"),
        pytest.param("[$-419]mmmm yyyy", "Март 2023", id="russian"),
        pytest.param("[$-FC19]d mmmm yyyy", "15 марта 2023", id="russian-within-a-date"),
        pytest.param("[$-415]mmmm", "marzec", id="polish"),
        pytest.param('[$-411]yyyy"年"m"月"d"日" dddd', "2023年3月15日 水曜日", id="japanese"),
        pytest.param("[$-41D]mmmm", "mars", id="swedish-after-japanese"),
        pytest.param("[$-804]AM/PM h:mm", "下午 6:00", id="chinese-am-pm"),
        pytest.param("[$-F800]dddd, mmmm dd, yyyy", "Wednesday, March 15, 2023", id="system-date"),
        pytest.param("[$-100F800]mmmm", "Wednesday, March 15, 2023", id="system-date-with-a-calendar"),
        pytest.param("[$-F400]h:mm:ss AM/PM", "6:00:00 PM", id="system-time"),
        pytest.param("[$-x-sysdate]mmmm", "Wednesday, March 15, 2023", id="system-by-name"),
        pytest.param("[$-en-US]mmm d", "Mar 15", id="tag"),
        pytest.param("[$-de-DE,1]mmmm", "März", id="tag-with-a-variant"),
        pytest.param("[$-de]mmmm", "März", id="tag-that-reads-as-hex"),
        pytest.param("[$-x1]mmmm", "March", id="unknown-tag"),
        pytest.param("[$-FFFF]mmmm", "March", id="unknown-number"),
        pytest.param("[$-407]mmmm [$-40C]mmmm", "mars mars", id="the-last-one-counts"),
    ],
)
def test_names_follow_the_language_of_the_format(code: str, shown: str) -> None:
    """Months, days, AM and PM have names in the format's language."""
    assert format_value(45000.75, code) == shown


def test_names_follow_the_reader_if_the_format_has_no_language() -> None:
    """Names and the decimal separator are then those of the reader."""
    assert format_value(45000, "d mmmm", locale="fr_FR") == "15 mars"
    assert format_value(0.5, "[$-407]ss.0", locale="en_US") == "00.0"
    assert format_value(0.5, "ss.0", locale="de_DE") == "00,0"


@pytest.mark.parametrize(
    ("code", "date", "time", "elapsed"),
    [
        pytest.param("General", False, False, False, id="general"),
        pytest.param("0.00", False, False, False, id="number"),
        pytest.param('"day" 0', False, False, False, id="quoted-letters"),
        pytest.param("[Red]0", False, False, False, id="letters-in-brackets"),
        pytest.param("yyyy-mm-dd", True, False, False, id="date"),
        pytest.param("mmm", True, False, False, id="month"),
        pytest.param("h:mm", False, True, False, id="time"),
        pytest.param("AM/PM", False, True, False, id="am-pm"),
        pytest.param("yyyy-mm-dd hh:mm", True, True, False, id="both"),
        pytest.param("[h]:mm;@", False, True, True, id="elapsed"),
        pytest.param("[$-409]m/d/yy h:mm AM/PM;@", True, True, False, id="with-a-language"),
        pytest.param("@", False, False, False, id="text"),
        pytest.param("", False, False, False, id="empty"),
    ],
)
def test_the_kind_of_a_format_is_known(code: str, date: bool, time: bool, elapsed: bool) -> None:
    """A format shows a date, a time or a duration."""
    assert (has_date_part(code), is_elapsed_format(code)) == (date, elapsed)
    assert is_date_format(code) == (date or time)

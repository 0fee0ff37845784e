"""Digits, calendars, eras and names of other scripts and languages in number formats."""

from __future__ import annotations

import pytest

from merge.sheet.number_format import format_value

DAY = 45000.75
"""15 March 2023 at 6 PM, a Wednesday."""


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(1234.5, "[$-3000401]#,##0.00", "۱,۲۳۴.۵۰", id="persian"),
        pytest.param(-1234.5, "[$-2000401]0.0", "-١٢٣٤.٥", id="arabic"),
        pytest.param(DAY, "[$-2010401]d/m/yyyy h:mm", "١٥/٣/٢٠٢٣ ١٨:٠٠", id="arabic-date"),
        pytest.param(DAY, "[$-D07041E]d mmmm yyyy", "๑๕ มีนาคม ๒๕๖๖", id="thai-date-and-calendar"),
        pytest.param(DAY, "[$-th-TH,D07]d mmm yy", "๑๕ มี.ค. ๖๖", id="thai-by-tag"),
        pytest.param(1234, "[$-4000439]0", "१२३४", id="hindi"),
        pytest.param(7.5, "[$-D000000]General", "๗.๕", id="general"),
        pytest.param(2.5, "[$-D000000]# ?/?", "๒ ๑/๒", id="fraction"),
        pytest.param(5, '[$-D000000]"No. 1:" 0', "No. 1: ๕", id="digits-of-literals-are-kept"),
        pytest.param(-5, "0;[$-D000000]0", "๕", id="only-one-section"),
        pytest.param(5, "0;[$-D000000]0", "5", id="the-other-section"),
        pytest.param(1234, "[$-1000409]0", "1234", id="western"),
        pytest.param(1234, "[$-11000000]0", "1234", id="a-script-without-a-zero"),
    ],
)
def test_the_language_code_selects_the_digits(value: float, code: str, shown: str) -> None:
    """The upper byte of a language code selects the script of the digits; literals keep theirs."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(1234, "[DBNum1][$-804]General", "一千二百三十四", id="chinese"),
        pytest.param(105, "[DBNum1][$-804]General", "一百〇五", id="chinese-gap"),
        pytest.param(20001, "[DBNum1][$-804]General", "二万〇一", id="chinese-longer-gap"),
        pytest.param(100500000, "[DBNum1][$-804]General", "一亿〇五十万", id="chinese-gap-between-groups"),
        pytest.param(0, "[DBNum1][$-804]General", "〇", id="chinese-zero"),
        pytest.param(-15, "[DBNum1][$-804]General", "-一十五", id="chinese-negative"),
        pytest.param(1234, "[DBNum1][$-804]0", "一二三四", id="chinese-digit-by-digit"),
        pytest.param(6050.09, "[DBNum2][$-804]General", "陆仟零伍拾.零玖", id="chinese-for-cheques"),
        pytest.param(6050, "[DBNum2][$-804]General", "陆仟零伍拾", id="chinese-for-cheques-whole"),
        pytest.param(123, "[DBNum3][$-804]General", "１百２十３", id="chinese-wide"),
        pytest.param(1234, "[DBNum2][$-404]General", "壹仟貳佰參拾肆", id="traditional"),
        pytest.param(1234, "[DBNum2][$-zh-TW]General", "壹仟貳佰參拾肆", id="traditional-by-tag"),
        pytest.param(1234, "[DBNum1][$-411]General", "千二百三十四", id="japanese"),
        pytest.param(10000000, "[DBNum1][$-411]General", "一千万", id="japanese-thousand-of-ten-thousands"),
        pytest.param(1234, "[DBNum2][$-411]General", "壱阡弐百参拾四", id="japanese-for-cheques"),
        pytest.param(1234, "[DBNum3][$-411]General", "千２百３十４", id="japanese-wide"),
        pytest.param(1234, "[DBNum3][$-411]0", "１２３４", id="japanese-wide-digit-by-digit"),
        pytest.param(1234, "[DBNum4][$-412]General", "일천이백삼십사", id="korean"),
        pytest.param(12345, "[$-1E000000]General", "一万二千三百四十五", id="by-shape"),
        pytest.param(123, "[DBNum2][$-804]", "壹佰贰拾叁", id="only-brackets"),
        pytest.param(123, "[DBNum1]General", "123", id="without-a-language"),
        pytest.param(123, "[DBNum4][$-804]General", "123", id="that-the-language-lacks"),
        pytest.param(123, "[DBNum1][$-409]General", "123", id="in-english"),
        pytest.param(
            99999999999, "[DBNum1][$-804]General", "九百九十九亿九千九百九十九万九千九百九十九", id="long"
        ),
        pytest.param(1e20, "[DBNum1][$-804]General", "一E+二〇", id="a-power-of-ten"),
        pytest.param(DAY, '[DBNum1][$-804]yyyy"年"m"月"d"日"', "二〇二三年三月十五日", id="chinese-date"),
        pytest.param(DAY, '[DBNum1][$-804]h"时"mm"分"', "十八时〇〇分", id="chinese-time"),
        pytest.param(0.25 + 5 / 1440, '[DBNum1][$-804]h"时"mm"分"', "六时〇五分", id="chinese-minutes"),
        pytest.param(DAY, '[DBNum1][$-411]yyyy"年"m"月"d"日"', "二〇二三年三月十五日", id="japanese-date"),
    ],
)
def test_east_asian_numerals_are_written(value: float, code: str, shown: str) -> None:
    """`General` and date parts are written in words, and digit placeholders digit by digit."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(DAY, '[$-411]ggge"年"m"月"d"日"', "令和5年3月15日", id="japanese"),
        pytest.param(DAY, "[$-411]ge.m.d", "R5.3.15", id="japanese-letter"),
        pytest.param(DAY, "[$-411]ggee", "令05", id="japanese-sign"),
        pytest.param(43585, "[$-411]ggge", "平成31", id="last-of-heisei"),
        pytest.param(43586, "[$-411]ggge", "令和1", id="first-of-reiwa"),
        pytest.param(43586, '[$-ja-JP-x-gannen]ggge"年"', "令和元年", id="first-year-named"),
        pytest.param(43586, '[$-ja-JP-x-gannen,80]ggge"年"', "令和元年", id="first-year-named-and-typed-so"),
        pytest.param(DAY, '[$-ja-JP-x-gannen]ggge"年"', "令和5年", id="another-year"),
        pytest.param(9856, "[$-411]ggge", "昭和1", id="showa"),
        pytest.param(5000, "[$-411]ggge", "大正2", id="taisho"),
        pytest.param(0, "[$-411]ggge", "明治33", id="meiji"),
        pytest.param(DAY, "[$-1030411]yyyy/yy", "5/05", id="japanese-by-calendar"),
        pytest.param(DAY, "[$-404]e/m/d", "112/3/15", id="taiwanese"),
        pytest.param(DAY, '[$-404]ggge"年"', "中華民國112年", id="taiwanese-with-its-name"),
        pytest.param(3000, "[$-404]ge", "1908", id="before-the-republic"),
        pytest.param(DAY, "[$-1050412]yyyy", "4356", id="korean"),
        pytest.param(DAY, "[$-412]e", "2023", id="korean-plain"),
        pytest.param(DAY, "[$-409]ggge", "2023", id="english-has-no-eras"),
        pytest.param(DAY, "bb bbbb", "66 2566", id="buddhist"),
        pytest.param(DAY, "[$-1060401]d mmmm yyyy", "23 شعبان 1444", id="islamic-in-arabic"),
        pytest.param(DAY, "b2d mmm yyyy", "23 Shaʻban 1444", id="islamic"),
    ],
)
def test_eras_and_calendars_are_applied(value: float, code: str, shown: str) -> None:
    """Years are counted by the language or the calendar of the format."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("aaa aaaa", "Wed Wednesday", id="english"),
        pytest.param("[$-411]aaa aaaa", "水 水曜日", id="japanese"),
        pytest.param("[$-804]aaa aaaa", "三 星期三", id="chinese"),
        pytest.param("[$-404]aaa aaaa", "週三 星期三", id="traditional"),
        pytest.param("[$-412]aaa aaaa AM/PM", "수 수요일 오후", id="korean"),
        pytest.param("[$-407]ddd mmm", "Mi Mrz", id="german"),
        pytest.param("[$-419]ddd mmm mmmm", "Ср мар Март", id="russian"),
        pytest.param("[$-C0A]ddd mmm", "mié mar", id="spanish"),
        pytest.param("[$-41E]ddd aaa mmm", "พ. พ. มี.ค.", id="thai"),
        pytest.param("[$-40B]dddd mmmm", "keskiviikko maaliskuu", id="finnish"),
    ],
)
def test_names_match_windows(code: str, shown: str) -> None:
    """Names of days and months match Excel where the CLDR differs."""
    assert format_value(DAY, code) == shown


def test_the_swiss_thousands_separator_matches_windows() -> None:
    """It is the typographic apostrophe, even if Babel has a different one."""
    assert format_value(1234567.5, "#,##0.0", locale="de_CH") == "1’234’567.5"


def test_eras_follow_the_readers_language() -> None:
    """Without a language in the format, a Japanese or Taiwanese reader sees eras."""
    assert format_value(DAY, 'ggge"年"', locale="ja_JP") == "令和5年"
    assert format_value(DAY, "e/m/d", locale="zh_TW") == "112/3/15"
    assert format_value(DAY, "e/m/d", locale="zh_CN") == "2023/3/15"
    assert format_value(DAY, "[$-zh-TW]e aaa") == "112 週三"
    assert format_value(DAY, "[$-zh-CN]e aaa") == "2023 三"


def test_numerals_follow_the_readers_language() -> None:
    """`[DBNum1]` without a language uses the reader's numerals, if their language has any."""
    assert format_value(-5, "[DBNum1]0;[DBNum2]-0", locale="zh_CN") == "-伍"
    assert format_value(123, "[DBNum1]General", locale="zh_TW") == "一百二十三"
    assert format_value(1234, "[DBNum1]", locale="ja_JP") == "千二百三十四"
    assert format_value(1234, "[DBNum4]General", locale="ko_KR") == "일천이백삼십사"
    assert format_value(123, "[DBNum2][$-804]General", locale="ja_JP") == "壹佰贰拾叁"
    assert format_value(123, "[$-804][DBNum2]General", locale="ja_JP") == "壹佰贰拾叁"
    assert format_value(123, "[DBNum1]General", locale="de_DE") == "123"

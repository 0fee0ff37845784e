"""The short ways to a number's text, beside the exact one."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from merge.sheet.number_format import BUILTIN_FORMATS, format_value
from merge.sheet.number_format.sections import shown

CODES = sorted(
    {
        *BUILTIN_FORMATS.values(),
        *(
            "#",
            "#.00",
            "#,###",
            "00.0",
            "0000",
            "00,000",
            "0.",
            ".00",
            "0.0##",
            "?0.0?",
            "0%%",
            "#%",
            "0.000%",
        ),
        *('0.0,,"M"', "0,", "#,##0,", '0" {x} %"', "$#,##0.00", "0.00;-0.00", "0.00;@", "0;;", "0.0;(0.0);-"),
        *("#,##0.00;General", "[>5]0;0.0", "[<0]0;0.00", "General;0", '"x"General', "General;-General"),
        *("000-00-0000", "(000) 000-0000", '00"%"00', "000-00%", "###-####", "00.0-0", "0,000-00"),
        *("0E+00", "0.0000E-0", "##0.00E+0", "00.0E+0", "0.0E+0%", '"~"0.0E+0"~"', "0.00000000000000E+0"),
        *(
            "# ?/?",
            "# ???/???",
            "?/?",
            "# ?/8",
            "# 0/00",
            "0 00/?",
            "#,##0 ?/? %",
            "? ?/?",
            "# ?????????/?????????",
        ),
        *(
            "yyyy-mm-dd hh:mm:ss",
            "yy mmm ddd mmmm dddd mmmmm",
            "e g d",
            "[$-407]dddd, d. mmmm yyyy",
            "bbbb",
            "b2d",
        ),
        *(
            "h:mm AM/PM",
            "h a/p AM/PM",
            "上午/下午 h",
            "[h]:mm:ss",
            "[mm]:ss.00",
            "[ss]",
            "ss.000",
            "ss.0 ss.00",
        ),
        *(
            "yyyy-mm-dd hh:mm:ss.000",
            "g",
            '0" days"',
            '"%"yyyy"%%"',
            "m/d/yyyy;@",
            "0;yyyy",
            "yyyy;0",
            "mmm h",
        ),
        *(";;;", "@", "x", "0;0;0;0", ""),
    }
)
TIES = st.builds(
    lambda number, places, towards: math.nextafter((number + 0.5) / 10.0**places, towards),
    st.integers(min_value=-(10**12), max_value=10**12) | st.integers(min_value=-1000, max_value=1000),
    st.integers(min_value=-7, max_value=12),
    st.sampled_from((0.0, math.inf, -math.inf)),
)
VALUES = st.one_of(
    st.floats(),
    st.floats(min_value=-1e12, max_value=1e12),
    st.floats(min_value=0, max_value=2958467),
    st.floats(min_value=-2, max_value=2),
    st.integers(),
    st.integers(min_value=-(10**6), max_value=3 * 10**6),
    st.decimals(min_value=-(10**9), max_value=10**9, places=3).map(float),
    st.decimals(min_value=-100, max_value=100, places=11).map(float),
    st.integers(min_value=0, max_value=10**9).map(lambda tick: tick / 86400 / 20),
    st.integers(min_value=-(10**9), max_value=10**9).map(lambda number: (number + 0.5) / 100),
    TIES,
)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@given(value=VALUES, date1904=st.booleans())
@settings(max_examples=40, deadline=None)
@example(value=2.675, date1904=False)
@example(value=1.005, date1904=False)
@example(value=-0.5, date1904=False)
@example(value=1.2345678905, date1904=False)
@example(value=-0.0, date1904=True)
@example(value=math.nan, date1904=False)
@example(value=999.9996, date1904=False)
@example(value=59.99999999, date1904=True)
@example(value=2958465.9999999999, date1904=True)
@example(value=10**400, date1904=False)
@example(value=True, date1904=False)
def test_the_short_way_is_the_exact_one(code: str, locale: str, value: float, date1904: bool) -> None:
    """A number's text is the same on both ways, in any format."""
    assert format_value(value, code, locale=locale, date1904=date1904) == shown(
        value, code, locale, date1904=date1904
    )

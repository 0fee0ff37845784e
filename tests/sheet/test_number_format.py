"""Number format codes, beyond the tables of what Excel showed."""

from __future__ import annotations

import math
import string
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from merge.sheet.number_format import BUILTIN_FORMATS, format_value, general, is_date_format
from merge.sheet.number_format.fraction_section import nearest

CODES = st.one_of(
    st.text(max_size=40),
    st.text(alphabet='0#?.,%/@*_\\"[]$-<>=;:EeGgyYmMdDhHsSbB129AaPp+() €', max_size=30),
    st.lists(
        st.sampled_from(
            [
                *(
                    "General",
                    "#,##0.00",
                    "0",
                    "?",
                    "#",
                    ".",
                    ",",
                    "%",
                    "/",
                    "@",
                    ";",
                    "E+00",
                    "e-",
                    "[<0]",
                    "[>=10]",
                ),
                *(
                    "[Red]",
                    "[$€-407]",
                    "[$-FC19]",
                    "[h]",
                    "[mm]",
                    "yyyy",
                    "mmm",
                    "d",
                    "h",
                    "mm",
                    "ss.000",
                    "AM/PM",
                ),
                *("b2", "bbbb", "g", "_)", "* ", '"x"', "\\", "1", "16", "[", "]", " "),
            ]
        ),
        max_size=12,
    ).map("".join),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers()


@given(code=CODES, value=NUMBERS | st.text(max_size=10) | st.booleans(), date1904=st.booleans())
@example(code="ss." + "0" * 400, value=0.5, date1904=False)
@example(code="# ?/" + "9" * 900, value=0.5, date1904=False)
@example(code="%" * 900 + "0", value=5e-324, date1904=False)
@example(code="0" * 2000, value=1, date1904=False)
@example(code="0", value=10**400, date1904=False)
@example(code="yyyy", value=2958465.9999999, date1904=True)
def test_any_value_with_any_format_has_a_text(code: str, value: str | float, date1904: bool) -> None:
    """No combination raises an error."""
    assert isinstance(format_value(value, code, date1904=date1904), str)


@given(value=st.floats(min_value=-1e12, max_value=1e12))
def test_two_decimals_are_exact(value: float) -> None:
    """`0.00` shows the number with fifteen digits, rounded half away from zero."""
    exact = Decimal(f"{value:.14e}").quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")

    assert format_value(value, "0.00") == str(exact or abs(exact))


@given(value=st.integers(min_value=0, max_value=10**15 - 1))
def test_thousands_are_separated(value: int) -> None:
    """`#,##0` separates thousands of numbers of any length."""
    assert format_value(value, "#,##0") == f"{value:,}"


@given(value=st.floats(min_value=-1e300, max_value=1e300))
def test_general_is_short_and_close(value: float) -> None:
    """`General` has at most eleven characters and a sign, and is off by no more than its rounding."""
    text = general(value)

    assert len(text.removeprefix("-")) <= 11
    assert math.isclose(float(text), value, rel_tol=1e-4, abs_tol=1e-9)


@given(value=st.floats(min_value=0, max_value=1e6), places=st.integers(min_value=1, max_value=4))
def test_fractions_fit_their_placeholders(value: float, places: int) -> None:
    """A denominator has at most as many digits as placeholders, and the fraction is close to the number."""
    top, bottom = nearest(value, 10**places - 1)

    assert 1 <= bottom < 10**places
    assert abs(top / bottom - value) <= 1 / bottom + 5e-8


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(1.005, "0.00", "1.01", id="half-in-decimals"),
        pytest.param(2.675, "0.00", "2.68", id="half-below-in-binary"),
        pytest.param(-0.5, "0", "-1", id="half-away-from-zero"),
        pytest.param(0.1 + 0.2, "0.0000000000000000", "0.3000000000000000", id="fifteen-digits"),
        pytest.param(1e20, "0", "100000000000000000000", id="long"),
        pytest.param(5, "0.0.0", "5.0.0", id="second-point-is-a-literal"),
        pytest.param(1234567, "#,,", "1", id="millions"),
        pytest.param(1234567, '0.0,,"M"', "1.2M", id="millions-with-decimals"),
        pytest.param(5, ",0", ",5", id="comma-in-front"),
        pytest.param(5, "?,???", "    5", id="comma-between-spaces"),
        pytest.param(0.5, "#%", "50%", id="per-cent"),
        pytest.param(0.12345, "0.0%%", "1234.5%%", id="per-cent-twice"),
        pytest.param(123.456, "0.00?????", "123.456    ", id="trailing-spaces"),
        pytest.param(-12.2, "#????", "-  12", id="minus-before-spaces"),
        pytest.param(3.5, "0*-", "4", id="fill"),
        pytest.param(3.5, "_(0_)", " 4 ", id="spaces-by-width"),
        pytest.param(5, "[Magenta][>3]0;[Color 12]-0", "5", id="colours"),
        pytest.param(5, '0" open', "5 open", id="quote-left-open"),
        pytest.param(5, "0\\", "5", id="backslash-at-the-end"),
        pytest.param(
            -12.3456789,
            '\\c\\c\\c?????0"aaaa"0"bbbb"000000.00%',
            "-ccc     0aaaa0bbbb001234.57%",
            id="text-between-digits",
        ),
    ],
)
def test_numbers_are_shown_by_digit_placeholders(value: float, code: str, shown: str) -> None:
    """Digits, literals and scaling match Excel."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(-0.001, "0.00", "0.00", id="one-section-drops-the-minus"),
        pytest.param(-0.001, "0.00;-0.00", "-0.00", id="two-sections-keep-the-minus"),
        pytest.param(-0.001, "0.00;@", "-0.00", id="a-text-section-counts-too"),
        pytest.param(-0.001, "# ?/?", "-0    ", id="fractions-keep-the-minus"),
        pytest.param(-0.0, "0", "0", id="minus-zero"),
    ],
)
def test_numbers_rounded_to_zero_may_keep_their_minus(value: float, code: str, shown: str) -> None:
    """Excel drops only the minus sign that it adds itself."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(999.96, "##0.0E+0", "1.0E+3", id="carried-into-the-next-step"),
        pytest.param(9.996, "0.00E+00", "1.00E+01", id="carried"),
        pytest.param(0, "##0.0E+0", "0.0E+0", id="zero"),
        pytest.param(1234, ".00E+00", ".12E+04", id="no-digit-before-the-point"),
        pytest.param(0, ".00E+00", ".00E+00", id="zero-without-a-place"),
        pytest.param(1234, "0.00E-00", "1.23E03", id="sign-where-needed"),
        pytest.param(0.001234, "0.00E-00", "1.23E-03", id="negative-exponent"),
        pytest.param(1234, "0.00e+00", "1.23E+03", id="small-letter"),
        pytest.param(1234, "0.0E+0 0", "1.2E+3 0", id="digits-after"),
    ],
)
def test_powers_of_ten_are_shown(value: float, code: str, shown: str) -> None:
    """The exponent is a multiple of the number of places before the point."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(0, "# ?/8", "0    ", id="zero-eighths"),
        pytest.param(5, "# 0/0", "5 0/1", id="zeros-stay"),
        pytest.param(5.5, "# 0/00", "5 1/02", id="zeros-pad"),
        pytest.param(0.5, "0 ?/?", "0 1/2", id="zero-before"),
        pytest.param(1234.5, "#,##0 ?/?", "1,234 1/2", id="thousands"),
        pytest.param(3.75, "?/4", "15/4", id="improper-fixed"),
        pytest.param(0.999, "# ?/8", "1    ", id="carried"),
        pytest.param(2.5, '# ?/? "cups"', "2 1/2 cups", id="text-after"),
        pytest.param(2.5, "0/", "3/", id="no-denominator"),
        pytest.param(2.5, "/0", "/3", id="no-numerator"),
    ],
)
def test_fractions_are_aligned(value: float, code: str, shown: str) -> None:
    """Fractions line up in a column: missing parts are replaced by spaces."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param(50, '[<100]0;[>200]"big";"mid"', "50", id="first"),
        pytest.param(250, '[<100]0;[>200]"big";"mid"', "big", id="second"),
        pytest.param(150, '[<100]0;[>200]"big";"mid"', "mid", id="rest"),
        pytest.param(150, '[<100]0;[>200]"big"', "########", id="none"),
        pytest.param(50, "[>100]0.00", "50", id="one-section-unmet-is-general"),
        pytest.param(-2, "[>=-1]0;0", "2", id="only-negative-can-come"),
        pytest.param(-2, "[>=1]0;0", "-2", id="others-can-come"),
        pytest.param(-12.3, "[=0]?;#,##0.00", "-12.30", id="not-zero"),
        pytest.param(-20, '[<-10]0" below"', "20 below", id="negative-condition"),
        pytest.param(-5, "[>100]0;0.0;0.00", "5.0", id="second-is-for-negative"),
        pytest.param(5, "[>100]0;0.0;[<3]0.00", "5.00", id="third-takes-the-rest"),
        pytest.param(-12.3, "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "--12", id="sign-and-literal"),
        pytest.param(0.5, "[<.5]0;[>=1e0]0.0;[<>7]0.00", "0.50", id="limits"),
    ],
)
def test_conditions_choose_a_section(value: float, code: str, shown: str) -> None:
    """The first section whose condition holds is used; it gets the minus unless only negatives reach it."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        pytest.param("Ann", '"Dear "@', "Dear Ann", id="around-text"),
        pytest.param(5, '"Dear "@', "5", id="number-in-a-text-format"),
        pytest.param("Ann", "0;0;0;", "", id="hidden-text"),
        pytest.param("Ann", ";;;", "", id="hidden"),
        pytest.param(5, ";;;", "", id="hidden-number"),
        pytest.param("Ann", ";;", "Ann", id="text-is-not-hidden"),
        pytest.param("", "@", "", id="no-text"),
        pytest.param(1.5, 'General" items"', "1.5 items", id="general-with-words"),
        pytest.param(-5, "General;-General", "-5", id="own-minus"),
        pytest.param(-5, "General;(General)", "(5)", id="own-brackets"),
        pytest.param(-5, '"x"General', "-x5", id="minus-in-front"),
        pytest.param(True, "0.00", "TRUE", id="true"),
        pytest.param(False, '"no"', "FALSE", id="false"),
        pytest.param(float("nan"), "0", "#NUM!", id="not-a-number"),
        pytest.param(math.inf, "General", "#NUM!", id="infinite"),
    ],
)
def test_text_sections_and_general_are_applied(value: str | float, code: str, shown: str) -> None:
    """Text is shown by its section, and numbers by General if there is no other."""
    assert format_value(value, code) == shown


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("", id="empty"),
        pytest.param("0;0;0;0;0", id="five-sections"),
        pytest.param("[0", id="bracket-left-open"),
        pytest.param("0 days", id="digits-among-date-letters"),
        pytest.param("0" * 1001, id="too-long"),
    ],
)
def test_invalid_codes_are_read_as_general(code: str) -> None:
    """A code that can't be parsed shows the number with General."""
    assert format_value(1234.5, code) == "1234.5"
    assert not is_date_format(code)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(12345678912, "12345678912", id="whole"),
        pytest.param(12345678912.6, "12345678913", id="eleven-digits"),
        pytest.param(-math.inf, "#NUM!", id="infinite"),
        pytest.param(99999999999.5, "1E+11", id="carried-into-twelve"),
        pytest.param(9999999999.96, "10000000000", id="carried-into-eleven"),
        pytest.param(1e-9, "0.000000001", id="nine-decimals"),
        pytest.param(1.2e-9, "1.2E-09", id="ten-decimals"),
        pytest.param(1e-300, "1E-300", id="tiny"),
        pytest.param(math.factorial(100), "9.3326E+157", id="three-digit-exponent"),
        pytest.param(9.999996e99, "1E+100", id="carried-into-three-digits"),
        pytest.param(9.999996e20, "1E+21", id="carried-power"),
        pytest.param(10**11, "1E+11", id="whole-of-twelve"),
        pytest.param(-123456789012, "-1.23457E+11", id="negative"),
        pytest.param(10**400, "#NUM!", id="beyond-a-double"),
        pytest.param(-0.0, "0", id="minus-zero"),
    ],
)
def test_general_switches_to_powers_of_ten(value: float, shown: str) -> None:
    """General uses powers of ten if eleven characters aren't enough."""
    assert general(value) == shown


@pytest.mark.parametrize(
    ("value", "code", "locale", "shown"),
    [
        pytest.param(1234.5, "#,##0.00", "de_DE", "1.234,50", id="german"),
        pytest.param(1234.5, "General", "de-DE", "1234,5", id="german-general"),
        pytest.param(1234.5, "#,##0.00", "en_GB", "1,234.50", id="english"),
        pytest.param(1234.5, "#,##0.00", "nowhere", "1,234.50", id="unknown"),
        pytest.param(1234.5, "#,##0.00", "", "1,234.50", id="none"),
        pytest.param(
            1234.5, "[$€-407] #,##0.00", "en_US", "€ 1,234.50", id="currency-keeps-the-readers-marks"
        ),
    ],
)
def test_separators_follow_the_readers_language(value: float, code: str, locale: str, shown: str) -> None:
    """Decimal and thousands separators are those of the reader, like in Excel."""
    assert format_value(value, code, locale=locale) == shown


def test_builtin_formats_are_valid() -> None:
    """Every built-in id has a code that shows date parts for dates and digits for numbers."""
    dates = {*range(14, 23), 45, 46, 47, *range(27, 37), *range(50, 59), *range(71, 82)}

    assert {number for number, code in BUILTIN_FORMATS.items() if is_date_format(code)} == dates
    assert format_value(43880, BUILTIN_FORMATS[14]) == "2/19/2020"
    assert format_value(-1200, BUILTIN_FORMATS[44]) == " $(1,200.00)"


def test_single_letters_never_hide_a_number() -> None:
    """A one-letter code always shows something for a number, either a date part or the letter."""
    silent = {letter for letter in string.ascii_letters if not format_value(1, letter)}

    assert silent == {"g", "G"}

"""What a column holds, by its header."""

from __future__ import annotations

from enum import StrEnum


class ColumnRole(StrEnum):
    """What the values of a column are."""

    PERSON = "a name"
    COMPANY = "a company or a product"
    PLACE = "a place"
    DATE = "a date"
    AMOUNT = "an amount"
    COUNT = "a number"
    SHARE = "a percentage"
    PHONE = "a phone number"
    CODE = "a code"
    LINK = "an address on the internet"
    OTHER = "text"

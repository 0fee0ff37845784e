"""The filters and functions of templates, for a run's locale and pronunciation list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from merge.errors import CellError
from merge.project.scripts import is_script
from merge.template.filters.argument_parsing import date_of, number_of, time_of
from merge.template.filters.format_hints import currency_code, currency_of, currency_sign
from merge.template.filters.grammar import first_word, join_and, plural
from merge.template.filters.locales import locale_of
from merge.template.filters.pronunciation import Pronunciation

if TYPE_CHECKING:
    from babel import Locale


@dataclass(frozen=True, slots=True)
class FilterSet:
    """The filters of a run.

    Attributes:
        locale: the default locale, such as `en_US`; numbers in text cells are read by it
        pronunciation: the pronunciation list
    """

    locale: str = "en_US"
    pronunciation: Pronunciation = field(default_factory=Pronunciation)

    def install(self, environment: Environment) -> None:
        """Add the filters to an environment."""
        environment.filters.update(
            number=self.number,
            percent=self.percent,
            currency=self.currency,
            date=self.date,
            time=self.time,
            spoken=self.spoken,
            first_word=first_word,
            plural=self.plural,
            join_and=self.join_and,
            pronounce=self.pronounce,
        )

    def pronounce_script(self, path: str, text: str) -> str:
        """The rendered text at a JSON path; a script with the pronunciation list applied."""
        return self.pronunciation.apply(text) if is_script(path) else text

    def number(self, value: object, decimals: object = None, *, locale: object = None) -> str:
        """`1,200.5`; if the project has a number there, the plain number."""
        from merge.template.filters.localized import written_number  # noqa: PLC0415 - brings Babel

        language = self._locale(locale)
        return written_number(number_of(value, self._default_locale, language), language, decimals)

    def percent(self, value: object, decimals: object = None, *, locale: object = None) -> str:
        """`12.5%` for 0.125, or for text that ends with a percent sign."""
        from merge.template.filters.localized import written_percent  # noqa: PLC0415 - brings Babel

        language = self._locale(locale)
        text = value.strip() if isinstance(value, str) else ""
        if text.endswith("%"):
            number = number_of(text.removesuffix("%"), self._default_locale, language) / 100
        else:
            number = number_of(value, self._default_locale, language)
        return written_percent(number, language, decimals)

    def currency(
        self, value: object, code: object = None, decimals: object = None, *, locale: object = None
    ) -> str:
        """`$1,200.00`; the default currency is the one that the cell shows."""
        from merge.template.filters.localized import written_amount  # noqa: PLC0415 - brings Babel

        sign = currency_sign(value) if isinstance(value, str) else ""
        amount = value.replace(sign, "").strip() if isinstance(value, str) and sign else value
        wanted = self._currency(value, sign, code)
        language = self._locale(locale)
        return written_amount(number_of(amount, self._default_locale, language), wanted, language, decimals)

    def date(self, value: object, format: object = "long", *, locale: object = None) -> str:  # noqa: A002 - the name that templates use
        """`December 1, 2026`, or in another length or pattern; see `written_date`."""
        from merge.template.filters.localized import written_date  # noqa: PLC0415 - brings Babel

        language = self._locale(locale)
        return written_date(date_of(value, language), format, language)

    def time(self, value: object, format: object = "short", *, locale: object = None) -> str:  # noqa: A002 - the name that templates use
        """`2:30 PM`, or in another length or pattern; see `written_time`."""
        from merge.template.filters.localized import written_time  # noqa: PLC0415 - brings Babel

        return written_time(time_of(value), format, self._locale(locale))

    def spoken(
        self,
        value: object,
        kind: object = None,
        *,
        lang: object = None,
        locale: object = None,
        currency: object = None,
    ) -> str:
        """In words: `one thousand two hundred dollars and fifty cents`."""
        from merge.template.filters.spoken.speak import SpokenContext, spoken  # noqa: PLC0415 - brings Babel and num2words

        code = None if currency is None else self._currency(value, "", currency)
        language = self._locale(lang if locale is None else locale)
        return spoken(value, kind, SpokenContext(language, self._default_locale, code))

    def plural(
        self,
        count: object,
        one: object,
        other: object = None,
        *,
        locale: object = None,
        **forms: object,
    ) -> str:
        """The form of a word for a count: `video` or `videos`."""
        return plural(count, one, other, self._locale(locale), forms)

    def join_and(self, *items: object, word: object = None, locale: object = None) -> str:
        """`a, b and c`, from a list, from several texts, or from one text with commas."""
        listed = [part for item in items for part in (item if isinstance(item, list | tuple) else [item])]
        return join_and(listed, word, self._locale(locale))

    def pronounce(self, value: object) -> str:
        """A text with the pronunciation list applied."""
        return self.pronunciation.apply(str(value))

    @property
    def _default_locale(self) -> Locale:
        return locale_of(self.locale)

    def _locale(self, name: object) -> Locale:
        return self._default_locale if name is None else locale_of(name)

    def _currency(self, value: object, sign: str, code: object) -> str:
        territory = self._default_locale.territory
        if code is not None:
            found = currency_code(str(code), territory)
            if found is None:
                raise CellError(
                    f"“{str(code)[:40]}” isn't a currency",
                    hint="Use the three-letter code of a currency, such as USD",
                )
            return found
        shown = currency_code(sign, territory) if sign else currency_of(value, territory)
        if shown is None:
            raise CellError(
                f"“{str(value)[:40]}” doesn't have a currency",
                hint='Give the cell a currency format in Excel, or add it: {{ … | currency("USD") }}',
            )
        return shown


class _Target(Protocol):
    def __call__(self, context: Context, /, *args: object, **named: object) -> object: ...


@dataclass(frozen=True, slots=True, repr=False)
class TemplateFunction:
    """A function that templates may call. By itself it isn't a value, and printing it is a problem.

    Attributes:
        name: its name in templates
        target: what is called, with the template's context before the arguments
    """

    name: str
    target: _Target

    @pass_context
    def __call__(self, context: Context, *args: object, **named: object) -> object:
        """Call it from a template."""
        return self.target(context, *args, **named)

    def __repr__(self) -> str:
        return f"{self.name}(…)"

    def __str__(self) -> str:
        raise CellError(
            f"“{self.name}” needs a value",
            hint=f"Write it in brackets after the name: {self.name}(…)",
        )


def without_context(function: object) -> _Target:
    """A function that doesn't need the template's context, as a target."""

    def call(_context: Context, /, *args: object, **named: object) -> object:
        assert callable(function)
        return function(*args, **named)

    return call


def _filter_as_function(name: str) -> TemplateFunction:
    def call(context: Context, /, *args: object, **named: object) -> object:
        value = args[0] if args else ""
        return context.environment.call_filter(name, value, args[1:], named, context=context)

    return TemplateFunction(name, call)


FUNCTIONS: Mapping[str, object] = MappingProxyType(
    {name: _filter_as_function(name) for name in ("join_and", "plural")}
)
"""Filters that a template may also call as functions."""

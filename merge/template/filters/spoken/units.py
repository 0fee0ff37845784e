"""Units of measure in words: `kg` after an amount is `kilograms`, in the ten languages that are spoken.

Add a unit to `_UNITS`: its words in the order of `_LANGUAGES`, singular and plural, with a bar between them.
The singular has its article, which is also the number 1 in its gender.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from babel import Locale

_LANGUAGES: Final = ("en", "de", "es", "fr", "it", "nl", "pt", "ja", "ko", "zh")
_UNITS: Final = {
    "kg": (
        "one kilogram|kilograms;ein Kilogramm|Kilogramm;un kilogramo|kilogramos;"
        "un kilogramme|kilogrammes;un chilogrammo|chilogrammi;een kilogram|kilogram;"
        "um quilograma|quilogramas;キログラム;킬로그램;千克"
    ),
    "g": (
        "one gram|grams;ein Gramm|Gramm;un gramo|gramos;un gramme|grammes;un grammo|grammi;"
        "een gram|gram;um grama|gramas;グラム;그램;克"
    ),
    "mg": (
        "one milligram|milligrams;ein Milligramm|Milligramm;un miligramo|miligramos;"
        "un milligramme|milligrammes;un milligrammo|milligrammi;een milligram|milligram;"
        "um miligrama|miligramas;ミリグラム;밀리그램;毫克"
    ),
    "km": (
        "one kilometer|kilometers;ein Kilometer|Kilometer;un kilómetro|kilómetros;"
        "un kilomètre|kilomètres;un chilometro|chilometri;een kilometer|kilometer;"
        "um quilômetro|quilômetros;キロメートル;킬로미터;千米"
    ),
    "m": (
        "one meter|meters;ein Meter|Meter;un metro|metros;un mètre|mètres;un metro|metri;"
        "een meter|meter;um metro|metros;メートル;미터;米"
    ),
    "cm": (
        "one centimeter|centimeters;ein Zentimeter|Zentimeter;un centímetro|centímetros;"
        "un centimètre|centimètres;un centimetro|centimetri;een centimeter|centimeter;"
        "um centímetro|centímetros;センチメートル;센티미터;厘米"
    ),
    "mm": (
        "one millimeter|millimeters;ein Millimeter|Millimeter;un milímetro|milímetros;"
        "un millimètre|millimètres;un millimetro|millimetri;een millimeter|millimeter;"
        "um milímetro|milímetros;ミリメートル;밀리미터;毫米"
    ),
    "m²": (
        "one square meter|square meters;ein Quadratmeter|Quadratmeter;"
        "un metro cuadrado|metros cuadrados;un mètre carré|mètres carrés;"
        "un metro quadrato|metri quadrati;een vierkante meter|vierkante meter;"
        "um metro quadrado|metros quadrados;平方メートル;제곱미터;平方米"
    ),
    "km/h": (
        "one kilometer per hour|kilometers per hour;ein Kilometer pro Stunde|Kilometer pro Stunde;"
        "un kilómetro por hora|kilómetros por hora;un kilomètre à l'heure|kilomètres à l'heure;"
        "un chilometro all'ora|chilometri all'ora;een kilometer per uur|kilometer per uur;"
        "um quilômetro por hora|quilômetros por hora;キロメートル毎時;킬로미터 매시;千米每小时"
    ),
    "l": (
        "one liter|liters;ein Liter|Liter;un litro|litros;un litre|litres;un litro|litri;"
        "een liter|liter;um litro|litros;リットル;리터;升"
    ),
    "ml": (
        "one milliliter|milliliters;ein Milliliter|Milliliter;un mililitro|mililitros;"
        "un millilitre|millilitres;un millilitro|millilitri;een milliliter|milliliter;"
        "um mililitro|mililitros;ミリリットル;밀리리터;毫升"
    ),
    "h": (
        "one hour|hours;eine Stunde|Stunden;una hora|horas;une heure|heures;un'ora|ore;een uur|uur;"
        "uma hora|horas;時間;시간;小时"
    ),
    "min": (
        "one minute|minutes;eine Minute|Minuten;un minuto|minutos;une minute|minutes;"
        "un minuto|minuti;een minuut|minuten;um minuto|minutos;分;분;分钟"
    ),
    "s": (
        "one second|seconds;eine Sekunde|Sekunden;un segundo|segundos;une seconde|secondes;"
        "un secondo|secondi;een seconde|seconden;um segundo|segundos;秒;초;秒"
    ),
    "°c": (
        "one degree Celsius|degrees Celsius;ein Grad Celsius|Grad Celsius;"
        "un grado Celsius|grados Celsius;un degré Celsius|degrés Celsius;"
        "un grado Celsius|gradi Celsius;een graad Celsius|graden Celsius;"
        "um grau Celsius|graus Celsius;度;도;摄氏度"
    ),
    "°f": (
        "one degree Fahrenheit|degrees Fahrenheit;ein Grad Fahrenheit|Grad Fahrenheit;"
        "un grado Fahrenheit|grados Fahrenheit;un degré Fahrenheit|degrés Fahrenheit;"
        "un grado Fahrenheit|gradi Fahrenheit;een graad Fahrenheit|graden Fahrenheit;"
        "um grau Fahrenheit|graus Fahrenheit;華氏度;화씨도;华氏度"
    ),
    "gb": (
        "one gigabyte|gigabytes;ein Gigabyte|Gigabyte;un gigabyte|gigabytes;un gigaoctet|gigaoctets;"
        "un gigabyte|gigabyte;een gigabyte|gigabyte;um gigabyte|gigabytes;ギガバイト;기가바이트;吉字节"
    ),
    "mb": (
        "one megabyte|megabytes;ein Megabyte|Megabyte;un megabyte|megabytes;un mégaoctet|mégaoctets;"
        "un megabyte|megabyte;een megabyte|megabyte;um megabyte|megabytes;メガバイト;메가바이트;兆字节"
    ),
    "tb": (
        "one terabyte|terabytes;ein Terabyte|Terabyte;un terabyte|terabytes;un téraoctet|téraoctets;"
        "un terabyte|terabyte;een terabyte|terabyte;um terabyte|terabytes;テラバイト;테라바이트;太字节"
    ),
    "kwh": (
        "one kilowatt-hour|kilowatt-hours;eine Kilowattstunde|Kilowattstunden;"
        "un kilovatio hora|kilovatios hora;un kilowattheure|kilowattheures;"
        "un chilowattora|chilowattora;een kilowattuur|kilowattuur;um quilowatt-hora|quilowatts-hora;"
        "キロワット時;킬로와트시;千瓦时"
    ),
    "kw": (
        "one kilowatt|kilowatts;ein Kilowatt|Kilowatt;un kilovatio|kilovatios;un kilowatt|kilowatts;"
        "un chilowatt|chilowatt;een kilowatt|kilowatt;um quilowatt|quilowatts;キロワット;킬로와트;千瓦"
    ),
    "w": (
        "one watt|watts;ein Watt|Watt;un vatio|vatios;un watt|watts;un watt|watt;een watt|watt;"
        "um watt|watts;ワット;와트;瓦"
    ),
    "lb": (
        "one pound|pounds;ein Pfund|Pfund;una libra|libras;une livre|livres;una libbra|libbre;"
        "een pond|pond;uma libra|libras;ポンド;파운드;磅"
    ),
    "oz": (
        "one ounce|ounces;eine Unze|Unzen;una onza|onzas;une once|onces;un'oncia|once;een ons|ons;"
        "uma onça|onças;オンス;온스;盎司"
    ),
    "mi": (
        "one mile|miles;eine Meile|Meilen;una milla|millas;un mile|miles;un miglio|miglia;"
        "een mijl|mijl;uma milha|milhas;マイル;마일;英里"
    ),
    "ft": (
        "one foot|feet;ein Fuß|Fuß;un pie|pies;un pied|pieds;un piede|piedi;een voet|voet;um pé|pés;"
        "フィート;피트;英尺"
    ),
    "mph": (
        "one mile per hour|miles per hour;eine Meile pro Stunde|Meilen pro Stunde;"
        "una milla por hora|millas por hora;un mile à l'heure|miles à l'heure;"
        "un miglio all'ora|miglia all'ora;een mijl per uur|mijl per uur;"
        "uma milha por hora|milhas por hora;マイル毎時;마일 매시;英里每小时"
    ),
}
_OTHER_SPELLINGS: Final = {
    "kgs": "kg", "lbs": "lb", "lb.": "lb", "lbs.": "lb", "oz.": "oz", "m2": "m²", "sqm": "m²", "kph": "km/h",
    "kmh": "km/h", "hr": "h", "hrs": "h", "hr.": "h", "hrs.": "h", "std.": "h", "min.": "min", "mins": "min",
    "sec": "s", "sec.": "s", "sek.": "s", "secs": "s", "liter": "l", "ft.": "ft", "℃": "°c", "℉": "°f",
}  # fmt: skip
_CAPITALS: Final = frozenset({"L", "W"})
"""Units of one capital letter; `M` is a million rather than meters."""
_FEMININE: Final = frozenset({"eine", "una", "une", "uma"})
_ONE: Final = "one"
_TWO: Final = 2
_KOREAN: Final = ("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두")


def unit_words(number: Decimal, words: str, unit: str, locale: Locale) -> str | None:
    """An amount and its unit in words, or None for an unknown unit.

    Args:
        number: the amount
        words: the amount in words
        unit: as it is written, such as `kg`
        locale: one of the spoken languages
    """
    if len(unit) == 1 and unit.isupper() and unit not in _CAPITALS:
        return None
    key = unit.casefold()
    found = _UNITS.get(_OTHER_SPELLINGS.get(key, key))
    if found is None or locale.language not in _LANGUAGES:
        return None
    one, bar, several = found.split(";")[_LANGUAGES.index(locale.language)].partition("|")
    if not bar:
        return _east_asian(number, words, one, locale)
    if number == 1:
        return one
    article, _, noun = one.replace("'", "' ").partition(" ")
    single = locale.plural_form(abs(number)) == _ONE
    return f"{_agreeing(words, locale, feminine=article in _FEMININE)} {noun if single else several}"


def _east_asian(number: Decimal, words: str, noun: str, locale: Locale) -> str:
    """Korean counts hours with its own numbers, and Chinese has a different two before a unit."""
    if locale.language == "ko":
        native = noun == "시간" and number in range(1, len(_KOREAN) + 1)
        return f"{_KOREAN[int(number) - 1] if native else words} {noun}"
    return f"{'两' if locale.language == 'zh' and number == _TWO else words}{noun}"


def _agreeing(words: str, locale: Locale, *, feminine: bool) -> str:
    """A number before a noun: `veintiún kilogramos`, `duas horas`."""
    if locale.language == "es":
        if words.endswith("uno"):
            return f"{words.removesuffix('uno')}una" if feminine else _without_o(words)
        return words
    if locale.language == "pt" and feminine:
        return words.replace("dois", "duas")
    return words


def _without_o(words: str) -> str:
    return f"{words.removesuffix('uno')}ún" if words.endswith("tiuno") else words.removesuffix("o")

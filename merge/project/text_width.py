"""Widths of text in Noto Sans CJK, which the service uses (reference: `fontFamily`), and line breaks.

Most lines are within 1 % of HarfBuzz's measure. Kerning, which makes `AVATAR` 4 % narrower, is left out, and
so are other fonts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

PIXELS_PER_POINT: Final = 4 / 3
"""A clip's `fontSize` is in points, its box in pixels (reference)."""
TOLERANCE: Final = 1.03
"""Tolerance: a line may be 3 % wider than its box before it breaks."""

_UNITS_PER_EM: Final = 1000
_HANGUL: Final = 920
"""Width of every Hangul syllable and letter."""
_NARROW: Final = frozenset("iljtfrI.,;:'|!()[]{}`’‘·-łįı")
_WIDE: Final = frozenset("mwMW@%—…œæŒÆ")
_AVERAGES: Final = {"space": 0.22, "narrow": 0.29, "wide": 0.82, "upper": 0.61, "other": 0.53}
"""Widths in em of letters that the font doesn't have and that come from another font."""

# Advance widths of the regular and bold weights (version 2.004), in thousandths of an em, from the font's own
# tables; they are the same for all languages. CJK characters that aren't listed are one em wide.
# Each run has its first code point, in hexadecimal, and the widths from there on.
_REGULAR_RUNS: Final = """
20: 224 323 474 555 555 921 680 278 338 338 467 555 278 347 278 392 555 555 555 555 555 555 555 555 555
555 278 278 555 555 555 474 946 608 657 638 688 589 552 689 728 293 535 646 543 812 723 742 633 742 635
596 599 721 575 878 573 531 603 338 392 338 555 559 606 563 618 510 620 554 325 564 607 275 275 552 284
926 610 606 620 620 388 468 377 607 521 802 498 521 475 338 270 338 555 a1: 323 555 555 555 555 270 1000
606 832 386 479 555 347 473 606 370 1000 411 411 606 628 1000 561 606 411 407 479 873 903 889 474 608
608 608 608 608 608 918 638 589 589 589 589 293 293 293 293 712 723 742 742 742 742 742 1000 742 721 721
721 721 531 652 643 563 563 563 563 563 563 877 510 554 554 554 554 275 275 275 275 608 610 606 606 606
606 606 1000 606 607 607 607 607 521 620 521 608 563 608 563 110: 712 620 589 554 11a: 589 554 128: 293
275 293 275 143: 723 610 147: 723 610 14c: 742 606 742 606 152: 947 937 168: 721 607 721 607 721 607
192: 555 1a0: 742 606 1af: 736 607 1cd: 608 563 293 275 742 606 721 607 721 607 721 607 721 607 721 607
1f8: 723 610 251: 625 261: 620 2bb: 278 2c7: 600 2c9: 1000 600 600 2d9: 500 2ea: 600 600 300: 0 0 304: 0
307: 0 30c: 0 391: 608 657 557 656 589 603 728 742 293 646 575 812 723 595 742 721 633 3a3: 601 599 531
803 573 780 758 3b1: 625 631 540 594 501 473 604 583 292 551 552 628 528 481 597 654 613 482 609 514 569
760 536 769 782 401: 589 410: 608 648 657 557 712 589 898 620 733 733 648 704 812 728 742 721 633 638
599 575 818 573 718 668 966 976 805 891 648 638 1014 650 563 608 567 459 594 554 760 510 631 631 556 593
707 629 606 618 620 510 514 521 820 498 619 572 837 845 665 753 548 510 825 574 451: 554 1e3e: 812 926
1ea0: 608 563 608 563 608 563 608 563 608 563 608 563 608 563 608 563 608 563 608 563 608 563 608 563
589 554 589 554 589 554 589 554 589 554 589 554 589 554 589 554 293 275 293 275 742 606 742 606 742 606
742 606 742 606 742 606 742 606 742 606 742 606 742 606 742 606 742 606 721 607 721 607 736 607 736 607
736 607 736 607 736 607 531 521 531 521 531 521 531 521 2002: 500 2011: 347 536 536 894 2018: 278 278
278 201c: 474 474 474 2022: 340 2032: 278 474 2039: 302 302 203c: 613 2047: 910 758 758 2074: 411 20a9:
555 20ab: 555 555 20dd: 0 0 2113: 457 2116: 997 2122: 711 212e: 894 2212: 555 2713: 683 2e3a: 1676 2459
302a: 0 0 0 0 250 250 3099: 0 0 31b4: 600 600 600 600 31bb: 600 fb00: 643 600 610 918 928 ff61: 500 500
500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500
500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500
500 500 500 500 500 500 500 500 500 920 920 920 920 920 920 920 920 920 920 920 920 920 920 920 920 920
920 920 920 920 920 920 920 920 920 920 920 920 920 920 ffc2: 920 920 920 920 920 920 ffca: 920 920 920
920 920 920 ffd2: 920 920 920 920 920 920 ffda: 920 920 920 ffe8: 500 500 500 500 500 500 500
"""
_BOLD_RUNS: Final = """
20: 227 370 574 590 590 963 740 325 378 378 507 590 325 370 325 387 590 590 590 590 590 590 590 590 590
590 325 325 590 590 590 514 1007 641 681 656 714 615 585 717 757 330 568 686 578 853 749 770 667 770 682
624 625 748 619 915 627 580 613 378 387 378 590 567 626 591 644 527 644 581 372 597 640 304 306 604 315
964 641 626 644 644 436 495 421 637 576 863 562 574 511 378 296 378 590 a1: 370 590 590 590 590 296 1000
626 849 403 529 590 370 513 626 404 1000 424 424 626 664 1000 592 626 424 420 529 909 948 921 514 641
641 641 641 641 641 951 656 615 615 615 615 330 330 330 330 742 749 770 770 770 770 770 1000 770 748 748
748 748 580 690 700 591 591 591 591 591 591 891 527 581 581 581 581 304 304 304 304 630 641 626 626 626
626 626 1000 626 637 637 637 637 574 644 574 641 591 641 591 110: 742 644 615 581 11a: 615 581 128: 330
304 330 304 143: 749 641 147: 749 641 14c: 770 626 770 626 152: 981 938 168: 748 637 748 637 748 637
192: 590 1a0: 770 626 1af: 767 637 1cd: 641 591 330 304 770 626 748 637 748 637 748 637 748 637 748 637
1f8: 749 641 251: 647 261: 644 2bb: 325 2c7: 600 2c9: 1000 600 600 2d9: 500 2ea: 600 600 300: 0 0 304: 0
307: 0 30c: 0 391: 641 681 584 710 615 613 757 770 330 686 619 853 749 636 770 747 667 3a3: 619 625 580
850 627 836 797 3b1: 663 670 589 616 528 515 631 615 329 604 608 664 577 521 621 705 639 502 642 548 596
819 583 833 833 401: 615 410: 641 675 681 584 750 615 965 637 761 761 693 737 853 757 770 747 667 656
625 617 856 627 751 704 1018 1034 825 951 675 656 1064 689 591 632 593 483 646 581 839 534 656 656 605
638 740 655 626 645 644 527 548 574 869 562 663 612 895 917 698 819 577 527 868 608 451: 581 1e3e: 853
964 1ea0: 641 591 641 591 641 591 641 591 641 591 641 591 641 591 641 591 641 591 641 591 641 591 641
591 615 581 615 581 615 581 615 581 615 581 615 581 615 581 615 581 330 304 330 304 770 626 770 626 770
626 770 626 770 626 770 626 770 626 770 626 770 626 770 626 770 626 770 626 748 637 748 637 767 637 767
637 767 637 767 637 767 637 580 574 580 574 580 574 580 574 2002: 500 2011: 370 544 544 908 2018: 325
325 325 201c: 574 574 574 2022: 378 2032: 325 574 2039: 324 324 203c: 677 2047: 973 830 830 2074: 424
20a9: 590 20ab: 590 590 20dd: 0 0 2113: 514 2116: 1074 2122: 760 212e: 908 2212: 590 2713: 723 2e3a:
1702 2496 302a: 0 0 0 0 250 250 3099: 0 0 31b4: 600 600 600 600 31bb: 600 fb00: 720 675 687 1024 1036
ff61: 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500
500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500 500
500 500 500 500 500 500 500 500 500 500 500 500 500 920 920 920 920 920 920 920 920 920 920 920 920 920
920 920 920 920 920 920 920 920 920 920 920 920 920 920 920 920 920 920 ffc2: 920 920 920 920 920 920
ffca: 920 920 920 920 920 920 ffd2: 920 920 920 920 920 920 ffda: 920 920 920 ffe8: 500 500 500 500 500
500 500
"""


def _parsed(runs: str) -> Iterator[tuple[str, int]]:
    point = 0
    for word in runs.split():
        if word.endswith(":"):
            point = int(word[:-1], 16)
        else:
            yield chr(point), int(word)
            point += 1


_REGULAR: Final[Mapping[str, int]] = MappingProxyType(dict(_parsed(_REGULAR_RUNS)))
_BOLD: Final[Mapping[str, int]] = MappingProxyType(dict(_parsed(_BOLD_RUNS)))


def text_width(text: str, *, bold: bool = False) -> float:
    """Return the width of one line in em."""
    widths = _BOLD if bold else _REGULAR
    return sum(_width(letter, widths) for letter in text)


def wrap(text: str, width: float, *, bold: bool = False) -> Iterator[str]:
    """Yield the lines of a text in a box of this width in em.

    Lines break at whitespace and next to CJK characters, but not within a word that is too long for a line.
    """
    space = text_width(" ", bold=bold)
    for paragraph in text.split("\n"):
        line, filled = "", 0.0
        for spaced, word in words(paragraph):
            needed = text_width(word, bold=bold)
            if line and filled + spaced * space + needed > width * TOLERANCE:
                yield line
                line, filled = word, needed
            elif line and spaced:
                line, filled = f"{line} {word}", filled + space + needed
            else:
                line, filled = line + word, filled + needed
        yield line


def words(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts that never break, and whether whitespace precedes each."""
    word, spaced = "", False
    for letter in text:
        single = unicodedata.east_asian_width(letter) in {"W", "F"}
        if not single and not letter.isspace():
            word += letter
            continue
        if word:
            yield spaced, word
            word, spaced = "", False
        if letter.isspace():
            spaced = True
        else:
            yield spaced, letter
            spaced = False
    if word:
        yield spaced, word


def _width(letter: str, widths: Mapping[str, int]) -> float:
    known = widths.get(letter)
    if known is not None:
        return known / _UNITS_PER_EM
    # A letter with accents is as wide as the letter.
    base = unicodedata.normalize("NFD", letter)[0]
    if "\u1100" <= base <= "\u11ff" or "\u3130" <= base <= "\u318f":
        return _HANGUL / _UNITS_PER_EM
    if base in widths:
        return widths[base] / _UNITS_PER_EM
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return 1.0
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    return _AVERAGES[_average_of(letter)]


def _average_of(letter: str) -> str:
    if letter.isspace():
        return "space"
    if letter in _NARROW:
        return "narrow"
    if letter in _WIDE:
        return "wide"
    return "upper" if letter.isupper() else "other"

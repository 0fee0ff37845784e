"""A value as one says it aloud: numbers, money, dates, telephone numbers, codes and initials."""

from merge.template.filters.spoken.speak import spoken

__all__ = ["spoken"]

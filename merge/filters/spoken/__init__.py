"""A value as one says it aloud: numbers, money, dates, telephone numbers, codes and initials."""

from merge.filters.spoken.saying import spoken

__all__ = ["spoken"]

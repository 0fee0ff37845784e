"""castmerge: mail merge for AI-avatar videos."""

__version__ = "0.1.0"

"""Templates: placeholders in a saved project or in Jinja text, bound to columns and filled in from rows.

Add a filter in `filters/registry.py`, and allow or bound an operation in `sandbox/bounded_environment.py`.
"""

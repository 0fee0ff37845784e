"""The Jinja environments of templates: strict, immutable and bounded, without files or network.

Bounds are in `bounded_environment.py`, and the escaping of values in Jinja text is in `json_quoting.py`.
"""

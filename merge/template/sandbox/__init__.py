"""The Jinja environments of templates: strict, immutable and bounded, without files or network.

Costs are in `budget.py`, what is charged in `bounded_environment.py`, how cells are calculated and
compared in `calculations.py`, and the escaping of values in Jinja text in `json_quoting.py`.
"""

"""Worksheets as data, without files: addresses, columns, result columns, cell values and number formats.

Add a type of cell value in `values`, a kind of number format in `number_format`, and a result column in
`result_columns`.
"""

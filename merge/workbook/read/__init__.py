"""Reads worksheets: cells in `cells.py`, rows, Tables and merged ranges in `worksheet.py`.

Add a cell type in `RowReader`.
"""

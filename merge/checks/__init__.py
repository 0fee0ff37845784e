"""Warnings and problems that can be found before anything is submitted; pure functions.

Add a check of a project in `project_checks`, of where clips are in `clip_layout`, of a worksheet in
`sheet_checks`, and its `WarningKind` in `warning`. `outliers` is for the proof only.
"""

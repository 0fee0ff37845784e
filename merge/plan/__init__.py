"""Plan: decide what a run does with each row, before anything is sent. Nothing here writes or sends.

Add a rule about spending to `decide`, a way to select rows to `selection`, a limit to `limits`, a finding to
`findings`.
"""

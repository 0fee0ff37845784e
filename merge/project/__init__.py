"""The format of AI Studios projects: scripts, required fields, media links, speech time, drawings, tags.

Add a rule of the project format to the module of its subject; the appearance of a clip belongs in `drawing/`.
"""

"""The operator's console at ``/_mock/ui/``: web pages for people who test, drawn by Flask.

Everything on them comes from the control API, and everything they change goes through it (:mod:`.desk`), so the console
can do nothing that a script cannot. It is made when it is first opened (:mod:`.mount`): who never looks pays nothing.
"""

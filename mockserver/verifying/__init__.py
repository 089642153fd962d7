"""Check a target against the specifications: the mock itself, or the vendor's real shop (``mockserver verify``).

schemathesis makes up the calls and checks the answers against the schemas; what it cannot know, the rules of the
catalogue, is checked here: that an error is one that the operation documents, and that what breaks a rule is
answered with that rule.
"""

"""The control plane, ``/_mock/…``: what testers use to steer the server, specified in ``mock-control.yaml``."""

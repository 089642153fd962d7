"""Stand in for two vendors' documented HTTP APIs: a mock and contract-test server."""

__version__ = "0.1.0"

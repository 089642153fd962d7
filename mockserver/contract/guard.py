"""Keep the control plane from those who have no business there: foreign web pages, callers without the token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from mockserver.contract.errors import Rule
from mockserver.contract.exchange import Exchange

CONTROL = "/_mock"
OPEN = "/_mock/health"
"""The one control call that needs no token, so that a container's health check needs none."""

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


def is_control(path: str) -> bool:
    """Tell whether a path is the control plane's, however it is percent-encoded: routing decodes it, too."""
    if "%" in path:
        path = unquote(path, errors="replace")
    return path.startswith(CONTROL) and path[len(CONTROL) :][:1] in ("", "/")


def check_control_call(exchange: Exchange) -> None:
    """Refuse a control call without the token, where there is one, and a change that a foreign web page makes."""
    token = exchange.server.settings.control_token
    if token and exchange.path != OPEN:
        _check_token(exchange, token)
    origin = exchange.headers.get("origin")
    if origin is not None and exchange.method not in SAFE_METHODS:
        _check_origin(exchange, origin)


def _check_token(exchange: Exchange, token: str) -> None:
    scheme, _, given = exchange.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        said = "Its token is not the one" if given else "It has none"
        raise Rule("MOCK-401-token", explain=f"{said}; send Authorization: Bearer <control token>.")


def _check_origin(exchange: Exchange, origin: str) -> None:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        host = ""
    own = urlsplit(exchange.public_url)
    allowed = (f"{own.scheme}://{own.netloc}", *exchange.server.settings.control_origin)
    if not is_loopback(host) and origin not in allowed:
        raise Rule(
            "MOCK-403-origin", explain=f"{origin} is a foreign origin; allow it with --control-origin."
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

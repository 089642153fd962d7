"""Keep the control plane from those who have no business there: foreign web pages, callers without the token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from starlette.requests import cookie_parser

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
    if origin is not None and not _only_reads(exchange):
        check_origin(origin, exchange.public_url, exchange.server.settings.control_origin)


def _only_reads(exchange: Exchange) -> bool:
    call = (exchange.method, exchange.path)
    return exchange.method in SAFE_METHODS or call in exchange.server.contract.reading


def _check_token(exchange: Exchange, token: str) -> None:
    scheme, _, given = exchange.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_token(given.strip(), token):
        return
    if not given and is_signed_in(
        exchange.headers.get("cookie", ""), exchange.headers.get("host", ""), token
    ):
        return
    said = "Its token is not the one" if given else "It has none"
    raise Rule("MOCK-401-token", explain=f"{said}; send Authorization: Bearer <control token>.")


def is_token(given: str, token: str) -> bool:
    """Tell whether somebody knows the control token."""
    return hmac.compare_digest(given.encode(), token.encode())


def cookie_name(name: str, host: str) -> str:
    """Name a cookie after the port that a browser calls, since it sends cookies to all ports of a host."""
    port = host.rpartition(":")[2]
    return f"{name}_{port}" if port.isdecimal() else name


def sign(token: str) -> str:
    """Return what a browser that has shown the token keeps instead of it, in the cookie ``mock_control``."""
    return hashlib.sha256(f"mockserver console {token}".encode()).hexdigest()


def is_signed_in(cookies: str, host: str, token: str) -> bool:
    """Tell whether a browser's ``Cookie`` header says that it has shown the token."""
    given = cookie_parser(cookies).get(cookie_name("mock_control", host), "")
    return hmac.compare_digest(given.encode(), sign(token).encode())


def check_origin(origin: str, own_url: str, allowed: Collection[str]) -> None:
    """Refuse a web page that is neither this server's, nor this machine's, nor allowed."""
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        host = ""
    own = urlsplit(own_url)
    if not is_loopback(host) and origin != f"{own.scheme}://{own.netloc}" and origin not in allowed:
        explain = f"{origin} is a foreign origin; allow it with --control-origin."
        raise Rule("MOCK-403-origin", explain=explain)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

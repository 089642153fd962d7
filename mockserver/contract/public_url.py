"""Find out under which URL a client sees this server, for the links in answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.contract.server import Settings

HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")
LONGEST_HOST = 300
"""Longer ones are none, so that no client fills the cache with something large."""
SCHEMES = ("http", "https")


def public_url(settings: Settings, headers: Mapping[str, str], scope: Mapping[str, Any]) -> str:
    """Return the base URL under which a client sees this server, without a trailing slash.

    A header that says nothing usable counts as one that is not there: its words would break the links.
    """
    if settings.public_url:
        return settings.public_url
    scheme, host = scope.get("scheme", "http"), headers.get("host", "")
    if not is_host(host):
        host = _own_host(settings, scope)
    if settings.trust_proxy:
        scheme, host = _forwarded(headers, scheme, host)
    return f"{scheme}://{host}"


def is_host(text: str) -> bool:
    """Tell whether a text is a host, perhaps with a port, as it stands in a URL."""
    return len(text) <= LONGEST_HOST and _is_host(text)


@lru_cache(maxsize=1024)
def _is_host(text: str) -> bool:
    match = HOST.fullmatch(text)
    if match is None or int(match["port"] or 0) > 65535:
        return False
    try:
        return match["address"] is None or bool(IPv6Address(match["address"]))
    except ValueError:
        return False


def _own_host(settings: Settings, scope: Mapping[str, Any]) -> str:
    """Return the address at which this server listens."""
    host, port = scope.get("server") or (settings.host, settings.port)
    host = f"[{host}]" if ":" in host else str(host)
    return f"{host}:{port}" if port else host


def _forwarded(headers: Mapping[str, str], scheme: str, host: str) -> tuple[str, str]:
    """Read scheme and host from ``Forwarded`` (RFC 7239), else from ``X-Forwarded-*``."""
    if forwarded := headers.get("forwarded"):
        first = forwarded.partition(",")[0]
        pairs = dict(part.strip().partition("=")[::2] for part in first.split(";"))
        values = {key.lower(): value.strip('"') for key, value in pairs.items()}
        return _usable(values.get("proto", ""), values.get("host", ""), scheme, host)
    proto, name, port = (
        headers.get(f"x-forwarded-{part}", "").partition(",")[0].strip() for part in ("proto", "host", "port")
    )
    scheme, host = _usable(proto, name, scheme, host)
    has_port = ":" in host.rpartition("]")[2]
    if (
        port
        and not has_port
        and port != {"http": "80", "https": "443"}.get(scheme)
        and is_host(f"{host}:{port}")
    ):
        host = f"{host}:{port}"
    return scheme, host


def _usable(proto: str, name: str, scheme: str, host: str) -> tuple[str, str]:
    proto = proto.lower()
    return proto if proto in SCHEMES else scheme, name if is_host(name) else host

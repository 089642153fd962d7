"""The tokens that people can call with, and what each allows, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.console.answering import desk

SCOPES = {
    "store_full_access": "everything in its store",
    "user_full_access": "its user; reports are a 403",
    "client_full_access": "its client; reports are a 403",
}
"""What Foxy's scopes allow."""


def tokens_of(api: str) -> list[dict[str, Any]]:
    """Return the tokens that a vendor's API takes, each with what it ``allows``."""
    return [{**one, "allows": _allows(one)} for one in desk.get("/tokens")["tokens"] if one["api"] == api]


def _allows(token: Mapping[str, Any]) -> str:
    if token["expired"]:
        return "nothing: it has expired"
    if token["administrator"]:
        return "everything"
    if token["scope"]:
        scope: str = token["scope"]
        return SCOPES.get(scope, scope)
    rights = [
        f"{', '.join(verbs)} {'on every service' if service == '*' else f'on {service}'}"
        for service, verbs in token["rights"].items()
        if verbs
    ]
    return "; ".join(rights) or "nothing: every call is a 401"

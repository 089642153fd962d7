"""OAuth: recognise callers, check their scope, and ``POST /token``.

Texts and their order are those of bshaffer/oauth2-server-php, whose messages Foxy's API repeats (A-9, G-17).
The texts stand in the specification.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contract import Answer, Exchange, Principal, Rule
from mockserver.foxy.bodies import parse_form
from mockserver.foxy.conventions import ACCESS_SECONDS, API_VERSION, VERSION_HEADER
from mockserver.foxy.tokens import Client, Grant
from mockserver.foxy.world import Foxy

STORE, USER, CLIENT = "store_full_access", "user_full_access", "client_full_access"
NO_STORE = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]


@dataclass(frozen=True)
class Caller(Principal):
    """Who is calling: the user and the store of the token, and its scope.

    With ``--auth off`` everybody is the administrator, who may do everything as user 1 of store 1.
    """

    user: int = 1
    store: int = 1
    scope: str = STORE


def check_version(exchange: Exchange) -> None:
    """Insist on ``FOXY-API-VERSION: 1`` (FOXY-H-VERSION)."""
    version = exchange.headers.get(VERSION_HEADER)
    if version is None or version.strip() != API_VERSION:
        sent = "is missing" if version is None else f"is {version!r}"
        raise Rule("FOXY-H-VERSION", explain=f"The header FOXY-API-VERSION {sent}; accepted: {API_VERSION}.")


def authenticate(exchange: Exchange, value: str | None) -> Principal | None:
    """Recognise the caller by the value of ``Authorization`` (FOXY-AUTH-BEARER)."""
    check_version(exchange)
    if not exchange.server.settings.auth:
        return Caller("everybody", {}, administrator=True)
    scheme, _, token = (value or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Rule("FOXY-AUTH-401-NONE", explain="Send Authorization: Bearer <token>, such as foxy-token.")
    grant = exchange.world.part(Foxy).tokens.access(token.strip())
    if grant is None:
        raise Rule("FOXY-AUTH-401-INVALID", explain="The access token is unknown in this world.")
    if not grant.good(exchange.world.clock.ticks()):
        raise Rule(
            "FOXY-AUTH-401-EXPIRED", explain="The access token has expired; get another by POST /token."
        )
    return Caller(grant.client.id, {}, user=grant.client.user, store=grant.client.store, scope=grant.scope)


def caller_of(exchange: Exchange, *scopes: str) -> Caller:
    """Return who is calling, if the token has one of the scopes that the resource needs (FOXY-AUTH-SCOPE)."""
    caller = exchange.principal
    if not isinstance(caller, Caller):
        raise TypeError(f"{exchange.path} was reached without authentication.")
    if not caller.administrator and caller.scope not in scopes:
        explain = f"The token's scope is {caller.scope}; accepted: {', '.join(scopes)}."
        raise Rule("FOXY-AUTH-SCOPE", explain=explain)
    return caller


async def token(exchange: Exchange) -> Answer:
    """Give an access token for a refresh token, a code or the client itself (FOXY-TOKEN-POST)."""
    fields = parse_form(await exchange.body(), exchange.headers.get("content-type", ""))
    grant_type = fields.get("grant_type", "")
    if not grant_type:
        raise _refuse("no-grant-type", f"grant_type is missing; accepted: {', '.join(GRANTS)}.")
    if grant_type not in GRANTS:
        explain = f"grant_type is {grant_type[:60]!r}; accepted: {', '.join(GRANTS)}."
        raise _refuse("grant-type", explain, grant_type=grant_type)
    foxy = exchange.world.part(Foxy)
    client = _identify(foxy, exchange.headers.get("authorization", ""), fields)
    payload = GRANTS[grant_type](exchange, client, fields)
    return Answer(payload=payload, headers=NO_STORE)


def _by_refresh_token(exchange: Exchange, client: Client, fields: Mapping[str, str]) -> dict[str, Any]:
    """Answer the grant ``refresh_token``: the refresh token comes back unchanged (FOXY-AUTH-REFRESH)."""
    foxy, sent = exchange.world.part(Foxy), fields.get("refresh_token", "")
    if not sent:
        raise _refuse("no-refresh-token", "refresh_token is missing.")
    grant = foxy.tokens.refresh(sent)
    if grant is None or grant.client.id != client.id:
        raise _refuse(
            "refresh-token", f"The refresh token is none of {client.id} in this world; try foxy-refresh."
        )
    if not grant.good(exchange.world.clock.ticks()):
        raise _refuse("refresh-token-expired", "The refresh token has expired; try foxy-refresh.")
    return _issue(foxy, grant, sent)


def _by_code(exchange: Exchange, client: Client, fields: Mapping[str, str]) -> dict[str, Any]:
    """Answer the grant ``authorization_code``; ``redirect_uri`` may be left out (FOXY-AUTH-CODE)."""
    foxy, sent = exchange.world.part(Foxy), fields.get("code", "")
    if not sent:
        raise _refuse("no-code", "code is missing.")
    grant = foxy.directory.codes.get(sent)
    if grant is None or grant.client.id != client.id:
        raise _refuse("code", f"The code is none of {client.id}; try foxy-code.")
    return _issue(foxy, grant, foxy.tokens.issue_refresh(client, grant.scope))


def _by_client(exchange: Exchange, client: Client, fields: Mapping[str, str]) -> dict[str, Any]:
    """Answer the grant ``client_credentials``; there is no refresh token for it (FOXY-AUTH-CLIENTCRED)."""
    scope = fields.get("scope") or CLIENT
    if scope != CLIENT:
        raise _refuse("scope", f"scope is {scope[:60]!r}; accepted: {CLIENT}.")
    return _issue(exchange.world.part(Foxy), Grant(client, CLIENT), None)


GRANTS = {
    "refresh_token": _by_refresh_token,
    "authorization_code": _by_code,
    "client_credentials": _by_client,
}


def _issue(foxy: Foxy, grant: Grant, refresh: str | None) -> dict[str, Any]:
    """Return the answer of a grant (FOXY-AUTH-RESP)."""
    answer: dict[str, Any] = {
        "access_token": foxy.tokens.issue(grant.client, grant.scope),
        "expires_in": ACCESS_SECONDS,
        "token_type": "bearer",
        "scope": grant.scope,
    }
    return answer if refresh is None else {**answer, "refresh_token": refresh}


def _identify(foxy: Foxy, authorization: str, fields: Mapping[str, str]) -> Client:
    """Return the client, by HTTP Basic before fields of the body (FOXY-AUTH-BASIC, -BODY, -BOTH)."""
    credentials = _basic(authorization)
    if credentials is None and fields.get("client_id"):
        credentials = fields["client_id"], fields.get("client_secret", "")
    if credentials is None:
        raise _refuse("no-client", "Send the client by HTTP Basic, or as client_id and client_secret.")
    client = foxy.directory.clients.get(credentials[0])
    if client is None or client.secret != credentials[1]:
        raise _refuse("client", "No client has this id and secret; try foxy-client with foxy-secret.")
    return client


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if colon else None


def _refuse(variant: str, explain: str, **facts: Any) -> Rule:
    return Rule(f"FOXY-AUTH-400.{variant}", explain=explain, **facts)

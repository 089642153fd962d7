"""Handlers of home, stores and users, and of OPTIONS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.foxy.conventions import API_ZONE, REPORTS_TITLE
from mockserver.foxy.dates import parse_instant
from mockserver.foxy.hal import Document, link, links, respond, respond_allowed
from mockserver.foxy.oauth import STORE, USER, Caller, authenticate, caller_of, check_version
from mockserver.foxy.world import Foxy, Store, User

RELS = "https://api.foxycart.com/rels"


async def home(exchange: Exchange) -> Answer:
    """Show where the API begins, with the links of the token if there is one (FOXY-HOME-GET, -ANON)."""
    return respond(exchange, _home(exchange.api_url, identify(exchange)))


def _home(base: str, caller: Caller | None) -> Document:
    found = {
        "self": link(f"{base}/", "Your API starting point."),
        "fx:property_helpers": link(
            f"{base}/property_helpers", "Various helpers used for determing valid property values."
        ),
        RELS: link(RELS, "Custom Link Relationships supported by this API."),
        "fx:reporting": link(f"{base}/reporting", "The Reporting API Home."),
        "fx:encode": link(f"{base}/encode", "POST here to encode links and forms for a store."),
        "fx:token": link(
            f"{base}/token",
            "The OAuth endpoint for obtaining a new access_token using an existing refresh_token. "
            "POST www-form-url-encoded data as follows: "
            "grant_type=refresh_token&refresh_token={refresh_token}&client_id={client_id}&client_secret={client_secret}",
            type="application/json",
        ),
        "fx:create_client": link(f"{base}/clients", "Create a client"),
    }
    if caller is not None:
        found["fx:stores"] = link(f"{base}/users/{caller.user}/stores", "Your stores")
        found["fx:store"] = link(f"{base}/stores/{caller.store}", "Your store")
        found["fx:user"] = link(f"{base}/users/{caller.user}", "Your user")
    return {
        "_links": links(**found),
        "message": "Welcome to the Foxy API! Follow the links, starting with these.",
    }


async def store(exchange: Exchange, id: str) -> Answer:
    """Show a store, with the link to its reports (FOXY-STORE-GET)."""
    caller = caller_of(exchange, STORE)
    return _show(exchange, find_store(exchange, caller, id), _store_links)


async def user(exchange: Exchange, id: str) -> Answer:
    """Show a user: the one of the token (FOXY-USER-GET)."""
    return _show(exchange, find_user(exchange, id), user_links)


async def options(exchange: Exchange) -> Answer:
    """Tell which methods a resource without an owner has: home, or ``/token`` (FOXY-TOKEN-OPTIONS)."""
    if exchange.path == "/":
        identify(exchange)
    return respond_allowed(exchange)


async def store_options(exchange: Exchange, id: str) -> Answer:
    """Tell which methods a store has."""
    find_store(exchange, caller_of(exchange, STORE), id)
    return respond_allowed(exchange)


async def user_options(exchange: Exchange, id: str) -> Answer:
    """Tell which methods a user has."""
    find_user(exchange, id)
    return respond_allowed(exchange)


def identify(exchange: Exchange) -> Caller | None:
    """Return who is calling a resource that needs no token; a bad token is refused there too."""
    check_version(exchange)
    if "authorization" not in exchange.headers and exchange.server.settings.auth:
        return None
    caller = authenticate(exchange, exchange.headers.get("authorization"))
    return caller if isinstance(caller, Caller) else None


def find_user(exchange: Exchange, id: str) -> User:
    """Return the user with this id if it is the caller; unknown ones are 404, others 403."""
    caller = caller_of(exchange, STORE, USER)
    found = exchange.world.part(Foxy).directory.users.get(number(id))
    if found is None:
        raise Rule("FOXY-ERR-404", explain=f"There is no user {id}; the token's user is {caller.user}.")
    if found.id != caller.user and not caller.administrator:
        raise Rule("FOXY-ERR-403", explain=f"The token belongs to user {caller.user}.")
    return found


def find_store(exchange: Exchange, caller: Caller, id: str) -> Store:
    """Return the store with this id if it is the caller's; unknown ones are 404, those of others 403."""
    found = exchange.world.part(Foxy).directory.stores.get(number(id))
    if found is None:
        raise Rule("FOXY-ERR-404", explain=f"There is no store {id}; the token's store is {caller.store}.")
    check_owner(caller, found.id)
    return found


def check_owner(caller: Caller, store: int) -> None:
    """Refuse what belongs to another store than the token's (FOXY-ERR-403)."""
    if store != caller.store and not caller.administrator:
        raise Rule(
            "FOXY-ERR-403", explain=f"It belongs to store {store}; the token's store is {caller.store}."
        )


def number(id: str) -> int:
    """Return the id in a path; 0, which nothing has, for what is no number."""
    return int(id) if id.isascii() and id.isdigit() and len(id) <= 18 else 0


def user_links(base: str, user: User) -> Document:
    """Return the links of a user."""
    own = f"{base}/users/{user.id}"
    return links(
        self=link(own, "This User"),
        **{
            "fx:attributes": link(f"{own}/attributes", "Attributes for This User"),
            "fx:default_store": link(f"{base}/stores/{user.store}", "Default Store for This User"),
            "fx:stores": link(f"{own}/stores", "Stores for This User"),
        },
    )


def _store_links(base: str, store: Store) -> Document:
    own = f"{base}/stores/{store.id}"
    return links(
        self=link(own, "This Store"),
        **{
            "fx:attributes": link(f"{own}/attributes", "Attributes for This Store"),
            "fx:user": link(f"{base}/users/{store.user}", "This User"),
            "fx:reports": link(f"{own}/reports", REPORTS_TITLE),
        },
    )


def _show(exchange: Exchange, found: Store | User, links_of: Callable[[str, Any], Document]) -> Answer:
    modified = parse_instant(found.properties["date_modified"], API_ZONE)
    return respond(
        exchange, {"_links": links_of(exchange.api_url, found), **found.properties}, modified=modified
    )

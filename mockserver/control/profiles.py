"""Choose how jobs unfold: profiles by API and target."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.control.clock import refused
from mockserver.simulation.errors import ProfileError
from mockserver.simulation.profiles import ANY, PROFILES, Profile


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the profiles that were chosen in this world, and the named ones that there are."""
    chosen = [
        {"api": api, "target": target, "profile": dict(profile.to_json())}
        for api, target, profile in exchange.world.profiles.list()
    ]
    return {"chosen": chosen, "named": {name: dict(profile.to_json()) for name, profile in PROFILES.items()}}


async def read(exchange: Exchange, api: str, target: str) -> dict[str, Any]:
    """Show the profile that the next job of this API and target will have."""
    _check_target(exchange, api, target)
    return dict(exchange.world.profiles.get(api, target).to_json())


async def write(exchange: Exchange, api: str, target: str, body: dict[str, Any]) -> dict[str, Any]:
    """Choose the profile; keys that are absent are those of the named profile of the same kind."""
    _check_target(exchange, api, target)
    try:
        profile = Profile.from_json(body)
    except ProfileError as error:
        raise refused(error) from error
    exchange.world.profiles.set(api, target, profile)
    return dict(profile.to_json())


async def delete(exchange: Exchange, api: str, target: str) -> Answer:
    """Go back to the fixtures' profile."""
    _check_target(exchange, api, target)
    exchange.world.profiles.delete(api, target)
    return Answer(status=204, body=b"")


def _check_target(exchange: Exchange, api: str, target: str) -> None:
    if target != ANY and not exchange.server.targets(exchange.world, api, target):
        raise Rule("MOCK-404-profile", explain=f"No job of the API {api} has the target {target}.")

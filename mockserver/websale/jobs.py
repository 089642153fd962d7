"""What report, import and build share as jobs."""

from __future__ import annotations

from mockserver.contract import Exchange
from mockserver.simulation.profiles import PROFILES, Profile


def choose_profile(exchange: Exchange, api: str, target: str) -> Profile:
    """Return how the job will unfold: by the request's ``Prefer: profile=``, else as the world has it."""
    name = exchange.preference.profile if exchange.preference else None
    if name is None:
        return exchange.world.profiles.get(api, target)
    exchange.applied.append(f"profile={name}")
    return PROFILES[name]

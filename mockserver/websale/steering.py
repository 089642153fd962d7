"""Start, pause, resume and cancel the job of a service: what exports and imports have in common."""

from __future__ import annotations

from mockserver.contract import Exchange, Rule
from mockserver.contract.wording import on_one_line
from mockserver.records import Service
from mockserver.simulation.errors import TransitionError
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile

NOUNS = {"report": "export", "import": "import"}
MOVABLE = {
    "pause": "a running one",
    "resume": "a paused one",
    "cancel": "one that is starting, running or paused",
}
"""What can be done to a job, by the states in which it can."""
PATIENCE = 10.0
"""How many seconds ``start`` waits for the job to begin (REP-START-503-10s, IMP-START-503-10s)."""


def check_format(api: str, service: Service, format: str, refusal: str) -> None:
    """Refuse a file format that the service does not have."""
    if format not in service.formats:
        explain = f"{service.name} can be {NOUNS[api]}ed as {' and '.join(service.formats)}, not as {format}."
        raise Rule(refusal, field="format", explain=explain)


def check_begun(api: str, profile: Profile, refusal: str) -> None:
    """Refuse the confirmation of a start that takes too long; the job goes on all the same."""
    if profile.starting_seconds > PATIENCE:
        noun, seconds = NOUNS[api], profile.starting_seconds
        explain = f"The profile {profile.kind} keeps the {noun} in Starting for {seconds:g} seconds."
        raise Rule(refusal, explain=explain)


def move(exchange: Exchange, api: str, service: str, event: str, refusal: str) -> Job:
    """Do something to the service's job, or raise the rule that refuses it in the state that the job is in."""
    noun, job = NOUNS[api], exchange.world.jobs.current(api, service)
    if job is None:
        explain = f"No {noun} of {service} was ever started in this world; accepted: {MOVABLE[event]}."
        raise Rule(refusal, explain=explain)
    try:
        getattr(job, event)(exchange.world.clock.ticks())
    except TransitionError as error:
        raise Rule(
            refusal, explain=f"The {noun} of {service} is {error.state}; accepted: {MOVABLE[event]}."
        ) from error
    return job


def explained(reason: str) -> list[tuple[str, str]]:
    """Say in a header what no vendor's body has a place for; nothing where there is nothing to say."""
    return [("X-Mock-Explain", on_one_line(reason))] if reason else []

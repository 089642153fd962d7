"""Pause, resume and cancel the job of a service: what exports and imports have in common."""

from __future__ import annotations

from mockserver.contract import Exchange, Rule
from mockserver.simulation.errors import TransitionError
from mockserver.simulation.job import Job

NOUNS = {"report": "export", "import": "import"}


def move(exchange: Exchange, api: str, service: str, event: str, refusal: str) -> Job:
    """Do something to the service's job, or raise the rule that refuses it in the state that the job is in."""
    noun, job = NOUNS[api], exchange.world.jobs.current(api, service)
    if job is None:
        raise Rule(refusal, explain=f"No {noun} of {service} was ever started in this world.")
    try:
        getattr(job, event)(exchange.world.clock.ticks())
    except TransitionError as error:
        raise Rule(refusal, explain=f"The {noun} of {service} is {error.state}.") from error
    return job

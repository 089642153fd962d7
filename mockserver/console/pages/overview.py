"""The first page: what goes on in the world, and its clock."""

from __future__ import annotations

from flask import Blueprint, render_template

from mockserver.console.answering import desk, world_url
from mockserver.console.writing import ACTIONS

blueprint = Blueprint("overview", __name__)

JOBS = 50
"""Active jobs that are shown."""

ENDED = 4
"""Jobs that have ended and are shown, those that were started last."""

REQUESTS = 15
"""Requests that are shown, the last ones."""


@blueprint.get("/")
def show() -> str:
    """Show the active jobs, the clock, the faults and the last requests."""
    jobs = desk.get("/jobs")["jobs"]
    active = [job for job in jobs if job["state"] in ACTIONS]
    requests = desk.get("/requests", limit=REQUESTS)["requests"]
    return render_template(
        "overview.html",
        active=active[-JOBS:][::-1],
        more=max(0, len(active) - JOBS),
        ended=[job for job in reversed(jobs) if job["state"] not in ACTIONS][:ENDED],
        moving=bool(active),
        all=len(jobs),
        faults=desk.get("/faults")["faults"],
        requests=requests[::-1],
        base_url=world_url(),
    )

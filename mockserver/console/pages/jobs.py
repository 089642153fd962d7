"""The jobs of all APIs: a list of them, and one with all that has happened to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request

from mockserver.console.answering import desk, done, page_of
from mockserver.console.desk import step
from mockserver.console.writing import ACTIONS, STATES

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")

APIS = ("report", "import", "build", "foxy")
DONE = {
    "pause": "paused",
    "resume": "resumed",
    "cancel": "canceled",
    "complete": "completed",
    "fail": "made to fail",
    "stall": "stalled",
}
"""What can be done to a job, and how it is said afterwards."""

SIZE = 50
"""Jobs on a page."""


@blueprint.get("")
def index() -> str:
    """List jobs, the youngest first."""
    wanted = {name: request.args.get(name, "") for name in ("api", "state", "target")}
    asked = {name: value for name, value in wanted.items() if value}.items()
    jobs = [job for job in reversed(desk.get("/jobs")["jobs"]) if asked <= job.items()]
    page = page_of(len(jobs), SIZE)
    shown = jobs[page["first"] :][:SIZE]
    return render_template(
        "jobs.html",
        jobs=shown,
        moving=any(job["state"] in ACTIONS for job in shown),
        page=page,
        wanted=wanted,
        apis=APIS,
        states=STATES,
    )


@blueprint.get("/<id>")
def read(id: str) -> str:
    """Show a job with its timeline and the links to its files."""
    found = desk.get(f"/jobs/{step(id)}/timeline")
    job = found["job"]
    return render_template(
        "job.html", job=job, timeline=found["timeline"], files=found["files"], moving=job["state"] in ACTIONS
    )


@blueprint.post("/<id>/<action>")
def push(id: str, action: str) -> Any:
    """Do something to a job."""
    if action not in DONE:
        abort(404)
    job = desk.post(f"/jobs/{step(id)}/{action}")
    return done(f"Job {id} ({job['api']} {job['target']}) was {DONE[action]}.")

"""The console's pages, a module each; a module's blueprint has the endpoints of its page."""

from __future__ import annotations

from mockserver.console.pages import (
    clock,
    coverage,
    data,
    docs,
    faults,
    jobs,
    outbox,
    overview,
    requests,
    scenarios,
    start,
    worlds,
)

BLUEPRINTS = [
    module.blueprint
    for module in (
        clock,
        coverage,
        data,
        docs,
        faults,
        jobs,
        outbox,
        overview,
        requests,
        scenarios,
        start,
        worlds,
    )
]

MENU = [
    ("overview.show", "Overview"),
    ("jobs.index", "Jobs"),
    ("data.index", "Data"),
    ("faults.index", "Faults"),
    ("scenarios.index", "Scenarios"),
    ("requests.index", "Requests"),
    ("coverage.show", "Coverage"),
    ("outbox.index", "Outbox"),
    ("docs.show", "API docs"),
    ("start.show", "Start"),
]
"""The pages in the menu: endpoint and title."""

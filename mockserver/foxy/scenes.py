"""What scenarios do to Foxy: order reports."""

from __future__ import annotations

from mockserver.foxy.ordering import OrderError, read_order
from mockserver.foxy.world import Foxy
from mockserver.simulation.errors import ScenarioError
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile
from mockserver.simulation.scenarios import Action
from mockserver.simulation.worlds import World

NAMES = {"name": "name", "datetime_start": "start", "datetime_end": "end"}


def order_report(world: World, action: Action, profile: Profile) -> Job:
    """Order a report of a store in the name of its owner, as ``POST /stores/{id}/reports`` does."""
    foxy, target = world.part(Foxy), action["target"]
    store = foxy.directory.stores.get(int(target) if target.isdecimal() else 0)
    if store is None:
        raise ScenarioError("target", target, ", ".join(map(str, foxy.directory.stores)))
    body = {
        "name": action.get("name", "complete"),
        "datetime_start": action.get("start", "2022-01-01 00:00:00"),
        "datetime_end": action.get("end", "2022-01-31 23:59:59"),
    }
    try:
        order = read_order(body)
    except OrderError as error:
        failure = error.failures[0]
        raise ScenarioError(NAMES[failure.attribute], body[failure.attribute], failure.explain) from error
    days = len(foxy.directory.history(world.seed, store).days(order.start, order.end))
    report = foxy.reports.order(store.id, store.user, order, days, profile)
    if report.job is None:
        raise TypeError("A report that was ordered has no job.")
    return report.job

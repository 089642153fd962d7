"""Build data feeds: jobs of the shared engine, what they write, and what sets them off (S3).

A build fixes what it renders when it starts; see :mod:`mockserver.websale.rendering`. What a feed shows of its last
export is not written when it happens but when somebody reads the records: time alone changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from typing import Any

from mockserver.records import Record, Records, Snapshot
from mockserver.simulation.clock import SECOND
from mockserver.simulation.errors import StateError
from mockserver.simulation.files import File, Files
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile
from mockserver.simulation.spans import read_span, write_span
from mockserver.simulation.timeline import Progress, State
from mockserver.simulation.worlds import World
from mockserver.websale.delivery import Delivered, Deliveries
from mockserver.websale.feeds import (
    SERVICE,
    STATE,
    TEMPLATES,
    bad_fields,
    file_path,
    stored_name,
    subshops_of,
)
from mockserver.websale.packing import media_type_of
from mockserver.websale.rendering import Facts, Order, Rendering, begin, services_of
from mockserver.websale.shop import Shop
from mockserver.websale.storefront import Storefront
from mockserver.websale.written import Written, check_record, find_job

API = "build"
LABELS = {
    State.STARTING: "starting",
    State.RUNNING: "running",
    State.PAUSED: "running",
    State.FINISHED: "finished",
    State.ERROR: "error",
    State.CANCELED: "error",
}
"""``exportStatus`` by state; a build is canceled only by the next one, or with its feed."""
HIDDEN = ("externalOutputTarget", *STATE)
"""What a template does not see of its feed: credentials, and what differs from build to build."""

ProfileOf = Callable[[str], Profile]


@dataclass(eq=False, slots=True)
class Build:
    """One build of a feed.

    :ivar feed: the feed as it was at the start.
    """

    feed: Record
    subshops: tuple[str, ...]
    rendering: Rendering
    job: Job
    told: Mapping[str, Any] = field(default_factory=dict)


class Builds:
    """The builds of one world: at most one a feed that counts, and the files of those that have finished.

    What builds change in their feeds is told the records when somebody reads them. ``_unsettled`` holds the feeds of
    which there is something to tell, ``_running`` a heap of when further ones begin to run.

    :ivar storefront: what templates see of the shop besides records.
    """

    def __init__(
        self, world: World, storefront: Storefront, deliveries: Deliveries, *, scheduler: bool = True
    ) -> None:
        self.storefront = storefront
        self._world = world
        self._deliveries = deliveries
        self._shop = world.part(Shop)
        self._latest: dict[int, Build] = {}
        self._by_subshop: dict[int, dict[str, Build]] = {}
        self._published: dict[int, dict[str, Build]] = {}
        self._finished: dict[int, int] = {}
        self._unsettled: set[int] = set()
        self._running: list[tuple[int, int]] = []
        self._plan: tuple[Snapshot, dict[int, list[int]]] | None = None
        self._shop.before_reading(self.tell)
        self._shop.record_checks[SERVICE] = partial(bad_fields, shop=storefront)
        if scheduler:
            world.each_hour(self._hour)
            self._shop.after_import(self._import_ended)

    # --- starting

    def start(
        self, feeds: Iterable[Record], profile_of: ProfileOf, subshops: Iterable[str] | None = None
    ) -> list[Build]:
        """Start a build for each feed, in the place of the one that is running.

        :param subshops: those to which the build is restricted; a feed that has none of them is not built.
        """
        chosen = None if subshops is None else frozenset(subshops)
        started = []
        for feed in feeds:
            places = subshops_of(feed, self.storefront)
            places = tuple(place for place in places if chosen is None or place in chosen)
            if places:
                started.append(self._start(feed, places, profile_of(str(feed["id"]))))
        return started

    def _start(self, feed: Record, subshops: tuple[str, ...], profile: Profile) -> Build:
        world, id = self._world, feed["id"]
        rendering = self._rendering(feed, subshops)
        job = world.jobs.start(
            API,
            str(id),
            rendering.order.records,
            profile,
            world.clock.ticks(),
            file=stored_name(feed),
            verdict=rendering.error,
            known=rendering.is_done,
        )
        build = Build(feed, subshops, rendering, job)
        self._latest[id] = build
        self._by_subshop.setdefault(id, {}).update(dict.fromkeys(subshops, build))
        self._unsettled.add(id)
        world.on_end(job, lambda job, progress: self._ended(build, progress))
        return build

    def _rendering(self, feed: Record, subshops: tuple[str, ...]) -> Rendering:
        """Return what renders the feed now; that of the last build when nothing has changed since."""
        template = self._shop.records_of(TEMPLATES).find(TEMPLATES, feed["templateId"])
        content = None if template is None else template["content"]
        services = services_of(content)
        records = self._shop.records_of(*services)
        data = {service: records.snapshot(service) for service in services}
        order = _order(feed, subshops, content, data)
        before = self._latest.get(feed["id"])
        if before is not None and order.same_as(before.rendering.order):
            return before.rendering
        return Rendering(order, self.storefront)

    # --- looking

    def latest(self, id: int) -> Build | None:
        """Return the last build of a feed."""
        return self._latest.get(id)

    def files_of(self, job: Job) -> list[File]:
        """Return the files that are of this build and no later one."""
        published = self._published.get(int(job.target), {})
        found = (self._world.part(Files).get(job.target, place) for place in published)
        return [file for file in found if file is not None and published[file.place].job is job]

    def rows(self, feed: Record) -> Iterator[tuple[Record, str, str]]:
        """Yield, for each subshop, the feed as it was built, the subshop, and the state of its file.

        A file whose build was replaced by one for other subshops is what it was before.
        """
        now, id = self._world.clock.ticks(), feed["id"]
        for subshop in subshops_of(feed, self.storefront):
            build = self._by_subshop.get(id, {}).get(subshop)
            state = State.CANCELED if build is None else build.job.look(now).state
            if build is None or state is State.CANCELED:
                there = self._world.part(Files).get(str(id), subshop) is not None
                yield feed, subshop, "finished" if there else "idle"
            else:
                yield build.feed, subshop, LABELS[state]

    def tell(self, records: Records) -> None:
        """Write into the feeds what became of their builds by now."""
        now = self._world.clock.ticks()
        while self._running and self._running[0][0] <= now:
            self._unsettled.add(heappop(self._running)[1])
        if not self._unsettled:
            return
        with self._world.lock:
            for id in sorted(self._unsettled & self._latest.keys()):
                self._tell(records, id, self._latest[id], now)
            self._unsettled.clear()

    def _tell(self, records: Records, id: int, build: Build, now: int) -> None:
        state = build.job.look(now).state
        shown = self._shown(id, build, state)
        feed = records.find(SERVICE, id) if shown != build.told else None
        if feed is not None:
            records.put(SERVICE, feed | shown)
        build.told = shown
        running = build.job.when(State.RUNNING, now) if state is State.STARTING else None
        if running is not None:
            heappush(self._running, (running, id))

    def _shown(self, id: int, build: Build, state: State) -> dict[str, str]:
        clock = self._world.clock
        shown = {
            "exportStatus": LABELS[state],
            "lastExportStarted": clock.resource_time(build.job.started_at),
        }
        if id in self._finished:
            shown["lastExportFinished"] = clock.resource_time(self._finished[id])
        return shown

    def forget(self, id: int) -> None:
        """Drop builds and files of a feed that was deleted."""
        build, now = self._latest.pop(id, None), self._world.clock.ticks()
        if build is not None and not build.job.has_ended(now):
            build.job.cancel(now)
        self._by_subshop.pop(id, None)
        self._published.pop(id, None)
        self._finished.pop(id, None)
        self._unsettled.discard(id)
        self._world.part(Files).drop(str(id))

    def close(self) -> None:
        """Let renderings that are under way stop; called when the world is dropped."""
        for build in self._latest.values():
            build.rendering.abandon()

    # --- in a world's document

    def dump(self) -> Any:
        """Describe the builds that count: the last one of each feed, and those that its files are of."""
        self.tell(self._shop.records)
        written, files = self._world.part(Written), self._world.part(Files)
        described = {}
        for id, latest in self._latest.items():
            shown, published = self._by_subshop.get(id, {}), self._published.get(id, {})
            for build in {latest: 0, **dict.fromkeys(shown.values()), **dict.fromkeys(published.values())}:
                found = [files.get(str(id), place) for place, of in published.items() if of is build]
                described[build.job.id] = {
                    "job": build.job.id,
                    "feed": build.feed,
                    "subshops": [*build.subshops],
                    "content": build.rendering.order.content,
                    "records": {
                        name: written.refer(snapshot) for name, snapshot in build.rendering.order.data.items()
                    },
                    "shownFor": [place for place, of in shown.items() if of is build],
                    "files": [
                        {"subshop": f.place, "size": f.size, "sha256": f.sha256, "at": write_span(f.tick)}
                        for f in found
                        if f is not None
                    ],
                    **({"told": {**build.told}} if build is latest and build.told else {}),
                    **(
                        {"finished": write_span(self._finished[id])}
                        if build is latest and id in self._finished
                        else {}
                    ),
                }
        return [described[job] for job in sorted(described, key=int)]

    def load(self, state: Any) -> None:
        """Go on with the builds that were described."""
        for place, row in enumerate(state):
            try:
                self._load(row)
            except StateError as error:
                raise StateError(f"[{place}].{error.field}", error.value, error.accepted) from error
        now = self._world.clock.ticks()
        for id, build in self._latest.items():
            running = build.job.when(State.RUNNING, now)
            if not build.told:
                self._unsettled.add(id)
            elif running is not None and running > now:
                heappush(self._running, (running, id))

    def _load(self, row: Mapping[str, Any]) -> None:
        world, feed = self._world, row["feed"]
        check_record(self._shop.services[SERVICE], feed, "feed")
        id, written = feed["id"], world.part(Written)
        job = find_job(world, API, row["job"], "job")
        if job.target != str(id):
            raise StateError("feed.id", id, f"{job.target}, the target of the job")
        if unknown := [name for name in row["subshops"] if name not in self.storefront.subshops]:
            raise StateError("subshops", unknown[0], ", ".join(self.storefront.subshops))
        data = {
            name: written.resolve(name, reference, f"records.{name}")
            for name, reference in row["records"].items()
        }
        if not row["subshops"] or services_of(row["content"]) != data.keys():
            raise StateError("records", [*data], ", ".join(sorted(services_of(row["content"]))) or "nothing")
        order = _order(feed, tuple(row["subshops"]), row["content"], data)
        build = Build(feed, order.subshops, Rendering(order, self.storefront), job, row.get("told", {}))
        ended = job.has_ended(world.clock.ticks())  # then it is written down what came of it
        verdict = None if ended else build.rendering.error
        job.revive(None, verdict=verdict, known=build.rendering.is_done)
        self._latest[id] = build
        self._by_subshop.setdefault(id, {}).update(dict.fromkeys(row["shownFor"], build))
        if "finished" in row:
            self._finished[id] = read_span(row["finished"], "finished")
        for file in row["files"]:
            subshop, tick = file["subshop"], read_span(file["at"], "files")
            facts = Facts(file["size"], file["sha256"])
            world.part(Files).put(self._file(build, subshop, tick, facts))
            self._published.setdefault(id, {})[subshop] = build
        if not ended:
            world.on_end(job, lambda _job, progress: self._ended(build, progress))

    # --- what happens by itself

    def _ended(self, build: Build, progress: Progress) -> None:
        """Publish the files of a build that has finished, all at once, and tell whoever is to be told."""
        self._unsettled.add(build.feed["id"])
        if progress.state is not State.FINISHED or progress.ended_at is None:
            return
        feed, tick = build.feed, progress.ended_at
        self._finished[feed["id"]] = tick
        files = [self._file(build, subshop, tick) for subshop in build.subshops]
        for file in files:
            self._world.part(Files).put(file)
        self._published.setdefault(feed["id"], {}).update(dict.fromkeys(build.subshops, build))
        self._deliveries.announce(self._world, Delivered(feed, build.job.id, tick, tuple(files)))

    def _file(self, build: Build, subshop: str, tick: int, facts: Facts | None = None) -> File:
        feed, rendering = build.feed, build.rendering
        facts, name = facts or rendering.facts(subshop), stored_name(feed)
        return File(
            owner=str(feed["id"]),
            place=subshop,
            name=name,
            path=file_path(feed, subshop),
            public=feed["saveTarget"] == "contentData",
            media_type=media_type_of(name, rendering.order.charset),
            size=facts.size,
            sha256=facts.sha256,
            tick=tick,
            open=lambda: rendering.stream(subshop),
        )

    def _hour(self, tick: int) -> None:
        """Build the active feeds whose plan has this hour; one that the clocks show twice in autumn counts once."""
        shown = self._world.clock.calendar(tick) // SECOND
        local = datetime.fromtimestamp(shown, self.storefront.zone)
        if not local.fold:
            self._start_by_itself(self._planned().get(local.hour, ()))

    def _import_ended(self, _job: Job, progress: Progress) -> None:
        """Build the active feeds that are exported after an import, when one has finished."""
        if progress.state is State.FINISHED:
            feeds = self._shop.records_of(SERVICE).snapshot(SERVICE)
            wanted = [
                feed["id"]
                for feed in feeds
                if feed["active"] and feed["exportPlanOptions"]["exportAfterImport"]
            ]
            self._start_by_itself(sorted(wanted))

    def _start_by_itself(self, ids: Iterable[int]) -> None:
        records = self._shop.records_of(SERVICE)
        feeds = [feed for id in ids if (feed := records.find(SERVICE, id)) is not None]
        started = self.start(feeds, lambda target: self._world.profiles.get(API, target))
        begin(build.rendering for build in started)

    def _planned(self) -> dict[int, list[int]]:
        """Return the ids of feeds by hour, active or not, as `build/hour` takes them.

        It is worked out anew when somebody has written to the feeds.
        """
        feeds = self._shop.records_of(SERVICE).snapshot(SERVICE)
        if self._plan is None or not feeds.same_as(self._plan[0]):
            plan: dict[int, list[int]] = {}
            for feed in feeds:
                for hour in set(feed["exportPlanOptions"]["exportPlan"]):
                    plan.setdefault(hour, []).append(feed["id"])
            self._plan = feeds, {hour: sorted(ids) for hour, ids in plan.items()}
        return self._plan[1]


def _order(
    feed: Record, subshops: tuple[str, ...], content: str | None, data: Mapping[str, Snapshot]
) -> Order:
    """Return what is rendered for a feed."""
    return Order(
        content=content,
        feed={name: value for name, value in feed.items() if name not in HIDDEN},
        file_name=feed["fileName"],
        charset=feed["options"]["exportCharset"],
        zip_type=feed["options"]["zipType"],
        subshops=subshops,
        data=data,
    )

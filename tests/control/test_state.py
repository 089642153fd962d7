"""The world as a document: read, written, kept as snapshots."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import yaml

from mockserver.app import MockServer
from mockserver.settings import Settings
from mockserver.simulation import snapshots
from tests.conftest import API, Steps, make_client, rule_of
from tests.control.test_jobs import FOXY, JANUARY, SUBSCRIBER

DOCUMENT = {"format": "commerce-mockserver/world", "version": 1}


@pytest.fixture
async def twin(shared_app: MockServer, world: str) -> AsyncIterator[Steps]:
    """The administrator in a second world."""
    async with make_client(shared_app, **{"X-Mock-World": f"{world}-twin"}) as client:
        yield Steps(client)


async def state_of(api: Steps) -> Any:
    answer = await api.client.get("/_mock/state")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def write(api: Steps, document: Any) -> httpx.Response:
    return await api.client.put("/_mock/state", json=document)


async def copy(api: Steps, twin: Steps) -> None:
    answer = await write(twin, await state_of(api))
    assert answer.status_code == 200, answer.text
    assert await state_of(twin) == await state_of(api)


# Whatever there is goes on in a copy


class Doings:
    """Things that clients and testers do, in words; each gives what was seen of it."""

    def __init__(self, choices: random.Random) -> None:
        self.choices = choices

    async def start_an_export(self, api: Steps) -> Any:
        service = self.choices.choice(["order", "product", "newsletterSubscriber"])
        query = self.choices.choice(["", "&filter_gte[id]=3", "&filter_like[id]=1"])
        profile = self.choices.choice(["steady", "stuck", "failing", "polls", "immediate"])
        return await api.post(
            f"/report/{service}/start?format=json{query}", headers={"Prefer": f"profile={profile}"}
        )

    async def push_an_export(self, api: Steps) -> Any:
        verb = self.choices.choice(["pause", "resume", "cancel"])
        path = f"/report/{self.choices.choice(['order', 'product'])}/{verb}"
        return await (api.delete(path) if verb == "cancel" else api.post(path))

    async def import_something(self, api: Steps) -> Any:
        start = self.choices.randrange(1000)
        rows: list[Any] = [{**SUBSCRIBER, "email": f"a{n}@example.com"} for n in range(start, start + 100)]
        rows[self.choices.randrange(100)] = {"email": "nobody"}
        return await api.post("/import/newsletterSubscriber/start?format=json", json=rows)

    async def import_users_with_mails(self, api: Steps) -> Any:
        users = [{"userName": f"u{n}", "email": f"u{n}@example.com"} for n in range(20)]
        return await api.post("/import/adminUser/start?format=json&sendMail=true", json=users)

    async def build_a_feed(self, api: Steps) -> Any:
        return await api.post(f"/datafeeds/build/{self.choices.randrange(1, 7)}")

    async def change_a_feed(self, api: Steps) -> Any:
        feed = (await api.get("/datafeeds/1")).json()
        return await api.put(
            "/datafeeds/1", json={"name": f"N{self.choices.randrange(100)}", "fileName": feed["fileName"]}
        )

    async def delete_a_feed(self, api: Steps) -> Any:
        return await api.delete(f"/datafeeds/{self.choices.randrange(4, 7)}")

    async def order_a_report(self, api: Steps) -> Any:
        return await api.client.post("/stores/1/reports", json=JANUARY, headers=FOXY)

    async def log_in(self, api: Steps) -> Any:
        return await api.post("/login", json={"apiKey": "editor-key"})

    async def place_a_fault(self, api: Steps) -> Any:
        fault = {"rule": "REP-STATUS-503-redis", "probability": 0.5, "times": 3}
        return await api.client.post("/_mock/faults", json=fault)

    async def choose_a_profile(self, api: Steps) -> Any:
        return await api.client.put("/_mock/profiles/report/order", json={"kind": "polls", "polls": 5})

    async def set_the_clock_back(self, api: Steps) -> Any:
        clock = (await api.client.get("/_mock/clock")).json()
        before = f"{int(clock['now'][:4]) - 1}{clock['now'][4:]}"
        return await api.client.put("/_mock/clock", json={"now": before})

    async def wait(self, api: Steps) -> Any:
        seconds = self.choices.choice([0.1, 1.05, 2.3, 60])
        return await api.client.post("/_mock/clock/advance", json={"seconds": seconds})

    async def look(self, api: Steps) -> Any:
        path = self.choices.choice(
            [
                "/report/order/status",
                "/report/product/status",
                "/import/newsletterSubscriber/status",
                "/import/adminUser/status",
                "/datafeeds",
                "/datafeeds/build/1/status",
                "/datafeeds/build/3/status",
            ]
        )
        return await api.get(path)


DOINGS = [name for name in vars(Doings) if not name.startswith("_")]


async def everything(api: Steps) -> list[Any]:
    """What can be seen of a world, files included."""
    seen: list[Any] = [
        (await api.client.get(f"/_mock/{part}")).json() for part in ("jobs", "outbox", "faults")
    ]
    seen.append((await api.client.get("/stores/1/reports", headers=FOXY)).json()["_embedded"])
    for job in seen[0]["jobs"]:
        if job["api"] == "report" and job["state"] == "finished":
            seen.append((await api.client.get(f"/content/report/{job['file']}")).content)
    for file in (await api.client.get("/_mock/files")).json()["files"]:
        path = f"/_mock/files/{file['feed']}/{file['subshop']}/{file['name']}"
        seen += [file, (await api.client.get(path)).content]
    return [part if isinstance(part, bytes) else neutral(api.client, str(part)) for part in seen]


def neutral(client: httpx.AsyncClient, text: str) -> str:
    """Mask what differs from world to world: its name in links, and what is signed with it."""
    return re.sub(r"signature=\w+", "signature=…", text.replace(client.headers["x-mock-world"], "WORLD"))


@pytest.mark.parametrize("seed", range(12))
async def test_a_copy_goes_on_exactly_like_its_original(api: Steps, twin: Steps, seed: int) -> None:
    def plan(count: int) -> list[tuple[str, int]]:
        return [(choices.choice(DOINGS), choices.randrange(10**6)) for _ in range(count)]

    choices = random.Random(seed)
    await api.client.put("/_mock/clock", json={"now": "2026-03-01T12:00:00Z"})
    for name, own in plan(25):
        await getattr(Doings(random.Random(own)), name)(api)
    await copy(api, twin)
    for name, own in plan(25):
        original = await getattr(Doings(random.Random(own)), name)(api)
        copied = await getattr(Doings(random.Random(own)), name)(twin)
        assert copied.status_code == original.status_code
        assert neutral(twin.client, copied.text) == neutral(api.client, original.text), name
    assert await everything(twin) == await everything(api)
    assert await state_of(twin) == await state_of(api)


async def test_an_export_holds_what_was_there_at_its_start_in_a_copy_too(api: Steps, twin: Steps) -> None:
    export = (await api.post("/report/newsletterSubscriber/start?format=json")).json()
    await api.post(
        "/import/newsletterSubscriber/start?format=json",
        json=[SUBSCRIBER],
        headers={"Prefer": "profile=immediate"},
    )
    await api.finish()
    await copy(api, twin)
    files = [
        (await steps.client.get(f"/content/report/{export['fileName']}")).content for steps in (api, twin)
    ]
    assert files[0] == files[1]
    assert b"ada@example.com" not in files[1]
    assert len((await state_of(api))["records"]["past"]) == 1


async def test_what_an_import_would_refuse_is_in_a_copy_if_it_was_there(api: Steps, twin: Steps) -> None:
    created = await api.post("/datafeeds", json={})
    assert created.status_code == 200, created.text
    await copy(api, twin)
    assert (await twin.get(f"/datafeeds/{created.json()['id']}")).json() == created.json()


async def test_the_token_of_a_login_is_good_in_a_copy_until_it_runs_out(api: Steps, twin: Steps) -> None:
    token = (await api.post("/login", json={"apiKey": "reader-key"})).json()["accessToken"]
    await copy(api, twin)
    headers = {"X-Authorization": f"Bearer {token}"}
    assert (await twin.get("/report/order/status", headers=headers)).status_code == 200
    await twin.advance(1800)
    assert rule_of(await twin.get("/report/order/status", headers=headers)) == (401, "REP-STATUS-401")


async def test_a_world_in_which_nothing_happened_has_a_short_document(api: Steps) -> None:
    assert (await state_of(api)).keys() == {"format", "version", "seed", "clock"}


async def test_a_document_of_a_few_lines_makes_a_world(api: Steps) -> None:
    await api.post("/report/order/start")
    made = await write(api, {**DOCUMENT, "clock": {"mode": "frozen", "now": "2026-03-01T12:00:00Z"}})
    assert made.status_code == 200
    assert made.json()["jobs"] == 0
    assert made.json()["clock"]["now"] == "2026-03-01T12:00:00.000000000Z"


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?format=yaml", {}), ("", {"Accept": "application/yaml"}), ("", {"Accept": "text/yaml, */*"})],
)
async def test_a_document_can_be_yaml(api: Steps, twin: Steps, query: str, headers: dict[str, str]) -> None:
    await api.post("/report/order/start")
    answer = await api.client.get(f"/_mock/state{query}", headers=headers)
    assert answer.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(answer.text)["jobs"] == (await state_of(api))["jobs"]
    written = await twin.client.put("/_mock/state", content=answer.content)
    assert written.status_code == 200, written.text
    assert await state_of(twin) == await state_of(api)


async def test_format_wins_over_accept(api: Steps) -> None:
    answer = await api.client.get("/_mock/state?format=json", headers={"Accept": "application/yaml"})
    assert answer.headers["content-type"] == "application/json"


JOB: dict[str, Any] = {
    "id": "1",
    "api": "report",
    "target": "order",
    "total": 120,
    "file": "orders_0.json",
    "profile": {"kind": "steady"},
    "startedAt": "0s",
    "lastEventAt": "0s",
    "runningSince": "1s",
    "ranBefore": "0s",
    "paused": False,
    "polled": 0,
    "stalledAfter": None,
    "end": None,
}
EXPORT = {"job": "1", "format": "json", "filters": []}
IMPORT = {"job": "1", "broken": "", "faulty": [], "errors": []}
REPORT = {
    "id": 2000,
    "job": "1",
    "store": 1,
    "user": 1,
    "name": "complete",
    "version": "1",
    "start": "2022-01-01T00:00:00",
    "end": "2022-01-31T00:00:00",
    "created": "2026-01-01T00:00:00Z",
    "ended": None,
}
BUILD: dict[str, Any] = {
    "job": "1",
    "feed": {"id": 1},
    "subshops": ["deutsch"],
    "content": "",
    "records": {},
    "shownFor": [],
    "files": [],
}


@pytest.mark.rule("MOCK-400-state")
@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"version": 2}, "version"),
        ({"format": "x"}, "format"),
        ({"seed": 43}, "seed"),
        ({"weather": "fine"}, "weather"),
        ({"clock": {"mode": "sideways"}}, "clock.mode"),
        ({"clock": {"now": "2026-02-30T00:00:00Z"}}, "clock.now"),
        ({"jobs": [{**JOB, "api": "coffee"}]}, "jobs[0].api"),
        ({"jobs": [{**JOB, "startedAt": "1s"}]}, "jobs[0].startedAt"),
        ({"jobs": [{"id": "1"}]}, "jobs[0].api"),
        ({"logins": {"refresh": [{"token": "t", "user": "eve"}]}}, "logins.refresh[0].user"),
        ({"records": {"services": {"spoon": {"deleted": [1]}}}}, "records.services.spoon"),
        ({"records": {"services": {"order": {"added": [{"id": 9}]}}}}, "records.services.order.added[0]."),
        ({"exports": [EXPORT]}, "exports[0].job"),
        ({"jobs": [{**JOB, "api": "import"}], "exports": [EXPORT]}, "exports[0].job"),
        ({"jobs": [JOB], "exports": [{**EXPORT, "format": "pdf"}]}, "exports[0].format"),
        (
            {"jobs": [JOB], "exports": [{**EXPORT, "filters": [["filter_eq[spoon]", "1"]]}]},
            "exports[0].filters",
        ),
        ({"jobs": [JOB], "exports": [{**EXPORT, "records": 0}]}, "exports[0].records"),
        ({"jobs": [{**JOB, "target": "spoon"}], "exports": [EXPORT]}, "exports[0].job"),
        ({"jobs": [JOB], "imports": [IMPORT]}, "imports[0].job"),
        ({"jobs": [{**JOB, "file": None}]}, "jobs[0].file"),
        ({"jobs": [{**JOB, "file": "a\nb"}]}, "jobs[0].file"),
        ({"jobs": [{**JOB, "api": "import"}], "imports": [{**IMPORT, "faulty": [120]}]}, "imports[0].faulty"),
        (
            {
                "jobs": [{**JOB, "api": "import"}],
                "imports": [
                    {**IMPORT, "applied": 0, "kept": False, "rows": [{"number": 0, "record": {"id": "x"}}]}
                ],
            },
            "imports[0].rows[0].record",
        ),
        ({"jobs": [{**JOB, "api": "build"}], "builds": [BUILD]}, "builds[0].feed."),
        ({"foxy": {"reports": [REPORT]}}, "foxy.reports[0].job"),
        (
            {
                "jobs": [{**JOB, "api": "foxy", "target": "1"}],
                "foxy": {"reports": [{**REPORT, "start": "now"}]},
            },
            "foxy.reports[0].start",
        ),
        (
            {"foxy": {"accessTokens": [{"token": "t", "client": "x", "scope": "s", "expires": None}]}},
            "foxy.accessTokens[0].client",
        ),
        (
            {
                "faults": {
                    "next": 2,
                    "faults": [{"id": "1", "operations": [], "seen": 0, "fired": 0, "kind": "odd"}],
                }
            },
            "faults.faults[0].kind",
        ),
    ],
)
async def test_a_wrong_document_is_refused_with_the_place_and_changes_nothing(
    api: Steps, part: dict[str, Any], place: str
) -> None:
    await api.post("/report/order/start")
    before = await state_of(api)
    answer = await write(api, {**DOCUMENT, **part})
    assert rule_of(answer) == (400, "MOCK-400-state")
    assert answer.json()["field"].startswith(place)
    assert answer.json()["detail"]
    assert await state_of(api) == before


@pytest.mark.rule("MOCK-400-state")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"- a",
        b"a: [",
        b"\xff",
        b"a: &x 1\nb: *x",
        b"&a [*a]",
        b"[" * 5000,
        b"a: !!python/none x",
    ],
)
async def test_what_is_no_document_at_all_is_refused(api: Steps, content: bytes) -> None:
    answer = await api.client.put("/_mock/state", content=content)
    assert rule_of(answer) == (400, "MOCK-400-state")


async def test_two_added_records_with_one_key_are_refused(api: Steps) -> None:
    await api.post(
        "/import/newsletterSubscriber/start?format=json",
        json=[SUBSCRIBER],
        headers={"Prefer": "profile=immediate"},
    )
    document = await state_of(api)
    added = document["records"]["services"]["newsletterSubscriber"]["added"]
    added.append(added[0])
    answer = await write(api, document)
    assert rule_of(answer) == (400, "MOCK-400-state")
    assert answer.json()["field"] == "records.services.newsletterSubscriber.added[1]"


@pytest.mark.rule("MOCK-409-state")
async def test_a_world_that_is_too_large_is_not_written(api: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.control.state.MAX_BYTES", 10)
    assert rule_of(await api.client.get("/_mock/state")) == (409, "MOCK-409-state")
    assert rule_of(await api.client.put("/_mock/snapshots/a")) == (409, "MOCK-409-state")


# Snapshots


async def test_a_snapshot_brings_the_world_back(api: Steps) -> None:
    await api.post("/report/order/start")
    await api.advance(2)
    before = await state_of(api)
    taken = await api.client.put("/_mock/snapshots/running")
    assert taken.status_code == 201
    await api.finish()
    await api.delete("/datafeeds/1")
    restored = await api.client.post("/_mock/snapshots/running/restore")
    assert (restored.status_code, restored.json()["jobs"]) == (200, 1)
    assert await state_of(api) == before
    assert (await api.get("/report/order/status")).json()["percentage"] == 33


async def test_a_snapshot_can_be_restored_again_and_again(api: Steps) -> None:
    await api.client.put("/_mock/snapshots/start")
    states = []
    for _ in range(3):
        started = await api.post("/report/order/start")
        states.append(started.json())
        await api.client.post("/_mock/snapshots/start/restore")
    assert states[0] == states[1] == states[2]


async def test_a_snapshot_can_be_taken_anew_under_its_name(api: Steps) -> None:
    await api.client.put("/_mock/snapshots/a")
    await api.post("/report/order/start")
    assert (await api.client.put("/_mock/snapshots/a")).status_code == 200
    await api.client.post("/_mock/reset")
    assert (await api.client.post("/_mock/snapshots/a/restore")).json()["jobs"] == 1


async def test_snapshots_are_listed_and_can_be_forgotten(api: Steps) -> None:
    for name in ("b", "a"):
        await api.client.put(f"/_mock/snapshots/{name}")
    listed = (await api.client.get("/_mock/snapshots")).json()["snapshots"]
    assert [snapshot["name"] for snapshot in listed] == ["a", "b"]
    assert listed[0]["time"] == (await api.client.get("/_mock/clock")).json()["now"]
    assert (await api.client.delete("/_mock/snapshots/a")).status_code == 204
    assert len((await api.client.get("/_mock/snapshots")).json()["snapshots"]) == 1


@pytest.mark.rule("MOCK-404-snapshot")
@pytest.mark.parametrize(("method", "path"), [("POST", "/restore"), ("DELETE", "")])
async def test_an_unknown_snapshot_is_not_found(client: httpx.AsyncClient, method: str, path: str) -> None:
    await client.put("/_mock/snapshots/known")
    answer = await client.request(method, f"/_mock/snapshots/unknown{path}")
    assert rule_of(answer) == (404, "MOCK-404-snapshot")
    assert answer.json()["accepted"] == ["known"]


@pytest.mark.rule("MOCK-409-snapshot")
async def test_a_world_keeps_a_limited_number_of_snapshots(client: httpx.AsyncClient) -> None:
    for number in range(snapshots.MAX_SNAPSHOTS):
        assert (await client.put(f"/_mock/snapshots/{number}")).status_code == 201
    assert rule_of(await client.put("/_mock/snapshots/more")) == (409, "MOCK-409-snapshot")
    assert (await client.put("/_mock/snapshots/0")).status_code == 200


async def test_worlds_do_not_see_each_others_snapshots(api: Steps, twin: Steps) -> None:
    await api.client.put("/_mock/snapshots/mine")
    assert (await twin.client.get("/_mock/snapshots")).json() == {"snapshots": []}


async def test_a_document_does_not_depend_on_the_clock_running() -> None:
    async with make_client(MockServer(Settings(clock="running", speed=1000))) as client:
        await client.post(f"{API}/report/order/start")
        document = (await client.get("/_mock/state")).json()
        assert document["clock"]["mode"] == "running"
        await client.put("/_mock/state?world=other", json=document)
        assert (await client.get("/_mock/clock?world=other")).json()["mode"] == "running"

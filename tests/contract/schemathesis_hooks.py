"""What schemathesis cannot know of our specifications, each with its reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import httpx
import schemathesis

FORMATS = "which formats there are depends on the service in the path"
FILTERS = "which fields can be filtered, and which formats there are, depends on the service in the path"
CREDENTIALS = "which credentials belong together (name with password, or API key) is the login's own rule"
CALENDAR = "the calendar ends with 9999-12-30, and how far that is depends on the world"
CALLED = "which operations and rules there are is the contract's to say, and never is never expected"
FAULT = "which rules, operations and targets there are, and which belong together, is the contract's to say"
DOCUMENT = "parts of a document refer to each other, to the services and to the seed"
PARAMETERS = "which parameters there are depends on the scenario"
PROFILE = "which numbers a profile may have depends on its kind"

LISTED = "which fields can be filtered and sorted by is not part of the schema of deepObject parameters"
MERGED = (
    "it depends on other fields of the feed, on the shop, or on single characters that are rules of their own"
)
LANGUAGE = "whether a template compiles is the template language's matter"
NO_TEMPLATE = "schemathesis follows the templateId of a feed, and 0 is none"


def _list_rules(prefix: str) -> list[str]:
    # pageToken: the link `next` of the last page has an empty one.
    return [f"{prefix}-LIST-400-{name}" for name in ("field", "op", "filtervalue", "direction", "pageToken")]


def _feed_rules(value: str, method: str) -> list[str]:
    characters = [f"DF-{method}-400-chars-{name}" for name in ("slash", "backslash", "colon")]
    return [f"DF-{value}", f"DF-{method}-400-combination", *characters]


REFUSALS: dict[str, dict[str, str]] = {
    "POST /report/{service}/start": {
        "REP-START-400-filter-field": FILTERS,
        "REP-START-400-filter-op": FILTERS,
        "REP-START-400-filter-value": FILTERS,
        "REP-START-400-format": FILTERS,
    },
    "POST /import/{service}/start": {"IMP-START-400-format": FORMATS},
    "GET /datafeeds": dict.fromkeys(_list_rules("DF"), LISTED),
    "GET /datafeeds/templates": dict.fromkeys(_list_rules("DFT"), LISTED),
    "GET /datafeeds/build/{id}/status": {"DFB-STATUS-400-template": "a feed can be without a template"},
    "POST /datafeeds/build/{id}": {"DFB-ID-400-subshopId": "which subshops there are is the shop's matter"},
    "POST /datafeeds": dict.fromkeys(_feed_rules("POST-400-value", "POST"), MERGED),
    "PUT /datafeeds/{id}": dict.fromkeys(_feed_rules("PUT-400-blankrow", "PUT"), MERGED),
    "POST /datafeeds/templates": {"DFT-POST-400-compile": LANGUAGE},
    "GET /datafeeds/templates/{id}": {"DFT-GET-400-id": NO_TEMPLATE},
    "PUT /datafeeds/templates/{id}": {"DFT-PUT-400-compile": LANGUAGE, "DFT-PUT-400-id": NO_TEMPLATE},
    "DELETE /datafeeds/templates/{id}": {"DFT-DEL-400-id": NO_TEMPLATE},
    "POST /datafeeds/build/hour": {"DFB-HOUR-404": "the path without an hour exists to fail"},
    "POST /login": {"AUTH-LOGIN-400-missing": CREDENTIALS},
    "GET /login/checkToken": {
        "AUTH-OTOK-400-missing": "the document lists it as an error that every call has"
    },
    "GET /login/checkToken/{otok}": {"AUTH-OTOK-400-invalid": "a one-time token is good once"},
    "PUT /profiles/{api}/{target}": {"MOCK-400-body": PROFILE},
    "POST /faults": {"MOCK-400-fault": FAULT},
    "POST /token": {"FOXY-AUTH-400": "only the fixtures' clients, codes and tokens are anybody's"},
    "POST /stores/{id}/reports": dict.fromkeys(
        ("FOXY-ERR-400-JSON", "FOXY-NAME-REQ", "FOXY-START-REQ", "FOXY-END-REQ"),
        "what a text, a form or an XML body holds is no matter of its schema",
    ),
    "GET /records/{service}": {"MOCK-400-parameter": LISTED},
    "GET /requests": {"MOCK-400-parameter": CALLED},
    "POST /requests/verify": {"MOCK-400-body": CALLED},
    "POST /clock/advance": {"MOCK-400-body": CALENDAR},
    "PUT /state": {"MOCK-400-state": DOCUMENT},
    "POST /scenarios": {"MOCK-400-scenario": PARAMETERS},
    "POST /scenarios/{name}": {"MOCK-400-scenario": PARAMETERS},
    "PUT /clock": {"MOCK-400-body": CALENDAR},
}
"""Rules that refuse requests which fit the schema, because OpenAPI cannot say why they are wrong.

The check below fails for any other; `positive_data_acceptance` leaves the statuses 400 and 422 to it.
"""


BEFORE: dict[str, list[tuple[str, str]]] = {
    f"{method} /{api}/{{service}}/{verb}": [("POST", event) for event in events]
    for api in ("report", "import")
    for method, verb, events in (
        ("POST", "pause", ["start"]),
        ("POST", "resume", ["start", "pause"]),
        ("DELETE", "cancel", ["start"]),
    )
}
"""What has to happen before a call can succeed. The stateful phase finds the way by links, and goes without."""


def _fault(client: httpx.Client, _path: dict[str, Any]) -> dict[str, str]:
    placed = client.post("/_mock/faults", json={"status": 503, "times": 1})
    if placed.status_code == 409:
        client.delete("/_mock/faults")
        placed = client.post("/_mock/faults", json={"status": 503, "times": 1})
    return {"id": placed.json()["id"]}


def _latest_export(client: httpx.Client) -> dict[str, str]:
    """Return the id of the export that was started last; feeds are built by themselves meanwhile."""
    jobs = client.get("/_mock/jobs").json()["jobs"]
    return {"id": next(job["id"] for job in reversed(jobs) if job["api"] == "report")}


def _job(client: httpx.Client, _path: dict[str, Any]) -> dict[str, str]:
    client.delete("/_mock/faults")
    client.put("/_mock/profiles/report/order", json={"kind": "stuck", "startingSeconds": 0})
    client.post("/admin/api/v1/report/order/start")
    return _latest_export(client)


def _paused_job(client: httpx.Client, path: dict[str, Any]) -> dict[str, str]:
    found = _job(client, path)
    client.post("/admin/api/v1/report/order/pause")
    return found


def _export(client: httpx.Client, _path: dict[str, Any]) -> dict[str, str]:
    client.delete("/_mock/faults")
    client.post("/admin/api/v1/report/category/start", headers={"Prefer": "profile=immediate"})
    return _latest_export(client)


def _file(client: httpx.Client, _path: dict[str, Any]) -> dict[str, str]:
    client.delete("/_mock/faults")
    client.post("/admin/api/v1/datafeeds/build/1", headers={"Prefer": "profile=immediate"})
    (file, *_) = client.get("/_mock/files").json()["files"]
    return {"feed": file["feed"], "subshop": file["subshop"], "file": file["name"]}


def _snapshot(client: httpx.Client, path: dict[str, Any]) -> dict[str, str]:
    if client.put(f"/_mock/snapshots/{path['name']}").status_code == 409:
        for snapshot in client.get("/_mock/snapshots").json()["snapshots"]:
            client.delete(f"/_mock/snapshots/{snapshot['name']}")
        client.put(f"/_mock/snapshots/{path['name']}")
    return {}


def _request(client: httpx.Client, _path: dict[str, Any]) -> dict[str, str]:
    client.delete("/_mock/faults")
    client.get("/admin/api/v1/report/order/status")
    return {"id": client.get("/_mock/requests?limit=1").json()["requests"][0]["id"]}


def _record(client: httpx.Client, _path: dict[str, Any]) -> dict[str, str]:
    (record,) = client.get("/_mock/records/category?size=1").json()["items"]
    return {"service": "category", "id": str(record["id"])}


PREPARE: dict[str, Callable[[httpx.Client, dict[str, Any]], dict[str, str]]] = {
    "/faults/{id}": _fault,
    "/jobs/{id}": _job,
    "/jobs/{id}/timeline": _job,
    **dict.fromkeys(
        (f"/jobs/{{id}}/{verb}" for verb in ("pause", "cancel", "complete", "fail", "stall")), _job
    ),
    "/jobs/{id}/resume": _paused_job,
    "/jobs/{id}/file": _export,
    "/files/{feed}": lambda _client, _path: {"feed": "1"},
    "/files/{feed}/{subshop}/{file}": _file,
    "/records/{service}": lambda _client, _path: {"service": "category"},
    "/records/{service}/{id}": _record,
    "/requests/{id}": _request,
    "/requests/{id}/replay": _request,
    "/snapshots/{name}": _snapshot,
    "/snapshots/{name}/restore": _snapshot,
    "/scenarios/{name}": lambda _client, _path: {"name": "paused-export"},
}
"""What a call of the control plane asks for, which other calls may have done away with; its path parameters."""


@schemathesis.deserializer(
    "application/gzip",
    "application/octet-stream",
    "application/zip",
    "text/csv",
    "text/html",
    "text/markdown",
    "text/tab-separated-values",
)
def read_file(_context: schemathesis.DeserializationContext, response: schemathesis.Response) -> str:
    """Take files as the strings of bytes that their schema says; tests/websale reads what is in them."""
    return response.content.decode("latin-1")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Bring the service's job into the state that the call needs, or make what it asks for."""
    if (
        case.meta is None
        or not case.meta.generation.mode.is_positive
        or case.meta.phase.name.value == "stateful"
    ):
        return
    headers = {"X-Authorization": "Bearer admin-token", "X-Mock-World": os.environ["MOCKSERVER_WORLD"]}
    prepare = PREPARE.get(case.path)
    if prepare is not None:
        with httpx.Client(base_url=os.environ["MOCKSERVER_URL"], headers=headers, timeout=60) as client:
            case.path_parameters |= prepare(client, case.path_parameters)
    for method, event in BEFORE.get(f"{case.method.upper()} {case.path}", []):
        path = case.path.format(**(case.path_parameters or {})).rpartition("/")[0]
        url = f"{os.environ['MOCKSERVER_URL']}/admin/api/v1{path}/{event}"
        httpx.request(method, url, headers=headers, content=b"[{}]", timeout=60)


@schemathesis.check
def refusals_are_expected(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """A request that fits the schema is refused by none but the listed rules."""
    if (
        response.status_code not in (400, 422)
        or case.meta is None
        or not case.meta.generation.mode.is_positive
    ):
        return
    rules = response.headers.get("x-mock-rule", [""])[0]
    expected = REFUSALS.get(f"{case.method.upper()} {case.path}", {})
    for rule in rules.split(", "):
        if rule not in expected:
            raise AssertionError(f"{rule or 'No rule'} refuses a request that fits the schema.")

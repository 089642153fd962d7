"""The records of every service, feeds and templates with what belongs to them, and the files that jobs have made."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from mockserver.console.answering import asked_page, desk, page_of, world_url
from mockserver.console.browsing import (
    OPERATORS,
    REFERENCES,
    Filter,
    asked_filters,
    choose_columns,
    is_amount,
    label_columns,
    read_filters,
    referring,
    write_curl,
    write_query,
)
from mockserver.console.desk import PEEK, Refused, step
from mockserver.console.previewing import preview
from mockserver.console.tokens import tokens_of
from mockserver.contract.server import administrators_token

blueprint = Blueprint("data", __name__, url_prefix="/data")

FEED, TEMPLATE = "dataFeed", "dataFeedTemplate"

VENDOR = "/admin/api/v1"
SIZE = 50
"""Records, and files, on a page."""

MANY = 100_000
"""Records from which on a search takes seconds."""

BUILDS = 10
"""Builds of a feed that are shown, the last ones."""


@blueprint.get("")
def index() -> str:
    """Show the services, and the files that were made last."""
    files = _files()
    return render_template(
        "data.html", services=desk.get("/records")["services"], files=files[:5], all=len(files)
    )


@blueprint.get("/<service>")
def browse(service: str) -> Any:
    """Show a page of a service's records."""
    if "X-Refresh" in request.headers:
        return render_template("base.html")  # records stay until somebody reloads: a search can be costly
    if "field" in request.args:
        return redirect(_address(service, *_asked()), 303)
    described = _service(service)
    filters, sort, search = _shown()
    return render_template(
        "data_service.html",
        service=described,
        slow=described["count"] > MANY,
        **_found(service, filters, sort, search),
        **_table(described, filters, sort),
        **_links(service, filters, sort, search),
        filters=[*filters, Filter("", "gte", "")],
        operators=OPERATORS,
        search=search,
        exports=_exports(described, filters),
    )


@blueprint.get("/<service>/<path:id>", merge_slashes=False)
def read(service: str, id: str) -> str:
    """Show a record; a feed or a template with what belongs to it."""
    described = _service(service)
    record = desk.get(f"/records/{service}/{step(id)}")
    shown = {
        "service": described,
        "record": record,
        "key": id,
        "links": REFERENCES.get(service, {}),
        "referring": _referring(service),
    }
    if service == FEED:
        return render_template("data_feed.html", **shown, **_feed(record))
    if service == TEMPLATE:
        feeds = desk.get(f"/records/{FEED}", **{"filter[templateId]": id, "size": 300})["items"]
        return render_template("data_template.html", **shown, feeds=feeds)
    return render_template("data_record.html", **shown)


@blueprint.get("/files")
def files() -> str:
    """List the files that exports and builds have made, the youngest first."""
    made = _files()
    page = page_of(len(made), SIZE)
    return render_template("data_files.html", files=made[page["first"] :][:SIZE], page=page)


@blueprint.get("/files/job/<id>")
def export(id: str) -> str:
    """Show the beginning of an export's file."""
    made = desk.get(f"/jobs/{step(id)}/timeline")
    job = made["job"]
    data, whole = desk.peek(f"/jobs/{job['id']}/file")
    return render_template(
        "data_file.html",
        file=_export(job) | {"size": len(data) if whole else None},
        job=job,
        links=[file["url"] for file in made["files"]],
        peek=PEEK,
        preview=preview(job["file"], data, whole=whole),
    )


@blueprint.get("/files/feed/<feed>/<subshop>/<path:name>")
def output(feed: str, subshop: str, name: str) -> str:
    """Show the beginning of a feed's file."""
    data, whole = desk.peek(f"/files/{step(feed)}/{step(subshop)}/{step(name)}")
    file = next(
        one
        for one in desk.get("/files")["files"]
        if (one["feed"], one["subshop"], one["name"]) == (feed, subshop, name)
    )
    charset = desk.get(f"/records/{FEED}/{step(feed)}")["options"]["exportCharset"]
    return render_template(
        "data_file.html",
        file=_output(file),
        job=None,
        links=[],
        peek=PEEK,
        preview=preview(name, data, whole=whole, charset=charset),
    )


# --- What is shown


def _found(service: str, filters: list[Filter], sort: str, search: str) -> dict[str, Any]:
    """Return the records to show, or why there are none."""
    try:
        records, page = _look(service, filters, sort, search)
    except Refused as error:
        if error.status != 400:
            raise
        return {"records": [], "page": page_of(0, SIZE), "refused": str(error)}
    return {"records": records, "page": page, "refused": ""}


def _table(service: Any, filters: list[Filter], sort: str) -> dict[str, Any]:
    """Lay out the table: its columns, what they are called, and which one it is sorted by."""
    order, _, direction = sort.partition(":")
    columns = choose_columns(service, [order, *(one.field for one in filters)])
    kinds = {field["path"]: field["type"] for field in service["fields"]}
    return {
        "columns": columns,
        "labels": label_columns(columns),
        "amounts": [path for path in columns[1:] if is_amount(path, kinds[path])],
        "kinds": kinds,
        "order": order,
        "direction": direction,
    }


def _links(service: str, filters: list[Filter], sort: str, search: str) -> dict[str, Any]:
    """Return what leads to the same records in another order, or with a filter less."""
    return {
        "sort_link": lambda path, way: _address(service, filters, f"{path}:{way}", search),
        "without": lambda place: _address(service, filters[:place] + filters[place + 1 :], sort, search),
        "query": write_query([(one.parameter, one.value) for one in filters]),
    }


def _look(service: str, filters: list[Filter], sort: str, search: str) -> tuple[list[Any], dict[str, int]]:
    """Return the records of the page that is asked for; of the last one when there are not so many."""
    query: dict[str, Any] = {"sort": sort, "search": search, "size": SIZE}
    for one in filters:
        query.setdefault(one.parameter, []).append(one.value)
    first = (asked_page() - 1) * SIZE
    found = desk.get(f"/records/{service}", **query, pageToken=first)
    page = page_of(found["totalCount"], SIZE)
    if page["first"] != first:
        found = desk.get(f"/records/{service}", **query, pageToken=page["first"])
    return found["items"], page


def _services() -> dict[str, Any]:
    return {service["name"]: service for service in desk.get("/records")["services"]}


def _service(name: str) -> Any:
    """Return what the control API says of a service; who asks for another one is told which there are."""
    return _services().get(name) or desk.get(f"/records/{step(name)}")


def _referring(service: str) -> list[tuple[str, str]]:
    """Return where records that refer to one of this service can be found: service, and name of the filter."""
    services = _services()
    return [
        (other, Filter(path, "eq", "").parameter)
        for other, path in referring(service)
        if any(field["path"] == path for field in services[other]["fields"])
    ]


def _shown() -> tuple[list[Filter], str, str]:
    """Read filters, order and search from the page's address."""
    filters = read_filters(request.args.items(multi=True))
    return filters, request.args.get("sort", ""), request.args.get("search", "").strip()


def _asked() -> tuple[list[Filter], str, str]:
    """Read them from the form's rows."""
    rows = (request.args.getlist(name) for name in ("field", "operator", "value"))
    return asked_filters(*rows), *_shown()[1:]


def _address(service: str, filters: list[Filter], sort: str, search: str) -> str:
    """Return the address of a service's page; its filters are written as the vendor's are."""
    others = [(name, value) for name, value in (("sort", sort), ("search", search)) if value]
    query = write_query([*((one.parameter, one.value) for one in filters), *others])
    return url_for("data.browse", service=service) + (f"?{query}" if query else "")


def _feed(feed: Any) -> dict[str, Any]:
    """Gather what belongs to a feed: its files, its builds, and how they are started."""
    id = str(feed["id"])
    place = f"{VENDOR}/datafeeds"
    made = [_output(file) for file in desk.get("/files")["files"] if file["feed"] == id]
    jobs = [job for job in desk.get("/jobs")["jobs"] if (job["api"], job["target"]) == ("build", id)]
    return {
        "builds": desk.get(f"/files/{step(id)}"),
        "files": {file["subshop"]: file for file in made},
        "jobs": jobs[: -BUILDS - 1 : -1],
        "building": [
            ("Build it", _curl("POST", f"{place}/build/{step(id)}")),
            ("See how the build goes", _curl("GET", f"{place}/build/{step(id)}/status")),
        ],
    }


# --- Calls to copy


def _curl(method: str, path: str) -> str:
    """Write a call of the vendor's API in this world."""
    if "token" not in g:
        g.token = administrators_token(tokens_of("websale"))
    return write_curl(method, world_url() + path, f"X-Authorization: Bearer {g.token}")


def _exports(service: Any, filters: list[Filter]) -> list[tuple[str, str]]:
    """Return the calls that export what filters select, one a format."""
    place = f"{VENDOR}/report/{service['name']}/start"
    chosen = [(one.parameter, one.value) for one in filters]
    return [
        (f"Export them as {format}", _curl("POST", f"{place}?{write_query([('format', format), *chosen])}"))
        for format in service["exportFormats"]
    ]


# --- Files


def _files() -> list[dict[str, Any]]:
    """Return the files of finished exports, of builds, and of Foxy's reports, the youngest first."""
    exports = [
        _export(job)
        for job in desk.get("/jobs")["jobs"]
        if job["state"] == "finished" and job["api"] in ("report", "foxy")
    ]
    outputs = [_output(file) for file in desk.get("/files")["files"]]
    return sorted([*reversed(exports), *outputs], key=lambda file: str(file["time"]), reverse=True)


def _export(job: Any) -> dict[str, Any]:
    """Describe the file of an export, or of a report of Foxy's, whose link is on the page of its job."""
    is_report = job["api"] == "report"
    job_page = url_for("jobs.read", id=job["id"])
    return {
        "name": job["file"] or f"report of store {job['target']}",
        "time": job["endsAt"],
        "size": None,
        "records": job["total"] if is_report else None,
        "maker": f"{job['api']} {job['target']}",
        "made_by": job_page,
        "page": url_for("data.export", id=job["id"]) if is_report else job_page,
        "url": f"{_control()}/jobs/{job['id']}/file" if is_report else "",
    }


def _output(file: Any) -> dict[str, Any]:
    """Describe a feed's file."""
    where = "/".join(step(file[part]) for part in ("feed", "subshop", "name"))
    return {
        **file,
        "records": None,
        "maker": f"feed {file['feed']}",
        "made_by": url_for("data.read", service=FEED, id=file["feed"]),
        "page": url_for("data.output", feed=file["feed"], subshop=file["subshop"], name=file["name"]),
        "url": f"{_control()}/files/{where}",
    }


def _control() -> str:
    """Return where the control API is for this browser: its downloads meet no fault, and clutter no journal."""
    return request.script_root.removesuffix("/ui")

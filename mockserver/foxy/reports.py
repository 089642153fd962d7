"""Handlers of a store's reports: ``/stores/{id}/reports``, ``/report/{id}`` and its alias (S4)."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange, Rule, Rules
from mockserver.foxy.bodies import BodyError, parse_body
from mockserver.foxy.book import API, Report, View
from mockserver.foxy.conventions import (
    API_ZONE,
    CREATED_MESSAGE,
    HIDDEN_PROPERTIES,
    REPORT_PATH,
    TOKEN_USER_IS_REPORT_USER,
)
from mockserver.foxy.dates import format_instant, format_wall, wall_instant
from mockserver.foxy.hal import DOWNLOAD, Document, link, links, respond, respond_allowed
from mockserver.foxy.listing import Columns, Query, Value
from mockserver.foxy.oauth import STORE, Caller, caller_of
from mockserver.foxy.ordering import OrderError, read_order
from mockserver.foxy.resources import check_owner, find_store, number, user_links
from mockserver.foxy.world import Foxy, Store
from mockserver.simulation.job import Job

DATES = frozenset(("datetime_start", "datetime_end", "date_created", "date_modified"))
TEXTS = frozenset(("name", "version", "status"))
PAGES = {"first": "First", "prev": "Previous", "next": "Next", "last": "Last"}


async def listing(exchange: Exchange, id: str) -> Answer:
    """List a store's reports, with fresh links to those that are ready (FOXY-LINK-RENEW-LIST)."""
    store = find_store(exchange, caller_of(exchange, STORE), id)
    book, query = exchange.world.part(Foxy).reports, Query(exchange.query)
    views = [book.look(report, asked=True) for report in book.of_store(store.id)]
    columns = Columns(DATES, TEXTS, frozenset(HIDDEN_PROPERTIES), store.zone)
    found = query.select(views, columns, lambda view: _values(view, store))
    return respond(exchange, _collection(exchange, store, query, found))


async def create(exchange: Exchange, id: str) -> Answer:
    """Order a report (FOXY-REPORTS-POST-201)."""
    caller = caller_of(exchange, STORE)
    store = find_store(exchange, caller, id)
    try:
        order = read_order(parse_body(await exchange.body(), exchange.headers.get("content-type", "")))
    except BodyError as error:
        raise Rule("FOXY-ERR-400-JSON", explain=str(error)) from error
    except OrderError as error:
        raise Rules([Rule(f.rule, field=f.attribute, explain=f.explain) for f in error.failures]) from error
    foxy, world = exchange.world.part(Foxy), exchange.world
    days = len(foxy.directory.history(world.seed, store).days(order.start, order.end))
    user = caller.user if TOKEN_USER_IS_REPORT_USER else store.user
    report = foxy.reports.order(store.id, user, order, days, exchange.choose_profile(API, str(store.id)))
    return _created(exchange, report)


async def options(exchange: Exchange, id: str) -> Answer:
    """Tell which methods the collection has (FOXY-REPORTS-OPTIONS)."""
    find_store(exchange, caller_of(exchange, STORE), id)
    return respond_allowed(exchange)


async def show(exchange: Exchange, id: str) -> Answer:
    """Show a report, with a fresh link if it is ready (FOXY-REPORT-GET, FOXY-LINK-RENEW-ITEM)."""
    report = _find(exchange, caller_of(exchange, STORE), id)
    foxy = exchange.world.part(Foxy)
    view = foxy.reports.look(report, asked=True)
    document = _document(exchange, view, foxy.directory.stores[report.store], Query(exchange.query))
    return respond(exchange, document, modified=view.modified)


async def show_options(exchange: Exchange, id: str) -> Answer:
    """Tell which methods a report has (FOXY-REPORT-OPTIONS)."""
    _find(exchange, caller_of(exchange, STORE), id)
    return respond_allowed(exchange)


def _find(exchange: Exchange, caller: Caller, id: str) -> Report:
    """Return the report with this id if it belongs to the caller's store."""
    report = exchange.world.part(Foxy).reports.find(number(id))
    if report is None:
        raise Rule("FOXY-REPORT-404", explain=f"There is no report {id} in this world.")
    check_owner(caller, report.store)
    return report


def _created(exchange: Exchange, report: Report) -> Answer:
    """Answer a POST: the new report's links and a message, not the report itself (FOXY-REPORTS-POST-BODY)."""
    found = _links(exchange, report)
    document = {"_links": found, "message": CREATED_MESSAGE.format(id=report.id)}
    return respond(exchange, document, status=201, location=found["self"]["href"])


def _links(exchange: Exchange, report: Report, download: str = "") -> Document:
    """Return a report's links in the order of the documented example (FOXY-REP-SELF, -USER, -NOSTORE)."""
    base = exchange.api_url
    found = {"self": link(base + REPORT_PATH.format(id=report.id), "This Report")}
    if download:
        found[DOWNLOAD] = link(download, "Download This Report")
    found["fx:user"] = link(f"{base}/users/{report.user}", "This User")
    return links(**found)


def _document(exchange: Exchange, view: View, store: Store, query: Query) -> Document:
    """Return a report's representation: the documented keys, in their order (FOXY-REP-KEYS)."""
    report = view.report
    properties = {
        "name": report.name,
        "version": report.version,
        "datetime_start": format_wall(report.start, store.zone),
        "datetime_end": format_wall(report.end, store.zone),
        "status": view.status,
        "date_created": format_instant(report.created, API_ZONE),
        "date_modified": format_instant(view.modified, API_ZONE),
    }
    wanted = query.fields()
    document: Document = {"_links": _links(exchange, report, _download(exchange, view))}
    if query.zoom():
        document["_embedded"] = {"fx:user": _user(exchange, report.user)}
    return {**document, **{k: v for k, v in properties.items() if wanted is None or k in wanted}}


def _download(exchange: Exchange, view: View) -> str:
    """Return a fresh link to the file of a report that is ready, else nothing (FOXY-REP-DL-*)."""
    if not view.ready:
        return ""
    signer, now = exchange.world.part(Foxy).signer, exchange.world.clock.ticks()
    return exchange.content_url + signer.link(view.folder, view.file, view.report.id, now)


def files_of(exchange: Exchange, job: Job) -> list[dict[str, str]]:
    """Return name and URL of the file of a finished report; the link is a fresh one."""
    book = exchange.world.part(Foxy).reports
    report = book.find(job.payload) if isinstance(job.payload, int) else None
    view = book.look(report) if report else None
    return [{"name": view.file, "url": _download(exchange, view)}] if view else []


def _user(exchange: Exchange, id: int) -> Document:
    user = exchange.world.part(Foxy).directory.users[id]
    return {"_links": user_links(exchange.api_url, user), **user.properties}


def _values(view: View, store: Store) -> dict[str, Value]:
    """Return a report's properties as queries compare them."""
    report = view.report
    return {
        "id": report.id,
        "name": report.name,
        "version": report.version,
        "status": view.status,
        "datetime_start": wall_instant(report.start, store.zone),
        "datetime_end": wall_instant(report.end, store.zone),
        "date_created": report.created,
        "date_modified": view.modified,
    }


def _collection(exchange: Exchange, store: Store, query: Query, found: list[View]) -> Document:
    """Return one page of the collection (FOXY-COLL-KEYS)."""
    page = query.page(len(found))
    shown = found[page.offset : page.offset + page.limit]
    own = f"{exchange.api_url}/stores/{store.id}/reports"
    by_rel: dict[str, Any] = {"self": link(own + query.itself(), "This Collection")}
    for rel, offset in page.offsets().items():
        by_rel[rel] = link(own + query.at(offset), f"{PAGES[rel]} Page of this Collection")
    return {
        "_links": links(**by_rel),
        "_embedded": {"fx:reports": [_document(exchange, view, store, query) for view in shown]},
        "total_items": str(page.total),
        "returned_items": len(shown),
        "limit": page.limit,
        "offset": page.offset,
    }

"""Make the Flask application of the console."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, flash, g, make_response, render_template, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from mockserver import __version__
from mockserver.console import pages, sign_in
from mockserver.console.answering import back, here, here_with
from mockserver.console.desk import Desk, Line, Refused
from mockserver.console.mount import LOOP, WORLD
from mockserver.console.writing import FILTERS, TESTS
from mockserver.contract.errors import Rule
from mockserver.contract.guard import check_origin, cookie_name
from mockserver.contract.public_url import public_url
from mockserver.contract.server import Settings

LARGEST_FORM = 1024 * 1024
"""Bytes that a form may have."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: nothing from anywhere else, and no code or style that stands in it."""


def create_console(line: Line, settings: Settings) -> Flask:
    """Return the WSGI application.

    :param line: the way to the control API.
    """
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        CONTROL_TOKEN=settings.control_token,
        SECRET_KEY=secrets.token_bytes(32),  # forms of before a restart are refused, and say so
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # the origin is checked below, behind proxies too
    )
    app.url_map.strict_slashes = False  # an address that is typed may end in a slash
    app.session_interface = _Sessions()
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.tests.update(TESTS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["version"] = __version__

    app.before_request(_entrance(line, settings))
    CSRFProtect(app)
    app.register_blueprint(sign_in.blueprint)
    for blueprint in pages.BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.after_request(_protect)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Rule, _foreign)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug(app))
    app.context_processor(_frame)
    return app


def _entrance(line: Line, settings: Settings) -> Any:
    def come_in() -> Any:
        """Find the world; ask those who are not signed in to do so, and send foreign pages away."""
        scope = request.environ["asgi.scope"]
        headers = {name.lower(): value for name, value in request.headers.items()}
        g.url = public_url(settings, headers, scope)
        g.desk = Desk(line, scope[LOOP], scope[WORLD], headers)
        origin = headers.get("origin")
        if request.method != "GET" and origin:
            check_origin(origin, g.url, settings.control_origin)
        return sign_in.ask(settings.control_token)

    return come_in


class _Sessions(SecureCookieSessionInterface):
    """Sessions whose cookie is named after the port, since cookies are shared by all ports of a host."""

    def get_cookie_name(self, app: Flask) -> str:
        return cookie_name("mock_console", request.host)

    def get_cookie_path(self, app: Flask) -> str:
        return "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        url: str = g.url
        return url.startswith("https:")


def _frame() -> dict[str, Any]:
    """Return what stands around every page: the world's clock, the worlds there are, the pages there are."""
    if g.get("bare"):
        return {}
    return {
        "clock": g.desk.get("/clock"),
        "worlds": [world["name"] for world in g.desk.get("/worlds")["worlds"]],
        "world": g.desk.world,
        "menu": pages.MENU,
        "here": here(),
        "here_with": here_with,
    }


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: Refused) -> Any:
    """Say what the control API says: above the page that the form came from, or as a page of its own."""
    if request.method == "POST" and "back" in request.form and error.status not in (401, 403):
        flash(str(error), "refused")
        return back()
    return _error_page(
        error.status, error.problem.get("title", ""), str(error), error.problem.get("accepted", ())
    )


def _foreign(error: Rule) -> Any:
    return _error_page(403, HTTPStatus.FORBIDDEN.phrase, error.explain)


def _stale(_error: CSRFError) -> Any:
    explain = "The page is older than the server, or was not this server's. Reload it and try again."
    return _error_page(400, "The form is not valid any more", explain)


def _http_error(error: HTTPException) -> Any:
    if isinstance(error.code, int) and error.code < 400:
        return error
    return _error_page(error.code or 500, error.name, error.description or "")


def _bug(app: Flask) -> Any:
    def handle(error: Exception) -> Any:
        app.logger.exception("%s %s failed", request.method, request.path, exc_info=error)
        return _error_page(500, "A bug of the console", f"{type(error).__name__}: {error}")

    return handle


def _error_page(status: int, title: str, explain: str, accepted: Any = ()) -> Any:
    g.bare = True
    page = render_template("error.html", status=status, title=title, explain=explain, accepted=list(accepted))
    return make_response(page, status)

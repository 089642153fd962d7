"""Let a browser show the control token once, where the server has one; a browser cannot send it as a header."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for

from mockserver.console.answering import here, own
from mockserver.contract.guard import cookie_name, is_signed_in, is_token, sign

blueprint = Blueprint("sign_in", __name__)

OPEN = ("static", "sign_in.ask_token", "sign_in.take_token")


def ask(token: str) -> Any:
    """Return the way to the form for who is not signed in and has to be; else nothing."""
    if not token or request.endpoint in OPEN:
        return None
    if is_signed_in(request.headers.get("Cookie", ""), request.host, token):
        return None
    return redirect(f"{request.script_root}/sign-in?{urlencode({'back': here()})}", 303)


@blueprint.get("/sign-in")
def ask_token() -> Any:
    """Show the form."""
    return _form(request.args.get("back", ""), wrong=False)


@blueprint.post("/sign-in")
def take_token() -> Any:
    """Sign in who knows the token, for as long as the browser is open."""
    token: str = current_app.config["CONTROL_TOKEN"]
    back = request.form.get("back", "")
    if not token or not is_token(request.form.get("token", "").strip(), token):
        return _form(back, wrong=True), 401
    answer = redirect(own(request.script_root, back), 303)
    name = cookie_name("mock_control", request.host)
    answer.set_cookie(name, sign(token), httponly=True, samesite="Strict", secure=g.url.startswith("https:"))
    return answer


@blueprint.post("/sign-out")
def forget_token() -> Any:
    """Sign out."""
    answer = redirect(url_for(".ask_token"), 303)
    answer.delete_cookie(cookie_name("mock_control", request.host))
    return answer


def _form(back: str, *, wrong: bool) -> str:
    g.bare = True
    return render_template("sign_in.html", back=back, wrong=wrong)

"""What the console's pages have in common when they answer."""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite
from typing import Any
from urllib.parse import quote, urlencode

from flask import flash, g, redirect, request
from werkzeug.local import LocalProxy

from mockserver.console.desk import Desk

desk: Desk = LocalProxy(lambda: g.desk)  # type: ignore[assignment]
"""The control API of the world that the page is about."""


def world_url() -> str:
    """Return where clients find the world that do not send its name."""
    url: str = g.url
    return url if g.desk.world == "default" else f"{url}/w/{g.desk.world}"


def done(message: str) -> Any:
    """Say what was done, above the page that the form came from."""
    flash(message, "done")
    return back()


def back() -> Any:
    """Go to the page that the form names, which is one of the console's."""
    return redirect(own(request.script_root, request.form.get("back", "")), 303)


def own(root: str, address: str) -> str:
    """Return an address that a browser sends as one of the console's own, whatever it says."""
    return f"{root}/{''.join(filter(str.isprintable, address)).lstrip('/')}"


def asked_page() -> int:
    """Return the number of the page that is asked for, from 1 on."""
    asked = request.args.get("page", "1")
    return max(int(asked), 1) if asked.isdecimal() and len(asked) < 10 else 1


def page_of(total: int, size: int) -> dict[str, int]:
    """Read which page is asked for; ``first`` is the place of its first row, counted from 0."""
    last = max(1, -(-total // size))
    number = min(asked_page(), last)
    return {"number": number, "last": last, "first": (number - 1) * size, "size": size, "total": total}


def as_number(text: str) -> Any:
    """Read a number of a form; what is none stays text, so that the control API can say what is wrong with it."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return text
    return value if isfinite(value) else text


def fields(form: Any, texts: Collection[str] = (), numbers: Collection[str] = ()) -> dict[str, Any]:
    """Return what is filled in of a form, of these fields alone."""
    found = {name: form[name].strip() for name in (*numbers, *texts) if form.get(name, "").strip()}
    return {name: value if name in texts else as_number(value) for name, value in found.items()}


def here() -> str:
    """Return the page's address within the console, for the forms that come back to it."""
    if request.method == "POST":
        return request.form.get("back", "")
    query = request.query_string.decode("ascii", "replace")
    return quote(request.path.lstrip("/")) + (f"?{query}" if query else "")


def here_with(**changed: Any) -> str:
    """Return the page's address with some of its parameters changed."""
    arguments = {
        **request.args.to_dict(flat=False),
        **{name: [str(value)] for name, value in changed.items()},
    }
    return f"{request.script_root}{request.path}?{urlencode(arguments, doseq=True)}"

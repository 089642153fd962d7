"""Start: calls to copy, made for this server and the page's world."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, render_template

from mockserver.console.answering import desk, world_url
from mockserver.console.tokens import tokens_of
from mockserver.contract.server import administrators_token

blueprint = Blueprint("start", __name__, url_prefix="/start")

SNIPPETS = ("curl", "fetch", "python", "foxy", "docker", "pytest", "pytest-run")
"""What there is to copy; each is a template in ``templates/snippets``, and none of them is HTML."""


@blueprint.get("")
def show() -> str:
    """Show what to call, as whom, and programs that do."""
    facts = _facts()
    environment = current_app.jinja_env
    return render_template(
        "start.html",
        base=facts["base"],
        guarded=facts["guarded"],
        tokens={"WEBSALE": tokens_of("websale"), "Foxy": tokens_of("foxy")},
        snippets={
            name: environment.get_template(f"snippets/{name}.txt").render(facts).strip() for name in SNIPPETS
        },
    )


def _facts() -> dict[str, Any]:
    """Return what the snippets are made with."""
    services = {service["name"]: service for service in desk.get("/records")["services"]}
    service = services.get("order") or next(iter(services.values()))
    formats = service["exportFormats"]
    world = next(world for world in desk.get("/worlds")["worlds"] if world["name"] == desk.world)
    tokens = tokens_of("websale")
    guarded = bool(current_app.config["CONTROL_TOKEN"])
    return {
        "url": g.url,
        "base": world_url(),
        "token": administrators_token(tokens),
        "service": service["name"],
        "format": "json" if "json" in formats else formats[0],
        "guarded": guarded,
        **_container(g.url, world, guarded=guarded),
    }


def _container(url: str, world: Mapping[str, Any], *, guarded: bool) -> dict[str, Any]:
    """Return how a container takes this server's place: its address, and what it is told.

    What only this machine reaches stays so. A variable without a value is handed on by docker, so that a secret is
    not part of the command.
    """
    address = urlsplit(url)
    local = _is_loopback(address.hostname or "")
    clock = world["clock"]
    environment = {"MOCKSERVER_SEED": world["seed"], "MOCKSERVER_CLOCK": clock["mode"]}
    if clock["speed"] != 1:
        environment["MOCKSERVER_SPEED"] = clock["speed"]
    if not local:
        environment["MOCKSERVER_PUBLIC_URL"] = url
    if guarded:
        environment["MOCKSERVER_CONTROL_TOKEN"] = None
    port = f"{address.port or 8080}:8080"
    return {"publish": f"127.0.0.1:{port}" if local else port, "environment": environment}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

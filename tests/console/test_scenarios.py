from __future__ import annotations

from typing import Any

import pytest

from mockserver.console import wording
from tests.console.conftest import Console, Page, Server

NEARLY = "nearly-finished-order-export"


def panel(page: Page, name: str) -> Any:
    return page.tree.xpath(f"//section[contains(@class, 'scenario')][header/h2='{name}']")[0]


def test_every_scenario_is_listed_with_what_it_does(console: Console, server: Server) -> None:
    page = console.get("scenarios")
    for scenario in server.control("GET", "/scenarios")["scenarios"]:
        text = " ".join(panel(page, scenario["name"]).text_content().split())
        assert scenario["description"] in text
        assert all(state in text for state in scenario["states"])
    assert "Starts an export of order (runs for 60 s), and lets it come to 90 %." in page.text


def test_parameters_are_fields_with_their_defaults(console: Console) -> None:
    fields = panel(console.get("scenarios"), NEARLY).xpath(".//input[starts-with(@name, 'param.')]")
    assert [(field.name, field.value, field.type) for field in fields] == [
        ("param.percent", "90", "number"),
        ("param.seconds", "60", "number"),
    ]


def test_a_scenario_is_applied(console: Console, server: Server, world: str) -> None:
    page = console.post(f"scenarios/{NEARLY}/apply", {"reset": "on"}, back="scenarios")
    assert page.messages == [f"The world {world} was made anew and brought into {NEARLY}."]
    assert server.control("GET", "/jobs/1")["percentage"] == 90


def test_a_parameter_is_passed_on_as_what_it_is(console: Console, server: Server, world: str) -> None:
    form = {"reset": "on", "param.percent": "40", "param.seconds": "60"}
    page = console.post(f"scenarios/{NEARLY}/apply", form, back="scenarios")
    assert page.messages == [f"The world {world} was made anew and brought into {NEARLY} (percent 40)."]
    assert server.control("GET", "/jobs/1")["percentage"] == 40


@pytest.mark.parametrize(("form", "jobs"), [({"reset": "on"}, 1), ({}, 2)])
def test_the_world_need_not_be_reset(
    console: Console, server: Server, form: dict[str, str], jobs: int
) -> None:
    server.vendor("POST", "/report/product/start")
    console.post("scenarios/paused-export/apply", form, back="scenarios")
    assert len(server.control("GET", "/jobs")["jobs"]) == jobs


def test_a_scenario_that_cannot_be_applied_says_why(console: Console) -> None:
    page = console.post(
        "scenarios/paused-export/apply", {"reset": "on", "param.service": "<script>"}, back="scenarios"
    )
    assert "<script>" in page.messages[0]
    assert "<script>'" not in page.html


def test_an_unknown_scenario_is_not_found(console: Console) -> None:
    assert console.post("scenarios/nothing/apply", back="scenarios").status == 404


def test_a_snapshot_is_taken_and_restored(console: Console, server: Server, world: str) -> None:
    taken = console.post("scenarios/snapshots", {"name": "before"}, back="scenarios")
    server.vendor("POST", "/report/order/start")
    restored = console.post("scenarios/snapshots/before/restore", back="scenarios")
    assert taken.messages == ["Snapshot before is taken."]
    assert "Restore Delete" in taken.row("before")
    assert restored.messages == [f"The world {world} is as it was when the snapshot before was taken."]
    assert server.control("GET", "/jobs")["jobs"] == []


def test_a_snapshot_is_forgotten(console: Console, server: Server) -> None:
    server.control("PUT", "/snapshots/before")
    page = console.post("scenarios/snapshots/before/delete", back="scenarios")
    assert page.messages == ["Snapshot before is forgotten."]
    assert server.control("GET", "/snapshots")["snapshots"] == []


@pytest.mark.parametrize("name", ["", "..", "<script>", "a/b"])
def test_an_ill_formed_name_of_a_snapshot_is_refused(console: Console, server: Server, name: str) -> None:
    page = console.post("scenarios/snapshots", {"name": name}, back="scenarios")
    assert page.tree.xpath("//*[contains(@class, 'refused')]")
    assert server.control("GET", "/snapshots")["snapshots"] == []


def test_the_world_can_be_downloaded(console: Console, server: Server, world: str) -> None:
    links = [link for link in console.get("scenarios").links() if "/state?" in link]
    assert links == [f"/w/{world}/_mock/state?format={format}" for format in ("yaml", "json")]
    assert [server.call("GET", link).status_code for link in links] == [200, 200]


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"clock": {"now": "2030-01-01T00:00:00Z"}}, "Sets the clock to 2030-01-01T00:00:00Z."),
        ({"clock": {"mode": "frozen"}}, "The clock is frozen."),
        ({"clock": {"speed": 60}}, "The clock's speed is 60."),
        ({"clock": {"advance": 5}}, "Lets 5\u00a0s pass at the end."),
        (
            {"profiles": [{"api": "report", "target": "order", "profile": {"kind": "immediate"}}]},
            "Jobs of `report`, target `order`, from now on: finished at once.",
        ),
        ({"records": {"order": {"put": [{"id": 1}]}}}, "Writes 1 record of `order`."),
        ({"records": {"order": {"delete": [1, 2]}}}, "Deletes 2 records of `order`."),
        (
            {"jobs": [{"api": "foxy", "target": "1", "profile": "stuck", "advanceTo": {"seconds": 5}}]},
            "Starts a report of Foxy's store `1` (gets stuck), and lets 5\u00a0s pass.",
        ),
        (
            {"jobs": [{"api": "build", "target": "4", "then": "fail"}]},
            "Starts a build of feed `4`; then it is made to fail.",
        ),
        (
            {"faults": [{"kind": "reset", "operation": "GET datafeeds", "times": 1, "probability": 0.5}]},
            "Fault for `GET datafeeds`, 50\u00a0% of them, once: resets the connection.",
        ),
        (
            {"faults": [{"kind": "truncate", "status": 503, "after": 2, "until": "2030-01-01T00:00:00Z"}]},
            "Fault for every call that can answer so, from call 3 on, until 2030-01-01 00:00:00:"
            " answers `503`, and breaks off halfway.",
        ),
        (
            {"faults": [{"latencySeconds": {"distribution": "uniform", "min": 1, "max": 2}}]},
            "Fault for every call: answers 1 to 2\u00a0s late.",
        ),
        (
            {"faults": [{"kind": "slow-body", "bodySeconds": 3, "times": 2}]},
            "Fault for every call, 2 times: sends the answer in pieces, over 3\u00a0s.",
        ),
        ({"tokens": {"expire": ["admin-token"]}}, "Lets the token `admin-token` run out."),
    ],
)
def test_what_a_scenario_sets_is_said_in_words(sets: dict[str, Any], said: str) -> None:
    assert wording.scenario(sets) == [said]

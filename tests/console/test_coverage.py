from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.console.conftest import Console, Page, Server

RULE = "REP-STATUS-503-redis"


def ask(server: Server) -> None:
    """Meet one operation, two statuses and one rule of the report API."""
    server.vendor("GET", "/report/order/status")
    server.vendor("GET", "/report/order/status", headers={"Prefer": f"example={RULE}"})


def operation(page: Page, title: str) -> Any:
    """Return the part of the grid that is about an operation."""
    found = page.tree.xpath(f"//tbody[tr/th//*[text()='{title}']]")
    assert len(found) == 1
    return found[0]


def cell(page: Page, title: str, status: int) -> str:
    """Read a cell of the grid aloud: the names of its symbols, and its text."""
    part = operation(page, title).xpath(f".//td[@data-label='{status}']")[0]
    names = part.xpath(".//*[@role='img']/@aria-label")
    return " ".join([*map(str, names), *part.text_content().replace("✓", "").replace("○", "").split()])


def test_every_api_has_its_shares(console: Console, server: Server) -> None:
    ask(server)
    shares = server.control("GET", "/coverage?specification=websale-report")["shares"]
    met = {"operations": 1, "statuses": 2, "rules": 1, "parameters": 1}
    page = console.get("coverage")
    assert page.row("WEBSALE report API").split("API ")[-1] == " ".join(
        f"{shares[kind]['percent']:.1f} % {count} of {shares[kind]['total']}" for kind, count in met.items()
    )
    foxy = server.control("GET", "/coverage?specification=foxy")["shares"]["operations"]["total"]
    assert f"0 of {foxy}" in page.row("Foxy report API")


def test_the_apis_together_have_the_shares_of_the_report(console: Console, server: Server) -> None:
    ask(server)
    report = server.control("GET", "/coverage")
    total = console.get("coverage").tree.xpath("//tfoot/tr")[0].text_content()
    for kind in ("operations", "statuses", "rules", "parameters"):
        share = report["shares"][kind]
        assert f"{share['met']} of {share['total']}" in " ".join(total.split())


def test_a_cell_says_in_words_what_was_met(console: Console, server: Server) -> None:
    ask(server)
    page = console.get("coverage")
    assert cell(page, "GET report/{service}/status", 200) == "met, 1×"
    assert cell(page, "GET report/{service}/status", 503) == "met, 1× 1/1"
    assert cell(page, "GET report/{service}/status", 401) == "not met 0/1"


def test_an_operation_has_no_cell_for_a_status_that_it_never_has(console: Console) -> None:
    part = operation(console.get("coverage"), "GET report/{service}/status")
    assert part.xpath(".//td/@data-label") == ["200", "400", "401", "503"]
    assert len(part.xpath(".//td[@class='none']")) == 1


def test_a_rule_leads_to_the_page_that_makes_it_the_answer(console: Console) -> None:
    assert f"{console.root}/faults?search={RULE}" in console.get("coverage").links()


def test_what_was_met_leads_to_its_requests(console: Console, server: Server) -> None:
    ask(server)
    links = console.get("coverage").links()
    assert f"{console.root}/requests?rule={RULE}" in links
    assert f"{console.root}/requests?operation=getReportStatus" in links


def test_parameters_are_listed(console: Console, server: Server) -> None:
    ask(server)
    part = operation(console.get("coverage"), "GET report/{service}/status")
    assert "✓ path service" in " ".join(part.text_content().split())


def test_one_api_can_be_chosen(console: Console) -> None:
    page = console.get("coverage?specification=foxy")
    assert page.tree.xpath("//section/@id") == ["clock", "api-foxy"]


def test_more_can_count_than_what_is_documented(console: Console) -> None:
    assert "COM-405-method" not in console.get("coverage").text
    page = console.get("coverage?evidence=convention")
    assert "Rules of several operations: 0 of" in page.text
    assert "COM-405-method" in page.text


def test_only_operations_that_were_called_can_count(console: Console, server: Server) -> None:
    ask(server)
    page = console.get("coverage?used=true")
    assert page.tree.xpath("//th[@scope='row']//span[@class='path']/text()") == [
        "GET report/{service}/status"
    ]


def test_before_any_call_nothing_was_used_and_the_page_says_what_to_do(console: Console) -> None:
    page = console.get("coverage?used=true")
    assert "No operation was called yet." in page.text
    assert f"{console.root}/start" in page.links()


def test_what_was_met_can_be_left_out(console: Console, server: Server) -> None:
    ask(server)
    page = console.get("coverage?missing=true&specification=websale-report")
    part = operation(page, "GET report/{service}/status")
    ids = part.xpath(".//a[@class='rule']/text()")
    assert ids == ["REP-STATUS-401", "REP-STATUS-400-service"]
    assert part.xpath(".//details/@open")
    assert "Parameters" not in part.text_content()


def test_an_operation_with_nothing_left_to_meet_is_left_out(console: Console, server: Server) -> None:
    for rule in ("REP-STATUS-401", "REP-STATUS-400-service", RULE):
        server.vendor("GET", "/report/order/status", headers={"Prefer": f"example={rule}"})
    server.vendor("GET", "/report/order/status")
    assert "GET report/{service}/status" in console.get("coverage").text
    assert "GET report/{service}/status" not in console.get("coverage?missing=true").text


def test_all_worlds_can_be_looked_at_together(console: Console, server: Server, world: str) -> None:
    server.call("GET", f"/w/{world}.other/admin/api/v1/login/checkToken")
    alone = console.get("coverage?specification=websale-login")
    together = console.get("coverage?specification=websale-login&world=*")
    assert "○ GET login/checkToken" in " ".join(alone.text.split())
    assert "✓ GET login/checkToken" in " ".join(together.text.split())
    assert not any("/requests?" in link for link in together.links())  # they are another world's


def test_counting_can_begin_anew(console: Console, server: Server) -> None:
    ask(server)
    page = console.post("coverage/clear", {"world": ""}, back="coverage")
    assert page.messages == ["Counting begins anew."]
    assert server.control("GET", "/coverage")["met"] == 0
    assert server.control("GET", "/requests")["total"] == 2


def test_the_button_asks_first_and_is_for_the_worlds_that_are_shown(console: Console, world: str) -> None:
    def button(query: str) -> tuple[str, str]:
        form = console.get(f"coverage{query}").tree.xpath("//form[contains(@action, 'clear')]")[0]
        return form.get("data-confirm"), form.xpath("input[@name='world']/@value")[0]

    assert button("") == (f"Forget what was met in the world {world}? The journal stays.", "")
    assert button("?world=*") == ("Forget what was met in all worlds? The journal stays.", "*")


def test_counting_can_begin_anew_in_all_worlds(console: Console) -> None:
    assert console.post("coverage/clear", {"world": "*"}, back="coverage?world=*").messages == [
        "Counting begins anew in all worlds."
    ]


@pytest.mark.parametrize("format", ["junit", "markdown", "text", "json"])
def test_the_report_can_be_taken_along_as_it_is_filtered(
    console: Console, server: Server, format: str
) -> None:
    ask(server)
    page = console.get("coverage?specification=websale-report&used=true&evidence=inferred")
    link = page.tree.xpath(f"//a[@download][contains(@href, 'format={format}')]/@href")[0]
    assert parse_qs(urlsplit(link).query) == {
        "specification": ["websale-report"],
        "evidence": ["inferred"],
        "used": ["true"],
        "format": [format],
    }
    answer = server.call("GET", link)
    assert answer.status_code == 200
    assert "report/{service}/status" in answer.text
    assert "report/{service}/start" not in answer.text


def test_a_pipeline_gets_the_command(console: Console, world: str) -> None:
    page = console.get("coverage?specification=foxy&used=true")
    command = page.tree.xpath("//pre[@id='command']/text()")[0]
    assert command == (
        f"mockserver coverage --url http://mock.test --world {world} --specification foxy --used --min rules=80"
        " --format junit --output coverage.xml"
    )


def test_an_empty_choice_is_none(console: Console) -> None:
    empty, whole = console.get("coverage?evidence=&specification="), console.get("coverage")
    assert empty.tree.xpath("//section/@id") == whole.tree.xpath("//section/@id")
    assert empty.tree.xpath("string(//*[@id='shares'])") == whole.tree.xpath("string(//*[@id='shares'])")


def test_a_filter_that_means_nothing_is_refused_and_escaped(console: Console) -> None:
    page = console.get("coverage?evidence=<script>alert(1)</script>")
    assert page.status == 400
    assert "<script>alert" not in page.html

"""``mockserver verify`` against the mock itself, and against copies of it that are wrong."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest

from mockserver.settings import Settings
from mockserver.testing import Client, ServerThread
from mockserver.verifying.options import Options
from tests.e2e.snippets import CHECKOUT
from tests.verifying.conftest import run_verify, wrong_copy

STATUS = "/admin/api/v1/report/[^/]+/status"
REPORT = ("--api", "websale-report", "--token", "admin-token")


def drifts_of(url: str, *arguments: str) -> list[dict[str, Any]]:
    result = run_verify(url, *(arguments or REPORT), "--format", "json")
    assert result.exit_code == 1, result.output
    drifts: list[dict[str, Any]] = json.loads(result.stdout)["drifts"]
    return drifts


def one_drift(url: str, kind: str) -> dict[str, Any]:
    (drift,) = (drift for drift in drifts_of(url) if drift["kind"] == kind)
    return drift


def test_the_mock_itself_has_not_drifted(target: str) -> None:
    result = run_verify(target, "--token", "admin-token")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("No drift.\n")
    assert "none of them writes" in result.output


def test_writes_are_made_only_when_they_are_allowed(target: str) -> None:
    reading = json.loads(run_verify(target, *REPORT, "--format", "json").stdout)
    read = [each["operation"] for each in reading["operations"]]
    assert "GET report/{service}/status" in read
    assert all(operation.startswith("GET ") for operation in read)
    writing = run_verify(target, *REPORT, "--format", "json", "--allow-writes")
    assert writing.exit_code == 0, writing.output
    called = {each["operation"]: each["statuses"] for each in json.loads(writing.stdout)["operations"]}
    assert "200" in called["POST report/{service}/start"]
    assert "DELETE report/{service}/cancel" in called


@pytest.mark.parametrize("api", ["websale", "websale-datafeeds", "foxy"])
@pytest.mark.parametrize("given", [[], ["--parameter", "id=1"]], ids=["plain", "with a parameter"])
def test_nothing_is_written_unless_it_is_allowed(target: str, api: str, given: list[str]) -> None:
    world = Client(target).world(f"untouched.{api}.{len(given)}")
    token = ["--token", "foxy-token" if api == "foxy" else "admin-token", "--header", "FOXY-API-VERSION: 1"]
    result = run_verify(world.url, "--api", api, *token, *given)
    assert result.exit_code == 0, result.output
    called = {request.method for request in world.requests}
    assert called
    assert called <= {"GET", "HEAD", "OPTIONS"}
    assert list(world.jobs) == []


def test_foxys_api_is_checked_with_foxys_token(target: str) -> None:
    result = run_verify(
        target, "--api", "foxy", "--header", "FOXY-API-VERSION: 1", MOCKSERVER_TOKEN="foxy-token"
    )
    assert result.exit_code == 0, result.output


def test_a_wrong_type_is_caught_with_its_schema_and_its_rule() -> None:
    def wrong(status: int, body: Any) -> tuple[int, Any]:
        return status, body | {"total": str(body["total"])} if status == 200 else body

    with wrong_copy(STATUS, wrong) as url:
        drift = one_drift(url, "schema")
    assert drift["schema"] == "ReportStatus.total"
    assert drift["rules"] == ["REP-FIELD-total"]
    assert drift["evidence"] == "documented"
    assert drift["operation"] == "GET report/{service}/status"
    assert 'type "integer"' in drift["expected"]
    assert drift["found"].endswith('" is not of type "integer"')


def test_a_missing_member_is_caught_with_its_schema_and_its_rule() -> None:
    def wrong(status: int, body: Any) -> tuple[int, Any]:
        return status, {name: value for name, value in body.items() if name != "percentage"}

    with wrong_copy(STATUS, wrong) as url:
        drift = one_drift(url, "schema")
    assert (drift["schema"], drift["rules"]) == ("ReportStatus.percentage", ["REP-FIELD-percentage"])
    assert drift["expected"] == "the property is there"


def test_an_undocumented_status_is_caught() -> None:
    with wrong_copy(STATUS, lambda status, body: (202 if status == 200 else status, body)) as url:
        drift = one_drift(url, "status")
    assert drift["expected"] == "one of the statuses 200, 400, 401, 503"
    assert drift["found"].startswith("status 202: ")


def test_a_documented_status_of_another_rule_is_caught_with_the_rule() -> None:
    with wrong_copy(STATUS, lambda status, body: (400 if status == 401 else status, body)) as url:
        drift = next(drift for drift in drifts_of(url) if drift["rules"] == ["REP-STATUS-401"])
    assert drift["kind"] == "rule"
    assert drift["expected"].startswith("a call without credentials is answered with 401: Not authorized")


def test_an_error_with_another_sentence_is_caught_with_the_rule() -> None:
    def wrong(status: int, body: Any) -> tuple[int, Any]:
        return status, body | {"reason": "Unknown service."} if status == 400 else body

    with wrong_copy(STATUS, wrong) as url:
        (drift,) = drifts_of(url)
    assert (drift["kind"], drift["rules"]) == ("rule", ["REP-STATUS-400-service"])
    assert drift["expected"].endswith("service is unknown.")
    assert "Unknown service." in drift["found"]


def test_a_body_that_is_no_json_is_caught() -> None:
    with wrong_copy(STATUS, lambda status, body: (status, b"<html>")) as url:
        kinds = {drift["kind"] for drift in drifts_of(url)}
    assert kinds == {"schema", "rule"}


def test_a_rule_that_is_known_to_be_broken_can_be_ignored() -> None:
    def wrong(status: int, body: Any) -> tuple[int, Any]:
        return status, body | {"total": None} if status == 200 else body

    with wrong_copy(STATUS, wrong) as url:
        assert run_verify(url, *REPORT).exit_code == 1
        assert run_verify(url, *REPORT, "--ignore", "REP-FIELD-total").exit_code == 0


def test_the_curl_command_makes_the_call_again_without_the_token_in_it() -> None:
    with wrong_copy(STATUS, lambda status, body: (202 if status == 200 else status, body)) as url:
        curl = one_drift(url, "status")["curl"]
        assert "admin-token" not in curl
        answer = subprocess.run(
            ["bash", "-c", curl],
            capture_output=True,
            text=True,
            check=True,
            env={"MOCKSERVER_TOKEN": "admin-token"},
        )
    assert answer.stdout.startswith("HTTP/1.1 202")
    assert shlex.split(curl)[:2] == ["curl", "-si"]


def test_the_text_report_is_as_the_guide_shows_it() -> None:
    guide = (CHECKOUT / "docs/guides/checking-the-real-shop.md").read_text(encoding="utf-8")
    shown = guide.partition("```text\n")[2].partition("```")[0]

    def wrong(status: int, body: Any) -> tuple[int, Any]:
        return status, body | {"total": "120"} if status == 200 else body

    with wrong_copy(STATUS, wrong) as url:
        output = run_verify(url, *REPORT).output
    masked = re.sub(r"\(\d+ calls\)", "(n calls)", output.replace(url, "http://127.0.0.1:8080"))
    assert re.sub(r"\(\d+ calls\)", "(n calls)", shown) in masked
    assert masked.endswith("1 drift.\n")


def test_the_junit_report_has_a_case_for_each_operation(tmp_path: Any) -> None:
    file = tmp_path / "drift.xml"
    with wrong_copy(
        STATUS, lambda status, body: (status, body | {"total": ""} if status == 200 else body)
    ) as url:
        result = run_verify(url, *REPORT, "--format", "junit", "--output", str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    suite = ElementTree.parse(file).getroot()
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    failure = suite.find("testcase[@name='GET report/{service}/status']/failure")
    assert failure is not None
    assert failure.get("message") == "schema ReportStatus.total REP-FIELD-total"
    assert "curl -si" in (failure.text or "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--token", "spoon"], "refuses the token"),
        ([], "wants credentials: give --token, or set MOCKSERVER_TOKEN"),
        (["--token", "admin-token", "--api", "spoon"], "There is no API spoon; there are websale, foxy,"),
        (["--header", "spoon"], "'spoon' is not like Name: value"),
        (
            ["--token", "admin-token", "--parameter", "spoon=1"],
            "No operation that is checked has the parameter spoon.",
        ),
        (
            ["--token", "admin-token", "--api", "websale-content", "--parameter", "getDataFeed.id=1"],
            "getDataFeed.id",
        ),
        (["--rate-limit", "often"], "'often' is not like 5/s or 100/m"),
        (["--timeout", "0"], "Invalid value for '--timeout'"),
        (["--timeout", "nan"], "Invalid value for '--timeout'"),
        (["--output", "/nowhere/report"], "'/nowhere/report' cannot be written."),
        (["--output", "/etc"], "'/etc' cannot be written."),
        (["--ignore", "REP-STATUS-4O1"], "There is no rule REP-STATUS-4O1. Did you mean REP-STATUS-401?"),
        (["--ignore", "NOPE"], "There is no rule NOPE."),
    ],
)
def test_what_cannot_run_exits_with_two(target: str, arguments: list[str], message: str) -> None:
    result = run_verify(target, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize("url", ["foo", "", "ftp://shop.example", "http://"])
def test_a_target_that_is_no_url_exits_with_two(url: str) -> None:
    result = run_verify(url, *REPORT)
    assert result.exit_code == 2
    assert f"{url!r} is no base URL" in result.output
    assert "Traceback" not in result.output


def test_a_target_that_does_not_answer_exits_with_two() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    result = run_verify(url, *REPORT)
    assert result.exit_code == 2
    assert f"Cannot run: {url} does not answer" in result.output


@pytest.mark.parametrize("mishap", [KeyboardInterrupt(), RuntimeError("spoon")])
def test_an_interruption_and_a_bug_do_not_pass_for_a_drift(
    monkeypatch: pytest.MonkeyPatch, target: str, mishap: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise mishap

    monkeypatch.setattr("mockserver.verifying.running.run", fail)
    result = run_verify(target, *REPORT)
    assert result.exit_code == 2
    assert "Interrupted." in result.stderr or "RuntimeError: spoon" in result.stderr


def test_values_are_given_to_parameters_of_all_operations_or_of_one(target: str) -> None:
    given = ("--parameter", "id=1", "--parameter", "getTemplate.id=2")
    arguments = ("--api", "websale-datafeeds", "--token", "admin-token", "--format", "json", *given)
    report = json.loads(run_verify(target, *arguments).stdout)
    statuses = {each["operation"]: set(each["statuses"]) for each in report["operations"]}
    assert report["exitCode"] == 0
    assert statuses["GET datafeeds/{id}"] == {"200", "400", "401"}
    assert statuses["GET datafeeds/templates/{id}"] == {"200", "400", "401"}


def test_a_target_without_authentication_needs_no_token() -> None:
    with ServerThread(Settings(clock="frozen", auth=False)) as server:
        result = run_verify(server.url, "--api", "websale-report")
    assert result.exit_code == 0, result.output
    assert re.search(r"[1-9]\d* rules? called for", result.output)


def test_a_missing_schemathesis_exits_with_two_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    result = run_verify(target, *REPORT)
    assert result.exit_code == 2
    assert "pip install 'commerce-mockserver[verify]'" in result.output


@pytest.mark.parametrize(
    ("target_url", "given", "effective"),
    [
        ("https://shop.example", "", "5/s"),
        ("https://shop.example", "100/m", "100/m"),
        ("http://127.0.0.1:8080", "", None),
        ("http://[::1]:8080", "", None),
        ("http://localhost:8080", "9/s", "9/s"),
    ],
)
def test_a_shop_elsewhere_is_called_politely(target_url: str, given: str, effective: str | None) -> None:
    assert Options(target_url, rate_limit=given).effective_rate_limit == effective


def test_a_rate_limit_is_obeyed(target: str) -> None:
    result = run_verify(target, *REPORT, "--rate-limit", "1000/s")
    assert result.exit_code == 0, result.output


def test_the_progress_bar_goes_to_standard_error(target: str) -> None:
    result = run_verify(target, *REPORT, "--progress", "--format", "json")
    assert json.loads(result.stdout)["exitCode"] == 0
    assert re.search(r"(\d+)/\1\b", result.stderr)

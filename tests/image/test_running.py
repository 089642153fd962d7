"""The image runs, serves every API, and stops."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.image.conftest import Built, Figures
from tests.image.engine import Running, run_as_it_is, run_locked_down

API = "/admin/api/v1"
ANY_USER = 1_000_750_000
"""A user ID as OpenShift gives out."""


@pytest.fixture(scope="module")
def container(built: Built, figures: Figures) -> Iterator[Running]:
    """The image as it is, healthy; its clock stands still."""
    with run_as_it_is(built.storage, built.name, MOCKSERVER_CLOCK="frozen") as running:
        figures["seconds to healthy"] = f"{running.wait_until_healthy(built.image.health_check):.2f}"
        yield running


@pytest.fixture
def client(container: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=container.url) as client:
        yield client


def ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def until_idle(client: httpx.Client) -> None:
    ok(client.post("/_mock/clock/advance", json={"until": "idle"}))


def log_in(client: httpx.Client) -> None:
    answer = client.post(f"{API}/login", json={"userName": "admin", "password": "admin"})
    client.headers["X-Authorization"] = f"Bearer {ok(answer)['accessToken']}"


def export(client: httpx.Client, service: str) -> bytes:
    """Start an export, let it finish, and return its file."""
    ok(client.post(f"{API}/report/{service}/start"))
    until_idle(client)
    status = ok(client.get(f"{API}/report/{service}/status"))
    assert (status["status"], status["percentage"]) == (5, 100)
    file = client.get(status["fileUrl"])
    assert file.status_code == 200
    return file.content


def give_back(client: httpx.Client, service: str, file: bytes) -> Any:
    """Import a file and return the status at the end."""
    ok(client.post(f"{API}/import/{service}/start?format=json", content=file))
    until_idle(client)
    return ok(client.get(f"{API}/import/{service}/status"))


def test_what_is_exported_can_be_imported(client: httpx.Client) -> None:
    log_in(client)
    status = give_back(client, "product", export(client, "product"))
    assert status["status"] == 5
    assert status["failed"] == 0
    assert status["total"] > 0


def test_a_feed_is_built_and_its_file_downloaded(client: httpx.Client) -> None:
    log_in(client)
    feed = next(
        feed for feed in ok(client.get(f"{API}/datafeeds"))["items"] if feed["saveTarget"] != "system"
    )
    ok(client.post(f"{API}/datafeeds/build/{feed['id']}"))
    until_idle(client)
    for build in ok(client.get(f"{API}/datafeeds/build/{feed['id']}/status")):
        assert build["status"] == "finished"
        assert client.get(build["url"]).content


def test_a_report_of_foxy_becomes_ready_and_is_a_zip(client: httpx.Client) -> None:
    grant = {"grant_type": "refresh_token", "refresh_token": "foxy-refresh"}
    token = ok(client.post("/token", data=grant, auth=("foxy-client", "foxy-secret")))["access_token"]
    client.headers.update({"Authorization": f"Bearer {token}", "FOXY-API-VERSION": "1"})
    order = {
        "name": "complete",
        "datetime_start": "2022-01-01 00:00:00",
        "datetime_end": "2022-01-31 23:59:59",
    }
    location = client.post("/stores/1/reports", json=order).headers["Location"]
    until_idle(client)
    report = ok(client.get(location))
    assert report["status"] == "ready"
    archive = zipfile.ZipFile(io.BytesIO(client.get(report["_links"]["fx:download_url"]["href"]).content))
    assert archive.testzip() is None
    assert "transactions.csv" in archive.namelist()


def test_the_operators_pages_are_there(client: httpx.Client) -> None:
    assert "text/html" in client.get("/_mock/docs").headers["Content-Type"]


def test_verify_says_that_it_is_not_in_the_image(container: Running) -> None:
    run = container.execute(["mockserver", "verify", container.url])
    assert run.returncode == 2
    assert "pip install 'commerce-mockserver[verify]'" in run.stderr


def test_sigterm_ends_it_with_0_within_a_second(built: Built, figures: Figures) -> None:
    with run_as_it_is(built.storage, built.name) as running:
        running.wait_until_healthy(built.image.health_check)
        with httpx.Client(base_url=running.url) as client:
            client.get("/_mock/health")
            code, seconds = running.stop()
    figures["seconds to exit"] = f"{seconds:.2f}"
    assert code == 0
    assert seconds < 1


def test_a_mounted_folder_is_its_shop(built: Built, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    container = built.storage("from", "--pull-never", built.name)
    there = ["--isolation", "chroot", "--volume", f"{tmp_path}:/work"]
    built.storage("run", *there, container, "--", "mockserver", "init", "/work/shop")
    mounted = ["--volume", f"{tmp_path}/shop:/fixtures:ro"]
    with run_as_it_is(built.storage, built.name, *mounted, MOCKSERVER_FIXTURES="/fixtures") as running:
        running.wait_until_healthy(built.image.health_check)
        with httpx.Client(base_url=running.url) as client:
            log_in(client)
            assert b"Darjeeling First Flush" in export(client, "product")


def test_it_works_as_any_user_on_a_read_only_root_without_a_shell(built: Built) -> None:
    settings = {"MOCKSERVER_CLOCK": "frozen", "MOCKSERVER_RECORDS": "order=10000"}
    with run_locked_down(built.storage, built.name, ANY_USER, **settings) as running:
        running.wait_until_healthy(built.image.health_check)
        assert running.execute(["sh", "-c", "exit 0"]).returncode != 0
        assert running.execute(["python3", "-c", "open('/opt/written', 'w')"]).returncode != 0
        with httpx.Client(base_url=running.url) as client:
            log_in(client)
            file = export(client, "order")
            # So large that it is kept in files for a while.
            assert len(file) > 4 * 1024 * 1024
            assert give_back(client, "order", file)["failed"] == 0
        code, seconds = running.stop()
    assert code == 0
    assert seconds < 1

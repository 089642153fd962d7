"""The examples for CI systems do what they are there for: their steps are run, without their platforms.

The steps run in a copy of the tutorial's project. Installing is left out, since this checkout is installed; in the jobs
with a service container, this test starts the server that the platform would start.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.e2e.snippets import CHECKOUT, FOREIGN
from tests.running import NOW, run_server
from tools.docs.markdown import FENCE

EXAMPLES = CHECKOUT / "examples" / "ci"
TUTORIAL = CHECKOUT / "docs" / "tutorial" / "error-handling.md"
INSTALLING = re.compile(r"pip install")
ENOUGH, TOO_MUCH = "10", "80"
"""Shares of the rules: what the tutorial's tests meet, and what they do not."""


@dataclass(frozen=True)
class Job:
    """One job of an example."""

    name: str
    variables: Mapping[str, str]
    script: tuple[str, ...]
    reports: frozenset[str]
    has_service: bool


def github() -> Iterator[Job]:
    document = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text(encoding="utf-8"))
    for name, job in document["jobs"].items():
        steps = [step["run"] for step in job["steps"] if "run" in step]
        [upload] = [step["with"] for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
        variables = document["env"] | job["env"]
        reports = frozenset(upload["path"].split())
        yield Job(f"github {name}", variables, tuple(steps), reports, "services" in job)


def gitlab() -> Iterator[Job]:
    document = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    for name, job in document.items():
        if isinstance(job, dict) and "script" in job:
            common: dict[str, Any] = document[job["extends"]]
            steps = (*common["before_script"], *job["script"])
            reports = frozenset(common["artifacts"]["reports"]["junit"])
            variables = document["variables"] | job["variables"]
            yield Job(f"gitlab {name}", variables, steps, reports, "services" in job)


JOBS = [*github(), *gitlab()]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that the tutorial ends with."""
    for fence in FENCE.finditer(TUTORIAL.read_text(encoding="utf-8")):
        _, _, name = fence["info"].partition(" ")
        if name:
            (tmp_path / name).write_text(fence["body"], encoding="utf-8")
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_job(job: Job, project: Path, minimum: str) -> subprocess.CompletedProcess[str]:
    """Run a job's steps in one shell, as GitLab does; what they leave running is ended with it."""
    service: AbstractContextManager[Any] = nullcontext()
    if job.has_service:
        service = run_server(project, "--no-access-log")
    with service as server:
        url = server.url if server else f"http://127.0.0.1:{free_port()}"
        given = {
            **job.variables,
            "MOCKSERVER_URL": url,
            "MOCKSERVER_PORT": url.rpartition(":")[2],
            "MOCKSERVER_NOW": NOW,
            "CONTRACT_MINIMUM": minimum,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        steps = [step for step in job.script if not INSTALLING.match(step)]
        assert len(steps) == len(job.script) - 1
        script = "set -eo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n" + "\n".join(
            steps
        )
        return subprocess.run(
            ["bash", "-c", script], cwd=project, env=kept | given, capture_output=True, text=True, check=False
        )


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_starts_the_server_runs_the_tests_and_leaves_its_reports(job: Job, project: Path) -> None:
    result = run_job(job, project, ENOUGH)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 passed" in result.stdout
    assert {name for name in job.reports if not (project / name).exists()} == set()
    suites = ElementTree.parse(project / "contract-coverage.xml").getroot()
    assert int(suites.get("tests", "0")) > 0


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_fails_when_the_tests_have_not_met_enough(job: Job, project: Path) -> None:
    result = run_job(job, project, TOO_MUCH)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"expected: {TOO_MUCH} %" in result.stdout + result.stderr


def test_each_example_has_a_job_of_both_kinds() -> None:
    assert [job.has_service for job in JOBS] == [False, True, False, True]

"""Say in words what faults, profiles and scenarios do; names of things stand between backticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]

JOBS = {
    "report": "export of",
    "import": "import of",
    "build": "build of feed",
    "foxy": "report of Foxy's store",
}
"""What the jobs of an API are called, before their target."""

PUSHES = {
    "pause": "paused",
    "cancel": "canceled",
    "complete": "completed",
    "fail": "made to fail",
    "stall": "stalled",
}


def fault(plan: Facts) -> str:
    """Say what a fault does to a call, such as ``Answers `REP-PAUSE-404`, 2 s late``."""
    answer = plan.get("rule") or plan.get("status")
    kind = plan.get("kind", "answer")
    said = f"Answers `{answer}`" if answer else ""
    if kind == "reset":
        said = "Resets the connection"
    elif kind == "truncate":
        said = f"{said}, and breaks off halfway" if said else "Breaks the answer off halfway"
    elif kind == "slow-body":
        slowly = f"in pieces, over {_seconds(plan.get('bodySeconds') or 1)}"
        said = f"{said} {slowly}" if said else f"Sends the answer {slowly}"
    late = delay(plan)
    said = f"{said}, {late}" if said and late else said or f"Answers {late}"
    after = plan.get("retryAfterSeconds")
    return said if after is None else f"{said}, with `Retry-After: {after}`"


def delay(plan: Facts) -> str:
    """Say how late a fault lets answers come; nothing when it does not."""
    latency = plan.get("latencySeconds")
    if not latency:
        return ""
    waits = " by the world's clock" if plan.get("virtual") else ""
    if not isinstance(latency, Mapping):
        return f"{_seconds(latency)} late{waits}"
    if latency["distribution"] == "uniform":
        return f"{latency['min']:g} to {_seconds(latency['max'])} late{waits}"
    return f"about {_seconds(latency['median'])} late (sigma {latency['sigma']:g}){waits}"


def calls(plan: Facts) -> str:
    """Say which calls a fault meets, such as ```POST report/{service}/pause`, where service is `product```."""
    operation = plan.get("operation")
    replaced = plan.get("rule") or plan.get("status")
    met = f"`{operation}`" if operation else "every call that can answer so" if replaced else "every call"
    wanted = [f"{name} is `{value}`" for name, value in (plan.get("target") or {}).items()]
    return f"{met}, where {' and '.join(wanted)}" if wanted else met


def often(plan: Facts) -> str:
    """Say how often a fault hits the calls that it meets."""
    parts = []
    if plan.get("after"):
        parts.append(f"from call {plan['after'] + 1} on")
    probability = plan.get("probability", 1)
    if probability < 1:
        parts.append(f"{100 * probability:.3g}\u00a0% of them")
    times = plan.get("times")
    if times is not None:
        parts.append("once" if times == 1 else f"{times} times")
    if plan.get("until"):
        parts.append(f"until {plan['until'][:19].replace('T', ' ')}")
    return ", ".join(parts)


def profile(profile: Facts | str) -> str:
    """Say how a job with this profile unfolds."""
    if isinstance(profile, str):
        profile = {"kind": profile}
    kind = profile.get("kind", "steady")
    if kind == "immediate":
        return "Finished at once"
    if kind == "polls":
        return _joined("Finished by status requests", profile.get("polls"), "after {} of them")
    parts = [_pace(profile)]
    if profile.get("startingSeconds") is not None:
        parts.insert(0, f"starts for {_seconds(profile['startingSeconds'])}")
    if kind == "stuck":
        parts.append(_joined("gets stuck", profile.get("stopAtPercent"), "at {:g}\u00a0%"))
    if kind == "failing":
        parts.append(_joined("fails", profile.get("failAtPercent"), "at {:g}\u00a0%"))
        if profile.get("lastError"):
            parts[-1] += f": “{profile['lastError']}”"
    said = ", then ".join(part for part in parts if part)
    return said[:1].upper() + said[1:] if said else kind.capitalize()


def _pace(profile: Facts) -> str:
    if profile.get("durationSeconds") is not None:
        return f"runs for {_seconds(profile['durationSeconds'])}"
    pace = profile.get("recordsPerSecond")
    return "" if pace is None else f"does {pace:g} records a second"


def scenario(sets: Facts) -> list[str]:
    """Say what a scenario does, a sentence for each step, in their order."""
    return [sentence for name, say in SECTIONS.items() if name in sets for sentence in say(sets[name])]


def _clock(clock: Facts) -> Iterator[str]:
    if "now" in clock:
        yield f"Sets the clock to {clock['now']}."
    if "mode" in clock:
        yield f"The clock is {clock['mode']}."
    if "speed" in clock:
        yield f"The clock's speed is {clock['speed']:g}."
    if "advance" in clock:
        yield f"Lets {_seconds(clock['advance'])} pass at the end."


def _profiles(choices: list[Facts]) -> Iterator[str]:
    for choice in choices:
        target = "" if choice["target"] == "*" else f", target `{choice['target']}`"
        yield f"Jobs of `{choice['api']}`{target}, from now on: {_lower(profile(choice['profile']))}."


def _records(services: Mapping[str, Facts]) -> Iterator[str]:
    for name, written in services.items():
        if written.get("put"):
            yield f"Writes {_count(len(written['put']), 'record')} of `{name}`."
        if written.get("delete"):
            yield f"Deletes {_count(len(written['delete']), 'record')} of `{name}`."


def _jobs(jobs: list[Facts]) -> Iterator[str]:
    for job in jobs:
        article = "an" if job["api"] in ("report", "import") else "a"
        said = f"Starts {article} {JOBS.get(job['api'], job['api'])} `{job['target']}`"
        if "records" in job:
            said += f" with {_count(len(job['records']), 'record')}"
        if "profile" in job:
            said += f" ({_lower(profile(job['profile']))})"
        said += _goal(job.get("advanceTo", {}))
        yield f"{said}; then it is {PUSHES[job['then']]}." if "then" in job else f"{said}."


def _goal(goal: Facts) -> str:
    if "percent" in goal:
        return f", and lets it come to {goal['percent']:g}\u00a0%"
    if "state" in goal:
        return f", and lets time pass until it is in state `{goal['state']}`"
    return f", and lets {_seconds(goal['seconds'])} pass" if "seconds" in goal else ""


def _faults(plans: list[Facts]) -> Iterator[str]:
    for plan in plans:
        how_often = often(plan)
        met = f"{calls(plan)}, {how_often}" if how_often else calls(plan)
        yield f"Fault for {met}: {_lower(fault(plan))}."


def _tokens(tokens: Facts) -> Iterator[str]:
    for token in tokens["expire"]:
        yield f"Lets the token `{token}` run out."


SECTIONS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "clock": _clock,
    "profiles": _profiles,
    "records": _records,
    "jobs": _jobs,
    "faults": _faults,
    "tokens": _tokens,
}
"""What a scenario can set, in the order in which it is done."""


def _lower(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"


def _joined(text: str, value: Any, more: str) -> str:
    return text if value is None else f"{text} {more.format(value)}"


def _seconds(value: float) -> str:
    return f"{value:g}\u00a0s"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

"""Draw the vocabularies that records are put together from.

A vocabulary is a list of a few hundred strings, drawn once, when it is first needed; records only pick from
it. `vocabulary.yaml` describes each in one of three ways:

    firstName: {faker: first_name, size: 300}            draw from a Faker provider, of a `locale:` if need be
    mailHost: {values: [example.com, example.org]}       the values themselves
    article: {join: [material, thing], size: 400}        combine others, with a `separator:`

Faker is imported by the first vocabulary that needs it, not before: that costs more than the rest of the
start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.records.errors import FixtureError
from mockserver.records.mixing import key, splitmix

if TYPE_CHECKING:
    from faker import Faker

__all__ = ["Vocabularies"]


class Vocabularies:
    """Hold the vocabularies of one seed; `self[name]` draws a vocabulary when it is first asked for."""

    def __init__(self, document: Mapping[str, Any], seed: int) -> None:
        self._locale: str = document.get("locale", "de_DE")
        self._specs: Mapping[str, Mapping[str, Any]] = document.get("vocabularies", {})
        self._seed = seed
        self._drawn: dict[str, tuple[str, ...]] = {}
        self._fakers: dict[str, Faker] = {}

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name not in self._drawn:
            if name not in self._specs:
                raise FixtureError(f"vocabulary.yaml: {name}", "no such vocabulary")
            self._drawn[name] = tuple(self._draw(name, self._specs[name]))
        return self._drawn[name]

    def _draw(self, name: str, spec: Mapping[str, Any]) -> list[str]:
        if "values" in spec:
            return [str(value) for value in spec["values"]]
        size, start = int(spec.get("size", 300)), key(self._seed, "vocabulary", name)
        if "join" in spec:
            separator, parts = spec.get("separator", " "), [self[part] for part in spec["join"]]
            return [
                separator.join(p[splitmix(start, i * len(parts) + k) % len(p)] for k, p in enumerate(parts))
                for i in range(size)
            ]
        faker = self._faker(spec.get("locale", self._locale))
        faker.seed_instance(start)
        provider = getattr(faker, spec["faker"])
        return [" ".join(str(provider(**spec.get("arguments", {}))).split()) for _ in range(size)]

    def _faker(self, locale: str) -> Faker:
        if locale not in self._fakers:
            from faker import Faker

            self._fakers[locale] = Faker(locale)
        return self._fakers[locale]

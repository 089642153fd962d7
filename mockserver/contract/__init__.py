"""Load the specifications and answer by them: rule catalogue, compiled Connexion application, error rendering.

This room knows HTTP and OpenAPI, and no vendor. What it offers to the rooms above:

* :class:`Rule`, raised by a handler to fail with a rule of the catalogue,
* :class:`Answer`, returned by a handler that answers anything but plain JSON with status 200,
* :class:`Exchange`, one request with its world, its operation and its answer,
* :func:`load_contract`, which reads the specifications and checks them against the catalogue.
"""

from mockserver.contract.answers import Answer
from mockserver.contract.errors import CatalogueError, ContractError, Rule, Rules, SpecificationError
from mockserver.contract.exchange import Exchange, Principal
from mockserver.contract.loading import Contract, load_contract

__all__ = [
    "Answer",
    "CatalogueError",
    "Contract",
    "ContractError",
    "Exchange",
    "Principal",
    "Rule",
    "Rules",
    "SpecificationError",
    "load_contract",
]

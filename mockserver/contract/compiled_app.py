"""Connexion, compiled: the only module that touches its internals (``connexion==3.3.0`` is pinned for it).

Connexion resolves operations, security handlers and middlewares from the specification. Stock, it then re-builds
decorators and validators at every request; here each of its per-request parts has a compiled stand-in:

==========================  =====================================================================
Connexion                   here
==========================  =====================================================================
RoutingMiddleware           :class:`CompiledRouting`: a tree of path segments. No redirects, exact 405
                            with ``Allow``, percent-encoding kept apart from path structure
SecurityMiddleware          :class:`CompiledSecurityMiddleware`: Connexion's handlers, called directly
Request-/ResponseValidation :class:`ContractMiddleware`: validators compiled at start-up
AsyncOperation              :class:`CompiledAsyncOperation`: bound parameters, one call
ExceptionMiddleware         :mod:`mockserver.contract.edge`, which renders rules
==========================  =====================================================================

``tests/contract/test_compiled_app.py`` notices when a new Connexion changes what this module relies on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from starlette.requests import cookie_parser

with warnings.catch_warnings():
    # Connexion 3.3 imports Starlette's test client, which warns about httpx.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp, AsyncOperation
    from connexion.exceptions import OAuthProblem
    from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware, SpecMiddleware
    from connexion.middleware.security import SecurityAPI, SecurityMiddleware, SecurityOperation
    from connexion.resolver import Resolution, Resolver
    from connexion.security import ApiKeySecurityHandler

from mockserver.contract.answers import Answer
from mockserver.contract.errors import Rule
from mockserver.contract.exchange import SCOPE_KEY, Exchange
from mockserver.contract.faults import fire_faults
from mockserver.contract.loading import Contract
from mockserver.contract.operations import CompiledOperation
from mockserver.contract.preferences import answer_preferred, parse_prefer
from mockserver.contract.routes import RouteTree
from mockserver.contract.schemas import find_faults
from mockserver.contract.specification import METHODS, Specification

ASGIApp = Callable[[Any, Any, Any], Any]
LONGEST_COMPARED = 200
"""Characters of an unknown path that are compared with those there are."""
NO_CREDENTIAL = "The request has no credential; send X-Authorization: Bearer <token>."


class BrokenPromise(Exception):
    """Raised when an answer of ours breaks the specification: a bug of the mock, counted and logged."""


# Routing


class CompiledRouting(SpecMiddleware):  # type: ignore[misc]
    """Attach the operation to the request, as Connexion's ``RoutingMiddleware`` does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.tree = RouteTree()

    def add_api(
        self, specification: Any, base_path: str | None = None, resolver: Any = None, **_: Any
    ) -> None:
        """Register every operation of a specification."""
        base = specification.base_path if base_path is None else base_path
        for path, item in specification["paths"].items():
            for method in item:
                if method in METHODS:
                    self.tree.add(method.upper(), base + path, (base, item[method]["operationId"]))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Route the request, or fail with the API's rule for an unknown path (404) or method (405)."""
        exchange: Exchange = scope[SCOPE_KEY]
        found = self.tree.find(exchange.path)
        if found is None:
            explain = f"No operation has the path {exchange.path}{self._near(exchange.path)}."
            raise exchange.server.contract.unrouted_rule(exchange.path, 404, explain)
        node, exchange.path_values = found
        target = node.methods.get(exchange.method)
        if target is None:
            allowed = list(node.methods)
            explain = f"{exchange.method} is not among {', '.join(allowed)}."
            raise exchange.server.contract.unrouted_rule(
                exchange.path, 405, explain, template=node.template, allow=", ".join(allowed)
            )
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {
            "api_base_path": target[0],
            "operation_id": target[1],
        }
        await self.app(scope, receive, send)

    def _near(self, path: str) -> str:
        """Name the paths that are most like one that there is not."""
        near = get_close_matches(path[:LONGEST_COMPARED], self.tree.templates)
        return f"; accepted: {', '.join(near)}" if near else ""


# Preferences and faults, before security: an answer that was asked for needs no credential


class _PreferenceOperation:
    def __init__(self, operation: CompiledOperation, next_app: ASGIApp) -> None:
        self.operation = operation
        self.next_app = next_app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        exchange: Exchange = scope[SCOPE_KEY]
        exchange.operation = self.operation
        if "prefer" in exchange.headers:
            exchange.preference = parse_prefer(exchange.header_values("prefer"))
            exchange.answer = answer_preferred(exchange, self.operation, exchange.preference)
            if exchange.answer is not None:
                return
        if exchange.world.faults:
            fire_faults(exchange, self.operation)
            if exchange.answer is not None:
                return
        await self.next_app(scope, receive, send)


class _CompiledAPI(RoutedAPI[Any]):  # type: ignore[misc]
    """Base of the APIs below: operations come from the contract, by their id."""

    wraps: type[Any]

    def __init__(self, *args: Any, operations: dict[str, CompiledOperation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.compiled = operations
        self.add_paths()

    def make_operation(self, operation: Any) -> Any:
        return self.wraps(self.compiled[operation.operation_id], self.next_app)


class _PreferenceAPI(_CompiledAPI):
    wraps = _PreferenceOperation


class PreferenceMiddleware(RoutedMiddleware[_PreferenceAPI]):  # type: ignore[misc]
    """Answer by the ``Prefer`` header where a request has one that chooses an answer, else by a fault that hits it."""

    api_cls = _PreferenceAPI


# Security


class CompiledTokenHandler(ApiKeySecurityHandler):  # type: ignore[misc]
    """Connexion's handlers for API keys and bearer tokens, with what depends on the scheme decided once.

    The function named by ``x-apikeyInfoFunc`` or ``x-bearerInfoFunc`` gets the exchange and the value, ``None``
    when the request has none, and returns a :class:`Principal`, or ``None`` when it has no opinion; a bad
    credential raises ``ValueError`` with what is wrong with it.
    """

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: Any) -> Any:
        """Return the check for one security scheme."""
        if security_scheme["type"] == "http":
            self.security_definition_key = "x-bearerInfoFunc"
        authenticate = self._resolve_func(security_scheme)
        place, name = security_scheme.get("in", "header"), security_scheme.get("name", "Authorization")

        header = name.lower()

        def verify(exchange: Exchange) -> bool:
            if place == "cookie":
                value = cookie_parser(exchange.headers.get("cookie", "")).get(name)
            else:
                value = exchange.headers.get(header)
            try:
                principal = authenticate(exchange, value)
            except ValueError as error:
                raise OAuthProblem(detail=str(error)) from error
            if principal is None:
                return False
            exchange.principal = principal
            return True

        return verify


class _CompiledSecurityOperation(SecurityOperation):  # type: ignore[misc]
    """Ask the schemes' checks in turn, without making a Connexion request for each request.

    The first credential that a request has decides: one that is good does not make up for a bad one before it.
    """

    def _get_verification_fn(self) -> Any:
        factory, schemes = self.security_handler_factory, self.security_schemes
        requirements = [
            [factory.parse_security_scheme(schemes[name], scopes) for name, scopes in requirement.items()]
            for requirement in self.security
        ]

        def verify(exchange: Exchange) -> None:
            if not any(all(check(exchange) for check in checks) for checks in requirements):
                raise OAuthProblem(detail=NO_CREDENTIAL)

        return verify

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if self.security:
            self.verification_fn(scope[SCOPE_KEY])
        await self.next_app(scope, receive, send)


class _CompiledSecurityAPI(SecurityAPI):  # type: ignore[misc]
    def make_operation(self, operation: Any) -> Any:
        return _CompiledSecurityOperation.from_operation(
            operation, next_app=self.next_app, security_handler_factory=self.security_handler_factory
        )


class CompiledSecurityMiddleware(SecurityMiddleware):  # type: ignore[misc]
    """Connexion's security middleware, with compiled operations."""

    api_cls = _CompiledSecurityAPI


# The contract: request in, answer out


class _ContractOperation:
    def __init__(self, operation: CompiledOperation, next_app: ASGIApp) -> None:
        self.operation = operation
        self.next_app = next_app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        exchange: Exchange = scope[SCOPE_KEY]
        operation = self.operation
        if operation.right is not None:
            self._check_right(exchange)
        exchange.arguments = await operation.bind(exchange)
        await self.next_app(scope, receive, send)
        if exchange.server.settings.validate_responses:
            self._check_answer(exchange.answer)

    def _check_right(self, exchange: Exchange) -> None:
        verbs, _ = self.operation.right or ((), "")
        service = self.operation.service_of(exchange)
        principal = exchange.principal
        if principal is None or not principal.may(verbs, service):
            who = f"{principal.name} has not" if principal else "Nobody is logged in with"
            raise Rule(
                self.operation.violations["security"],
                explain=f"{who} the right to {' and '.join(verbs)} on {service}.",
            )

    def _check_answer(self, answer: Answer | None) -> None:
        operation = self.operation
        if answer is None:
            raise BrokenPromise(f"{operation.title} gave no answer.")
        if answer.status in operation.bare_statuses:
            return
        try:
            validator = operation.responses[answer.status, answer.essence]
        except KeyError:
            raise BrokenPromise(
                f"{operation.title} answered {answer.status} {answer.essence}, which its specification does not know."
            ) from None
        if validator is not None and answer.payload is not None and not validator.is_valid(answer.payload):
            fault = next(find_faults(validator, answer.payload))
            raise BrokenPromise(
                f"{operation.title} answered a body that breaks its schema: {fault.said_of('It')}"
            )


class _ContractAPI(_CompiledAPI):
    wraps = _ContractOperation


class ContractMiddleware(RoutedMiddleware[_ContractAPI]):  # type: ignore[misc]
    """Check rights, bind and validate the request, call the next app, validate its answer."""

    api_cls = _ContractAPI


class CompiledAsyncOperation(AsyncOperation):  # type: ignore[misc]
    """Call the handler with the arguments that the contract bound; keep its answer for the edge to send."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        exchange: Exchange = scope[SCOPE_KEY]
        # They name the exchange itself, and a cycle would be left to the collector.
        arguments, exchange.arguments = exchange.arguments, {}
        result = await self._fn(**arguments)
        exchange.answer = result if isinstance(result, Answer) else Answer(payload=result)


class CompiledAsyncApi(AsyncApi):  # type: ignore[misc]
    """Connexion's API of asynchronous handlers, with compiled operations."""

    def make_operation(self, operation: Any) -> CompiledAsyncOperation:
        """Wrap one operation's handler."""
        compiled: CompiledAsyncOperation = CompiledAsyncOperation.from_operation(
            operation, pythonic_params=self.pythonic_params, jsonifier=self.jsonifier
        )
        return compiled


class _CompiledASGIApp(AsyncASGIApp):  # type: ignore[misc]
    api_cls = CompiledAsyncApi


class _ContractResolver(Resolver):  # type: ignore[misc]
    """Resolve operations to the handlers that the contract has found by ``x-handler``."""

    def __init__(self, operations: dict[str, CompiledOperation]) -> None:
        super().__init__()
        self.operations = operations

    def resolve(self, operation: Any) -> Any:
        return Resolution(self.operations[operation.operation_id].handler, operation.operation_id)


class CompiledApp(AsyncApp):  # type: ignore[misc]
    """A Connexion application over a contract."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(
            "mockserver",
            middlewares=[
                CompiledRouting,
                PreferenceMiddleware,
                CompiledSecurityMiddleware,
                ContractMiddleware,
            ],
            resolver=_ContractResolver(contract.operations),
            security_map={"apiKey": CompiledTokenHandler, "bearer": CompiledTokenHandler},
        )
        self._middleware_app = _CompiledASGIApp()
        self.middleware.app = self._middleware_app
        for specification in contract.specifications.values():
            self.add_api(_skeleton(specification), operations=contract.operations)

    def build(self) -> ASGIApp:
        """Build the middleware stack now, not at the first request; return its outermost part."""
        self.middleware.app, self.middleware.middleware_stack = self.middleware._build_middleware_stack()
        app: ASGIApp = self.middleware.app
        return app


def _skeleton(specification: Specification) -> dict[str, Any]:
    """Return what Connexion needs to know of a document: where operations are and who may call them.

    Bodies, parameters and answers are the contract's; Connexion would only copy and check them at start-up.
    """
    paths: dict[str, dict[str, Any]] = {}
    for source in specification.operations():
        paths.setdefault(source.path, {})[source.method] = {
            "operationId": source.id,
            "parameters": [
                {"name": p["name"], "in": "path", "required": True, "schema": {"type": "string"}}
                for p in source.parameters
                if p["in"] == "path"
            ],
            "responses": {"default": {"description": ""}},
            "security": source.definition.get("security", specification.document.get("security", [])),
        }
    schemes = specification.document.get("components", {}).get("securitySchemes", {})
    return {
        "openapi": specification.document["openapi"],
        "info": {"title": specification.name, "version": ""},
        "servers": specification.document["servers"],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }

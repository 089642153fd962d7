"""What `mockserver.contract.compiled_app` relies on inside Connexion; a new version that changes it is noticed here."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

import pytest
from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp, AsyncOperation
from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.middleware.main import ConnexionMiddleware
from connexion.middleware.security import SecurityAPI, SecurityOperation
from connexion.resolver import Resolution, Resolver
from connexion.security import ApiKeySecurityHandler, SecurityHandlerFactory

from mockserver.contract.routes import RouteTree


def test_the_version_is_the_one_that_was_read() -> None:
    assert version("connexion") == "3.3.0"


def test_routed_middlewares_find_operations_by_base_path_and_id() -> None:
    source = inspect.getsource(RoutedMiddleware.__call__)
    assert ROUTING_CONTEXT == "connexion_routing"
    assert 'connexion_context.get("api_base_path")' in source
    assert 'connexion_context.get("operation_id")' in source
    assert "api.operations[operation_id]" in source
    assert list(inspect.signature(RoutedAPI.__init__).parameters) == [
        "self",
        "specification",
        "args",
        "next_app",
        "kwargs",
    ]


def test_operations_are_made_by_make_operation() -> None:
    assert "self.make_operation(operation)" in inspect.getsource(RoutedAPI.add_operation)
    assert "AsyncOperation.from_operation" in inspect.getsource(AsyncApi.make_operation)
    assert list(inspect.signature(AsyncOperation.__init__).parameters)[1:] == [
        "fn",
        "jsonifier",
        "operation_id",
        "pythonic_params",
    ]
    assert AsyncASGIApp.api_cls is AsyncApi


def test_the_stack_is_built_from_the_middlewares_of_the_constructor() -> None:
    assert "middlewares" in inspect.signature(ConnexionMiddleware.__init__).parameters
    assert "return app, list(reversed(apps))" in inspect.getsource(
        ConnexionMiddleware._build_middleware_stack
    )


def test_security_handlers_are_chosen_by_the_map_and_called_with_the_request() -> None:
    factory = SecurityHandlerFactory({"apiKey": _Recorder, "bearer": _Recorder})
    for scheme in ({"type": "apiKey", "in": "header", "name": "X"}, {"type": "http", "scheme": "bearer"}):
        assert factory.parse_security_scheme(scheme, []) == ("checked by", scheme)
    assert "self.verification_fn = self._get_verification_fn()" in inspect.getsource(
        SecurityOperation.__init__
    )
    assert "SecurityOperation.from_operation" in inspect.getsource(SecurityAPI.make_operation)


class _Recorder(ApiKeySecurityHandler):  # type: ignore[misc]
    def get_fn(self, security_scheme: dict[str, Any], required_scopes: Any) -> Any:
        return "checked by", security_scheme


def test_a_resolver_returns_function_and_operation_id() -> None:
    resolution = Resolution(len, "readTea")
    assert (resolution.function, resolution.operation_id) == (len, "readTea")
    assert "self._resolution = resolver.resolve(self)" in inspect.getsource(
        __import__("connexion.operations.abstract", fromlist=["AbstractOperation"]).AbstractOperation.__init__
    )
    assert callable(Resolver.resolve)


@pytest.fixture
def tree() -> RouteTree:
    tree = RouteTree()
    for method, path in (
        ("GET", "/feeds"),
        ("GET", "/feeds/{id}"),
        ("GET", "/feeds/templates"),
        ("GET", "/feeds/build/{id}/status"),
        ("POST", "/feeds/build/all"),
        ("POST", "/feeds/build/{id}"),
        ("GET", "/"),
        ("GET", "/stores/{id}"),
    ):
        tree.add(method, path, ("", f"{method} {path}"))
    return tree


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/feeds", "/feeds", {}),
        ("/feeds/7", "/feeds/{id}", {"id": "7"}),
        ("/feeds/templates", "/feeds/templates", {}),
        ("/feeds/build/all", "/feeds/build/all", {}),
        ("/feeds/build/7", "/feeds/build/{id}", {"id": "7"}),
        ("/feeds/build/all/status", "/feeds/build/{id}/status", {"id": "all"}),
        ("/feeds/a%2Fb", "/feeds/{id}", {"id": "a/b"}),
        ("/", "/", {}),
        ("/stores/1", "/stores/{id}", {"id": "1"}),
    ],
)
def test_a_written_segment_is_preferred_to_a_parameter(
    tree: RouteTree, path: str, template: str, values: dict[str, str]
) -> None:
    found = tree.find(path)
    assert found is not None
    assert (found[0].template, found[1]) == (template, values)


@pytest.mark.parametrize(
    "path", ["/feeds/", "//feeds", "/feeds//7", "/feeds/build/", "/nothing", "", "/stores"]
)
def test_nothing_else_is_found(tree: RouteTree, path: str) -> None:
    assert tree.find(path) is None

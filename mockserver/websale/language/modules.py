"""Offer the shop to templates as modules: ``$wsProducts``, ``$wsCategories``, ``$wsConfig``, ``$wsViews``.

A module has methods and variables and nothing else: what a template can reach is what these two maps hold.
The classes below give the documented methods their names and parameters; the data come from callables.

Source: dokumentation.websale.de/en/frontend/referenz/module, its pages wsproducts, wscategories and wsconfig.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .errors import RenderError
from .signatures import Signature

Map = Mapping[str, object]
Load = Callable[[str], Map | None]
LoadList = Callable[[str], Iterable[object]]


@dataclass(frozen=True, slots=True)
class Method:
    """Be a method of a module: ``call`` gets as many values as ``signature`` has parameters."""

    call: Callable[..., object]
    signature: Signature


@dataclass(frozen=True, slots=True)
class Module:
    """Be a module; ``methods`` and ``variables`` are all that a template can reach."""

    methods: Mapping[str, Method] = field(default_factory=dict)
    variables: Map = field(default_factory=dict)

    def get(self, name: str) -> object:
        """Read a variable of the module, None when it has none of that name."""
        return self.variables.get(name)


def _nothing(_: str) -> None:
    return None


def _no_list(_: str) -> Iterable[object]:
    return ()


def by_id(call: Callable[[str], object], parameter: str) -> Method:
    """Make a method that takes one ID, a string or a whole number; null for null, without asking the shop."""

    def checked(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise RenderError(f"{parameter} is not a string")
        return call(str(value))

    return Method(checked, Signature((parameter,)))


class ProductsModule(Module):
    """Be ``$wsProducts``. Every method gives a product map, null for what the shop does not have."""

    __slots__ = ()

    def __init__(
        self,
        load: Load,
        load_by_number: Load = _nothing,
        load_by_custom_number: Load = _nothing,
        variant_info: Load = _nothing,
    ) -> None:
        methods = {
            "load": by_id(load, "productId"),
            "loadByNumber": by_id(load_by_number, "itemNumber"),
            "loadByCustomNumber": by_id(load_by_custom_number, "customNumber"),
            "variantInfo": by_id(variant_info, "productId"),
        }
        super().__init__(methods)


class CategoriesModule(Module):
    """Be ``$wsCategories``. ``loadCategory`` gives a map or null, the others lists (lazy ones are fine)."""

    __slots__ = ()

    def __init__(
        self,
        load_category: Load,
        load_children: LoadList = _no_list,
        load_path: LoadList = _no_list,
        load_products: LoadList = _no_list,
        load_category_memberships: LoadList = _no_list,
        load_category_membership_paths: LoadList = _no_list,
    ) -> None:
        methods = {
            "loadCategory": by_id(load_category, "categoryId"),
            "loadCategoryMembershipPaths": by_id(load_category_membership_paths, "productId"),
            "loadCategoryMemberships": by_id(load_category_memberships, "productId"),
            "loadChildren": by_id(load_children, "categoryId"),
            "loadPath": by_id(load_path, "categoryId"),
            "loadProducts": by_id(load_products, "categoryId"),
        }
        super().__init__(methods)


class ConfigModule(Module):
    """Be ``$wsConfig``: the shop's configuration, read only, as nested maps and lists."""

    __slots__ = ()

    def __init__(self, configuration: Map) -> None:
        super().__init__({}, configuration)


class ViewsModule(Module):
    """Be ``$wsViews``: ``current`` is the page that is shown; null, since a feed is no page, unless given."""

    __slots__ = ()

    def __init__(self, current: Map | None = None) -> None:
        super().__init__({}, {"current": current})

"""The WEBSALE admin API: one module a resource, over one shop for each world."""

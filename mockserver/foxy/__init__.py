"""Foxy's report resource with what its SDK needs to reach it: home, OAuth, stores, users, downloads."""

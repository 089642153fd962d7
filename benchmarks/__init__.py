"""Measure the server's speed and size, next to stock Connexion and to other mock servers.

Run ``python -m benchmarks`` (or ``make bench``). How to read the figures: ``docs/benchmarks.md``.

* ``scenarios/`` says what is measured: one module a scenario, listed in ``scenarios/__init__.py``.
* ``servers.py``, ``stock.py``, ``peers.py`` start and end what is measured.
* ``load.py`` (wrk) and ``client.py`` are the clients.
* ``outcome.py`` is what a scenario returns, ``output.py`` prints and writes it.
"""

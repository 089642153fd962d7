"""What happens in a world, as the client hears it."""

from __future__ import annotations

import httpx
import pytest

from mockserver.testing import Refused, World


def test_a_test_waits_for_what_happens(own_world: World, shop: httpx.Client) -> None:
    with own_world.listen() as events:
        shop.post("/order/start")
        assert events.next().data["state"] == "starting"
        own_world.clock.advance_until_idle()
        assert events.next("clock").data["now"] == own_world.clock.read().now
        with pytest.raises(TimeoutError):
            events.next(seconds=0)


def test_events_are_heard_until_the_world_is_reset(own_world: World, shop: httpx.Client) -> None:
    with own_world.listen() as events:
        shop.post("/order/pause")
        own_world.reset()
        assert [event.topic for event in events] == ["request", "reset"]
        with pytest.raises(EOFError, match="Nothing more is to be heard"):
            events.next()


def test_a_world_that_cannot_be_is_not_heard(own_world: World) -> None:
    own_world.name = "../spoon"
    with pytest.raises(Refused, match="MOCK-400-world"), own_world.listen():
        pass

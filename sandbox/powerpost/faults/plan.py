"""Which requests get a fault."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sandbox.powerpost.faults.exchange import Fault
from sandbox.powerpost.records import ReceivedRequest

Condition = Callable[[ReceivedRequest], bool]


@dataclass(slots=True, eq=False)
class PlannedFault:
    """One fault, the requests it is for, and how often it was applied; `remaining` is None for "always"."""

    route: str
    fault: Fault
    remaining: int | None
    when: Condition
    applied: int = 0

    def matches(self, request: ReceivedRequest) -> bool:
        """Whether the fault is for this request."""
        return self.remaining != 0 and self.route == request.route and self.when(request)

    def count(self) -> None:
        """Count one request."""
        self.applied += 1
        if self.remaining is not None:
            self.remaining -= 1


class FaultPlan:
    """The planned faults in the order they were added; only the first that matches a request is applied."""

    def __init__(self) -> None:
        self._routes: Collection[str] = ()
        self._planned: list[PlannedFault] = []

    def accept_only(self, routes: Collection[str]) -> None:
        """Accept only these routes, so that a misspelt one is noticed."""
        self._routes = routes

    def add(self, route: str, fault: Fault, *, times: int | None = 1, when: Condition = lambda _: True) -> PlannedFault:
        """Apply `fault` to the next `times` requests of a route for which `when` holds; None means all of them.

        A route is a method and a pattern, without the API's prefix: `POST /videos/generate`,
        `GET /videos/generations/{id}`, `GET /account/credits`, `POST /media/upload`,
        `GET /storage/videos/{media_id}.mp4`, `GET /storage/thumbs/{media_id}.jpg` (HEAD counts as GET).
        Raises `ValueError` for any other.
        """
        if route not in self._routes:
            raise ValueError(f"no route {route!r}; there are: {', '.join(sorted(self._routes))}")
        planned = PlannedFault(route, fault, times, when)
        self._planned.append(planned)
        return planned

    def remove(self, planned: PlannedFault) -> None:
        """Remove one planned fault."""
        self._planned.remove(planned)

    def clear(self) -> None:
        """Remove all planned faults."""
        self._planned.clear()

    def next_for(self, request: ReceivedRequest) -> Fault | None:
        """The fault for this request, counted as applied."""
        for planned in self._planned:
            if planned.matches(request):
                planned.count()
                return planned.fault
        return None

"""Which web addresses the bot may fetch files from: known hosts, and only where they resolve to public addresses.

Links to videos and pictures come from outside, and whoever writes one could point it at a machine that only this one
can reach. So, for each address and each redirect:

- the host must be on the list, or below a host on it; the scheme must be https; and the port the usual one, or that of
  the operator's own API;
- the addresses that its name resolves to must be public. The resolver that the connection itself uses checks this, so
  the address that was checked is the address that is used;
- the only exception is the operator's own API, by exact scheme, host and port, when it is set up over plain http or on
  this machine: a sandbox or a proxy nearby.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.errors import FetchForbidden


@dataclass(frozen=True, slots=True)
class Reachable:
    """Which addresses are allowed: `hosts` with everything below them over https, and the operator's `own` API."""

    hosts: frozenset[str] = frozenset()
    own: URL | None = None

    @classmethod
    def of(cls, *, hosts: Collection[str] = (), own: str | None = None) -> Reachable:
        """`own` is a base URL, whose host joins the list; `hosts` are names without scheme or port."""
        base = URL(own).origin() if own else None
        names = {host.lower().rstrip(".") for host in hosts} | ({base.raw_host or ""} if base else set())
        return cls(frozenset(names), base)

    def check(self, address: str) -> URL:
        """The address as a URL, byte for byte (a signature may depend on it), if it is allowed.

        Raises `FetchForbidden`.
        """
        url, origin = _parse(address)
        if url.user is not None or url.password is not None:
            raise FetchForbidden("An address with a user name is not asked")
        if origin == self.own:
            return url
        host = (url.raw_host or "").lower().rstrip(".")
        if url.scheme != "https":
            raise FetchForbidden("Only https is asked")
        if not self._has_listed(host):
            raise FetchForbidden(f"{host[:100]} is not a host that files are read from")
        if url.port != HTTPS and not self._is_own_port(host, url.port):
            raise FetchForbidden(f"Port {url.port} of {host[:100]} is not asked")
        if _is_address(host) and not is_public(host):
            raise FetchForbidden("A private address is not asked")
        return url

    def may_be_private(self, host: str, port: int) -> bool:
        """Whether this is the operator's own API, set up nearby."""
        if self.own is None or (self.own.raw_host, self.own.port) != (host, port):
            return False
        return self.own.scheme == "http" or host == "localhost" or (_is_address(host) and not is_public(host))

    def _has_listed(self, host: str) -> bool:
        return any(_is_at_or_below(host, listed) for listed in self.hosts)

    def _is_own_port(self, host: str, port: int | None) -> bool:
        own = self.own
        return own is not None and port == own.port and _is_at_or_below(host, own.raw_host or "")


class PublicResolver(AbstractResolver):
    """Resolves names, but only to allowed addresses; returns nothing when any of them is not allowed."""

    def __init__(self, inner: AbstractResolver, *, reachable: Reachable) -> None:
        self._inner = inner
        self._reachable = reachable

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if self._reachable.may_be_private(host, port) or all(is_public(each["host"]) for each in found):
            return found
        raise NotPublic(None, "resolves to an address that is not public")

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether everybody can reach an IP address.

    An IPv6 address that stands for an IPv4 one is as public as that one. Others are public if the internet routes them,
    unless they carry a private IPv4 address (6to4, ISATAP); that excludes every other form of IPv4 in IPv6: local
    NAT64, SIIT, IPv4-compatible, Teredo.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        stands_for = ip.ipv4_mapped or (_last_bits(ip) if ip in _NAT64 else None)
        if stands_for is not None:
            return is_public(str(stands_for))
        carried = ip.sixtofour or (_last_bits(ip) if _is_isatap(ip) else None)
        if ip not in _ROUTED or ip in _DOCUMENTATION or (carried is not None and not is_public(str(carried))):
            return False
    return ip.is_global and not ip.is_multicast


class NotPublic(OSError):
    """A name resolved to an address that is not public. An `OSError`, because that is what aiohttp passes on."""


HTTPS = 443
_ROUTED = ipaddress.IPv6Network("2000::/3")  # https://www.iana.org/assignments/ipv6-address-space/
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # https://www.rfc-editor.org/rfc/rfc6052#section-2.1
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")  # https://www.rfc-editor.org/rfc/rfc9637, newer than Python's list


def _is_isatap(ip: ipaddress.IPv6Address) -> bool:
    """https://www.rfc-editor.org/rfc/rfc5214#section-6.1"""
    return (int(ip) >> 32) & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE)


def _last_bits(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)


def _is_at_or_below(host: str, listed: str) -> bool:
    return bool(listed) and (host == listed or (host.endswith("." + listed) and not _is_address(listed)))


_VISIBLE = re.compile(r"[!-~]+")


def _parse(address: str) -> tuple[URL, URL]:
    """The URL and its origin; yarl finds some faults only when the parts are read."""
    try:
        url = URL(address, encoded=True)
        origin, port = url.origin(), url.port
    except ValueError:
        raise FetchForbidden("That is no web address") from None
    if not (url.raw_host and port and _VISIBLE.fullmatch(address)):
        raise FetchForbidden("That is no web address")
    return url, origin


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

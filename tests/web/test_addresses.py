"""Which addresses may be asked for a file."""

from __future__ import annotations

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.errors import FetchForbidden
from bot.web.addresses import NotPublic, PublicResolver, Reachable, is_public

VENDOR = Reachable.of(hosts=["cdn.discordapp.com"], own="https://powerpost.ai/api/v1")


@pytest.mark.parametrize(
    "address",
    [
        "https://powerpost.ai/storage/videos/vid-001-abcd.mp4",
        "https://cdn.powerpost.ai/v.mp4?signature=a%2Fb%3D",
        "https://POWERPOST.ai./v.mp4",
        "https://cdn.discordapp.com/attachments/1/2/dog.png?ex=1&is=2&hm=3",
    ],
)
def test_known_hosts_and_those_below_them_are_asked_byte_for_byte(address: str) -> None:
    assert str(VENDOR.check(address)) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "powerpost.ai/v.mp4",
        "http://powerpost.ai/v.mp4",
        "ftp://powerpost.ai/v.mp4",
        "file:///etc/passwd",
        "https://evilpowerpost.ai/",
        "https://powerpost.ai.evil.example/",
        "https://powerpost.ai@evil.example/",
        "https://user:password@powerpost.ai/",
        "https://evil.example/powerpost.ai",
        "https://evil.example\\.powerpost.ai/ x",
        "https://discordapp.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://powerpost.ai/\r\nHost: evil",
        "https://powerpost.ai:notaport/",
        "https://powerpost.ai:22/",
        "https://powerpost.ai:8443/v.mp4",
        "https://cdn.discordapp.com:6379/",
        "https://cdn.powerpost.ai:80/",
        "https:///v.mp4",
    ],
)
def test_everything_else_is_not_asked(address: str) -> None:
    with pytest.raises(FetchForbidden):
        VENDOR.check(address)


def test_an_own_api_over_plain_http_is_asked_at_its_exact_place_only() -> None:
    sandbox = Reachable.of(own="http://127.0.0.1:8080/api/v1")

    assert sandbox.check("http://127.0.0.1:8080/storage/v.mp4")
    for elsewhere in ("http://127.0.0.1:22/", "http://127.0.0.1/", "https://127.0.0.1:8080/", "https://x.127.0.0.1/"):
        with pytest.raises(FetchForbidden):
            sandbox.check(elsewhere)


def test_the_port_of_an_own_api_holds_for_its_host_and_those_below_it_only() -> None:
    own = Reachable.of(hosts=["cdn.example"], own="https://powerpost.example:8443/api/v1")

    assert own.check("https://powerpost.example:8443/v.mp4")
    assert own.check("https://cdn.powerpost.example:8443/v.mp4")
    assert own.check("https://cdn.powerpost.example/v.mp4")
    for elsewhere in ("https://cdn.example:8443/", "https://powerpost.example:8444/", "https://powerpost.example:22/"):
        with pytest.raises(FetchForbidden):
            own.check(elsewhere)


PRIVATE_V4 = "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1"
PRIVATE_V6 = "::1 :: fe80::1 fc00::1 fec0::1 ff02::1 ::ffff:10.0.0.1 2002:7f00:1:: 64:ff9b::a00:1"
EMBEDDED = (
    "64:ff9b:1::7f00:1 64:ff9b:1:7f00:0:100:: ::7f00:1 ::10.0.0.1 ::8.8.8.8 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 "
    "2002:a00:1:: 2001::f5ff:fffe 2001:0:7f00:1::1 2606:4700::5efe:127.0.0.1 2606:4700::200:5efe:10.0.0.1 "
    "fe80::5efe:8.8.8.8%eth0 3fff::1 5f00::1 100::1 2001:db8::1"
)
"""IPv4 in IPv6 by local NAT64, IPv4-compatible, SIIT, 6to4, Teredo and ISATAP, and what is routed nowhere."""


@pytest.mark.parametrize("address", [*PRIVATE_V4.split(), *PRIVATE_V6.split(), *EMBEDDED.split()])
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


class NameServer(AbstractResolver):
    """Knows a few names."""

    def __init__(self, **addresses: list[str]) -> None:
        self._addresses = {name.replace("_", "."): found for name, found in addresses.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self._addresses[host]
        ]

    async def close(self) -> None: ...


async def test_a_name_with_a_private_address_among_others_is_not_resolved() -> None:
    names = NameServer(powerpost_ai=["8.8.8.8", "10.0.0.1"])

    with pytest.raises(NotPublic):
        await PublicResolver(names, reachable=VENDOR).resolve("powerpost.ai", 443)


async def test_a_name_with_public_addresses_is_resolved() -> None:
    names = NameServer(powerpost_ai=["8.8.8.8"])

    found = await PublicResolver(names, reachable=VENDOR).resolve("powerpost.ai", 443)

    assert [each["host"] for each in found] == ["8.8.8.8"]


async def test_only_an_own_api_over_plain_http_may_live_at_a_private_address() -> None:
    nearby = Reachable.of(own="http://sandbox:8080/api/v1")
    names = NameServer(sandbox=["172.18.0.2"])

    assert await PublicResolver(names, reachable=nearby).resolve("sandbox", 8080)
    with pytest.raises(NotPublic):
        await PublicResolver(names, reachable=nearby).resolve("sandbox", 443)


async def test_the_connection_itself_uses_the_checked_resolver() -> None:
    guard = PublicResolver(NameServer(cdn_powerpost_ai=["127.0.0.1"]), reachable=VENDOR)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=guard)) as session:
        with pytest.raises(aiohttp.ClientConnectorDNSError) as caught:
            await session.get("https://cdn.powerpost.ai/")

    assert isinstance(caught.value.os_error, NotPublic)

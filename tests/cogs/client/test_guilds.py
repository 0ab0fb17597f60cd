"""News of servers: said once, in order, one at a time."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.identifiers import GuildId
from cogs.client.guilds import GuildNews

FILM, BOOK = GuildId(1), GuildId(2)


class Books:
    """Writes down what it is told; `opens` lets it answer."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.opens = asyncio.Event()
        self.opens.set()
        self.failures = 0
        self.at_once = 0
        self.most_at_once = 0

    async def seen(self, guild_id: GuildId) -> None:
        await self._write("seen", guild_id)

    async def gone(self, guild_id: GuildId) -> None:
        await self._write("gone", guild_id)

    async def _write(self, word: str, guild_id: GuildId) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.opens.wait()
            if self.failures:
                self.failures -= 1
                raise OSError
            self.told.append((word, guild_id))
        finally:
            self.at_once -= 1


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def news(books: Books) -> GuildNews:
    return GuildNews(on_seen=books.seen, on_gone=books.gone)


async def test_the_same_news_thousands_of_times_are_told_once(books: Books, news: GuildNews) -> None:
    books.opens.clear()
    hearing = [asyncio.create_task(news.seen(FILM)) for _ in range(24_500)]
    await asyncio.sleep(0)
    assert sum(not task.done() for task in hearing) == 1

    books.opens.set()
    await asyncio.gather(*hearing)
    await news.seen(FILM)

    assert books.told == [("seen", FILM)]


async def test_many_servers_are_told_one_after_the_other(books: Books, news: GuildNews) -> None:
    await asyncio.gather(*(news.seen(GuildId(number)) for number in range(100)))

    assert [number for _, number in books.told] == list(range(100))
    assert books.most_at_once == 1


async def test_news_that_change_while_they_wait_end_with_the_last_word(books: Books, news: GuildNews) -> None:
    books.opens.clear()
    waiting = [asyncio.create_task(news.seen(FILM)), asyncio.create_task(news.seen(BOOK))]
    await asyncio.sleep(0)
    for _ in range(500):
        await news.gone(BOOK)
        await news.seen(BOOK)
    await news.gone(BOOK)
    books.opens.set()
    await asyncio.gather(*waiting)

    assert books.told == [("seen", FILM), ("gone", BOOK)]


async def test_what_could_not_be_told_is_told_with_the_next_news(books: Books, news: GuildNews) -> None:
    books.failures = 1
    with pytest.raises(OSError):  # noqa: PT011  the very one of `Books`
        await news.seen(FILM)

    await news.seen(FILM)

    assert books.told == [("seen", FILM)]


async def test_a_server_that_returns_is_told_again(books: Books, news: GuildNews) -> None:
    await news.seen(FILM)
    await news.gone(FILM)
    await news.seen(FILM)

    assert books.told == [("seen", FILM), ("gone", FILM), ("seen", FILM)]

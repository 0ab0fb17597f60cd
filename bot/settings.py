"""The operator's settings: one model, read from the environment or a `.env` file; wrong values are named one by one.

`.env.example` lists every setting; a test keeps the two the same.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.sources.utils import parse_env_vars

from bot.database_url import home_expanded, read_database_url
from bot.domain.options import AtOnce, PictureLimits
from bot.errors import SettingsError
from bot.lookalikes import lookalikes

_log = logging.getLogger(__name__)


class Settings(BaseSettings):
    """Everything an operator can set, with defaults that suit a small community."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore", frozen=True
    )

    discord_token: SecretStr | None = None
    """The bot's token, from https://discord.com/developers/applications (Bot → Reset Token). Required for `run`."""

    discord_api_base: HttpUrl = HttpUrl("https://discord.com/api/v10")
    """Discord's REST base: Discord itself, a REST proxy, or the sandbox."""

    powerpost_api_key: SecretStr | None = None
    """The operator's PowerPost key (pp_live_sk_…). Required for `run`."""

    powerpost_workspace_id: UUID | None = None
    """The PowerPost workspace (a UUID) of servers that have none of their own. Required for `run`."""

    powerpost_base_url: HttpUrl = HttpUrl("https://powerpost.ai/api/v1")
    """PowerPost's API, or the sandbox."""

    download_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """More hosts, separated by commas, that finished videos may come from, besides PowerPost and its subdomains."""

    database_url: str = Field(default="sqlite+aiosqlite:///data/videobot.db", repr=False)
    """SQLite (sqlite+aiosqlite:///path) or PostgreSQL (postgresql+asyncpg://user:password@host/name).

    It may hold a password, and so stays out of the repr.
    """

    data_dir: Path = Path("data")
    """Folder for the key file, videos on their way to Discord, and the cache for drawing charts."""

    starting_credits: int = Field(default=0, ge=0, le=1_000_000)
    """Credits granted to a server the first time the bot sees it."""

    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Fernet keys for secrets at rest, separated by commas, newest first. Empty: a file made at the first start."""

    forget_guilds_after_days: int = Field(default=30, ge=1, le=3650)
    """Days after which a server that removed the bot is forgotten: prompts, rules, links. Its ledger stays."""

    operator_guild_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    """The server that gets the commands for the application's owners (/operator). Empty: none."""

    open_videos_per_member: int = Field(default=25, ge=1, le=100_000)
    """How many videos one member may have in progress at the same time; a server's admins may allow fewer."""

    open_videos_per_server: int = Field(default=250, ge=1, le=100_000)
    """How many videos one server may have in progress at the same time; its admins may allow fewer."""

    waiting_pictures_per_server: int = Field(default=50, ge=1, le=100_000)
    """How many pictures of one server may wait in the database until they can be sent to PowerPost."""

    waiting_picture_mb_per_server: int = Field(default=100, ge=10, le=1_000_000)
    """How many megabytes the waiting pictures of one server may have together."""

    waiting_pictures: int = Field(default=500, ge=1, le=1_000_000)
    """How many pictures of all servers together may wait."""

    waiting_picture_mb: int = Field(default=1000, ge=10, le=10_000_000)
    """How many megabytes the waiting pictures of all servers may have together."""

    credit_packs: Annotated[tuple[tuple[int, int], ...], NoDecode] = ()
    """What consumable SKUs of the application's shop in Discord are worth: sku_id=credits, separated by commas."""

    metrics_addr: str | None = Field(default=None, pattern=r"^[^\s:/]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$")
    """host:port that answers /metrics, /healthz and /readyz. Empty: only on this machine, for `videobot health`."""

    shard_ids: Annotated[tuple[int, ...], NoDecode] = ()
    """The shards of this process, separated by commas, when several processes share the work. Empty: all."""

    shard_count: int | None = Field(default=None, ge=1)
    """The number of shards of all processes together. Empty: what Discord recommends."""

    powerpost_key_is_ours_alone: bool = False
    """Whether only this bot spends the credits of the operator's PowerPost account.

    Then its balance settles most orders that PowerPost never answered, without a person.
    """

    low_balance_credits: int = Field(default=0, ge=0)
    """An alert is raised when the PowerPost account has fewer credits than this. 0: never."""

    alert_channel_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    """The Discord channel that gets alerts for the operator, besides the log. Empty: none."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""

    log_format: Literal["text", "json"] = "text"
    """text for people, json for machines: one object per line."""

    @property
    def bounds(self) -> AtOnce:
        """What may be in progress at once, in every server."""
        pictures = PictureLimits(
            server=self.waiting_pictures_per_server,
            server_bytes=self.waiting_picture_mb_per_server * MEGABYTE,
            all=self.waiting_pictures,
            all_bytes=self.waiting_picture_mb * MEGABYTE,
        )
        return AtOnce(self.open_videos_per_member, self.open_videos_per_server, pictures)

    @property
    def forget_guilds_after(self) -> timedelta:
        return timedelta(days=self.forget_guilds_after_days)

    @field_validator("download_hosts", "encryption_keys", "shard_ids", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("credit_packs", mode="before")
    @classmethod
    def _packs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [part.strip().split("=") for part in value.split(",") if part.strip()]

    @field_validator("credit_packs")
    @classmethod
    def _packs_worth_something(cls, value: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        if len(dict(value)) < len(value) or any(not 1 <= amount <= LARGEST_PACK for _, amount in value):
            raise ValueError(_WORDS["CREDIT_PACKS"])
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("discord_token", "powerpost_api_key")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else "x"
        if not text.isascii() or not text.isprintable() or not _NOT_IN_A_WORD.isdisjoint(text):
            raise ValueError("should be one word of plain characters, without spaces or quotes")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return read_database_url(value)

    @field_validator("data_dir", mode="before")
    @classmethod
    def _at_home(cls, value: object) -> object:
        return home_expanded(value) if isinstance(value, str) else value

    @field_validator("download_hosts")
    @classmethod
    def _names_of_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host(entry) for entry in value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        return init_settings, env_settings, _PlainFile(settings_cls, env_file=given)

    @field_validator("metrics_addr")
    @classmethod
    def _real_port(cls, value: str | None) -> str | None:
        if value is not None and not 1 <= int(value.rpartition(":")[2]) <= 65535:
            raise ValueError("should have a port from 1 to 65535")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _real_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            _check_fernet_key(key)
        return value

    @model_validator(mode="after")
    def _shards_within_count(self) -> Self:
        known = range(self.shard_count or 0)
        if any(shard_id not in known for shard_id in self.shard_ids):
            raise ValueError("SHARD_IDS: needs SHARD_COUNT, and every id should be at least 0 and below it")
        return self


class _PlainFile(DotEnvSettingsSource):
    """A `.env` file whose values are taken literally: a password may have `${…}` in it."""

    @staticmethod
    def _static_read_env_file(
        file_path: Path,
        *,
        encoding: str | None = None,
        case_sensitive: bool = False,
        ignore_empty: bool = False,
        parse_none_str: str | None = None,
    ) -> Mapping[str, str | None]:
        values = dotenv_values(file_path, encoding=encoding or "utf-8-sig", interpolate=False)
        return parse_env_vars(values, case_sensitive, ignore_empty, parse_none_str)


def load_settings() -> Settings:
    """The settings of this process; warns about variables that look like one.

    Raises `SettingsError` with one line per wrong variable.
    """
    try:
        settings = Settings()
        _warn_of_lookalikes()
    except ValidationError as error:
        raise SettingsError([_problem(detail) for detail in error.errors(include_input=False)]) from None
    except UnicodeDecodeError:
        raise SettingsError([".env: should be a text file in UTF-8"]) from None
    return settings


def ignored_proxies() -> list[str]:
    """The proxy variables that are set. Connections are direct, because addresses are checked as they resolve."""
    return sorted(name for name in os.environ if name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})


def _warn_of_lookalikes() -> None:
    """Before logging is set up, Python writes warnings to standard error unchanged."""
    ours = {name.upper() for name in Settings.model_fields}
    written = dotenv_values(".env", encoding="utf-8-sig", interpolate=False) if Path(".env").is_file() else {}
    for sentence in lookalikes([name.upper() for name in (*os.environ, *written)], ours):
        _log.warning("%s", sentence, extra={"action": "unknown_variable"})


def require_for_run(settings: Settings) -> tuple[SecretStr, SecretStr, UUID]:
    """The Discord token, the PowerPost key and the workspace, which only some commands need.

    Raises `SettingsError` with one line per missing setting.
    """
    token, key, workspace = settings.discord_token, settings.powerpost_api_key, settings.powerpost_workspace_id
    if token is not None and key is not None and workspace is not None:
        return token, key, workspace
    wanted = {
        "DISCORD_TOKEN": (
            token,
            "the bot's token from https://discord.com/developers/applications (Bot → Reset Token)",
        ),
        "POWERPOST_API_KEY": (key, "a PowerPost key (pp_live_sk_…) with the scopes that the README lists"),
        "POWERPOST_WORKSPACE_ID": (workspace, "the id (a UUID) of the PowerPost workspace to use"),
    }
    raise SettingsError(
        [f"{name}: is missing; it should be {what}" for name, (value, what) in wanted.items() if value is None]
    )


_HOST = re.compile(r"(?:https://)?(?:\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::443)?/?", re.ASCII)


def _host(entry: str) -> str:
    found = _HOST.fullmatch(entry.lower())
    if found is None:
        raise ValueError("should be host names, such as cdn.example.com; they are reached over https on port 443")
    return found[1]


def _check_fernet_key(key: SecretStr) -> None:
    try:
        Fernet(key.get_secret_value())
    except ValueError:
        raise ValueError("each should be a Fernet key: 32 bytes in URL-safe base64") from None


def _problem(detail: ErrorDetails) -> str:
    if not detail["loc"]:
        return detail["msg"].removeprefix("Value error, ")
    name = str(detail["loc"][0]).upper()
    expectation = detail["msg"].removeprefix("Value error, ")
    return f"{name}: {_WORDS.get(name, expectation)}"


_NOT_IN_A_WORD = frozenset(" \"'\\")
"""Quotes come from files that no shell reads; the log would write a backslash in two ways."""

LARGEST_PACK = 1_000_000
MEGABYTE = 1_000_000

_WORDS = {
    "POWERPOST_WORKSPACE_ID": "should be a UUID, such as 123e4567-e89b-12d3-a456-426614174000",
    "DISCORD_API_BASE": "should be an http(s) address, such as https://discord.com/api/v10",
    "POWERPOST_BASE_URL": "should be an http(s) address, such as https://powerpost.ai/api/v1",
    "CREDIT_PACKS": "should be sku_id=credits separated by commas, each SKU once, with 1 to 1000000 credits",
    "OPERATOR_GUILD_ID": "should be a server's id, such as 1234567890123456789",
    "STARTING_CREDITS": "should be a whole number of credits from 0 to 1000000",
    "OPEN_VIDEOS_PER_MEMBER": "should be a whole number of videos from 1 to 100000",
    "OPEN_VIDEOS_PER_SERVER": "should be a whole number of videos from 1 to 100000",
    "WAITING_PICTURES_PER_SERVER": "should be a whole number of pictures from 1 to 100000",
    "WAITING_PICTURE_MB_PER_SERVER": "should be a whole number of megabytes from 10 to 1000000",
    "WAITING_PICTURES": "should be a whole number of pictures from 1 to 1000000",
    "WAITING_PICTURE_MB": "should be a whole number of megabytes from 10 to 10000000",
    "POWERPOST_KEY_IS_OURS_ALONE": "should be true or false",
    "LOW_BALANCE_CREDITS": "should be a whole number of credits, 0 or more",
    "ALERT_CHANNEL_ID": "should be a channel's id, such as 1234567890123456789",
    "METRICS_ADDR": "should be host:port, such as 127.0.0.1:9464",
    "FORGET_GUILDS_AFTER_DAYS": "should be a whole number of days from 1 to 3650",
    "SHARD_IDS": "should be whole numbers separated by commas, such as 0,1",
    "SHARD_COUNT": "should be a whole number of at least 1",
    "LOG_LEVEL": "should be DEBUG, INFO, WARNING or ERROR",
    "LOG_FORMAT": "should be text or json",
}

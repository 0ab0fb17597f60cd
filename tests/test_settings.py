"""The operator's settings: documented, defaulted, and wrong ones named one by one without telling a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from dotenv import dotenv_values

from bot.errors import SettingsError
from bot.settings import Settings, ignored_proxies, load_settings, require_for_run

EXAMPLE = Path(__file__).parents[1] / ".env.example"
FERNET_KEY = Fernet.generate_key().decode()
GOOD = {
    "DISCORD_TOKEN": "MTIz.token.secret",
    "POWERPOST_API_KEY": "pp_live_sk_secret",
    "POWERPOST_WORKSPACE_ID": "123e4567-e89b-12d3-a456-426614174000",
}

SetVariables = Callable[..., None]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the developer's variables nor a .env file."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("DISCORD_OPENAPI", raising=False)  # of tests/e2e; it looks like a mistyped setting
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> SetVariables:
    def set_variables(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_variables


def problems() -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return refused.value.problems


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(dotenv_values(EXAMPLE)) == {name.upper() for name in Settings.model_fields}


def test_the_example_shows_every_default() -> None:
    as_in_the_example = Settings(_env_file=EXAMPLE)

    assert as_in_the_example == Settings()
    written = {name for name, value in dotenv_values(EXAMPLE).items() if value}
    with_default = {name.upper() for name, value in Settings().model_dump().items() if value not in (None, ())}
    assert written == with_default


def test_every_setting_says_what_it_is_for() -> None:
    text = EXAMPLE.read_text("utf-8")
    paragraphs = [paragraph for paragraph in text.split("\n\n") if "=" in paragraph]

    assert all(paragraph.lstrip().startswith("#") for paragraph in paragraphs)


def test_settings_come_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STARTING_CREDITS=25\nLOG_LEVEL=debug\n")

    settings = load_settings()

    assert (settings.starting_credits, settings.log_level) == (25, "DEBUG")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """As Windows' editors write it; the first variable would otherwise be lost without a word."""
    (tmp_path / ".env").write_bytes("STARTING_CREDITS=25\n".encode("utf-8-sig"))

    assert load_settings().starting_credits == 25


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("STARTING_CREDITS=25\n".encode("utf-16"))

    assert problems() == [".env: should be a text file in UTF-8"]


def test_empty_values_mean_the_default(variables: SetVariables) -> None:
    variables(METRICS_ADDR="", SHARD_IDS="", LOG_LEVEL="")

    assert load_settings() == Settings()


def test_lists_are_separated_by_commas(variables: SetVariables) -> None:
    variables(SHARD_IDS="0, 1", SHARD_COUNT="4", DOWNLOAD_HOSTS="a.example, b.example,", ENCRYPTION_KEYS=FERNET_KEY)

    settings = load_settings()

    assert settings.shard_ids == (0, 1)
    assert settings.download_hosts == ("a.example", "b.example")
    assert [key.get_secret_value() for key in settings.encryption_keys] == [FERNET_KEY]


WRONG = [
    ("DISCORD_TOKEN", "two words"),
    ("DISCORD_TOKEN", '"quoted.token"'),
    ("DISCORD_TOKEN", "tökén"),
    ("POWERPOST_API_KEY", "pp_live\nsk"),
    ("POWERPOST_API_KEY", "'pp_live_sk'"),
    ("POWERPOST_WORKSPACE_ID", "my workspace"),
    ("DISCORD_API_BASE", "discord.com"),
    ("POWERPOST_BASE_URL", "ftp://powerpost.ai"),
    ("DATABASE_URL", "sqlite:///data/videobot.db"),
    ("DATABASE_URL", "mysql://root:hunter2@localhost/videobot"),
    ("STARTING_CREDITS", "-1"),
    ("STARTING_CREDITS", "many"),
    ("STARTING_CREDITS", "2000000"),
    ("ENCRYPTION_KEYS", "not-a-key"),
    ("METRICS_ADDR", "9464"),
    ("METRICS_ADDR", "127.0.0.1:99999"),
    ("METRICS_ADDR", "http://127.0.0.1:9464"),
    ("SHARD_IDS", "zero"),
    ("SHARD_IDS", "0,1"),
    ("SHARD_COUNT", "0"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_gets_one_readable_line_that_names_it(variables: SetVariables, name: str, value: str) -> None:
    variables(**{name: value})

    [problem] = problems()

    assert problem.startswith(f"{name}: ")
    assert "should be" in problem or "should start" in problem or "needs" in problem
    assert "\n" not in problem
    assert "Value error" not in problem


@pytest.mark.parametrize("ids", ["2", "0,2", "-1"])
def test_a_shard_that_does_not_exist_is_refused(variables: SetVariables, ids: str) -> None:
    variables(SHARD_IDS=ids, SHARD_COUNT="2")

    assert problems() == ["SHARD_IDS: needs SHARD_COUNT, and every id should be at least 0 and below it"]


def test_all_wrong_values_are_named_at_once(variables: SetVariables) -> None:
    variables(LOG_LEVEL="LOUD", STARTING_CREDITS="many", SHARD_COUNT="0")

    assert [problem.partition(":")[0] for problem in problems()] == ["STARTING_CREDITS", "SHARD_COUNT", "LOG_LEVEL"]


def test_no_secret_is_shown(variables: SetVariables) -> None:
    variables(**GOOD, ENCRYPTION_KEYS=FERNET_KEY, DATABASE_URL="postgresql+asyncpg://bot:hunter2@db/videobot")
    settings = load_settings()

    shown = repr(settings) + str(settings)

    for secret in (GOOD["DISCORD_TOKEN"], GOOD["POWERPOST_API_KEY"], FERNET_KEY, "hunter2"):
        assert secret not in shown


def test_running_needs_three_settings(variables: SetVariables) -> None:
    with pytest.raises(SettingsError) as refused:
        require_for_run(load_settings())
    assert [problem.partition(":")[0] for problem in refused.value.problems] == list(GOOD)

    variables(**GOOD)
    token, key, workspace = require_for_run(load_settings())
    assert (token.get_secret_value(), key.get_secret_value(), str(workspace)) == tuple(GOOD.values())


@pytest.mark.parametrize("missing", list(GOOD))
def test_only_what_is_missing_is_named(variables: SetVariables, missing: str) -> None:
    variables(**{name: value for name, value in GOOD.items() if name != missing})

    with pytest.raises(SettingsError) as refused:
        require_for_run(load_settings())

    [problem] = refused.value.problems
    assert problem.startswith(f"{missing}: is missing; it should be ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://u:p@db/x", "postgresql+asyncpg://u:p@db/x"),
        ("postgresql://u:p@db:5432/x?sslmode=require", "postgresql+asyncpg://u:p@db:5432/x?ssl=require"),
        (
            "postgresql://u:p%40%2F@ep-1.neon.example/x?sslmode=require&channel_binding=require",
            "postgresql+asyncpg://u:p%40%2F@ep-1.neon.example/x?ssl=require",
        ),
        ("postgresql+asyncpg://u@/x?host=/var/run", "postgresql+asyncpg://u@/x?host=%2Fvar%2Frun"),
        ("sqlite+aiosqlite:///~/v.db", "sqlite+aiosqlite:////home/mia/v.db"),
        ("sqlite+aiosqlite:////~/v.db", "sqlite+aiosqlite:////home/mia/v.db"),
        ("sqlite+aiosqlite:///data/v.db", "sqlite+aiosqlite:///data/v.db"),
    ],
)
def test_a_database_url_is_read_as_it_is_meant(variables: SetVariables, written: str, meant: str) -> None:
    variables(DATABASE_URL=written, HOME="/home/mia")

    assert load_settings().database_url == meant


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:hunter2@db:many/x", "a whole number as its port"),
        ("postgresql://u:hunter2@db:99999/x", "a port from 1 to 65535"),
        ("postgresql://u:hunter2@db/x?sslmode=sometimes", "as its sslmode: allow"),
        ("postgresql://u:hunter2@db/x?pgbouncer=true", "the parameter 'pgbouncer'"),
        ("sqlite+aiosqlite:///~nobody-hunter2/v.db", "there is no such home folder"),
        ("postgresql+psycopg2://u:hunter2@db/x", "should start with"),
    ],
)
def test_a_database_url_without_a_clear_meaning_is_one_sentence(variables: SetVariables, url: str, words: str) -> None:
    variables(DATABASE_URL=url)

    [problem] = problems()
    assert problem.startswith("DATABASE_URL: should ")
    assert words in problem
    assert "hunter2" not in problem


def test_postgresql_without_its_extra_is_a_sentence(variables: SetVariables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.database_url.find_spec", lambda _name: None)
    variables(DATABASE_URL="postgresql://u:hunter2@db/x")

    assert problems() == [
        'DATABASE_URL: should be SQLite unless the extra is installed: pip install "videobot[postgres]"'
    ]


def test_a_folder_may_be_below_home(variables: SetVariables) -> None:
    variables(DATA_DIR="~/data", HOME="/home/mia")

    assert load_settings().data_dir == Path("/home/mia/data")


def test_download_hosts_are_taken_as_they_are_meant(variables: SetVariables) -> None:
    variables(DOWNLOAD_HOSTS="https://a.example/, *.b.example, c.example:443, D.Example.")

    assert load_settings().download_hosts == ("a.example", "b.example", "c.example", "d.example")


@pytest.mark.parametrize("hosts", ["http://a.example", "a.example:8443", "https://a.example/videos", "*", "a b", "u@a"])
def test_download_hosts_that_would_never_match_are_named(variables: SetVariables, hosts: str) -> None:
    variables(DOWNLOAD_HOSTS=hosts)

    [problem] = problems()
    assert problem.startswith("DOWNLOAD_HOSTS: should be host names")


def test_a_value_of_the_file_is_what_stands_there(tmp_path: Path, variables: SetVariables) -> None:
    variables(HOME="/home/mia")
    (tmp_path / ".env").write_text("DISCORD_TOKEN=a${HOME}b\n")

    token = load_settings().discord_token
    assert token is not None
    assert token.get_secret_value() == "a${HOME}b"


def test_what_looks_like_a_setting_is_named_with_the_likely_one(
    tmp_path: Path, variables: SetVariables, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKN=secret\nCOMPOSE_PROJECT_NAME=x\nLOG_LEVEL=INFO\n")
    variables(POWERPOST_KEY="secret", XDG_DATA_DIRS="/usr/share", DISCORD_BOT_TOKEN="secret", DATABASE_URI="secret")

    load_settings()

    assert [message for message in caplog.messages if "did you mean" in message] == [
        "DATABASE_URI is not a setting and is ignored; did you mean DATABASE_URL?",
        "DISCORD_BOT_TOKEN is not a setting and is ignored; did you mean DISCORD_TOKEN?",
        "DISCORD_TOKN is not a setting and is ignored; did you mean DISCORD_TOKEN?",
        "POWERPOST_KEY is not a setting and is ignored; did you mean POWERPOST_API_KEY?",
    ]
    assert "secret" not in caplog.text


def test_a_proxy_that_is_ignored_is_known(variables: SetVariables, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ignored_proxies() == []

    variables(HTTPS_PROXY="http://proxy.example:3128")
    assert ignored_proxies() == ["HTTPS_PROXY"]


def test_credit_packs_are_read_as_pairs(variables: SetVariables) -> None:
    variables(CREDIT_PACKS="111=500, 222=1200,")

    assert load_settings().credit_packs == ((111, 500), (222, 1200))


@pytest.mark.parametrize("packs", ["111", "111=500=3", "a=5", "111=0", "111=-5", "111=5,111=6", "111=1000001"])
def test_credit_packs_that_make_no_sense_are_named(variables: SetVariables, packs: str) -> None:
    variables(CREDIT_PACKS=packs)

    [problem] = problems()
    assert problem.startswith("CREDIT_PACKS: should be sku_id=credits")

"""The guide for admins: its table of settings is the options' own records, word for word."""

from __future__ import annotations

from pathlib import Path

from bot.domain.options import OPTIONS

GUIDE = Path(__file__).parents[2] / "docs" / "admin-guide.md"


def test_the_table_of_settings_is_made_of_the_options() -> None:
    rows = [line for line in GUIDE.read_text().splitlines() if line.startswith("| ") and "`" in line]
    settings = [row for row in rows if row.split(" | ")[1].strip("`") in {option.name for option in OPTIONS}]

    assert settings == [
        f"| {option.label} | `{option.name}` | {option.kind.in_words(option.default)} | {option.help} |"
        for option in OPTIONS
    ]

"""`python -m bot`, the same as the installed command `videobot`."""

from __future__ import annotations

from bot.cli.main import main

if __name__ == "__main__":
    main()

"""The product as fixtures, which start and end all processes, so that tests read as stories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.product import Product, open_product


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    """Both sandboxes, and a bot that has not been started, so that a test may change its settings first."""
    async with open_product(tmp_path) as opened:
        yield opened


@pytest.fixture
async def running(product: Product) -> Product:
    """The product with its bot running and ready."""
    await product.start_bot()
    return product

"""A local PowerPost: the documented video API over a real socket, real clips, faults on demand, and an exact ledger.

Start with `PowerPostSandbox`. Answers follow https://powerpost.ai/docs/api exactly; where the documentation is silent,
the module that decides says so.
"""

from sandbox.clock import ManualClock
from sandbox.powerpost.accounts import ALL_SCOPES, Account, Movement, MovementKind, Scope, Totals
from sandbox.powerpost.catalogue import MODELS, Size, price
from sandbox.powerpost.records import (
    Generation,
    GenerationFailure,
    GenerationStatus,
    ReceivedRequest,
    Upload,
    VideoOrder,
)
from sandbox.powerpost.render import FullClips, PaddedClips, Renderer, TinyClips
from sandbox.powerpost.sandbox import PowerPostSandbox

__all__ = [
    "ALL_SCOPES",
    "MODELS",
    "Account",
    "FullClips",
    "Generation",
    "GenerationFailure",
    "GenerationStatus",
    "ManualClock",
    "Movement",
    "MovementKind",
    "PaddedClips",
    "PowerPostSandbox",
    "ReceivedRequest",
    "Renderer",
    "Scope",
    "Size",
    "TinyClips",
    "Totals",
    "Upload",
    "VideoOrder",
    "price",
]

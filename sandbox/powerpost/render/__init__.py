"""Rendering: from an order to a playable MP4 and a JPEG thumbnail, without a model, a network or a GPU.

A `Renderer` is any picklable callable that writes the two files of a `Brief`; it blocks and runs off the event loop.

`FullClips`
    What a customer would get: H.264 at the ordered size and length, sound, the prompt, the moving source image.
`TinyClips`
    64x36 H.264 of the right length, rendered once and copied: for suites with hundreds of orders.
`PaddedClips`
    The clips of another renderer, blown up to a chosen file size.
"""

from sandbox.powerpost.render.brief import Brief, Renderer
from sandbox.powerpost.render.full import FullClips
from sandbox.powerpost.render.padded import PaddedClips
from sandbox.powerpost.render.tiny import TinyClips

__all__ = ["Brief", "FullClips", "PaddedClips", "Renderer", "TinyClips"]

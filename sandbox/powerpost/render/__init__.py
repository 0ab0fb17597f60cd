"""Rendering: from an order to a playable MP4 and a JPEG thumbnail, without a model, a network or a GPU.

A `Renderer` is any callable that writes the two files of a `Brief`; it blocks, and runs in a worker thread.

`FullClips`
    What a customer would get: H.264 in the ordered size and length, sound, the prompt, the moving source image.
`TinyClips`
    64x36 H.264 of the right length, rendered once and then copied: for suites with hundreds of orders.
`PaddedClips`
    The clips of another renderer, padded to a chosen file size.
"""

from sandbox.powerpost.render.brief import Brief, Renderer
from sandbox.powerpost.render.full import FullClips
from sandbox.powerpost.render.padded import PaddedClips
from sandbox.powerpost.render.tiny import TinyClips

__all__ = ["Brief", "FullClips", "PaddedClips", "Renderer", "TinyClips"]

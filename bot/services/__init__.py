"""The use cases that move a job from one place to the next; they know ports (`ports.py`), not libraries."""

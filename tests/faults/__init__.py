"""Nothing lost, nothing charged twice: the promises of docs/reliability.md, tried by dying, faults and races."""

"""Nothing lost, nothing charged twice: the promises of docs/reliability.md, tested by kills, faults and races."""

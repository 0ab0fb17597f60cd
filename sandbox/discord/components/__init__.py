"""Message components and modals: what Discord accepts, and what a reader sees. Pure functions on JSON."""

"""Message components and modals: what Discord accepts, and how a reader takes them in. Pure functions over JSON."""

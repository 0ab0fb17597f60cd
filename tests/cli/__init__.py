"""The command line: what an operator types and reads, with exit codes."""

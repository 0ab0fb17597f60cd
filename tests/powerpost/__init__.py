"""The PowerPost client against a real HTTP server on this machine, and its pure parts by themselves."""

"""`/operator`: what the application's owners do from Discord, in the one server they chose."""

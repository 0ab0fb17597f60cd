"""The REST API, a file for each resource. Handlers take the request apart and leave the rules to the model."""

"""The REST API, one file per resource. Handlers parse the request and leave the rules to the model."""

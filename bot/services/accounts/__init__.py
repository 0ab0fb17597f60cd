"""The PowerPost accounts that pay: the operator's, and those that servers linked."""

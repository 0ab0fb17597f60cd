"""The PowerPost accounts that pay: the operator's, watched, and those that servers linked."""

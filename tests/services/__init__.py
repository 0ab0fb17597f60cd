"""The use cases, each played on real books and against a local PowerPost; only Discord is acted."""

"""Input made to do harm, played against the whole product."""

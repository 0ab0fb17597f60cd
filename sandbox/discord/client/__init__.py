"""What members do in Discord's client, refused where that client would refuse it."""

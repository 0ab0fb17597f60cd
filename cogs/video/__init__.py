"""The main feature: `/video`, and the message that follows a video from the wish to the clip."""

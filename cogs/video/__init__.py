"""The main feature: `/video`, and the message that follows a video from the request to the clip."""

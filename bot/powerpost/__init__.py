"""PowerPost's video API: the wire, the rate limits, the client, and downloading a finished video.

    models    what goes over the wire, as frozen records
    protocol  requests built and answers read, with no I/O
    faults    one exception for each documented error
    limits    the rate-limit headers as a value
    pacing    when the next request may go
    transport one request over aiohttp; every way that it can fail, named
    client    the calls that the bot makes
    download  a finished video into a file

The vendor's pages: https://powerpost.ai/docs/api/generate-videos and its neighbours.
"""

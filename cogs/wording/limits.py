"""Discord's limits, in one place, each with the page that states it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

COMMAND_DESCRIPTION: Final = 100
"""Characters in the description of a command or an option; also of a choice's name.

https://docs.discord.com/developers/interactions/application-commands#application-command-object
"""

COMMAND_OPTIONS: Final = 25
COMMAND_CHOICES: Final = 25
COMMAND_TOTAL: Final = 8000
"""Characters in all names, descriptions and values of one command together."""

FIRST_ANSWER: Final = timedelta(seconds=3)
"""After this, an unanswered interaction is lost.

https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback
"""

MESSAGE_CONTENT: Final = 2000
"""Characters in an ordinary message. https://docs.discord.com/developers/resources/message#create-message"""

DISPLAYED_TEXT: Final = 4000
"""Characters in all text displays of one message.

https://docs.discord.com/developers/components/reference#text-display
"""

ALT_TEXT: Final = 1024
"""Characters in the description of a gallery's item.

https://docs.discord.com/developers/components/reference#media-gallery
"""

MEDIA_URL: Final = 2048
"""Characters in the address of a gallery's item.

https://docs.discord.com/developers/components/reference#unfurled-media-item
"""

NONCE: Final = 25
"""Characters in the nonce by which Discord recognises a message sent twice.

https://docs.discord.com/developers/resources/message#create-message
"""

SELECT_VALUES: Final = 25
"""Values that can be chosen in one menu, and options it can offer.

https://docs.discord.com/developers/components/reference#string-select
"""

COMPONENTS: Final = 40
"""Components in one message, including nested ones.

https://docs.discord.com/developers/components/reference#legacy-message-component-behavior
"""

SELECT_DESCRIPTION: Final = 100
"""Characters under an option of a menu."""

MODAL_TITLE: Final = 45
LABEL_DESCRIPTION: Final = 100
TEXT_INPUT: Final = 4000
"""Characters in a form's field. https://docs.discord.com/developers/components/reference#text-input"""

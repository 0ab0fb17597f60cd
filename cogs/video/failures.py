"""What a member reads for each way that a job can fail: what happened, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.job import Failure


@dataclass(frozen=True, slots=True)
class FailureWords:
    """The sentences for one failure. "You were not charged." is added between them.

    `shows_detail`: whether PowerPost's own explanation helps the member; about the operator's account it does not.
    """

    headline: str
    happened: str
    next_step: str
    shows_detail: bool = False


NEXT_STEP_WITH_OWN_ACCOUNT: dict[Failure, str] = {
    Failure.ACCOUNT_EMPTY: "Please ask an admin of this server to top up its own account.",
    Failure.KEY_REFUSED: "Please ask an admin of this server to link its account again with `/workspace link`.",
    Failure.STORAGE_FULL: "Please tell an admin of this server, which owns it. Videos without a picture still work.",
}
"""The next step where the server pays with its own PowerPost account, which the operator cannot fix."""

WORDS_OF_FAILURE: dict[Failure, FailureWords] = {
    Failure.GENERATION_FAILED: FailureWords(
        headline="The video could not be made",
        happened="PowerPost accepted the request, but the model could not make the video.",
        next_step="Trying again often helps; so does a simpler prompt or another model.",
        shows_detail=True,
    ),
    Failure.REQUEST_REFUSED: FailureWords(
        headline="The request was not accepted",
        happened="PowerPost refused it.",
        next_step="Please change the prompt or the options and try again.",
        shows_detail=True,
    ),
    Failure.ACCOUNT_EMPTY: FailureWords(
        headline="The PowerPost account is out of credits",
        happened="The account that pays for this server has too few credits.",
        next_step="Please tell the bot's operator, and try again once the account is topped up.",
    ),
    Failure.KEY_REFUSED: FailureWords(
        headline="The PowerPost account was not accepted",
        happened="PowerPost did not accept the key that pays for this server.",
        next_step="Please tell the bot's operator; nobody here can make videos until it is fixed.",
    ),
    Failure.UNREACHABLE: FailureWords(
        headline="PowerPost could not be reached",
        happened="The request could not be sent.",
        next_step="Please try again in a few minutes.",
    ),
    Failure.IMAGE_REFUSED: FailureWords(
        headline="The picture was not accepted",
        happened="PowerPost did not accept it.",
        next_step="Please try a smaller or a different one (JPEG, PNG or WebP).",
        shows_detail=True,
    ),
    Failure.STORAGE_FULL: FailureWords(
        headline="The PowerPost account has no room for pictures",
        happened="Its media library is full, so the picture could not be uploaded.",
        next_step="Please tell the bot's operator. Videos without a picture still work.",
    ),
    Failure.GENERATION_LOST: FailureWords(
        headline="PowerPost lost this video",
        happened="It accepted the request but no longer knows about it.",
        next_step="Please ask for it again.",
    ),
    Failure.NEVER_CONFIRMED: FailureWords(
        headline="PowerPost never confirmed this video",
        happened="We could not find out whether it got the request, so the credits held for it were returned.",
        next_step="Please ask for it again.",
    ),
    Failure.OUR_MISTAKE: FailureWords(
        headline="Something went wrong in the bot",
        happened="A fault in the bot kept it from sending the picture to PowerPost. Nothing was ordered.",
        next_step="Please tell the bot's operator. A different picture, or none, may work.",
    ),
    Failure.NOT_TAKEN: FailureWords(
        headline="PowerPost did not get this request",
        happened="PowerPost never answered, and its account shows that it did not take the request.",
        next_step="Please ask for it again.",
    ),
}

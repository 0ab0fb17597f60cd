"""What a member reads for each way in which a job can fail: what happened, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.job import Failure


@dataclass(frozen=True, slots=True)
class FailureWords:
    """The sentences for one failure; that it cost nothing is said in between, for all of them alike.

    `shows_detail`: whether PowerPost's own explanation helps the member. Those about the operator's account do not.
    """

    headline: str
    happened: str
    next_step: str
    shows_detail: bool = False


NEXT_STEP_WITH_OWN_ACCOUNT: dict[Failure, str] = {
    Failure.ACCOUNT_EMPTY: "Please tell an admin of this server: the account is its own, and needs more credits.",
    Failure.KEY_REFUSED: "Please tell an admin of this server, who must link its account anew with `/workspace link`.",
    Failure.STORAGE_FULL: "Please tell an admin of this server, whose account it is. Videos without a picture work.",
}
"""What to do instead where the server pays with its own PowerPost account, which the operator cannot mend."""

WORDS_OF_FAILURE: dict[Failure, FailureWords] = {
    Failure.GENERATION_FAILED: FailureWords(
        headline="The video could not be made",
        happened="PowerPost took the order, but the model did not manage to make the video.",
        next_step="Trying again often helps; so does a simpler prompt or another model.",
        shows_detail=True,
    ),
    Failure.REQUEST_REFUSED: FailureWords(
        headline="PowerPost did not take the order",
        happened="PowerPost refused this request.",
        next_step="Please change the prompt or the options and ask again.",
        shows_detail=True,
    ),
    Failure.ACCOUNT_EMPTY: FailureWords(
        headline="The PowerPost account is empty",
        happened="The PowerPost account that pays for this server has too few credits.",
        next_step="Please tell the bot's operator, and try again once the account is filled.",
    ),
    Failure.KEY_REFUSED: FailureWords(
        headline="The PowerPost account was not accepted",
        happened="PowerPost did not accept the key that pays for this server.",
        next_step="Please tell the bot's operator; nobody here can make videos until it is put right.",
    ),
    Failure.UNREACHABLE: FailureWords(
        headline="PowerPost could not be reached",
        happened="The order never left, because PowerPost did not answer.",
        next_step="Please try again in a few minutes.",
    ),
    Failure.IMAGE_REFUSED: FailureWords(
        headline="The picture was not accepted",
        happened="PowerPost did not take the picture.",
        next_step="Please try a smaller or a different one (JPEG, PNG or WebP).",
        shows_detail=True,
    ),
    Failure.STORAGE_FULL: FailureWords(
        headline="The PowerPost account has no room for pictures",
        happened="The picture could not be stored, because the account's media library is full.",
        next_step="Please tell the bot's operator. Videos without a picture still work.",
    ),
    Failure.GENERATION_LOST: FailureWords(
        headline="PowerPost has lost this video",
        happened="PowerPost took the order, but no longer knows of it.",
        next_step="Please ask for it again.",
    ),
    Failure.NEVER_CONFIRMED: FailureWords(
        headline="PowerPost never confirmed this video",
        happened="Whether the order arrived could not be found out, so the credits held for it were given back.",
        next_step="Please ask for it again.",
    ),
    Failure.OUR_MISTAKE: FailureWords(
        headline="Something went wrong in the bot",
        happened="The bot could not send the picture to PowerPost, because of a fault of its own. Nothing was ordered.",
        next_step="Please tell the bot's operator. A different picture, or none, may work.",
    ),
    Failure.NOT_TAKEN: FailureWords(
        headline="PowerPost did not take the order",
        happened="PowerPost never answered this order, and its account shows that PowerPost did not take it.",
        next_step="Please ask for it again.",
    ),
}

"""What the operator is alerted to: each kind with its sentence, which holds neither prompts nor secrets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.pricing import OddCharge


class AlertKind(StrEnum):
    """Why a person should look; the values appear in the log."""

    ORDER_UNCONFIRMED = "order_unconfirmed"
    ORDER_CHARGED = "order_charged"
    ORDER_WRITTEN_OFF = "order_written_off"
    OUTCOME_NOT_STORED = "outcome_not_stored"
    ANSWER_TOO_LATE = "answer_too_late"
    UPLOAD_GIVEN_UP = "upload_given_up"
    DATABASE_UNUSABLE = "database_unusable"
    GENERATION_GIVEN_UP = "generation_given_up"
    GENERATION_UNREADABLE = "generation_unreadable"
    WORK_STEPPED_ASIDE = "work_stepped_aside"
    KEY_REFUSED = "key_refused"
    ACCOUNT_EMPTY = "account_empty"
    LOW_BALANCE = "low_balance"
    PURCHASE_UNASSIGNED = "purchase_unassigned"
    ODD_PRICE = "odd_price"
    NAME_NOT_PUBLIC = "name_not_public"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that needs a person. `subject` is the job's id, or whatever else tells it from others."""

    kind: AlertKind
    subject: str = ""

    @property
    def sentence(self) -> str:
        """What happened and what to do."""
        return SENTENCES[self.kind].format(subject=self.subject)


def odd_price(charge: OddCharge) -> Alert:
    """One alert per charge and kind of video, however many jobs it comes with."""
    key, payer = charge.key, "your account" if charge.guild is None else f"the account of server {charge.guild}"
    sound = "with sound" if key.audio else "silent"
    what = f"{key.model_id}, {key.duration} seconds, {sound}, on {payer}"
    return Alert(AlertKind.ODD_PRICE, f"{what}: {charge.charged:,} credits, where {charge.expected:,} were expected")


SENTENCES: dict[AlertKind, str] = {
    AlertKind.ORDER_UNCONFIRMED: (
        "PowerPost has not confirmed the order of job {subject}; it will not be sent again. If PowerPost's dashboard "
        "shows the video, run `videobot jobs resolve {subject} --generation ID`, otherwise "
        "`videobot jobs resolve {subject} --not-charged`. After a day the server gets its credits back automatically."
    ),
    AlertKind.ORDER_CHARGED: (
        "The account's balance shows that PowerPost charged for job {subject}, but the video's id never arrived. Find "
        "the video in PowerPost's dashboard and run `videobot jobs resolve {subject} --generation ID`."
    ),
    AlertKind.ORDER_WRITTEN_OFF: (
        "PowerPost did not confirm job {subject} within a day: its server has the credits back, and the possible cost "
        "is written off. `videobot jobs list` shows it."
    ),
    AlertKind.OUTCOME_NOT_STORED: (
        "PowerPost's answer to job {subject} could not be stored; the bot keeps trying. Make sure that the database "
        "answers and accepts writes. If the bot stops first, its next start stores the answer from the file "
        "outcomes.jsonl in DATA_DIR; the log has the video's id too."
    ),
    AlertKind.UPLOAD_GIVEN_UP: (
        "The picture of job {subject} could not be sent to PowerPost because of an unknown error. The job has ended, "
        "and its server was not charged. The log has the error (`upload_failed`); please report it."
    ),
    AlertKind.ANSWER_TOO_LATE: (
        "PowerPost accepted the order of job {subject} after the job had already ended here. The server has its "
        "credits back, but PowerPost charged for the video; its dashboard has it."
    ),
    AlertKind.DATABASE_UNUSABLE: (
        "{subject} Until that is fixed, nothing is ordered or spent, and members are told to wait. "
        "`videobot doctor` checks it."
    ),
    AlertKind.GENERATION_GIVEN_UP: (
        "The video of job {subject} was given up: PowerPost did not finish it in time. Its server was not charged."
    ),
    AlertKind.GENERATION_UNREADABLE: (
        "PowerPost has answered about the video of job {subject} for an hour, and the bot can read none of these "
        "answers. It goes on asking, and its server's credits stay held. Look for a newer version of the bot, or ask "
        "PowerPost's support what became of the video; `videobot jobs show {subject}` shows its id."
    ),
    AlertKind.WORK_STEPPED_ASIDE: (
        "Work on {subject} keeps failing for an unknown reason. Nothing is lost: it is now tried every half "
        "hour, after everything else. The log has the error (`work_failed`); please report it."
    ),
    AlertKind.KEY_REFUSED: (
        "PowerPost refuses the operator's key or workspace ({subject}). No video can be made until that is fixed: "
        "check POWERPOST_API_KEY and POWERPOST_WORKSPACE_ID with `videobot doctor`."
    ),
    AlertKind.ACCOUNT_EMPTY: "The PowerPost account has too few credits for an order. Buy credits at PowerPost.",
    AlertKind.PURCHASE_UNASSIGNED: (
        "Purchase {subject} in Discord names no server, so no server got its credits, and it was left unused. Refund "
        "it, or grant its credits by hand. Offer credit packs as server purchases so that this does not happen again."
    ),
    AlertKind.ODD_PRICE: (
        "PowerPost charged an unusual price: {subject}. This job pays what was charged; the price quoted to others "
        "stays. If this is the new price, set it with `videobot prices set` (three equal charges in a row set it too); "
        "otherwise ask PowerPost's support."
    ),
    AlertKind.NAME_NOT_PUBLIC: (
        "{subject} resolves to a private address on the bot's machine, so the bot reads nothing from it: pictures are "
        "refused, and videos are linked instead of attached. A VPN, a filter or your own name server answers for it; "
        "let the bot's machine resolve it publicly."
    ),
    AlertKind.LOW_BALANCE: (
        "The PowerPost account has fewer than {subject} credits left. Buy credits at PowerPost before they run out."
    ),
}

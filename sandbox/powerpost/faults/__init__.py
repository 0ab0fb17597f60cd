"""Faults on demand: what can go wrong between a client and PowerPost, planned request by request.

A fault "before" means that the request is not processed: no order, no charge. "After" means that it is processed, but
the client does not learn that properly; the ledger shows which it was. See `FaultPlan.add`.

    Answers      Answer, AnswerAfter, TooManyRequests, HtmlPage,
                 TruncatedJson, ExtraFields, UnknownStatus, VideoElsewhere
    Connections  HangBefore, HangAfter, ResetBefore, ResetAfter, SlowTrickle
    Downloads    CutOff, EndlessBody, WrongContentType, Redirect
"""

from sandbox.powerpost.faults.answers import (
    Answer,
    AnswerAfter,
    ExtraFields,
    HtmlPage,
    TooManyRequests,
    TruncatedJson,
    UnknownStatus,
    VideoElsewhere,
)
from sandbox.powerpost.faults.connections import HangAfter, HangBefore, ResetAfter, ResetBefore, SlowTrickle
from sandbox.powerpost.faults.downloads import CutOff, EndlessBody, Redirect, WrongContentType
from sandbox.powerpost.faults.exchange import Exchange, Fault
from sandbox.powerpost.faults.plan import FaultPlan, PlannedFault

__all__ = [
    "Answer",
    "AnswerAfter",
    "CutOff",
    "EndlessBody",
    "Exchange",
    "ExtraFields",
    "Fault",
    "FaultPlan",
    "HangAfter",
    "HangBefore",
    "HtmlPage",
    "PlannedFault",
    "Redirect",
    "ResetAfter",
    "ResetBefore",
    "SlowTrickle",
    "TooManyRequests",
    "TruncatedJson",
    "UnknownStatus",
    "VideoElsewhere",
    "WrongContentType",
]

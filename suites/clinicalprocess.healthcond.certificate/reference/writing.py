"""What the simulated systems send: an answer is about the question that was asked, an event about the draft that was ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from rivta.simulator import Acting, Action, Done
from rivta.simulator.acting import from_template

__all__ = ["ACTIONS"]

Values = Mapping[str, str]


def _question(acting: Acting) -> Mapping[str, str]:
    """The question that is answered, as it was asked."""
    kept: Any = acting.context.store.get("kept", "") or {"questions": {}}
    found: Mapping[str, str] = kept["questions"].get(acting.order.says("message"), {})
    return found


def _answering(prefix: str, name: str) -> Callable[[Acting], Values]:
    """The reference to the question: with its own reference where it had one."""

    def values(acting: Acting) -> Values:
        question, ident = _question(acting), acting.order.says("message")
        reference = question.get("reference", "")
        own = f"<c:referens-id>{reference}</c:referens-id>" if reference else ""
        answer_to = f"<{prefix}:svarPa><c:meddelande-id>{ident}</c:meddelande-id>{own}</{prefix}:svarPa>"
        own_id = {"certificate": acting.order.says(name)}
        return {**_now(acting), "answer-to": answer_to, "subject": question.get("subject", ""), **own_id}

    return values


def _now(acting: Acting) -> Values:
    return {"sent-at": f"{acting.context.sweden():%Y-%m-%dT%H:%M:%S}"}


def _event(acting: Acting) -> Values:
    draft: Any = acting.context.store.get("draft", acting.order.says("certificate")) or {}
    ref = draft.get("ref", "")
    return {"ref": f"<su3:ref>{ref}</su3:ref>" if ref else ""}


def _action(role: str, name: str, contract: str, values: Callable[[Acting], Values]) -> Action:
    def do(acting: Acting) -> Done:
        order = replace(acting.order, data={**acting.order.data, **values(acting)})
        sent = acting.context.reference.actions[name]
        return from_template(name, sent).do(replace(acting, order=order))

    return Action(role, do, (contract,))


ACTIONS: Final = {
    "register-certificate-3": _action(
        "certificate-application", "register-certificate-3", "RegisterCertificate@3", _now
    ),
    "answer-question": _action(
        "certificate-recipient", "send-message-to-care", "SendMessageToCare", _answering("mc", "certificate")
    ),
    "register-answer": _action(
        "certificate-application",
        "register-certificate-3",
        "RegisterCertificate@3",
        _answering("rc3", "new-certificate"),
    ),
    "tell-event": _action(
        "certificate-application", "certificate-status-update-for-care-3", "CertificateStatusUpdateForCare@3", _event
    ),
}

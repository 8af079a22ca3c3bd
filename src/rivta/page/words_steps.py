"""What the page says of the steps of a play."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rivta.model.words import Text

STEP_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "step_n": Text("Steg {n}", "Step {n}"),
        "step_n_of": Text("Steg {n} av {all}", "Step {n} of {all}"),
        "title_send": Text("Provbänken skickar {contract}", "The test bench sends {contract}"),
        "title_receive": Text("Ert system skickar {contract}", "Your system sends {contract}"),
        "title_watch": Text("Provbänken ser efter: {contract}", "The test bench looks on: {contract}"),
        "title_ask": Text("Du svarar på en fråga", "You answer a question"),
        # Whose turn it is
        "turn_yours": Text("Din tur", "Your turn"),
        "turn_wait": Text("Vi väntar på ert system", "Waiting for your system"),
        "turn_watch": Text("Vi ser efter vad ert system gör", "Looking at what your system does"),
        "turn_ours": Text("Provbänken arbetar", "The test bench is working"),
        "turn_over": Text("Klart", "Over"),
        "phase_later": Text("Kommer sedan", "Comes later"),
        "phase_left": Text("Kördes inte", "Was not run"),
        # What to do
        "do_now": Text("Gör så här i ert system nu", "Do this in your system now"),
        "do_nothing": Text(
            "Du behöver inte göra något: anropet ska följa av sig självt.",
            "You need not do anything: the call is to follow by itself.",
        ),
        "with_data": Text("Med de här uppgifterna", "With these data"),
        "adapter_do": Text("Låt adaptern göra det", "Let the adapter do it"),
        "adapter_working": Text("Adaptern arbetar.", "The adapter is working."),
        "adapter_done": Text("Adaptern säger att det är gjort.", "The adapter says that it is done."),
        "adapter_refused": Text("Adaptern säger att systemet vägrar.", "The adapter says that the system refuses."),
        "adapter_unsupported": Text(
            "Adaptern kan inte det här. Gör det för hand.", "The adapter cannot do this. Do it by hand."
        ),
        "adapter_trouble": Text(
            "Adaptern gick inte att använda. Gör det för hand.", "The adapter could not be used. Do it by hand."
        ),
        "adapter_by_hand": Text("Gör det för hand.", "Do it by hand."),
        # What is expected
        "expects": Text("Det här väntar vi oss", "What we expect"),
        "call": Text("Anrop", "Call"),
        "to": Text("Till", "To"),
        "such_that": Text("Där", "Where"),
        "checks_are": Text("Kontrolleras", "Checked"),
        "we_answer": Text("Vi svarar", "We answer"),
        "within": Text("Väntetid", "Waiting time"),
        "looks_for": Text("Så länge ser vi efter", "How long we look"),
        "in_system_time": Text("{duration} i systemets egen tid", "{duration} in the system's own time"),
        "most": Text("Fler anrop får komma", "More calls that may come"),
        "none_at_all": Text("inga", "none"),
        "at_most": Text("högst {n}", "at most {n}"),
        "any_number": Text("hur många som helst", "any number"),
        "apart": Text("Minsta tid mellan försöken", "Least time between attempts"),
        "schema_and_rules": Text("schema, regler och teckenkodning", "schema, rules and encoding"),
        "after_ms": Text("efter {duration}", "after {duration}"),
        # Waiting
        "waited": Text("Har väntat", "Waited"),
        "waits_of": Text("{seconds} av högst {within}", "{seconds} of at most {within}"),
        "connections": Text("Anslutningar hittills", "Connections so far"),
        "diagnosis": Text("Troligt hinder", "What is likely wrong"),
        "cannot": Text("Mitt system kan inte det här", "My system cannot do this"),
        "try_now": Text("Försök göra så här i ert system nu", "Try to do this in your system now"),
        "does_not": Text("Jag har försökt: systemet gör det inte", "I have tried: the system does not do it"),
        "does_not_title": Text("Systemet gör inte det här", "The system does not do this"),
        "cannot_title": Text("Systemet kan inte det här steget", "The system cannot do this step"),
        "cannot_lead": Text(
            "Väntan avslutas. Ditt namn och vad du skriver står i beviset.",
            "The waiting ends. Your name and what you write will stand in the evidence.",
        ),
        "cannot_confirm": Text("Avsluta väntan", "End the waiting"),
        "never_mind": Text("Tillbaka till stegen", "Back to the steps"),
        # Sending
        "send_ready": Text("Meddelandet är klart att skicka", "The message is ready to be sent"),
        "send_to": Text("Skickas till", "Sent to"),
        "edit": Text("Ändra värden innan det skickas", "Change values before it is sent"),
        "edit_note": Text(
            "${namn} byts mot ett värde när meddelandet skickas. Kontrollerna är desamma vad du än skriver.",
            "${name} is replaced by a value when the message is sent. The checks are the same whatever you write.",
        ),
        "edit_none": Text("Steget har inga egna värden att ändra.", "The step has no values of its own to change."),
        "send": Text("Skicka", "Send"),
        "stop": Text("Avsluta här", "End here"),
        "stop_note": Text("Stegen som är kvar blir inte visade.", "The steps that are left will not be proven."),
        "edited": Text("Ändrade värden: {names}", "Changed values: {names}"),
        # Questions
        "question": Text("Fråga", "Question"),
        "yes": Text("Ja", "Yes"),
        "no": Text("Nej", "No"),
        "not_applicable": Text("Ej tillämpligt", "Not applicable"),
        "your_answer": Text("Ditt svar", "Your answer"),
        "your_name": Text("Ditt namn", "Your name"),
        "your_note": Text("Anmärkning", "Note"),
        "note_optional": Text("frivilligt", "optional"),
        "answer": Text("Svara", "Answer"),
        "name_missing": Text("Skriv ditt namn: det står i beviset.", "Write your name: it stands in the evidence."),
        "answer_missing": Text("Välj ett svar.", "Choose an answer."),
        # What came of it
        "received_message": Text("Meddelandet som kom", "The message that came"),
        "sent_message": Text("Meddelandet som skickades", "The message that was sent"),
        "our_answer": Text("Vårt svar", "Our answer"),
        "their_answer": Text("Systemets svar", "The system's answer"),
        "nothing_came": Text("Inget anrop kom.", "No call came."),
        "no_answer": Text("Inget svar kom.", "No answer came."),
        "no_answer_given": Text("Inget svar gavs.", "No answer was given."),
        "empty_message": Text("Meddelandet är tomt.", "The message is empty."),
        "as_it_was": Text("Som det kom", "As it came"),
        "left_out": Text("… {n} tecken utelämnade", "… {n} characters left out"),
        "download": Text("Hämta", "Download"),
        "checks": Text("Kontroller", "Checks"),
        "checks_n": Text("{n} kontroller", "{n} checks"),
        "passed_n": Text("{n} uppfyllda kontroller", "{n} checks met"),
        "expected": Text("Väntat", "Expected"),
        "actual": Text("Faktiskt", "Actual"),
        "requirement": Text("Krav", "Requirement"),
        "source": Text("Källa", "Source"),
        "written_at": Text("Skrivet i", "Written in"),
        "place": Text("Plats", "Place"),
        "rule": Text("Regel", "Rule"),
        "answered_by": Text("Svar av", "Answered by"),
        "nothing_to_see": Text("–", "–"),
    }
)

"""Every sentence that the page itself says, in Swedish and English. What a step asks for comes from the suite."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from rivta.model.words import Lang, Text
from rivta.page.words_steps import STEP_WORDS
from rivta.report.voice import Voice
from rivta.text.catalogue import Words


class PageVoice(Voice):
    """What the page says, in one language; verdicts, checks, numbers and times as the report says them."""

    @cached_property
    def words(self) -> Words:
        """The page's own sentences by key."""
        return Words({key: text.in_(self.lang) for key, text in CATALOGUE.items()})


LANGUAGES: Final[Mapping[Lang, str]] = MappingProxyType({"sv": "Svenska", "en": "English"})

CATALOGUE: Final[Mapping[str, Text]] = MappingProxyType(
    {
        **STEP_WORDS,
        "brand": Text("Provbänk", "Test bench"),
        "skip": Text("Hoppa till innehållet", "Skip to the content"),
        "navigation": Text("Sidor", "Pages"),
        "nav_start": Text("Starta", "Start"),
        "nav_inbox": Text("Inkorg", "Inbox"),
        "nav_report": Text("Rapport", "Report"),
        "language": Text("Språk", "Language"),
        "under_test": Text("{product} {version}, {organisation}", "{product} {version}, {organisation}"),
        # The start page
        "start_title": Text("Välj vad som ska provas", "Choose what to test"),
        "start_lead": Text(
            "Provbänken är den andra parten: den skickar till ert system och tar emot det som systemet skickar. Välj ett "
            "scenario, följ stegen och utför i ert system det som sidan ber om.",
            "The test bench is the other party: it sends to your system and receives what your system sends. Choose a "
            "scenario, follow the steps, and do in your system what the page asks for.",
        ),
        "choose_role": Text("Systemets roll", "The system's role"),
        "reached_at": Text("Hit ska systemet skicka", "Where the system is to send"),
        "reached_note": Text(
            "Ställ in de här adresserna i ert system innan ni börjar.",
            "Set these addresses in your system before you begin.",
        ),
        "contract": Text("Tjänstekontrakt", "Service contract"),
        "address": Text("Adress", "Address"),
        "time_factor": Text(
            "Tiden är komprimerad {factor} gånger: fem minuter i en regel är {seconds} sekunder här.",
            "Time is compressed {factor} times: five minutes in a rule are {seconds} seconds here.",
        ),
        "scenarios": Text("Scenarier", "Scenarios"),
        "scenarios_lead": Text(
            "Flöden med flera meddelanden mellan två parter.", "Flows of several messages between two parties."
        ),
        "cases": Text("Systemet anropar {contract}", "The system calls {contract}"),
        "steps_n": Text("{n} steg", "{n} steps"),
        "one_step": Text("1 steg", "1 step"),
        "what_happens": Text("Steg och krav", "Steps and requirements"),
        "proves": Text("Visar", "Proves"),
        "requires": Text("Kräver i förväg", "Needs beforehand"),
        "choose_data": Text("Välj andra uppgifter", "Choose other data"),
        "choose_data_note": Text(
            "Den som provar samma sak samtidigt väljer en annan testperson eller enhet, så att anropen inte blandas ihop.",
            "Whoever tests the same at the same time chooses another test person or unit, so that calls do not mix.",
        ),
        "begin": Text("Börja", "Begin"),
        "begin_what": Text("Börja: {title}", "Begin: {title}"),
        "nothing_to_play": Text(
            "Inget scenario eller konsumenttestfall passar systemets roller.",
            "No scenario or consumer case fits the system's roles.",
        ),
        "your_plays": Text("Påbörjade i den här webbläsaren", "Begun in this browser"),
        "last_result": Text("Senast", "Last"),
        # A play
        "play": Text("Genomförande", "Play"),
        "begun_at": Text("Påbörjat {time}", "Begun {time}"),
        "keep_address": Text(
            "Sidan kan stängas: öppna samma adress igen så fortsätter genomförandet där det var.",
            "This page may be closed: open the same address again and the play goes on where it was.",
        ),
        "same_call": Text(
            "Ett annat genomförande väntar på samma anrop. Anropet går till det som började vänta sist. Välj andra uppgifter "
            "för ett av dem när det börjar.",
            "Another play waits for the same call. The call goes to the one that began to wait last. Choose other data for one "
            "of them as it begins.",
        ),
        "steps": Text("Steg", "Steps"),
        "flow": Text("Flödet hittills", "The flow so far"),
        "flow_empty": Text("Inget meddelande har skickats än.", "No message has been sent yet."),
        "verdict": Text("Utfall", "Verdict"),
        "over": Text("Genomförandet är klart", "The play is over"),
        "over_lead": Text(
            "Utfallet är antecknat i körningens bevis och ingår i rapporten.",
            "The verdict is noted in the run's evidence and is part of the report.",
        ),
        "see_report": Text("Öppna rapporten", "Open the report"),
        "download_run": Text("Hämta körningen (zip)", "Download the run (zip)"),
        "again": Text("Gör om", "Repeat"),
        "again_note": Text(
            "Om samma testfall görs om räknas båda utfallen i rapporten.",
            "If the same case is repeated, both verdicts count in the report.",
        ),
        "interrupted": Text(
            "Genomförandet avbröts av ett fel hos provbänken: {why}.",
            "The play was ended by a fault of the test bench: {why}.",
        ),
        "reload": Text("Uppdatera sidan", "Reload the page"),
        "live": Text("Sidan uppdateras av sig själv.", "The page updates by itself."),
        "changed_meanwhile": Text(
            "Något hände medan du skrev. Visa det nya.", "Something happened while you were writing. Show what is new."
        ),
        # The inbox
        "inbox_title": Text("Inkorg", "Inbox"),
        "inbox_lead": Text(
            "Allt som provbänken har tagit emot i den här körningen, det senaste först.",
            "Everything that the test bench has received in this run, the latest first.",
        ),
        "inbox_empty": Text("Inget har tagits emot än.", "Nothing has been received yet."),
        "inbox_none": Text("Inget mottaget meddelande passar urvalet.", "No received message fits the selection."),
        "filter": Text("Urval", "Selection"),
        "all_contracts": Text("Alla", "All"),
        "identity": Text("Identitet eller id", "Identity or id"),
        "identity_note": Text("Patient, remiss-id eller adress", "Patient, request id or address"),
        "from_time": Text("Från (UTC)", "From (UTC)"),
        "to_time": Text("Till (UTC)", "To (UTC)"),
        "apply": Text("Visa", "Show"),
        "clear": Text("Visa allt", "Show all"),
        "received": Text("Mottaget", "Received"),
        "facts": Text("Uppgifter", "Facts"),
        "answered": Text("Vårt svar", "Our answer"),
        "taken": Text("Väntat", "Wanted"),
        "stray": Text("Inget steg väntade på det", "No step waited for it"),
        "shown_n": Text("{n} av {all} visas.", "{n} of {all} are shown."),
        "message_title": Text("Mottaget meddelande {n}", "Received message {n}"),
        "download_message": Text("Hämta meddelandet", "Download the message"),
        "back_to_inbox": Text("Till inkorgen", "To the inbox"),
        # Trouble
        "not_found": Text("Det finns ingen sådan sida", "There is no such page"),
        "not_found_text": Text(
            "Adressen leder inte till något här. Genomföranden finns bara i den körning där de började.",
            "The address leads nowhere here. Plays exist only in the run where they were begun.",
        ),
        "refused": Text("Begäran togs inte emot", "The request was not accepted"),
        "refused_text": Text(
            "Den kom inte från en sida som provbänken visat, eller sidan är för gammal. Gå tillbaka, uppdatera sidan och "
            "försök igen.",
            "It did not come from a page that the test bench showed, or that page is too old. Go back, reload the page and "
            "try again.",
        ),
        "locked": Text("Sidan kräver en nyckel", "The page needs a key"),
        "locked_text": Text(
            "Öppna den adress som skrevs ut när provbänken startade.",
            "Open the address that was printed when the test bench started.",
        ),
        "too_large": Text("För mycket text", "Too much text"),
        "too_large_text": Text(
            "Formuläret är större än vad provbänken tar emot.", "The form is larger than the test bench accepts."
        ),
        "too_many": Text("För många genomföranden pågår", "Too many plays are going on"),
        "too_many_text": Text("Avsluta något av dem innan ett nytt börjar.", "End one of them before another begins."),
        "no_report": Text("Det finns ingen rapport än", "There is no report yet"),
        "no_report_text": Text("Rapporten kan inte visas: {why}", "The report cannot be shown: {why}"),
        "broken": Text("Något gick fel hos provbänken", "Something went wrong in the test bench"),
        "broken_text": Text(
            "Felet är vårt. Beviset är kvar; försök igen.", "The fault is ours. The evidence is kept; try again."
        ),
    }
)

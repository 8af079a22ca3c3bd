"""What the report says of the form, the deviations, the traces and the elements; the rest stands in `words`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rivta.model.words import Text

FORM_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        # The verification object
        "verification_object": Text("Verifieringsobjekt", "Verification object"),
        "the_run": Text("Provningen", "The test"),
        "source_system": Text("Källsystem", "Source system"),
        "connection_point": Text("Anslutningspunkt", "Connection point"),
        "not_stated": Text("Inte angivet", "Not stated"),
        "signer": Text("Ansvarig för uppgifterna", "Answers for the information"),
        "signed_on": Text("Datum", "Date"),
        "contact": Text("Kontakt", "Contact"),
        # Since an earlier run
        "changes": Text("Jämfört med förra körningen", "Compared with the previous run"),
        "changes_lead": Text(
            "Jämfört med körning {run} av {system}, {started}.", "Compared with run {run} of {system}, {started}."
        ),
        "changes_not_whole": Text(
            "Den förra körningen är inte hel: testfall saknas i den, och skillnader kan bero på det.",
            "The previous run is not whole: it lacks cases, and differences may be due to that.",
        ),
        "changes_counts": Text("Krav: {counts}.", "Requirements: {counts}."),
        "changes_same": Text("Inget krav har fått ett annat utfall.", "No requirement came to another outcome."),
        "changes_again": Text("Det som processen kräver nu", "What the process asks for now"),
        "changes_again_none": Text(
            "Körningarna skiljer sig inte i något som ska anmälas eller deklareras igen. Källsystemet syns inte i en körning: "
            "är det ett annat ska det anmälas.",
            "The runs differ in nothing that is to be notified or declared again. A run does not show the source system: "
            "if that is another, it is to be notified.",
        ),
        "changes_requirements": Text("Krav med annat utfall", "Requirements with another outcome"),
        "changes_cases": Text("Testfall med annat utfall", "Cases with another outcome"),
        "changes_parts": Text("Det som är ett annat nu", "What is another now"),
        "changes_times": Text("Svarstider förr och nu", "Response times before and now"),
        "changes_reworded": Text("Kravet har fått en ny lydelse.", "The requirement was reworded."),
        "changes_new_suite": Text("Testsviten är ändrad.", "The suite has changed."),
        "column_change": Text("Ändring", "Change"),
        "column_before": Text("Förut", "Before"),
        "column_now": Text("Nu", "Now"),
        "column_part": Text("Del", "Part"),
        "column_median": Text("Median", "Median"),
        "column_p95": Text("95:e percentilen", "95th percentile"),
        "column_replies": Text("Antal svar", "Replies"),
        "not_there": Text("Fanns inte", "Not there"),
        # The form
        "form": Text("Formuläret", "The form"),
        "form_questions": Text("{n} frågor.", "{n} questions."),
        "form_lead": Text(
            "Förslagen följer av provningen och gäller först när leverantören har bekräftat dem. Det som leverantören ändrat mot "
            "underlaget visas med båda värdena.",
            "Proposals follow from the test and hold only when the vendor has confirmed them. What the vendor changed against "
            "the evidence is shown with both values.",
        ),
        "form_left": Text("Kvar innan formuläret kan lämnas in", "Left before the form can be handed in"),
        "answered_by": Text("av", "by"),
        "evidence_shows": Text("Underlaget visar", "The evidence shows"),
        "reason": Text("Leverantörens skäl", "The vendor's reason"),
        "must_be_read": Text(
            "En människa ska läsa underlaget innan svaret bekräftas.",
            "A human is to read the evidence before the answer is confirmed.",
        ),
        "backed_by": Text("Underlag:", "Evidence:"),
        "this_run": Text("körningen", "the run"),
        "form_left_more": Text("{n} frågor till", "{n} more questions"),
        "backed_by_n": Text("Underlag: {n} testfall", "Evidence: {n} cases"),
        "yes": Text("Ja", "Yes"),
        "no": Text("Nej", "No"),
        "not_applicable": Text("Ej tillämpligt", "Not applicable"),
        "review_result": Text("Resultat", "Result"),
        "review_lead": Text(
            "Fylls i för hand av den som granskar. Rapporten föreslår inget här.",
            "Filled in by hand by the reviewer. The report proposes nothing here.",
        ),
        "review_passed": Text("Godkänd", "Approved"),
        "review_failed": Text("Underkänd", "Rejected"),
        "review_deviations": Text("Avvikelser", "Deviations"),
        "review_date": Text("Datum", "Date"),
        "review_name": Text("Namn", "Name"),
        "review_empty": Text("Tomt fält", "Empty field"),
        # Deviations held against a file of known ones
        "deviations_sorted_lead": Text(
            "Avvikelserna är jämförda med dem som är kända och beslutade.",
            "The deviations are held against those that are known and decided on.",
        ),
        "deviations_counts": Text(
            "{known} testfall har bara kända avvikelser, {new} har nya.",
            "Cases with known deviations only: {known}, with new ones: {new}.",
        ),
        "deviations_approved": Text("Godkända avvikelser", "Approved deviations"),
        "deviations_approved_none": Text("Inga godkända avvikelser visade sig.", "No approved deviations showed."),
        "deviations_known": Text("Kända avvikelser som inte är godkända", "Known deviations that are not approved"),
        "deviations_new": Text("Nya avvikelser", "New deviations"),
        "deviations_new_none": Text("Inga nya avvikelser är sedda.", "No new deviations were seen."),
        "deviations_remarks": Text(
            "Att rätta i listan över kända avvikelser", "To correct in the list of known deviations"
        ),
        "deviations_remarks_lead": Text(
            "Listan säger detta, men körningen visar något annat.",
            "The list says this, but the run shows something else.",
        ),
        "deviation_concerns": Text("Gäller", "Concerns"),
        "deviation_reference": Text("Ärende", "Reference"),
        "deviation_decided_by": Text("Beslutad av", "Decided by"),
        "deviation_fix_by": Text("Åtgärdas senast", "To be fixed by"),
        "deviation_scope": Text("Gäller produkt och version", "Holds for product and version"),
        "deviation_gone": Text("Visade sig inte: {name} är uppfyllt.", "Did not show: {name} is met."),
        "deviation_overdue": Text("Skulle ha varit åtgärdad {day}.", "Was to be fixed by {day}."),
        "deviation_unmatched": Text("Stämmer inte in på körningen: {name}.", "Matches nothing in the run: {name}."),
        "overdue": Text("Tiden har gått ut", "Overdue"),
        "is_known": Text("känd: {id}", "known: {id}"),
        # From requirement to message
        "trace": Text("Spårbarhet", "Traceability"),
        "trace_lead": Text(
            "Från varje krav till testfallen som prövar det, deras kontroller och meddelandena som kontrollerna läste. En kontroll "
            "utan märke är uppfylld.",
            "From each requirement to the cases that test it, their checks, and the messages that the checks read. A check "
            "without a mark is met.",
        ),
        "trace_counts": Text(
            "{cases} testfall, {checks} kontroller, {messages} meddelanden",
            "cases: {cases}, checks: {checks}, messages: {messages}",
        ),
        "trace_caption": Text("Testfall, kontroller och meddelanden för", "Cases, checks and messages of"),
        "trace_no_check": Text("Nådde ingen kontroll", "Reached no check"),
        "column_case": Text("Testfall", "Case"),
        "column_checks": Text("Kontroller", "Checks"),
        # Elements
        "coverage": Text("Element i meddelandena", "Elements in the messages"),
        "coverage_lead": Text(
            "Elementen i de kontrakt som provades, hur ofta schemat låter dem förekomma och i hur många meddelanden de fanns. "
            "Streck betyder att elementet aldrig förekom i körningen. Anrop som inget testfall väntade på är medräknade.",
            "The elements of the contracts tested, how often the schema lets them occur and in how many messages they were. A "
            "dash means that the element never occurred in the run. Calls that no case asked for are counted too.",
        ),
        "coverage_calls": Text("Systemets anrop", "Calls from the system"),
        "coverage_answers": Text("Systemets svar", "Answers from the system"),
        "coverage_requests": Text("Provningens anrop", "Calls from the test"),
        "coverage_side": Text(
            "{elements} element i {messages} meddelanden", "elements: {elements}, messages: {messages}"
        ),
        "coverage_side_of": Text(
            "{elements} av {all} element, varav {optional} av {all_optional} valfria, i {messages} meddelanden",
            "{elements} of {all} elements, {optional} of {all_optional} optional ones among them, in messages: {messages}",
        ),
        "coverage_within": Text("{n} element inuti", "{n} elements within"),
        "coverage_foreign": Text("finns inte i schemat", "not in the schema"),
        "coverage_never": Text("aldrig", "never"),
        "coverage_identities": Text("Identiteter", "Identities"),
        "identity_personnummer": Text("personnummer", "personnummer"),
        "identity_samordningsnummer": Text("samordningsnummer", "samordningsnummer"),
        "identity_reservid": Text("nationellt reservId", "national reservId"),
        "identity_other": Text("annat slag", "another kind"),
        # What humans judged
        "manual": Text("Manuella bedömningar", "Manual assessments"),
        "manual_lead": Text(
            "Det som en människa har bedömt eller ska bedöma, med namn där någon svarar för det.",
            "What a human has judged or is to judge, with the name of whoever answers for it.",
        ),
        "manual_cases": Text("Testfall som en människa bedömer", "Cases that a human judges"),
        "manual_answers": Text("Svar i formuläret med namn", "Answers of the form with a name"),
        "column_said": Text("Bedömning", "Assessment"),
        "column_question": Text("Fråga", "Question"),
        "column_answer": Text("Svar", "Answer"),
        "column_by": Text("Av", "By"),
        "said_nothing": Text("Inget är skrivet.", "Nothing is written."),
        # A case's course
        "the_test": Text("Provningen", "The test"),
        "sequence_title": Text("Förloppet i {case}", "The course of {case}"),
        "sequence_desc": Text(
            "{n} anrop mellan {test} och {system}, uppifrån och ned. Samma förlopp står i ord under bilden.",
            "{n} calls between {test} and {system}, from the top down. The same course is told in words below the drawing.",
        ),
        "sequence_words": Text("Förloppet i ord", "The course in words"),
        "sequence_step": Text(
            "{sender} skickar {contract} till {receiver}. Svar: {reply}.",
            "{sender} sends {contract} to {receiver}. Reply: {reply}.",
        ),
        "reply_after": Text("{reply} efter {ms}", "{reply} after {ms}"),
        "no_reply": Text("inget svar", "no reply"),
        "sequence_missing": Text("inget anrop av {contract}", "no call of {contract}"),
        "sequence_waited": Text(
            "{receiver} väntade på att {sender} skulle skicka {contract}. Inget anrop kom.",
            "{receiver} waited for {sender} to send {contract}. No call came.",
        ),
        "sequence_said": Text("{n} {who}: {what}", "{n} {who}: {what}"),
        "sequence_later": Text("{after} efter svaret", "{after} after the answer"),
        "sequence_here": Text(" ({here} i provningen)", " ({here} in the test)"),
        "sequence_unanswered": Text("{n} fråga utan svar", "{n} question without an answer"),
        "nobody": Text("ingen angiven", "nobody named"),
        "said_by": Text("{who}: {what}", "{who}: {what}"),
        "said_yes": Text("ja", "yes"),
        "said_no": Text("nej", "no"),
        "said_not_applicable": Text("ej tillämpligt", "not applicable"),
        "said_none": Text("inget svar", "no answer"),
        # Calls that no case asked for
        "strays": Text("Anrop som inget testfall väntade på", "Calls that no case asked for"),
        "strays_lead": Text(
            "Systemet anropade oss utan att något testfall väntade på anropet. Anropen är kontrollerade som alla mottagna "
            "meddelanden men räknas inte till något krav.",
            "The system called us when no case waited for the call. The calls are checked like every message received, but "
            "count for no requirement.",
        ),
        "strays_order": Text("I den ordning de kom", "In the order in which they came"),
        "stray_n": Text("Anrop {n}", "Call {n}"),
        "strays_told": Text(
            "{n} anrop väntade inget testfall på; {red} av dem avviker. De redovisas för sig.",
            "Calls that no case asked for: {n}, of which {red} deviate. They are shown in a part of their own.",
        ),
        # Time that was compressed
        "compressed_heading": Text(
            "Tiden är komprimerad: tidsfaktor {factor}", "Time is compressed: time factor {factor}"
        ),
        "compressed": Text(
            "Regler över tid är prövade med en klocka som går {factor} gånger fortare än verklighetens: {minutes} i systemets tid "
            "är {here} i provningen. Det visar hur systemet räknar, inte att det klarar verklig tid.",
            "Rules over time were tested with a clock that runs {factor} times as fast as the real one: {minutes} in the system's "
            "time are {here} in the test. That shows how the system counts, not that it holds in real time.",
        ),
        "compressed_row": Text("tidsfaktor {factor}", "time factor {factor}"),
        # A large report
        "unscripted": Text(
            "Rapporten är stor. Underlaget för uppfyllda testfall och alla hela meddelanden ligger packade i filen och packas "
            "upp av ett skript när de öppnas. Där skript är avstängda står ändå allt som krävs för att bedöma: sammanfattning, "
            "krav och, för varje testfall som inte är uppfyllt, fynden, väntat och faktiskt värde och raderna i meddelandet.",
            "This report is large. The evidence of cases that are met and all whole messages are packed in the file, and a "
            "script unpacks them when they are opened. Where scripts are off, all that a judgement needs is here still: summary, "
            "requirements and, for each case that is not met, what was found, expected and actual values and the lines of the "
            "message.",
        ),
        "packed": Text("Packat: visas med skript.", "Packed: shows with scripts."),
        "request_opens": Text("Systemets begäran börjar så här:", "The request from the system begins like this:"),
        "reply_opens": Text("Svaret börjar så här:", "The reply begins like this:"),
        "messages_whole": Text("Begäran och svar i sin helhet", "Request and response, whole"),
        "messages_all": Text("Alla meddelanden", "All messages"),
        "checks_met": Text("Uppfyllda kontroller", "Checks that are met"),
    },
)

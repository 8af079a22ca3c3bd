"""Every sentence that the report itself says, in Swedish and English. What the evidence says comes from the evidence.

The sentences follow the process: a deviation is information for a decision, never the decision.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rivta.model.words import Lang, Text
from rivta.report.words_form import FORM_WORDS


def catalogue(lang: Lang) -> Mapping[str, str]:
    """The report's own sentences in one language, by key."""
    return MappingProxyType({key: text.in_(lang) for key, text in CATALOGUE.items()})


CATALOGUE: Final[Mapping[str, Text]] = MappingProxyType(
    {
        **FORM_WORDS,
        # The cover
        "document": Text("Självdeklaration", "Self-declaration"),
        "document_kind": Text(
            "Underlag från provning mot nationella tjänstekontrakt",
            "Evidence from testing against national service contracts",
        ),
        "skip": Text("Hoppa till sammanfattningen", "Skip to the summary"),
        "contents": Text("Innehåll", "Contents"),
        "organisation": Text("Organisation", "Organisation"),
        "product": Text("Produkt", "Product"),
        "version": Text("Version", "Version"),
        "roles": Text("Roller", "Roles"),
        "tested": Text("Provat", "Tested"),
        "tested_with": Text("Provat med", "Tested with"),
        "run": Text("Körning", "Run"),
        "took": Text("{start} till {end}", "{start} to {end}"),
        "unfinished": Text("{start}, utan avslut", "{start}, without an end"),
        # Notices
        "truncated_heading": Text("Körningen är avbruten", "The run was cut short"),
        "truncated": Text(
            "Bevisfilen saknar avslut: körningen stoppades innan den var klar. Det som hann köras redovisas här; {missing} av "
            "{planned} planerade testfall saknar resultat.",
            "The evidence has no footer: the run stopped before it was done. What had been run is shown here; {missing} of "
            "{planned} planned cases have no result.",
        ),
        "not_run_heading": Text("Planerade testfall utan resultat", "Planned cases without a result"),
        "not_run": Text(
            "{missing} av {planned} planerade testfall saknar resultat.",
            "{missing} of {planned} planned cases have no result.",
        ),
        "damage_heading": Text("Bevisfilen är skadad", "The evidence is damaged"),
        "damage": Text(
            "Följande kunde inte läsas och ingår inte i redovisningen.",
            "The following could not be read and is not part of what is shown.",
        ),
        "masked_heading": Text("Identiteter är maskerade", "Identities are masked"),
        "masked": Text(
            "Provningen mötte identiteter som inte är testidentiteter. De är ersatta med beteckningar; samma identitet har "
            "samma beteckning överallt. Bedömningarna gjordes före maskeringen.",
            "The test met identities that are not test identities. They are replaced by tokens; the same identity has the "
            "same token everywhere. Verdicts were given before the masking.",
        ),
        # The summary
        "summary": Text("Sammanfattning", "Summary"),
        "headline": Text(
            "{met} av {all} krav är visade uppfyllda.", "{met} of {all} requirements are shown to be met."
        ),
        "headline_deviations": Text("{n} avviker.", "{n} deviate."),
        "headline_one_deviation": Text("1 avviker.", "1 deviates."),
        "headline_no_deviation": Text("Ingen avvikelse är sedd.", "No deviation was seen."),
        "counted_requirements": Text("Krav efter utfall", "Requirements by outcome"),
        "counted_cases": Text(
            "{n} testfall kördes, {checks} kontroller gjordes.", "{n} cases were run, {checks} checks were made."
        ),
        "by_level": Text("Krav efter nivå", "Requirements by level"),
        "by_contract": Text("Krav efter tjänstekontrakt", "Requirements by service contract"),
        "by_contract_note": Text(
            "Ett krav räknas i varje kontrakt där ett testfall prövar det; utfallet gäller det kontraktet.",
            "A requirement counts in every contract where a case tests it; the outcome is that contract's.",
        ),
        "overview_title": Text("{group}: {n} krav", "{group}: {n} requirements"),
        "overview_desc": Text("Ett märke per krav. {counts}.", "One mark a requirement. {counts}."),
        "requirements_n": Text("{n} krav", "{n} requirements"),
        "times": Text("Svarstider", "Response times"),
        "times_title": Text("Svarstider för {contract}", "Response times of {contract}"),
        "times_desc": Text(
            "{n} svar. Median {median}, 95:e percentilen {p95}, längst {longest}. Kontraktets gräns är {limit}; {over} svar "
            "tog längre tid.",
            "{n} replies. Median {median}, 95th percentile {p95}, longest {longest}. The contract's limit is {limit}; {over} "
            "replies took longer.",
        ),
        "limit": Text("gräns {limit}", "limit {limit}"),
        "times_note": Text(
            "Antal svar efter svarstid. Skalan är logaritmisk.",
            "Number of replies by response time. The scale is logarithmic.",
        ),
        # What it proves
        "proves": Text("Vad rapporten visar och inte visar", "What this report shows and does not show"),
        "proves_does": Text("Rapporten visar", "This report shows"),
        "proves_does_text": Text(
            "vad systemet svarade på de meddelanden som skickades, vid de tider och på de adresser som anges, jämfört med "
            "kontraktens scheman, regler och krav i de versioner som anges. Väntat och faktiskt värde står kvar även när en "
            "kontroll är uppfylld.",
            "what the system answered to the messages that were sent, at the times and addresses given, compared with the "
            "contracts' schemas, rules and requirements in the versions given. Expected and actual values stay also where a "
            "check is met.",
        ),
        "proves_not": Text("Rapporten visar inte", "It does not show"),
        "proves_not_text": Text(
            "att krav utan testfall är uppfyllda, att systemet alltid svarar likadant, att det provade systemet är det som tas "
            "i drift, eller att informationen är rätt i verksamheten. Den är inte underskriven.",
            "that requirements without cases are met, that the system always answers alike, that the system tested is the one "
            "put into operation, or that the information is right in the care process. It is not signed.",
        ),
        "proves_decision": Text("En avvikelse är underlag för ett beslut", "A deviation is information for a decision"),
        "proves_decision_text": Text(
            "och inte beslutet. Den som granskar avgör vad avvikelsen betyder.",
            "and not the decision. The reviewer decides what the deviation means.",
        ),
        "proves_restatement": Text("Vår återgivning", "Our restatement"),
        "proves_restatement_text": Text(
            "betyder att kontraktets scheman är skrivna av oss efter de publicerade. Kontrollsumman gäller den fil vi provade "
            "mot, inte det officiella paketet.",
            "means that we wrote the contract's schemas after the published ones. The checksum is that of the files tested "
            "against, not of the official package.",
        ),
        # Deviations and obstacles
        "deviations": Text("Avvikelser", "Deviations"),
        "deviations_none": Text(
            "Ingen kontroll visade någon avvikelse. Det säger inget om krav som inte är visade.",
            "No check showed a deviation. That says nothing of requirements that are not proven.",
        ),
        "deviations_lead": Text(
            "Krav som systemet avviker från, och var det syns.",
            "Requirements that the system deviates from, and where it shows.",
        ),
        "no_requirement": Text("Utan angivet krav", "No requirement named"),
        "no_requirement_text": Text(
            "Kontroller som avviker men som inte visar något av domänens krav.",
            "Checks that deviate but prove none of the domain's requirements.",
        ),
        "see_evidence": Text("Se underlaget", "See the evidence"),
        "in_case": Text("i testfall", "in case"),
        "more_findings": Text("{n} fynd till", "{n} more findings"),
        "obstacles": Text("Hinder och fel i provningen", "Obstacles and errors in the test"),
        "obstacles_lead": Text(
            "Detta säger inget om systemet: miljön stod i vägen eller provningen gick fel. Kraven är inte visade.",
            "This says nothing of the system: the environment stood in the way or the test broke. The requirements are not proven.",
        ),
        # Requirements
        "requirements": Text("Krav", "Requirements"),
        "requirements_caption": Text(
            "Krav i {domain} med utfall och testfall", "Requirements of {domain}, with outcome and cases"
        ),
        "column_id": Text("Krav", "Requirement"),
        "column_text": Text("Lydelse", "Text"),
        "column_level": Text("Nivå", "Level"),
        "column_source": Text("Källa", "Source"),
        "column_outcome": Text("Utfall", "Outcome"),
        "column_cases": Text("Testfall", "Cases"),
        "no_cases": Text("Inga", "None"),
        "unproven": Text("Krav som inget testfall visar", "Requirements that no case proves"),
        "unproven_lead": Text("Varje krav med skälet.", "Each requirement, with the reason."),
        "unproven_none": Text(
            "Alla krav prövas av minst ett testfall.", "Every requirement is tested by at least one case."
        ),
        "unproven_caption": Text(
            "Krav som inget testfall visar, med skäl", "Requirements that no case proves, with the reason"
        ),
        "column_reason": Text("Skäl", "Reason"),
        "reason_no_case": Text(
            "Inget testfall i körningen prövar kravet.", "No case of this run tests the requirement."
        ),
        "reason_not_run": Text("Testfallet kördes inte: {cases}.", "The case was not run: {cases}."),
        "reason_no_check": Text("Testfallet nådde ingen kontroll: {cases}.", "The case reached no check: {cases}."),
        # Cases
        "cases": Text("Testfall", "Test cases"),
        "cases_lead": Text(
            "Varje testfall med sina kontroller och meddelanden. Testfall med avvikelser är utfällda.",
            "Each case with its checks and messages. Cases with deviations are unfolded.",
        ),
        "producer": Text("Producent", "Producer"),
        "consumer": Text("Konsument", "Consumer"),
        "scenarios": Text("Scenarier, {folder}", "Scenarios, {folder}"),
        "suite": Text("Testsvit", "Test suite"),
        "shows": Text("Prövar", "Tests"),
        "started": Text("Startad", "Started"),
        "duration": Text("Tid", "Time"),
        "written_in": Text("Skrivet i", "Written in"),
        "case_evidence": Text(
            "Kontroller ({checks}) och meddelanden ({messages})", "Checks ({checks}) and messages ({messages})"
        ),
        "checks_caption": Text("Kontroller i testfall {case}", "Checks of case {case}"),
        "checks_caption_of": Text("Kontroller av {case}", "Checks of {case}"),
        "column_check": Text("Kontroll", "Check"),
        "column_expected": Text("Väntat", "Expected"),
        "column_actual": Text("Fick", "Actual"),
        "expected": Text("Väntat", "Expected"),
        "actual": Text("Fick", "Actual"),
        "rule": Text("Regel", "Rule"),
        "place": Text("Plats", "Place"),
        "findings": Text("Fynd", "Findings"),
        "finding_n": Text("Fynd {n}", "Finding {n}"),
        "the_response": Text("svaret", "the response"),
        "the_request": Text("begäran", "the request"),
        "line_of": Text("rad {n} i {message}", "line {n} of {message}"),
        "line_n": Text("rad {n}", "line {n}"),
        "raw_line_n": Text("rad {n} i råtexten", "line {n} of the raw text"),
        "none": Text("inget", "nothing"),
        # Exchanges
        "exchange_n": Text("Utbyte {n}: {contract}", "Exchange {n}: {contract}"),
        "exchange_in_n": Text(
            "Utbyte {n}: {contract}, anrop från systemet", "Exchange {n}: {contract}, call from the system"
        ),
        "exchange_none_n": Text("Utbyte {n}: {contract}, inget anrop kom", "Exchange {n}: {contract}, no call came"),
        "step_n": Text("Steg {n}", "Step {n}"),
        "address": Text("Adress", "Address"),
        "status": Text("HTTP-status", "HTTP status"),
        "sent": Text("Skickat", "Sent"),
        "answer_time": Text("Svarstid", "Response time"),
        "received": Text("Mottaget", "Received"),
        "our_time": Text("Vår tid till svar", "Our time to the answer"),
        "waited_from": Text("Väntade från", "Waited from"),
        "waited_for": Text("Väntade i", "Waited for"),
        "tls": Text("TLS", "TLS"),
        "tls_none": Text("Okrypterad förbindelse", "Connection without encryption"),
        "tls_facts": Text(
            "{version}, {cipher}. Serverns certifikat: {subject}, utfärdat av {issuer}, giltigt till {expires}. {client}",
            "{version}, {cipher}. Server certificate: {subject}, issued by {issuer}, valid to {expires}. {client}",
        ),
        "tls_client": Text("Vårt certifikat visades.", "Our certificate was presented."),
        "tls_no_client": Text("Vårt certifikat visades inte.", "Our certificate was not presented."),
        "tls_caller": Text(
            "{version}, {cipher}. Anroparens certifikat: {subject}, utfärdat av {issuer}, giltigt till {expires}.",
            "{version}, {cipher}. The caller's certificate: {subject}, issued by {issuer}, valid to {expires}.",
        ),
        "tls_caller_none": Text(
            "{version}, {cipher}. Anroparen visade inget certifikat.",
            "{version}, {cipher}. The caller presented no certificate.",
        ),
        "problem": Text("Inget läsbart svar", "No readable reply"),
        "problem_in": Text("Om anropet", "About the call"),
        "problem_none": Text("Inget anrop", "No call"),
        "blame_system": Text("beror på systemet", "due to the system"),
        "blame_environment": Text("beror på miljön", "due to the environment"),
        "blame_ours": Text("beror på provningen", "due to the test"),
        "request": Text("Begäran", "Request"),
        "response": Text("Svar", "Response"),
        "no_response": Text("Inget svar kom.", "No reply came."),
        "request_in": Text("Systemets begäran", "Request from the system"),
        "response_in": Text("Vårt svar", "Our answer"),
        "no_response_in": Text("Vi lämnade inget svar.", "We gave no answer."),
        "headers_caption": Text("HTTP-huvuden", "HTTP headers"),
        "column_name": Text("Namn", "Name"),
        "column_value": Text("Värde", "Value"),
        "body_facts": Text("{size}, SHA-256 i filnamnet: {file}", "{size}, SHA-256 in the file name: {file}"),
        "empty_body": Text("Tom kropp", "Empty body"),
        "pretty": Text("Indraget", "Indented"),
        "raw": Text("Råtext, som den gick på tråden", "Raw text, as it was on the wire"),
        "as_sent": Text("Som den gick på tråden", "As it was on the wire"),
        "same_body": Text("Samma meddelande visas i {case}", "The same message is shown in {case}"),
        "shortened": Text(
            "Förkortat: hela meddelandet finns i {file}.",
            "Shortened: the whole message is in {file}.",
        ),
        "left_out": Text("… {n} tecken utelämnade …", "… {n} characters left out …"),
        "body_elsewhere": Text(
            "Visas inte här, för att rapporten inte ska bli för stor. Meddelandet finns i {file}.",
            "Not shown here, to keep the report from growing too large. The message is in {file}.",
        ),
        # How it was tested
        "basis": Text("Så provades det", "How it was tested"),
        "contracts": Text("Tjänstekontrakt", "Service contracts"),
        "contracts_caption": Text(
            "Tjänstekontrakt som provningen utgick från", "Service contracts that the test is based on"
        ),
        "column_contract": Text("Kontrakt", "Contract"),
        "column_origin": Text("Schemats ursprung", "Origin of the schema"),
        "column_digest": Text("SHA-256 för schemat", "SHA-256 of the schema"),
        "column_limit": Text("Gräns", "Limit"),
        "origin_restatement": Text("vår återgivning", "our restatement"),
        "origin_official": Text("officiellt paket", "official package"),
        "environment": Text("Miljö", "Environment"),
        "environment_caption": Text(
            "Inställningar för körningen, utan hemligheter", "Settings of the run, without secrets"
        ),
        "environment_none": Text("Inga inställningar är sparade.", "No settings were recorded."),
        "test_identities": Text("Testidentiteter", "Test identities"),
        "test_identities_lead": Text("Visas i klartext i rapporten:", "Shown in clear in this report:"),
        "test_identities_none": Text("Inga är angivna.", "None are declared."),
        "suites": Text("Testsviter", "Test suites"),
        "suites_caption": Text("Testsviter och deras kontrollsummor", "Test suites and their checksums"),
        "column_file": Text("Fil", "File"),
        "messages": Text("Meddelanden", "Messages"),
        "messages_lead": Text(
            "Varje meddelande en gång. Filerna ligger i mappen messages bredvid bevisfilen och heter efter sitt innehåll, så att "
            "den som granskar kan räkna om kontrollsumman.",
            "Each message once. The files are in the folder messages beside the evidence and are named after their content, so "
            "that a reviewer can compute the checksum again.",
        ),
        "messages_caption": Text(
            "Meddelanden med storlek, kontrollsumma och plats", "Messages with size, checksum and place"
        ),
        "column_size": Text("Storlek", "Size"),
        "column_used": Text("Används i", "Used in"),
        "messages_none": Text("Inga meddelanden skickades.", "No messages were sent."),
    },
)

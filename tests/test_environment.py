"""The environment file: what it gives, what it refuses, and that its secrets never show."""

from pathlib import Path

import jsonschema
import pytest

from rivta import environment
from rivta.model.environment import Adapter, Endpoint, Environment, Listening, StandingAnswer, System
from rivta.model.errors import Mistakes, UsageError
from rivta.model.steps import Behaviour
from rivta.text.yaml.compose import compose
from suite_world import DOMAIN, ENVIRONMENT, as_an_editor_reads, write_environment

ENV = {"RIVTA_KEY_PASSWORD": "hemligt", "EMPTY": ""}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str = ENVIRONMENT) -> Environment:
    return environment.read(write_environment(Path(), text), ENV)


def mistakes(text: str) -> list[UsageError]:
    with pytest.raises(UsageError) as raised:
        read(text)
    return list(raised.value.mistakes) if isinstance(raised.value, Mistakes) else [raised.value]


def test_everything(tmp_path: Path) -> None:
    found = read()
    assert found.path == Path("environment.yaml")
    assert found.system == System("Vendor AB", "Journal", "1.10")
    assert found.roles == ("answerer",)
    assert found.endpoints == {"Ask": Endpoint("Ask", "http://127.0.0.1:8020/Ask/2/rivtabp21", "SE2321000016-MOT1")}
    assert found.tls.certificate == tmp_path / "client.pem"
    assert found.tls.key == tmp_path / "client.key"
    assert found.tls.ca == tmp_path / "ca.pem"
    assert found.tls.password == ENV["RIVTA_KEY_PASSWORD"]
    assert (found.connect_seconds, found.read_seconds) == (0.5, 90.0)
    assert found.original_consumer == "SE2321000012-TEST"
    assert found.headers == {"X-Extra": "yes"}
    assert found.test_identities == {"201212121212"}
    assert found.test_data == {"units": {"open": "SE2321000016-MOT1"}}
    assert found.not_applicable == {"open-unit": "every unit is closed"}
    assert found.secrets == ("well-known", "hemligt"), "a password that stands in clear is hidden too"


LEAST = """\
system: {organisation: Vendor AB, product: Journal, version: 1.10}
roles: [answerer]
endpoints: {Ask: {url: "https://example.org", logical-address: SE2321000016-MOT1}}
"""


def test_the_least() -> None:
    found = read(LEAST)
    assert found.system.version == "1.10"
    assert (found.tls.certificate, found.tls.password) == (None, None)
    assert (found.connect_seconds, found.read_seconds) == (5.0, 30.0)
    assert (found.original_consumer, found.secrets, found.test_data) == ("", (), {})


def test_where_the_system_calls_us(tmp_path: Path) -> None:
    found = read().listening
    assert found is not None
    assert (found.host, found.port, found.url) == ("10.1.2.3", 8443, "https://example.org/rivta")
    assert (found.tls.certificate, found.tls.key) == (tmp_path / "server.pem", tmp_path / "server.key")
    assert (found.tls.ca, found.tls.password) == (tmp_path / "callers.pem", "well-known")
    assert (found.time_factor, found.limit_bytes) == (600, 2 * 1024 * 1024)
    assert found.addresses == ("SE2321000012-REM1", "SE2321000012-REM2")
    assert found.answers == (
        StandingAnswer(
            {"patient": "191212121212", "address": "SE2321000012-REM1"}, Behaviour("platform", code="VP009"), "Ask"
        ),
        StandingAnswer({}, Behaviour("info")),
    )
    assert "well-known" not in repr(found)


def test_a_standing_answer_may_be_a_message_filled_in_from_the_test_data(tmp_path: Path) -> None:
    (tmp_path / "answer.xml").write_text("<a of='${call.kind}'>${book.title}, ${of}</a>", encoding="utf-8")
    written = (
        LEAST
        + "test-data: {book: {title: A < B}}\ncounterpart: {answers: [{answer: {message: answer.xml, with: {of: '${call.patient}'}}}]}\n"
    )
    found = read(written).listening
    assert found is not None
    (standing,) = found.answers
    assert (standing.answer.kind, standing.answer.text) == (
        "message",
        "<a of='${call.kind}'>A &lt; B, ${call.patient}</a>",
    )


def test_a_standing_answer_whose_message_is_not_there_or_asks_for_the_unknown_is_a_mistake(tmp_path: Path) -> None:
    written = LEAST + "counterpart: {answers: [{answer: {message: answer.xml}}]}\n"
    with pytest.raises(UsageError, match=r"there is no file answer\.xml"):
        read(written)
    (tmp_path / "answer.xml").write_text("<a>${book}</a>", encoding="utf-8")
    with pytest.raises(UsageError, match=r"answer\.xml:1:4: nothing is called “book”"):
        read(written)


def test_the_least_counterpart_is_on_loopback_at_any_port() -> None:
    assert read(LEAST).listening is None
    assert read(LEAST + "counterpart: {}\n").listening == Listening()


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [("[::1]:8443", "::1", 8443), ("localhost:0", "localhost", 0), ("10.0.0.1:65535", "10.0.0.1", 65535)],
)
def test_where_we_listen(written: str, host: str, port: int) -> None:
    found = read(LEAST + f'counterpart: {{listen: "{written}", time-factor: 1.5}}\n').listening
    assert found is not None
    assert (found.host, found.port, found.time_factor) == (host, port, 1.5)


def test_what_makes_the_system_act() -> None:
    assert read().adapter == Adapter(url="http://localhost:9090/act", seconds=10, settles=60)
    assert read(LEAST).adapter is None


def test_a_program_with_a_slash_lies_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "act.sh").touch(mode=0o755)
    found = read(LEAST + 'adapter: {command: [./act.sh, "--token=${env:RIVTA_KEY_PASSWORD}"]}\n')
    assert found.adapter == Adapter(command=(str(tmp_path / "act.sh"), "--token=hemligt"))
    assert found.secrets == ("hemligt",)


def test_any_other_program_is_found_on_the_path() -> None:
    assert read(LEAST + "adapter: {command: [sh, act.sh]}\n").adapter == Adapter(command=("sh", "act.sh"))


def test_secrets_may_stand_anywhere_and_within() -> None:
    text = (
        LEAST
        + "headers: {Authorization: 'Bearer ${env:RIVTA_KEY_PASSWORD}'}\ntest-data: {a: [${env:RIVTA_KEY_PASSWORD}]}\n"
    )
    found = read(text)
    assert found.headers == {"Authorization": "Bearer hemligt"}
    assert found.test_data == {"a": ["hemligt"]}
    assert found.secrets == ("hemligt",)
    assert "hemligt" not in repr(found.tls)


def test_placeholders_in_test_data_are_left_for_the_run() -> None:
    assert read(LEAST + "test-data: {a: '${b}', b: x}\n").test_data == {"a": "${b}", "b": "x"}


def test_a_secret_does_not_show_in_a_mistake() -> None:
    (problem,) = mistakes(LEAST.replace("https://example.org", "${env:RIVTA_KEY_PASSWORD}"))
    assert problem.what == "“${env:RIVTA_KEY_PASSWORD}” stands here; an http or https URL is wanted"
    several = mistakes(LEAST.replace("https://example.org", "${env:RIVTA_KEY_PASSWORD}").replace("[answerer]", "x"))
    assert len(several) == 2
    assert "hemligt" not in "".join(map(str, several))


CLEAR = {
    "Authorization: Basic dXNlcjpwYXNz": "dXNlcjpwYXNz",
    "X-Api-Key: abc": "abc",
    "Cookie: SESSION=1234": "SESSION=1234",
    "X-Gateway: 9f8e7d6c5b4a39281706f5e4d3c2b1a0": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "X-Extra: yes": "",
    "X-Long: a sentence that is long and means something": "",
    "X-Token: ${env:RIVTA_KEY_PASSWORD}": "",
}


@pytest.mark.parametrize(
    "within", ["headers:\n  ", "apis:\n  tiny.shelf:\n    url: https://example.org\n    headers:\n      "]
)
@pytest.mark.parametrize("header", CLEAR)
def test_a_secret_that_stands_in_clear_among_headers_is_told_and_hidden(
    header: str, within: str, tmp_path: Path
) -> None:
    path = tmp_path / "environment.yaml"
    path.write_text(LEAST + within + header + "\n", encoding="utf-8")
    told = environment.told_in_clear(path)
    if CLEAR[header]:
        assert environment.read(path, ENV).secrets == (CLEAR[header],)
        assert len(told) == 1
        assert told[0].endswith("a secret stands here in clear\n  → use ${env:NAME}, and set it before the run")
    else:
        assert told == []


@pytest.mark.parametrize(
    "url", ["https://u:pligt@example.org", "HTTP://pligt@example.org/", "https:u:hem@ligt@example.org"]
)
def test_a_url_with_a_password_is_refused_without_repeating_it(url: str) -> None:
    (problem,) = mistakes(LEAST.replace("https://example.org", url))
    assert "ligt" not in str(problem)
    assert "a user or a password" in problem.what


def test_files_of_test_data_are_looked_up_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    assert read(LEAST + "test-data: {letter: {file: letter.txt}}\n").test_data == {
        "letter": {"file": str(tmp_path / "letter.txt")}
    }


def test_blanks_around_a_value_are_shown_and_told() -> None:
    with pytest.raises(UsageError) as mistake:
        read(LEAST + "cooperation: {url: ' http://localhost/'}\n")
    assert "“ http://localhost/” stands here" in str(mistake.value)
    assert "take away the blanks around it" in str(mistake.value)


BAD = [
    (ENVIRONMENT.replace("${env:RIVTA_KEY_PASSWORD}", "${env:NOT_SET}"), "the environment variable NOT_SET is not set", "${env:NOT_SET}"),
    (ENVIRONMENT.replace("${env:RIVTA_KEY_PASSWORD}", "${env:EMPTY}"), "the environment variable EMPTY is empty", "${env:EMPTY}"),
    (ENVIRONMENT.replace("client.pem", "none.pem"), "there is no file none.pem", "none.pem"),
    (ENVIRONMENT.replace("certificate: client.pem, ", ""), "this key lacks its certificate", "key:"),
    (ENVIRONMENT.replace("http://127", "ftp://127"), "an http or https URL is wanted", '"ftp'),
    (ENVIRONMENT.replace("http://127", "http://user:word@127"), "a URL with a user or a password in it stands here", ""),
    (ENVIRONMENT.replace(":8020", ":80200"), "this is no URL: port out of range", '"http'),
    (ENVIRONMENT.replace(":8020", ":0"), "this is no URL: nobody can be called at port 0", '"http'),
    (ENVIRONMENT.replace("http://127.0.0.1", "http://::1"), "this is no URL: port could not be cast", '"http'),
    (ENVIRONMENT.replace("logical-address: SE2321000016-MOT1", "logical-address: SE 232"), "an HSA-id is wanted", "SE 232"),
    (ENVIRONMENT.replace("500 ms", "9" * 400 + " s"), "a time with its unit is wanted", ""),
    (LEAST + "test-certificates: nowhere\n", "there is no ca.pem in nowhere", "nowhere"),
    (LEAST + "tls: {crl: client.pem}\n", "these lists lack their authorities", "crl"),
    (ENVIRONMENT.replace("500 ms", "10000 min"), "“10000 min” stands here; a time with its unit is wanted", "10000"),
    (ENVIRONMENT.replace("500 ms", "500"), "“500” stands here; a time with its unit is wanted", "500"),
    (ENVIRONMENT.replace("201212121212", "Tolvan"), "a test person’s number is wanted", '"Tolvan'),
    (ENVIRONMENT.replace('"yes"', '"a\\nb: c"'), "one line of text is wanted", '"a'),
    (ENVIRONMENT.replace("roles: [answerer]", "roles: []"), "an empty list stands here", "[]"),
    (ENVIRONMENT.replace("timeouts", "timeout"), "unknown key “timeout”", "timeout"),
    (ENVIRONMENT.replace(", logical-address: SE2321000016-MOT1}", "}"), "this endpoint lacks “logical-address”", "{url"),
    (ENVIRONMENT.replace("10.1.2.3:8443", "8443"), "“8443” stands here; host:port is wanted", "8443"),
    (ENVIRONMENT.replace("10.1.2.3:8443", "10.1.2.3:84430"), "there is no port 84430", "10.1.2.3"),
    (ENVIRONMENT.replace("limit: 2 MB", "handshake-ports: 8440"), "8440 to 8453 include 8443, on which the counterpart listens", "8440"),
    (ENVIRONMENT.replace("limit: 2 MB", "handshake-ports: 65530"), "65530 to 65543 are no ports", "65530"),
    (ENVIRONMENT.replace("factor: 600", "factor: 0.5"), "“0.5” stands here; a number from 1 is wanted", "0.5"),
    (ENVIRONMENT.replace("limit: 2 MB", "limit: 2000000"), "“2000000” stands here; a size with its unit is wanted", "2000000"),
    (ENVIRONMENT.replace("limit: 2 MB", "limit: 51 MB"), "no message over 50 MB is ever read", "51 MB"),
    (ENVIRONMENT.replace("https://example.org/rivta", "https://example.org:99999/rivta"), "this is no URL: port out of range", "https"),
    (ENVIRONMENT.replace("certificate: server.pem, key: server.key, ", ""), "this tls lacks “certificate”", "{ca"),
    (ENVIRONMENT.replace("code: VP009", "code: VP090"), "“VP090” stands here; one of Client, Server, VP001", "VP090"),
    (ENVIRONMENT.replace("{kind: platform, code: VP009}", "error"), "this error does not say which", "error"),
    (ENVIRONMENT.replace(", answer: {kind: platform, code: VP009}", ""), "this standing answer lacks “answer”", "{contract"),
    (ENVIRONMENT.replace('adapter: {url: "http://localhost:9090/act", ', "adapter: {"), "this adapter lacks url or command", "{timeout"),
    (ENVIRONMENT.replace("timeout: 10 s, settle", "command: [sh], settle"), "“command” must not stand beside “url”", "command"),
    (ENVIRONMENT.replace("9090/act", "90900/act"), "this is no URL: port out of range", '"http://localhost'),
    (LEAST + "adapter: {command: []}\n", "an empty list stands here", "[]}"),
    (LEAST + "adapter: {command: [./act.sh, x]}\n", "there is no program ./act.sh in the folder of this file", "./act.sh"),
    (LEAST + "adapter: {command: [no-such-program]}\n", "there is no program no-such-program on the PATH", "no-such"),
    (LEAST + "test-data: {a: {file: none.txt}}\n", "there is no file none.txt", "none.txt"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "caret"), BAD, ids=[what for _, what, _ in BAD])
def test_what_is_refused(text: str, what: str, caret: str) -> None:
    (problem,) = mistakes(text)
    assert what in problem.what
    assert problem.source
    assert problem.source.path == "environment.yaml"
    assert problem.source.text[problem.source.column - 1 :].startswith(caret)


@pytest.mark.parametrize("url", ["https://example.org", "http://[::1]:8020/x", "https://a-b.example.org:443/a/b?wsdl"])
def test_urls(url: str) -> None:
    assert read(LEAST.replace("https://example.org", url)).endpoints["Ask"].url == url


@pytest.mark.parametrize("place", ["https://example.org", "SE2321000016-MOT1"])
def test_the_schema_lets_a_secret_stand_where_a_form_is_asked_for(place: str) -> None:
    text = LEAST.replace(place, "${env:PLACE}").replace("address: ${env:PLACE}", 'address: "${env:PLACE}"')
    validator = jsonschema.Draft202012Validator(environment.json_schema())
    assert validator.is_valid(as_an_editor_reads(compose(text, "f.yaml")))
    assert environment.read(write_environment(Path(), text), {"PLACE": place}).endpoints["Ask"].url


def test_against_the_domains() -> None:
    environment.check_against(read(), [DOMAIN])
    text = (
        ENVIRONMENT.replace("roles: [answerer]", "roles: [answerer, asker]")
        .replace("  Ask:", "  Aks:")
        .replace("open-unit", "opn-unit")
    )
    with pytest.raises(Mistakes) as raised:
        environment.check_against(read(text), [DOMAIN])
    assert [(one.what, one.source.line, one.todo) for one in raised.value.mistakes if one.source] == [
        ("unknown role “asker”", 2, "did you mean “answerer”?"),
        ("unknown contract “Aks”", 4, "did you mean “Ask”?"),
        ("unknown precondition “opn-unit”", 11, "did you mean “open-unit”?"),
    ]
    text = ENVIRONMENT.replace("{contract: Ask,", "{contract: Aks,").replace("when: {patient", "when: {pateint")
    with pytest.raises(Mistakes) as answers:
        environment.check_against(read(text), [DOMAIN])
    assert [(one.what, one.todo) for one in answers.value.mistakes] == [
        ("unknown contract “Aks”", "did you mean “Ask”?"),
        ("unknown fact “pateint”", "did you mean “patient”?"),
    ]
    carets = [one.source.text[one.source.column - 1 :][:3] for one in answers.value.mistakes if one.source]
    assert carets == ["Aks", "pat"]
    with pytest.raises(UsageError) as alone:
        environment.check_against(read(LEAST.replace("[answerer]", "[${env:RIVTA_KEY_PASSWORD}]")), [DOMAIN])
    assert alone.value.what == "unknown role “…”"
    assert str(alone.value.source) == "environment.yaml:2:8"

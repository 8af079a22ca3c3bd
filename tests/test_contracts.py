"""What a contract is known by: the identity, and the words that people may say instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivta.model.contracts import ContractId, Contracts
from rivta.model.errors import UsageError
from rivta.model.words import Source

CERTIFICATE = "clinicalprocess.healthcond.certificate"
REVOKE_1, REVOKE_2 = ContractId(CERTIFICATE, "RevokeCertificate", 1), ContractId(CERTIFICATE, "RevokeCertificate", 2)
OLD_LOG, NEW_LOG = ContractId("ehr.log", "StoreLog", 1), ContractId("informationsecurity.auditing.log", "StoreLog", 2)
SAME_LOG = ContractId("informationsecurity.auditing.log", "StoreLog", 1)
ALONE = ContractId("ehr.log", "GetLogs", 1)
KNOWN = Contracts([REVOKE_1, REVOKE_2, OLD_LOG, NEW_LOG, SAME_LOG, ALONE])

_PART = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
IDENTITIES = st.builds(
    ContractId, st.lists(_PART, min_size=1, max_size=3).map(".".join), _PART, st.integers(min_value=0, max_value=99)
)


@given(IDENTITIES)
def test_what_is_printed_is_read_back(identity: ContractId) -> None:
    assert ContractId.parse(str(identity)) == identity


@pytest.mark.parametrize("text", ["", "StoreLog", "StoreLog@1", "ehr.log/StoreLog", "ehr.log/StoreLog@x", "a/b/c@1"])
def test_nothing_else_is_an_identity(text: str) -> None:
    with pytest.raises(ValueError, match="no domain/Name@major"):
        ContractId.parse(text)


@given(st.lists(IDENTITIES, unique=True, max_size=6))
def test_each_is_shown_by_a_word_that_means_it_alone(identities: list[ContractId]) -> None:
    known = Contracts(identities)
    shown = [known.shown(str(each)) for each in identities]
    assert len(set(shown)) == len(identities)
    assert [known.find(word) for word in shown] == identities
    for identity, word in zip(identities, shown, strict=True):
        shorter = identity.words[: identity.words.index(word)]
        assert all(len(known.meant(each)) > 1 for each in shorter)


@pytest.mark.parametrize(
    ("identity", "word"),
    [
        (ALONE, "GetLogs"),
        (REVOKE_1, "RevokeCertificate@1"),
        (NEW_LOG, "StoreLog@2"),
        (OLD_LOG, "ehr.log/StoreLog"),
        (SAME_LOG, "informationsecurity.auditing.log/StoreLog@1"),
    ],
)
def test_people_see_the_shortest_word(identity: ContractId, word: str) -> None:
    assert KNOWN.shown(str(identity)) == word
    assert KNOWN[word] == KNOWN[str(identity)] == identity


def test_what_nobody_knows_is_shown_as_it_is() -> None:
    assert KNOWN.shown("Update") == "Update"
    assert "Update" not in KNOWN


def test_an_ambiguous_word_is_refused_with_the_choices() -> None:
    assert "StoreLog" not in KNOWN
    with pytest.raises(UsageError) as error:
        KNOWN.find("StoreLog", Source("environment.yaml", 3, 1, "StoreLog:"))
    assert error.value.what == "“StoreLog” may mean several contracts"
    assert error.value.todo == (
        "write one of: ehr.log/StoreLog, StoreLog@2, informationsecurity.auditing.log/StoreLog@1"
    )


def test_an_unknown_word_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown contract “GetLog”") as error:
        KNOWN.find("GetLog")
    assert error.value.todo == "did you mean “GetLogs”?"


def test_a_version_without_a_number_is_major_0() -> None:
    assert ContractId.of("ehr.log", "GetLogs", "").major == 0
    assert ContractId.of("ehr.log", "GetLogs", "2.1") == ContractId("ehr.log", "GetLogs", 2)

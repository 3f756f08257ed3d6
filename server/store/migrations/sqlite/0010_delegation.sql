-- Delegation: named persons who may open somebody else's BAL, until when, and what was attested and signed for it;
-- drafts that wait for an approval; the BALs of which one wants to be told.

-- Which delegation a right comes from; none: it is the holder's own, or the structure's.
ALTER TABLE account_right ADD COLUMN delegation_id BIGINT;

-- state: 0 invited, 1 accepted, 2 refused, 3 ended. person_id: once the person is known here. national_code: the HMAC of
-- the national number that the identity provider must vouch for. attested, secrecy: digests of the texts that were
-- attested by the holder and signed by the person (none where their status binds them). warned: both were told that it ends soon. sealed: under the BAL's key.
CREATE TABLE delegation (
    account_id BIGINT NOT NULL,
    delegation_id BIGINT NOT NULL,
    person_id BIGINT,
    national_code BLOB,
    role TEXT NOT NULL,
    state BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    token_hash BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    invited_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    attested BLOB NOT NULL,
    answered_at BIGINT,
    secrecy BLOB,
    ended_at BIGINT,
    used_at BIGINT,
    warned BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    CONSTRAINT delegation_pk PRIMARY KEY (account_id, delegation_id),
    CONSTRAINT delegation_token_unique UNIQUE (token_hash)
);
CREATE INDEX delegation_person ON delegation (person_id);
CREATE INDEX delegation_end ON delegation (state, warned, to_at);

-- Every text that somebody attested or signed, as it was. kind: attestation, secrecy.
CREATE TABLE signed_text (
    digest BLOB NOT NULL,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    body TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    CONSTRAINT signed_text_pk PRIMARY KEY (digest)
);

-- Drafts that wait for somebody who may send. state: 0 waiting, 1 returned (sealed: the word that goes with it).
CREATE TABLE draft_review (
    account_id BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    state BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    sealed BLOB,
    CONSTRAINT draft_review_pk PRIMARY KEY (account_id, email_id)
);

-- Of which BALs a person wants to be told; without a row: of their own.
CREATE TABLE notification_box (
    person_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    wanted BIGINT NOT NULL,
    CONSTRAINT notification_box_pk PRIMARY KEY (person_id, account_id)
);

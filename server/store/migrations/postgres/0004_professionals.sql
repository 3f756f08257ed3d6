-- Professionals: who they are as Pro Santé Connect says, BALs being opened, addresses that are never given again.

CREATE TABLE professional (
    person_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    checked_at BIGINT NOT NULL,
    CONSTRAINT professional_pk PRIMARY KEY (person_id)
);

-- By which names the identity provider knows a person: HMAC of issuer and subject, HMAC of the national identifier.
CREATE TABLE psc_link (
    link_code BYTEA NOT NULL,
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT psc_link_pk PRIMARY KEY (link_code)
);
CREATE INDEX psc_link_person ON psc_link (person_id);

-- Answers of the provider that were taken up: each serves once.
CREATE TABLE psc_return (
    state_code BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT psc_return_pk PRIMARY KEY (state_code)
);
CREATE INDEX psc_return_expiry ON psc_return (expires_at);

-- What ends the provider's own session together with the one here.
CREATE TABLE psc_session (
    session_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT psc_session_pk PRIMARY KEY (session_id)
);
CREATE INDEX psc_session_expiry ON psc_session (expires_at);

-- A BAL that somebody is opening: all of it sealed under the operator's key, forgotten when it expires.
CREATE TABLE opening (
    opening_id BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    identity_code BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    code_hash BYTEA,
    code_tries BIGINT NOT NULL,
    code_sent_at BIGINT NOT NULL,
    code_expires_at BIGINT NOT NULL,
    CONSTRAINT opening_pk PRIMARY KEY (opening_id),
    CONSTRAINT opening_token_unique UNIQUE (token_hash),
    CONSTRAINT opening_identity_unique UNIQUE (identity_code)
);
CREATE INDEX opening_expiry ON opening (expires_at);

-- Every address that was ever given: none is given to another, whatever becomes of its BAL.
CREATE TABLE reserved_address (
    address_code BYTEA NOT NULL,
    account_id BIGINT NOT NULL,
    reserved_at BIGINT NOT NULL,
    CONSTRAINT reserved_address_pk PRIMARY KEY (address_code)
);
INSERT INTO reserved_address (address_code, account_id, reserved_at)
    SELECT address_code, account_id, created_at FROM account;

-- The nominative BALs of a person: one per domain.
CREATE TABLE nominative (
    person_id BIGINT NOT NULL,
    domain TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    CONSTRAINT nominative_pk PRIMARY KEY (person_id, domain)
);
CREATE INDEX nominative_account ON nominative (account_id);

-- New BALs whose first message is still to be delivered.
CREATE TABLE welcome (
    account_id BIGINT NOT NULL,
    lang TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    CONSTRAINT welcome_pk PRIMARY KEY (account_id)
);

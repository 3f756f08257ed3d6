-- Persons, credentials, sessions, rights. Names, addresses and hashes of passwords are sealed; logins are found by HMAC.

CREATE TABLE person (
    person_id BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT person_pk PRIMARY KEY (person_id)
);

-- Who a person was, for the traces that name them by id: under a key of its own, deleted with the last such chain.
CREATE TABLE trace_person (
    person_id BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    sealed BLOB NOT NULL,
    CONSTRAINT trace_person_pk PRIMARY KEY (person_id, from_at)
);

CREATE TABLE login (
    lookup_code BLOB NOT NULL,
    person_id BIGINT NOT NULL,
    CONSTRAINT login_pk PRIMARY KEY (lookup_code)
);
CREATE INDEX login_person ON login (person_id);

CREATE TABLE credential (
    person_id BIGINT NOT NULL,
    sealed_password BLOB NOT NULL,
    changed_at BIGINT NOT NULL,
    CONSTRAINT credential_pk PRIMARY KEY (person_id)
);

-- A browser that gave the right password and owes a code.
CREATE TABLE challenge (
    browser_hash BLOB NOT NULL,
    person_id BIGINT NOT NULL,
    code_hash BLOB NOT NULL,
    tries BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT challenge_pk PRIMARY KEY (browser_hash)
);
CREATE INDEX challenge_expiry ON challenge (expires_at);

CREATE TABLE session (
    session_id BIGINT NOT NULL,
    token_hash BLOB NOT NULL,
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sealed_agent BLOB NOT NULL,
    CONSTRAINT session_pk PRIMARY KEY (session_id),
    CONSTRAINT session_token_unique UNIQUE (token_hash)
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE token (
    token_id BIGINT NOT NULL,
    token_hash BLOB NOT NULL,
    person_id BIGINT NOT NULL,
    sealed_name BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    CONSTRAINT token_pk PRIMARY KEY (token_id),
    CONSTRAINT token_hash_unique UNIQUE (token_hash)
);
CREATE INDEX token_person ON token (person_id);

-- A right over a whole BAL, from a moment to another or without end.
CREATE TABLE account_right (
    person_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    CONSTRAINT account_right_pk PRIMARY KEY (person_id, account_id, action, from_at)
);
CREATE INDEX account_right_account ON account_right (account_id);

-- Failed attempts, by HMAC of what is counted.
CREATE TABLE attempt (
    attempt_code BLOB NOT NULL,
    failures BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT attempt_pk PRIMARY KEY (attempt_code)
);
CREATE INDEX attempt_age ON attempt (updated_at);

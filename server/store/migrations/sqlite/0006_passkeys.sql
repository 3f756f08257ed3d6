-- Passkeys, and approval of a sign-in on an enrolled browser.

-- Public keys of authenticators. credential_code: HMAC of the credential's id. counter: of its signatures, never goes back.
CREATE TABLE passkey (
    passkey_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    credential_code BLOB NOT NULL,
    sealed BLOB NOT NULL,
    counter BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    CONSTRAINT passkey_pk PRIMARY KEY (passkey_id),
    CONSTRAINT passkey_credential_unique UNIQUE (credential_code)
);
CREATE INDEX passkey_person ON passkey (person_id);

-- Challenges that authenticators sign: each serves once, in the browser that asked for it. Nobody is known before a sign-in.
CREATE TABLE ceremony (
    browser_hash BLOB NOT NULL,
    purpose TEXT NOT NULL,
    person_id BIGINT,
    sealed BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT ceremony_pk PRIMARY KEY (browser_hash)
);
CREATE INDEX ceremony_expires ON ceremony (expires_at);

-- Browsers that approve: each has a secret of its own in a cookie.
CREATE TABLE approver (
    approver_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    token_hash BLOB NOT NULL,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    CONSTRAINT approver_pk PRIMARY KEY (approver_id),
    CONSTRAINT approver_token_unique UNIQUE (token_hash)
);
CREATE INDEX approver_person ON approver (person_id);

-- What waits for an approval; browser_hash is that of the challenge. state: 0 waiting, 1 approved, 2 refused.
CREATE TABLE approval (
    approval_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    browser_hash BLOB NOT NULL,
    sealed BLOB NOT NULL,
    state BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT approval_pk PRIMARY KEY (approval_id),
    CONSTRAINT approval_browser_unique UNIQUE (browser_hash)
);
CREATE INDEX approval_person ON approval (person_id);
CREATE INDEX approval_expires ON approval (expires_at);

-- Means of sign-in, recovery, contacts, notices to people, closing a BAL.

-- How the session was opened, and when the person last gave a whole proof in it.
ALTER TABLE session ADD COLUMN means TEXT NOT NULL DEFAULT 'email';
ALTER TABLE session ADD COLUMN strong_at BIGINT NOT NULL DEFAULT 0;

-- What the code is for, by which means it is given, how often one was sent, what waits for it (sealed).
ALTER TABLE challenge ADD COLUMN purpose TEXT NOT NULL DEFAULT 'sign-in';
ALTER TABLE challenge ADD COLUMN means TEXT NOT NULL DEFAULT 'email';
ALTER TABLE challenge ADD COLUMN sends BIGINT NOT NULL DEFAULT 1;
ALTER TABLE challenge ADD COLUMN sealed BYTEA;

ALTER TABLE token ADD COLUMN seen_at BIGINT;

-- Its mail is erased; the address is never given again.
ALTER TABLE account ADD COLUMN closed_at BIGINT;

-- The means a person used last: offered first.
CREATE TABLE person_means (
    person_id BIGINT NOT NULL,
    last_means TEXT NOT NULL,
    CONSTRAINT person_means_pk PRIMARY KEY (person_id)
);

-- Nobody gets in as this person until they have proved who they are.
CREATE TABLE suspension (
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    CONSTRAINT suspension_pk PRIMARY KEY (person_id)
);

-- Enrolled devices that make codes. last_step: the last step of TOTP that was used; none before it is ever taken again.
CREATE TABLE device (
    device_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    used_at BIGINT,
    last_step BIGINT NOT NULL,
    CONSTRAINT device_pk PRIMARY KEY (device_id)
);
CREATE INDEX device_person ON device (person_id);

-- A link sent to the verified address. code_hash: what the operator said to the person, for assisted resets.
CREATE TABLE recovery_link (
    token_hash BYTEA NOT NULL,
    person_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    code_hash BYTEA,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT recovery_link_pk PRIMARY KEY (token_hash)
);
CREATE INDEX recovery_link_person ON recovery_link (person_id, created_at);

-- When and by whom the identity was checked. source: psc, operator, authority.
CREATE TABLE identity_check (
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT identity_check_pk PRIMARY KEY (person_id, at)
);

-- What a person wants to be told outside the service. Hours are of the person's zone.
CREATE TABLE notification (
    person_id BIGINT NOT NULL,
    by_email BIGINT NOT NULL,
    by_sms BIGINT NOT NULL,
    rhythm TEXT NOT NULL,
    quiet_from BIGINT NOT NULL,
    quiet_to BIGINT NOT NULL,
    newsletter BIGINT NOT NULL,
    CONSTRAINT notification_pk PRIMARY KEY (person_id)
);

-- Up to where a person was told of the mail of a BAL, and when at the earliest they are told again.
CREATE TABLE notification_cursor (
    person_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    CONSTRAINT notification_cursor_pk PRIMARY KEY (person_id, account_id)
);

-- What waits to be sent to a person. state: 0 waiting, 1 being sent. again: sent once more when its process died while
-- sending (what concerns safety), rather than never (the rest).
CREATE TABLE notice (
    notice_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    due_at BIGINT NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    again BIGINT NOT NULL,
    leased_at BIGINT NOT NULL,
    CONSTRAINT notice_pk PRIMARY KEY (notice_id)
);
CREATE INDEX notice_due ON notice (state, due_at);
CREATE INDEX notice_person ON notice (person_id);

-- BALs that their holder closes: erased when due, unless taken back.
CREATE TABLE closing (
    account_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    CONSTRAINT closing_pk PRIMARY KEY (account_id)
);

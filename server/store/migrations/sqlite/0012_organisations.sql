-- Structures: their BALs, the persons and groups who work there, yearly reviews; and the BALs of their software.

-- Which structure a right comes from; none: it is the holder's own, or a delegation's.
ALTER TABLE account_right ADD COLUMN organisation_id BIGINT;
CREATE INDEX account_right_organisation ON account_right (organisation_id);

-- A client certificate instead of a bearer token: token_hash is made of the certificate.
ALTER TABLE token ADD COLUMN certificate BIGINT NOT NULL DEFAULT 0;

-- finess: the number of the national register, public. review_due_at: when the next review opens. sealed: the name, under
-- the structure's key.
CREATE TABLE organisation (
    organisation_id BIGINT NOT NULL,
    finess TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    review_due_at BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    CONSTRAINT organisation_pk PRIMARY KEY (organisation_id),
    CONSTRAINT organisation_finess_unique UNIQUE (finess)
);
CREATE INDEX organisation_review_due ON organisation (review_due_at);

-- The BALs of a structure. software: of a program. suspended_at: nobody has a right over it. sealed: the purpose and the
-- professional who answers for it.
CREATE TABLE organisation_box (
    account_id BIGINT NOT NULL,
    organisation_id BIGINT NOT NULL,
    software BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT,
    sealed BLOB NOT NULL,
    CONSTRAINT organisation_box_pk PRIMARY KEY (account_id)
);
CREATE INDEX organisation_box_of ON organisation_box (organisation_id);

-- state: 0 invited, 1 active, 2 refused, 3 left. admin: 0 no, 1 named, 2 accepted. secrecy: digest of what was signed (none
-- where their status binds them). suspended_at: a review did not confirm them. sealed: name, function, ordinary address.
CREATE TABLE organisation_member (
    organisation_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    person_id BIGINT,
    state BIGINT NOT NULL,
    admin BIGINT NOT NULL,
    token_hash BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    answered_at BIGINT,
    secrecy BLOB,
    suspended_at BIGINT,
    ended_at BIGINT,
    sealed BLOB NOT NULL,
    CONSTRAINT organisation_member_pk PRIMARY KEY (organisation_id, member_id),
    CONSTRAINT organisation_member_token_unique UNIQUE (token_hash)
);
CREATE INDEX organisation_member_person ON organisation_member (person_id);

-- Which administrator accepted the purpose of which BAL, and the digest of the words.
CREATE TABLE organisation_purpose (
    account_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    digest BLOB NOT NULL,
    CONSTRAINT organisation_purpose_pk PRIMARY KEY (account_id, member_id)
);

CREATE TABLE organisation_group (
    organisation_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    CONSTRAINT organisation_group_pk PRIMARY KEY (organisation_id, group_id)
);

CREATE TABLE organisation_group_member (
    organisation_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    CONSTRAINT organisation_group_member_pk PRIMARY KEY (organisation_id, group_id, member_id)
);

-- What a member or a group may do in a BAL. The rights that follow are rows of account_right with the structure's id,
-- written again in the transaction of every change.
CREATE TABLE organisation_grant (
    organisation_id BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT organisation_grant_pk PRIMARY KEY (organisation_id, subject_id, account_id)
);

-- suspended_at: the time of grace was over. closed_at: everything was decided.
CREATE TABLE organisation_review (
    organisation_id BIGINT NOT NULL,
    review_id BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    reminded_at BIGINT NOT NULL,
    suspended_at BIGINT,
    closed_at BIGINT,
    CONSTRAINT organisation_review_pk PRIMARY KEY (organisation_id, review_id)
);
CREATE INDEX organisation_review_open ON organisation_review (closed_at, suspended_at, reminded_at);

-- subject_id: a BAL or a member. decision: 0 open, 1 confirmed, 2 removed, 3 suspended.
CREATE TABLE organisation_review_item (
    organisation_id BIGINT NOT NULL,
    review_id BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    box BIGINT NOT NULL,
    decision BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    CONSTRAINT organisation_review_item_pk PRIMARY KEY (organisation_id, review_id, subject_id)
);

-- The BAL of a program. person_id: as whom it acts; nobody signs in as it. receives: mail may come. The numbers: what it
-- may send; none: as every BAL.
CREATE TABLE application (
    account_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    receives BIGINT NOT NULL,
    messages_hour BIGINT,
    messages_day BIGINT,
    recipients_hour BIGINT,
    recipients_day BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT application_pk PRIMARY KEY (account_id),
    CONSTRAINT application_person_unique UNIQUE (person_id)
);

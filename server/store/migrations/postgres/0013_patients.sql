-- Patients that a BAL writes with. The matricule stands only sealed (with the identity traits) and as a code under the
-- BAL's key: code is that of patient_message, conversation that of thread. state: 0 nothing sent yet, 1 the patient may
-- answer, 2 the patient wrote, 3 closed (closed_by: by whom; none: by itself). opposed: 1 while an opposition holds.
CREATE TABLE patient (
    account_id BIGINT NOT NULL,
    patient_id BIGINT NOT NULL,
    code BYTEA NOT NULL,
    conversation BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    attested_at BIGINT,
    attested_by BIGINT,
    opposed BIGINT NOT NULL,
    state BIGINT NOT NULL,
    state_at BIGINT NOT NULL,
    closed_by BIGINT,
    last_at BIGINT,
    away_at BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT patient_pk PRIMARY KEY (account_id, patient_id),
    CONSTRAINT patient_code_unique UNIQUE (account_id, code)
);
CREATE INDEX patient_conversation ON patient (account_id, conversation);
CREATE INDEX patient_idle ON patient (state, last_at);

-- Information given, consents and oppositions. kind: 1, 2, 3. at: when it was given; ended_at: when it was withdrawn or
-- lifted. sealed: scope, means and the other channel; sealed_end: why it ended.
CREATE TABLE patient_record (
    account_id BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    patient_id BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    ended_at BIGINT,
    ended_by BIGINT,
    sealed_end BYTEA,
    CONSTRAINT patient_record_pk PRIMARY KEY (account_id, record_id)
);
CREATE INDEX patient_record_patient ON patient_record (account_id, patient_id, record_id);

-- What a BAL says to patients. close_days: without a message for so long the exchange closes (none: the operator's
-- default, 0: never). sealed: how soon one answers, the absence with its words.
CREATE TABLE patient_rule (
    account_id BIGINT NOT NULL,
    close_days BIGINT,
    sealed BYTEA NOT NULL,
    CONSTRAINT patient_rule_pk PRIMARY KEY (account_id)
);

-- Templates of messages to patients. owner_kind: 1 of a BAL, 3 of a structure for all its BALs (as in owner_key).
CREATE TABLE patient_template (
    owner_kind BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    template_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT patient_template_pk PRIMARY KEY (owner_kind, owner_id, template_id)
);

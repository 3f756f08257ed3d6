-- Mail from other operators: what a BAL takes, what it took already, which patients may answer, whom we trust.

-- quota: octets it may hold (none: the operator's default; 0: without limit). patients_begin: 1 where patients may write
-- first (pharmacies).
ALTER TABLE account ADD COLUMN suspended_at BIGINT;
ALTER TABLE account ADD COLUMN quota BIGINT;
ALTER TABLE account ADD COLUMN patients_begin BIGINT NOT NULL DEFAULT 0;

-- What a BAL holds is read from this index alone.
CREATE INDEX email_size ON email (account_id, size);

-- Messages taken from operators, by code of operator, Message-ID and content: outlives the message, so that one that is
-- handed over twice is delivered once.
CREATE TABLE received (
    account_id BIGINT NOT NULL,
    code BYTEA NOT NULL,
    email_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT received_pk PRIMARY KEY (account_id, code)
);
CREATE INDEX received_at ON received (at);

-- Messages to patients, by codes of address and Message-ID: what they may answer. closed: 1 when the right to answer ended.
CREATE TABLE patient_message (
    account_id BIGINT NOT NULL,
    patient_code BYTEA NOT NULL,
    ref_code BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT patient_message_pk PRIMARY KEY (account_id, patient_code, ref_code)
);

-- The last white list that verified and the last good revocation lists, as they were fetched: public, signed, verified
-- again when read.
CREATE TABLE trust_kept (
    name TEXT NOT NULL,
    data BYTEA NOT NULL,
    confirmed_at BIGINT NOT NULL,
    CONSTRAINT trust_kept_pk PRIMARY KEY (name)
);

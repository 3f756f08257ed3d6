-- Mail to other operators: what waits, what was sent, how much, and what each BAL wishes about receipts of reading.

-- One message to recipients of one domain. Gone once every recipient has an answer. local: the domain is ours (receipts
-- of reading between our own BALs). held: 0 no, 1 until released, 2 to be dropped. reason: code of the last trouble.
CREATE TABLE relay_job (
    account_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    submission_id BIGINT,
    person_id BIGINT,
    session_id BIGINT,
    means TEXT NOT NULL,
    domain TEXT NOT NULL,
    local BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    told_late BIGINT NOT NULL,
    held BIGINT NOT NULL,
    reason TEXT,
    blob_id BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT relay_job_pk PRIMARY KEY (account_id, job_id)
);
CREATE INDEX relay_job_due ON relay_job (local, due_at);
CREATE INDEX relay_job_blob ON relay_job (account_id, blob_id);

-- Which messages a BAL sent to which domains, by codes of Message-ID and ENVID: what reports may speak of.
CREATE TABLE sent_ref (
    account_id BIGINT NOT NULL,
    ref_code BIGINT NOT NULL,
    domain TEXT NOT NULL,
    submission_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT sent_ref_pk PRIMARY KEY (account_id, ref_code, domain)
);
CREATE INDEX sent_ref_at ON sent_ref (at);

-- How much a BAL sent, by steps of ten minutes.
CREATE TABLE sending (
    account_id BIGINT NOT NULL,
    step BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    recipients BIGINT NOT NULL,
    CONSTRAINT sending_pk PRIMARY KEY (account_id, step)
);
CREATE INDEX sending_step ON sending (step);

-- Receipts of reading: asked for (0 never, 1 where the writer says so, 2 always), answered (0 each time asked, 1 always,
-- 2 never).
CREATE TABLE receipt_wish (
    account_id BIGINT NOT NULL,
    asking BIGINT NOT NULL,
    answering BIGINT NOT NULL,
    CONSTRAINT receipt_wish_pk PRIMARY KEY (account_id)
);

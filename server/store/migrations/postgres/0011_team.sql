-- Team work in a BAL: who has a conversation in hand, internal notes, who answers now, who read what.

ALTER TABLE account ADD COLUMN work_state BIGINT NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN note_state BIGINT NOT NULL DEFAULT 1;

-- One row per conversation that somebody took care of. person_id: who has it in hand. state: 1 to do, 2 in progress,
-- 3 waiting, 4 done. notes: how many. Tombstones have the kinds 6 (work) and 7 (note).
CREATE TABLE work (
    account_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    person_id BIGINT,
    state BIGINT,
    notes BIGINT NOT NULL,
    created_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT work_pk PRIMARY KEY (account_id, thread_id)
);
CREATE INDEX work_person ON work (account_id, person_id, state);
CREATE INDEX work_modseq ON work (account_id, modseq);

-- Internal notes, sealed with the BAL's key; they go with their conversation.
CREATE TABLE work_note (
    account_id BIGINT NOT NULL,
    note_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    created_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT work_note_pk PRIMARY KEY (account_id, note_id)
);
CREATE INDEX work_note_thread ON work_note (account_id, thread_id, note_id);
CREATE INDEX work_note_modseq ON work_note (account_id, modseq);

-- Who answers now; of no worth after until_at.
CREATE TABLE work_answering (
    account_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    CONSTRAINT work_answering_pk PRIMARY KEY (account_id, thread_id, person_id)
);

-- Who opened a message, and when first: data of the BAL, beside its traces.
CREATE TABLE email_reader (
    account_id BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT email_reader_pk PRIMARY KEY (account_id, email_id, person_id)
);

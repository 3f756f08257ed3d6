-- Mail. Every key begins with the owner; numbers are BIGINT, truths 0 or 1, times UTC milliseconds; `sealed` is encrypted.

CREATE TABLE owner_key (
    owner_kind BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT owner_key_pk PRIMARY KEY (owner_kind, owner_id)
);

-- One row per BAL; updating it is the account's lock. space: what posting is keyed by (see dialect.rs).
CREATE TABLE account (
    account_id BIGINT NOT NULL,
    address_code BYTEA NOT NULL,
    domain_code BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    listed BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    email_state BIGINT NOT NULL,
    mailbox_state BIGINT NOT NULL,
    thread_state BIGINT NOT NULL,
    submission_state BIGINT NOT NULL,
    identity_state BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    next_term BIGINT NOT NULL,
    next_email BIGINT NOT NULL,
    space BIGINT NOT NULL,
    CONSTRAINT account_pk PRIMARY KEY (account_id),
    CONSTRAINT account_address_unique UNIQUE (address_code),
    CONSTRAINT account_space_unique UNIQUE (space)
);
CREATE INDEX account_domain ON account (domain_code);

CREATE TABLE mailbox (
    account_id BIGINT NOT NULL,
    mailbox_id BIGINT NOT NULL,
    parent_id BIGINT,
    role TEXT,
    name_code BYTEA NOT NULL,
    sealed_name BYTEA NOT NULL,
    sort_order BIGINT NOT NULL,
    subscribed BIGINT NOT NULL,
    total_emails BIGINT NOT NULL,
    unread_emails BIGINT NOT NULL,
    total_threads BIGINT NOT NULL,
    unread_threads BIGINT NOT NULL,
    uidvalidity BIGINT NOT NULL,
    uidnext BIGINT NOT NULL,
    created_modseq BIGINT NOT NULL,
    props_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT mailbox_pk PRIMARY KEY (account_id, mailbox_id),
    CONSTRAINT mailbox_name_unique UNIQUE (account_id, name_code),
    CONSTRAINT mailbox_role_unique UNIQUE (account_id, role)
);

-- Narrow, for sorting and filtering; what is sealed is in email_sealed. number: in order of arrival, short in posting.
CREATE TABLE email (
    account_id BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    sent_at BIGINT,
    size BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    blob_id BYTEA NOT NULL,
    created_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT email_pk PRIMARY KEY (account_id, email_id)
);
CREATE INDEX email_thread ON email (account_id, thread_id, received_at, email_id);
CREATE INDEX email_received ON email (account_id, received_at, email_id, thread_id, flags);
-- What a search lists of the messages it found.
CREATE INDEX email_number ON email (account_id, number, received_at, email_id, thread_id, flags);
CREATE INDEX email_modseq ON email (account_id, modseq);
CREATE INDEX email_blob ON email (account_id, blob_id);

CREATE TABLE email_sealed (
    account_id BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    summary BYTEA NOT NULL,
    keywords BYTEA,
    structure BYTEA NOT NULL,
    terms BYTEA NOT NULL,
    CONSTRAINT email_sealed_pk PRIMARY KEY (account_id, email_id)
);

CREATE TABLE email_mailbox (
    account_id BIGINT NOT NULL,
    mailbox_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    CONSTRAINT email_mailbox_pk PRIMARY KEY (account_id, mailbox_id, received_at, email_id)
);
CREATE INDEX email_mailbox_email ON email_mailbox (account_id, email_id);
CREATE INDEX email_mailbox_thread ON email_mailbox (account_id, thread_id);
CREATE UNIQUE INDEX email_mailbox_uid ON email_mailbox (account_id, mailbox_id, uid);

-- Keywords other than the flags, by code.
CREATE TABLE email_keyword (
    account_id BIGINT NOT NULL,
    keyword_code BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    CONSTRAINT email_keyword_pk PRIMARY KEY (account_id, keyword_code, email_id)
);
CREATE INDEX email_keyword_email ON email_keyword (account_id, email_id);

-- What was imported already; a message that is destroyed may be imported again.
CREATE TABLE email_origin (
    account_id BIGINT NOT NULL,
    origin_code BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    CONSTRAINT email_origin_pk PRIMARY KEY (account_id, origin_code)
);
CREATE INDEX email_origin_email ON email_origin (account_id, email_id);

CREATE TABLE thread (
    account_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    conversation_code BYTEA,
    created_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT thread_pk PRIMARY KEY (account_id, thread_id)
);
CREATE INDEX thread_modseq ON thread (account_id, modseq);
CREATE INDEX thread_conversation ON thread (account_id, conversation_code);

CREATE TABLE thread_ref (
    account_id BIGINT NOT NULL,
    ref_code BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    CONSTRAINT thread_ref_pk PRIMARY KEY (account_id, ref_code)
);
CREATE INDEX thread_ref_thread ON thread_ref (account_id, thread_id);

-- Conversation lists and counters; equal to a recount of email_mailbox.
CREATE TABLE mailbox_thread (
    account_id BIGINT NOT NULL,
    mailbox_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    newest_at BIGINT NOT NULL,
    newest_email BIGINT NOT NULL,
    total BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    thread_unread BIGINT NOT NULL,
    CONSTRAINT mailbox_thread_pk PRIMARY KEY (account_id, mailbox_id, thread_id)
);
CREATE INDEX mailbox_thread_list ON mailbox_thread (account_id, mailbox_id, newest_at, newest_email, thread_id);
CREATE INDEX mailbox_thread_thread ON mailbox_thread (account_id, thread_id);

-- kind: 1 email, 2 mailbox, 3 thread, 4 submission.
CREATE TABLE tombstone (
    account_id BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    object_id BIGINT NOT NULL,
    created_modseq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT tombstone_pk PRIMARY KEY (account_id, kind, modseq, object_id)
);

-- term_key: bucket (first three letters) in the high bits, the term's own code in the low ones; term_no: in order of
-- appearance, short in posting.
CREATE TABLE term (
    account_id BIGINT NOT NULL,
    term_key BIGINT NOT NULL,
    term_no BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT term_pk PRIMARY KEY (account_id, term_key)
);

CREATE UNIQUE INDEX term_number ON term (account_id, term_no);

-- One row per word and message, by far the most rows: each number is as short as it can be, since SQLite keeps small
-- numbers in few octets. hit: the message's number and, in the low seven bits, the fields.
CREATE TABLE posting (
    space BIGINT NOT NULL,
    term_no BIGINT NOT NULL,
    hit BIGINT NOT NULL,
    CONSTRAINT posting_pk PRIMARY KEY (space, term_no, hit)
);

-- place: 0 in data, 1 in a file.
CREATE TABLE blob (
    account_id BIGINT NOT NULL,
    blob_id BYTEA NOT NULL,
    size BIGINT NOT NULL,
    place BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    data BYTEA,
    CONSTRAINT blob_pk PRIMARY KEY (account_id, blob_id)
);
CREATE INDEX blob_age ON blob (created_at);

CREATE TABLE upload (
    account_id BIGINT NOT NULL,
    blob_id BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    size BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT upload_pk PRIMARY KEY (account_id, blob_id)
);

CREATE TABLE identity (
    account_id BIGINT NOT NULL,
    identity_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT identity_pk PRIMARY KEY (account_id, identity_id)
);

-- undo: 0 pending, 1 final, 2 canceled. state: 0 waiting, 1 done. fence: raised by each lease.
CREATE TABLE submission (
    account_id BIGINT NOT NULL,
    submission_id BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    identity_id BIGINT NOT NULL,
    undo BIGINT NOT NULL,
    state BIGINT NOT NULL,
    send_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    person_id BIGINT,
    session_id BIGINT,
    means TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    sealed_delivery BYTEA,
    created_at BIGINT NOT NULL,
    created_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    CONSTRAINT submission_pk PRIMARY KEY (account_id, submission_id)
);
CREATE INDEX submission_due ON submission (state, due_at);
CREATE INDEX submission_email ON submission (account_id, email_id);
CREATE INDEX submission_modseq ON submission (account_id, modseq);

-- What a BAL received from the outbox: outlives the message, so that a second delivery adds nothing.
CREATE TABLE delivery (
    account_id BIGINT NOT NULL,
    submission_id BIGINT NOT NULL,
    recipient BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT delivery_pk PRIMARY KEY (account_id, submission_id, recipient)
);

CREATE TABLE saved_search (
    account_id BIGINT NOT NULL,
    search_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    code BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    used_at BIGINT NOT NULL,
    CONSTRAINT saved_search_pk PRIMARY KEY (account_id, search_id),
    CONSTRAINT saved_search_unique UNIQUE (account_id, person_id, code)
);

CREATE TABLE correspondent (
    account_id BIGINT NOT NULL,
    code BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    uses BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    CONSTRAINT correspondent_pk PRIMARY KEY (account_id, code)
);
CREATE INDEX correspondent_last ON correspondent (account_id, last_at);

CREATE TABLE person_preference (
    person_id BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    changed_at BIGINT NOT NULL,
    CONSTRAINT person_preference_pk PRIMARY KEY (person_id)
);

-- chain_kind: 1 BAL, 2 person, 3 process. class: 1 functional (10 years), 2 technical (1 year).
CREATE TABLE chain_head (
    chain_kind BIGINT NOT NULL,
    chain_id BIGINT NOT NULL,
    class BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT chain_head_pk PRIMARY KEY (chain_kind, chain_id, class)
);

CREATE TABLE trace_functional (
    chain_kind BIGINT NOT NULL,
    chain_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    result TEXT NOT NULL,
    means TEXT NOT NULL,
    person_id BIGINT,
    session_id BIGINT,
    account_id BIGINT,
    detail TEXT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT trace_functional_pk PRIMARY KEY (chain_kind, chain_id, seq)
);

CREATE TABLE trace_technical (
    chain_kind BIGINT NOT NULL,
    chain_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    result TEXT NOT NULL,
    means TEXT NOT NULL,
    person_id BIGINT,
    session_id BIGINT,
    account_id BIGINT,
    detail TEXT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT trace_technical_pk PRIMARY KEY (chain_kind, chain_id, seq)
);

-- What pruning leaves: the last entry removed, signed.
CREATE TABLE trace_stub (
    chain_kind BIGINT NOT NULL,
    chain_id BIGINT NOT NULL,
    class BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    pruned_at BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT trace_stub_pk PRIMARY KEY (chain_kind, chain_id, class)
);

CREATE TABLE anchor (
    anchor_no BIGINT NOT NULL,
    at BIGINT NOT NULL,
    root BYTEA NOT NULL,
    heads BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT anchor_pk PRIMARY KEY (anchor_no)
);

-- The heads that moved since the anchor before.
CREATE TABLE anchor_head (
    anchor_no BIGINT NOT NULL,
    chain_kind BIGINT NOT NULL,
    chain_id BIGINT NOT NULL,
    class BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT anchor_head_pk PRIMARY KEY (anchor_no, chain_kind, chain_id, class)
);

-- One reading per person, message, way and day is traced.
CREATE TABLE reading (
    account_id BIGINT NOT NULL,
    email_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    way TEXT NOT NULL,
    day BIGINT NOT NULL,
    CONSTRAINT reading_pk PRIMARY KEY (account_id, email_id, person_id, way, day)
);

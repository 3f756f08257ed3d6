-- The public side: terms of service (CGU) and who accepted them, messages to support.

-- The text is public; the digest is what an acceptance is about.
CREATE TABLE cgu_version (
    version BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    digest BLOB NOT NULL,
    body TEXT NOT NULL,
    translation TEXT,
    CONSTRAINT cgu_version_pk PRIMARY KEY (version)
);
CREATE INDEX cgu_version_from ON cgu_version (from_at, version);

-- `notice` names the privacy notice that was shown with it; `means` how it was accepted.
CREATE TABLE cgu_acceptance (
    person_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    means TEXT NOT NULL,
    notice TEXT NOT NULL,
    CONSTRAINT cgu_acceptance_pk PRIMARY KEY (person_id, version)
);

-- Who was told of a version: claimed by the process that writes, told once it has written.
CREATE TABLE cgu_notice (
    version BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    told_at BIGINT,
    CONSTRAINT cgu_notice_pk PRIMARY KEY (version, person_id)
);

-- Who writes and what is sealed under the operator's key.
CREATE TABLE support_message (
    support_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    priority BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    person_id BIGINT,
    closed_at BIGINT,
    sealed BLOB NOT NULL,
    CONSTRAINT support_message_pk PRIMARY KEY (support_id)
);
CREATE INDEX support_message_open ON support_message (closed_at, priority, created_at);

-- Who works for the operator: may see and steer the queue and see trust; never reads mail by it. Earlier times are in the
-- traces.
CREATE TABLE staff (
    person_id BIGINT NOT NULL,
    since BIGINT NOT NULL,
    ended_at BIGINT,
    CONSTRAINT staff_pk PRIMARY KEY (person_id)
);

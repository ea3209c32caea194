-- Whoever asks for much waits for it alone: source is a keyed digest of the
-- network that asked for a mail, and the courier takes from all of them in
-- turn.  kind stands first, because what it does not know it does not meet.
ALTER TABLE outbox
  ADD COLUMN source BINARY(8) NOT NULL DEFAULT '' AFTER kind,
  ADD KEY outbox_turn (kind, source, next_try_at),
  DROP KEY outbox_due;

-- Hosts whose mail server does not take them: there until it does.
CREATE TABLE mail_refusals (
  host        VARCHAR(255) NOT NULL,
  said        VARCHAR(255) NOT NULL,
  since       DATETIME(6)  NOT NULL,
  seen_at     DATETIME(6)  NOT NULL,
  PRIMARY KEY (host)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Limits that an operator can look at, and askers who are known.

-- A code that a known browser or network asked for, and one that a stranger
-- did, live beside each other.
ALTER TABLE passcodes
  ADD COLUMN known TINYINT NOT NULL DEFAULT 0,
  ADD UNIQUE KEY passcodes_asker (user_id, email_id, purpose, known),
  DROP KEY passcodes_purpose;

-- whom is a keyed digest of whose bucket it is, what names the limit.  The
-- buckets of before have neither: they empty within a day.
ALTER TABLE rate_limits
  ADD COLUMN whom BINARY(16) NULL,
  ADD COLUMN what VARCHAR(32) NOT NULL DEFAULT '',
  ADD KEY rate_limits_whom (tenant_id, whom);

-- From where a user has logged in lately; network is a keyed digest.
CREATE TABLE known_networks (
  user_id     BINARY(16)   NOT NULL,
  network     BINARY(32)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  seen_at     DATETIME(6)  NOT NULL,
  PRIMARY KEY (user_id, network),
  KEY known_networks_seen (seen_at),
  CONSTRAINT known_networks_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

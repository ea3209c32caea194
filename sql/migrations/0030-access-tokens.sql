-- A token is of a service account, or a personal one of somebody who can log
-- in: that has a name of its own, and can be switched off.  role is what it may
-- do of what its owner may: 'owner', or NULL.  The index is to count those of an
-- organisation that are good.
ALTER TABLE access_tokens
  ADD COLUMN kind        VARCHAR(16)  NOT NULL DEFAULT 'ServiceAccount',
  ADD COLUMN name        VARCHAR(255) NULL,
  ADD COLUMN external_id VARCHAR(255) NULL,
  ADD COLUMN role        VARCHAR(16)  NULL,
  ADD COLUMN active      TINYINT      NOT NULL DEFAULT 1,
  ADD KEY access_tokens_kind (tenant_id, kind, revoked_at, expires_at),
  ADD KEY access_tokens_live (user_id, kind, revoked_at);

-- The key of a token signs for that alone: it is no credential of the user.
ALTER TABLE key_credentials
  ADD COLUMN of_token TINYINT NOT NULL DEFAULT 0;

-- By which key a list of employees, or of service accounts, finds its pages.
ALTER TABLE members
  ADD KEY members_list (tenant_id, kind, service_account, archived_at,
                        created_at, user_id);

UPDATE key_credentials c
  JOIN access_tokens k ON k.credential_id = c.id
   SET c.of_token = 1;

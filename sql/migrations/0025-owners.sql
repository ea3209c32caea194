-- Who manages an organisation: 'owner', or NULL.  The first employee of each is
-- the one whom it was founded with: if they have come, and may come in.
ALTER TABLE members
  ADD COLUMN role VARCHAR(16) NULL,
  ADD KEY members_role (tenant_id, role);

UPDATE members m
  JOIN (SELECT tenant_id, MIN(CONCAT(created_at, HEX(user_id))) AS first
          FROM members
         WHERE kind = 'CustomerEmployee' AND service_account = 0
           AND active = 1 AND registered = 1 AND archived_at IS NULL
         GROUP BY tenant_id) f
    ON f.tenant_id = m.tenant_id
   AND f.first = CONCAT(m.created_at, HEX(m.user_id))
   SET m.role = 'owner';

-- Which API made a passkey, and whether the Dfns API has admitted it: only
-- then does it log in and sign there.
ALTER TABLE webauthn_credentials
  ADD COLUMN api VARCHAR(8) NOT NULL DEFAULT 'hanko',
  ADD COLUMN admitted TINYINT NOT NULL DEFAULT 0;

-- Where the codes of a registered member go, whichever address is the primary
-- one.
ALTER TABLE members
  ADD COLUMN email_id BINARY(16) NULL,
  ADD CONSTRAINT members_email FOREIGN KEY (email_id) REFERENCES emails (id)
    ON DELETE SET NULL;

-- The Dfns API alone has always written the relying party.
UPDATE webauthn_credentials SET api = 'dfns', admitted = 1
 WHERE rp_id IS NOT NULL;

-- What has signed an action there.  The id of the record is that of the
-- passkey as a UUID: the first bytes of id_hash, marked as version 4.
UPDATE webauthn_credentials w
  JOIN action_signatures a
    ON a.user_id = w.user_id AND a.tenant_id = w.tenant_id
   AND a.kind = 'Fido2'
   AND a.credential_id = CONCAT(SUBSTR(w.id_hash, 1, 6),
         CHAR((ORD(SUBSTR(w.id_hash, 7, 1)) & 15) | 64),
         SUBSTR(w.id_hash, 8, 1),
         CHAR((ORD(SUBSTR(w.id_hash, 9, 1)) & 63) | 128),
         SUBSTR(w.id_hash, 10, 7))
   SET w.admitted = 1;

-- What has logged in or signed there by the audit log.  The use of a passkey
-- and its record are one transaction, so they have the same time, but for a
-- moment.
UPDATE webauthn_credentials w
  JOIN audit_logs l
    ON l.actor_user_id = w.user_id AND l.tenant_id = w.tenant_id
   AND l.type IN ('dfns_login_succeeded', 'dfns_user_action_signed')
   AND l.created_at BETWEEN w.last_used_at
                        AND w.last_used_at + INTERVAL 1 SECOND
   SET w.admitted = 1
 WHERE w.last_used_at > w.created_at;

-- Where nothing was recorded: a member who is registered and never had another
-- credential has logged in with a passkey, unless a service account did it for
-- them.  If it can only have been this one, it was.
UPDATE webauthn_credentials w
  JOIN members m ON m.user_id = w.user_id AND m.registered = 1
   SET w.admitted = 1
 WHERE w.archived_at IS NULL AND w.last_used_at > w.created_at
   AND w.created_at <= m.created_at
   AND NOT EXISTS (SELECT 1 FROM key_credentials k
                    WHERE k.user_id = w.user_id AND k.kind <> 'RecoveryKey')
   AND NOT EXISTS (SELECT 1 FROM (SELECT DISTINCT user_id, id_hash
                                    FROM webauthn_credentials) o
                    WHERE o.user_id = w.user_id AND o.id_hash <> w.id_hash)
   AND NOT EXISTS (SELECT 1 FROM members s
                    WHERE s.tenant_id = w.tenant_id
                      AND s.service_account = 1);

-- Registered is a fact of its own from now on.  Whoever was registered by a
-- passkey stays so, those without a row too if this API was ever in use.
UPDATE members m SET m.registered = 1
 WHERE EXISTS (SELECT 1 FROM webauthn_credentials w
                WHERE w.user_id = m.user_id AND w.archived_at IS NULL);

INSERT INTO members
       (user_id, tenant_id, username, username_key, kind, active, registered,
        service_account, external_id, created_at, archived_at)
SELECT u.id, u.tenant_id, e.address, e.address, 'EndUser', 1, 1, 0, NULL,
       UTC_TIMESTAMP(6), NULL
  FROM users u
  JOIN primary_emails p ON p.user_id = u.id
  JOIN emails e ON e.id = p.email_id AND e.verified = 1
 WHERE EXISTS (SELECT 1 FROM webauthn_credentials w
                WHERE w.user_id = u.id AND w.archived_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM members n WHERE n.user_id = u.id)
   AND NOT EXISTS (SELECT 1 FROM members q
                    WHERE q.tenant_id = u.tenant_id
                      AND q.username_key = e.address)
   AND EXISTS (SELECT 1 FROM members o);

UPDATE members m
  JOIN primary_emails p ON p.user_id = m.user_id
   SET m.email_id = p.email_id
 WHERE m.registered = 1;

-- What is under way does not say which address its code has proved: it begins
-- again, with the same code.
DELETE FROM ceremonies WHERE purpose = 'registration';

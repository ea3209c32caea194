-- By which keys the courier finds tokens that ended long ago.
ALTER TABLE access_tokens
  ADD KEY access_tokens_revoked (revoked_at),
  ADD KEY access_tokens_expires (expires_at);

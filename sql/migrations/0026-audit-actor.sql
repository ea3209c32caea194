-- By which key a list of what one user did finds its pages.
ALTER TABLE audit_logs
  ADD KEY audit_logs_actor (tenant_id, actor_user_id, created_at, id);

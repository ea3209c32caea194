-- By which key a list of what happened finds its pages.
ALTER TABLE audit_logs
  ADD KEY audit_logs_list (tenant_id, created_at, id);

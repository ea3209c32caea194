-- By which key a list of what was signed finds its pages.
ALTER TABLE action_signatures
  ADD KEY action_signatures_list (tenant_id, signed_at, id);

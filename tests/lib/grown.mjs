/*
 * A database that has grown: so many rows in each of its tables.  Row i of one
 * belongs to row i of another, by an id that both make of i; nine of ten are
 * the default tenant's, the others those of many small ones.
 */

/* What an operator makes by hand, or each host has one of. */
export const small = { admin_keys: 20, jwk_changes: 0, mail_refusals: 5,
  operator_sessions: 20, operators: 20, schema_migrations: 0 };

/* Whose rows others refer to. */
const first = ['tenants', 'users', 'emails', 'operators', 'sessions'];

const id = 'UNHEX(MD5(i))';
const tenantOf = "UNHEX(MD5(CONCAT('t', i)))";
const address = "CONCAT('u', i, '@example.com')";
const of = (n, one, other) => `IF(i % 1000 = ${n}, ${one}, ${other})`;

/* Columns of which it matters what is in them. */
const own = {
  access_tokens: { kind: of(1, "'ServiceAccount'", "'Pat'") },
  action_signatures: { username: address, client_data: "REPEAT('x', 200)" },
  audit_logs: { actor_user_id: id, subject_user_id: id, source_ip:
    "CONCAT('10.', i DIV 65536 % 256, '.', i DIV 256 % 256, '.', i % 256)",
  actor_email: "'u***@e***.com'", user_agent: "REPEAT('u', 110)",
  http_request_id: `HEX(${id})`, type: "'login_success'" },
  ceremonies: { state: "REPEAT('x', 300)" },
  emails: { address, user_id: of(11, 'NULL', id) },
  flows: { data: "REPEAT('x', 400)" },
  jwks: { id: tenantOf, tenant_id: tenantOf,
    sealed: "REPEAT('x', 300)" },
  members: { username: address, username_key: address,
    kind: of(1, "'CustomerEmployee'", "'EndUser'"),
    role: of(1, "'owner'", 'NULL'),
    service_account: of(1, '1', '0'), email_id: id },
  outbox: { kind: "IF(i % 2 = 0, 'webhook', 'mail')",
    source: `LEFT(UNHEX(MD5(IF(i % 2 = 0, i % 20, i))), 8)`,
    sealed: "REPEAT('x', 400)" },
  password_credentials: { hash: "REPEAT('h', 97)" },
  password_factors: { hash: "REPEAT('h', 97)" },
  rate_limits: { whom: id },
  sessions: { user_agent: "REPEAT('u', 110)", ip_address: "'192.0.2.1'" },
  tenants: { id: tenantOf },
  usernames: { username: address },
  user_metadata: { unsafe_metadata: "'{}'" },
  users: { name: "CONCAT('Name ', i)" },
  user_counts: { tenant_id: tenantOf },
  webauthn_credentials: { public_key: "REPEAT('k', 91)", aaguid: id,
    user_handle: id, backup_eligible: '1', archived_at: 'NULL',
    mfa_only: of(11, '1', '0') },
  webauthn_challenges: { user_id: id },
  webhooks: { id: tenantOf, tenant_id: tenantOf },
};

/* Rows that there are not: nobody's address is not somebody's primary one. */
const lacks = { primary_emails: 'i % 1000 <> 11' };

/* When row i of so many was made: the last one now, the first 400 days ago. */
const madeAt = (i, rows) => `UTC_TIMESTAMP(6) - INTERVAL
  ${Math.round(400 * 86400 / rows)} * (${rows} - ${i}) SECOND`;

/* What is in any other column, by its name, or else its type. */
function usual(name, type, isNull, { rows, tenants, ends, tenant }) {
  if (name === 'tenant_id')
    return `IF(i % 10 = 0, UNHEX(MD5(CONCAT('t',
      (i DIV 10 - 1) % ${tenants} + 1))), ${tenant})`;
  if (isNull)
    return 'NULL';
  if (name === 'expires_at' || (name === 'next_try_at' && ends))
    return ends ?? `UTC_TIMESTAMP(6)
      + INTERVAL i - ${Math.round(rows / 2)} MINUTE`;
  if (type.startsWith('datetime'))
    return madeAt('i', rows);
  if (type === 'binary(16)')
    return id;
  if (/binary\(\d\d/.test(type))
    return `CONCAT(${id}, ${id})`;
  if (/int/.test(type))
    return name === 'active' || name === 'enabled' || name === 'registered'
      || name === 'verified' || name === 'admitted' ? '1' : '0';
  if (name === 'api')
    return "IF(i % 2 = 0, 'dfns', 'hanko')";
  return `LEFT(CONCAT(i, ' ${name}'), ${/\d+/.exec(type) ?? 64})`;
}

/*
 * Fill the tables, with the rows from..rows of each, or those that are named.
 *
 * ask		runs a statement and returns its rows, as Instance.sql() does.
 * tenants	how many small ones there are, if not as many as rows.
 * ends		when what expires does, and what waits is due, in SQL; half of
 *		it has, otherwise.
 */
export async function grow(ask, rows, { from = 1, only, tenants = rows,
  ends } = {}) {
  const [[hex]] = await ask(
    "SELECT CONCAT('0x', HEX(id)) FROM tenants WHERE name = 'default'");
  const columns = await ask(`SELECT table_name, column_name, column_type,
      is_nullable FROM information_schema.columns
    WHERE table_schema = DATABASE() AND extra NOT LIKE '%auto_increment%'
    ORDER BY table_name, ordinal_position`);
  const all = [...new Set([...first, ...columns.map(([table]) => table)])];
  const some = all.filter((one) => !only || only.includes(one));
  for (const table of some) {
    const last = small[table] ?? rows;
    if (from > last)
      continue;
    const list = columns.filter(([one]) => one === table)
      .map(([, name, type, isNull]) => [name, own[table]?.[name]
        ?? usual(name, type, isNull === 'YES',
          { rows, tenants, ends, tenant: hex })]);
    await ask(`INSERT INTO ${table} (${list.map(([name]) => name)})
      SELECT ${list.map(([, value]) => value)}
        FROM (SELECT CAST(seq AS SIGNED) AS i FROM seq_${from}_to_${last}) n
       WHERE ${lacks[table] ?? 1}`);
  }
  await ask(`ANALYZE TABLE ${some}`);
  return { tables: all, tenant: hex, madeAt: (i) => madeAt(i, rows) };
}

/*
 * Users of other programs, in the databases and files that those keep them in:
 * whoever is imported from there logs in with these.
 */
import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshAddress } from './api.mjs';
import * as wa from './authenticator.mjs';
import { encodePairs } from './cbor.mjs';
import { top } from './instance.mjs';

export const password = 'Tr0ub4dor&3 ünï';
const vectors = join(top, 'tests/vectors');
const bcrypt = readFileSync(join(vectors, 'pwhash.tsv'), 'utf8')
  .split('\n').find((line) => line.startsWith('bcrypt\t')).split('\t')[1];
export const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
/* Who may read the databases. */
export const guest = { name: 'guest', password: "s'3cret:/@" };

/* A database of another program, which its guest may read. */
export class Other {
  constructor(instance, name) {
    Object.assign(this, { instance, name });
  }

  /* On the server of an instance, from files of tests/vectors. */
  static async made(instance, name, ...files) {
    const other = new Other(instance, name);
    await instance.sql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4;
      CREATE OR REPLACE USER ${guest.name}@localhost
        IDENTIFIED BY '${guest.password.replaceAll("'", "''")}';
      GRANT SELECT ON ${name}.* TO ${guest.name}@localhost`);
    for (const file of files)
      await other.sql(readFileSync(join(vectors, file), 'utf8'));
    return other;
  }

  sql(text) {
    return this.instance.sql(`USE ${this.name}; ${text}`);
  }

  /* A row as an object: texts and numbers; null, and SQL as { sql }. */
  put(table, row) {
    const value = (one) => (one === null ? 'NULL'
      : one.sql ?? (typeof one === 'number' ? one
        : `'${one.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`));
    return this.sql(`INSERT INTO ${table} (${Object.keys(row).join()})
      VALUES (${Object.values(row).map(value).join()})`);
  }

  get url() {
    return `mariadb://${guest.name}@/${this.name}?socket=${
      this.instance.env.POSTERN_DB_SOCKET}`;
  }
}

const cose = (device) => encodePairs(wa.cosePairs(device.alg, device.key));
export const raw = (id) => Buffer.from(id.replaceAll('-', ''), 'hex');
export const at = { created_at: '2021-02-03 04:05:06',
  updated_at: '2022-02-03 04:05:06' };

/* A user of Hanko who has everything, in its tables. */
export async function hankoUser(other, { tenant, handle, step } = {}) {
  const id = randomUUID();
  const device = new wa.Authenticator({});
  const user = { id, device, address: freshAddress('hanko'),
    second: freshAddress('second'), username: `h_${id.slice(0, 8)}` };
  const of = { user_id: id, ...at };
  const own = () => ({ id: randomUUID(), ...of });
  await other.put('users', { id, ...at, ...tenant });
  for (const [address, verified] of [[user.second, 0], [user.address, 1]])
    await other.put('emails', { ...own(), address, verified });
  await other.put('primary_emails', { ...own(), email_id: { sql:
    `(SELECT id FROM emails WHERE address = '${user.address}')` } });
  await other.put('usernames', { ...own(), username: user.username });
  await other.put('password_credentials', { ...own(), password: bcrypt });
  await other.put('otp_secrets', { ...own(), secret, ...step });
  const handleId = randomUUID();
  if (handle)
    await other.put('webauthn_credential_user_handles', { ...of, id: handleId,
      handle });
  await other.put('webauthn_credentials', { ...of, id: wa.b64(device.id),
    public_key: wa.b64(cose(device)), attestation_type: 'none',
    aaguid: 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4', sign_count: 1,
    name: 'Key\u202e of mine', backup_eligible: 0, backup_state: 0,
    last_used_at: '2023-02-03 04:05:06', mfa_only: 0,
    user_handle_id: handle ? handleId : null });
  for (const name of ['internal', 'hybrid'])
    await other.put('webauthn_credential_transports', { id: randomUUID(), name,
      webauthn_credential_id: wa.b64(device.id) });
  await other.put('user_metadata', { ...own(), public_metadata: '{"plan":1}',
    private_metadata: '{"note":"x"}', unsafe_metadata: '{"theme":"dark"}' });
  await other.put('identities', { id: randomUUID(), ...at,
    provider_id: 'google', provider_user_id: id, email_id: { sql:
      `(SELECT id FROM emails WHERE address = '${user.address}')` } });
  device.userHandle = handle ? Buffer.from(handle) : raw(id);
  return user;
}

/* The device of somebody, as it was when glewlwyd registered it. */
export function glewlwydDevice(name) {
  const had = JSON.parse(readFileSync(join(vectors, 'glewlwyd.json')))[name];
  const device = new wa.Authenticator({ key: createPrivateKey(had.key),
    counter: had.counter });
  device.id = Buffer.from(had.id, 'base64url');
  device.userHandle = Buffer.from(had.handle, 'base64');
  return device;
}

const std = (bytes) => Buffer.from(bytes).toString('base64');

/* An identity as the Admin API of Kratos lists it, with all credentials. */
export function identity(address, devices, more = {}) {
  const credential = (device, rest) => ({ id: std(device.id),
    public_key: std(cose(device)), attestation_type: 'none',
    authenticator: { aaguid: std(Buffer.alloc(16, 7)), sign_count: 1,
      clone_warning: false }, display_name: 'Kratos key',
    added_at: '2022-02-28T16:40:39Z', ...rest });
  const kind = (type, config) => ({ type, identifiers: [address], config,
    version: 1, created_at: '2022-02-28T16:40:39.5Z',
    updated_at: '0001-01-01T00:00:00Z' });
  const flags = { user_present: true, user_verified: true,
    backup_eligible: false, backup_state: false };
  return { id: randomUUID(), schema_id: 'default', schema_url: 'http://x/y',
    state: 'active', state_changed_at: '2022-02-28T16:40:39Z',
    traits: { email: address, username: `K_${randomBytes(4).toString('hex')}`,
      name: { first: 'Ada', last: 'King' }, plan: 3 },
    verifiable_addresses: [
      { id: randomUUID(), value: address, verified: true, via: 'email',
        status: 'completed' },
      { id: randomUUID(), value: '+4912345', verified: true, via: 'sms',
        status: 'completed' }],
    recovery_addresses: [], metadata_public: { a: 1 }, metadata_admin: null,
    created_at: '2022-02-28T16:40:39.5Z', updated_at: '2022-03-28T16:40:39Z',
    organization_id: null,
    credentials: {
      password: kind('password', { hashed_password: bcrypt }),
      totp: kind('totp', { totp_url: 'otpauth://totp/Here:ada?algorithm=SHA1'
        + `&digits=6&issuer=Here&period=30&secret=${secret}` }),
      webauthn: kind('webauthn', { user_handle: std(devices[0].userHandle),
        credentials: [credential(devices[0], { is_passwordless: true }),
          credential(devices[2], { is_passwordless: false, flags })] }),
      passkey: kind('passkey', { user_handle: std(devices[1].userHandle),
        credentials: [credential(devices[1], { flags,
          transport: ['internal'] })] }),
      oidc: { ...kind('oidc'), identifiers: ['google:1', 'github:2'] },
      lookup_secret: kind('lookup_secret', { recovery_codes: [] }),
    }, ...more };
}

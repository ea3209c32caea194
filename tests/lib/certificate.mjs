/* A certificate that signed itself, for names of this host. */
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './instance.mjs';

/*
 * In folder, as NAME.pem and NAME.key, which everybody may read, as servers of
 * other users have to; what node's servers take for it.
 */
export async function certify(folder, { name = 'own',
  of = 'DNS:localhost' } = {}) {
  const [key, pem] = ['key', 'pem'].map((end) =>
    join(folder, `${name}.${end}`));
  const { status, stderr } = await run('openssl', ['req', '-x509', '-newkey',
    'rsa:2048', '-nodes', '-keyout', key, '-out', pem, '-days', '2', '-subj',
    '/CN=localhost', '-addext', `subjectAltName=${of}`]);
  if (status !== 0)
    throw new Error(stderr);
  chmodSync(key, 0o644);
  return { key: readFileSync(key), cert: readFileSync(pem) };
}

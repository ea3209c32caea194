/*
 * What a request cost, from the line that Postern logs at level debug: a test
 * counts statements and hashes, it never times them.
 */
import { randomUUID } from 'node:crypto';
import { until } from './instance.mjs';

/*
 * Make a call with a request id of its own.
 *
 * instance	started with log.level=debug.
 * Returns { response, statements, writes, hashes }; writes are the statements
 * that changed a row.
 */
export async function cost(instance, api, method, path, body, opts = {}) {
  const id = randomUUID();
  const response = await api.call(method, path, body,
    { ...opts, headers: { ...opts.headers, 'X-Request-Id': id } });
  const line = await until(() => instance.log().split('\n').find((one) =>
    one.includes(id) && / statements, /.test(one)), 'the cost line');
  const [statements, writes, hashes] =
    line.match(/: \d+, (\d+) statements, (\d+) writes, (\d+) hashes/)
      .slice(1).map(Number);
  return { response, statements, writes, hashes };
}

/* Rows that are locked, and whoever waits for them. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './instance.mjs';

/* The table is a copy, made anew only if nobody has read it for 0.1 s. */
export async function transactions(instance, which) {
  await sleep(150);
  const [[n]] = await instance.sql(
    `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE ${which}`);
  return Number(n);
}

/*
 * Hold a row, as another host's transaction would, from when this resolves
 * until release() has.
 */
export async function hold(instance, select) {
  const gone = instance.sql(`START TRANSACTION; ${select} FOR UPDATE;
    DO SLEEP(600)`).catch(() => null);
  const holder = "trx_query LIKE 'DO SLEEP%'";
  await until(() => transactions(instance, holder), 'the lock');
  return { release: async () => {
    assert.equal(await transactions(instance, holder), 1, 'still held');
    await instance.sql(`SELECT trx_mysql_thread_id INTO @holder
      FROM information_schema.innodb_trx WHERE ${holder}; KILL @holder`);
    await gone;
  } };
}

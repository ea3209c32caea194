/*
 * Running a load tool or a floor, and what the figures come to.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output, top } from './quickstart.mjs';

export const bin = join(process.env.POSTERN_BUILD, 'tests/bench');

const TICKS = 100; /* per second, in /proc: the same on every Linux */

/* Seconds of processor time that processes have used so far. */
function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(field[11]) + Number(field[12])) / TICKS;
  }, 0);
}

/*
 * Load from wrk, on one thread:
 * url		http://HOST:PORT of the web server
 * file		the requests (load.lua)
 * connections, seconds, pause_ms, settle_ms
 * bytes	what an answer is long at least, its head included
 * pids		processes that do the work
 *
 * What came of it: rate (of good answers, per second), p50 and p99 (ms), errors,
 * and cpu_us, what the processes spent on an answer: unlike the rate, it hardly
 * depends on what else the machine does.
 */
export async function wrk(load) {
  const before = cpuSeconds(load.pids);
  const text = await output('wrk', ['-t1', `-c${load.connections}`,
    `-d${load.seconds}s`, '--timeout', '10s', '-s',
    join(top, 'tests/bench/load.lua'), load.url, '--', load.file,
    String(load.pause_ms ?? 0)]);
  /* What was on its way when wrk left is still being worked on. */
  await sleep(load.settle_ms ?? 100);
  const got = JSON.parse(text.slice(text.lastIndexOf('\n{') + 1));
  const cpu = cpuSeconds(load.pids) - before;
  const mean = got.bytes / Math.max(got.requests, 1);
  return {
    rate: (got.requests - got.refused) / (got.us / 1e6),
    requests: got.requests,
    cpu_us: cpu * 1e6 / Math.max(got.requests, 1),
    p50: got.p50 / 1000,
    p99: got.p99 / 1000,
    /* A short answer is a refusal in a success's clothes. */
    errors: got.refused + got.broken + (got.requests === 0 ? 1 : 0) +
      (mean < (load.bytes ?? 0) ? got.requests : 0),
  };
}

/*
 * Hashes per second of the bare library, of the kernel that verifies ("huge":
 * on huge pages, where the system gives them), or of libsodium; and what one
 * takes.
 */
export async function argon2(way, threads, seconds, { phc, password }) {
  const text = await output(join(bin, 'argon2'),
    [way, String(threads), String(seconds), phc, password]);
  const [rate, cpu_us] = text.trim().split(' ').map(Number);
  return { rate, cpu_us, errors: 0 };
}

export function median(values) {
  const v = [...values].sort((a, b) => a - b);
  const middle = v.length >> 1;
  return v.length % 2 ? v[middle] : (v[middle - 1] + v[middle]) / 2;
}

export function spread(values) {
  return { median: median(values), min: Math.min(...values),
    max: Math.max(...values) };
}

/*
 * Rounds of subjects: { name: fn }, each fn one measurement.  The order turns
 * with the rounds, so that drift of the machine falls on all alike.
 */
export async function interleave(rounds, subjects) {
  const names = Object.keys(subjects);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names)
    await subjects[name]({ warm: true });
  for (let i = 0; i < rounds; i++)
    for (const name of i % 2 ? [...names].reverse() : names)
      results[name].push(await subjects[name]({ warm: false }));
  return results;
}

/* The ratio of two series, pair by pair. */
export function ratio(series, floor, pick = (one) => one.rate) {
  return spread(series.map((one, i) => pick(one) / pick(floor[i])));
}

/* What a process has for itself. */
import { readFileSync } from 'node:fs';

/*
 * The sum of some rows of its map, in KiB.  A worker is not dumpable, so only
 * root may see its map; RssAnon is what everybody sees, and a little more.
 */
function mapped(pid, rows) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return [...rollup.matchAll(rows)]
      .reduce((sum, [, kib]) => sum + Number(kib), 0);
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EPERM')
      throw error;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(status.match(/^RssAnon:\s+(\d+) kB/m)[1]);
  }
}

export const privateKib = (pid) =>
  mapped(pid, /^Private_(?:Clean|Dirty): +(\d+) kB/gm);

/*
 * Only what it has written to.  The pages of its programs come and go as the
 * system is short of memory or not, and as others use the same ones.
 */
export const writtenKib = (pid) => mapped(pid, /^Private_Dirty: +(\d+) kB/gm);

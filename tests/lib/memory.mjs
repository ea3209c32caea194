/* What a process has for itself. */
import { readFileSync } from 'node:fs';

/*
 * Private_Clean + Private_Dirty, in KiB.  A worker is not dumpable, so only
 * root may see its map; RssAnon is what everybody sees, and a little more.
 */
export function privateKib(pid) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return [...rollup.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)]
      .reduce((sum, [, kib]) => sum + Number(kib), 0);
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EPERM')
      throw error;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(status.match(/^RssAnon:\s+(\d+) kB/m)[1]);
  }
}

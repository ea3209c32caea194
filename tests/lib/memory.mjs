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
 * What is there because it, or who it was forked from, wrote to it, in memory
 * or swapped out.  The pages of its programs come and go as the system is
 * short of memory or not, and what is private becomes shared and is so no more
 * as others live and die: neither is growth.
 */
export const writtenKib = (pid) =>
  mapped(pid, /^(?:Anonymous|Swap): +(\d+) kB/gm);

/* Its share of all memory: what n processes have together counts 1/n. */
export const shareKib = (pid) => mapped(pid, /^(?:Pss|SwapPss): +(\d+) kB/gm);

/*
 * Hold a process so that it hangs: in the state in which a debugger stops it.
 * No signal is sent, and its parent is not told.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/* Numbers of the kernel: ptrace(2), and two of its requests. */
const PTRACE = { x64: 101, arm64: 117 }[process.arch];
const SEIZE = 0x4206;
const INTERRUPT = 0x4207;

/* Why it cannot be done here, or false. */
export const cannotHold = PTRACE === undefined
  ? 'the number of ptrace(2) is not known here'
  : process.getuid() !== 0 && 'our processes may be held by root alone';

/* Until the process that this gives is killed, or pid is. */
export async function hold(pid) {
  const holder = spawn('perl', ['-e', `$| = 1;
    for (${SEIZE}, ${INTERRUPT}) {
      syscall(${PTRACE}, $_, ${pid}, 0, 0) == 0 or die "ptrace: $!\\n";
    }
    print "held\\n";
    sleep;`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await Promise.race([once(holder.stdout, 'data'),
    once(holder, 'exit').then(() => [''])]);
  if (!String(said).startsWith('held'))
    throw new Error(`${pid} cannot be held`);
  return holder;
}

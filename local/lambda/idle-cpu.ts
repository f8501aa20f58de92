import { cpus } from 'node:os';

/** The kernel counts in hundredths of a second: over a shorter time the share says more about chance than about load. */
const sampleMs = 500;

function times(): { idle: number; all: number } {
  let [idle, all] = [0, 0];
  for (const cpu of cpus()) {
    idle += cpu.times.idle;
    all += Object.values(cpu.times).reduce((sum, time) => sum + time, 0);
  }
  return { idle, all };
}

/** Watches how much of the machine is idle: `share` is that of all its cores in the last half second or so, 0 to 1. */
export function watchIdleCpu(): { share(): number; stop(): void } {
  let before = times();
  let share = 1;
  const sampler = setInterval(() => {
    const now = times();
    if (now.all > before.all) share = (now.idle - before.idle) / (now.all - before.all);
    before = now;
  }, sampleMs);
  sampler.unref();
  return { share: () => share, stop: () => clearInterval(sampler) };
}

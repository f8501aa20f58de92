import { cpus } from 'node:os';

/**
 * Sampling interval. The kernel counts in hundredths of a second, so shorter samples would be mostly noise.
 */
const sampleIntervalMs = 500;

function times(): { idle: number; all: number } {
  let [idle, all] = [0, 0];
  for (const cpu of cpus()) {
    idle += cpu.times.idle;
    all += Object.values(cpu.times).reduce((sum, time) => sum + time, 0);
  }
  return { idle, all };
}

/**
 * Samples the machine's CPU: `share()` is the idle share of all cores over about the last half second, 0 to
 * 1.
 */
export function watchIdleCpu(): { share(): number; stop(): void } {
  let before = times();
  let share = 1;
  const sampler = setInterval(() => {
    const now = times();
    if (now.all > before.all) share = (now.idle - before.idle) / (now.all - before.all);
    before = now;
  }, sampleIntervalMs);
  sampler.unref();
  return { share: () => share, stop: () => clearInterval(sampler) };
}

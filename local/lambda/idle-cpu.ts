import { cpus } from 'node:os';

/** A share over a shorter time says more about chance than about load. */
const sampleMs = 50;

function times(): { idle: number; all: number } {
  let [idle, all] = [0, 0];
  for (const cpu of cpus()) {
    idle += cpu.times.idle;
    all += Object.values(cpu.times).reduce((sum, time) => sum + time, 0);
  }
  return { idle, all };
}

/** Watches how much of the machine is idle. @returns the share of all its cores since some moment ago, 0 to 1. */
export function watchIdleCpu(): () => number {
  let before = times();
  let takenAt = Date.now();
  let share = 1;
  return () => {
    if (Date.now() - takenAt < sampleMs) return share;
    const now = times();
    if (now.all > before.all) share = (now.idle - before.idle) / (now.all - before.all);
    before = now;
    takenAt = Date.now();
    return share;
  };
}

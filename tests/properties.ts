import fc from 'fast-check';

/** Properties are tried on the same values in each run; SEED makes others. */
fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });

export { fc };

/** Receives one violation as a sentence. */
export type Report = (violation: string) => void;

import { AwsError } from './service.ts';

/** Faults of the stand-in for SMS. Each probability is from 0 to 1. */
interface Profile {
  /** Probability of a throttled request. */
  busy?: number;
  /** Requests for each phone that are throttled before one is taken. */
  busyBefore?: number;
  /** Probability of a permanent refusal. */
  refused?: number;
  /** Probability of a server error without an effect. */
  broken?: number;
  /** Probability that the SMS is sent, but the answer is lost. */
  lost?: number;
  /** Type of the delivery event; without it no event is sent. */
  receipt?: string;
}

/** Fault profiles by name, for tests and manual experiments. */
const profiles: Readonly<Record<string, Profile>> = {
  calm: { receipt: 'TEXT_DELIVERED' },
  silent: {},
  undeliverable: { receipt: 'TEXT_UNREACHABLE' },
  refusing: { refused: 1 },
  'out of money': { refused: 1 },
  busy: { busy: 1 },
  'busy at times': { busyBefore: 2, receipt: 'TEXT_DELIVERED' },
  lost: { lost: 1, receipt: 'TEXT_DELIVERED' },
  'lost without receipt': { lost: 1 },
  rough: { busy: 0.05, refused: 0.03, broken: 0.02, lost: 0.05, receipt: 'TEXT_DELIVERED' },
};

/** Outcome of sending one SMS. */
interface Fate {
  readonly refusal?: AwsError;
  readonly isLost: boolean;
  readonly receipt?: string | undefined;
}

/** Fault profiles by sender id, so that tests that share the stand-in do not affect each other. */
export interface SmsFaults {
  /** @returns false if there is no such profile. */
  set(senderId: string, profile: string): boolean;
  /** Draws what becomes of a request. @param phone in E.164. */
  fateOf(senderId: string, phone: string): Fate;
  readonly names: readonly string[];
}

export function makeSmsFaults(random: () => number = Math.random): SmsFaults {
  const chosen = new Map<string, string>();
  /** Throttled requests by sender id and phone. */
  const throttled = new Map<string, number>();
  return {
    names: Object.keys(profiles),
    set(senderId, profile) {
      if (!(profile in profiles)) return false;
      chosen.set(senderId, profile);
      return true;
    },
    fateOf(senderId, phone) {
      const name = chosen.get(senderId) ?? 'calm';
      const { busy = 0, busyBefore = 0, refused = 0, broken = 0, lost = 0, receipt } = profiles[name] ?? {};
      const tries = throttled.get(`${senderId} ${phone}`) ?? 0;
      if (tries < busyBefore) throttled.set(`${senderId} ${phone}`, tries + 1);
      const drawn = random();
      if (tries < busyBefore || drawn < busy)
        return { isLost: false, refusal: new AwsError('ThrottlingException', 'Rate exceeded') };
      if (drawn < busy + refused) return { isLost: false, refusal: refusalOf(name) };
      if (drawn < busy + refused + broken)
        return { isLost: false, refusal: new AwsError('InternalServerException', 'The request failed', 500) };
      return { isLost: drawn < busy + refused + broken + lost, receipt };
    },
  };
}

const refusalOf = (name: string): AwsError =>
  name === 'out of money'
    ? new AwsError('ServiceQuotaExceededException', 'The limit is reached', 402, {
        Reason: 'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT',
      })
    : new AwsError('ConflictException', 'The phone opted out', 409, {
        Reason: 'DESTINATION_PHONE_NUMBER_OPTED_OUT',
      });

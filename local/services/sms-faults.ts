import { AwsError } from './service.ts';

/** What the stand-in for SMS does wrong. Every chance is from 0 to 1. */
interface Profile {
  /** That it takes no text now, and says so. */
  busy?: number;
  /** That it refuses a text for ever. */
  refused?: number;
  /** That it fails without having sent anything, and says nothing of that. */
  broken?: number;
  /** That it takes a text, and its answer is lost. */
  lost?: number;
  /** The type of the event that tells of a text; none unless told. */
  receipt?: string;
}

/** By name, for whoever wants to see what becomes of messages. */
const profiles: Readonly<Record<string, Profile>> = {
  calm: { receipt: 'TEXT_DELIVERED' },
  silent: {},
  undeliverable: { receipt: 'TEXT_UNREACHABLE' },
  refusing: { refused: 1 },
  'out of money': { refused: 1 },
  busy: { busy: 1 },
  'busy at times': { busy: 0.5, receipt: 'TEXT_DELIVERED' },
  lost: { lost: 1, receipt: 'TEXT_DELIVERED' },
  'lost without receipt': { lost: 1 },
  rough: { busy: 0.05, refused: 0.03, broken: 0.02, lost: 0.05, receipt: 'TEXT_DELIVERED' },
};

/** What befalls one text. */
interface Fate {
  readonly refusal?: AwsError;
  readonly isLost: boolean;
  readonly receipt?: string | undefined;
}

/** The faults of the stand-in, set for one sender id each, so that those who share it do not meet. */
export interface SmsFaults {
  /** @returns whether there is such a profile. */
  set(senderId: string, profile: string): boolean;
  fateOf(senderId: string): Fate;
  readonly names: readonly string[];
}

export function makeSmsFaults(random: () => number = Math.random): SmsFaults {
  const chosen = new Map<string, string>();
  return {
    names: Object.keys(profiles),
    set(senderId, profile) {
      if (!(profile in profiles)) return false;
      chosen.set(senderId, profile);
      return true;
    },
    fateOf(senderId) {
      const name = chosen.get(senderId) ?? 'calm';
      const { busy = 0, refused = 0, broken = 0, lost = 0, receipt } = profiles[name] ?? {};
      const drawn = random();
      if (drawn < busy)
        return { isLost: false, refusal: new AwsError('ThrottlingException', 'Rate exceeded') };
      if (drawn < busy + refused) return { isLost: false, refusal: refusalOf(name) };
      if (drawn < busy + refused + broken)
        return { isLost: false, refusal: new AwsError('InternalServerException', 'Something broke', 500) };
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

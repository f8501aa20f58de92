import { CannotStart } from '../cannot-start.ts';

/** The parts of a state machine's definition that are read here; the interpreter validates the rest. */
export interface Definition {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly QueryLanguage?: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly QueryLanguage?: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly Seconds?: number;
  readonly ResultPath?: string | null;
  readonly Branches?: readonly Definition[];
  readonly Iterator?: Definition;
  readonly ItemProcessor?: Definition & { readonly ProcessorConfig?: { readonly Mode?: string } };
  readonly [field: string]: unknown;
}

/** The longest timer of JavaScript in seconds (24.8 days); a longer one would fire at once. */
const timerSecondsMax = Math.floor(2_147_483_647 / 1_000);

/** Features that the interpreter would silently run wrongly, by their field in a state. */
const refusedFields: Readonly<Record<string, string>> = {
  Assign: 'variables (Assign)',
  Arguments: 'JSONata (Arguments)',
  Output: 'JSONata (Output)',
  Condition: 'JSONata (Condition)',
  ItemReader: 'a distributed Map (ItemReader)',
  ItemBatcher: 'a distributed Map (ItemBatcher)',
  ResultWriter: 'a distributed Map (ResultWriter)',
  ToleratedFailureCount: 'a distributed Map (ToleratedFailureCount)',
  ToleratedFailurePercentage: 'a distributed Map (ToleratedFailurePercentage)',
  HeartbeatSeconds: 'heartbeats (HeartbeatSeconds)',
};

/**
 * Checks that a definition uses only features that the interpreter runs correctly.
 *
 * @throws CannotStart naming the machine, the state and the feature.
 */
export function refuseUnsupported(machine: string, definition: Definition): void {
  if (definition.QueryLanguage === 'JSONata') throw unsupported(machine, 'as a whole', 'JSONata');
  if ((definition.TimeoutSeconds ?? 0) > timerSecondsMax)
    throw unsupported(machine, 'as a whole', 'a timeout of more than 24 days');
  for (const [name, state] of allStates(definition)) {
    if (state.QueryLanguage === 'JSONata') throw unsupported(machine, `in ${name}`, 'JSONata');
    for (const [field, feature] of Object.entries(refusedFields))
      if (field in state) throw unsupported(machine, `in ${name}`, feature);
    if (state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED')
      throw unsupported(machine, `in ${name}`, 'a distributed Map (DISTRIBUTED)');
    if ((state.Seconds ?? 0) > timerSecondsMax)
      throw unsupported(machine, `in ${name}`, 'a Wait of more than 24 days');
    if ((state.TimeoutSeconds ?? 0) > timerSecondsMax)
      throw unsupported(machine, `in ${name}`, 'a timeout of more than 24 days');
  }
}

const unsupported = (machine: string, place: string, feature: string): CannotStart =>
  new CannotStart(
    `The state machine ${machine} uses ${feature} ${place}, which the local interpreter does not run correctly`,
  );

/** All states of a definition by name, including those inside Map and Parallel. */
export function allStates(definition: Definition): [string, State][] {
  return Object.entries(definition.States).flatMap(([name, state]): [string, State][] => {
    const inner = [...(state.Branches ?? []), state.Iterator, state.ItemProcessor].filter(
      (part) => part !== undefined,
    );
    return [[name, state], ...inner.flatMap(allStates)];
  });
}

/**
 * Timeout of a Task without one: Step Functions waits for a year, the interpreter would give up after 60
 * seconds.
 */
const taskTimeoutSeconds = timerSecondsMax;

/** The definition with the changes that make the interpreter behave like Step Functions. */
export function adapted(definition: Definition): Definition {
  const states = Object.entries(definition.States).map(([name, state]): [string, State] => {
    const { Branches, Iterator, ItemProcessor } = state;
    const timeout =
      state.Type === 'Task' && !state.TimeoutSeconds && !state.TimeoutSecondsPath
        ? { TimeoutSeconds: taskTimeoutSeconds }
        : {};
    return [
      name,
      {
        ...state,
        ...timeout,
        ...(Branches ? { Branches: Branches.map(adapted) } : {}),
        ...(Iterator ? { Iterator: adapted(Iterator) } : {}),
        ...(ItemProcessor ? { ItemProcessor: adapted(ItemProcessor) } : {}),
      },
    ];
  });
  return { ...definition, States: Object.fromEntries(states) };
}

import type { UnitsByFunction } from './idle.ts';
import type { World } from './world.ts';

/** The units that one run of each scheduled function takes when there is nothing to do, by logical id. */
export async function unitsOfSchedules(world: World): Promise<UnitsByFunction> {
  const { running } = world;
  const functions = running.stack.resources('AWS::Lambda::Function');
  const targets = running.stack
    .resources<{ ScheduleExpression?: string; Targets?: { Arn: string }[]; Target?: { Arn: string } }>(
      'AWS::Events::Rule',
      'AWS::Scheduler::Schedule',
    )
    .filter(({ properties }) => properties.ScheduleExpression !== undefined)
    .flatMap(({ properties: { Targets = [], Target } }) => [...Targets, ...(Target ? [Target] : [])]);
  const units = new Map<string, { read: number; write: number }>();
  for (const { Arn } of targets) {
    const found = functions.find(({ name }) => Arn.endsWith(`:${name}`));
    if (!found) continue;
    // The second run, since the first may do what is left from before.
    await running.invoke(Arn, {});
    const { read, write } = await world.consumed(() => running.invoke(Arn, {}), 300);
    units.set(found.logicalId, { read, write });
  }
  return units;
}

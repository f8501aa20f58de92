import { type AttributeMap, itemBytes } from '../dynamodb/attribute-value.ts';
import { consumedIn } from '../dynamodb/consumed-capacity.ts';
import type { Touch } from './touches.ts';

/** Bytes of one write unit (developer guide, "Read and write operations"). */
const bytesPerWriteUnit = 1_024;

/** The write units of an item. */
const writeUnits = (item: AttributeMap): number =>
  Math.max(1, Math.ceil(itemBytes(item, () => {}) / bytesPerWriteUnit));

/**
 * The units that each touch consumed. The engine reports them by table, so those of one table are shared out:
 * an item that was put counts by its size, the others share the rest.
 *
 * @param answer the body of the engine's answer; a refused request consumes what its items are known to take.
 * @param isTransaction transactions take twice the units.
 */
export function unitsOf(touches: readonly Touch[], answer: object, isTransaction: boolean): number[] {
  const factor = isTransaction ? 2 : 1;
  const known = touches.map(({ put }) => (put ? factor * writeUnits(put) : 0));
  const reported = consumedIn(answer);
  if (!reported) return known.map((units) => units || factor);
  const units = [...known];
  for (const { TableName, CapacityUnits = 0 } of reported) {
    const places = [...touches.keys()].filter((place) => touches[place]?.table.name === TableName);
    const open = places.filter((place) => known[place] === 0);
    const sum = places.reduce((total, place) => total + (known[place] ?? 0), 0);
    const sharers = open.length > 0 ? open : places;
    for (const place of sharers)
      units[place] = (units[place] ?? 0) + Math.max(0, CapacityUnits - sum) / sharers.length;
  }
  return units;
}

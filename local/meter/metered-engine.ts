import type { AnsweringEngine } from '../dynamodb/call-engine.ts';
import { type EngineServer, serveEngine } from '../dynamodb/engine-server.ts';
import type { Log } from '../log.ts';
import type { MeteredRequest } from './capacity.ts';
import type { Meter } from './meter.ts';

/** Puts a meter in front of an engine, for requests that are forwarded and for those sent to its address. */
export async function meterEngine(engine: AnsweringEngine, meter: Meter, log: Log): Promise<EngineServer> {
  const forward: EngineServer['forward'] = async (target, body) => {
    const request = JSON.parse(String(body)) as MeteredRequest;
    const asked = JSON.stringify({ ...request, ReturnConsumedCapacity: 'INDEXES' });
    const answer = await engine.forward(target, asked);
    meter.noteUnits(target, request, answer);
    return answer;
  };
  return await serveEngine(forward, 'meter', log);
}

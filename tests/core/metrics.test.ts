import { expect, test, vi } from 'vitest';
import { countCall } from '../../core/metrics.ts';

test('counts a call by its system only, and names its endpoint in the same line', () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {});
  countCall('GET /api/v1/patients', 503, 12.5, 'request-1');
  const [[line = '{}'] = []] = info.mock.calls;
  info.mockRestore();
  expect(JSON.parse(String(line))).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Dimensions: [['system']] }] },
    system: expect.any(String),
    endpoint: 'GET /api/v1/patients',
    requestId: 'request-1',
    faults: 1,
    latency: 12.5,
  });
});

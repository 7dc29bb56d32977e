import type { TimeseriesStore } from '@tallykit/tsdb';

/** Seconds between two values of a series. */
export const STEP = 10;

/** Something of everything, for so many seconds up to `now`. */
export function recordShopInto(store: TimeseriesStore, now: number, seconds: number): void {
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  for (let back = seconds; back >= 0; back -= STEP) {
    const timeMillis = (now - back) * 1000;
    const wave = 1 + 0.4 * Math.sin(back / 600) + 0.15 * Math.sin(back / 97);
    for (const region of ['eu', 'us', 'ap']) {
      const tags = { region };
      for (const [name, rate] of [
        ['orders.created', 40],
        ['jobs.started', 25],
        ['jobs.finished', 24],
        ['cache.hits', 300],
      ] as const) {
        store.record({ name, value: Math.round(wave * rate * (0.8 + 0.4 * random())), tags, timeMillis });
      }
      if (random() < 0.05)
        store.record({ name: 'jobs.failed', value: 1 + Math.round(3 * random()), tags, timeMillis });
    }
    store.record({
      type: 'gauge',
      name: 'queue.depth',
      value: Math.round(220 * wave + 30 * random()),
      unit: '{job}',
      timeMillis,
    });
    store.record({
      type: 'gauge',
      name: 'process.memory',
      value: 3e8 * (1 + 0.1 * wave),
      unit: 'By',
      timeMillis,
    });
    for (const [name, middle] of [
      ['http.duration', 3.2],
      ['db.query', 1.4],
      ['jobs.duration', 5],
    ] as const) {
      for (let each = 0; each < 10; each += 1) {
        store.record({
          type: 'distribution',
          name,
          value: wave * Math.exp(middle + 0.5 * normal()),
          unit: 'ms',
          tags: { route: each % 2 ? '/cart' : '/orders' },
          timeMillis,
        });
      }
    }
  }
}

import type { Metrics, Tags } from '@tallykit/metrics';
import { normal, seededRandom } from '../random.ts';

const ROUTES = [
  { route: 'product', share: 0.45, medianMillis: 24, spread: 0.45 },
  { route: 'cart', share: 0.75, medianMillis: 41, spread: 0.6 },
  { route: 'checkout', share: 1, medianMillis: 160, spread: 0.8 },
] as const;
const REGIONS = ['eu', 'us'] as const;
const PLANS = ['free', 'pro'] as const;
const TENANTS = ['acme', 'globex'] as const;

/** The program's own book of what it recorded: plain maps, filled beside the calls and never from the library. */
export interface Tally {
  /** Since the start. */
  readonly counters: Map<string, number>;
  /** As they are now. */
  readonly gauges: Map<string, number>;
  /** Every value of the current interval. */
  readonly timings: Map<string, number[]>;
  /** How often the code in a timer ran in the current interval; only the library sees how long it took. */
  readonly timers: Map<string, number>;
}

export interface Shop {
  readonly tally: Tally;
  /** How many calls of the metrics API the program made, and how often it was asked for an observed value. */
  readonly calls: number;
  /** Serves this many requests. */
  serve(requests: number): Promise<void>;
}

/** `orders{plan=pro,region=eu}`: one text for a series, whatever the order of its tags. */
export function seriesKey(name: string, tags: Tags = {}): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${String(value)}`);
  return `${name}{${pairs.toSorted().join(',')}}`;
}

/** A small shop that counts and times what it does. */
export function openShop(metrics: Metrics, seed: number): Shop {
  const random = seededRandom(seed);
  const tally: Tally = { counters: new Map(), gauges: new Map(), timings: new Map(), timers: new Map() };
  const healthChecks = metrics.counter('health.checks', { probe: 'liveness' });
  const mail = metrics.child({ prefix: 'mail.', tags: { team: 'growth' } });
  const render = mail.wrap('render', (name: string) => `Thank you, ${name}!`);
  let busyWorkers = 0;
  let queueDepth = 0;
  let calls = 1;

  // StatsD knows no events: this call shows up as a refused one, with its cause.
  metrics.event('Sale', 'Half price until noon', { tags: { shop: 'demo' } });
  metrics.observe('workers.busy', () => {
    calls += 1;
    return busyWorkers;
  });

  const count = (name: string, tags: Tags, amount = 1): void => {
    calls += 1;
    add(tally.counters, seriesKey(name, tags), amount);
  };
  const set = (name: string, tags: Tags, value: number): void => {
    calls += 1;
    tally.gauges.set(seriesKey(name, tags), value);
  };
  const measured = (name: string, tags: Tags, value: number): void => {
    calls += 1;
    const series = seriesKey(name, tags);
    const values = tally.timings.get(series);
    if (values) values.push(value);
    else tally.timings.set(series, [value]);
  };
  const timed = (name: string, tags: Tags): void => {
    calls += 1;
    add(tally.timers, seriesKey(name, tags), 1);
  };

  const request = (): void => {
    const chance = random();
    const { route, medianMillis, spread } = ROUTES.find(({ share }) => chance < share) ?? ROUTES[0];
    const status = random() < 0.01 ? 500 : 200;
    const region = pick(REGIONS, random());
    const millis = medianMillis * Math.exp(spread * normal(random));

    metrics.incr('http.requests', 1, { tags: { route, status } });
    count('http.requests', { route, status });
    metrics.timing('http.duration', millis, { tags: { route } });
    measured('http.duration', { route }, millis);

    if (route === 'cart' && status === 200) changeCarts(region, 1);
    if (route === 'checkout' && status === 200) order(region);
  };

  const changeCarts = (region: string, change: 1 | -1): void => {
    metrics.upDown('carts.open', change, { tags: { region } });
    set('carts.open', { region }, (tally.gauges.get(seriesKey('carts.open', { region })) ?? 0) + change);
  };

  const order = (region: string): void => {
    const plan = pick(PLANS, random());
    const items = 1 + Math.floor(random() * 6);
    const total = Math.round(items * 2_500 * Math.exp(0.5 * normal(random))) / 100;
    metrics.incr('orders.created', 1, { tags: { plan, region } });
    count('orders.created', { plan, region });
    metrics.incr('orders.items', items, { tags: { plan } });
    count('orders.items', { plan }, items);
    metrics.distribution('orders.total', total, { unit: '{EUR}' });
    measured('orders.total', {}, total);
    changeCarts(region, -1);
  };

  /** The parts of the shop that take real time: timers around code, tags that follow the asynchronous context. */
  const afterwards = async (): Promise<void> => {
    healthChecks.incr();
    count('health.checks', { probe: 'liveness' });

    const tenant = pick(TENANTS, random());
    await metrics.withTags({ tenant }, async () => {
      const fails = random() < 0.05;
      const query = metrics.time('db.query', () =>
        fails ? Promise.reject(new Error('lost')) : Promise.resolve(1),
      );
      await query.catch(() => {});
      timed('db.query', { tenant, result: fails ? 'failure' : 'success' });
      mail.incr('sent');
      count('mail.sent', { tenant, team: 'growth' });
    });
    render('Ada');
    timed('mail.render', { team: 'growth', result: 'success' });

    {
      using job = metrics.timer('job.run');
      job.tags['queue'] = 'mail';
      timed('job.run', { queue: 'mail', result: 'success' });
      job.succeed();
    }

    busyWorkers = Math.floor(random() * 16);
    tally.gauges.set(seriesKey('workers.busy'), busyWorkers);
    queueDepth = Math.max(0, queueDepth + Math.floor(random() * 21) - 10);
    metrics.gauge('queue.depth', queueDepth, { tags: { queue: 'mail' } });
    set('queue.depth', { queue: 'mail' }, queueDepth);
    const celsius = Math.round((-18 + normal(random)) * 10) / 10;
    metrics.gauge('freezer.temperature', celsius, { unit: 'Cel' });
    set('freezer.temperature', {}, celsius);
  };

  return {
    tally,
    get calls() {
      return calls;
    },
    async serve(requests) {
      for (let served = 0; served < requests; served += 1) request();
      await afterwards();
    },
  };
}

function add(totals: Map<string, number>, series: string, amount: number): void {
  totals.set(series, (totals.get(series) ?? 0) + amount);
}

function pick<Item>(items: readonly Item[], chance: number): Item {
  return items[Math.floor(chance * items.length)]!;
}

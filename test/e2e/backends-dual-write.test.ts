import { startMetrics, type DualWrite } from '@tallykit/node';
import { parseStatsdPayload, startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { expect, onTestFinished, test } from 'vitest';

const ROUTES = { secondary: ['new.'], both: ['orders.'], bothDistributions: ['release.health.'] };

const VERBS = ['incr', 'upDown', 'gauge', 'timing', 'distribution', 'event'] as const;

/** Which of the two get it: p for the primary backend, s for the secondary one. */
const TABLE: Readonly<Record<string, Readonly<Record<(typeof VERBS)[number], string>>>> = {
  carts: { incr: 'p', upDown: 'p', gauge: 'p', timing: 'p', distribution: 'p', event: 'p' },
  'new.search': { incr: 's', upDown: 's', gauge: 's', timing: 's', distribution: 's', event: 's' },
  'orders.created': { incr: 'ps', upDown: 'ps', gauge: 'ps', timing: 'ps', distribution: 'ps', event: 'ps' },
  'release.health.crash': {
    incr: 'p',
    upDown: 'p',
    gauge: 'p',
    timing: 'ps',
    distribution: 'ps',
    event: 'p',
  },
  'not.new.search': { incr: 'p', upDown: 'p', gauge: 'p', timing: 'p', distribution: 'p', event: 'p' },
};

test('dual-write: two receivers get the names and verbs that the routes give them, under any prefix', async () => {
  const statsd = await startUdpServer();
  const intake = await startDatadogIntake();
  const primaryIntake = await startDatadogIntake();
  onTestFinished(
    async () => void (await Promise.all([statsd.close(), intake.close(), primaryIntake.close()])),
  );
  const datadog = (url: string) => ({ backend: 'datadog', options: { apiKey: 'any', url } }) as const;
  const primaries: DualWrite['primary'][] = [
    { backend: 'statsd', options: { port: statsd.port, processTag: false } },
    datadog(primaryIntake.url),
  ];

  const namesIn = (requests: typeof intake.payloads): Set<string> =>
    new Set(
      requests.flatMap(({ content }) => [
        ...content.series.map(({ metric }) => metric),
        ...content.sketches.map(({ metric }) => metric),
        ...content.events.map(({ title }) => title),
      ]),
    );

  for (const primary of primaries) {
    const { metrics, shutdown } = await startMetrics({
      backend: { primary, secondary: datadog(intake.url), routes: ROUTES },
      prefix: 'shop.',
      exportIntervalMillis: 600_000,
    });
    for (const name of Object.keys(TABLE)) {
      for (const verb of VERBS) {
        if (verb === 'event') metrics.event(`${name}.event`, 'text');
        else metrics[verb](`${name}.${verb}`, 1);
      }
    }
    // Events that only StatsD should have had: it knows none, and that is counted.
    const knowsEvents = primary === primaries[1];
    expect(metrics.stats()).toMatchObject({ hookErrors: knowsEvents ? 0 : 3 });
    const reports = await shutdown();
    expect(reports['primary']).toMatchObject({ pending: 0, dropped: 0, errors: [] });
    expect(reports['secondary']).toMatchObject({ pending: 0, dropped: 0, errors: [] });

    const gotBySecondary = namesIn(intake.take());
    const gotByPrimary = knowsEvents
      ? namesIn(primaryIntake.take())
      : new Set(
          statsd
            .take()
            .flatMap((payload) => parseStatsdPayload(payload, 'dogstatsd').map(({ name }) => name)),
        );
    const got = Object.fromEntries(
      Object.keys(TABLE).map((name) => [
        name,
        Object.fromEntries(
          VERBS.map((verb) => {
            const wireName = verb === 'event' ? `${name}.event` : `shop.${name}.${verb}`;
            return [
              verb,
              (gotByPrimary.has(wireName) ? 'p' : '') + (gotBySecondary.has(wireName) ? 's' : ''),
            ];
          }),
        ),
      ]),
    );
    const withoutEvents = ({ event, ...row }: (typeof TABLE)[string]) => ({
      ...row,
      event: event.replace('p', ''),
    });
    const expected = Object.entries(TABLE).map(([name, row]) => [
      name,
      knowsEvents ? row : withoutEvents(row),
    ]);
    expect(got).toEqual(Object.fromEntries(expected));
  }
});

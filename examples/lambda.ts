// A function as AWS Lambda calls it: between two invocations everything stands still.      pnpm example lambda
import { startMetrics } from '@tallykit/node';
import { startDatadogIntake } from '@tallykit/testkit';

// Without a key, a fake intake in this process stands in for Datadog.
const intake = process.env['DD_API_KEY'] ? undefined : await startDatadogIntake();

// Once for each instance of the function, outside of the handler.
const { metrics, flush, shutdown } = await startMetrics({
  backend: 'datadog',
  options: intake ? { apiKey: 'any', url: intake.url } : {},
});

export async function handler({ orders }: { orders: number }): Promise<string> {
  try {
    return await metrics.time('handler', async () => {
      metrics.incr('orders', orders);
      return Promise.resolve(`${orders} orders taken`);
    });
  } finally {
    // Before the answer, and never longer than this: what is not sent by then goes with the next invocation.
    const { datadog } = await flush({ timeoutMillis: 500 });
    console.log(`sent ${datadog?.exported}, kept ${datadog?.pending}, dropped ${datadog?.dropped}`);
  }
}

// What Lambda does: one event after the other. At the second one, Datadog doesn't answer in time.
for (const [index, orders] of [3, 5, 2].entries()) {
  if (index === 1) intake?.script({ status: 202, delayMillis: 1_000 });
  console.log(await handler({ orders }));
}

// A function with an extension gets SIGTERM before its instance ends: `shutdownOn: ['SIGTERM']` does this.
await shutdown();
if (intake) console.log(`The intake has ${intake.count('orders')} orders.`);
await intake?.close();

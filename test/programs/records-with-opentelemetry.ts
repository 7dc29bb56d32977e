// Knows nothing but OpenTelemetry's API, and makes its instruments at once. Records, and ends when its input does.
import { metrics } from '@opentelemetry/api';

const meter = metrics.getMeter('program');
meter.createCounter('orders').add(3, { plan: 'pro', instance: 'web-1' });
meter.createGauge('depth').record(12);
meter.createHistogram('query', { unit: 'ms' }).record(14);
console.log('recorded');
process.stdin.resume();

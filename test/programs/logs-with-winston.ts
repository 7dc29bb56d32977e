// Gives winston's logger `sentry.metrics` a file, as Sentry's page gives Python's a console. LOG_FILE says which.
import { metrics } from '@tallykit/metrics';
import { sentryFormat } from '@tallykit/exporter-logging';
import winston from 'winston';

const file = new winston.transports.File({ filename: process.env['LOG_FILE'] ?? '' });
winston.loggers.add('sentry.metrics', { level: 'debug', format: sentryFormat(), transports: [file] });

metrics.incr('foo');
metrics.incr('foo', 2.5, { instance: 'bar', tags: { a: 'b' } });
metrics.timing('jobs.duration', 1.8568, { instance: 'sentry.tasks.x', tags: { result: 'success' } });
metrics.event('Deploy', 'v42 is live');
console.log('recorded');
process.stdin.resume();

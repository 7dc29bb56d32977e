import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { EnvironmentOptions } from '@tallykit/exporter-base';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OTLP_PACKAGES } from '../src/official-packages.ts';
import { createOtlpExporter, readOtlpProtocol } from '../src/otlp-backend.ts';

type Word = keyof typeof OTLP_PACKAGES;

function create(options: object, variables: Record<string, string> = {}) {
  const protocol = readOtlpProtocol(new EnvironmentOptions('test', variables));
  const created = createOtlpExporter({ ...options }, protocol, 1000);
  onTestFinished(() => created.exporter.shutdown());
  return created;
}

/** Makes packages look as if they weren't installed. Their names end with `-missing` then. */
function uninstall(...words: Word[]): void {
  for (const word of words) {
    const official: { name: string; load: unknown } = OTLP_PACKAGES[word];
    const { name, load } = official;
    official.name = `${name}-missing`;
    official.load = () => {
      throw new Error(`Cannot find module '${official.name}'`);
    };
    onTestFinished(() => void Object.assign(official, { name, load }));
  }
}

const TYPES: [Word, string][] = [
  ['http/protobuf', 'otlp_http_metric_exporter'],
  ['grpc', 'otlp_grpc_metric_exporter'],
  ['http/json', 'otlp_http_json_metric_exporter'],
];

describe('the protocol of OTLP', () => {
  it.each(TYPES)('%s is that of the environment', (word, type) => {
    expect(create({}, { OTEL_EXPORTER_OTLP_PROTOCOL: word }).componentType).toBe(type);
    const both = {
      OTEL_EXPORTER_OTLP_PROTOCOL: word === 'grpc' ? 'http/json' : 'grpc',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: ` ${word.toUpperCase()} `,
    };
    expect(create({}, both).componentType).toBe(type);
  });

  it.each(TYPES)('%s is that of the option, before the environment', (word, type) => {
    const variables = { OTEL_EXPORTER_OTLP_PROTOCOL: word === 'grpc' ? 'http/json' : 'grpc' };
    expect(create({ protocol: word }, variables).componentType).toBe(type);
  });

  it('is the one that is installed, the specified default first', () => {
    expect(create({}).componentType).toBe('otlp_http_metric_exporter');
    uninstall('http/protobuf');
    expect(create({}).componentType).toBe('otlp_grpc_metric_exporter');
    uninstall('grpc');
    expect(create({}).componentType).toBe('otlp_http_json_metric_exporter');
    uninstall('http/json');
    expect(() => create({})).toThrow(
      /the backend otlp needs @opentelemetry\/exporter-metrics-otlp-proto-missing, which is not installed: npm install/,
    );
  });

  it('is never another one than the environment names', () => {
    uninstall('grpc');
    expect(() => create({}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow(
      /OTEL_EXPORTER_OTLP_PROTOCOL needs @opentelemetry\/exporter-metrics-otlp-grpc-missing, which is not installed: npm install/,
    );
  });

  it.each([
    ['http/protobuf', 'application/x-protobuf'],
    ['http/json', 'application/json'],
  ])('%s is what is sent', async (protocol, type) => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`;
    const request = once(server, 'request');
    const { exporter } = create({ url, protocol });
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    provider.getMeter('test').createCounter('orders').add(1);
    await provider.forceFlush();
    const [{ headers }] = (await request) as [{ headers: Record<string, string> }];
    expect(headers['content-type']).toBe(type);
    await provider.shutdown();
  });
});

describe('options of OTLP', () => {
  const metadata = { getMap: () => ({}), clone: () => metadata, get: () => [] };
  it.each<[object]>([
    [{ protocol: 'grpc', url: 'http://127.0.0.1:1', compression: 'gzip', metadata }],
    [{ protocol: 'grpc', url: '127.0.0.1:1', timeoutMillis: 5, temporalityPreference: 'delta' }],
    [{ protocol: 'http/json', url: 'https://h/v1/metrics', headers: { a: 'b' }, keepAlive: true }],
  ])('%j are taken', (options) => {
    expect(() => create(options)).not.toThrow();
  });

  it.each<[object, string]>([
    [
      { protocol: 'http' },
      '`protocol` must be one of "http/protobuf", "grpc", "http/json", not a string of 4',
    ],
    [
      { protocol: 'grpc', headers: { key: 'secret' } },
      '`headers` must be left out: the protocol grpc has metadata',
    ],
    [{ protocol: 'grpc', metadata: { key: 'secret' } }, '`metadata` must be a `Metadata` of @grpc/grpc-js'],
    [
      { protocol: 'grpc', credentials: 'secret' },
      '`credentials` must be channel credentials of @grpc/grpc-js',
    ],
    [{ protocol: 'grpc', url: 'udp://secret' }, '`url` must be an address such as http://localhost:4317'],
    [{ protocol: 'grpc', keepAlive: true }, 'there is no option `keepAlive`'],
    [
      { protocol: 'http/json', url: 'localhost:4318' },
      '`url` must be a URL such as http://localhost:4318/v1/metrics',
    ],
    [{ protocol: 'http/protobuf', metadata }, 'there is no option `metadata`'],
    [{ protocol: 'http/json', timeoutMillis: 0 }, '`timeoutMillis` must be a whole number from 1'],
    [{ protocol: 'http/json', httpAgentOptions: 5 }, '`httpAgentOptions` must be an object'],
  ])('%j are an error', (options, message) => {
    expect(() => create(options)).toThrow(message);
    expect(() => create(options)).not.toThrow('secret');
  });
});

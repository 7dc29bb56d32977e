import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readOptions as readHttpOptions } from '../../packages/exporter-datadog-http/src/options.ts';
import { readOptions as readDogStatsdOptions } from '../../packages/exporter-dogstatsd/src/options.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly containers: readonly {
          readonly env: readonly {
            readonly name: string;
            readonly value?: string;
            readonly valueFrom?: object;
          }[];
          readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
        readonly volumes?: readonly { readonly name: string; readonly hostPath: { readonly path: string } }[];
      };
    };
  };
}

/** The manifests in a page, which have to be YAML without errors and warnings. */
function manifestsOf(page: string): Manifest[] {
  const text = readFileSync(new URL(`../../packages/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, manifest]) =>
    parseAllDocuments(manifest!).map((document) => {
      if ('empty' in document && document.empty === true) throw new Error('an empty manifest');
      expect([document.errors, document.warnings]).toEqual([[], []]);
      return document.toJS() as Manifest;
    }),
  );
}

const PODS = {
  'exporter-dogstatsd/docs/agent-setup.md': readDogStatsdOptions,
  'exporter-datadog-http/docs/where-it-runs.md': readHttpOptions,
};

test.each(Object.entries(PODS))(
  'the manifests of %s set only variables that the exporter reads',
  (page, readOptions) => {
    const manifests = manifestsOf(page);
    expect(manifests.length).toBeGreaterThan(0);
    for (const { apiVersion, kind, spec } of manifests) {
      expect([apiVersion, kind]).toEqual(['apps/v1', 'Deployment']);
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const { containers } = spec.template.spec;
      for (const { env } of containers) {
        const read = new Set<string>();
        const given = Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'given']));
        const variables = new Proxy<Record<string, string>>(
          { KUBERNETES_SERVICE_HOST: '10.96.0.1', ...given },
          {
            get(target, name) {
              read.add(String(name));
              return Reflect.get(target, name) as unknown;
            },
          },
        );
        const settings = readOptions({}, variables);
        expect(env.map(({ name }) => name).filter((name) => !read.has(name))).toEqual([]);
        // Kubernetes refuses values that are no texts.
        for (const { value, valueFrom } of env)
          expect(typeof (value ?? '')).toBe(valueFrom ? 'string' : typeof value);
        expect(settings.ownProcess.podName).toBe('given');
      }
    }
  },
);

test('one manifest leads to the node, and one to a socket in a folder that is mounted', () => {
  const targets = manifestsOf('exporter-dogstatsd/docs/agent-setup.md').map(({ spec: { template } }) => {
    const [{ env, volumeMounts = [] }] = template.spec.containers as unknown as [
      Manifest['spec']['template']['spec']['containers'][number],
    ];
    const variables = Object.fromEntries(env.map(({ name, value }) => [name, value ?? '10.0.0.7']));
    return {
      target: readDogStatsdOptions({}, variables).target,
      volumeMounts,
      volumes: template.spec.volumes ?? [],
    };
  });
  expect(targets[0]?.target).toEqual({ type: 'udp', host: '10.0.0.7', port: 8125 });
  const { target, volumeMounts, volumes } = targets[1]!;
  expect(target).toMatchObject({ type: 'unix', path: `${volumeMounts[0]?.mountPath}/dsd.socket` });
  expect(volumes.map(({ name }) => name)).toEqual(volumeMounts.map(({ name }) => name));
});

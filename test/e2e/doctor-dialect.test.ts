import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startReferenceStatsd, type ReferenceStatsd } from '../servers/reference-statsd.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

interface Diagnosis {
  readonly ok: boolean;
  readonly findings: readonly { readonly level: string; readonly cause: string; readonly remedy?: string }[];
}

async function doctor(server: ReferenceStatsd, dialect: string): Promise<Diagnosis> {
  const parameters = ['--import', import.meta.resolve('tsx'), '--conditions=@tallykit/source', MAIN];
  const command = ['doctor', '--json', '--management-port', String(server.adminPort)];
  const env = {
    ...process.env,
    METRICS_BACKEND: 'statsd',
    STATSD_HOST: server.host,
    STATSD_PORT: String(server.port),
    METRICS_OPTIONS: JSON.stringify({ dialect }),
  };
  const run = promisify(execFile)(process.execPath, [...parameters, ...command], { env });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Diagnosis;
}

it('doctor asks the reference server how it understood the tags, and names a wrong dialect', async () => {
  await using server = await startReferenceStatsd();
  const { ok, findings } = await doctor(server, 'influx');
  expect(findings).toMatchObject([
    {
      level: 'problem',
      cause: expect.stringMatching(
        /^the StatsD server took the tags for a part of the name, tallykit\.doctor\.count.+: it does not read the dialect influx$/,
      ),
      remedy: expect.stringContaining("'graphite'"),
    },
  ]);
  expect(ok).toBe(false);
  expect((await server.counters()).size).toBe(1);
});

it('doctor says that the reference server has counted what it understood', async () => {
  await using server = await startReferenceStatsd();
  expect(await doctor(server, 'graphite')).toMatchObject({
    ok: true,
    findings: [{ level: 'note', cause: 'the StatsD server has counted tallykit.doctor.count;check=doctor' }],
  });
});

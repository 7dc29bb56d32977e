import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environment } from '../packaging/consumer.ts';
import type { PackedPackage } from '../packaging/pack.ts';
import { startProcess } from '../programs/start-process.ts';
import { copyPrograms } from './programs.ts';
import { installTools, REGISTRY } from './tools.ts';

const run = promisify(execFile);

/** A registry that has our packages, and hands everything else on from the one that npm is configured with. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
}

/** Starts Verdaccio, and publishes our packages there. */
export async function startRegistry(packages: readonly PackedPackage[]): Promise<Registry> {
  const tools = await installTools(REGISTRY);
  copyPrograms('registry', tools);
  const storage = join(tools, 'storage');
  // Those of a former run.
  rmSync(join(storage, '@tallykit'), { recursive: true, force: true });
  const { stdout: upstream } = await run('npm', ['config', 'get', 'registry'], { env: environment });
  const configuration = join(tools, 'registry.yaml');
  writeFileSync(configuration, JSON.stringify(configurationWith(storage, upstream.trim())));
  let tell: (port: string) => void = () => undefined;
  const printed = new Promise<string>((resolve) => (tell = resolve));
  const server = startProcess(process.execPath, [join(tools, 'registry/serve.mjs'), configuration], {
    directory: tools,
    environment,
    onOutput(chunk) {
      const port = /^port (\d+)$/m.exec(chunk)?.[1];
      if (port !== undefined) tell(port);
    },
  });
  const failed = server.ended.then(() => Promise.reject(new Error(server.output())));
  // It ends with the tests, which is no failure.
  failed.catch(() => undefined);
  const url = `http://127.0.0.1:${await Promise.race([printed, failed])}/`;
  for (const one of packages) await publish(url, one);
  return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** https://verdaccio.org/docs/configuration, as YAML, of which JSON is a part. */
function configurationWith(storage: string, upstream: string): object {
  return {
    storage,
    uplinks: { upstream: { url: upstream, maxage: '1h', timeout: '60s', max_fails: 100 } },
    packages: {
      '@tallykit/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    max_body_size: '50mb',
    log: { type: 'stdout', level: 'warn' },
  };
}

/** What `npm publish` sends, without an account. */
async function publish(registry: string, { name, tarball }: PackedPackage): Promise<void> {
  const { stdout } = await run('tar', ['-xOzf', tarball, 'package/package.json']);
  const manifest = JSON.parse(stdout) as { version: string };
  const file = `${name}-${manifest.version}.tgz`;
  const bytes = await readFile(tarball);
  const response = await fetch(new URL(name.replace('/', '%2f'), registry), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      _id: name,
      name,
      'dist-tags': { latest: manifest.version },
      versions: {
        [manifest.version]: {
          ...manifest,
          _id: `${name}@${manifest.version}`,
          dist: {
            tarball: new URL(`${name}/-/${file}`, registry).href,
            integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
            // yarn classic knows only this one.
            shasum: createHash('sha1').update(bytes).digest('hex'),
          },
        },
      },
      _attachments: {
        [file]: {
          content_type: 'application/octet-stream',
          data: bytes.toString('base64'),
          length: bytes.length,
        },
      },
    }),
  });
  if (!response.ok) throw new Error(`${name} is not published: ${response.status} ${await response.text()}`);
}

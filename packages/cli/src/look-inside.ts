// Preloaded by `doctor -- PROGRAM` into the program: looks at its metrics from inside, starts nothing, and changes nothing
// but what it watches. It needs nothing but Node, so that it brings along no copy of anything.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import type { ApiCopy, InsideReport, SeenExporter } from './inside-report.ts';

/** Where `@opentelemetry/api` keeps what is registered globally. */
const API = Symbol.for('opentelemetry.js.api.1');
/** For programs that end without an `exit`: what is known after this time at the latest. */
const REFRESH_MILLIS = 1_000;

interface GlobalApi {
  version?: string;
  metrics?: object;
}

const folder = process.env['TALLYKIT_DOCTOR_REPORTS'];
const exporters: SeenExporter[] = [];
const files = new Set<string>();
let provider: object | undefined;
let apiVersion: string | undefined;
/** The copies of the API that see the MeterProvider. At the end of a program, it may be gone. */
const seeing = new Set<string>();
let written = '';

if (folder !== undefined && !isTool(process.argv[1] ?? '')) {
  watchFiles();
  watchProvider();
  process.on('exit', () => report());
  setInterval(report, REFRESH_MILLIS).unref();
}

/** Package managers and the like are programs of Node, too, and not the one that is meant. */
function isTool(program: string): boolean {
  return /[\\/](?:npm|npx|pnpm|yarn|corepack)(?:-cli)?(?:\.c?js)?$/.test(program);
}

/** Remembers which files are loaded, where Node says it (22.15). Elsewhere only CommonJS modules and the program are known. */
function watchFiles(): void {
  const { registerHooks } = module as { registerHooks?: (hooks: object) => void };
  registerHooks?.({
    load(url: string, context: unknown, nextLoad: (url: string, context: unknown) => unknown) {
      if (url.startsWith('file:')) files.add(fileURLToPath(url));
      return nextLoad(url, context);
    },
  });
}

/** Learns of the global MeterProvider when it is registered, whatever registers it. */
function watchProvider(): void {
  const holder = globalThis as { [API]?: GlobalApi | undefined };
  let api = holder[API];
  const watch = (one: GlobalApi | undefined): void => {
    if (one === undefined) return;
    let metrics = one.metrics;
    const see = (value: object | undefined): void => {
      metrics = value;
      if (value === undefined) return;
      provider = value;
      apiVersion = one.version;
      queueMicrotask(watchExporters);
    };
    Object.defineProperty(one, 'metrics', {
      configurable: true,
      enumerable: true,
      get: () => metrics,
      set: see,
    });
    see(metrics);
  };
  watch(api);
  Object.defineProperty(holder, API, {
    configurable: true,
    enumerable: true,
    get: () => api,
    set: (value: GlobalApi | undefined) => {
      api = value;
      watch(value);
    },
  });
}

interface Exporter {
  /** The exporter behind one of `@tallykit/node`, which reports success whatever becomes of an export. */
  readonly exporter?: Exporter;
  export(metrics: unknown, resultCallback: (result: { code: number; error?: Error }) => void): void;
}

interface Reader {
  readonly _exporter?: Exporter;
}

/** What is known of the SDK's MeterProvider. Others are left alone. */
interface SdkProvider {
  readonly _sharedState?: { readonly metricCollectors?: readonly { readonly _metricReader?: Reader }[] };
}

function watchExporters(): void {
  const { _sharedState: state } = provider as SdkProvider;
  for (const { _metricReader: reader } of state?.metricCollectors ?? []) {
    if (reader === undefined) continue;
    const { _exporter: outermost } = reader;
    const exporter = innermost(outermost);
    const seen: SeenExporter = {
      reader: nameOf(reader),
      exporter: exporter && nameOf(exporter),
      exports: 0,
      failures: 0,
    };
    exporters.push(seen);
    if (exporter === undefined) continue;
    const original = exporter.export.bind(exporter);
    exporter.export = (metrics, resultCallback) =>
      original(metrics, (result) => {
        seen.exports += 1;
        if (result.code !== 0) {
          seen.failures += 1;
          seen.error = result.error?.message;
        }
        report();
        resultCallback(result);
      });
  }
  report();
}

function innermost(exporter: Exporter | undefined): Exporter | undefined {
  return typeof exporter?.exporter?.export === 'function' ? innermost(exporter.exporter) : exporter;
}

function nameOf(object: object): string {
  return object.constructor.name;
}

/** Writes what is known now. The file is always whole, because somebody may read it at any time. */
function report(): void {
  const text = JSON.stringify(look());
  if (text === written) return;
  written = text;
  const file = join(folder!, `${process.pid}.json`);
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

function look(): InsideReport {
  const loaded = loadedFiles();
  return {
    pid: process.pid,
    program: process.argv[1] ?? '',
    isRegistered: provider !== undefined,
    provider: provider && nameOf(provider),
    apiVersion,
    exporters,
    copies: copiesIn(loaded),
    bundles: loaded.flatMap(bundleIn),
    usesTallykit: Object.getOwnPropertySymbols(globalThis).some((symbol) =>
      /^@tallykit\/metrics\/\d+$/.test(symbol.description ?? ''),
    ),
  };
}

function loadedFiles(): string[] {
  const ofCommonJs = Object.keys(createRequire(import.meta.url).cache);
  const [, program] = process.argv;
  return [...new Set([...(program === undefined ? [] : [program]), ...ofCommonJs, ...files])];
}

const IN_API = /^(.*[\\/]@opentelemetry[\\/]api)[\\/](?:build|dist)[\\/]/;

function copiesIn(loaded: readonly string[]): ApiCopy[] {
  const folders = new Set(loaded.flatMap((file) => IN_API.exec(file)?.[1] ?? []));
  return [...folders].map((path) => {
    const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string };
    return { path, version, seesProvider: seesProvider(path, version) };
  });
}

/** Whether what is recorded with a copy reaches the global MeterProvider. */
function seesProvider(path: string, version: string): boolean {
  if (seeing.has(path)) return true;
  const isRegistered = (globalThis as { [API]?: GlobalApi | undefined })[API]?.metrics !== undefined;
  const sees = isRegistered ? askCopy(path, version) : isSeenBy(version);
  if (sees && isRegistered) seeing.add(path);
  return sees;
}

/** Asks the copy itself, where it can be asked. */
function askCopy(path: string, version: string): boolean {
  const cached = Object.entries(createRequire(import.meta.url).cache).find(
    ([file]) =>
      file.startsWith(path) && /[\\/](?:build[\\/]src[\\/]index\.js|dist[\\/]index\.cjs)$/.test(file),
  );
  const exports = cached?.[1]?.exports as { metrics?: { getMeterProvider(): object } } | undefined;
  const seen = exports?.metrics?.getMeterProvider();
  return seen === undefined ? isSeenBy(version) : seen === provider;
}

/** The API's rule (`internal/semver.ts`): a copy leaves alone what an older minor version has registered. */
function isSeenBy(version: string): boolean {
  if (apiVersion === undefined) return false;
  const [major, minor = 0] = version.split('.').map(Number);
  const [globalMajor, globalMinor = 0] = apiVersion.split('.').map(Number);
  return major === globalMajor && minor <= globalMinor;
}

/** Texts that stay in a bundle when names are shortened. */
const MARKS = {
  '@opentelemetry/api': /opentelemetry\.js\.api\./,
  '@opentelemetry/sdk-metrics': /PeriodicExportingMetricReader: metrics export failed/,
  '@tallykit/metrics': /@tallykit\/metrics\/\d/,
  'an exporter of Tallykit': /(?:Statsd|DogStatsd|DatadogHttp|Logging)MetricExporter/,
} as const;

const scanned = new Map<string, InsideReport['bundles']>();

/** Whether a file is a bundle that contains a copy of the API or of Tallykit. */
function bundleIn(file: string): InsideReport['bundles'] {
  const known = scanned.get(file);
  if (known !== undefined) return known;
  const text = /\.[cm]?js$/.test(file) && !isOfPackage(file) ? textOf(file) : '';
  const contents = Object.entries(MARKS)
    .filter(([, mark]) => mark.test(text))
    .map(([name]) => name);
  const isBundle = contents.includes('@opentelemetry/api');
  const found = isBundle ? [{ path: file, contents }] : [];
  scanned.set(file, found);
  return found;
}

/** What these packages ship is made of their own files. */
const PACKAGES = /"name":\s*"@(?:opentelemetry|tallykit)\//;

function isOfPackage(file: string): boolean {
  for (let above = dirname(file); above !== dirname(above); above = dirname(above)) {
    const manifest = textOf(join(above, 'package.json'));
    // One that only says the type of the modules has no name.
    if (/"name":/.test(manifest)) return PACKAGES.test(manifest);
  }
  return false;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

// What the tables of options say is what the code does: defaults, variables, and that no other variables are read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { packageFolders, REPOSITORY } from '../repository.ts';
import { SUBJECTS, type Variables } from './option-subjects.ts';
import { typesOn, valueOf } from './option-tables.ts';
import { DocumentedTypes } from './option-types.ts';
import { pagesIn } from './pages.ts';

/** Types that are described only, and why. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  ArrivalPrinterOptions: 'of the test kit, without variables',
  ConformanceFacts: 'facts of a subject, all of them given',
  DeliveryOptions: 'of who writes an exporter, without variables',
  EventOptions: 'of one call',
  InternalOptions: 'of the store, which is compared',
  MetricProducerOptions: 'without variables, and with defaults in words',
  ObserveExporterOptions: 'without variables, and with defaults in words',
  OtlpOptions: "read by OpenTelemetry's exporters",
  PrometheusOptions: "read by OpenTelemetry's exporter",
  RecordOptions: 'of one call',
  RedisOptions: 'a part of TimeseriesStoreOptions, without variables',
  TagRules: 'without variables, and with defaults in words',
};

/** The texts of all pages. */
const pages = [
  'docs/migration',
  ...packageFolders().flatMap((folder) => [`packages/${folder}`, `packages/${folder}/docs`]),
]
  .flatMap(pagesIn)
  .map((page) => readFileSync(join(REPOSITORY, page), 'utf8'));

const types = new DocumentedTypes([...new Set(SUBJECTS.map(({ folder }) => folder))]);

describe.for(SUBJECTS)('$type', (subject) => {
  const {
    folder,
    type,
    needed = {},
    defaults = {},
    texts = {},
    seenIn = {},
    beside = {},
    others = [],
    unnamed = [],
    withoutEffect = [],
  } = subject;
  const options = types.optionsOf(folder, type);
  const optional = options.filter(({ isRequired }) => !isRequired);
  const variables = options.flatMap((option) => option.variables.map((variable) => ({ variable, option })));

  it.for(optional)('$name has the default that is written', ({ name, default: written }) => {
    const value = valueOf(written)?.value;
    const cases = defaults[name] ?? (value === undefined ? undefined : [[{}, name, value] as const]);
    expect(cases, `option-subjects.ts has no case for the default "${written}"`).toBeDefined();
    expect(written, 'a default is written').not.toBe('');
    const found = cases!.map(([given, option]) => subject.read({ ...needed, ...given }, {})[option]);
    expect(found).toEqual(cases!.map(([, , expected]) => expected));
  });

  it.for(variables)('$variable changes the option', ({ variable, option: { name } }) => {
    expect(texts).toHaveProperty(variable);
    const given = Object.fromEntries(Object.entries(needed).filter(([needs]) => needs !== name));
    const before = name in needed ? {} : subject.read(given, { ...beside[variable] });
    const after = subject.read(given, { ...beside[variable], [variable]: texts[variable] });
    const seen = seenIn[name] ?? name;
    const isChanged = !isDeepStrictEqual(after[seen], before[seen]);
    expect(isChanged).toBe(!withoutEffect.includes(name));
  });

  it('reads no other variables', () => {
    const looked = new Set<string>();
    const watch = (given: Variables): Variables =>
      new Proxy(given, {
        get(target, name) {
          if (typeof name === 'string') looked.add(name);
          return Reflect.get(target, name) as string | undefined;
        },
      });
    subject.look?.(needed, watch({}));
    for (const [variable, text] of Object.entries(texts)) {
      subject.look?.(needed, watch({ ...beside[variable], [variable]: text }));
    }
    const documented = new Set([...variables.map(({ variable }) => variable), ...others, ...unnamed]);
    expect([...looked].filter((name) => !documented.has(name))).toEqual([]);
    expect(Object.keys(texts).filter((name) => !documented.has(name))).toEqual([]);
    expect(others.filter((name) => !pages.some((page) => page.includes(name)))).toEqual([]);
  });
});

it('compares every table of options', () => {
  const compared = new Set(SUBJECTS.map(({ type }) => type));
  const shown = pages.flatMap(typesOn);
  expect(shown.filter((type) => !compared.has(type) && !(type in NOT_COMPARED))).toEqual([]);
});

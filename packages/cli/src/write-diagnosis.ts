import type { ReadSetting } from '@tallykit/node';
import { STATE_SIGNS, type Writer } from './writer.ts';
import type { Diagnosis, Finding } from './findings.ts';

/** Prints a diagnosis for people. */
export function writeDiagnosis(
  writer: Writer,
  diagnosis: Diagnosis,
  { all = false }: { readonly all?: boolean },
): void {
  const { package: used, settings, sent, findings, ok } = diagnosis;
  const origin = used.ofProject ? 'of this project' : 'that came with this command; this folder has none';
  writer.text(`@tallykit/node ${used.version}, ${origin}`);
  for (const backend of settings?.backends ?? []) {
    writer.heading(`${backend.key} → ${backend.destination}`);
    writer.row('backend', backend.backend, backend.source);
    writeSettings(writer, backend.settings, all);
  }
  const others = (settings?.settings ?? []).filter((one) => all || one.source !== 'default');
  if (others.length > 0) {
    writer.heading('For every backend');
    writeSettings(writer, others, true);
  }
  if (sent.length > 0) {
    writer.heading('One counter, one timing and one event (tallykit.doctor.*)');
    for (const { key, state, text, takesEvents } of sent) {
      writer.item(STATE_SIGNS[state], `${key}: ${text}`);
      if (!takesEvents) writer.item('note', `${key} takes no events, so none was sent`);
    }
  }
  writeFindings(writer, findings);
  writer.text('');
  writer.verdict(ok, ok ? 'Nothing is wrong, as far as can be known from here.' : verdictOf(findings));
}

/** Prints what is wrong, and what is good to know. */
export function writeFindings(writer: Writer, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  writer.heading('Found');
  for (const { level, cause, remedy } of findings) {
    writer.item(level === 'problem' ? 'bad' : 'note', cause);
    if (remedy !== undefined) writer.advice(remedy);
  }
}

export function verdictOf(findings: readonly Finding[]): string {
  const count = findings.filter(({ level }) => level === 'problem').length;
  return count === 1 ? 'One thing is wrong.' : `${count} things are wrong.`;
}

function writeSettings(writer: Writer, settings: readonly ReadSetting[], all: boolean): void {
  const shown = settings.filter(({ source }) => all || source !== 'default');
  for (const { name, value, source } of shown) writer.row(name, valueText(value), source);
  const hidden = settings.length - shown.length;
  if (hidden === 1) writer.text('  1 more has its default (--all shows it)', 'dim');
  else if (hidden > 1) writer.text(`  ${hidden} more have their default (--all shows them)`, 'dim');
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value || "''" : JSON.stringify(value);
}

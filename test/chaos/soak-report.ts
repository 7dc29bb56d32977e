import { decimal } from '../demo/screen.ts';
import type { Effect } from './faults.ts';

/** One exporter at one moment. */
export interface Point {
  readonly second: number;
  readonly pending: number;
}

/** A fault as it happened. */
export interface Episode {
  readonly name: string;
  readonly effect: Effect;
  readonly beginSecond: number;
  readonly endSecond: number;
}

/** How an exporter came through. */
export interface Lane {
  readonly name: string;
  readonly points: readonly Point[];
  readonly episodes: readonly Episode[];
  readonly received: number;
  readonly exported: number;
  readonly pending: number;
  readonly dropped: number;
  /** Of the counters alone; missing where there is no server. */
  readonly counters?: { readonly exported: number; readonly arrived: number; readonly atRisk: number };
}

export interface Run {
  readonly seed: number;
  readonly machine: string;
  readonly seconds: number;
  readonly recorded: number;
  /** Why it failed; empty when all is well. */
  readonly failures: readonly string[];
  readonly heap: readonly { readonly second: number; readonly value: number }[];
  readonly handles: readonly { readonly second: number; readonly value: number }[];
  readonly lanes: readonly Lane[];
}

const WIDTH = 940;
const LEFT = 56;
const RIGHT = 12;
const EFFECTS: Readonly<Record<Effect, string>> = {
  refused: 'refuses: kept, arrives later',
  delayed: 'slow: arrives later',
  lost: 'swallows: lost in the kernel',
  unknown: 'no answer: nobody knows',
  unread: 'ends connections at once: kept, or counted as dropped',
  held: 'no clear answer: sent again as it is',
  split: 'asks for smaller pieces',
  forbidden: 'forbids: counted as dropped',
  ignored: 'throws away what is far ahead',
};

/** The run as one page that needs nothing else. */
export function soakPage(run: Run): string {
  const { failures, lanes, seconds, seed, machine, recorded, heap, handles } = run;
  const isGood = failures.length === 0;
  const outages = lanes.reduce((sum, { episodes }) => sum + episodes.length, 0);
  const megabytes = heap.map(({ second, value }) => ({ second, value: value / 2 ** 20 }));
  const figures = [
    [duration(seconds), 'of recording'],
    [decimal(recorded), 'calls'],
    [decimal(outages), 'faults'],
    [`${decimal(Math.max(...megabytes.map(({ value }) => value)), 1)} MB`, 'heap at most'],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Soak, ${duration(seconds)}</title>
<style>${STYLE}</style>
<main>
<header>
  <h1>Soak</h1>
  <span class="verdict ${isGood ? 'good' : 'bad'}">${isGood ? 'everything accounted for' : `${failures.length} failed`}</span>
  <p>seed ${seed} · ${text(machine)}</p>
</header>
${failures.length > 0 ? `<ul class="failures">${failures.map((failure) => `<li>${text(failure)}</li>`).join('')}</ul>` : ''}
<section class="figures">${figures.map(([figure, what]) => `<div><b>${figure}</b><span>${what}</span></div>`).join('')}</section>
<section class="card"><h2>Heap <small>MB, after a garbage collection</small></h2>${chart(megabytes, seconds, 120, 'heap')}</section>
<section class="card"><h2>Handles <small>sockets and timers of the event loop</small></h2>${chart(handles, seconds, 80, 'handles')}</section>
<section class="card"><h2>Faults <small>and the points that wait meanwhile</small></h2>
${legend(lanes)}
${lanes
  .filter(({ counters }) => counters)
  .map((lane) => laneChart(lane, seconds))
  .join('\n')}
${timeAxis(seconds)}
</section>
<section class="card"><h2>Where everything is <small>points; and of counters what the servers have</small></h2>${table(lanes)}</section>
</main>
</html>
`;
}

const scaleX = (second: number, seconds: number): number =>
  LEFT + Math.min(second / seconds, 1) * (WIDTH - LEFT - RIGHT);

function chart(
  values: readonly { readonly second: number; readonly value: number }[],
  seconds: number,
  height: number,
  kind: string,
): string {
  const highest = Math.max(...values.map(({ value }) => value), 1) * 1.15;
  const y = (value: number): number => height - 4 - (value / highest) * (height - 14);
  const line = values
    .map(({ second, value }) => `${scaleX(second, seconds).toFixed(1)},${y(value).toFixed(1)}`)
    .join(' ');
  const [first, last] = [values[0]?.second ?? 0, values.at(-1)?.second ?? 0];
  const area = `${scaleX(first, seconds)},${y(0)} ${line} ${scaleX(last, seconds)},${y(0)}`;
  const ticks = [0, 0.5, 1].map((share) => (share * highest) / 1.15);
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text class="tick" x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${decimal(tick, highest < 100 && tick > 0 ? 1 : 0)}</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${height}" class="${kind}">${grid.join('')}<polygon points="${area}"/><polyline points="${line}"/></svg>${timeAxis(seconds)}`;
}

function laneChart({ name, points, episodes, counters }: Lane, seconds: number): string {
  const height = 54;
  const highest = Math.max(...points.map(({ pending }) => pending), 1);
  const y = (value: number): number => height - 2 - (value / highest) * (height - 16);
  const bands = episodes.map((episode) => {
    const [from, to] = [scaleX(episode.beginSecond, seconds), scaleX(episode.endSecond, seconds)];
    const title = `${episode.name}: ${duration(episode.beginSecond)} to ${duration(episode.endSecond)}`;
    return `<rect class="${episode.effect}" x="${from.toFixed(1)}" y="0" width="${Math.max(to - from, 1.5).toFixed(1)}" height="${height}" rx="2"><title>${text(title)}</title></rect>`;
  });
  const line = points.map(
    ({ second, pending }) => `${scaleX(second, seconds).toFixed(1)},${y(pending).toFixed(1)}`,
  );
  const silent = counters ? counters.exported - counters.arrived : 0;
  const note = silent > 0 ? `${decimal(silent)} lost in the kernel` : 'all there';
  return `<div class="lane"><h3>${text(name)} <small>${episodes.length} faults, at most ${decimal(highest)} points waiting; ${note}</small></h3>
<svg viewBox="0 0 ${WIDTH} ${height}"><line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0)}" y2="${y(0)}"/>${bands.join('')}<polyline points="${line.join(' ')}"/></svg></div>`;
}

function timeAxis(seconds: number): string {
  const marks = Array.from({ length: 7 }, (_, index) => (index / 6) * seconds);
  const labels = marks.map((mark, index) => {
    const anchor = index === 6 ? 'end' : 'middle';
    return `<text class="tick" x="${scaleX(mark, seconds)}" y="12" text-anchor="${anchor}">${duration(mark)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} 16">${labels.join('')}</svg>`;
}

function legend(lanes: readonly Lane[]): string {
  const used = new Set(lanes.flatMap(({ episodes }) => episodes.map(({ effect }) => effect)));
  const shown = (Object.keys(EFFECTS) as Effect[]).filter((effect) => used.has(effect));
  const entries = shown.map((effect) => `<span><i class="${effect}"></i>${EFFECTS[effect]}</span>`);
  return `<p class="legend">${entries.join('')}</p>`;
}

function table(lanes: readonly Lane[]): string {
  const rows = lanes.map(({ name, received, exported, pending, dropped, counters }) => {
    const isEqual = received === exported + pending + dropped;
    const cells = [
      decimal(received),
      isEqual ? '=' : '≠',
      decimal(exported),
      decimal(pending),
      decimal(dropped),
    ];
    const ofServer = counters
      ? [decimal(counters.exported), decimal(counters.arrived), decimal(counters.exported - counters.arrived)]
      : ['', '', ''];
    return `<tr><th>${text(name)}</th>${[...cells, ...ofServer].map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const heads = [
    '',
    'received',
    '',
    'exported',
    'pending',
    'dropped',
    'counts exported',
    'arrived',
    'lost in the kernel',
  ];
  return `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** `12:05`, minutes and seconds. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const STYLE = `
:root { --page: #f5f6f8; --card: #fff; --text: #1a1f2b; --dim: #5c6577; --grid: #e8eaef; --line: #4f6bed; --soft: #4f6bed22;
  --refused: #4f6bed55; --delayed: #2fa7a055; --lost: #d4486b66; --unknown: #d98a1f66; --split: #8b5cf655; --forbidden: #5c657766;
  --unread: #c2410c55; --held: #b4533c55; --ignored: #a21caf55; }
@media (prefers-color-scheme: dark) { :root { --page: #0e1117; --card: #161b24; --text: #e7eaf0; --dim: #a0a9ba; --grid: #272e3b;
  --line: #8b9dff; --soft: #8b9dff22; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 16px 48px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; margin-bottom: 18px; }
h1 { font-size: 26px; margin: 0; letter-spacing: -0.02em; }
header p { width: 100%; margin: 0; color: var(--dim); }
.verdict { padding: 3px 12px; border-radius: 99px; font-weight: 600; color: #fff; }
.good { background: #0f9d8a; } .bad { background: #d4486b; }
.failures { background: #d4486b22; border-radius: 12px; padding: 12px 32px; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin-bottom: 12px; }
.figures div, .card { background: var(--card); border-radius: 12px; box-shadow: 0 1px 3px rgb(20 28 46 / 8%); }
.figures div { padding: 14px 18px; } .figures b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; } .figures span { color: var(--dim); }
.card { padding: 16px 18px; margin-bottom: 12px; overflow-x: auto; }
h2 { font-size: 15px; margin: 0 0 8px; } h3 { font-size: 13px; margin: 10px 0 2px; } small { font-weight: 400; color: var(--dim); font-size: 12.5px; margin-left: 4px; }
svg { display: block; width: 100%; } polyline { fill: none; stroke: var(--line); stroke-width: 1.6; stroke-linejoin: round; }
polygon { fill: var(--soft); } .handles polyline { stroke: #0f9d8a; } .handles polygon { fill: #0f9d8a22; }
.grid { stroke: var(--grid); } .tick { fill: var(--dim); font-size: 11px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 4px; color: var(--dim); font-size: 12.5px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -2px; }
${Object.keys(EFFECTS)
  .map((effect) => `rect.${effect} { fill: var(--${effect}); } i.${effect} { background: var(--${effect}); }`)
  .join('\n')}
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; white-space: nowrap; } th:first-child { text-align: left; font-weight: 600; }
thead th { color: var(--dim); font-weight: 400; } tbody tr { border-top: 1px solid var(--grid); }
td:nth-child(3) { color: #0f9d8a; font-weight: 700; padding: 5px 0; }
`;

import type uPlot from 'uplot';
import type { EventInfo } from './api.ts';

/** Something that happened at a moment: seconds since 1970. */
export type Mark = Pick<EventInfo, 'time' | 'title'>;

interface MarkStyle {
  readonly isSmall: boolean;
  readonly font: string;
  readonly color: string;
  readonly surface: string;
}

/** A vertical line for each mark. A large chart has titles: where two would overlap, only the first is written. */
export function drawMarks(
  plot: uPlot,
  marks: readonly Mark[],
  { isSmall, font, color, surface }: MarkStyle,
): void {
  const { ctx: context, bbox } = plot;
  const scale = devicePixelRatio;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = scale;
  context.font = scaledFont(font);
  context.textBaseline = 'bottom';
  let taken = bbox.left;
  for (const { time, title } of marks) {
    const left = plot.valToPos(time, 'x', true);
    if (!(left >= bbox.left && left <= bbox.left + bbox.width)) continue;
    context.setLineDash([2 * scale, 3 * scale]);
    context.beginPath();
    context.moveTo(left, bbox.top);
    context.lineTo(left, bbox.top + bbox.height);
    context.stroke();
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(left - 4 * scale, bbox.top - 2 * scale);
    context.lineTo(left + 4 * scale, bbox.top - 2 * scale);
    context.lineTo(left, bbox.top + 4 * scale);
    context.fill();
    if (isSmall) continue;
    const text = title.length > 32 ? `${title.slice(0, 31)}…` : title;
    const { width } = context.measureText(text);
    const gap = 7 * scale;
    const hasRoom = left + gap + width <= bbox.left + bbox.width;
    const start = hasRoom ? left + gap : left - gap - width;
    if (start < taken) continue;
    context.fillStyle = surface;
    context.fillRect(start, bbox.top - 16 * scale, width, 14 * scale);
    context.fillStyle = color;
    context.fillText(text, start, bbox.top - 1 * scale);
    taken = start + width + gap;
  }
  context.restore();
}

/** Shades what lies before the store's beginning: nothing is known of it. Says so where there is room. */
export function shadeUnwatched(
  plot: uPlot,
  began: number | undefined,
  { shade, color, font }: { readonly shade: string; readonly color: string; readonly font: string },
): void {
  if (began === undefined) return;
  const { ctx: context, bbox } = plot;
  const right = Math.min(plot.valToPos(began, 'x', true), bbox.left + bbox.width);
  context.save();
  const width = Math.max(right - bbox.left, 0);
  context.fillStyle = shade;
  context.fillRect(bbox.left, bbox.top, width, bbox.height);
  context.font = scaledFont(font);
  const text = 'nothing was watched yet';
  if (context.measureText(text).width < width * 0.9) {
    context.fillStyle = color;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(text, bbox.left + width / 2, bbox.top + bbox.height / 2);
  }
  context.restore();
}

/** A canvas counts in the screen's own pixels. */
function scaledFont(font: string): string {
  return font.replace(/^\d+/, (size) => String(Number(size) * devicePixelRatio));
}

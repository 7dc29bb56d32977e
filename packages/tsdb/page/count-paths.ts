import type uPlot from 'uplot';

/** Where a bucket is drawn, in pixels of the canvas. */
function boxesOf(
  plot: uPlot,
  seriesIndex: number,
  step: number,
): { left: number; right: number; top: number }[] {
  const times = plot.data[0] as readonly number[];
  const values = plot.data[seriesIndex]!;
  const { scale } = plot.series[seriesIndex]!;
  return times.flatMap((time, index) => {
    const value = values[index];
    if (value === null || value === undefined) return [];
    const left = plot.valToPos(time, 'x', true);
    return [{ left, right: plot.valToPos(time + step, 'x', true), top: plot.valToPos(value, scale!, true) }];
  });
}

function zeroOf(plot: uPlot, seriesIndex: number): number {
  return plot.valToPos(0, plot.series[seriesIndex]!.scale!, true);
}

/** A block for each bucket, from zero to its value. */
export function blocks(step: number, gap: number): uPlot.Series.PathBuilder {
  return (plot, seriesIndex) => {
    const path = new Path2D();
    const zero = zeroOf(plot, seriesIndex);
    for (const { left, right, top } of boxesOf(plot, seriesIndex, step)) {
      const width = Math.max((right - left) * (1 - gap), 1);
      if (top !== zero)
        path.rect(left + ((right - left) * gap) / 2, Math.min(top, zero), width, Math.abs(zero - top));
    }
    return { stroke: path, fill: path };
  };
}

/** One line in steps over all buckets, and the area down to zero. */
export function steps(step: number): uPlot.Series.PathBuilder {
  return (plot, seriesIndex) => {
    const stroke = new Path2D();
    const fill = new Path2D();
    const zero = zeroOf(plot, seriesIndex);
    let end: number | undefined;
    for (const { left, right, top } of boxesOf(plot, seriesIndex, step)) {
      const follows = end !== undefined && Math.abs(left - end) < 1;
      if (!follows) {
        if (end !== undefined) fill.lineTo(end, zero);
        fill.moveTo(left, zero);
        stroke.moveTo(left, top);
      }
      for (const path of [stroke, fill]) {
        path.lineTo(left, top);
        path.lineTo(right, top);
      }
      end = right;
    }
    if (end !== undefined) fill.lineTo(end, zero);
    return { stroke, fill };
  };
}

/** Stripes, for what may still change. */
export function hatch(color: string, surface: string): CanvasPattern | string {
  const size = 6 * devicePixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d')!;
  context.fillStyle = surface;
  context.fillRect(0, 0, size, size);
  context.globalAlpha = 0.55;
  context.strokeStyle = color;
  context.lineWidth = size / 4;
  context.beginPath();
  for (const offset of [-size, 0, size]) {
    context.moveTo(offset - 1, size + 1);
    context.lineTo(offset + size + 1, -1);
  }
  context.stroke();
  return context.createPattern(canvas, 'repeat') ?? color;
}

// Prints which OpenTelemetry a program gets that a test started.
import { opentelemetryLine } from '../opentelemetry-line.ts';

console.log(JSON.stringify(opentelemetryLine()));

import { pino, type DestinationStream } from 'pino';

/** Where the engine writes for operators; api_logs and the window are told separately. Objects first, as in pino. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Writes nothing: for tests, and while a terminal shows the live status line. */
export const quietLogger: Logger = { info() {}, warn() {}, error() {} };

/** Names under which a secret could come along in a logged object, at the top and one level below. */
const secretNames = ['password', 'pass', 'DB_PASS', 'PGPASSWORD', 'connectionString', 'authorization', 'cookie'];

/** One JSON line an entry, to standard output unless a test hands in a stream; secrets are replaced by "***". */
export function createJsonLogger(destination: DestinationStream = standardOutput()): Logger {
  const paths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = {
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths, censor: '***' },
  };
  return pino(options, destination);
}

/**
 * Standard output that may be lost (a closed terminal, a full disk behind it): the bridge goes on recording without it. An
 * error of it that nobody hears would be an unexpected one, which is logged, which is the next error.
 */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: process.stdout.fd, sync: true });
  output.on('error', () => undefined);
  return output;
}

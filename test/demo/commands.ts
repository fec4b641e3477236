import { applyControl } from '../simulators/controls.ts';
import { applyPortalControl } from '../simulators/portal/controls.ts';
import type { Stage } from './stage.ts';

const portalAwayMs = 10_000;

export const commandsHelp = `commands to try:
  db stop | db start     stop PostgreSQL; rows wait in the outbox, and arrive in order with their own timestamps when it is back
  drop                   drop the gateway connection; the bridge dials again after 5 s
  refuse on | refuse off let nobody listen; attempts after 5, 10 and 20 s, then every 60 s
  silence on|off         a gateway that hangs; found by the heartbeat within 20 s
  1100 | 1101 | 1102     TWS loses IBKR, and gets it back without or with its data
  window MINUTES         begin a reset window now and drop the gateway: the bridge waits for its end
  mode socket | portal   switch to the other way in, as Settings does; not a row is lost
  portal expire | login  the daily login of the Client Portal Gateway ends, and a person logs in again
  kill                   kill -9 the daemon, and start it again
  trade TARGET QTY       buy or sell
  tws help | portal help everything else that the simulators can do
  quit                   (or Ctrl-C) stop everything`;

/** Does what a line says; resolves with words for the person who typed it. */
export async function runCommand(stage: Stage, line: string): Promise<string> {
  const [command = '', ...rest] = line.trim().split(/\s+/);
  switch (command.toLowerCase()) {
    case '':
      return '';
    case 'help':
      return commandsHelp;
    case 'db':
      return switchDatabase(stage, rest[0]);
    case 'window':
      return enterWindow(stage, Number(rest[0] ?? '2'));
    case 'mode':
      return switchMode(stage, rest[0]);
    case 'kill':
      return killDaemon(stage);
    case 'tws':
      return applyControl(stage.simulator, rest.join(' '));
    case 'portal':
      return applyPortalControl(stage.portal, rest.join(' '));
    default:
      return stage.mode === 'PORTAL' ? applyPortalControl(stage.portal, line) : applyControl(stage.simulator, line);
  }
}

function switchMode(stage: Stage, to: string | undefined): string {
  const mode = to?.toUpperCase();
  if (mode !== 'SOCKET' && mode !== 'PORTAL') return 'usage: mode socket | mode portal';
  stage.applySettings({ apiMode: mode });
  return `the bridge goes over to ${mode}`;
}

async function switchDatabase({ server }: Stage, to: string | undefined): Promise<string> {
  if (to === 'stop') {
    await server.stop();
    return 'PostgreSQL is stopped; the outbox goes on accepting rows';
  }
  if (to === 'start') {
    await server.start();
    return 'PostgreSQL is back; the next probe drains the outbox (at most 60 s)';
  }
  return 'usage: db stop | db start';
}

function enterWindow(stage: Stage, minutes: number): string {
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 60) return 'usage: window MINUTES (1 to 60)';
  const now = Date.now();
  const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);
  stage.applySettings({ resetWindows: [{ timeZone: 'UTC', start: clock(now), resume: clock(now + minutes * 60_000) }] });
  setTimeout(() => void dropGateway(stage), 1_500);
  return `a reset window begins now and ends at ${clock(now + minutes * 60_000)} UTC; the gateway drops`;
}

/** A dropped HTTP connection is dialled again within the request, so the portal is away for a moment. */
async function dropGateway({ simulator, portal, mode }: Stage): Promise<void> {
  if (mode === 'SOCKET') return simulator.drop();
  await portal.refuseConnections();
  portal.drop();
  setTimeout(() => void portal.acceptConnections(), portalAwayMs);
}

async function killDaemon(stage: Stage): Promise<string> {
  stage.daemon.signal('SIGKILL');
  await stage.daemon.exited;
  stage.restartDaemon();
  return 'the daemon was killed (kill -9) and started again; look at the gap row and at the ids';
}

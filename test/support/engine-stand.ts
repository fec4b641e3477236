import { Engine, type Recorder } from '../../main/engine/engine.ts';
import type { Gap } from '../../main/engine/gap-tracker.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import type { Settings } from '../../main/engine/settings/settings.ts';
import type { Snapshot } from '../../main/engine/state.ts';
import { briefWindow } from '../../main/engine/supervision/reset-window.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordedDelivery } from './recorded-delivery.ts';
import { ScriptedGateway } from './scripted-gateway.ts';

export const standSettings: Settings = {
  apiMode: 'SOCKET',
  socket: { host: '127.0.0.1', port: 4001, clientId: 10 },
  portal: { url: 'https://localhost:5001', certificateFingerprint: null, compete: false },
  account: '',
  pollIntervalMs: 5_000,
  bufferPath: '/nowhere/buffer.sqlite',
  database: null,
  resetWindows: [briefWindow],
  underlyingSymbol: null,
};

/** An engine with a clock, a gateway and a delivery that the test owns; back-off has no jitter. */
export class EngineStand implements Recorder {
  readonly clock: ManualClock;
  readonly gateway: ScriptedGateway;
  readonly delivery = new RecordedDelivery();
  readonly engine: Engine;
  readonly recordedGaps: Gap[] = [];
  readonly recordedSnapshots: Snapshot[] = [];

  constructor(wall?: number, settings: Partial<Settings> = {}) {
    this.clock = new ManualClock(wall);
    this.gateway = new ScriptedGateway(this.clock);
    this.engine = new Engine({
      settings: { ...standSettings, ...settings },
      clock: this.clock,
      delivery: this.delivery,
      recorder: this,
      logger: quietLogger,
      openGateway: () => this.gateway,
      random: () => 0.5,
    });
  }

  recordGap(gap: Gap): void {
    this.recordedGaps.push(gap);
  }

  recordSnapshot(snapshot: Snapshot): void {
    this.recordedSnapshots.push(snapshot);
  }

  recordBook(): void {
    // What the history makes of it is the history's.
  }

  recordLog(): void {
    // The rows are read from the delivery.
  }

  get kind(): string {
    return this.engine.state.connection.kind;
  }

  /** Starts and brings the first session up with the legs that it has been given through `gateway.onOpen`. */
  async connect(): Promise<void> {
    this.gateway.onOpen = (session) => session.ready();
    this.engine.start();
    await this.clock.advance(100);
  }

  /** Dials from now on fail at once. */
  refuseFromNowOn(text = 'nothing listens at 127.0.0.1:4001'): void {
    this.gateway.onOpen = (session) => session.lose({ code: 'refused', text });
  }

  /** Advances in steps of a second, so that what is heard and done in between has its turn. */
  async seconds(amount: number): Promise<void> {
    await this.clock.advance(amount * 1_000);
  }
}
